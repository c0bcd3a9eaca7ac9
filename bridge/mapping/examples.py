"""Examples of a mapping, run: the translation against canned answers of ARI, the messages against what is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import count
from typing import Any

from bridge.ami.message import Action, Message
from bridge.ari.events import AriEvent, decode
from bridge.errors import BridgeError, BridgeFault
from bridge.mapping.rules import Example, ExampleChannel, ExampleWorld, Mapping
from bridge.translate.drivers import Canned, Result, run_canned
from bridge.translate.effects import Context, Fallback, Outcome, Translator, Unknown
from bridge.translate.predict import bridge_json, channel_json
from bridge.world.model import World
from bridge.world.snapshots import BridgeSnapshot, ChannelSnapshot

APP = "bridge"
# Any moment will do: nothing in an example depends on it but the order of listing and events.
_LISTED_AT = 1_700_000_000.0
_ENTERED = "2023-11-14T22:13:21.000+0000"
# What the listing shows of a channel with this owner (asterisk-facts.md §2.1).
_APPLICATION = {
    "foreign": ("Stasis", "other"),
    "dialplan": ("Wait", "60"),
}


def failures(mapping: Mapping, translator: Translator, example: Example) -> Iterator[str]:
    """What an example promises and the translation does not keep."""
    try:
        result = run_example(mapping, translator, example)
    except BridgeError as error:
        yield str(error)
        return
    for request in result.requests:
        if mapping.operations and request.operation not in mapping.operations:
            yield f"{request.operation} is not among the mapping's operations"
    for unused in result.unused:
        yield f"the request {unused.request} was not made"
    got, wanted = result.messages, messages_of(example.answer or "")
    if [message.headers for message in got] != [message.headers for message in wanted]:
        yield f"the answer is {_shown(got)}, not {_shown(wanted)}"
    if (outcome := _told(result.outcome)) != (promised := _promised(example)):
        yield f"the outcome is {outcome}, not {promised}"


def run_example(mapping: Mapping, translator: Translator, example: Example) -> Result:
    """Run it; raises BridgeError for a request that the example does not expect."""
    headers = [(name, value) for name, values in example.action.items() for value in values]
    answers = [Canned(item.request, item.status, item.body, item.sends, item.sent, item.repeat) for item in example.ari]
    events = [None if item is None else event_of(item) for item in example.events]
    action = Action.of(mapping.action, *headers)
    return run_canned(translator, action, context_of(example), answers, events)


def context_of(example: Example) -> Context:
    """The surroundings of an example: its world, our app `bridge`, ids `new-1`, `new-2` ..."""
    numbers = count(1)
    major, minor, patch = example.parsed_version
    return Context(
        world=world_of(example.world),
        apps=(APP,),
        version=(major, minor, patch),
        ami_behind=True,
        user="example",
        new_id=lambda: f"new-{next(numbers)}",
    )


def world_of(given: ExampleWorld, apps: tuple[str, ...] = (APP,)) -> World:
    """A World with these channels and ARI bridges, each channel with the owner that is asked for."""
    world = World(apps)
    channels = [_listed(item, apps[0]) for item in given.channels]
    bridges = [bridge_json(BridgeSnapshot(**asdict(item))) for item in given.bridges]
    world.merge_listing(channels, bridges, _LISTED_AT)
    for item, listed in zip(given.channels, channels, strict=True):
        if item.owner == "ours":
            frame = {"type": "StasisStart", "application": apps[0], "timestamp": _ENTERED, "channel": listed}
            world.apply(event_of(frame))
    return world


def _listed(item: ExampleChannel, ours: str) -> dict[str, Any]:
    """The listing's view of the channel; one of which nothing is known runs something that ARI does not tell."""
    given = asdict(item)
    app, data = _APPLICATION.get(given.pop("owner"), ("Stasis", ours))
    given |= {"app_name": item.app_name or app, "app_data": item.app_data or data}
    shown = channel_json(ChannelSnapshot(**given, created=_LISTED_AT))
    if item.owner == "unknown":
        del shown["dialplan"]["app_name"], shown["dialplan"]["app_data"]
    return shown


def event_of(frame: Any) -> AriEvent:
    """An ARI event from its JSON.

    Raises:
        BridgeFault: it is none.
    """
    event = decode(frame)
    if event is None:
        raise BridgeFault(f"{frame!r} is not an ARI event: it has no type")
    return event


def messages_of(text: str) -> list[Message]:
    """Messages written as text: `Name: value` lines, an empty line between two messages."""
    made = []
    for block in text.strip("\n").split("\n\n"):
        pairs = [line.partition(":") for line in block.split("\n") if line]
        if pairs:
            made.append(Message(tuple((name, value.removeprefix(" ")) for name, _, value in pairs)))
    return made


def text_of(messages: Iterable[Message]) -> str:
    """Messages as an example writes them."""
    return "\n".join("".join(f"{name}: {value}\n" for name, value in message) for message in messages)


def _told(outcome: Outcome) -> str:
    if isinstance(outcome, Fallback | Unknown):
        return f"{type(outcome).__name__.lower()} ({outcome.reason})"
    return "done"


def _promised(example: Example) -> str:
    if example.fallback is not None:
        return f"fallback ({example.fallback})"
    return "done" if example.unknown is None else f"unknown ({example.unknown})"


def _shown(messages: list[Message]) -> str:
    return " | ".join(", ".join(f"{name}: {value}" for name, value in message) for message in messages) or "nothing"
