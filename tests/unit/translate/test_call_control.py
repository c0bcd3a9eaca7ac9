"""Call control against canned answers: what real servers hardly do on demand (the rest: transcripts and live tests)."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from bridge.ami.message import Action, Header
from bridge.ari.events import AriEvent, decode
from bridge.translate.actions import TRANSLATORS
from bridge.translate.drivers import Canned, Result, dry_run, run_canned
from bridge.translate.effects import Context, Done, Fallback, Unknown, Wait
from bridge.translate.predict import bridge_json
from bridge.world.model import World
from bridge.world.snapshots import BridgeSnapshot

V22, V16 = (22, 10, 1), (16, 28, 0)
BOTH = (("Channel1", "1.1"), ("Channel2", "1.2"))
GONE = {"message": "Provided channel was not found"}
TO = (("Context", "default"), ("Exten", "9"), ("Priority", "1"))
CALL = (("Channel", "SIP/a"), ("Application", "Stasis"), ("Data", "bridge"))
ORIGINATED = Canned("POST /channels?*", 200, {"id": "new-1"})


def event(kind: str, second: float = 0.0, **data: Any) -> AriEvent:
    stamp = f"2026-01-01T00:00:{second:06.3f}+0000"
    found = decode({"type": kind, "application": "bridge", "timestamp": stamp, **data})
    assert found is not None
    return found


def dial(status: str, second: float = 0.0, peer: str = "new-1", **data: Any) -> AriEvent:
    return event("Dial", second, dialstatus=status, peer={"id": peer, "name": f"SIP/{peer}"}, **data)


def destroyed(second: float = 0.0, cause: int = 0, channel: str = "new-1") -> AriEvent:
    return event("ChannelDestroyed", second, cause=cause, channel={"id": channel})


def world(*channels: str, state: str = "Up", seen: bool = True, bridge: str = "") -> World:
    """Channels of ours, whose entry was seen unless `seen` is false; all of them in an ARI bridge of that class."""
    made = World(("bridge",))
    listing = [
        {"id": one, "name": f"SIP/{one}", "state": state, "dialplan": {"app_name": "Stasis", "app_data": "bridge"}}
        for one in channels
    ]
    bridges = [bridge_json(BridgeSnapshot("b", bridge_class=bridge, channels=channels))] if bridge else []
    made.merge_listing(listing, bridges, 1.0)
    for one in listing:
        made.apply(event("StasisStart", channel=one))
    if not seen:
        made.media.begin()
    return made


def context(where: World, version: tuple[int, int, int], *, ami_behind: bool) -> Context:
    numbers = count(1)
    return Context(where, ("bridge",), version, ami_behind, "user", lambda: f"new-{next(numbers)}")


def run(
    name: str,
    *headers: Header,
    where: World | None = None,
    answers: tuple[Canned, ...] = (),
    events: tuple[AriEvent | None, ...] = (),
    version: tuple[int, int, int] = V22,
    ami_behind: bool = True,
) -> Result:
    surroundings = context(where or World(("bridge",)), version, ami_behind=ami_behind)
    result = run_canned(TRANSLATORS[name], Action.of(name, *headers), surroundings, answers, events)
    assert not result.unused
    return result


def texts(result: Result) -> list[str]:
    return [message.get("Message") for message in result.messages if not message.has("Event")]


def reasons(result: Result) -> list[str]:
    return [message.get("Reason") for message in result.messages if message.get("Event") == "OriginateResponse"]


# --- Originate ---------------------------------------------------------------------------------------------------


def originate(*headers: Header, events: tuple[AriEvent | None, ...] = (), **more: Any) -> Result:
    return run("Originate", *CALL, *headers, answers=(ORIGINATED,), events=events, **more)


@pytest.mark.parametrize(
    ("channel", "timeout", "events", "reason"),
    [
        ("SIP/a", "5000", (dial(""), dial("RINGING"), destroyed(5.0)), "3"),
        ("SIP/a", "5000", (dial(""), dial("RINGING"), destroyed(2.0)), "0"),
        ("SIP/a", "0", (dial(""), destroyed(90.0)), "0"),
        ("SIP/a", "5000", (destroyed(0.0),), "0"),
        ("SIP/a", "5000", (dial(""), dial("BUSY"), destroyed(0.0, 17)), "5"),
        ("PJSIP/a", "5000", (dial(""), dial("BUSY"), destroyed(0.0, 17)), "0"),
        ("PJSIP/a", "5000", (dial(""), dial("BUSY"), destroyed(0.0, 0)), "5"),
        ("PJSIP/a", "5000", (dial(""), dial("CONGESTION"), destroyed(0.0, 34)), "0"),
        ("DAHDI/1", "5000", (dial(""), dial("CONGESTION"), destroyed(0.0, 34)), "8"),
        ("SIP/a", "5000", (dial(""), dial("NOANSWER"), destroyed(5.0, 19)), "0"),
        ("SIP/a", "5000", (dial(""), dial("ANSWER")), "4"),
    ],
)
def test_the_reason_is_told_from_the_events(channel: str, timeout: str, events: Any, reason: str) -> None:
    headers = (("Channel", channel), *CALL[1:], ("Timeout", timeout), ("Async", "1"))
    result = run("Originate", *headers, answers=(ORIGINATED,), events=events)
    assert result.outcome == Done()
    assert reasons(result) == [reason]


def test_a_call_that_is_forwarded_is_followed() -> None:
    forwarded = dial("CANCEL", forward="Local/b", forwarded={"id": "f-1", "name": "Local/b"})
    events = (dial(""), dial("", peer="f-1"), forwarded, destroyed(1.0), dial("ANSWER", peer="f-1"))
    result = originate(("Async", "1"), events=events)
    assert texts(result) == ["Originate successfully queued"]
    assert result.messages[1].get("Uniqueid") == "new-1"
    assert reasons(result) == ["4"]


def test_events_of_others_do_not_matter() -> None:
    others = (dial("ANSWER", peer="x"), destroyed(channel="x"), event("Dial", peer="odd"), event("ChannelVarset"))
    assert texts(originate(events=(*others, dial(""), dial("BUSY"), destroyed()))) == ["Originate failed"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Canned("GET /channels/new-1", 200, {"id": "new-1", "name": "SIP/a-1", "state": "Up"}), Done()),
        (Canned("GET /channels/new-1", 200, {"id": "new-1", "state": "Ringing"}), Unknown),
        (Canned("GET /channels/new-1", 404, {"message": "Channel not found"}), Unknown),
    ],
)
def test_when_the_stream_breaks_an_answered_call_can_still_be_found(answer: Canned, expected: Any) -> None:
    result = run("Originate", *CALL, answers=(ORIGINATED, answer), events=(None,))
    assert result.outcome == expected or isinstance(result.outcome, expected)
    assert texts(result) == (["Originate successfully queued"] if expected == Done() else [])


def test_a_request_without_an_answer_whose_channel_failed_at_once() -> None:
    answers = (Canned("POST /channels?*", 0), Canned("GET /channels/new-1", 404, {"message": "Channel not found"}))
    events = (event("ChannelCreated", channel={"id": "new-1"}), destroyed())
    assert texts(run("Originate", *CALL, answers=answers, events=events)) == ["Originate failed"]


def test_a_request_without_an_answer() -> None:
    lost, found = Canned("POST /channels?*", 0), Canned("GET /channels/new-1", 200, {"id": "new-1"})
    assert texts(run("Originate", *CALL, answers=(lost, found), events=(dial("ANSWER"),))) == [
        "Originate successfully queued"
    ]
    absent = Canned("GET /channels/new-1", 404, {"message": "Channel not found"})
    assert isinstance(run("Originate", *CALL, answers=(lost, absent)).outcome, Unknown)


def test_a_request_that_never_left_is_amis() -> None:
    result = run("Originate", *CALL, answers=(Canned("POST /channels?*", 0, sent=False),))
    assert isinstance(result.outcome, Fallback)


@pytest.mark.parametrize("asynchronous", ["", "true"])
def test_without_ami_a_call_that_cannot_be_made_fails_in_amis_words(asynchronous: str) -> None:
    answers = (Canned("POST /channels?*", 500, {"error": "Allocation failed"}),)
    result = run("Originate", *CALL, ("Async", asynchronous), ("ChannelId", "id"), answers=answers, ami_behind=False)
    assert result.outcome == Done()
    assert texts(result) == (["Originate successfully queued"] if asynchronous else ["Originate failed"])
    assert [message.get("Uniqueid") for message in result.messages[1:]] == (["id"] if asynchronous else [])


def test_without_ami_any_other_refusal_is_told() -> None:
    answers = (Canned("POST /channels?*", 400, {"message": "Provided format (x) was not found"}),)
    result = run("Originate", *CALL, ("Codecs", "x"), answers=answers, ami_behind=False)
    assert texts(result) == ["ARI answered 400 Provided format (x) was not found"]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ((("ChannelId", "x" * 150),), "line break"),
        ((("Channel", f"SIP/{'x' * 255}"),), "cuts"),
        ((("Channel", "SIP/a"), ("Priority", "here"), ("Timeout", "x")), "label"),
        ((*CALL, ("ChannelId", "1.1")), "there already"),
        ((*CALL, ("PreDialGoSub", "x")), "PreDialGoSub"),
        ((("Channel", "SIP/a"), ("Application", "Stasis"), ("Data", "bridge,")), "not ours"),
        ((("Channel", "SIP/a"), ("Async", "true")), "without a priority"),
        ((*CALL, ("Variable", "a=\udcff")), "does not carry"),
        ((*CALL, ("Variable", "a=\x01")), "does not carry"),
        ((*CALL, ("Timeout", "1001")), "whole seconds"),
        ((*CALL, ("Codecs", "!all,ulaw")), "names of codecs"),
        ((("Channel", "SIP/a"), ("Context", "a(b"), ("Exten", "9"), ("Priority", "1")), "DIALPLAN_EXISTS"),
    ],
)
def test_what_is_left_to_ami(headers: tuple[Header, ...], reason: str) -> None:
    result = run("Originate", *headers, where=world("1.1"))
    assert isinstance(result.outcome, Fallback)
    assert reason in result.outcome.reason


def test_without_ami_a_timeout_is_rounded_up() -> None:
    result = originate(("Timeout", "1001"), events=(dial("ANSWER"),), ami_behind=False)
    assert ("timeout", "2") in result.requests[0].query


def test_an_account_is_written_after_the_variables() -> None:
    result = originate(("Account", "acc"), ("Variable", "a=1,b,=2,c="), events=(dial("ANSWER"),))
    expected = [("c", ""), ("a", "1"), ("CHANNEL(accountcode)", "acc"), ("CHANNEL(peeraccount)", "acc")]
    assert list(result.requests[0].body["variables"].items()) == expected


def ask(function: str, value: Any = "1", status: int = 200, channel: str = "1.1") -> Canned:
    body = {"value": value} if status == 200 else GONE
    return Canned(f"GET /channels/{channel}/variable?variable=DIALPLAN_EXISTS({function})", status, body)


def to_exten(*answers: Canned, where: World, ami_behind: bool = True, **more: Any) -> Result:
    headers = (("Channel", "SIP/a"), *TO)
    return run("Originate", *headers, where=where, answers=answers, ami_behind=ami_behind, **more)


def test_another_channel_is_asked_when_one_is_gone() -> None:
    answers = (
        ask("default,9,1", status=404, channel="1.2"),
        ask("default,9,1"),
        ask("default,failed,1", status=404, channel="1.2"),
        ask("default,failed,1", "0"),
        ORIGINATED,
    )
    result = to_exten(*answers, where=world("1.1", "1.2"), events=(dial("ANSWER"),))
    assert texts(result) == ["Originate successfully queued"]


def test_nobody_to_ask() -> None:
    assert isinstance(to_exten(where=World(("bridge",))).outcome, Fallback)


def test_nobody_left_to_ask_for_the_extension_failed() -> None:
    answers = (ask("default,9,1"), ask("default,failed,1", status=404))
    assert isinstance(to_exten(*answers, where=world("1.1")).outcome, Fallback)


def test_the_extension_failed_is_amis() -> None:
    result = to_exten(ask("default,9,1"), ask("default,failed,1"), where=world("1.1"))
    assert isinstance(result.outcome, Fallback)
    assert "failed" in result.outcome.reason


def test_a_refused_question_is_amis() -> None:
    canned = Canned("GET /channels/1.1/variable*", 500, {"message": "Unable to read provided function"})
    assert isinstance(to_exten(canned, where=world("1.1")).outcome, Fallback)


def test_a_no_for_another_callers_number_is_amis_to_give() -> None:
    headers = (("Channel", "SIP/a"), *TO, ("CallerID", "77"))
    answers = (ask("default,9,1", "0"),)
    result = run("Originate", *headers, where=world("1.1"), answers=answers)
    assert isinstance(result.outcome, Fallback)
    result = run("Originate", *headers, where=world("1.1"), answers=answers, ami_behind=False)
    assert texts(result) == ["Extension does not exist."]


MADE = Canned("POST /channels/create?*channelId=new-1", 200, {"id": "new-1"})
UNMADE = Canned("DELETE /channels/new-1", 204)


def test_without_ami_a_channel_is_made_to_look_through() -> None:
    headers = (("Channel", "SIP/a"), ("Context", "default"), ("Exten", "9"), ("Priority", "here"))
    answers = (MADE, ask("default,9,here", "0", channel="new-1"), UNMADE)
    assert texts(run("Originate", *headers, answers=answers, ami_behind=False)) == ["Invalid priority"]


@pytest.mark.parametrize(
    "answers",
    [
        (MADE, ask("default,9,1", channel="new-1"), UNMADE),
        (MADE, ask("default,9,1", channel="new-1", status=404), UNMADE),
        (MADE, Canned("GET /channels/new-1/variable*", 500, {"message": "Unable"}), UNMADE),
        (Canned("POST /channels/create?*", 500, {"error": "Allocation failed"}), UNMADE),
    ],
)
def test_without_ami_the_call_is_made_unless_the_dialplan_says_no(answers: tuple[Canned, ...]) -> None:
    call = Canned("POST /channels?endpoint=SIP/a*", 200, {"id": "new-2"})
    events = (dial("ANSWER", peer="new-2"),)
    result = to_exten(*answers, call, where=World(("bridge",)), events=events, ami_behind=False)
    assert texts(result) == ["Originate successfully queued"]


# --- Hangup ------------------------------------------------------------------------------------------------------


def test_hangup_without_a_cause_of_a_channel_that_is_gone() -> None:
    asked = Canned("GET /channels/1.1/variable?variable=HANGUPCAUSE", 404, GONE)
    assert isinstance(run("Hangup", ("Channel", "1.1"), where=world("1.1"), answers=(asked,)).outcome, Fallback)
    result = run("Hangup", ("Channel", "1.1"), where=world("1.1"), answers=(asked,), ami_behind=False)
    assert texts(result) == ["No such channel"]


def test_hangup_when_the_cause_cannot_be_read() -> None:
    asked = Canned("GET /channels/1.1/variable?variable=HANGUPCAUSE", 500, {"message": "x"})
    assert isinstance(run("Hangup", ("Channel", "1.1"), where=world("1.1"), answers=(asked,)).outcome, Fallback)


def test_hangup_of_a_channel_that_is_gone() -> None:
    headers = (("Channel", "1.1"), ("Cause", "16"))
    gone = (Canned("DELETE /channels/1.1?reason_code=16", 404, {"message": "Channel not found"}),)
    assert isinstance(run("Hangup", *headers, where=world("1.1"), answers=gone).outcome, Fallback)
    result = run("Hangup", *headers, where=world("1.1"), answers=gone, ami_behind=False)
    assert texts(result) == ["No such channel"]


def test_hangup_keeps_a_cause_that_is_set() -> None:
    answers = (
        Canned("GET /channels/1.1/variable?variable=HANGUPCAUSE", 200, {"value": "17"}),
        Canned("DELETE /channels/1.1?reason_code=17", 204),
    )
    assert texts(run("Hangup", ("Channel", "1.1"), where=world("1.1"), answers=answers)) == ["Channel Hungup"]


def test_hangup_with_a_cause_that_16_has_no_word_for() -> None:
    headers = (("Channel", "1.1"), ("Cause", "3"))
    assert isinstance(run("Hangup", *headers, where=world("1.1"), version=V16).outcome, Fallback)


LISTED = Canned("GET /channels", 200, [{"id": "1.1", "name": "SIP/1"}, {"id": "1.2", "name": "SIP/2"}])


def test_a_list_leaves_out_what_hung_up_by_itself() -> None:
    answers = (
        LISTED,
        Canned("GET /channels/1.1/variable?variable=HANGUPCAUSE", 404, GONE),
        Canned("GET /channels/1.2/variable?variable=HANGUPCAUSE", 200, {"value": "0"}),
        Canned("DELETE /channels/1.2?reason_code=0", 404, {"message": "Channel not found"}),
    )
    result = run("Hangup", ("Channel", "/SIP/"), answers=answers)
    assert [message.get("ListItems") for message in result.messages] == ["", "0"]


def test_a_list_is_amis_when_the_first_is_refused_and_goes_on_afterwards() -> None:
    first, second = Canned("DELETE /channels/1.1?*", 204), Canned("DELETE /channels/1.2?*", 500, {"message": "x"})
    headers = (("Channel", "/SIP/"), ("Cause", "16"))
    result = run("Hangup", *headers, answers=(LISTED, first, second))
    assert [message.get("ListItems") for message in result.messages] == ["", "", "1"]
    refused = Canned("DELETE /channels/1.1?*", 500, {"message": "x"})
    assert isinstance(run("Hangup", *headers, answers=(LISTED, refused)).outcome, Fallback)


@pytest.mark.parametrize("pattern", ["/a{2}/", "/(?i)a/", "/a**/", "/(/", "/*/", r"/\w/", "/[[:alpha:]]/"])
def test_a_pattern_that_python_might_read_otherwise(pattern: str) -> None:
    assert isinstance(run("Hangup", ("Channel", pattern), ("Cause", "16")).outcome, Fallback)


# --- Steering ----------------------------------------------------------------------------------------------------

COMMANDS: dict[str, tuple[tuple[Header, ...], str]] = {
    "Redirect": (TO, "POST /channels/1.1/continue*"),
    "PlayDTMF": ((("Digit", "1"),), "POST /channels/1.1/dtmf*"),
    "MuteAudio": ((("State", "on"), ("Direction", "in")), "POST /channels/1.1/mute*"),
    "AbsoluteTimeout": ((("Timeout", "60"),), "POST /channels/1.1/variable*"),
    "BridgeKick": ((("BridgeUniqueid", "b"),), "POST /bridges/b/removeChannel*"),
}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("status", [404, 409, 412, 422, 500])
def test_a_refused_command_is_amis(name: str, status: int) -> None:
    headers, request = COMMANDS[name]
    answers = (Canned(request, status, {"message": "no"}),)
    result = run(name, ("Channel", "1.1"), *headers, where=world("1.1"), answers=answers)
    assert isinstance(result.outcome, Fallback)
    result = run(name, ("Channel", "1.1"), *headers, where=world("1.1"), answers=answers, ami_behind=False)
    assert len(result.messages) == 1
    assert result.messages[0].get("Response") == "Error"


@pytest.mark.parametrize("name", COMMANDS)
def test_what_may_play_is_amis(name: str) -> None:
    headers, request = COMMANDS[name]
    where = world("1.1", seen=False)
    result = run(name, ("Channel", "1.1"), *headers, where=where)
    assert isinstance(result.outcome, Fallback)
    assert "nobody knows" in result.outcome.reason
    answers = (Canned(request, 204),)
    events = (event("StasisEnd", channel={"id": "1.1"}),)
    result = run(name, ("Channel", "1.1"), *headers, where=where, answers=answers, events=events, ami_behind=False)
    assert result.messages[0].get("Response") == "Success"


def test_without_ami_playbacks_and_recordings_are_stopped() -> None:
    where = world("1.1")
    where.apply(event("PlaybackStarted", playback={"id": "p", "target_uri": "channel:1.1"}))
    where.apply(event("RecordingStarted", recording={"name": "r", "target_uri": "channel:1.1"}))
    answers = (
        Canned("DELETE /playbacks/p", 204),
        Canned("POST /recordings/live/r/stop", 204),
        Canned("POST /channels/1.1/dtmf?dtmf=1", 204),
    )
    headers = (("Channel", "1.1"), ("Digit", "1"))
    assert isinstance(run("PlayDTMF", *headers, where=where).outcome, Fallback)
    assert texts(run("PlayDTMF", *headers, where=where, answers=answers, ami_behind=False)) == [
        "DTMF successfully queued"
    ]


@pytest.mark.parametrize("state", ["Ringing", "Down", "Rsrvd"])
def test_a_channel_in_another_state_is_amis(state: str) -> None:
    result = run("Redirect", ("Channel", "1.1"), *TO, where=world("1.1", state=state))
    assert isinstance(result.outcome, Fallback)


# --- Redirect ----------------------------------------------------------------------------------------------------

LEFT = event("StasisEnd", channel={"id": "1.1"})
CONTINUED = Canned("POST /channels/1.1/continue*", 204)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Canned("GET /channels/1.1", 404, {"message": "Channel not found"}), ["Redirect successful"]),
        (Canned("GET /channels/1.1", 200, {"dialplan": {"app_name": "Wait"}}), ["Redirect successful"]),
        (Canned("GET /channels/1.1", 200, {"dialplan": {"app_name": "Stasis"}}), []),
        (Canned("GET /channels/1.1", 200, {}), []),
        (Canned("GET /channels/1.1", 200, []), []),
        (Canned("GET /channels/1.1", 500, {}), []),
    ],
)
def test_a_redirect_whose_proof_does_not_come(answer: Canned, expected: list[str]) -> None:
    result = run("Redirect", ("Channel", "1.1"), *TO, where=world("1.1"), answers=(CONTINUED, answer))
    assert texts(result) == expected
    assert isinstance(result.outcome, Done if expected else Unknown)


def test_a_second_redirect_that_fails() -> None:
    answers = (CONTINUED, Canned("POST /channels/1.2/continue*", 409, {"message": "no"}))
    headers = (("Channel", "1.1"), ("ExtraChannel", "1.2"), *TO)
    assert texts(run("Redirect", *headers, where=world("1.1", "1.2"), answers=answers)) == ["Secondary redirect failed"]


def test_a_channel_in_a_bridge_is_amis() -> None:
    where = world("1.1", bridge="stasis")
    assert isinstance(run("Redirect", ("Channel", "1.1"), *TO, where=where).outcome, Fallback)
    result = run(
        "Redirect", ("Channel", "1.1"), *TO, where=where, answers=(CONTINUED,), events=(LEFT,), ami_behind=False
    )
    assert texts(result) == ["Redirect successful"]


@pytest.mark.parametrize("name", [*COMMANDS, "Bridge"])
def test_a_channel_that_is_not_ours_is_amis(name: str) -> None:
    where = World(("bridge",))
    where.merge_listing([{"id": one, "name": one, "state": "Up"} for one in ("1.1", "1.2")], [], 1.0)
    headers = (("Channel", "1.1"), *BOTH, *COMMANDS.get(name, ((), ""))[0])
    result = run(name, *headers, where=where)
    assert result.outcome == Fallback("the channel 1.1 is not in our Stasis application")


def test_the_two_may_leave_in_any_order() -> None:
    answers = (CONTINUED, Canned("POST /channels/1.2/continue*", 204))
    events = (event("StasisEnd", channel={"id": "1.2"}), event("StasisEnd", channel={"id": "x"}), LEFT)
    headers = (("Channel", "1.1"), ("ExtraChannel", "1.2"), *TO)
    result = run("Redirect", *headers, where=world("1.1", "1.2"), answers=answers, events=events)
    assert texts(result) == ["Dual Redirect successful"]


def test_one_channel_to_two_places() -> None:
    result = run("Redirect", ("Channel", "1.1"), ("ExtraChannel", "SIP/1.1"), *TO, where=world("1.1"))
    assert isinstance(result.outcome, Fallback)


def test_a_label_and_no_channel_to_ask() -> None:
    headers = (("Channel", "gone"), *TO[:2], ("Priority", "here"))
    asked = Canned("GET /channels/gone/variable?variable=UNIQUEID", 404, GONE)
    assert isinstance(run("Redirect", *headers, answers=(asked,)).outcome, Fallback)


@pytest.mark.parametrize("priority", ["0", "-1"])
def test_a_bad_extra_priority(priority: str) -> None:
    extra = (("ExtraChannel", "x"), ("ExtraContext", "c"), ("ExtraExten", "e"), ("ExtraPriority", priority))
    assert texts(run("Redirect", ("Channel", "1.1"), *TO, *extra)) == ["ExtraPriority is invalid"]


# --- The rest ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [(("Duration", "-1"),), (("Receive", "true"),), (("Digit", "x"),)])
def test_dtmf_that_ari_does_not_send(headers: tuple[Header, ...]) -> None:
    headers = (("Channel", "1.1"), *headers, ("Digit", "1"))
    assert isinstance(run("PlayDTMF", *headers, where=world("1.1")).outcome, Fallback)


@pytest.mark.parametrize("timeout", ["0.0001", "1e9"])
def test_a_timeout_that_the_function_would_not_take(timeout: str) -> None:
    assert isinstance(run("AbsoluteTimeout", ("Channel", "1.1"), ("Timeout", timeout)).outcome, Fallback)


READ = "GET /channels/1.1/variable?variable=TIMEOUT(absolute)"


@pytest.mark.parametrize(
    ("answers", "done"),
    [
        ((Canned(READ, 200, {"value": "0"}), Canned(READ, 200, {"value": "59.9"})), True),
        ((Canned(READ, 404, GONE),), True),
        ((Canned(READ, 500, {"message": "x"}),), True),
        ((Canned(READ, 200, {"value": "0"}, repeat=True),), False),
    ],
)
def test_before_22_10_the_timeout_is_read_until_it_shows(answers: tuple[Canned, ...], done: bool) -> None:
    write = Canned("POST /channels/1.1/variable*", 204)
    headers = (("Channel", "1.1"), ("Timeout", "60"))
    events = (event("ChannelVarset"),) * 20
    result = run(
        "AbsoluteTimeout", *headers, where=world("1.1"), answers=(write, *answers), events=events, version=(22, 9, 0)
    )
    assert texts(result) == (["Timeout Set"] if done else [])
    assert isinstance(result.outcome, Done if done else Unknown)


@pytest.mark.parametrize("name", ["1.1", "gone"])
def test_bridge_of_what_is_not_two_channels_is_amis(name: str) -> None:
    asked = (Canned("GET /channels/gone/variable?variable=UNIQUEID", 404, GONE),) if name == "gone" else ()
    result = run("Bridge", ("Channel1", "1.1"), ("Channel2", name), where=world("1.1"), answers=asked)
    assert isinstance(result.outcome, Fallback)


@pytest.mark.parametrize(("name", "number"), [("Channel1", 1), ("Channel2", 2)])
def test_without_ami_a_missing_channel_is_told(name: str, number: int) -> None:
    headers = tuple((one, "gone" if one == name else "1.1") for one in ("Channel1", "Channel2"))
    asked = (Canned("GET /channels/gone/variable?variable=UNIQUEID", 404, GONE),)
    result = run("Bridge", *headers, where=world("1.1"), answers=asked, ami_behind=False)
    assert texts(result) == [f"Channel{number} does not exist: gone"]


def test_a_channel_that_cannot_be_added_leaves_no_bridge() -> None:
    answers = (
        Canned("POST /bridges/new-1?type=mixing", 200, {"id": "new-1"}),
        Canned("POST /bridges/new-1/addChannel?channel=1.1,1.2", 409, {"message": "Channel 1.1 currently recording"}),
        Canned("DELETE /bridges/new-1", 204),
    )
    result = run("Bridge", *BOTH, where=world("1.1", "1.2"), answers=answers)
    assert texts(result) == ["Unable to add Channel1 to bridge: SIP/1.1"]


def test_a_tone_is_amis() -> None:
    assert isinstance(run("Bridge", *BOTH, ("Tone", "both"), where=world("1.1", "1.2")).outcome, Fallback)


def test_other_bridges_are_amis() -> None:
    where = world("1.1", bridge="basic")
    assert isinstance(run("BridgeDestroy", ("BridgeUniqueid", "b"), where=where).outcome, Fallback)
    assert isinstance(run("BridgeKick", ("Channel", "1.1"), where=where).outcome, Fallback)


def test_a_bridge_that_is_gone() -> None:
    gone = (Canned("DELETE /bridges/b", 404, {"message": "Bridge not found"}),)
    assert isinstance(run("BridgeDestroy", ("BridgeUniqueid", "b"), answers=gone).outcome, Fallback)
    result = run("BridgeDestroy", ("BridgeUniqueid", "b"), answers=gone, ami_behind=False)
    assert texts(result) == ["Specified BridgeUniqueid not found"]


def test_a_bridge_that_cannot_be_made_is_amis() -> None:
    made = (Canned("POST /bridges/new-1?type=mixing", 500, {"error": "Allocation failed"}),)
    assert isinstance(run("Bridge", *BOTH, where=world("1.1", "1.2"), answers=made).outcome, Fallback)


def test_kick_of_a_channel_in_no_bridge() -> None:
    assert isinstance(run("BridgeKick", ("Channel", "1.1"), where=world("1.1")).outcome, Fallback)
    result = run("BridgeKick", ("Channel", "1.1"), where=world("1.1"), ami_behind=False)
    assert texts(result) == ["Channel is not in a bridge"]


def test_kick_from_a_bridge_that_the_channel_is_not_in() -> None:
    answers = (Canned("POST /bridges/b/removeChannel*", 422, {"message": "Channel not in this bridge"}),)
    headers = (("Channel", "1.1"), ("BridgeUniqueid", "b"))
    result = run("BridgeKick", *headers, where=world("1.1"), answers=answers, ami_behind=False)
    assert texts(result) == ["Channel kick from bridge failed"]


@pytest.mark.parametrize("name", [*COMMANDS, "Originate", "Hangup", "Bridge", "BridgeDestroy"])
def test_a_dry_run_shows_what_would_be_done(name: str) -> None:
    where = world("1.1", "1.2", bridge="stasis" if name == "BridgeKick" else "")
    more = CALL if name == "Originate" else (("Channel", "1.1"), *BOTH, ("BridgeUniqueid", "b"))
    headers = (*more, *COMMANDS.get(name, ((), ""))[0])
    result = dry_run(TRANSLATORS[name], Action.of(name, *headers), context(where, V22, ami_behind=True))
    assert result.outcome == Done()
    assert [message.get("Response") for message in result.messages] == ["Success"]
    assert any(request.has_effect for request in result.requests)


def test_every_translator_that_waits_says_so() -> None:
    for name in ("Originate", "Redirect", "AbsoluteTimeout"):
        assert TRANSLATORS[name].waits
    assert not any(isinstance(effect, Wait) for effect in run("Hangup").effects)
