"""Call control over ARI beside AMI: the same action natively and translated, on the same Asterisk, field by field."""

from __future__ import annotations

import itertools
import json
import os
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bridge.ami.message import Action, Header, Message
from bridge.translate.effects import Done, Fallback
from tests.harness.asterisk import Asterisk, ami, ari
from tests.harness.live_translator import Carried, LiveTranslator
from tests.harness.raw_ami import RawAmi, RawMessage
from tests.harness.raw_ari import RawAri
from tests.harness.sip_phone import SipPhone
from tests.harness.transcripts import Normaliser, Transcript, record

Headers = tuple[Header, ...]
# With AMITEST_RECORD=1 each case also writes its golden transcript, which the unit tests play back.
RECORD = bool(os.environ.get("AMITEST_RECORD"))


class Bench:
    """One Asterisk, an AMI connection that sees all events, and a translator; both carry out the same actions."""

    def __init__(self, major: int, case: str, client: RawAmi, rest: RawAri, translator: LiveTranslator) -> None:
        self.major, self.case = major, case
        self.client, self.rest, self.translator = client, rest, translator
        self._recorded = 0
        self._ids = itertools.count(time.time_ns() % 10**6)

    def new_id(self) -> str:
        return f"{int(time.time())}.8{next(self._ids):08d}"

    def call(self, exten: str = "wait") -> tuple[str, str]:
        """An answered Local call: the uniqueids of its halves; the second runs `exten`."""
        first, second = self.new_id(), self.new_id()
        self.native(
            ("Channel", f"Local/{exten}@default/n"),
            ("Exten", "wait"),
            ("Context", "default"),
            ("Priority", "1"),
            ("ChannelId", first),
            ("OtherChannelId", second),
            name="Originate",
        )
        return first, second

    def in_stasis(self) -> str:
        """The uniqueid of a channel that is answered and in our application."""
        _, channel = self.call("stasis-answered")
        self.translator.wait("StasisStart", channel)
        self.quiet()
        return channel

    def native(self, *headers: Header, name: str) -> RawMessage:
        return self.client.action(name, *headers, ActionID="x")

    def carried(self, *headers: Header, name: str, ami_behind: bool = True) -> Carried:
        return self.translator.run(Action.of(name, ("ActionID", "x"), *headers), ami_behind=ami_behind)

    def quiet(self) -> list[Message]:
        """Wait until nothing happens any more; what AMI told meanwhile."""
        self.translator.settle()
        events, self.client.events = self.client.events, []
        events += [RawMessage(part) for part in self.client.read_all(0.1).split(b"\r\n\r\n") if part]
        return [Message(tuple(event.headers)) for event in events]

    def channel(self, uniqueid: str) -> dict[str, Any]:
        status, body = self.rest.get(f"/channels/{uniqueid}")
        assert status == 200, body
        assert isinstance(body, dict)
        return body

    def variable(self, uniqueid: str, name: str) -> str | None:
        status, body = self.rest.get(f"/channels/{uniqueid}/variable", variable=name)
        return body["value"] if status == 200 else None

    def same_answer(self, name: str, headers: Headers) -> Carried:
        """Do it natively, then translated; the answers must be equal in every header. Returns what was translated."""
        answer = self.native(*headers, name=name)
        return self.compare(name, headers, [answer], self.carried(*headers, name=name))

    def compare(self, name: str, headers: Headers, native: list[RawMessage], done: Carried) -> Carried:
        """What AMI sent to the asker (an OriginateResponse included) must be what the translation made; recorded."""
        expected = [Message(tuple(message.headers)) for message in native]
        assert done.outcome == Done(), done
        assert listed([*done.messages, *done.everyone]) == listed(expected)
        self.record(name, headers, expected, done)
        return done

    def record(self, name: str, headers: Headers, received: list[Message], done: Carried) -> None:
        """Write the golden transcript of this case, when asked to."""
        if not RECORD:
            return
        self._recorded += 1
        facts = {
            "asterisk": ".".join(map(str, self.translator.version)),
            "world": json.dumps(done.seen),
            "bridges": json.dumps(done.bridges),
            "ids": json.dumps(done.ids),
            "times": json.dumps([round(event.time - done.awaited[0].time, 3) for event in done.awaited]),
        }
        if isinstance(done.outcome, Fallback):
            facts["fallback"] = done.outcome.reason
        transcript = Transcript(
            title=self.case,
            facts=facts,
            sent=[Action.of(name, ("ActionID", "x"), *headers)],
            received=received,
            ari=done.exchanges,
            events=[dict(event.data) for event in done.awaited],
        )
        suffix = f"-{self._recorded}" if self._recorded > 1 else ""
        record(name, re.sub(r"[^a-z0-9]+", "-", self.case.lower()).strip("-") + suffix, transcript, self.major)


@pytest.fixture
def bench(asterisk: Asterisk, request: pytest.FixtureRequest) -> Iterator[Bench]:
    function, _, parameters = str(request.node.name).removeprefix("test_").removesuffix("]").partition("[")
    parameters = parameters.removeprefix(f"asterisk{asterisk.version}").removeprefix("-")
    case = function.replace("_", " ") + (f": {parameters}" if parameters else "")
    with ami(asterisk, events="on") as client, ari(asterisk) as rest:
        translator = LiveTranslator(asterisk, rest)
        yield Bench(int(asterisk.version), case, client, rest, translator)
        translator.close()


def plain(message: RawMessage) -> Headers:
    return without_id(Message(tuple(message.headers)))


def without_id(message: Message) -> Headers:
    return tuple(header for header in message if header[0] != "ActionID")


def normal(message: Message) -> Headers:
    """The message with placeholders; an id of the bridge's choice and one of Asterisk's look alike."""
    return Normaliser().message(message).headers


def listed(messages: list[Message]) -> list[Headers]:
    """Messages to compare; list items in no particular order, for Asterisk has none."""
    return sorted(map(normal, messages), key=lambda headers: (headers[0][0] != "Response", str(headers)))


def told(events: list[Message], *names: str) -> list[Headers]:
    """The events of these names, ids replaced."""
    clean = Normaliser()
    # All of them, so that a channel gets its placeholder at its birth, whatever happens to it first afterwards.
    normalised = [clean.message(event) for event in events]
    return [without_id(event) for event in normalised if event.get("Event") in names]


# --- Originate ---------------------------------------------------------------------------------------------------

TO_WAIT = (("Exten", "wait"), ("Context", "default"), ("Priority", "1"))
CALLS: dict[str, Headers] = {
    "answered": (("Channel", "Local/wait@default/n"), *TO_WAIT),
    "lower case technology": (("Channel", "local/wait@default/n"), *TO_WAIT),
    "answered later": (("Channel", "Local/answer-later@default/n"), *TO_WAIT),
    "at a label": (
        ("Channel", "Local/wait@default/n"),
        ("Exten", "target"),
        ("Context", "default"),
        ("Priority", "second"),
    ),
    "at a priority": (
        ("Channel", "Local/wait@default/n"),
        ("Exten", "wait"),
        ("Context", "default"),
        ("Priority", "2"),
    ),
    "busy": (("Channel", "Local/busy@default/n"), *TO_WAIT),
    "busy behind a dial": (("Channel", "Local/dial-busy@default/n"), *TO_WAIT),
    "congestion": (("Channel", "Local/congestion@default/n"), *TO_WAIT),
    "ringing until the timeout": (("Channel", "Local/ringing@default/n"), ("Timeout", "1000"), *TO_WAIT),
    "silent until the timeout": (("Channel", "Local/silent@default/n"), ("Timeout", "1000"), *TO_WAIT),
    "rejected": (("Channel", "Local/reject@default/n"), *TO_WAIT),
    "hung up with cause 17": (("Channel", "Local/hangup-cause@default/n"), ("Variable", "__CAUSE=17"), *TO_WAIT),
    "hung up with cause 34": (("Channel", "Local/hangup-cause@default/n"), ("Variable", "__CAUSE=34"), *TO_WAIT),
    "unknown extension called": (("Channel", "Local/nosuch@default/n"), *TO_WAIT),
    "into our application": (
        ("Channel", "Local/wait@default/n"),
        ("Application", "Stasis"),
        ("Data", 'bridge,a,"b,c",d'),
    ),
    "into our application without arguments": (
        ("Channel", "Local/wait@default/n"),
        ("Application", "stasis"),
        ("Data", "bridge"),
    ),
    "busy on the way to our application": (
        ("Channel", "Local/busy@default/n"),
        ("Application", "Stasis"),
        ("Data", "bridge,x"),
    ),
    "without a timeout": (("Channel", "Local/wait@default/n"), ("Timeout", "0"), *TO_WAIT),
    "chosen ids": (
        ("Channel", "Local/busy@default/n"),
        ("ChannelId", "mine-1"),
        ("OtherChannelId", "mine-2"),
        *TO_WAIT,
    ),
}


@pytest.mark.parametrize("headers", CALLS.values(), ids=CALLS)
def test_a_synchronous_originate_answers_alike(bench: Bench, headers: Headers) -> None:
    bench.call()
    bench.quiet()
    done = bench.same_answer("Originate", headers)
    assert [request.operation for request in done.writes] == ["channels.originate"]


@pytest.mark.parametrize("headers", CALLS.values(), ids=CALLS)
def test_an_asynchronous_originate_reports_alike(bench: Bench, headers: Headers) -> None:
    bench.call()
    bench.quiet()
    headers = (*headers, ("Async", "true"), ("CallerID", '"A \\"B\\"" <555-12>'))
    answer = bench.native(*headers, name="Originate")
    response = bench.client.wait_event("OriginateResponse")
    bench.quiet()
    done = bench.compare("Originate", headers, [answer, response], bench.carried(*headers, name="Originate"))
    assert len(done.messages) == len(done.everyone) == 1


PHONES: dict[str, tuple[str, str]] = {
    "busy": ("486 Busy Here", ""),
    "declined": ("603 Decline", ""),
    "unknown": ("404 Not Found", ""),
    "unavailable": ("503 Service Unavailable", ""),
    "ringing": ("180 Ringing", ""),
    "forwarded": ("302 Moved Temporarily", "Contact: <sip:wait@127.0.0.1>\r\n"),
    "forwarded to a busy place": ("302 Moved Temporarily", "Contact: <sip:busy@127.0.0.1>\r\n"),
}


@pytest.mark.parametrize(("status", "more"), PHONES.values(), ids=PHONES)
def test_a_phone_that_does_not_answer_is_reported_alike(
    bench: Bench, asterisk: Asterisk, status: str, more: str
) -> None:
    bench.call()
    headers = (("Channel", "PJSIP/alice"), ("Timeout", "2000"), ("Async", "true"), *TO_WAIT)
    with SipPhone(asterisk.host, asterisk.sip_port) as phone:
        phone.invite_status, phone.invite_headers = status, more
        bench.quiet()
        answer = bench.native(*headers, name="Originate")
        response = bench.client.wait_event("OriginateResponse")
        bench.quiet()
        bench.compare("Originate", headers, [answer, response], bench.carried(*headers, name="Originate"))


REFUSED_CALLS: dict[str, Headers] = {
    "no channel": TO_WAIT,
    "no slash": (("Channel", "Local"), *TO_WAIT),
    "bad timeout": (("Channel", "Local/wait@default"), ("Timeout", "soon"), *TO_WAIT),
    "no extension": (("Channel", "Local/wait@default"), ("Context", "default"), ("Priority", "1")),
    "no context": (("Channel", "Local/wait@default"), ("Exten", "wait"), ("Priority", "1")),
    "no priority": (("Channel", "Local/wait@default"), ("Exten", "wait"), ("Context", "default")),
    "priority 0": (("Channel", "Local/wait@default"), ("Exten", "wait"), ("Context", "default"), ("Priority", "0")),
    "nothing but a channel": (("Channel", "Local/wait@default"),),
    "unknown extension": (
        ("Channel", "Local/wait@default"),
        ("Exten", "nosuch"),
        ("Context", "default"),
        ("Priority", "1"),
    ),
    "unknown context": (("Channel", "Local/wait@default"), ("Exten", "s"), ("Context", "nosuch"), ("Priority", "1")),
    "unknown priority": (
        ("Channel", "Local/wait@default"),
        ("Exten", "wait"),
        ("Context", "default"),
        ("Priority", "99"),
    ),
    "unknown label": (
        ("Channel", "Local/wait@default"),
        ("Exten", "wait"),
        ("Context", "default"),
        ("Priority", "nolabel"),
    ),
    "unknown place beside an application": (
        ("Channel", "Local/wait@default"),
        ("Application", "Stasis"),
        ("Data", "bridge"),
        ("Priority", "1"),
    ),
}


@pytest.mark.parametrize("headers", REFUSED_CALLS.values(), ids=REFUSED_CALLS)
def test_a_refused_originate_is_refused_alike(bench: Bench, headers: Headers) -> None:
    bench.call()
    bench.quiet()
    done = bench.same_answer("Originate", headers)
    assert not done.writes


PARTIES: dict[str, Headers] = {
    "none": (),
    "number": (("CallerID", "12345"),),
    "shrunk number": (("CallerID", "(555) 12-34.5"),),
    "name and number": (("CallerID", "Joe Doe <12345>"),),
    "quoted": (("CallerID", '"Joe \\"X\\" Doe" <555-12>'),),
    "name only": (("CallerID", "Joe Doe"),),
    "letters": (("CallerID", '"Joe" <alice-1>'),),
    "letters and blanks": (("CallerID", "Joe <alice (1)>"),),
    "number only in brackets": (("CallerID", "<777>"),),
    "open bracket": (("CallerID", '"Joe" <777'),),
    "quoted number": (("CallerID", '"777"'),),
    "utf-8": (("CallerID", "Jörg <1>"),),
    "variables": (("Variable", "A=1"), ("Variable", '__B=x=y,C="q,r", D = e '), ("Variable", "_E=")),
    "function": (("Variable", "CALLERID(name)=Func"), ("Variable", "CHANNEL(language)=de")),
    "account": (("Account", "acc-1"), ("Variable", "A=1")),
    "codec": (("Codecs", "ulaw"),),
    "codecs": (("Codecs", "alaw,ulaw"),),
}
WATCHED = ("A", "B", "C", " D ", "E", "CHANNEL(language)", "CHANNEL(accountcode)", "CHANNEL(peeraccount)",
           "CHANNEL(audionativeformat)", "CALLERID(all)", "CALLERID(ani)", "CONNECTEDLINE(all)")  # fmt: skip


@pytest.mark.parametrize("extra", PARTIES.values(), ids=PARTIES)
def test_an_originated_channel_is_alike(bench: Bench, extra: Headers) -> None:
    bench.call()
    bench.quiet()

    def halves(events: list[Message]) -> list[dict[str, Any]]:
        ids = [event.get("Uniqueid") for event in events if event.get("Event") == "Newchannel"]
        clean = Normaliser()
        return [
            {
                "variables": {name: bench.variable(one, name) for name in WATCHED},
                "channel": {**clean.json(bench.channel(one)), "creationtime": ""},
            }
            for one in ids
        ]

    headers = (("Channel", "Local/wait@default/n"), *TO_WAIT, *extra)
    assert bench.native(*headers, name="Originate")["Response"] == "Success"
    events = bench.quiet()
    native = halves(events)
    done = bench.carried(*headers, name="Originate")
    assert done.outcome == Done()
    translated_events = bench.quiet()
    assert halves(translated_events) == native
    names = ("Newchannel", "Newstate", "DialBegin", "DialEnd", "LocalBridge")
    for name in names:
        assert sorted(map(dict, told(translated_events, name)), key=str) == sorted(
            map(dict, told(events, name)), key=str
        )
    assert [e.get("Variable") for e in translated_events if e.get("Event") == "VarSet"] == [
        e.get("Variable") for e in events if e.get("Event") == "VarSet"
    ]


LEFT_TO_AMI: dict[str, Headers] = {
    "another application": (("Channel", "Local/wait@default"), ("Application", "Echo")),
    "another stasis application": (
        ("Channel", "Local/wait@default"),
        ("Application", "Stasis"),
        ("Data", "otherapp,x"),
    ),
    "guarded data": (("Channel", "Local/wait@default"), ("Application", "Stasis"), ("Data", "bridge,SHELL")),
    "early media": (("Channel", "Local/wait@default"), ("EarlyMedia", "true"), *TO_WAIT),
    "dangerous function": (("Channel", "Local/wait@default"), ("Variable", "DB(a/b)=c"), *TO_WAIT),
    "unknown function": (("Channel", "Local/wait@default"), ("Variable", "ODBC_X(a)=c"), *TO_WAIT),
    "milliseconds": (("Channel", "Local/wait@default"), ("Timeout", "1500"), *TO_WAIT),
    "all codecs": (("Channel", "Local/wait@default"), ("Codecs", "all"), *TO_WAIT),
    "caller id twice": (
        ("Channel", "Local/wait@default"),
        ("CallerID", "1"),
        ("Variable", "CALLERID(name)=x"),
        *TO_WAIT,
    ),
    "variable twice": (("Channel", "Local/wait@default"), ("Variable", "A=1,A=2"), *TO_WAIT),
    "unknown technology": (("Channel", "Foo/bar"), *TO_WAIT),
    "unknown endpoint": (("Channel", "PJSIP/nope"), *TO_WAIT),
    "unknown codec": (("Channel", "Local/wait@default"), ("Codecs", "nosuch"), *TO_WAIT),
    "priority of a hint": (("Channel", "Local/wait@default"), ("Exten", "wait"), ("Priority", "-1")),
}


@pytest.mark.parametrize("headers", LEFT_TO_AMI.values(), ids=LEFT_TO_AMI)
def test_what_ari_cannot_do_is_left_to_ami_untouched(bench: Bench, headers: Headers) -> None:
    bench.call()
    bench.quiet()
    before = len(bench.rest.get("/channels")[1])
    done = bench.carried(*headers, name="Originate")
    assert isinstance(done.outcome, Fallback), done
    assert not done.messages
    bench.record("Originate", headers, [], done)
    assert len(bench.rest.get("/channels")[1]) == before


def test_a_failing_call_to_a_context_with_the_extension_failed_is_left_to_ami(bench: Bench) -> None:
    bench.call()
    bench.quiet()
    added = bench.native(("Command", "dialplan add extension failed,1,NoOp() into catching"), name="Command")
    assert added["Response"] == "Success"
    try:
        headers = (("Channel", "Local/busy@default"), ("Exten", "s"), ("Context", "catching"), ("Priority", "1"))
        assert isinstance(bench.carried(*headers, name="Originate").outcome, Fallback)
    finally:
        bench.native(("Command", "dialplan remove extension failed@catching"), name="Command")


def test_without_ami_and_without_a_live_channel_the_dialplan_is_asked_through_a_channel_of_its_own(
    bench: Bench,
) -> None:
    headers = (("Channel", "Local/wait@default"), ("Exten", "nosuch"), ("Context", "default"), ("Priority", "1"))
    done = bench.carried(*headers, name="Originate", ami_behind=False)
    assert [message.get("Message") for message in done.messages] == ["Extension does not exist."]
    bench.quiet()
    assert not bench.rest.get("/channels")[1]


# --- Hangup ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cause", ["", "0", "16", "17", "19", "34", "21", "999", "x"])
@pytest.mark.parametrize("where", ["wait", "stasis-answered"])
def test_hangup_leaves_the_same_cause(bench: Bench, cause: str, where: str) -> None:
    extra = (("Cause", cause),) if cause else ()

    def caller() -> str:
        _, channel = bench.call(where)
        bench.quiet()
        return str(bench.channel(channel)["name"])

    native = bench.native(("Channel", caller()), *extra, name="Hangup")
    expected = told(bench.quiet(), "Hangup")
    headers = (("Channel", caller()), *extra)
    done = bench.carried(*headers, name="Hangup")
    if bench.major < 17 and cause in {"", "0", "999", "x"}:
        assert isinstance(done.outcome, Fallback)
        bench.record("Hangup", headers, [], done)
        return
    bench.compare("Hangup", headers, [native], done)
    translated = told(bench.quiet(), "Hangup")
    key = str
    assert [(dict(one)["Cause"], dict(one)["Cause-txt"]) for one in sorted(translated, key=key)] == [
        (dict(one)["Cause"], dict(one)["Cause-txt"]) for one in sorted(expected, key=key)
    ]


def test_every_word_of_asterisk_16_means_the_cause_we_think(bench: Bench) -> None:
    from bridge.translate.actions.hangup import REASONS

    for cause, word in REASONS.items():
        _, channel = bench.call()
        assert bench.rest.delete(f"/channels/{channel}", reason=word)[0] == 204
        assert bench.client.wait_event("Hangup", Uniqueid=channel)["Cause"] == str(cause)


def test_hangup_of_matching_names(bench: Bench) -> None:
    pattern = r"/^Local\/wait@default-.*;1$/"

    bench.call(), bench.call()
    bench.quiet()
    headers = (("Channel", pattern), ("Cause", "17"))
    first, items, last = bench.client.collect_list("Hangup", *headers, ActionID="x")
    assert last is not None
    bench.quiet()
    bench.call(), bench.call()
    bench.quiet()
    bench.compare("Hangup", headers, [first, *items, last], bench.carried(*headers, name="Hangup"))
    assert {event.get("Cause") for event in bench.quiet() if event.get("Event") == "Hangup"} == {"17"}


@pytest.mark.parametrize("name", ["", "nosuch", "/", "/abc", "/nothing-matches-this/"])
def test_hangup_of_nothing(bench: Bench, name: str) -> None:
    headers = (("Channel", name), ("Cause", "16"))
    response, items, last = bench.client.collect_list("Hangup", *headers, ActionID="x")
    native = [response, *items, *([last] if last else [])]
    bench.compare("Hangup", headers, native, bench.carried(*headers, name="Hangup"))


# --- Redirect ----------------------------------------------------------------------------------------------------

PLACES: dict[str, Headers] = {
    "priority": (("Context", "default"), ("Exten", "target"), ("Priority", "1")),
    "label": (("Context", "default"), ("Exten", "target"), ("Priority", "second")),
    "invalid extension with i": (("Context", "catching"), ("Exten", "nosuch"), ("Priority", "1")),
    "nowhere": (("Context", "nosuch"), ("Exten", "nosuch"), ("Priority", "1")),
    "back": (("Context", "default"), ("Exten", "stasis"), ("Priority", "1")),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_redirect_goes_the_same_way(bench: Bench, place: Headers) -> None:
    def steps(channel: str) -> list[tuple[str, str, str, str]]:
        return [
            (event.get("Event"), event.get("Application"), event.get("AppData"), event.get("Value"))
            for event in bench.quiet()
            if event.get("Uniqueid") == channel
            and (event.get("Event") in {"Hangup", "Newexten"} or event.get("Variable") == "STASISSTATUS")
        ]

    channel = bench.in_stasis()
    native = bench.native(("Channel", channel), *place, name="Redirect")
    expected = steps(channel)
    channel = bench.in_stasis()
    headers = (("Channel", channel), *place)
    bench.compare("Redirect", headers, [native], bench.carried(*headers, name="Redirect"))
    assert steps(channel) == expected


def test_redirect_out_of_a_bridge(bench: Bench) -> None:
    def bridged() -> str:
        channel = bench.in_stasis()
        bridge = bench.rest.post("/bridges", type="mixing")[1]["id"]
        assert bench.rest.post(f"/bridges/{bridge}/addChannel", channel=channel)[0] == 204
        bench.quiet()
        return channel

    first, second = bridged(), bridged()
    place = PLACES["priority"]
    assert isinstance(bench.carried(("Channel", second), *place, name="Redirect").outcome, Fallback)
    native = plain(bench.native(("Channel", first), *place, name="Redirect"))
    done = bench.carried(("Channel", second), *place, name="Redirect", ami_behind=False)
    assert [without_id(message) for message in done.messages] == [native]
    bench.quiet()
    assert bench.channel(second)["dialplan"] == bench.channel(first)["dialplan"]


def test_redirect_of_two(bench: Bench) -> None:
    place = (("Context", "default"), ("Exten", "target"), ("Priority", "1"))
    extra = (("ExtraContext", "default"), ("ExtraExten", "wait"), ("ExtraPriority", "1"))
    for more in (extra, ()):
        first, second = bench.in_stasis(), bench.in_stasis()
        native = bench.native(("Channel", first), ("ExtraChannel", second), *place, *more, name="Redirect")
        bench.quiet()
        expected = [bench.channel(one)["dialplan"] for one in (first, second)]
        first, second = bench.in_stasis(), bench.in_stasis()
        headers = (("Channel", first), ("ExtraChannel", second), *place, *more)
        bench.compare("Redirect", headers, [native], bench.carried(*headers, name="Redirect"))
        bench.quiet()
        assert [bench.channel(one)["dialplan"] for one in (first, second)] == expected


BAD_REDIRECTS: dict[str, Headers] = {
    "nothing": (),
    "channel only": (("Channel", "X"),),
    "no exten": (("Channel", "X"), ("Context", "default")),
    "no priority": (("Channel", "X"), ("Context", "default"), ("Exten", "wait")),
    "priority 0": (("Channel", "X"), ("Context", "default"), ("Exten", "wait"), ("Priority", "0")),
    "priority -1": (("Channel", "X"), ("Context", "default"), ("Exten", "wait"), ("Priority", "-1")),
    "label": (("Channel", "X"), ("Context", "default"), ("Exten", "wait"), ("Priority", "nolabel")),
    "gone": (("Channel", "nosuch"), *TO_WAIT),
    "extra gone": (("Channel", "X"), ("ExtraChannel", "nosuch"), *TO_WAIT),
    "extra exten": (("Channel", "X"), ("ExtraChannel", "nosuch"), ("ExtraContext", "default"), *TO_WAIT),
    "extra priority": (
        ("Channel", "X"),
        ("ExtraChannel", "nosuch"),
        ("ExtraContext", "default"),
        ("ExtraExten", "wait"),
        *TO_WAIT,
    ),
    "extra label": (
        ("Channel", "X"),
        ("ExtraChannel", "nosuch"),
        ("ExtraContext", "default"),
        ("ExtraExten", "wait"),
        ("ExtraPriority", "nolabel"),
        *TO_WAIT,
    ),
}


@pytest.mark.parametrize("headers", BAD_REDIRECTS.values(), ids=BAD_REDIRECTS)
def test_a_refused_redirect_is_refused_alike(bench: Bench, headers: Headers) -> None:
    channel = bench.in_stasis()
    headers = tuple((name, channel if value == "X" else value) for name, value in headers)
    assert not bench.same_answer("Redirect", headers).writes


@pytest.mark.parametrize("name", ["Redirect", "PlayDTMF", "MuteAudio", "AbsoluteTimeout"])
def test_a_channel_that_plays_is_left_to_ami(bench: Bench, name: str) -> None:
    channel = bench.in_stasis()
    assert bench.rest.post(f"/channels/{channel}/play", media="tone:ring")[0] == 201
    bench.quiet()
    headers = (("Channel", channel), *TO_WAIT, ("Digit", "1"), ("State", "on"), ("Direction", "in"), ("Timeout", "60"))
    done = bench.carried(*headers, name=name)
    assert isinstance(done.outcome, Fallback)
    assert not done.writes


def test_without_ami_what_plays_is_stopped_first(bench: Bench) -> None:
    channel = bench.in_stasis()
    assert bench.rest.post(f"/channels/{channel}/play", media="tone:ring")[0] == 201
    bench.quiet()
    done = bench.carried(("Channel", channel), *TO_WAIT, name="Redirect", ami_behind=False)
    assert [message.get("Message") for message in done.messages] == ["Redirect successful"]
    bench.quiet()
    assert bench.channel(channel)["dialplan"]["app_name"] == "Wait"


@pytest.mark.parametrize("name", ["Redirect", "PlayDTMF", "MuteAudio", "AbsoluteTimeout", "BridgeKick"])
def test_a_channel_of_the_dialplan_is_left_to_ami(bench: Bench, name: str) -> None:
    _, channel = bench.call()
    bench.quiet()
    headers = (("Channel", channel), *TO_WAIT, ("Digit", "1"), ("State", "on"), ("Direction", "in"), ("Timeout", "60"))
    done = bench.carried(*headers, name=name)
    assert isinstance(done.outcome, Fallback)
    assert not done.writes


# --- The rest ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [(("Digit", "5"),), (("Digit", "*1"), ("Duration", "300")), (("Digit", "A"),)])
def test_dtmf_sounds_alike(bench: Bench, headers: Headers) -> None:
    first, channel = bench.call("stasis-answered")
    bench.translator.wait("StasisStart", channel)
    bench.quiet()

    def heard() -> list[tuple[str, ...]]:
        event = bench.client.wait_event("DTMFEnd")
        assert event["Uniqueid"] == first
        return [tuple(event[name] for name in ("Digit", "Direction", "DurationMs"))]

    headers = (("Channel", channel), *headers)
    native = bench.native(*headers, name="PlayDTMF")
    expected = heard()
    bench.compare("PlayDTMF", headers, [native], bench.carried(*headers, name="PlayDTMF"))
    assert heard() == expected


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("Channel", "nosuch"), ("Digit", "")),
        (("Channel", "X"),),
        (("Channel", "X"), ("Digit", "1"), ("Duration", "z")),
    ],
)
def test_bad_dtmf_is_refused_alike(bench: Bench, headers: Headers) -> None:
    channel = bench.in_stasis()
    bench.same_answer("PlayDTMF", tuple((name, channel if value == "X" else value) for name, value in headers))


def test_mute_answers_alike(bench: Bench) -> None:
    channel = bench.in_stasis()
    for state in ("on", "off", "maybe", ""):
        for direction in ("in", "out", "all", "IN", "sideways", ""):
            bench.same_answer("MuteAudio", (("Channel", channel), ("State", state), ("Direction", direction)))


@pytest.mark.parametrize("name", ["", "nosuch"])
def test_mute_of_nothing(bench: Bench, name: str) -> None:
    bench.same_answer("MuteAudio", (("Channel", name), ("State", "on"), ("Direction", "sideways")))


@pytest.mark.parametrize("timeout", ["60", "100.5", " 7.25x", "1e2", "0", "-3", "abc", ""])
def test_absolute_timeout_is_set_alike(bench: Bench, timeout: str) -> None:
    def left(channel: str) -> float:
        return float(bench.variable(channel, "TIMEOUT(absolute)") or 0)

    channel, other = bench.in_stasis(), bench.in_stasis()
    native = bench.native(("Channel", channel), ("Timeout", timeout), name="AbsoluteTimeout")
    expected = left(channel)
    headers = (("Channel", other), ("Timeout", timeout))
    bench.compare("AbsoluteTimeout", headers, [native], bench.carried(*headers, name="AbsoluteTimeout"))
    assert left(other) == pytest.approx(expected, abs=0.5)


@pytest.mark.parametrize("name", ["", "nosuch"])
def test_absolute_timeout_of_nothing(bench: Bench, name: str) -> None:
    bench.same_answer("AbsoluteTimeout", (("Channel", name), ("Timeout", "5")))
    bench.same_answer("AbsoluteTimeout", (("Channel", name), ("Timeout", "0")))


def test_bridge_joins_both(bench: Bench) -> None:
    first, second = bench.in_stasis(), bench.in_stasis()
    native = bench.native(("Channel1", first), ("Channel2", second), name="Bridge")
    third, fourth = bench.in_stasis(), bench.in_stasis()
    headers = (("Channel1", third), ("Channel2", fourth))
    bench.compare("Bridge", headers, [native], bench.carried(*headers, name="Bridge"))
    bench.quiet()
    members = [set(bridge["channels"]) for bridge in bench.rest.get("/bridges")[1]]
    assert {first, second} in members
    assert {third, fourth} in members


def test_bridge_refuses_alike(bench: Bench) -> None:
    channel = bench.in_stasis()
    bench.same_answer("Bridge", (("Channel1", channel),))
    for headers in ((("Channel1", "nosuch"), ("Channel2", channel)), (("Channel1", channel), ("Channel2", "nosuch"))):
        native = plain(bench.native(*headers, name="Bridge"))
        done = bench.carried(*headers, name="Bridge", ami_behind=False)
        assert [without_id(message) for message in done.messages] == [native]


def test_kick_and_destroy(bench: Bench) -> None:
    channel = bench.in_stasis()

    def joined() -> str:
        bridge = str(bench.rest.post("/bridges", type="mixing")[1]["id"])
        assert bench.rest.post(f"/bridges/{bridge}/addChannel", channel=channel)[0] == 204
        bench.quiet()
        return bridge

    def steps() -> list[str]:
        return [event.get("Event") for event in bench.quiet() if event.get("Event") == "BridgeLeave"]

    for name, made in (("BridgeKick", True), ("BridgeKick", False), ("BridgeDestroy", True)):
        bridge = joined()
        headers = (("Channel", channel), *((("BridgeUniqueid", bridge),) if made else ()))
        native = bench.native(*headers, name=name)
        expected = steps()
        assert bench.channel(channel)["dialplan"]["app_name"] == "Stasis"
        bridge = joined()
        headers = (("Channel", channel), *((("BridgeUniqueid", bridge),) if made else ()))
        bench.compare(name, headers, [native], bench.carried(*headers, name=name))
        assert steps() == expected
        assert bench.channel(channel)["dialplan"]["app_name"] == "Stasis"


def test_kick_and_destroy_refuse_alike(bench: Bench) -> None:
    bench.in_stasis()
    bench.same_answer("BridgeKick", ())
    bench.same_answer("BridgeKick", (("Channel", "nosuch"),))
    bench.same_answer("BridgeDestroy", ())
    native = plain(bench.native(("BridgeUniqueid", "nosuch"), name="BridgeDestroy"))
    done = bench.carried(("BridgeUniqueid", "nosuch"), name="BridgeDestroy", ami_behind=False)
    assert [without_id(message) for message in done.messages] == [native]
