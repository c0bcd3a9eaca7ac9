"""Golden transcripts of call control, played back: ARI's recorded answers and events must give AMI's answer."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.ami.message import Header, Message
from bridge.ari.events import AriEvent, decode
from bridge.ari.requests import AriRequest, AriResponse
from bridge.translate.actions import TRANSLATORS
from bridge.translate.drivers import Result, drive
from bridge.translate.effects import Call, Context, Done, Fallback, Wait
from bridge.world.model import World
from tests.harness.carrying import request_text
from tests.harness.transcripts import HOME, Transcript, load

ACTIONS = (
    "AbsoluteTimeout",
    "Bridge",
    "BridgeDestroy",
    "BridgeKick",
    "Hangup",
    "MuteAudio",
    "Originate",
    "PlayDTMF",
    "Redirect",
)
PATHS = [path for action in ACTIONS for path in sorted((HOME / action).glob("*.amitest"))]
START = 1_700_000_000.0


def event_of(frame: Any) -> AriEvent:
    event = decode(frame)
    assert event is not None
    return event


def world_of(transcript: Transcript) -> World:
    """The channels and bridges of the recording; ours entered our application before our eyes."""
    world = World(("bridge",))
    channels = json.loads(transcript.facts["world"])
    listing = [
        {**item, "caller": {"number": item["number"]}, "dialplan": {"app_name": "Wait", "app_data": ""}}
        for item in channels
    ]
    world.merge_listing(listing, json.loads(transcript.facts["bridges"]), START)
    for item in channels:
        if item["owner"] == "ours":
            world.apply(event_of({"type": "StasisStart", "application": "bridge", "args": [], "channel": item}))
    return world


def play(transcript: Transcript) -> Result:
    """Run the translation with the recorded answers, in order, all of which it must ask for."""
    exchanges = list(transcript.ari)
    times = json.loads(transcript.facts["times"])
    events = [replace(event_of(frame), time=START + time) for frame, time in zip(transcript.events, times, strict=True)]
    ids = iter(json.loads(transcript.facts["ids"]))
    major, minor, patch = (int(part) for part in transcript.facts["asterisk"].split("."))
    context = Context(world_of(transcript), ("bridge",), (major, minor, patch), True, "admin", lambda: next(ids))

    def answer(_: Call, request: AriRequest) -> AriResponse:
        text = request_text(request)
        exchange = next((item for item in exchanges if item.request == text), None)
        assert exchange is not None, f"not recorded: {text}"
        exchanges.remove(exchange)
        return AriResponse(exchange.status, exchange.body)

    def wait(effect: Wait) -> AriEvent | None:
        if not events:
            return None
        assert effect.until(events[0]), f"does not wait for {events[0].type}"
        return events.pop(0)

    action = transcript.action
    result = drive(TRANSLATORS[action.name], action, context, answer, wait)
    assert not exchanges, "a recorded request was not made"
    assert not events, "a recorded event was not awaited"
    return result


def shown(messages: list[Message]) -> list[list[Header]]:
    """Messages without the numbers of placeholders: AMI's own run had other channels. Lists have no order."""
    plain = [
        [(name, re.sub(r"(UNIQUEID|SUFFIX)-\d+", r"\1", value)) for name, value in message] for message in messages
    ]
    return sorted(plain)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_playback(path: Path) -> None:
    transcript = load(path)
    result = play(transcript)
    reason = transcript.facts.get("fallback")
    if reason is not None:
        assert result.outcome == Fallback(reason)
        assert not result.messages
        return
    assert result.outcome == Done()
    assert shown(result.messages) == shown(transcript.received)


def test_every_action_is_recorded_on_both_versions() -> None:
    names = {action: {path.name for path in (HOME / action).glob("*.amitest")} for action in ACTIONS}
    for action, found in names.items():
        on22 = {name.removesuffix(".22.amitest") for name in found if name.endswith(".22.amitest")}
        on16 = {name.removesuffix(".16.amitest") for name in found if name.endswith(".16.amitest")}
        assert on22, action
        assert on22 == on16, action
