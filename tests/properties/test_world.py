"""The World takes whatever comes, and what does not depend on order does not depend on it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.ari.events import AriEvent, clean, decode
from bridge.world.model import World
from bridge.world.ownership import Owner, Ownership, first_argument
from tests.unit.world.build import START, bridge, channel, event, stamp

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=10,
)
KINDS = [
    "ChannelCreated",
    "ChannelDestroyed",
    "ChannelStateChange",
    "ChannelDialplan",
    "ChannelVarset",
    "ChannelEnteredBridge",
    "StasisStart",
    "StasisEnd",
    "ApplicationMoveFailed",
    "BridgeCreated",
    "BridgeDestroyed",
    "Dial",
]
IDS = st.sampled_from(["1.1", "2.2", "A.3", "a.3"])
NAMES = st.sampled_from(["Local/9;1", "local/9;1", "1.1", "PJSIP/x"])
CHANNELS = st.builds(
    lambda identity, name, app, data, extra: (
        channel(identity, name) | {"dialplan": {"app_name": app, "app_data": data}}
        if extra is None
        else channel(identity, name) | extra
    ),
    IDS,
    NAMES,
    st.sampled_from(["Stasis", "Wait", "", None, 5]),
    st.sampled_from(["ours,a", "theirs", "", '"ours"']),
    st.none()
    | st.dictionaries(st.sampled_from(["id", "name", "dialplan", "caller", "creationtime"]), JSON, max_size=2),
)
FRAMES = st.fixed_dictionaries(
    {"type": st.sampled_from(KINDS)},
    optional={
        "application": st.sampled_from(["ours", "theirs", "", None]),
        "timestamp": st.sampled_from([stamp(second) for second in range(5)]) | JSON,
        "channel": CHANNELS | JSON,
        "replace_channel": CHANNELS | JSON,
        "peer": CHANNELS | JSON,
        "bridge": st.builds(bridge, st.sampled_from(["b1", "b2"])) | JSON,
        "endpoint": st.just({"technology": "PJSIP", "resource": "a"}) | JSON,
        "variable": st.sampled_from(["STASISSTATUS", "X"]) | JSON,
        "value": st.sampled_from(["", "SUCCESS"]) | JSON,
    },
)


def consistent(world: World) -> None:
    for identity, snapshot in world.channels.items():
        assert snapshot.id == identity
        by_id = world.find(identity)
        assert by_id is not None
        assert identity.lower() in {by_id.id.lower(), by_id.name.lower()} or by_id.name.lower() == identity.lower()
        by_name = world.find(snapshot.name)
        assert by_name is None or snapshot.name.lower() in {by_name.name.lower(), by_name.id.lower()}
        world.owner(identity)


@given(st.lists(FRAMES | JSON, max_size=30))
def test_no_frame_is_too_odd(frames: list[Any]) -> None:
    world = World(("ours",))
    world.begin()
    for frame in frames:
        found = decode(frame)
        if found is not None:
            world.apply(found)
            consistent(world)


@given(st.lists(CHANNELS | st.dictionaries(st.text(max_size=4), JSON, max_size=3), max_size=6), st.lists(FRAMES))
def test_no_listing_is_too_odd(channels: list[Any], frames: list[Any]) -> None:
    world = World(("ours",))
    world.begin()
    for frame in frames:
        world.apply(AriEvent(frame["type"], "ours", START, frame))
    world.merge_listing(channels, channels, START + 2, channels, channels)
    consistent(world)


@given(st.lists(FRAMES, max_size=20))
def test_nothing_is_ours_that_was_never_said_to_be(frames: list[dict[str, Any]]) -> None:
    world = World(("ours",))
    world.begin()
    said = set()
    for frame in frames:
        found = decode(frame)
        assert found is not None
        world.apply(found)
        if found.type in {"StasisStart", "ApplicationMoveFailed"} and found.application == "ours":
            said.add(found.channel_id)
    ours = {identity for identity in world.channels if world.owner(identity).owner is Owner.OURS}
    assert ours <= said


STEPS = st.lists(
    st.sampled_from(
        [
            ("ChannelStateChange", "ours", "Wait"),
            ("ChannelDialplan", "ours", "Stasis"),
            ("StasisStart", "ours", "Stasis"),
            ("StasisEnd", "ours", "Stasis"),
            ("StasisStart", "second", "Stasis"),
            ("StasisEnd", "second", "Stasis"),
            ("ChannelVarset", "ours", "Stasis"),
            ("ChannelDestroyed", "ours", ""),
        ]
    ),
    min_size=1,
    max_size=8,
)


def told(steps: list[tuple[str, str, str]], first: int) -> list[AriEvent]:
    """The steps as events at distinct times from `first` on."""
    return [
        event(kind, at, app, channel=channel(app=running, data="ours"), variable="STASISSTATUS", value="SUCCESS")
        for at, (kind, app, running) in enumerate(steps, first)
    ]


def outcome(world: World) -> tuple[Any, Ownership]:
    return dict(world.channels), world.owner("1.1")


@given(STEPS.flatmap(lambda steps: st.tuples(st.just(steps), st.permutations(range(len(steps))))))
def test_times_count_and_not_the_order_of_arrival(case: tuple[list[tuple[str, str, str]], list[int]]) -> None:
    steps, order = case
    events = told(steps, 1)
    straight, mixed = World(("ours", "second")), World(("ours", "second"))
    for one in events:
        straight.apply(one)
    for index in order:
        mixed.apply(events[index])
    assert outcome(mixed) == outcome(straight)


@given(STEPS, STEPS, st.sampled_from(["Stasis", "Wait", ""]), st.integers(0, 8))
def test_a_listing_may_come_before_or_after_later_events(
    before: list[tuple[str, str, str]], after: list[tuple[str, str, str]], app: str, cut: int
) -> None:
    listing = [channel(app=app, data="ours")]
    later = told(after, 20)
    first, last = World(("ours", "second")), World(("ours", "second"))
    for world in (first, last):
        for one in told([step for step in before if step[0] != "ChannelDestroyed"], 1):
            world.apply(one)
        world.begin()
    first.merge_listing(listing, [], START + 15)
    for one in later:
        first.apply(one)
    for index, one in enumerate(later):
        if index == cut:
            last.merge_listing(listing, [], START + 15)
        last.apply(one)
    if cut >= len(later):
        last.merge_listing(listing, [], START + 15)
    assert outcome(last) == outcome(first)


@given(st.text())
def test_text_that_is_clean_cannot_end_a_header(text: str) -> None:
    assert not set(clean(text)) & {"\r", "\n", "\0"}
    assert len(clean(text)) == len(text)


@given(st.text(alphabet='ab,"\\()[] '))
def test_any_text_has_a_first_argument(text: str) -> None:
    assert len(first_argument(text)) <= len(text)
