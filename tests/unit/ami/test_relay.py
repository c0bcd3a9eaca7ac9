"""What goes to the client: unchanged, and ours only between whole messages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.ami.relay import MessageRelay, Sentinel

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
EVENT = b"Event: Newchannel\r\nUniqueid: 1.1\r\n\r\n"


def ready(*, watching: bool = False) -> MessageRelay:
    relay = MessageRelay(lambda _: None)
    relay.watching = watching
    assert relay.receive(BANNER) == [BANNER]
    return relay


def pong(token: bytes) -> bytes:
    return b"Response: Success\r\nActionID: " + token + b"Ping: Pong\r\n\r\n"


def test_banner_in_pieces_comes_alone() -> None:
    relay = MessageRelay(lambda _: None)
    assert relay.receive(BANNER[:5]) == [BANNER[:5]]
    assert relay.receive(BANNER[5:] + EVENT) == [BANNER[5:], EVENT]


def test_watch_sees_every_message_until_it_is_switched_off() -> None:
    seen: list[bytes] = []
    relay = MessageRelay(seen.append)
    relay.receive(BANNER)
    assert relay.receive(EVENT + EVENT[:9]) == [EVENT]
    relay.watching = False
    assert relay.receive(EVENT[9:]) == [EVENT[9:]] or seen == [EVENT]
    assert seen == [EVENT]


def test_a_sentinels_answer_is_taken_out_and_replaced() -> None:
    relay = ready()
    relay.expect(Sentinel(b"t1\r\n", lambda _: b""))
    relay.expect(Sentinel(b"t2\r\n", lambda _: b"Event: Ours\r\n\r\n"))
    expected = [relay.expecting]
    out = relay.receive(EVENT + pong(b"t1\r\n") + EVENT + pong(b"t2\r\n") + EVENT)
    assert out == [EVENT, EVENT, b"Event: Ours\r\n\r\n", EVENT]
    assert [*expected, relay.expecting] == [True, False]
    assert relay.receive(b"half") == [b"half"]


def test_a_long_answer_does_not_wait_for_its_end() -> None:
    relay = ready()
    relay.expect(Sentinel(b"t1\r\n", lambda _: b""))
    assert relay.receive(b"Resp") == []
    start = b"onse: Success\r\n" + b"Output: line\r\n" * 20
    assert relay.receive(start) == [b"Resp" + start]
    assert relay.receive(b"Output: end\r\n\r\n" + pong(b"t1\r\n")) == [b"Output: end\r\n\r\n"]


def test_a_sentinels_long_answer_waits_for_its_end() -> None:
    got: list[bytes] = []
    relay = ready()

    def taken(message: bytes) -> bytes:
        got.append(message)
        return b""

    relay.expect(Sentinel(b"t1\r\n", taken))
    answer = b"Response: Success\r\nActionID: t1\r\n" + b"Ping:  (Priv: <none>)\r\n" * 50 + b"\r\n"
    assert relay.receive(answer[:400]) == []
    assert relay.receive(answer[400:]) == []
    assert got == [answer]


def test_hold_keeps_what_comes_and_release_lets_it_follow() -> None:
    relay = ready()
    relay.hold()
    assert relay.receive(EVENT + EVENT[:4]) == []
    assert relay.held_bytes == len(EVENT)
    assert relay.insert(b"Response: Success\r\n\r\n") == [b"Response: Success\r\n\r\n"]
    assert relay.release() == [EVENT, EVENT[:4]]
    assert relay.release() == []
    assert relay.receive(EVENT[4:]) == [EVENT[4:]]


def test_insert_waits_for_the_end_of_a_message_under_way() -> None:
    relay = ready()
    assert relay.receive(EVENT[:10]) == [EVENT[:10]]
    relay.hold()
    assert relay.insert(b"Response: Success\r\n\r\n") == []
    assert relay.receive(EVENT[10:20]) == [EVENT[10:20]]
    assert relay.receive(EVENT[20:] + EVENT) == [EVENT[20:], b"Response: Success\r\n\r\n"]
    assert relay.release() == [EVENT]


def test_capture_keeps_a_copy() -> None:
    relay = ready()
    relay.capture = []
    assert relay.receive(EVENT) == [EVENT]
    assert relay.capture == [EVENT]
    assert relay.receive(EVENT[:3]) == []
    relay.capture = None
    assert relay.receive(EVENT[3:]) == [EVENT]


def test_abandon_expects_nothing() -> None:
    relay = ready()
    relay.expect(Sentinel(b"t\r\n", lambda _: b""))
    relay.abandon()
    assert not relay.expecting


@given(st.lists(st.integers(1, 60), max_size=20), st.lists(st.sampled_from("eshri"), max_size=15))
def test_whatever_happens_asterisks_bytes_arrive_whole_and_in_order(cuts: list[int], steps: list[str]) -> None:
    relay = ready()
    sent, out, tokens = b"", b"", 0
    stream = b""
    for step in steps:
        if step == "e":
            stream += EVENT
            sent += EVENT
        elif step == "s":
            tokens += 1
            relay.expect(Sentinel(b"t%d\r\n" % tokens, lambda _: b""))
            stream += pong(b"t%d\r\n" % tokens)
        elif step == "h":
            relay.hold()
        elif step == "r":
            out += b"".join(relay.release())
        else:
            out += b"".join(relay.insert(b"Event: Ours\r\n\r\n"))
        size = cuts.pop() if cuts else len(stream)
        chunk, stream = stream[:size], stream[size:]
        out += b"".join(relay.receive(chunk)) if chunk else b""
    out += b"".join(relay.receive(stream)) if stream else b""
    out += b"".join(relay.release())
    assert out.replace(b"Event: Ours\r\n\r\n", b"") == sent
