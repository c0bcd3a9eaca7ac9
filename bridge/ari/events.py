"""ARI events as values: the frame's JSON with the few fields that everybody asks for at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class AriEvent:
    """One event of the stream; `data` is the whole JSON object, `time` its timestamp, Unix seconds (0.0 if absent)."""

    type: str
    application: str
    time: float
    data: Mapping[str, Any]

    @property
    def channel(self) -> Mapping[str, Any] | None:
        """The event's channel object, if it has one."""
        channel = self.data.get("channel")
        return channel if isinstance(channel, dict) else None

    @property
    def channel_id(self) -> str:
        """The uniqueid of the event's channel, '' when it has none."""
        channel = self.channel
        return str(channel["id"]) if channel and "id" in channel else ""
