"""Whether something plays or records on a channel: as long as it does, Asterisk holds every command behind it.

Source: res/stasis/control.c: a channel's commands are executed one after the other in its own thread, and a playback or
a recording is one of them. No request tells what runs, so only a channel whose entry into Stasis was seen is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.ari.events import AriEvent

_STARTED = {"PlaybackStarted": "playback", "PlaybackContinuing": "playback", "RecordingStarted": "recording"}
_ENDED = {"PlaybackFinished": "playback", "RecordingFinished": "recording", "RecordingFailed": "recording"}
_GONE = {"StasisEnd", "ChannelDestroyed"}


class MediaWatch:
    """The playbacks and recordings under way, by channel."""

    def __init__(self) -> None:
        """Start knowing nothing."""
        self._running: dict[str, dict[tuple[str, str], None]] = {}

    def begin(self) -> None:
        """The event stream is connected anew: what began in the gap is not known."""
        self._running.clear()

    def running(self, channel_id: str) -> tuple[tuple[str, str], ...] | None:
        """What holds the channel's commands, as ("playback", id) or ("recording", name); None when not known."""
        found = self._running.get(channel_id)
        return None if found is None else tuple(found)

    def apply(self, event: AriEvent) -> None:
        """Take one event of the stream into account."""
        if event.type == "StasisStart":
            # A masquerade may bring a channel in whose former thread still plays.
            if not event.data.get("replace_channel"):
                self._running.setdefault(event.channel_id, {})
        elif event.type in _GONE:
            self._running.pop(event.channel_id, None)
        else:
            self._note(event)

    def _note(self, event: AriEvent) -> None:
        started, ended = _STARTED.get(event.type), _ENDED.get(event.type)
        kind = started or ended
        if kind is None:
            return
        item = event.data.get(kind)
        if not isinstance(item, Mapping):
            return
        channel, name = _target(item), str(item.get("id" if kind == "playback" else "name", ""))
        running = self._running.get(channel)
        if running is None:
            return
        if started:
            running[(kind, name)] = None
        else:
            running.pop((kind, name), None)


def _target(item: Mapping[str, Any]) -> str:
    """The uniqueid in `target_uri` (`channel:1234.5`), '' for a bridge's."""
    kind, _, name = str(item.get("target_uri", "")).partition(":")
    return name if kind == "channel" else ""
