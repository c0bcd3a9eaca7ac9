"""What is asked of ARI at each connect: its version, everybody's events, and all that exists."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from bridge.ari.build import build
from bridge.ari.events import parse_time
from bridge.ari.requests import AriResponse
from bridge.net.ari_stream import refusal_text
from bridge.net.ports import AriCaller
from bridge.world.model import World

log = logging.getLogger("bridge.net.ari")

# All channels, ARI bridges and endpoints: an empty id. Never `deviceState:` and never subscribeAll: on 20.14+, 21.9+
# and 22.4+ closing a socket with those can deadlock Asterisk (asterisk/asterisk#2170). Posted after each connect,
# since these versions forget it when the socket closes.
SOURCES = ("channel:", "bridge:", "endpoint:")


class Failed(Exception):
    """The connection cannot be used; the text says why."""


class Refused(Failed):
    """Trying again soon will not help."""


async def ask_version(rest: AriCaller) -> str:
    """Asterisk's version as it tells it, e.g. `22.10.1+dfsg`. Raises Failed."""
    info = await _get(rest, "asterisk.getInfo", only=["system"])
    system = info.get("system") if isinstance(info, dict) else None
    return str(system.get("version", "")) if isinstance(system, dict) else ""


async def subscribe_and_list(rest: AriCaller, apps: tuple[str, ...], world: World) -> None:
    """Subscribe to everything and merge what exists into the World; the apps are registered already. Raises Failed.

    The World gets Asterisk's own time from before the listing: what an event tells later than that counts.
    """
    applications = await _list(rest, "applications.list")
    strangers = set(apps) - {application.get("name") for application in applications}
    if strangers:
        raise Refused(f"Asterisk did not take the application's name: {', '.join(sorted(strangers))}")
    # One app is enough for everybody's events, and each event comes once. Entries and exits come to their own app.
    subscription = {"applicationName": apps[0], "eventSource": list(SOURCES)}
    subscribed = await rest.call(build("applications.subscribe", subscription, None))
    _require(subscribed, "subscribing to all channels")
    ping = await _get(rest, "asterisk.ping")
    listed_at = parse_time(ping.get("timestamp")) if isinstance(ping, dict) else 0.0
    names = ("channels.list", "bridges.list", "endpoints.list")
    channels, bridges, endpoints = await asyncio.gather(*(_list(rest, name) for name in names))
    vanished = world.merge_listing(channels, bridges, listed_at, endpoints, applications)
    if vanished:
        log.info("%d channels ended while ARI was away", len(vanished))


async def _list(rest: AriCaller, operation: str) -> list[Mapping[str, Any]]:
    found = await _get(rest, operation)
    if not isinstance(found, list):
        raise Failed(f"{operation}: no list")
    return [one for one in found if isinstance(one, dict)]


async def _get(rest: AriCaller, operation: str, **params: Any) -> Any:
    response = await rest.call(build(operation, params, None))
    _require(response, operation)
    return response.body


def _require(response: AriResponse, what: str) -> None:
    if response.status in {401, 403}:
        raise Refused(refusal_text(response.status))
    if response.status == 404:
        # Asterisk's HTTP server answers some seconds before its modules are loaded.
        raise Failed(f"{what}: not found (Asterisk is starting, or ARI is switched off, or has another path)")
    if not response.ok:
        raise Failed(f"{what}: {response.message or response.status}")
