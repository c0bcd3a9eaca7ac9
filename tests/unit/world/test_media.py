"""What holds a channel's commands."""

from __future__ import annotations

from bridge.world.media import MediaWatch
from tests.unit.world.build import channel, event

PLAYBACK = {"id": "p1", "target_uri": "channel:1.1", "state": "playing"}
RECORDING = {"name": "r1", "target_uri": "channel:1.1", "state": "recording"}


def entered() -> MediaWatch:
    watch = MediaWatch()
    watch.apply(event("StasisStart", 1, channel=channel()))
    return watch


def test_what_plays_and_what_records() -> None:
    watch = entered()
    watch.apply(event("PlaybackStarted", 2, playback=PLAYBACK))
    watch.apply(event("RecordingStarted", 3, recording=RECORDING))
    assert watch.running("1.1") == (("playback", "p1"), ("recording", "r1"))
    watch.apply(event("PlaybackFinished", 4, playback=PLAYBACK))
    watch.apply(event("RecordingFailed", 5, recording=RECORDING))
    assert watch.running("1.1") == ()


def test_a_channel_whose_entry_nobody_saw_is_not_known() -> None:
    watch = MediaWatch()
    watch.apply(event("PlaybackStarted", 2, playback=PLAYBACK))
    assert watch.running("1.1") is None
    watch.apply(event("StasisStart", 1, channel=channel(), replace_channel=channel("2.2")))
    assert watch.running("1.1") is None


def test_it_ends_with_the_stay_and_with_the_connection() -> None:
    watch = entered()
    watch.apply(event("StasisEnd", 2, channel=channel()))
    assert watch.running("1.1") is None
    watch = entered()
    watch.begin()
    assert watch.running("1.1") is None


def test_a_bridges_playback_and_odd_events_hold_no_channel() -> None:
    watch = entered()
    watch.apply(event("PlaybackStarted", 2, playback=PLAYBACK | {"target_uri": "bridge:1.1"}))
    watch.apply(event("PlaybackStarted", 2, playback="odd"))
    watch.apply(event("ChannelVarset", 2, channel=channel()))
    assert watch.running("1.1") == ()
