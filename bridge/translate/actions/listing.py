"""Channels as AMI lists them: what `GET /channels` leaves out, read beside it, in Asterisk's order."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.ari.build import lacks
from bridge.ari.events import parse_time
from bridge.ari.requests import AriResponse
from bridge.errors import Untranslatable
from bridge.translate.actions.common import Part, object_of, objects_of, plain
from bridge.translate.effects import Call, Context, Effect
from bridge.world.snapshots import ChannelSnapshot, read_channel

# include/asterisk/channel.h: AST_NUM_CHANNEL_BUCKETS of main/channel.c
BUCKETS = 1567


@dataclass(frozen=True, slots=True)
class Listed:
    """A channel of a listing; `tenantid` is '' where Asterisk has none (before 18.25, 20.10, 21.5 there were none)."""

    channel: ChannelSnapshot
    tenantid: str


def listed(data: Mapping[str, Any]) -> Listed:
    """A channel from its JSON; Untranslatable when it is none."""
    channel = read_channel(data)
    if channel is None:
        raise Untranslatable("ARI's answer has an unexpected shape")
    return Listed(channel, plain(data.get("tenantid", "")))


def list_channels() -> Part[list[Listed]]:
    """Every channel, in ARI's order."""
    response: AriResponse = yield Call("channels.list")
    return [listed(item) for item in objects_of(response)]


def in_bucket_order(channels: Iterable[Listed]) -> list[Listed]:
    """Channels in the order of Asterisk's channel container, a hash table by lower-case name.

    Watched on 16.28 (Status) and 22.10 (Status, CoreShowChannels). Within one bucket Status has the older one first;
    CoreShowChannels has no rule that ARI would tell.
    """
    return sorted(channels, key=_place)


def _place(item: Listed) -> tuple[int, float, int, str]:
    # A uniqueid grows in its last part: the shorter one is the older one.
    channel = item.channel
    return bucket(channel.name), channel.created, len(channel.id), channel.id


def bucket(name: str) -> int:
    """The bucket of a name (include/asterisk/strings.h: ast_str_case_hash)."""
    value = 5381
    for byte in name.encode("utf-8", "surrogateescape"):
        lower = byte + 32 if 65 <= byte <= 90 else byte
        value = (value * 33 ^ lower) & 0xFFFFFFFF
    signed = value - (1 << 32) if value >= 1 << 31 else value
    return abs(signed) % BUCKETS


def bridges_by_channel() -> Part[dict[str, str]]:
    """The id of the bridge that each channel (by uniqueid) is in."""
    response: AriResponse = yield Call("bridges.list")
    found: dict[str, str] = {}
    for bridge in objects_of(response):
        members = bridge.get("channels")
        for channel in members if isinstance(members, list) else ():
            found[str(channel)] = plain(bridge.get("id"))
    return found


def server_time(context: Context) -> Generator[Effect, Any, float]:
    """Asterisk's own clock, Unix seconds with three decimals: its channels' ages must not depend on ours."""
    if lacks("asterisk.ping", context.version):
        raise Untranslatable("this Asterisk does not tell its time over ARI")
    response: AriResponse = yield Call("asterisk.ping")
    return parse_time(object_of(response).get("timestamp"))


def age(channel: ChannelSnapshot, now: float) -> int:
    """The channel's age in whole seconds, never negative."""
    return max(0, int(now - channel.created))
