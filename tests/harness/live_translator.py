"""Drives a translation against a real Asterisk, blocking: REST by `RawAri`, events by websocket, a World beside."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bridge.ami.message import Action, Message
from bridge.ari.events import AriEvent, decode
from bridge.ari.requests import AriRequest, AriResponse
from bridge.translate.actions import TRANSLATORS
from bridge.translate.drivers import drive
from bridge.translate.effects import Call, Context, Done, Emit, Outcome, Wait
from bridge.translate.predict import bridge_json
from bridge.world.model import World
from tests.harness.asterisk import Asterisk
from tests.harness.carrying import request_text
from tests.harness.raw_ari import RawAri, RawEvents
from tests.harness.transcripts import Exchange

APP = "bridge"


@dataclass(slots=True)
class Carried:
    """What one translation did: what the asker got, what everyone got, what ARI was asked and said, what was awaited.

    `seen` and `bridges` are the World's channels and bridges before, `ids` those that the translation chose.
    """

    seen: list[dict[str, Any]]
    bridges: list[dict[str, Any]]
    ids: list[str] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Done)
    messages: list[Message] = field(default_factory=list)
    everyone: list[Message] = field(default_factory=list)
    requests: list[AriRequest] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    awaited: list[AriEvent] = field(default_factory=list)

    @property
    def writes(self) -> list[AriRequest]:
        """The requests that change something."""
        return [request for request in self.requests if request.has_effect]


def channels_of(world: World) -> list[dict[str, Any]]:
    """The World's channels as a transcript keeps them."""
    return [
        {
            "id": one.id,
            "name": one.name,
            "state": one.state,
            "number": one.caller_number,
            "owner": world.owner(one.id).owner.value,
        }
        for one in world.channels.values()
    ]


class LiveTranslator:
    """One application's connection to Asterisk. `world` knows every channel since the connection was made."""

    def __init__(self, asterisk: Asterisk, rest: RawAri) -> None:
        self.rest = rest
        numbers = re.findall(r"\d+", asterisk.full_version)
        self.version = (int(numbers[0]), int(numbers[1]), int(numbers[2]))
        self.world = World((APP,))
        self.events: RawEvents = rest.events(APP)
        for source in ("channel:", "bridge:"):
            assert rest.post(f"/applications/{APP}/subscription", eventSource=source)[0] == 200
        self.world.begin()
        self.world.merge_listing(rest.get("/channels")[1], rest.get("/bridges")[1], time.time())
        self._numbers = itertools.count(time.time_ns() % 10**8)
        self._backlog: list[AriEvent] = []

    def close(self) -> None:
        self.events.close()

    def new_id(self) -> str:
        return f"{int(time.time())}.9{next(self._numbers):08d}"

    def wait(self, kind: str, channel: str, seconds: float = 5.0) -> AriEvent:
        """The next event of this type about this channel, the World updated on the way."""
        found = self._next(lambda event: event.type == kind and event.channel_id == channel, seconds)
        assert found is not None, f"no {kind} for {channel}"
        return found

    def settle(self, quiet: float = 0.15) -> None:
        """Take every event that comes until none has come for so long."""
        while self._read(quiet) is not None:
            pass
        self._backlog.clear()

    def run(self, action: Action, *, ami_behind: bool = True) -> Carried:
        """Carry an action out as the executor would."""
        translator = TRANSLATORS[action.name]
        bridges = [bridge_json(bridge) for bridge in self.world.bridges.values()]
        done = Carried(channels_of(self.world), bridges)
        self._backlog.clear()

        def new_id() -> str:
            done.ids.append(self.new_id())
            return done.ids[-1]

        def answer(_: Call, request: AriRequest) -> AriResponse:
            status, body = self.rest.request(request.method, f"/{request.path}", dict(request.query), request.body)
            done.exchanges.append(Exchange(request_text(request), status, body))
            return AriResponse(status, body)

        def wait(effect: Wait) -> AriEvent | None:
            assert translator.waits
            event = self._next(effect.until, effect.seconds)
            done.awaited += [event] if event else []
            return event

        context = Context(self.world, (APP,), self.version, ami_behind, "admin", new_id)
        result = drive(translator, action, context, answer, wait)
        emits = [effect for effect in result.effects if isinstance(effect, Emit)]
        done.messages = [effect.message for effect in emits if not effect.everyone]
        done.everyone = [effect.message for effect in emits if effect.everyone]
        done.outcome, done.requests = result.outcome, result.requests
        return done

    def _next(self, until: Callable[[AriEvent], bool], seconds: float) -> AriEvent | None:
        deadline = time.monotonic() + seconds
        while True:
            event = self._backlog.pop(0) if self._backlog else self._read(deadline - time.monotonic())
            if event is None or until(event):
                return event

    def _read(self, seconds: float) -> AriEvent | None:
        try:
            event = decode(self.events.next(max(0.0, seconds)))
        except TimeoutError:
            return None
        assert event is not None
        self.world.apply(event)
        return event
