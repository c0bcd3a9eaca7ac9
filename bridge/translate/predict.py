"""What ARI would answer, as far as the World and common sense tell: the answers of a dry run.

A value that only Asterisk knows becomes `UNKNOWN_VALUE`, so that `explain` shows the shape of the answer without
inventing its content.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from bridge.ari.requests import AriResponse
from bridge.translate.effects import Call
from bridge.world.model import World
from bridge.world.snapshots import BridgeSnapshot, ChannelSnapshot, EndpointSnapshot

UNKNOWN_VALUE = "(read from Asterisk)"

Answer = Callable[[Mapping[str, Any], World], AriResponse]


def predict(call: Call, world: World) -> AriResponse:
    """The answer to `call`; a write always succeeds (204), an unknown read gets an empty object."""
    answer = ANSWERS.get(call.operation)
    return answer(call.params, world) if answer else AriResponse(204)


def channel_json(channel: ChannelSnapshot) -> dict[str, Any]:
    """A snapshot in ARI's own shape (rest-api/api-docs/channels.json: Channel)."""
    return {
        "id": channel.id,
        "name": channel.name,
        "state": channel.state,
        "caller": {"name": channel.caller_name, "number": channel.caller_number},
        "connected": {"name": channel.connected_name, "number": channel.connected_number},
        "accountcode": channel.accountcode,
        "language": channel.language,
        "dialplan": {
            "context": channel.context,
            "exten": channel.exten,
            "priority": channel.priority,
            "app_name": channel.app_name,
            "app_data": channel.app_data,
        },
        "creationtime": _timestamp(channel.created),
        "caller_rdnis": channel.caller_rdnis,
    }


def bridge_json(bridge: BridgeSnapshot) -> dict[str, Any]:
    """A snapshot in ARI's own shape (rest-api/api-docs/bridges.json: Bridge)."""
    return {
        "id": bridge.id,
        "technology": bridge.technology,
        "bridge_type": bridge.bridge_type,
        "bridge_class": bridge.bridge_class,
        "creator": bridge.creator,
        "name": bridge.name,
        "channels": list(bridge.channels),
    }


def endpoint_json(endpoint: EndpointSnapshot) -> dict[str, Any]:
    """A snapshot in ARI's own shape (rest-api/api-docs/endpoints.json: Endpoint)."""
    return {
        "technology": endpoint.technology,
        "resource": endpoint.resource,
        "state": endpoint.state,
        "channel_ids": list(endpoint.channels),
    }


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def _channels(_: Mapping[str, Any], world: World) -> AriResponse:
    return AriResponse(200, [channel_json(channel) for channel in world.channels.values()])


def _channel(params: Mapping[str, Any], world: World) -> AriResponse:
    channel = world.channels.get(str(params.get("channelId")))
    return AriResponse(200, channel_json(channel)) if channel else _missing("Channel not found")


def _bridges(_: Mapping[str, Any], world: World) -> AriResponse:
    return AriResponse(200, [bridge_json(bridge) for bridge in world.bridges.values()])


def _bridge(params: Mapping[str, Any], world: World) -> AriResponse:
    bridge = world.bridges.get(str(params.get("bridgeId")))
    return AriResponse(200, bridge_json(bridge)) if bridge else _missing("Bridge not found")


def _endpoints(params: Mapping[str, Any], world: World) -> AriResponse:
    tech = str(params.get("tech", ""))
    found = [item for item in world.endpoints.values() if not tech or item.technology == tech]
    return AriResponse(200, [endpoint_json(item) for item in found])


def _variable(_: Mapping[str, Any], __: World) -> AriResponse:
    return AriResponse(200, {"value": UNKNOWN_VALUE})


def _empty(_: Mapping[str, Any], __: World) -> AriResponse:
    return AriResponse(200, {})


def _missing(text: str) -> AriResponse:
    return AriResponse(404, {"message": text})


ANSWERS: Mapping[str, Answer] = {
    "asterisk.getGlobalVar": _variable,
    "asterisk.getInfo": _empty,
    "asterisk.getModule": _empty,
    "asterisk.ping": _empty,
    "bridges.get": _bridge,
    "bridges.list": _bridges,
    "channels.get": _channel,
    "channels.getChannelVar": _variable,
    "channels.list": _channels,
    "endpoints.list": _endpoints,
    "endpoints.listByTech": _endpoints,
}
