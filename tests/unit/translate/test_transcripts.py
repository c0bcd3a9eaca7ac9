"""Golden transcripts of the reading actions, played back: ARI's recorded answers must give AMI's recorded answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.ami.message import Message
from bridge.ari.events import decode
from bridge.ari.requests import AriRequest, AriResponse
from bridge.translate.actions import TRANSLATORS
from bridge.translate.drivers import Result, drive
from bridge.translate.effects import Call, Context, Done, Fallback
from bridge.world.model import World
from tests.harness.carrying import request_text
from tests.harness.transcripts import HOME, Normaliser, Transcript, load
from tests.live.reads_cases import CASES

ACTIONS = sorted({case.action for case in CASES})
PATHS = [path for action in [*ACTIONS, "UserEvent"] for path in sorted((HOME / action).glob("*.amitest"))]


def world_of(transcript: Transcript) -> World:
    """The channels of the recording: ours entered our application."""
    world = World(("bridge",))
    channels = [
        {
            "id": item["id"],
            "name": item["name"],
            "state": "Up",
            "dialplan": {"app_name": "Wait"},
            "owner": item["owner"],
        }
        for item in json.loads(transcript.facts["world"])
    ]
    world.merge_listing(channels, [], 1.0)
    for channel in channels:
        if channel["owner"] == "ours":
            event = decode({"type": "StasisStart", "application": "bridge", "args": [], "channel": channel})
            assert event is not None
            world.apply(event)
    return world


def play(transcript: Transcript) -> Result:
    """Run the translation with the recorded answers, all of which it must ask for.

    Not in the recorded order: that of channels hangs on their names, which are placeholders here.
    """
    exchanges = list(transcript.ari)
    events = [decode(frame) for frame in transcript.events]
    major, minor, patch = (int(part) for part in transcript.facts["asterisk"].split("."))
    context = Context(world_of(transcript), ("bridge",), (major, minor, patch), True, "admin", lambda: "new")

    def answer(_: Call, request: AriRequest) -> AriResponse:
        text = request_text(request)
        exchange = next((item for item in exchanges if item.request == text), None)
        assert exchange is not None, f"not recorded: {text}"
        exchanges.remove(exchange)
        return AriResponse(exchange.status, exchange.body)

    action = transcript.action
    result = drive(TRANSLATORS[action.name], action, context, answer, lambda wait: events.pop(0) if events else None)
    assert not exchanges, "a recorded request was not made"
    return result


def shown(messages: list[Message], missing: set[str]) -> list[list[tuple[str, str]]]:
    """Messages with clocks as placeholders; sorted, as the order hangs on ids that are placeholders here."""
    clean = Normaliser()
    kept = [[clean.header(header) for header in message if header[0] not in missing] for message in messages]
    return sorted(kept)


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
    missing = set(transcript.facts.get("missing", "").split())
    assert shown(result.messages, missing) == shown(transcript.received, missing)


def test_every_case_is_recorded_on_each_version_it_is_for() -> None:
    recorded = {f"{path.parent.name}/{path.name}" for path in PATHS if path.parent.name in ACTIONS}
    wanted = {
        f"{case.action}/{case.name.replace(' ', '-').replace(',', '')}.{version}.amitest"
        for case in CASES
        for version in case.versions
    }
    assert recorded == wanted
