"""Carries translations out against a real Asterisk, one after the other and without a loop; keeps what ARI said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import unquote

from bridge.ami.message import Action, Message
from bridge.ari.events import AriEvent, decode
from bridge.ari.requests import AriRequest, AriResponse
from bridge.translate.drivers import Result, drive
from bridge.translate.effects import Call, Context, Translator, Wait
from bridge.world.model import World
from tests.harness.raw_ami import RawAmi
from tests.harness.raw_ari import RawAri, RawEvents
from tests.harness.transcripts import Exchange


def request_text(request: AriRequest) -> str:
    """A request as transcripts show it: not percent-encoded."""
    return unquote(str(request))


def version_of(ari: RawAri) -> tuple[int, int, int]:
    """Asterisk's version, from what it tells of itself (`22.10.1+dfsg...`)."""
    text = ari.get("/asterisk/info", only="system")[1]["system"]["version"]
    major, minor, patch = (int("".join(ch for ch in part if ch.isdigit())) for part in _numbers(text))
    return (major, minor, patch)


def _numbers(text: str) -> list[str]:
    core = text.replace("~", " ").replace("+", " ").replace("-", " ").split()[0]
    return [*core.split("."), "0", "0"][:3]


def listed_world(ari: RawAri, starts: list[dict[str, Any]], apps: tuple[str, ...] = ("bridge",)) -> World:
    """The World after a listing and these StasisStart events."""
    world = World(apps)
    world.merge_listing(ari.get("/channels")[1], ari.get("/bridges")[1], 1.0)
    for frame in starts:
        event = decode(frame)
        assert event is not None
        world.apply(event)
    return world


@dataclass(slots=True)
class Carrier:
    """Carries translations out over `ari`; `events` serves their Waits."""

    ari: RawAri
    events: RawEvents | None = None
    version: tuple[int, int, int] = (0, 0, 0)
    exchanges: list[Exchange] = field(default_factory=list)
    proofs: list[dict[str, Any]] = field(default_factory=list)
    new_id: Callable[[], str] = field(default_factory=lambda: _ids())

    def __post_init__(self) -> None:
        self.version = version_of(self.ari)

    def carry(self, translator: Translator, action: Action, world: World) -> Result:
        """Run one translation; `exchanges` and `proofs` then hold what ARI was asked, said and sent."""
        self.exchanges, self.proofs = [], []
        context = Context(world, ("bridge",), self.version, ami_behind=True, user="admin", new_id=self.new_id)
        return drive(translator, action, context, self._answer, self._wait)

    def _answer(self, _: Call, request: AriRequest) -> AriResponse:
        status, body = self.ari.request(request.method, f"/{request.path}", dict(request.query), request.body)
        self.exchanges.append(Exchange(request_text(request), status, body))
        return AriResponse(status, body)

    def _wait(self, effect: Wait) -> AriEvent | None:
        assert self.events is not None, "this translation waits: open the event websocket"
        frames = [*self.events.passed]
        self.events.passed.clear()
        try:
            while True:
                frame = frames.pop(0) if frames else self.events.next(effect.seconds)
                event = decode(frame)
                if event is not None and effect.until(event):
                    self.proofs.append(frame)
                    return event
        except TimeoutError:
            return None


def native(ami: RawAmi, action: Action) -> list[Message]:
    """What Asterisk itself answers over AMI: the response, and the list that follows it."""
    pairs = [header for header in action if header[0] not in {"Action", "ActionID"}]
    ami.send_action(action.name, *pairs, ActionID=action.action_id)
    messages = []
    while True:
        message = ami.read_message()
        if message.get("ActionID") != action.action_id:
            continue
        messages.append(Message(tuple(message.headers)))
        first = messages[0]
        if first.get("EventList").lower() != "start" or message.get("EventList") == "Complete":
            return messages


def _ids() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"carried-{next(numbers)}"
