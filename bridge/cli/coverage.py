"""`coverage`: which action can travel over ARI, and how faithfully; made of the mappings alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from bridge.cli.output import columns, echo_json, markdown
from bridge.cli.rules import rules_of
from bridge.mapping.registry import Registry
from bridge.mapping.rules import Mapping

HEAD = """\
# Compatibility

<!-- Made by `ami-ari-bridge coverage --markdown` from mappings/actions; a test keeps it so. -->

Every AMI action that has a mapping, and what becomes of it when it leaves AMI. *Fidelity*: `exact`, the client notices
nothing; `partial`, the differences below; `none`, ARI cannot do it. *How*: `session`, answered by Asterisk on the
client's own connection; `ari`, by ARI's operations; `function`, by a dialplan function through ARI; `none`, stays on
AMI. *ari-first* is the route that the shipped plan of that name gives it. What has no mapping goes to AMI, always.
"""


@click.command()
@click.option("--markdown", "as_markdown", is_flag=True, help="Print docs/compatibility.md.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--mappings",
    "folders",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of your own mappings over the shipped ones. May be given more than once.",
)
def coverage(folders: tuple[Path, ...], *, as_markdown: bool, as_json: bool) -> None:
    """Show which actions can travel over ARI, and how faithfully."""
    registry = rules_of("observe", folders).registry
    if as_json:
        echo_json({"actions": [entry(mapping) for mapping in registry], "counts": counts(registry)})
    elif as_markdown:
        click.echo(document(registry), nl=False)
    else:
        click.echo("\n".join(columns(rows(registry))))
        click.echo("\n" + "\n".join(columns([(name, str(number)) for name, number in counts(registry).items()])))


def majors(registry: Registry) -> list[int]:
    """Every major version that a mapping names."""
    return sorted({major for mapping in registry for major in mapping.versions})


def rows(registry: Registry) -> list[tuple[str, ...]]:
    """The matrix with its head."""
    versions = majors(registry)
    head = ("Action", "Class", *(str(major) for major in versions), "Effect", "Fidelity", "How", "ari-first")
    made: list[tuple[str, ...]] = [head]
    for mapping in registry:
        present = ("yes" if major in mapping.versions else "-" for major in versions)
        route = "-" if mapping.how == "session" else mapping.default
        made.append((mapping.action, mapping.classes, *present, mapping.effect, mapping.fidelity, mapping.how, route))
    return made


def counts(registry: Registry) -> dict[str, int]:
    """How many actions there are of each kind."""
    kinds = Counter(mapping.fidelity for mapping in registry if mapping.how != "session")
    return {
        "actions": len(registry),
        "answered by the session": sum(mapping.how == "session" for mapping in registry),
        "over ARI, exact": kinds["exact"],
        "over ARI, partial": kinds["partial"],
        "AMI only": kinds["none"],
    }


def entry(mapping: Mapping) -> dict[str, Any]:
    """One action as JSON."""
    return {
        "action": mapping.action,
        "class": mapping.classes,
        "effect": mapping.effect,
        "versions": list(mapping.versions),
        "fidelity": mapping.fidelity,
        "how": mapping.how,
        "default": mapping.default,
        "operations": list(operations(mapping)),
        "differences": list(mapping.differences),
        "reason": mapping.reason,
    }


def operations(mapping: Mapping) -> tuple[str, ...]:
    """The ARI operations that it may use."""
    return mapping.operations or ((mapping.request.operation,) if mapping.request else ())


def document(registry: Registry) -> str:
    """docs/compatibility.md."""
    table = [tuple(_cell(cell) for cell in row) for row in rows(registry)]
    parts = [HEAD, *markdown(table), ""]
    parts += markdown([("Kind", "Actions"), *((name, str(number)) for name, number in counts(registry).items())])
    parts += ["", "## Differences", ""]
    for mapping in registry:
        if mapping.differences:
            parts += [f"### {mapping.action}", "", *(f"- {_cell(text)}" for text in mapping.differences)]
            parts += ["", "ARI operations: " + ", ".join(f"`{key}`" for key in operations(mapping)) + ".", ""]
    parts += ["## What ARI cannot do", ""]
    parts += markdown([("Action", "Why"), *((item.action, _cell(item.reason)) for item in registry if item.reason)])
    return "\n".join(parts) + "\n"


def _cell(text: str) -> str:
    """Text that Markdown shows as it is: `<unknown>` is no tag."""
    return text.replace("<", "&lt;")
