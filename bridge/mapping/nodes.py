"""A YAML document as values that remember where they stood; scalars keep the text that was written.

Nothing is guessed: `on` is the text "on", `010` is "010", `12:30:00` is "12:30:00". What a text means is decided by the
setting that receives it (`bridge.mapping.schema`), or, where any JSON value may stand, by `plain_value`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeAlias

# JSON's numbers, short enough to convert without surprise; everything else stays text.
INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?([eE][+-]?[0-9]{1,3})?")
NULL = frozenset({"", "~", "null"})


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text as written; `plain` when it stood without quotes (only then may it be a number, a truth or nothing)."""

    position: Position
    text: str
    plain: bool = True

    @property
    def is_null(self) -> bool:
        """Whether nothing was written: an empty value, `~` or `null`."""
        return self.plain and self.text in NULL


@dataclass(frozen=True, slots=True)
class Seq:
    """A list."""

    position: Position
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Map:
    """Keys and values in the order of the file; keys are distinct."""

    position: Position
    entries: tuple[tuple[Scalar, Node], ...]


Node: TypeAlias = Scalar | Seq | Map


def printable(text: str) -> str:
    """`text` on one line and harmless to a terminal: what cannot be printed is shown as an escape."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def plain_value(node: Node) -> Any:
    """The JSON value that `node` stands for: dict, list, str, int, float, bool or None."""
    if isinstance(node, Map):
        return {key.text: plain_value(value) for key, value in node.entries}
    if isinstance(node, Seq):
        return [plain_value(item) for item in node.items]
    return _scalar_value(node)


def _scalar_value(node: Scalar) -> Any:
    if not node.plain:
        return node.text
    if node.is_null:
        return None
    if node.text in {"true", "false"}:
        return node.text == "true"
    if INTEGER.fullmatch(node.text):
        return int(node.text)
    if NUMBER.fullmatch(node.text) and isfinite(float(node.text)):
        return float(node.text)
    return node.text
