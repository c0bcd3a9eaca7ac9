"""Where the connection to ARI stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Phase(Enum):
    """Where the connection stands; only `live` lets actions travel over ARI."""

    STOPPED = "stopped"
    CONNECTING = "connecting"
    LISTING = "listing"
    LIVE = "live"
    DOWN = "down"
    # Asterisk says no (wrong password, read-only user, bad app name): tried again, but slowly.
    REFUSED = "refused"
    # Another program registered one of our apps: no attempt until `retake`.
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class GatewayState:
    """What `BridgeStatus` and the dashboard show; `since` is Unix seconds, `transport` is "websocket", "http" or ""."""

    phase: Phase
    since: float
    apps: tuple[str, ...]
    error: str = ""
    version: str = ""
    transport: str = ""
    connects: int = 0
