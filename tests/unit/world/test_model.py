"""Snapshots, look-up, and the merging of listings with events."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.ari.events import AriEvent
from bridge.world import model
from bridge.world.causes import REASON_CAUSES, cause_text, reason_of
from bridge.world.lookup import ChannelIndex
from bridge.world.model import World
from bridge.world.snapshots import (
    BridgeSnapshot,
    ChannelSnapshot,
    EndpointSnapshot,
    read_bridge,
    read_channel,
    read_endpoint,
)
from tests.unit.world.build import START, bridge, channel, event


def world() -> World:
    made = World(("ours",))
    made.begin()
    return made


def test_a_channel() -> None:
    assert read_channel(channel(app="Wait", data="5", caller_rdnis="300")) == ChannelSnapshot(
        id="1.1",
        name="Local/9@default-1.1;1",
        state="Up",
        caller_name="Alice",
        caller_number="100",
        connected_name="Bob",
        connected_number="200",
        accountcode="acc",
        language="en",
        context="default",
        exten="9",
        priority=3,
        app_name="Wait",
        app_data="5",
        created=START,
        caller_rdnis="300",
    )


@pytest.mark.parametrize(
    "data", [None, "x", {}, {"id": "1"}, {"id": "", "name": "n", "state": "Up"}, {"id": 1, "name": "n", "state": "Up"}]
)
def test_what_is_no_channel(data: Any) -> None:
    assert read_channel(data) is None


def test_odd_fields_of_a_channel_count_as_absent() -> None:
    odd = {"id": "1", "name": "n", "state": "Up", "caller": "x", "dialplan": {"priority": "1", "exten": 5}}
    assert read_channel(odd) == ChannelSnapshot("1", "n", "Up", app_told=False)


def test_a_bridge() -> None:
    assert read_bridge(bridge("b1", "1.1", "2.2")) == BridgeSnapshot(
        "b1", "simple_bridge", "mixing", "stasis", "Stasis", "n", ("1.1", "2.2"), START
    )
    assert read_bridge(bridge() | {"channels": None}) is not None


@pytest.mark.parametrize("data", [None, {}, {"id": "b"}, {"id": 1, "bridge_type": "m"}, {"id": "", "bridge_type": "m"}])
def test_what_is_no_bridge(data: Any) -> None:
    assert read_bridge(data) is None


def test_an_endpoint() -> None:
    data = {"technology": "PJSIP", "resource": "alice", "state": "online", "channel_ids": ["1.1"]}
    assert read_endpoint(data) == EndpointSnapshot("PJSIP", "alice", "online", ("1.1",))
    assert read_endpoint({"technology": "PJSIP", "resource": "bob"}) == EndpointSnapshot("PJSIP", "bob")
    assert read_endpoint({"technology": "PJSIP"}) is None
    assert read_endpoint(None) is None


def test_look_up_is_amis() -> None:
    made = world()
    made.apply(event("ChannelCreated", 1, channel=channel("Ab.1", "PJSIP/Alice-0001")))
    for text in ("PJSIP/Alice-0001", "pjsip/alice-0001", "Ab.1", "AB.1"):
        found = made.find(text)
        assert found is not None
        assert found.id == "Ab.1"
    assert made.find("PJSIP/Alice") is None
    assert made.find("") is None


def test_a_name_goes_before_a_uniqueid() -> None:
    made = world()
    made.apply(event("ChannelCreated", 1, channel=channel("x", "first")))
    made.apply(event("ChannelCreated", 1, channel=channel("first", "second")))
    found = made.find("first")
    assert found is not None
    assert found.id == "x"


def test_a_rename_and_a_swap_of_names() -> None:
    made = world()
    made.apply(event("ChannelCreated", 1, channel=channel("1", "a")))
    made.apply(event("ChannelCreated", 1, channel=channel("2", "b")))
    made.apply(event("ChannelCallerId", 2, channel=channel("1", "b")))
    made.apply(event("ChannelCallerId", 3, channel=channel("2", "a")))
    assert [one.id if (one := made.find(name)) else None for name in ("a", "b")] == ["2", "1"]
    made.apply(event("ChannelCallerId", 4, channel=channel("2", "c")))
    assert made.find("a") is None
    made.apply(event("ChannelDestroyed", 5, channel=channel("2", "c")))
    assert made.find("c") is None
    assert made.find("2") is None


def test_an_older_snapshot_changes_nothing() -> None:
    made = world()
    made.apply(event("ChannelStateChange", 5, channel=channel(state="Up")))
    made.apply(event("ChannelCreated", 4, channel=channel(state="Down")))
    assert made.channels["1.1"].state == "Up"


def test_dropping_what_is_not_known() -> None:
    ChannelIndex().drop("1.1")


def test_a_repeated_snapshot_is_newer_all_the_same() -> None:
    made = world()
    made.apply(event("ChannelStateChange", 1, channel=channel(state="Ring")))
    made.apply(event("ChannelVarset", 5, channel=channel(state="Ring")))
    made.apply(event("ChannelStateChange", 3, channel=channel(state="Down")))
    assert made.channels["1.1"].state == "Ring"
    made.merge_listing([channel(state="Up")], [], START + 6)
    made.apply(event("ChannelStateChange", 7, channel=channel(state="Ring")))
    assert made.channels["1.1"].state == "Ring"
    made.apply(event("ChannelVarset", 6, channel=channel(state="Ring")))
    made.apply(event("ChannelStateChange", 6.5, channel=channel(state="Up")))
    assert made.channels["1.1"].state == "Ring"


def test_every_channel_of_an_event_counts() -> None:
    made = world()
    made.apply(event("Dial", 1, caller=channel("1"), peer=channel("2"), dialstatus="", other={"x": 1}))
    assert sorted(made.channels) == ["1", "2"]


def test_a_destroyed_channel_stays_so() -> None:
    made = world()
    made.apply(event("ChannelCreated", 1, channel=channel(created=1)))
    made.apply(event("ChannelDestroyed", 5, channel=channel(created=1)))
    made.apply(event("ChannelHangupRequest", 6, channel=channel(created=1)))
    made.merge_listing([channel(created=1)], [], START + 7)
    assert made.channels == {}
    made.apply(event("ChannelDestroyed", 8))
    made.apply(event("ChannelCreated", 9, channel=channel(created=9)))
    assert list(made.channels) == ["1.1"], "an id chosen by a client may be used again"


def test_the_dead_are_not_remembered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "GRAVES", 2)
    made = world()
    for number in range(3):
        made.apply(event("ChannelDestroyed", number, channel=channel(str(number))))
    for number in range(3):
        made.apply(event("ChannelHangupRequest", 5, channel=channel(str(number))))
    assert list(made.channels) == ["0"]


def test_bridges_and_endpoints() -> None:
    made = world()
    made.apply(event("BridgeCreated", 1, bridge=bridge()))
    made.apply(event("ChannelEnteredBridge", 2, bridge=bridge("b1", "1.1"), channel=channel()))
    assert made.bridges["b1"].channels == ("1.1",)
    made.apply(event("BridgeVideoSourceChanged", 1.5, bridge=bridge("b1")))
    assert made.bridges["b1"].channels == ("1.1",), "older"
    made.apply(event("BridgeDestroyed", 3, bridge=bridge()))
    made.apply(event("ChannelLeftBridge", 4, bridge=bridge(), channel=channel()))
    made.apply(event("BridgeDestroyed", 5))
    assert made.bridges == {}
    made.apply(event("EndpointStateChange", 6, endpoint={"technology": "PJSIP", "resource": "a", "state": "online"}))
    assert made.endpoints["PJSIP", "a"].state == "online"


def test_an_event_without_a_time_is_now() -> None:
    made = world()
    made.apply(event("ChannelCreated", 5, channel=channel(state="Down")))
    made.apply(AriEvent("ChannelStateChange", "ours", 0.0, {"channel": channel(state="Up")}))
    assert made.channels["1.1"].state == "Up"
    assert made.now == START + 5


def test_a_listing_and_what_happened_meanwhile() -> None:
    made = world()
    made.apply(event("ChannelCreated", 1, channel=channel("old")))
    made.apply(event("BridgeCreated", 1, bridge=bridge("old")))
    made.apply(event("ChannelCreated", 12, channel=channel("new", created=12)))
    made.apply(event("BridgeCreated", 12, bridge=bridge("new", created=12)))
    made.apply(event("ChannelStateChange", 12, channel=channel("kept", state="Up")))
    vanished = made.merge_listing(
        [channel("kept", state="Ring"), channel("found"), {"odd": 1}],
        [bridge("found"), {"odd": 1}],
        START + 10,
        [{"technology": "PJSIP", "resource": "a"}, {}],
    )
    assert [one.id for one in vanished] == ["old"]
    assert sorted(made.channels) == ["found", "kept", "new"]
    assert made.channels["kept"].state == "Up"
    assert sorted(made.bridges) == ["found", "new"]
    assert list(made.endpoints) == [("PJSIP", "a")]
    assert made.find("old") is None


def test_causes() -> None:
    assert (cause_text(16), cause_text(0), cause_text(999)) == ("Normal Clearing", "Unknown", "Unknown")
    assert (reason_of(17), reason_of(42)) == ("busy", None)
    assert all(reason_of(cause) == reason for reason, cause in REASON_CAUSES.items())
