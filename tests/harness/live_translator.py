"""Drives a translation against a real Asterisk, blocking: REST by `RawAri`, events by websocket, a World beside."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.ami.message import Action, Message
from bridge.ari.build import build
from bridge.ari.events import AriEvent, decode
from bridge.ari.requests import AriRequest, AriResponse
from bridge.errors import Untranslatable
from bridge.translate.actions import TRANSLATORS
from bridge.translate.drivers import Ledger
from bridge.translate.effects import Call, Context, Done, Emit, Fallback, Outcome
from bridge.world.model import World
from tests.harness.asterisk import Asterisk
from tests.harness.raw_ari import RawAri, RawEvents

APP = "bridge"


@dataclass(slots=True)
class Carried:
    """What one translation did."""

    outcome: Outcome = field(default_factory=Done)
    messages: list[Message] = field(default_factory=list)
    everyone: list[Message] = field(default_factory=list)
    requests: list[AriRequest] = field(default_factory=list)
    responses: list[AriResponse] = field(default_factory=list)
    awaited: list[AriEvent] = field(default_factory=list)

    @property
    def writes(self) -> list[AriRequest]:
        """The requests that change something."""
        return [request for request in self.requests if request.has_effect]


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
        context = Context(self.world, (APP,), self.version, ami_behind, "admin", self.new_id)
        done, ledger = Carried(), Ledger()
        reply: object = None
        self._backlog.clear()
        translation = translator.run(action, context)
        while True:
            try:
                effect = translation.send(reply)
            except StopIteration as stop:
                done.outcome = ledger.closed(stop.value)
                return done
            except Untranslatable as error:
                done.outcome = ledger.closed(Fallback(error.reason))
                return done
            if isinstance(effect, Emit):
                (done.everyone if effect.everyone else done.messages).append(effect.message)
                ledger.emitted, reply = ledger.emitted or not effect.everyone, None
            elif isinstance(effect, Call):
                request = build(effect.operation, effect.params, context.version)
                done.requests.append(request)
                response = self._call(request)
                done.responses.append(response)
                assert ledger.settle(effect, request, response) is None
                reply = response
            else:
                assert translator.waits
                event = self._next(effect.until, effect.seconds)
                done.awaited += [event] if event else []
                reply = event

    def _call(self, request: AriRequest) -> AriResponse:
        status, answer = self.rest.request(request.method, f"/{request.path}", dict(request.query), request.body)
        return AriResponse(status, answer)

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
