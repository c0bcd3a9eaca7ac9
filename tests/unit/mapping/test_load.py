"""Strict YAML: positions, traps, and that nothing but problems comes out of arbitrary bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import Problem
from bridge.mapping.load import MAX_BYTES, parse
from bridge.mapping.nodes import Map, Node, Scalar, Seq, plain_value


def parsed(text: str | bytes) -> tuple[Node | None, list[str]]:
    problems: list[Problem] = []
    node = parse(text.encode() if isinstance(text, str) else text, problems, "f")
    return node, [str(problem) for problem in problems]


def value_of(text: str) -> Any:
    node, problems = parsed(text)
    assert node is not None
    assert not problems
    return plain_value(node)


@pytest.mark.parametrize(
    "text",
    [
        "on",
        "off",
        "yes",
        "no",
        "y",
        "Yes",
        "True",
        "010",
        "0x10",
        "0o7",
        "1_000",
        "12:30:00",
        "2024-01-01",
        "1e400",
        ".5",
        "+1",
        ".inf",
        ".nan",
        "=",
        "9" * 19,
    ],
)
def test_what_yaml_would_reinterpret_stays_text(text: str) -> None:
    assert value_of(f"a: {text}") == {"a": text}


def test_json_values_are_what_they_are() -> None:
    text = 'a: [1, -2, 1.5, 1e3, true, false, null, ~, "1", "true", "", {b: }]'
    assert value_of(text) == {"a": [1, -2, 1.5, 1000.0, True, False, None, None, "1", "true", "", {"b": None}]}


def test_positions_are_those_of_the_text() -> None:
    node, _ = parsed("# a comment\nlist:\n  - one\n  -   two\nblock: {key: value}\n")
    assert isinstance(node, Map)
    (list_key, items), (_, block) = node.entries
    assert isinstance(items, Seq)
    assert isinstance(block, Map)
    places = [list_key, *items.items, block, block.entries[0][1]]
    assert [(place.position.line, place.position.column) for place in places] == [
        (2, 1),
        (3, 5),
        (4, 7),
        (5, 8),
        (5, 14),
    ]
    assert str(list_key.position) == "f:2"


def test_a_byte_order_mark_is_taken_off() -> None:
    assert parsed(b"\xef\xbb\xbfa: 1")[1] == []


def test_an_empty_document_is_an_empty_scalar() -> None:
    node, problems = parsed("")
    assert isinstance(node, Scalar)
    assert node.is_null
    assert not problems


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"a: b\nc: \xff", "f:2:4: byte 0xff is not UTF-8 (save the file as UTF-8)"),
        (b"a\0b", "f:1:2: the character U+0000 is not allowed (write it as an escape in double quotes)"),
        (b"\xff\xfea\0", "f:1:1: byte 0xff is not UTF-8 (save the file as UTF-8)"),
        (
            b"a: [",
            "f:1:5: expected the node content, but found '<stream end>' (a bracket or a quote is open)",
        ),
        (b"%YAML 9.9\n---\na: b", "f:1:1: found incompatible YAML document (version 1.* is required)"),
        (b"x" * (MAX_BYTES + 1), "f: is larger than 4 MiB"),
    ],
)
def test_what_cannot_be_read(data: bytes, problem: str) -> None:
    node, problems = parsed(data)
    assert node is None
    assert problems == [problem]


@given(st.binary(max_size=400))
def test_arbitrary_bytes_never_raise(data: bytes) -> None:
    node, problems = parsed(data)
    assert node is not None or problems


@given(st.text(alphabet=st.sampled_from("ab:-[]{}&*!|>'\"%@`#?, \n\t\\xuU0<~\u00e9\ud7ff"), max_size=80))
def test_arbitrary_syntax_never_raises(text: str) -> None:
    node, problems = parsed(text)
    assert node is not None or problems


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=12,
)


@given(_JSON)
def test_json_is_read_as_json(value: Any) -> None:
    node, problems = parsed(json.dumps(value))
    assert not problems
    assert node is not None
    assert plain_value(node) == value


@given(st.text(alphabet=st.sampled_from("ab1:-[]{}'\"|>#, \n"), max_size=60))
def test_both_parsers_read_the_same(text: str) -> None:
    # libyaml lets some oddities pass (`>#`); what both take must mean the same.
    with_fast = parsed(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(yaml, "CSafeLoader", raising=False)
        without = parsed(text)
    if not with_fast[1] and not without[1]:
        assert with_fast[0] == without[0]


def test_the_fast_parser_is_there() -> None:
    assert hasattr(yaml, "CSafeLoader"), (
        "the pure parser takes 20 times as long; all wheels of PyYAML have the fast one"
    )
