"""Generated documents are what their command prints now."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner

from bridge.cli import main
from bridge.config.docs import settings
from bridge.config.model import Config
from bridge.mapping.schema import hints_of, key_of

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize(
    ("file", "command"),
    [("configuration.md", ["config-doc"]), ("compatibility.md", ["coverage", "--markdown"])],
)
def test_a_generated_document_is_up_to_date(file: str, command: list[str]) -> None:
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0
    made = (DOCS / file).read_text(encoding="utf-8")
    assert made == result.output, f"run: ami-ari-bridge {' '.join(command)} > docs/{file}"


def every_setting(kind: Any = Config) -> set[str]:
    """Names of all settings, found without the code that documents them."""
    found: set[str] = set()
    for item in dataclasses.fields(kind):
        found.add(key_of(item))
        hint = hints_of(kind)[item.name]
        for inner in [hint, *get_args(hint)]:
            if dataclasses.is_dataclass(inner) and inner.__module__ == Config.__module__:
                found |= every_setting(inner)
    return found


def test_every_setting_is_documented() -> None:
    text = (DOCS / "configuration.md").read_text(encoding="utf-8")
    headings = {line.strip("# `") for line in text.splitlines() if line.startswith("##")}
    assert every_setting() == {heading.split(".")[-1].removesuffix("[]") for heading in headings}
    for item in settings():
        assert item.doc.endswith("."), f"{item.path} has no whole sentence"
