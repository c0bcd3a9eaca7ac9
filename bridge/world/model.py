"""The World: channel, bridge and endpoint snapshots, fed by listings and events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.ari.events import AriEvent
from bridge.world.ownership import UNKNOWN, Ownership
from bridge.world.snapshots import BridgeSnapshot, ChannelSnapshot, EndpointSnapshot


class World:
    """Everything the bridge knows of Asterisk's channels; pure, single-threaded, no clock of its own."""

    def __init__(self, apps: tuple[str, ...]) -> None:
        """`apps` are our Stasis application names."""
        self.apps = apps
        self.channels: dict[str, ChannelSnapshot] = {}
        self.bridges: dict[str, BridgeSnapshot] = {}
        self.endpoints: dict[tuple[str, str], EndpointSnapshot] = {}

    def find(self, name_or_id: str) -> ChannelSnapshot | None:
        """The channel with this uniqueid, or this name (any case), as AMI looks channels up; None when not known."""
        raise NotImplementedError

    def owner(self, channel_id: str) -> Ownership:
        """Who steers this channel."""
        return UNKNOWN

    def apply(self, event: AriEvent) -> None:
        """Take one event of the stream into account."""
        raise NotImplementedError

    def merge_listing(
        self, channels: list[Mapping[str, Any]], bridges: list[Mapping[str, Any]], listed_at: float
    ) -> None:
        """Take the answers of `GET /channels` and `GET /bridges` into account."""
        raise NotImplementedError
