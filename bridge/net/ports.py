"""The shapes through which the layers of `net` meet; everything concrete is chosen in `bridge.app`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bridge.ari.events import AriEvent
    from bridge.ari.requests import AriRequest, AriResponse


class AriCaller(Protocol):
    """Carries one ARI request; never raises for what the far side or the wire does: see `AriResponse`."""

    async def call(self, request: AriRequest) -> AriResponse:
        """Send `request` once and return the answer; bounded in time by the caller's configured timeout."""
        ...


class AriFeed(Protocol):
    """The ARI event stream after `World.apply` has seen each event."""

    @property
    def live(self) -> bool:
        """Whether the stream is connected and the World was listed since; the circuit is closed exactly then."""
        ...

    def subscribe(self, listener: Callable[[AriEvent | None], None]) -> Callable[[], None]:
        """Call `listener` with each event, and with None when the stream breaks; returns the unsubscribe function."""
        ...
