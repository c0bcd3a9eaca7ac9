"""What the documents claim is there: configurations load, commands and options exist, links lead somewhere."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import click
import pytest
from click.testing import CliRunner

from bridge.cli import main
from bridge.config.load import load_config, parse_config
from bridge.mapping.files import load_rules, shipped_plans
from bridge.mapping.plan import Route
from bridge.translate.actions import TRANSLATORS
from bridge.world.ownership import Owner

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
MINIMAL = (ROOT / "examples" / "minimal.yaml").read_text()
COMMAND = "ami-ari-bridge"
# What stands for something else in the table of log lines.
PLACEHOLDER = re.compile(r"HOST:PORT|\b(?:ADDRESS|USER|ACTION|WHY|ROUTE|NAME|VERSION|APPS|N)\b|websocket$|\.\.\.")


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language, without their indentation."""
    return [dedent(body) for _, kind, body in FENCE.findall(text) if kind == language]


def yaml_blocks() -> list[tuple[str, str]]:
    return [(path.name, body) for path in DOCS for body in blocks(path.read_text(), "yaml")]


def numbered(pairs: list[tuple[str, str]]) -> list[str]:
    return [f"{name}-{place}" for place, (name, _) in enumerate(pairs)]


WHOLE = [(name, body) for name, body in yaml_blocks() if re.search(r"^listen:", body, re.MULTILINE)]
PLANS = [(name, body) for name, body in yaml_blocks() if re.search(r"^lines:", body, re.MULTILINE)]
PIECES = [pair for pair in yaml_blocks() if pair not in WHOLE and pair not in PLANS]


def test_something_is_looked_at() -> None:
    assert len(WHOLE) >= 4
    assert PLANS
    assert PIECES
    assert len(list(command_lines())) > 15


@pytest.mark.parametrize(("name", "body"), WHOLE, ids=numbered(WHOLE))
def test_whole_configurations_load(name: str, body: str) -> None:
    plan = parse_config(body.encode(), name).plan
    assert plan in shipped_plans()


@pytest.mark.parametrize(("name", "body"), PLANS, ids=numbered(PLANS))
def test_plans_load(name: str, body: str, tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(body)
    load_rules(str(file), (), TRANSLATORS)


@pytest.mark.parametrize(("name", "body"), PIECES, ids=numbered(PIECES))
def test_pieces_load_within_a_configuration(name: str, body: str, tmp_path: Path) -> None:
    """Settings alone are added to the five lines; a plan named by its path is one that the same document shows."""
    file = tmp_path / "bridge.yaml"
    file.write_text(MINIMAL + body)
    config = load_config(file)
    assert config.plan in shipped_plans() or any(f"# {found}\n" in text_of(f"docs/{name}") for found in _paths(body))


def _paths(body: str) -> list[str]:
    return re.findall(r"^plan: (\S+)", body, re.MULTILINE)


def test_the_five_lines_are_the_example() -> None:
    example = "".join(line for line in MINIMAL.splitlines(keepends=True) if not line.startswith("#"))
    assert blocks(text_of("README.md"), "yaml")[0] == example
    assert len(example.splitlines()) == 5


# -- commands ----------------------------------------------------------------------------------------------------------


def command_lines() -> Iterator[tuple[str, str]]:
    """(document, words after the program's name) of every command that a document shows."""
    for path in DOCS:
        text = path.read_text()
        for block in blocks(text, "console"):
            for line in block.replace("\\\n", " ").splitlines():
                if line.startswith(f"$ {COMMAND} "):
                    yield path.name, line.removeprefix(f"$ {COMMAND} ")
        for span in re.findall(r"`([^`\n]+)`", FENCE.sub("", text)):
            if span.startswith(f"{COMMAND} "):
                yield path.name, span.removeprefix(f"{COMMAND} ")


COMMANDS = sorted(set(command_lines()))


@pytest.mark.parametrize(("name", "line"), COMMANDS, ids=[f"{name}: {line}" for name, line in COMMANDS])
def test_commands_and_their_options_exist(name: str, line: str) -> None:
    words = shlex.split(line, comments=True)
    command: click.Command = main
    context = click.Context(main, info_name=COMMAND)
    while isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0))
        assert found is not None, f"{name}: there is no such command: {line}"
        command = found
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    assert {word.partition("=")[0] for word in words if word.startswith("-")} <= known


def test_scripts_exist() -> None:
    named = {found for path in DOCS for found in re.findall(r"\bscripts/\w+", path.read_text())}
    assert {"scripts/demo", "scripts/test"} <= named
    assert [script for script in sorted(named) if not (ROOT / script).is_file()] == []


def test_explain_says_what_the_guide_shows(tmp_path: Path) -> None:
    world = tmp_path / "world.yaml"
    world.write_text('channels: [{id: "1234.5", name: PJSIP/alice-00000001, owner: ours}]\n')
    words = ["Hangup", "Channel=PJSIP/alice-00000001", "Cause=16", "--plan", "stasis-writes", "--world", str(world)]
    result = CliRunner().invoke(main, ["explain", *words])
    assert result.exit_code == 0
    (shown,) = blocks(text_of("docs/migration.md"), "text")
    assert shown == result.output


# -- links and names ---------------------------------------------------------------------------------------------------


def links() -> list[tuple[Path, str]]:
    found = {
        (path, target)
        for path in DOCS
        for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", path.read_text()))
        if not re.match(r"[a-z]+:", target)
    }
    return sorted(found)


@pytest.mark.parametrize(("path", "target"), links(), ids=[f"{path.name}: {target}" for path, target in links()])
def test_links_lead_somewhere(path: Path, target: str) -> None:
    file, _, anchor = target.partition("#")
    found = (path.parent / file).resolve() if file else path
    assert found.exists()
    if anchor:
        headings = re.findall(r"^#+ (.+)$", FENCE.sub("", found.read_text()), re.MULTILINE)
        assert anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_modules_that_are_named_exist() -> None:
    named = re.findall(r"`([a-z_/]+\.py)`", text_of("docs/architecture.md"))
    assert len(named) > 8
    assert [name for name in named if not any((ROOT / folder / name).is_file() for folder in ("", "bridge"))] == []


def functions_of(path: Path) -> set[str]:
    """The test functions that a file defines."""
    defined = ast.walk(ast.parse(path.read_text()))
    functions = (node for node in defined if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {node.name for node in functions if node.name.startswith("test_")}


def named_tests() -> set[tuple[str, str]]:
    return set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text_of("docs/operations.md")))


def test_every_outcome_has_a_test_that_exists() -> None:
    named = named_tests()
    assert len(named) > 25
    assert [f"{file}::{test}" for file, test in sorted(named) if test not in functions_of(ROOT / file)] == []
    table = text_of("docs/operations.md").partition("## When something fails")[2].partition("\n## ")[0]
    rows = [row for row in table.splitlines() if row.startswith("| ") and "---" not in row][1:]
    assert [row for row in rows if "::test_" not in row] == []


def test_every_outcome_that_is_tested_is_documented() -> None:
    file = "tests/live/test_outcomes.py"
    assert {(file, test) for test in functions_of(ROOT / file)} <= named_tests()


def log_lines() -> list[str]:
    table = text_of("docs/operations.md").partition("## Log lines")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)


@pytest.mark.parametrize("line", log_lines())
def test_log_lines_are_in_the_code(line: str) -> None:
    fixed = [re.escape(piece) for piece in PLACEHOLDER.split(line)]
    pattern = re.compile(r".{0,40}?".join(fixed))
    assert any(pattern.search(path.read_text()) for path in (ROOT / "bridge").rglob("*.py"))


def test_the_glossary_knows_the_routes_and_owners() -> None:
    glossary = text_of("docs/glossary.md")
    assert [word.value for word in (*Route, *Owner) if f"`{word.value}`" not in glossary] == []


def test_every_shipped_plan_is_a_rung_of_the_ladder() -> None:
    for name in ("README.md", "docs/migration.md"):
        assert [plan for plan in shipped_plans() if f"`{plan}`" not in text_of(name)] == []
