"""Control against candidate."""

from __future__ import annotations

from bridge.ami.message import Message
from bridge.compare.answers import Verdict, answer_of, compare
from bridge.translate.effects import Done, Fallback, Unknown

PONG = Message((("Response", "Success"), ("Ping", "Pong"), ("Timestamp", "1")))
EVENT = Message((("Event", "Hangup"),))
START = Message((("Response", "Success"), ("EventList", "start")))
ITEM = Message((("Event", "Status"), ("Channel", "a")))
END = Message((("Event", "StatusComplete"), ("EventList", "Complete")))


def test_the_answer_among_events() -> None:
    assert answer_of([EVENT, PONG, EVENT]) == [PONG]
    assert answer_of([EVENT, START, ITEM, END, EVENT]) == [START, ITEM, END]
    assert answer_of([START, ITEM]) == [START, ITEM]


def test_verdicts() -> None:
    other = Message((("Response", "Success"), ("Ping", "Pong"), ("Timestamp", "2")))
    assert compare([PONG], [PONG], None).verdict is Verdict.MATCH
    assert compare([PONG], [other], Done()).verdict is Verdict.MISMATCH
    assert compare([PONG], [other], Done(), {"timestamp": "clock"}).verdict is Verdict.IGNORED
    assert compare([PONG], [], Fallback("no")).verdict is Verdict.NOT_COMPARABLE
    assert compare([PONG], [], Unknown("cut")).verdict is Verdict.CANDIDATE_ERROR


def test_differences_are_named() -> None:
    found = compare([START, ITEM, END], [START, END], Done()).differences
    assert [str(d) for d in found] == [
        "message 1, Event: AMI 'Status', ARI 'StatusComplete'",
        "message 1, Channel: AMI 'a', ARI '(EventList: Complete)'",
        "message 2, Event: AMI 'StatusComplete', ARI None",
    ]
    assert compare([], [Message(())], Done()).differences[0].header == "message"
    short = Message((("Response", "Success"), ("Ping", "Pong")))
    assert compare([short], [PONG], Done()).differences[0].control is None
    assert compare([PONG], [short], Done()).differences[0].candidate is None
