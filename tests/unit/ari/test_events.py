"""Frames to events, timestamps, and the text that may pass into AMI."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.ari.events import AriEvent, clean, decode, parse_time
from bridge.ari.requests import AriResponse


def test_an_event() -> None:
    frame = {
        "type": "StasisStart",
        "application": "bridge",
        "timestamp": "2024-05-06T07:08:09.123+0200",
        "channel": {"id": "1.2"},
    }
    assert decode(frame) == AriEvent("StasisStart", "bridge", 1714972089.123, frame)


@pytest.mark.parametrize("frame", [None, [], "text", 5, {}, {"type": 5}, {"type": ""}, {"application": "a"}])
def test_what_is_no_event(frame: Any) -> None:
    assert decode(frame) is None


def test_odd_fields_count_as_absent() -> None:
    assert decode({"type": "X", "application": 1, "timestamp": 2}) == AriEvent(
        "X", "", 0.0, {"type": "X", "application": 1, "timestamp": 2}
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:01.500+0000", 1.5),
        ("1970-01-01T01:00:00.000+0100", 0.0),
        ("1970-01-01T00:00:02", 2.0),
        ("yesterday", 0.0),
        ("", 0.0),
        (None, 0.0),
        (17, 0.0),
    ],
)
def test_time(text: Any, seconds: float) -> None:
    assert parse_time(text) == seconds


def test_a_time_out_of_range() -> None:
    assert parse_time("0001-01-01T00:00:00+2359") < 0
    assert parse_time("99999-01-01T00:00:00+0000") == 0.0


def test_the_channel_of_an_event() -> None:
    assert AriEvent("X", "", 0.0, {"channel": {"id": "1"}}).channel_id == "1"
    assert AriEvent("X", "", 0.0, {"channel": {"name": "n"}}).channel_id == ""
    assert AriEvent("X", "", 0.0, {"channel": "1"}).channel is None
    assert AriEvent("X", "", 0.0, {}).channel_id == ""


def test_no_line_break_passes() -> None:
    assert clean("Eve\r\nEvent: Hangup\r\n\r\n\0") == "Eve  Event: Hangup     "
    assert clean("Zoë 電話") == "Zoë 電話"


def test_outcomes() -> None:
    assert AriResponse(204).ok
    assert not AriResponse(300).ok
    assert AriResponse(0).unknown
    assert not AriResponse(0).not_sent
    assert AriResponse(0, sent=False).not_sent
    assert not AriResponse(404, sent=False).not_sent


@pytest.mark.parametrize(
    ("body", "text"),
    [({"message": "m"}, "m"), ({"error": "e"}, "e"), ({"message": 5}, "r"), (["x"], "r"), (None, "r")],
)
def test_the_text_of_a_refusal(body: Any, text: str) -> None:
    assert AriResponse(404, body, "r").message == text
