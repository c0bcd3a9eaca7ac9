"""The reader of dataclasses, apart from the files that it is used for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

import pytest

from bridge.errors import Problem
from bridge.mapping.load import parse
from bridge.mapping.nodes import Position, printable
from bridge.mapping.schema import (
    FAILED,
    Reader,
    Refused,
    hints_of,
    key_of,
    place,
    read,
    setting,
    setting_of,
    suggestion,
)


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Even:
    """A type that reads itself."""

    def __init__(self, number: int) -> None:
        self.number = number

    @classmethod
    def read_node(cls, reader: Reader, node: Any, path: str) -> Any:
        number = reader.value(node, int, path, None)
        if number is FAILED:
            return FAILED
        return cls(number) if number % 2 == 0 else reader.note(node, path, "is odd")


@dataclass(frozen=True, slots=True)
class Inner:
    text: str = setting("A text.")
    position: Position = place()

    @classmethod
    def short(cls, text: str) -> Inner:
        if text == "bad":
            raise Refused("is bad", "be good")
        return cls(text)


@dataclass(frozen=True, slots=True)
class Outer:
    number: int = setting("", default=0)
    share: float = setting("", default=0.0)
    truth: bool = setting("", default=False)
    colour: Colour = setting("", default=Colour.RED)
    word: Literal["one", "two"] = setting("", default="one")
    inner: Inner | None = setting("", default=None)
    inners: tuple[Inner, ...] = setting("", factory=tuple)
    table: Mapping[str, int] = setting("", factory=dict)
    even: Even | None = setting("", default=None)
    anything: Any = setting("", default=None)
    own: complex = setting("", default=0j)
    upper: str = setting("", default="", key="Upper", parse=str.upper)
    plain: int = 5


def reading(text: str) -> tuple[Outer | None, list[str]]:
    problems: list[Problem] = []
    node = parse(text.encode(), problems, "f")
    assert node is not None
    value = read(node, Outer, problems, {complex: complex})
    return value, [str(problem).removeprefix("f:1:") for problem in problems]


def test_every_type() -> None:
    value, problems = reading(
        "{number: -3, share: 1.5, truth: true, colour: blue, word: two, inner: x, inners: [a, {text: b}], table: {a: 1}"
        ", even: 4, anything: {a: [1, null, on]}, own: 1j, Upper: up, plain: 6}"
    )
    assert problems == []
    assert value is not None
    assert (value.number, value.share, value.truth, value.colour, value.word) == (-3, 1.5, True, Colour.BLUE, "two")
    assert value.inner == Inner("x")
    assert value.inners == (Inner("a"), Inner("b"))
    assert value.inners[1].position.column > 1
    assert value.table == {"a": 1}
    assert value.even is not None
    assert value.even.number == 4
    assert value.anything == {"a": [1, None, "on"]}
    assert (value.own, value.upper, value.plain) == (1j, "UP", 6)


def test_one_stands_for_a_list_and_null_for_nothing() -> None:
    value, problems = reading("{inners: a, inner: ~, even: null}")
    assert problems == []
    assert value is not None
    assert value.inners == (Inner("a"),)
    assert (value.inner, value.even) == (None, None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{number: 1.5}", "10: number: '1.5' is not a whole number"),
        ("{number: 01}", "10: number: '01' is not a whole number"),
        ("{share: x}", "9: share: 'x' is not a number"),
        ("{share: 1e300}", "9: share: '1e300' is not a number"),
        ("{truth: on}", "9: truth: 'on' is neither true nor false (write true or false)"),
        ("{colour: rad}", "10: colour: 'rad' is not one of red, blue (did you mean 'red'?)"),
        ("{word: three}", "8: word: 'three' is not one of one, two"),
        ("{inner: bad}", "9: inner: is bad (be good)"),
        ("{inner: [a]}", "9: inner: a block of 'key: value' lines is expected"),
        ("{inner: {}}", "9: inner: 'text' is missing"),
        ("{inners: ~}", "10: inners: a value is missing (write [] for an empty list)"),
        ("{inners: [a, bad]}", "14: inners[1]: is bad (be good)"),
        ("{table: [a]}", "9: table: a block of 'key: value' lines is expected"),
        ("{table: {a: b}}", "13: table.a: 'b' is not a whole number"),
        ("{table: {~: 1}}", "10: table: a value is missing (put '~' in quotes if it is a text)"),
        ("{even: 3}", "8: even: is odd"),
        ("{even: x}", "8: even: 'x' is not a whole number"),
        ("{number: }", "10: number: a value is missing"),
        ("{number: [1]}", "10: number: a single value is expected, not a list"),
        ("{number: {a: b}}", "10: number: a single value is expected, not a block"),
        ("{upper: x}", "2: upper: 'upper' is not known here (did you mean 'Upper'?)"),
        ('{"a\\nb": x}', "2: a\\nb: 'a\\nb' is not known here"),
        ("[]", "1: a block of 'key: value' lines is expected"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, told: str) -> None:
    value, problems = reading(text)
    assert value is None
    assert problems == [told]


def test_settings_of_fields() -> None:
    fields = {key_of(item): item for item in Outer.__dataclass_fields__.values()}
    assert "Upper" in fields
    assert setting_of(fields["plain"]).doc == ""
    assert hints_of(Outer)["number"] is int


def test_suggestions() -> None:
    known = {"listen": 0, "Limits": 0}
    assert suggestion("LISTN", known) == "did you mean 'listen'?"
    assert suggestion("limit", known) == "did you mean 'Limits'?"
    assert suggestion("xyz", known) == "known are Limits, listen"
    assert suggestion("xyz", known, most=1) == ""


def test_printable() -> None:
    assert printable("a\x1b[31m\u202eé☎\n") == "a\\x1b[31m\\u202eé☎\\n"
