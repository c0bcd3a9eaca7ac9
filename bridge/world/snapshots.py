"""What ARI tells of a channel, an ARI bridge and an endpoint, as frozen values, and how they are read from its JSON.

The readers take whatever JSON comes: a field of the wrong type counts as absent, an object without its identity as
none at all. Shapes: rest-api/api-docs/{channels,bridges,endpoints}.json, models Channel, Bridge, Endpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.ari.events import parse_time

_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class ChannelSnapshot:
    """One channel as last seen; texts are ARI's own ('' where AMI prints `<unknown>`); `created` is Unix seconds.

    `app_told` is False when ARI did not tell the running application (before 13.27 and 16.4).
    """

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
    app_told: bool = True

    @property
    def in_stasis(self) -> bool:
        """Whether the running application is Stasis; Asterisk's application names have no case."""
        return self.app_name.lower() == "stasis"


@dataclass(frozen=True, slots=True)
class BridgeSnapshot:
    """One ARI bridge or any other bridge of the system, as `GET /bridges` tells it; `created` is Unix seconds."""

    id: str
    technology: str = ""
    bridge_type: str = ""
    bridge_class: str = ""
    creator: str = ""
    name: str = ""
    channels: tuple[str, ...] = ()
    created: float = 0.0


@dataclass(frozen=True, slots=True)
class EndpointSnapshot:
    """One endpoint: `state` is online, offline or unknown."""

    technology: str
    resource: str
    state: str = "unknown"
    channels: tuple[str, ...] = ()


def read_channel(data: object) -> ChannelSnapshot | None:
    """A channel from its JSON; None when this is no channel (a channel has `id`, `name` and `state`)."""
    if not isinstance(data, Mapping):
        return None
    identity, name, state = data.get("id"), data.get("name"), data.get("state")
    if not (isinstance(identity, str) and identity and isinstance(name, str) and isinstance(state, str)):
        return None
    caller, connected, dialplan = _object(data, "caller"), _object(data, "connected"), _object(data, "dialplan")
    priority = dialplan.get("priority")
    return ChannelSnapshot(
        id=identity,
        name=name,
        state=state,
        caller_name=_text(caller, "name"),
        caller_number=_text(caller, "number"),
        connected_name=_text(connected, "name"),
        connected_number=_text(connected, "number"),
        accountcode=_text(data, "accountcode"),
        language=_text(data, "language"),
        context=_text(dialplan, "context"),
        exten=_text(dialplan, "exten"),
        priority=priority if isinstance(priority, int) else 0,
        app_name=_text(dialplan, "app_name"),
        app_data=_text(dialplan, "app_data"),
        created=parse_time(data.get("creationtime")),
        caller_rdnis=_text(data, "caller_rdnis"),
        app_told="app_name" in dialplan,
    )


def read_bridge(data: object) -> BridgeSnapshot | None:
    """A bridge from its JSON; None when this is no bridge (a bridge has `id` and `bridge_type`)."""
    if not isinstance(data, Mapping):
        return None
    identity = data.get("id")
    if not isinstance(identity, str) or not identity or "bridge_type" not in data:
        return None
    return BridgeSnapshot(
        id=identity,
        technology=_text(data, "technology"),
        bridge_type=_text(data, "bridge_type"),
        bridge_class=_text(data, "bridge_class"),
        creator=_text(data, "creator"),
        name=_text(data, "name"),
        channels=_texts(data, "channels"),
        created=parse_time(data.get("creationtime")),
    )


def read_endpoint(data: object) -> EndpointSnapshot | None:
    """An endpoint from its JSON; None when this is no endpoint (an endpoint has `technology` and `resource`)."""
    if not isinstance(data, Mapping):
        return None
    technology, resource = data.get("technology"), data.get("resource")
    if not (isinstance(technology, str) and isinstance(resource, str)):
        return None
    return EndpointSnapshot(technology, resource, _text(data, "state") or "unknown", _texts(data, "channel_ids"))


def _object(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    return value if isinstance(value, Mapping) else _NOTHING


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _texts(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = data.get(name)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list | tuple) else ()
