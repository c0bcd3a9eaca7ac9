"""`explain`: what would become of an action, and why, without doing it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import click

from bridge.ami.message import Action, Header
from bridge.ari.requests import AriRequest
from bridge.cli.output import echo_json
from bridge.cli.rules import rules_of
from bridge.config.load import load_config
from bridge.config.model import Config
from bridge.errors import BridgeError, Problem, ProblemsFound
from bridge.mapping.examples import world_of
from bridge.mapping.files import Rules
from bridge.mapping.load import load_file
from bridge.mapping.plan import Route
from bridge.mapping.rules import ExampleWorld, Mapping
from bridge.mapping.schema import read
from bridge.net.probe import live_world
from bridge.net.router import Routed, Router
from bridge.translate.drivers import Result, dry_run
from bridge.translate.effects import Context, Fallback, Unknown
from bridge.world.model import World

DEFAULT_VERSION = (22, 10, 1)


class _Live:
    """The circuit is taken to be closed: `explain` tells what happens while ARI is there."""

    live = True

    def subscribe(self, listener: Any) -> Any:
        """Never called: nothing is carried out."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is told of one action."""

    action: Action
    routed: Routed
    reason: str
    mapping: Mapping | None
    result: Result | None
    outcome: str


@click.command()
@click.argument("headers", nargs=-1, metavar="[NAME] [HEADER=VALUE]...")
@click.option(
    "--config", "path", type=click.Path(path_type=Path), help="The configuration: plan, mappings, application."
)
@click.option("--plan", help="Another plan than the configuration's: a shipped name or a path.")
@click.option("--user", default="", help="The AMI user who asks.")
@click.option("--world", "world_file", type=click.Path(path_type=Path), help="Channels and ARI bridges, as YAML.")
@click.option("--version", "version_text", metavar="X.Y.Z", help="Asterisk's version, e.g. 16.28.0.")
@click.option("--connect", is_flag=True, help="Ask Asterisk for its channels and its version. Changes nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(
    headers: tuple[str, ...],
    path: Path | None,
    plan: str | None,
    user: str,
    world_file: Path | None,
    version_text: str | None,
    *,
    connect: bool,
    as_json: bool,
) -> None:
    """Show which route an action takes and why, the ARI requests it makes, and the answer the client would get.

    The action is given as arguments (`Hangup Channel=PJSIP/alice-00000001`, or `"Action: Hangup"` ...), or on standard
    input as a client would send it.

    What only Asterisk knows is shown as `(read from Asterisk)`.
    """
    config = load_config(path) if path else None
    action = action_of(headers) if headers else action_from(sys.stdin.read())
    rules = rules_of(plan or (config.plan if config else "observe"), config.mappings if config else ())
    world, version = _surroundings(config, world_file, connect=connect)
    version = _version(version_text) if version_text else version
    told = explanation(action, user, rules, world, version)
    if as_json:
        echo_json(as_dict(told))
    else:
        click.echo("\n".join(lines_of(told)))


def action_of(arguments: tuple[str, ...]) -> Action:
    """An action from `Name`, `Key=value` and `Key: value` arguments; the first one may be the action's name alone."""
    made: list[Header] = []
    for place, argument in enumerate(arguments):
        colon, equals = argument.find(":"), argument.find("=")
        if colon < 0 and equals < 0:
            if place:
                raise click.UsageError(f"'{argument}' is neither 'Header: value' nor Header=value.")
            made.append(("Action", argument))
            continue
        cut = min(found for found in (colon, equals) if found >= 0)
        made.append((argument[:cut].strip(), argument[cut + 1 :].lstrip(" ")))
    return _named(made)


def action_from(text: str) -> Action:
    """The first message in `text`, as on the wire; line ends may be LF."""
    lines = text.replace("\r\n", "\n").strip("\n").split("\n\n")[0].split("\n")
    pairs = [line.partition(":") for line in lines if line]
    return _named([(name, value.lstrip(" ")) for name, _, value in pairs])


def _named(headers: list[Header]) -> Action:
    action = Action(tuple(headers))
    if not action.name:
        raise click.UsageError("There is no action: the header Action is missing.")
    return action


def _version(text: str) -> tuple[int, int, int]:
    parts = text.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        raise click.UsageError(f"'{text}' is not a version; write it as 22.10.1.")
    major, minor, patch = (int(part) for part in parts)
    return major, minor, patch


def _surroundings(
    config: Config | None, world_file: Path | None, *, connect: bool
) -> tuple[World, tuple[int, int, int]]:
    apps = config.app if config else ("bridge",)
    if connect and config is None:
        raise click.UsageError("--connect needs --config: it says where Asterisk is.")
    if connect and config is not None:
        return live_world(config)
    if world_file is None:
        return World(apps), DEFAULT_VERSION
    problems: list[Problem] = []
    node = load_file(world_file, problems)
    given = read(node, ExampleWorld, problems) if node else None
    if problems or given is None:
        raise ProblemsFound(problems)
    return world_of(given, apps), DEFAULT_VERSION


def explanation(action: Action, user: str, rules: Rules, world: World, version: tuple[int, int, int]) -> Explanation:
    """Route the action and run its translation dry."""
    mapping = rules.registry.mapping(action.name)
    routed = Router(rules.plan, rules.registry, world, _Live()).route(user, action)
    translator = rules.registry.translator(action.name)
    if translator is None:
        return Explanation(action, routed, _reason(routed, mapping), mapping, None, "")
    numbers = count(1)
    context = Context(
        world=world,
        apps=world.apps,
        version=version,
        ami_behind=routed.route is not Route.ARI_ONLY,
        user=user,
        new_id=lambda: f"(new id {next(numbers)})",
    )
    try:
        result = dry_run(translator, action, context)
    except BridgeError as error:
        return Explanation(action, routed, _reason(routed, mapping), mapping, None, f"not possible over ARI: {error}")
    return Explanation(action, routed, _reason(routed, mapping), mapping, result, _outcome(result))


def _reason(routed: Routed, mapping: Mapping | None) -> str:
    if mapping is None:
        return "no mapping has this action: AMI answers, be it with an error"
    if mapping.how == "session":
        return "Asterisk answers on the client's own connection"
    if mapping.how == "none":
        return mapping.reason
    return routed.reason or "the plan"


def _outcome(result: Result) -> str:
    if isinstance(result.outcome, Fallback):
        return f"falls back to AMI: {result.outcome.reason}"
    if isinstance(result.outcome, Unknown):
        return f"outcome unknown: {result.outcome.reason}"
    return ""


def lines_of(told: Explanation) -> list[str]:
    """For people."""
    lines = [
        f"action    {told.action.name}",
        f"route     {told.routed.route.value}" + (" (refused)" if told.routed.refused else ""),
        f"decided   {told.routed.line}",
        f"reason    {told.reason}",
    ]
    if told.mapping is not None:
        mapping = told.mapping
        lines.append(f"mapping   {mapping.position.file} (fidelity {mapping.fidelity}, how {mapping.how})")
        lines += [f"differs   {text}" for text in mapping.differences]
    if told.routed.route is Route.AMI and told.result is not None:
        lines.append("were it to travel over ARI:")
    if told.result is not None:
        lines += [f"request   {request_text(request)}" for request in told.result.requests]
        for message in told.result.messages:
            lines += ["answer", *(f"  {name}: {value}" for name, value in message)]
    if told.outcome:
        lines.append(f"outcome   {told.outcome}")
    return lines


def request_text(request: AriRequest) -> str:
    """One request on one line, the names in its body included."""
    names = f"  with a body of {', '.join(request.body)}" if isinstance(request.body, dict) and request.body else ""
    return f"{request}{names}"


def as_dict(told: Explanation) -> dict[str, Any]:
    """For machines."""
    requests = told.result.requests if told.result else []
    return {
        "action": told.action.name,
        "route": told.routed.route.value,
        "refused": told.routed.refused,
        "line": told.routed.line,
        "reason": told.reason,
        "mapping": told.mapping.position.file if told.mapping else None,
        "fidelity": told.mapping.fidelity if told.mapping else None,
        "how": told.mapping.how if told.mapping else None,
        "differences": list(told.mapping.differences) if told.mapping else [],
        "requests": [
            {
                "operation": request.operation,
                "method": request.method,
                "path": request.path,
                "query": [list(pair) for pair in request.query],
                "body": request.body,
            }
            for request in requests
        ],
        "answer": [[list(header) for header in message] for message in told.result.messages] if told.result else [],
        "outcome": told.outcome,
    }
