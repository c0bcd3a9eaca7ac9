"""ARI's JSON for the tests of the World, as Asterisk 22 sends it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bridge.ari.events import AriEvent, decode

START = 1_700_000_000.0


def stamp(at: float) -> str:
    """ARI's timestamp of `at` seconds after the tests' beginning of time."""
    return datetime.fromtimestamp(START + at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def channel(
    channel_id: str = "1.1", name: str = "", app: str | None = "", data: str = "", created: float = 0, **more: Any
) -> dict[str, Any]:
    """A channel object; `app=None` leaves the application out, as Asterisk before 16.4 does."""
    dialplan: dict[str, Any] = {"context": "default", "exten": "9", "priority": 3}
    if app is not None:
        dialplan |= {"app_name": app, "app_data": data}
    return {
        "id": channel_id,
        "name": name or f"Local/9@default-{channel_id};1",
        "state": "Up",
        "caller": {"name": "Alice", "number": "100"},
        "connected": {"name": "Bob", "number": "200"},
        "accountcode": "acc",
        "dialplan": dialplan,
        "creationtime": stamp(created),
        "language": "en",
    } | more


def bridge(bridge_id: str = "b1", *channels: str, created: float = 0) -> dict[str, Any]:
    """A bridge object."""
    return {
        "id": bridge_id,
        "technology": "simple_bridge",
        "bridge_type": "mixing",
        "bridge_class": "stasis",
        "creator": "Stasis",
        "name": "n",
        "channels": list(channels),
        "creationtime": stamp(created),
    }


def event(kind: str, at: float, app: str = "ours", **fields: Any) -> AriEvent:
    """An event at `at` seconds."""
    found = decode({"type": kind, "application": app, "timestamp": stamp(at), **fields})
    assert found is not None
    return found
