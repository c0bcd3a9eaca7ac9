"""The World: channel, bridge and endpoint snapshots, fed by listings and events.

Order of things at each connect of the event stream: `begin()`; then listing and events in any order, where the events
that arrived before the listing's answer are held back and applied after `merge_listing`. Times are Asterisk's own (of
the events, and of a `ping` asked right before the listing), so the two machines' clocks need not agree. An event whose
time is before the listing changes no snapshot; what it tells of ownership counts all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bridge.ari.events import AriEvent
from bridge.ari.requests import AriRequest, AriResponse
from bridge.world.control import channel_of, control_of
from bridge.world.lookup import ChannelIndex
from bridge.world.media import MediaWatch
from bridge.world.ownership import UNKNOWN, Control, Evidence, Ownership, Passage, judge
from bridge.world.snapshots import (
    BridgeSnapshot,
    ChannelSnapshot,
    EndpointSnapshot,
    read_bridge,
    read_channel,
    read_endpoint,
)

# Ids of things that are gone are remembered this long (as a count), so that a late message does not bring them back.
GRAVES = 4096


class World:
    """Everything the bridge knows of Asterisk's channels; pure, single-threaded, no clock of its own.

    `channels` is keyed by uniqueid, `bridges` by id, `endpoints` by (technology, resource). Nothing here raises for
    what Asterisk says, however odd.
    """

    def __init__(self, apps: tuple[str, ...]) -> None:
        """`apps` are our Stasis application names."""
        self.apps = apps
        self.channels: dict[str, ChannelSnapshot] = {}
        self.bridges: dict[str, BridgeSnapshot] = {}
        self.endpoints: dict[tuple[str, str], EndpointSnapshot] = {}
        # Asterisk's time of the latest event or listing.
        self.now = 0.0
        self.epoch = 0
        self.media = MediaWatch()
        self._index = ChannelIndex()
        self._seen: dict[str, float] = {}
        self._bridges_seen: dict[str, float] = {}
        self._evidence: dict[str, Evidence] = {}
        self._graves: dict[str, float] = {}
        # The JSON behind each snapshot that an event brought: most events repeat it, and comparing is cheaper.
        self._latest: dict[str, Mapping[str, Any]] = {}

    def find(self, name_or_id: str) -> ChannelSnapshot | None:
        """The channel with this name or uniqueid (any case), as AMI looks channels up; None when not known."""
        channel_id = self._index.find(name_or_id)
        return self.channels.get(name_or_id if channel_id is None else channel_id)

    def owner(self, channel_id: str) -> Ownership:
        """Who steers the channel with this uniqueid."""
        snapshot = self.channels.get(channel_id)
        if snapshot is None:
            return UNKNOWN
        return judge(self._evidence_of(channel_id), snapshot, self._seen[channel_id], self.apps, self.epoch)

    def begin(self) -> None:
        """The event stream is connected anew: what was seen before may have been overtaken since."""
        self.epoch += 1
        self.media.begin()

    def apply(self, event: AriEvent) -> None:
        """Take one event of the stream into account."""
        time = event.time or self.now
        self.now = max(self.now, time)
        for value in event.data.values():
            if not isinstance(value, Mapping):
                continue
            if self._is_unchanged(value, time):
                continue
            if (channel := read_channel(value)) is not None:
                if self._put_channel(channel, time):
                    self._latest[channel.id] = value
            elif (bridge := read_bridge(value)) is not None:
                self._put_bridge(bridge, time)
            elif (endpoint := read_endpoint(value)) is not None:
                self.endpoints[(endpoint.technology, endpoint.resource)] = endpoint
        self.media.apply(event)
        self._change(event, time)

    def merge_listing(
        self,
        channels: Iterable[Mapping[str, Any]],
        bridges: Iterable[Mapping[str, Any]],
        listed_at: float,
        endpoints: Iterable[Mapping[str, Any]] = (),
        applications: Iterable[Mapping[str, Any]] = (),
    ) -> tuple[ChannelSnapshot, ...]:
        """Take the answers of GET channels, bridges, endpoints and applications into account.

        `listed_at` is Asterisk's time shortly before it made the lists (Unix seconds). What an event told later
        than that stays. Returns the channels that vanished unnoticed: known, not listed, and not seen since.
        """
        self.now = max(self.now, listed_at)
        contested = self._foreign_subscriptions(applications)
        listed = [snapshot for data in channels if (snapshot := read_channel(data)) is not None]
        for snapshot in listed:
            self._put_channel(snapshot, listed_at)
            if snapshot.id in self.channels:
                self._list_channel(snapshot, listed_at, contested=snapshot.id in contested)
        ids = {snapshot.id for snapshot in listed}
        vanished = [one for one in self.channels.values() if one.id not in ids and self._seen[one.id] < listed_at]
        for snapshot in vanished:
            self._drop_channel(snapshot.id, listed_at)
        self._merge_bridges(bridges, listed_at)
        found = [endpoint for data in endpoints if (endpoint := read_endpoint(data)) is not None]
        self.endpoints.update({(endpoint.technology, endpoint.resource): endpoint for endpoint in found})
        return tuple(vanished)

    def note_answer(self, request: AriRequest, response: AriResponse) -> None:
        """Learn from the answer to a request about the channel it was addressed to (by uniqueid)."""
        control = control_of(request, response)
        if control is None:
            return
        channel_id = channel_of(request)
        self.note_control(channel_id, control)
        if request.operation == "channels.move" and response.ok and channel_id in self.channels:
            self._evidence_of(channel_id).moved_to = dict(request.query).get("app", "")

    def note_control(self, channel_id: str, control: Control) -> None:
        """A control request or the probe was answered so; the channel's own StasisStart and StasisEnd weigh more."""
        if channel_id in self.channels:
            evidence = self._evidence_of(channel_id)
            evidence.control, evidence.control_time = control, self.now

    def note_status(self, channel_id: str, status: str, time: float) -> None:
        """STASISSTATUS was set (seen as ARI's ChannelVarset or AMI's VarSet): '' on entry, else SUCCESS or FAILED."""
        if channel_id in self.channels:
            evidence = self._evidence_of(channel_id)
            if time >= evidence.status_time:
                evidence.status, evidence.status_time = status, time

    def _change(self, event: AriEvent, time: float) -> None:
        match event.type:
            # After a failed move the channel is still in the app that is told so.
            case "StasisStart" | "ApplicationMoveFailed":
                self._stasis_start(event, time)
            case "StasisEnd":
                self._pass(event, time, inside=False)
            case "ChannelVarset":
                self._channel_varset(event, time)
            case "ChannelDestroyed":
                if event.channel_id:
                    self._drop_channel(event.channel_id, time)
            case "BridgeDestroyed":
                bridge = read_bridge(event.data.get("bridge"))
                if bridge is not None:
                    self._drop_bridge(bridge.id, time)

    def _evidence_of(self, channel_id: str) -> Evidence:
        return self._evidence.setdefault(channel_id, Evidence())

    def _is_unchanged(self, data: Mapping[str, Any], time: float) -> bool:
        channel_id = data.get("id")
        if not isinstance(channel_id, str) or self._latest.get(channel_id) != data or time < self._seen[channel_id]:
            return False
        self._seen[channel_id] = time
        return True

    def _put_channel(self, snapshot: ChannelSnapshot, time: float) -> bool:
        """Take the snapshot unless there is a newer one, or the channel is gone; whether it was taken."""
        if snapshot.created <= self._graves.get(f"channel {snapshot.id}", -1.0):
            return False
        known = self.channels.get(snapshot.id)
        if known is not None:
            if time < self._seen[snapshot.id]:
                return False
            if (known.app_name, known.app_data) != (snapshot.app_name, snapshot.app_data):
                # It went on: an answer from before tells nothing any more.
                self._evidence_of(snapshot.id).control = None
        self.channels[snapshot.id] = snapshot
        self._seen[snapshot.id] = time
        self._index.put(snapshot.id, snapshot.name)
        self._latest.pop(snapshot.id, None)
        return True

    def _list_channel(self, snapshot: ChannelSnapshot, time: float, *, contested: bool) -> None:
        evidence = self._evidence_of(snapshot.id)
        evidence.listed_epoch, evidence.listed_time, evidence.contested = self.epoch, time, contested
        evidence.control = None
        if snapshot.in_stasis and evidence.status_time <= time:
            evidence.status = None

    def _drop_channel(self, channel_id: str, time: float) -> None:
        self._index.drop(channel_id)
        self.channels.pop(channel_id, None)
        self._seen.pop(channel_id, None)
        self._latest.pop(channel_id, None)
        self._evidence.pop(channel_id, None)
        self._bury(f"channel {channel_id}", time)

    def _put_bridge(self, snapshot: BridgeSnapshot, time: float) -> None:
        if snapshot.created <= self._graves.get(f"bridge {snapshot.id}", -1.0):
            return
        if time >= self._bridges_seen.get(snapshot.id, 0.0):
            self.bridges[snapshot.id] = snapshot
            self._bridges_seen[snapshot.id] = time

    def _drop_bridge(self, bridge_id: str, time: float) -> None:
        self.bridges.pop(bridge_id, None)
        self._bridges_seen.pop(bridge_id, None)
        self._bury(f"bridge {bridge_id}", time)

    def _merge_bridges(self, bridges: Iterable[Mapping[str, Any]], listed_at: float) -> None:
        listed = [snapshot for data in bridges if (snapshot := read_bridge(data)) is not None]
        for snapshot in listed:
            self._put_bridge(snapshot, listed_at)
        ids = {snapshot.id for snapshot in listed}
        for bridge_id in [one for one, seen in self._bridges_seen.items() if one not in ids and seen < listed_at]:
            self._drop_bridge(bridge_id, listed_at)

    def _bury(self, name: str, time: float) -> None:
        self._graves.pop(name, None)
        self._graves[name] = time
        if len(self._graves) > GRAVES:
            del self._graves[next(iter(self._graves))]

    def _foreign_subscriptions(self, applications: Iterable[Mapping[str, Any]]) -> set[str]:
        """Uniqueids that an app of somebody else is subscribed to one by one (a subscription to all names none)."""
        found: set[str] = set()
        for application in applications:
            ids = application.get("channel_ids")
            if isinstance(ids, list) and application.get("name") not in self.apps:
                found.update(one for one in ids if isinstance(one, str))
        return found

    def _stasis_start(self, event: AriEvent, time: float) -> None:
        """An entry; with `replace_channel` it took that channel's place by a masquerade."""
        self._pass(event, time, inside=True)
        replaced = read_channel(event.data.get("replace_channel"))
        if replaced is not None and replaced.id in self.channels:
            passage = Passage(inside=False, time=time, epoch=self.epoch)
            self._evidence_of(replaced.id).pass_app(event.application, passage)

    def _pass(self, event: AriEvent, time: float, *, inside: bool) -> None:
        if event.channel_id in self.channels and event.application in self.apps:
            evidence = self._evidence_of(event.channel_id)
            evidence.pass_app(event.application, Passage(inside, time, self.epoch))
            if inside:
                evidence.moved_to = ""

    def _channel_varset(self, event: AriEvent, time: float) -> None:
        value = event.data.get("value")
        if event.data.get("variable") == "STASISSTATUS" and isinstance(value, str):
            self.note_status(event.channel_id, value, time)
