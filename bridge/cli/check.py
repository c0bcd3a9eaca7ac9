"""`check`: everything that can be known to be wrong before it goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from bridge.cli import PROBLEMS, UNREACHABLE
from bridge.cli.output import echo_json, problem_json
from bridge.cli.rules import every_problem
from bridge.config.model import Config
from bridge.errors import Problem
from bridge.mapping.files import Rules
from bridge.net.probe import Finding, Level, probe


@click.command()
@click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path),
    help="The configuration. Without it, the shipped mappings and plans are checked.",
)
@click.option("--connect", is_flag=True, help="Also ask Asterisk: versions, rights, applications. Changes nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def check(ctx: click.Context, path: Path | None, *, connect: bool, as_json: bool) -> None:
    """Check configuration, mappings and plan, every problem at once.

    Exit codes: 0 all is well, 1 there are problems, 3 Asterisk cannot be reached (--connect).
    """
    if connect and path is None:
        raise click.UsageError("--connect needs --config: it says where Asterisk is.")
    config, rules, problems = every_problem(path)
    findings = probe(config) if connect and config is not None else []
    if as_json:
        told = [{"level": item.level.value, "subject": item.subject, "text": item.text} for item in findings]
        echo_json({"problems": [problem_json(problem) for problem in problems], "findings": told})
    else:
        _print(path, config, rules, problems, findings)
    if any(item.level is Level.UNREACHABLE for item in findings):
        ctx.exit(UNREACHABLE)
    if problems or any(item.level is Level.ERROR for item in findings):
        ctx.exit(PROBLEMS)


def _print(
    path: Path | None,
    config: Config | None,
    rules: Rules | None,
    problems: Sequence[Problem],
    findings: Sequence[Finding],
) -> None:
    for problem in problems:
        click.echo(str(problem))
    if problems:
        click.echo(f"{len(problems)} problem{'s' * (len(problems) > 1)}", err=True)
    elif rules is not None:
        carried = sum(mapping.carried for mapping in rules.registry)
        examples = sum(len(mapping.examples) for mapping in rules.registry)
        plan = f"plan {config.plan}" if config else "every shipped plan"
        click.echo(
            f"{path or 'shipped files'}: good ({plan}; {len(rules.registry)} mappings, {carried} of them can travel "
            f"over ARI; {examples} examples hold)"
        )
    for item in findings:
        click.echo(f"{item.level.value}: {item.subject}: {item.text}")
