"""Messages, codec, replies, masks, filters, rights."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.ami import replies
from bridge.ami.codec import decode, decode_action, decode_many, encode, encode_many
from bridge.ami.filters import parse_filter, passes
from bridge.ami.masks import ALL, CLASSES, classes_mask, parse_mask
from bridge.ami.message import Action, Message
from bridge.ami.rights import allowed_actions
from bridge.errors import Untranslatable


def test_headers_are_found_without_regard_to_case_and_the_first_wins() -> None:
    action = decode_action(b"action: \r\nACTION:Hangup\r\nchannel:  a \r\nChannel: b\r\nline\r\nActionID: 7\r\n\r\n")
    assert action.name == "Hangup"
    assert action.get("Channel") == "a "
    assert action.get_all("Channel") == ["a ", "b"]
    assert action.get("none", "x") == "x"
    assert action.has("LINE")
    assert not action.has("Cause")
    assert action.action_id == "7"
    assert Action.of("", ("Action", "")).name == ""
    assert list(Message((("a", "b"),)).with_headers([("c", "d")])) == [("a", "b"), ("c", "d")]


def test_secrets_stay_out_of_repr() -> None:
    text = repr(Action.of("Login", Secret="top", Key="hidden", a="1", b="2", c="3", d="4"))
    assert "top" not in text
    assert "hidden" not in text
    assert text.endswith("+1)")
    assert repr(Message((("A", "1"),))) == "Message(A: 1)"


@given(st.binary(max_size=80).filter(lambda b: not set(b) & set(b"\r\n:")))
def test_any_byte_survives_a_round_trip(value: bytes) -> None:
    raw = b"Action: X\r\nV: x" + value + b"\r\n\r\n"
    assert encode(decode(raw)) == raw


@pytest.mark.parametrize("header", [("A", "b\r\nResponse: Success"), ("A", "b\n"), ("A\r\nB", "c"), ("\nB", "c")])
def test_a_line_break_never_becomes_a_header(header: tuple[str, str]) -> None:
    with pytest.raises(Untranslatable):
        encode(Message((header,)))


def test_many() -> None:
    messages = [Message((("Event", "A"),)), Message((("Event", "B"),))]
    assert decode_many(encode_many(messages)) == messages
    assert decode_many(b"\r\n\r\n") == []


def test_replies_have_asterisks_layout() -> None:
    action = Action.of("X", ActionID="9")
    assert encode(replies.error(action, "No")) == b"Response: Error\r\nActionID: 9\r\nMessage: No\r\n\r\n"
    assert encode(replies.success(Action.of("X"), None, ("Value", "1"))) == b"Response: Success\r\nValue: 1\r\n\r\n"
    start = b"Response: Success\r\nActionID: 9\r\nEventList: start\r\nMessage: m\r\n\r\n"
    assert encode(replies.list_start(action, "m")) == start
    done = b"Event: C\r\nActionID: 9\r\nEventList: Complete\r\nListItems: 2\r\nItems: 2\r\n\r\n"
    assert encode(replies.list_complete(action, "C", 2, ("Items", "2"))) == done
    assert replies.event("E", ("a", "b")).headers == (("Event", "E"), ("a", "b"))
    assert replies.action_id(action) == (("ActionID", "9"),)


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("", ALL),
        ("on", ALL),
        ("ALL", ALL),
        ("off", 0),
        ("none", 0),
        ("bogus", 0),
        ("call", 2),
        ("call, user,bogus", 2 | 64),
        ("system,all", ALL),
        ("66", 66),
        ("0", 0),
        ("1", 1),
    ],
)
def test_masks(text: str, mask: int) -> None:
    assert parse_mask(text) == mask


def test_classes_of_an_event() -> None:
    assert classes_mask("system,user") == CLASSES["system"] | CLASSES["user"]
    assert classes_mask("all,bogus") == 0


def test_filters() -> None:
    text = "Event: OriginateResponse\r\nChannel: SIP/1\r\n"
    include, exclude = parse_filter("Event: Orig"), parse_filter("!SIP/1")
    assert include is not None
    assert exclude is not None
    assert passes([], text)
    assert passes([include], text)
    assert not passes([include, exclude], text)
    assert not passes([exclude], text)
    assert not passes([include], "Event: Hangup")
    assert parse_filter("") is None
    assert parse_filter("!") is None
    assert parse_filter("(") is None


def test_rights() -> None:
    lines = b"Hangup: Hangup channel. (Priv: system,call,all)\r\nPing: K. (Priv: <none>)\r\n"
    raw = b"Response: Success\r\nActionID: x\r\n" + lines + b"\r\n"
    assert allowed_actions(raw) == {"hangup", "ping"}
    assert allowed_actions(b"Response: Error\r\nMessage: Permission denied (Priv: x)\r\n\r\n") == frozenset()
