"""A gateway in front of a lab Asterisk, and waiting for what it sees."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from bridge.ari.build import build
from bridge.ari.events import AriEvent
from bridge.ari.requests import AriResponse
from bridge.net.ari_gateway import AriGateway
from bridge.net.ari_state import GatewayState, Phase


class Gateway(AriGateway):
    """An AriGateway that keeps what happened and can be waited for."""

    def __init__(self, url: str, user: str, password: str, apps: tuple[str, ...], **settings: Any) -> None:
        super().__init__(url, user, password, apps, **settings)
        self.changed = self._note
        self.phases: list[Phase] = []
        self.seen: list[AriEvent | None] = []
        self._moved = asyncio.Event()
        self.subscribe(self._on_event)

    async def ask(self, operation: str, **params: Any) -> AriResponse:
        """Call an operation by name."""
        return await self.call(build(operation, params, self.version))

    async def until(self, condition: Callable[[], object], seconds: float = 5.0) -> None:
        """Wait until the condition holds; it is asked again after each event and each change of state."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._moved.clear()
                await self._moved.wait()

    async def until_event(self, kind: str, channel_id: str = "", seconds: float = 5.0) -> AriEvent:
        """The first event of this type (about this channel), from the beginning."""

        def found() -> AriEvent | None:
            return next(
                (one for one in self.seen if one and one.type == kind and channel_id in {"", one.channel_id}), None
            )

        await self.until(found, seconds)
        event = found()
        assert event is not None
        return event

    async def until_phase(self, phase: Phase, seconds: float = 5.0) -> None:
        await self.until(lambda: self.state.phase is phase, seconds)

    def _note(self, state: GatewayState) -> None:
        self.phases.append(state.phase)
        self._moved.set()

    def _on_event(self, event: AriEvent | None) -> None:
        self.seen.append(event)
        self._moved.set()


@asynccontextmanager
async def gateway(
    url: str, *apps: str, user: str = "bridge", password: str = "secret", **settings: Any
) -> AsyncIterator[Gateway]:
    """A started gateway for these apps ("bridge" if none); closed at the end."""
    made = Gateway(
        url, user, password, apps or ("bridge",), **({"reconnect_min": 0.05, "reconnect_max": 0.2} | settings)
    )
    await made.start()
    try:
        yield made
    finally:
        await made.close()


@asynccontextmanager
async def live_gateway(url: str, *apps: str, **settings: Any) -> AsyncIterator[Gateway]:
    """The same, after it went live."""
    async with gateway(url, *apps, **settings) as made:
        await made.until_phase(Phase.LIVE, 10)
        yield made
