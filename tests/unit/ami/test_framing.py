"""Where a client's messages end, whatever the split of the stream; where Asterisk's do."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.ami.framing import ActionFramer, Frame, MessageSplitter

PING = b"Action: Ping\r\nActionID: 1\r\n\r\n"


def frames(*chunks: bytes) -> list[Frame]:
    framer = ActionFramer()
    return [frame for chunk in chunks for frame in framer.receive_data(chunk)]


def test_two_actions_in_one_chunk() -> None:
    assert frames(PING + b"Action: Logoff\n\n") == [Frame(PING, b"ping"), Frame(b"Action: Logoff\n\n", b"logoff")]


def test_byte_by_byte() -> None:
    assert frames(*(PING[i : i + 1] for i in range(len(PING)))) == [Frame(PING, b"ping")]


def test_surplus_empty_lines_are_messages_of_their_own() -> None:
    assert [frame.raw for frame in frames(b"\r\n\n" + PING + b"\r\n")] == [b"\r\n", b"\n", PING, b"\r\n"]
    assert not frames(b"\r\n")[0].plain


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"ACTION:Ping\r\n\r\n", b"ping"),
        (b"Action: \r\nAction: Status\r\n\r\n", b"status"),
        (b"Action:\t Ping \r\n\r\n", b"ping "),
        (b"X: Action: no\r\naction: hangup\n\n", b"hangup"),
    ],
)
def test_the_name_is_the_first_that_is_not_empty(raw: bytes, name: bytes) -> None:
    assert frames(raw) == [Frame(raw, name)]


@pytest.mark.parametrize(
    "raw", [b"Action : Ping\r\n\r\n", b" Action: Ping\r\n\r\n", b"Foo: 1\r\n\r\n", b"Action: \n\n"]
)
def test_without_a_name_only_asterisk_decides(raw: bytes) -> None:
    assert frames(raw) == [Frame(raw, plain=False)]


@pytest.mark.parametrize("value", [b"a\rb", b"a\0b", b"a\r\r"])
def test_a_stray_cr_or_nul_is_for_asterisk(value: bytes) -> None:
    assert [frame.plain for frame in frames(b"Action: Ping\r\nX: " + value + b"\r\n\r\n")] == [False]


def test_line_limit() -> None:
    fits = b"Action: Ping\r\nX: " + b"y" * 1019 + b"\r\n\r\n"
    assert frames(fits)[0].plain
    assert not frames(fits.replace(b"X", b"XX"))[0].plain


def test_header_limit() -> None:
    assert frames(b"Action: Ping\r\n" + b"X: 1\r\n" * 127 + b"\r\n")[0].plain
    assert not frames(b"Action: Ping\r\n" + b"X: 1\r\n" * 128 + b"\r\n")[0].plain
    assert not frames(b"Action: Ping\r\n" + b"X: yyyyyyyy\r\n" * 128 + b"\r\n")[0].plain


def test_endless_line_goes_on_in_pieces_and_little_is_kept() -> None:
    framer = ActionFramer()
    out = b""
    for _ in range(100):
        for frame in framer.receive_data(b"x" * 1000):
            assert not frame.plain
            assert not frame.whole
            out += frame.raw
        assert framer.held <= 2000
    assert framer.midway
    last = framer.receive_data(b"\r\n\r\n" + PING)
    assert last[-1] == Frame(PING, b"ping")
    assert last[0].whole
    assert out + last[0].raw == b"x" * 100_000 + b"\r\n\r\n"
    assert not framer.midway


def test_endless_headers_go_on_in_pieces() -> None:
    framer = ActionFramer()
    raw = b"X: 1\r\n" * 10_000 + b"\r\n"
    got = [frame for i in range(0, len(raw), 7) for frame in framer.receive_data(raw[i : i + 7])]
    assert b"".join(frame.raw for frame in got) == raw
    assert got[-1].whole
    assert not any(frame.whole for frame in got[:-1])


def test_streaming_one_byte_hands_out_nothing_yet() -> None:
    framer = ActionFramer()
    framer.receive_data(b"x" * 2000)
    assert framer.receive_eof() == b"xx"
    assert framer.held == 0


def test_streaming_with_less_than_three_bytes() -> None:
    framer = ActionFramer()
    framer.receive_data(b"x" * 2000)
    assert framer.receive_data(b"y") == [Frame(b"x", plain=False, whole=False)]
    assert framer.receive_data(b"\n\n")[-1].whole


@given(st.lists(st.binary(max_size=40) | st.just(b"\r\n\r\n") | st.just(PING) | st.just(b"z" * 1500), max_size=30))
def test_no_byte_is_lost_or_moved(chunks: list[bytes]) -> None:
    framer = ActionFramer()
    out = b"".join(frame.raw for chunk in chunks for frame in framer.receive_data(chunk))
    assert out + framer.receive_eof() == b"".join(chunks)


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=8))
def test_any_split_gives_the_same_whole_frames(data: bytes, cuts: list[int]) -> None:
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    split = [data[a:b] for a, b in pairwise(places)]
    assert frames(*split) == frames(data)


def test_splitter_fast_then_exact_in_the_middle_of_a_message() -> None:
    splitter = MessageSplitter()
    splitter.passed(b"Event: A\r\nX: 1\r")
    between = [splitter.between]
    assert splitter.split(b"\n") == (b"\n", [])
    assert splitter.split(b"\r\nEvent: B\r\n\r\nEvent: C\r\n") == (b"\r\n", [b"Event: B\r\n\r\n"])
    between.append(splitter.between)
    assert splitter.partial == b"Event: C\r\n"
    assert splitter.release() == b"Event: C\r\n"
    assert splitter.release() == b""
    between.append(splitter.between)
    splitter.passed(b"\r\n")
    assert [*between, splitter.between] == [False, True, False, True]


def test_splitter_does_not_end_at_a_bare_lf() -> None:
    text = b"Response: Error\r\nMessage: Uniqueid length exceeds maximum of 149\n\r\n\r\n"
    assert MessageSplitter().split(text) == (b"", [text])


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([b"E: 1\r\n\r\n", b"\r", b"\n", b"x", b"\r\n\r\n"]))))
def test_splitter_loses_nothing(steps: list[tuple[bool, bytes]]) -> None:
    splitter = MessageSplitter()
    out = b""
    for fast, chunk in steps:
        if fast:
            out += splitter.release()
            splitter.passed(chunk)
            out += chunk
        else:
            rest, messages = splitter.split(chunk)
            out += rest + b"".join(messages)
    assert out + splitter.partial == b"".join(chunk for _, chunk in steps)
