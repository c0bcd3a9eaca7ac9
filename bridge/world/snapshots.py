"""What ARI tells of a channel, an ARI bridge and an endpoint, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChannelSnapshot:
    """One channel as last seen; texts are ARI's own ('' where AMI prints `<unknown>`); `created` is Unix seconds."""

    id: str
    name: str
    state: str
    caller_name: str = ""
    caller_number: str = ""
    connected_name: str = ""
    connected_number: str = ""
    accountcode: str = ""
    language: str = ""
    context: str = ""
    exten: str = ""
    priority: int = 0
    app_name: str = ""
    app_data: str = ""
    created: float = 0.0
    caller_rdnis: str = ""


@dataclass(frozen=True, slots=True)
class BridgeSnapshot:
    """One ARI bridge or any other bridge of the system, as `GET /bridges` tells it."""

    id: str
    technology: str = ""
    bridge_type: str = ""
    bridge_class: str = ""
    creator: str = ""
    name: str = ""
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EndpointSnapshot:
    """One endpoint: `state` is online, offline or unknown."""

    technology: str
    resource: str
    state: str = "unknown"
    channels: tuple[str, ...] = ()
