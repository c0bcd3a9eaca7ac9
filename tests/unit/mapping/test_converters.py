"""Named converters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.mapping.converters import CONVERTERS


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("cause_to_reason", "17", "busy"),
        ("cause_to_reason", "016", "normal"),
        ("channel_state_number", "Up", "6"),
        ("count", "", "0"),
        ("count", "a", "1"),
        ("count", "a,b", "2"),
        ("first_character", "12", "1"),
        ("first_character", "", ""),
        ("known", "<unknown>", ""),
        ("known", "alice", "alice"),
        ("lower", "Up", "up"),
        ("module_file", "res_x", "res_x.so"),
        ("module_file", "res_x.so", "res_x.so"),
        ("ms_to_seconds", "30000", "30"),
        ("ms_to_seconds", "1", "1"),
        ("ms_to_seconds", "0", "0"),
        ("ms_to_seconds", "-5", "-1"),
        ("on_off", "Yes", "on"),
        ("on_off", "2", "off"),
        ("resource", "PJSIP/alice/x", "alice/x"),
        ("seconds_to_ms", "2", "2000"),
        ("strip", " a ", "a"),
        ("technology", "PJSIP/alice", "PJSIP"),
        ("true_false", "on", "true"),
        ("true_false", "", "false"),
        ("unknown", "", "<unknown>"),
        ("unknown", "x", "x"),
        ("upper", "Up", "UP"),
        ("whole_number", " 007 ", "7"),
        ("whole_number", "-3", "-3"),
        ("yes_no", "true", "Yes"),
        ("yes_no", "false", "No"),
    ],
)
def test_converts(name: str, text: str, expected: str) -> None:
    assert CONVERTERS[name](text) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cause_to_reason", "42"),
        ("cause_to_reason", "busy"),
        ("channel_state_number", "up"),
        ("ms_to_seconds", "1.5"),
        ("ms_to_seconds", ""),
        ("whole_number", "٣"),
        ("whole_number", "9" * 19),
        ("resource", "alice"),
        ("technology", "PJSIP/"),
        ("technology", "/alice"),
    ],
)
def test_refuses(name: str, text: str) -> None:
    with pytest.raises(ValueError):
        CONVERTERS[name](text)


@given(st.sampled_from(sorted(CONVERTERS)), st.text())
def test_any_text_gives_a_text_or_a_reason(name: str, text: str) -> None:
    try:
        made = CONVERTERS[name](text)
    except ValueError as reason:
        made = str(reason)
    assert isinstance(made, str)


@given(st.integers(min_value=0, max_value=10**12))
def test_a_time_never_becomes_shorter(milliseconds: int) -> None:
    seconds = int(CONVERTERS["ms_to_seconds"](str(milliseconds)))
    assert milliseconds <= seconds * 1000 < milliseconds + 1000
