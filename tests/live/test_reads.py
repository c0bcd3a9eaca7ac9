"""AMI's native answer beside the translation's, header by header, on real Asterisks of both versions.

With AMITEST_RECORD=1 each case also writes its golden transcript (tests/transcripts), which the unit tests play back.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from bridge.ami.message import Action, Message
from bridge.translate.actions import TRANSLATORS
from bridge.translate.drivers import Result
from bridge.translate.effects import Done, Emit, Fallback
from tests.harness.asterisk import Asterisk, ami, ari
from tests.harness.carrying import Carrier, listed_world, native
from tests.harness.raw_ami import RawAmi
from tests.harness.raw_ari import RawAri, RawEvents
from tests.harness.sip_phone import SipPhone
from tests.harness.transcripts import Normaliser, Transcript, record
from tests.live.reads_cases import CASES, Case, Scene

RECORD = bool(os.environ.get("AMITEST_RECORD"))
# What a second of difference may change.
CLOCKS = {"Duration", "Seconds", "TimeToHangup", "Timestamp"}
CALLER = '"O\'Neil \\"x\\"" <555>'


class Stage:
    """A real Asterisk with the scene of one case."""

    def __init__(self, asterisk: Asterisk, stack: ExitStack) -> None:
        self.asterisk, self.stack = asterisk, stack
        self.ami: RawAmi = stack.enter_context(ami(asterisk))
        self.ari: RawAri = stack.enter_context(ari(asterisk))
        self.events: RawEvents = stack.enter_context(self.ari.events("bridge"))
        self.starts: list[dict[str, Any]] = []

    def play(self, name: str) -> Scene:
        """Set the scene `name`."""
        scene: Scene = getattr(self, f"_{name}")()
        return scene

    def enter_stasis(self, extension: str = "wait") -> Scene:
        """A call whose first half is in our Stasis application, with variables of every kind."""
        self.ami.action(
            "Originate",
            ("Channel", f"Local/{extension}@default/n"),
            ("Application", "Stasis"),
            ("Data", "bridge,x"),
            ("Async", "true"),
            ("CallerID", CALLER),
            ("Variable", "foo=bar"),
        )
        start = self.events.wait("StasisStart")
        self.starts.append(start)
        channel = start["channel"]
        self._settle()
        return Scene(channel=channel["id"], name=channel["name"])

    def _settle(self) -> None:
        """Wait until no channel is on its way through the dialplan any more."""
        while {item["dialplan"]["app_name"] for item in self.ari.get("/channels")[1]} - {
            "Stasis",
            "Wait",
            "Dial",
            "AppDial",
        }:
            pass

    def _empty(self) -> Scene:
        return Scene()

    def _stasis(self) -> Scene:
        return self.enter_stasis()

    def _odd(self) -> Scene:
        scene = self.enter_stasis()
        for name, value in (("empty", ""), ("long", "ö" * 560), ("broken", "a\nb")):
            assert self.ari.post(f"/channels/{scene.channel}/variable", variable=name, value=value)[0] == 204
            self.events.wait("ChannelVarset", variable=name, value=value)
        return scene

    def _dialplan(self) -> Scene:
        self.enter_stasis()
        other = next(item for item in self.ari.get("/channels")[1] if item["dialplan"]["app_name"] == "Wait")
        return Scene(channel=other["id"], name=other["name"])

    def _many(self) -> Scene:
        for _ in range(3):
            scene = self.enter_stasis()
        return scene

    def _bridged(self) -> Scene:
        scene = self.enter_stasis("dial")
        bridge = self.ari.post("/bridges", type="mixing", name="lab")[1]["id"]
        self.ari.post("/bridges", type="holding")
        assert self.ari.post(f"/bridges/{bridge}/addChannel", channel=scene.channel)[0] == 204
        assert self.ari.post(f"/bridges/{bridge}/videoSource/{scene.channel}")[0] == 204
        self.events.wait("BridgeVideoSourceChanged")
        scene.bridge = bridge
        return scene

    def _unloaded(self) -> Scene:
        self.ami.action("ModuleLoad", Module="app_zapateller.so", LoadType="unload")
        return Scene()

    def _phone(self) -> Scene:
        self.stack.enter_context(SipPhone(self.asterisk.host, self.asterisk.sip_port))
        return self.enter_stasis()


@pytest.fixture
def stage(asterisk: Asterisk) -> Iterator[Stage]:
    with ExitStack() as stack:
        yield Stage(asterisk, stack)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_equal_to_native(stage: Stage, case: Case) -> None:
    carrier = Carrier(stage.ari, stage.events)
    major = carrier.version[0]
    if major not in case.versions:
        pytest.skip(f"this case is for {case.versions}")
    scene = stage.play(case.scene)
    action = Action.of(case.action, ("ActionID", "id-1"), *case.headers(scene))
    world = listed_world(stage.ari, stage.starts)
    expected = native(stage.ami, action)
    for name, pairs in case.undo:
        assert stage.ami.action(name, *pairs)["Response"] == "Success"
    stage.events.drain(0.01)
    result = carrier.carry(TRANSLATORS[case.action], action, world)
    if RECORD:
        keep(case, action, expected, result, carrier, stage)
    if case.fallback:
        assert isinstance(result.outcome, Fallback), result.outcome
        assert case.fallback in result.outcome.reason
        assert not result.messages
        return
    assert result.outcome == Done()
    ordered = major not in case.unordered
    assert comparable(result.messages, ordered=ordered) == comparable(expected, case.missing, ordered=ordered)


def comparable(messages: Iterable[Message], missing: Iterable[str] = (), *, ordered: bool = True) -> list[Any]:
    """Headers without what clocks change and what is declared missing; sorted when the order is declared different."""
    left_out = {*CLOCKS, *missing}
    shown = [[(name, "" if name in left_out else value) for name, value in message] for message in messages]
    kept = [[header for header in headers if header[0] not in missing] for headers in shown]
    return kept if ordered else sorted(kept)


def keep(case: Case, action: Action, expected: list[Message], result: Result, carrier: Carrier, stage: Stage) -> None:
    """Write the case's golden transcript."""
    owned = {start["channel"]["id"] for start in stage.starts}
    channels = [
        {"id": item["id"], "name": item["name"], "owner": "ours" if item["id"] in owned else "dialplan"}
        for item in stage.ari.get("/channels")[1]
    ]
    version = ".".join(map(str, carrier.version))
    facts = {"asterisk": version, "world": json.dumps(channels)}
    if case.missing:
        facts["missing"] = " ".join(sorted(case.missing))
    if isinstance(result.outcome, Fallback):
        facts["fallback"] = result.outcome.reason
    title = f"{case.action}: {case.name}"
    transcript = Transcript(title, facts, [action], expected, carrier.exchanges, carrier.proofs)
    record(case.action, case.name.replace(" ", "-").replace(",", ""), transcript, carrier.version[0])


def test_setvar_takes_effect(stage: Stage) -> None:
    scene = stage.enter_stasis()
    world = listed_world(stage.ari, stage.starts)
    carrier = Carrier(stage.ari, stage.events)
    action = Action.of("Setvar", Channel=scene.name, Variable="proof", Value="done")
    assert carrier.carry(TRANSLATORS["Setvar"], action, world).outcome == Done()
    # The answer says "done", so AMI must see it at once: on 16 ARI's own answer would be 150 ms too early.
    assert stage.ami.action("Getvar", Channel=scene.channel, Variable="proof")["Value"] == "done"


@pytest.mark.parametrize(
    "function", ["DB(reads/x)", "DB_DELETE(reads/x)", "FILE(/tmp/x)", "GLOBAL(DB(reads/x))", "EVAL(x)"]
)
def test_no_function_gets_past_ami(stage: Stage, function: str) -> None:
    """Asterisk 16 carries out for ARI what it refuses to AMI: nothing of the kind may leave."""
    scene = stage.enter_stasis()
    world = listed_world(stage.ari, stage.starts)
    carrier = Carrier(stage.ari, stage.events)
    for headers in ((("Channel", scene.channel),), ()):
        action = Action.of("Setvar", *headers, ("Variable", function), ("Value", "hole"))
        result = carrier.carry(TRANSLATORS["Setvar"], action, world)
        assert isinstance(result.outcome, Fallback)
        assert not carrier.exchanges


def test_user_event_reaches_every_session(stage: Stage) -> None:
    """The event that the bridge makes is the one that Asterisk makes."""
    headers = (("ActionID", "id-1"), ("UserEvent", "Foo"), ("Key", "value"), ("key", "twice"))
    action = Action.of("UserEvent", *headers)
    with ami(stage.asterisk, events="user") as listener:
        expected = native(stage.ami, action)
        seen = listener.wait_event("UserEvent")
    carrier = Carrier(stage.ari, stage.events)
    result = carrier.carry(TRANSLATORS["UserEvent"], action, listed_world(stage.ari, []))
    assert comparable(result.messages[:1]) == comparable(expected)
    made = [effect for effect in result.effects if isinstance(effect, Emit) and effect.everyone]
    assert [effect.everyone for effect in made] == ["user"]
    assert list(made[0].message.headers) == seen.headers
    if RECORD:
        told = [*expected, Message(tuple(seen.headers))]
        keep(Case("UserEvent", "with headers"), action, told, result, carrier, stage)
    arrived = stage.events.wait("ChannelUserevent")
    assert arrived["userevent"] == {"eventname": "Foo", "Key": "value", "key": "twice"}


def test_message_reaches_the_phone(stage: Stage) -> None:
    """AMI's SIP message and ARI's are the same but for the tags."""
    with SipPhone(stage.asterisk.host, stage.asterisk.sip_port) as phone:
        action = Action.of("MessageSend", ("ActionID", "id-1"), ("To", "pjsip:alice"), ("Body", "grüße"))
        seen = []
        for carry in (
            lambda: native(stage.ami, action),
            lambda: Carrier(stage.ari).carry(TRANSLATORS["MessageSend"], action, listed_world(stage.ari, [])),
        ):
            phone.got_message.clear()
            carry()
            assert phone.got_message.wait(5)
            text = phone.messages[-1]
            head, _, body = text.partition("\r\n\r\n")
            kept = [
                line.partition(";tag")[0] for line in head.split("\r\n") if line.startswith(("MESSAGE", "From", "To"))
            ]
            seen.append((kept, body))
    assert seen[0] == seen[1]


def test_normaliser_hides_only_what_changes() -> None:
    clean = Normaliser()
    assert clean.text("Local/1@default-0000000a;2 1795427143.3") == "Local/1@default-SUFFIX-1;2 UNIQUEID-1"
    assert clean.text("1795427143.3") == "UNIQUEID-1"
