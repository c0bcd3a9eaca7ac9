"""Plain output: aligned columns and JSON, readable without colour."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from bridge.errors import Problem


def echo_json(value: Any) -> None:
    """Print `value` as JSON, texts as they are; bytes that are not UTF-8 stay escapes."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    click.echo(text if text.isprintable() or _encodable(text) else json.dumps(value, indent=2))


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines with aligned columns, two blanks apart; the last column is not padded."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def markdown(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as a Markdown table, the first being its head."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return [lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]]


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem as JSON."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "text": problem.text,
        "hint": problem.hint,
    }


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
