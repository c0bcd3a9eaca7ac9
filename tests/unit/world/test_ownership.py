"""Who steers a channel: each kind of evidence, and which one weighs more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bridge.ari.build import build
from bridge.ari.events import AriEvent
from bridge.ari.requests import AriResponse
from bridge.world.model import World
from bridge.world.ownership import Control, Owner, Ownership, first_argument
from tests.unit.world.build import START, channel, event, stamp

IN_OURS = channel(app="Stasis", data="ours,a,b")


def world(*apps: str) -> World:
    made = World(apps or ("ours",))
    made.begin()
    return made


def listed(*channels: dict[str, Any], applications: Sequence[dict[str, Any]] = ()) -> World:
    made = world()
    made.merge_listing(channels, [], START + 10, applications=applications)
    return made


def owner(of: World, channel_id: str = "1.1") -> tuple[Owner, str, str]:
    found: Ownership = of.owner(channel_id)
    return found.owner, found.app, found.evidence


def test_a_channel_nobody_knows() -> None:
    assert world().owner("9.9").owner is Owner.UNKNOWN


def test_a_new_channel_belongs_to_the_dialplan() -> None:
    made = world()
    made.apply(event("ChannelCreated", 1, channel=channel()))
    assert owner(made) == (Owner.DIALPLAN, "", "snapshot")


def test_from_entry_to_exit() -> None:
    made = world()
    made.apply(event("ChannelDialplan", 1, channel=IN_OURS))
    assert owner(made) == (Owner.UNKNOWN, "ours", "entering")
    made.apply(event("StasisStart", 2, channel=IN_OURS))
    assert owner(made) == (Owner.OURS, "ours", "StasisStart")
    made.apply(event("StasisEnd", 3, channel=IN_OURS))
    assert owner(made) == (Owner.UNKNOWN, "", "StasisEnd")
    made.apply(event("ChannelDialplan", 3, channel=channel(app="Wait", data="1")))
    assert owner(made) == (Owner.DIALPLAN, "", "snapshot")


def test_all_within_one_millisecond_the_later_message_counts() -> None:
    made = world()
    for kind in ("StasisStart", "StasisEnd", "StasisStart"):
        made.apply(event(kind, 1, channel=IN_OURS))
    assert owner(made)[0] is Owner.OURS
    made.apply(event("StasisEnd", 1, channel=IN_OURS))
    assert owner(made)[0] is Owner.UNKNOWN


def test_a_message_that_comes_late_changes_nothing() -> None:
    made = world()
    made.apply(event("StasisEnd", 3, channel=IN_OURS))
    made.apply(event("StasisStart", 2, channel=IN_OURS))
    assert owner(made)[2] == "StasisEnd"


def test_stasisstatus_tells_of_the_exit() -> None:
    made = world()
    made.apply(event("StasisStart", 1, channel=IN_OURS))
    made.apply(event("ChannelVarset", 1, channel=IN_OURS, variable="STASISSTATUS", value=""))
    assert owner(made)[0] is Owner.OURS
    made.apply(event("StasisEnd", 2, channel=IN_OURS))
    made.apply(event("ChannelVarset", 2, channel=IN_OURS, variable="STASISSTATUS", value="SUCCESS"))
    assert owner(made) == (Owner.DIALPLAN, "", "STASISSTATUS")


def test_other_variables_tell_nothing() -> None:
    made = world()
    made.apply(event("ChannelVarset", 1, channel=IN_OURS, variable="X", value="SUCCESS"))
    made.apply(event("ChannelVarset", 1, channel=IN_OURS, variable="STASISSTATUS"))
    made.apply(event("ChannelVarset", 1, variable="STASISSTATUS", value="SUCCESS"))
    assert owner(made) == (Owner.UNKNOWN, "ours", "entering")


def test_a_status_that_failed_means_the_dialplan_has_it() -> None:
    made = world()
    made.apply(event("ChannelVarset", 1, channel=IN_OURS, variable="STASISSTATUS", value="FAILED"))
    assert owner(made) == (Owner.DIALPLAN, "", "STASISSTATUS")
    made.note_status("1.1", "", START + 0.5)
    assert owner(made)[0] is Owner.DIALPLAN, "an older word does not count"


def test_a_channel_in_an_app_of_somebody_else() -> None:
    made = world()
    made.apply(event("ChannelDialplan", 1, channel=channel(app="STASIS", data="theirs,x")))
    assert owner(made) == (Owner.FOREIGN, "theirs", "snapshot")


def test_an_entry_into_an_app_that_is_not_ours_is_not_ours() -> None:
    made = world()
    made.apply(event("StasisStart", 1, app="theirs", channel=channel(app="Stasis", data="theirs")))
    assert owner(made)[0] is Owner.FOREIGN


def test_moved_between_our_apps_in_either_order() -> None:
    for order in ((0, 1), (1, 0)):
        made = world("ours", "second")
        made.apply(event("StasisStart", 1, channel=IN_OURS))
        moves = (event("StasisEnd", 2, channel=IN_OURS), event("StasisStart", 2, app="second", channel=IN_OURS))
        for index in order:
            made.apply(moves[index])
        assert owner(made) == (Owner.OURS, "second", "StasisStart")


def test_moved_away_by_ourselves() -> None:
    made = world()
    made.apply(event("StasisStart", 1, channel=IN_OURS))
    request = build("channels.move", {"channelId": "1.1", "app": "theirs"}, None)
    made.note_answer(request, AriResponse(204))
    assert owner(made)[0] is Owner.OURS, "204 only tells that the move is queued"
    made.apply(event("StasisEnd", 2, channel=IN_OURS))
    assert owner(made) == (Owner.FOREIGN, "theirs", "move")
    made.apply(event("StasisStart", 3, channel=IN_OURS))
    made.apply(event("StasisEnd", 4, channel=IN_OURS))
    assert owner(made)[0] is Owner.UNKNOWN, "it came back and left another way"


def test_a_move_that_failed() -> None:
    made = world()
    made.apply(event("StasisStart", 1, channel=IN_OURS))
    made.note_answer(build("channels.move", {"channelId": "1.1", "app": "nobody"}, None), AriResponse(204))
    made.apply(event("ApplicationMoveFailed", 2, channel=IN_OURS, destination="nobody", args=[]))
    assert owner(made)[0] is Owner.OURS
    made.apply(event("StasisEnd", 3, channel=IN_OURS))
    assert owner(made)[0] is Owner.UNKNOWN


def test_after_the_exit_somebody_else_may_steer_it() -> None:
    made = world()
    made.apply(event("StasisStart", 1, channel=IN_OURS))
    made.apply(event("StasisEnd", 2, channel=IN_OURS))
    made.apply(event("ChannelVarset", 3, channel=IN_OURS, variable="X", value="1"))
    made.note_control("1.1", Control.IN_STASIS)
    assert owner(made) == (Owner.FOREIGN, "", "control")


def test_a_masquerade_takes_the_place_of_a_channel() -> None:
    made = world()
    made.apply(event("StasisStart", 1, channel=IN_OURS))
    successor = channel("2.2", app="Stasis", data="ours")
    made.apply(event("StasisStart", 2, channel=successor, replace_channel=IN_OURS))
    assert owner(made, "2.2")[0] is Owner.OURS
    assert owner(made)[0] is not Owner.OURS
    made.apply(event("ChannelDestroyed", 3, channel=IN_OURS))
    made.apply(event("StasisStart", 4, channel=successor, replace_channel=IN_OURS))
    assert made.find("1.1") is None


def test_pulled_out_by_a_masquerade() -> None:
    made = world()
    made.apply(event("StasisStart", 1, channel=IN_OURS))
    made.apply(event("StasisEnd", 2, channel=IN_OURS))
    made.apply(event("ChannelEnteredBridge", 2, channel=channel(app="", data="")))
    assert owner(made) == (Owner.DIALPLAN, "", "snapshot")


# -- control answers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (204, None, Owner.OURS),
        (409, {"message": "Channel not in Stasis application"}, Owner.DIALPLAN),
        (409, {"message": "Channel 1.1 currently recording"}, Owner.OURS),
        (404, {"message": "Channel not found"}, Owner.UNKNOWN),
        (412, {"message": "Channel in invalid state"}, Owner.OURS),
        (422, {"message": "x"}, Owner.OURS),
        (500, None, Owner.OURS),
        (0, None, Owner.OURS),
    ],
)
def test_an_answer_corrects_the_listing(status: int, body: object, expected: Owner) -> None:
    made = listed(IN_OURS)
    made.note_answer(build("channels.hold", {"channelId": "1.1"}, None), AriResponse(status, body))
    assert owner(made)[0] is expected


def test_a_2xx_alone_does_not_make_it_ours() -> None:
    foreign = listed(channel(app="Stasis", data="theirs"))
    foreign.note_control("1.1", Control.IN_STASIS)
    assert owner(foreign)[0] is Owner.FOREIGN
    dialplan = listed(channel(app="Wait"))
    dialplan.note_control("1.1", Control.IN_STASIS)
    assert owner(dialplan) == (Owner.UNKNOWN, "", "control")


def test_an_entry_seen_weighs_more_than_an_answer() -> None:
    made = world()
    made.apply(event("StasisStart", 1, channel=IN_OURS))
    made.note_control("1.1", Control.NOT_IN_STASIS)
    assert owner(made)[0] is Owner.OURS


def test_an_answer_is_forgotten_when_the_channel_goes_on() -> None:
    made = listed(channel(app="Stasis", data="theirs"))
    made.note_control("1.1", Control.NOT_IN_STASIS)
    made.apply(event("ChannelDialplan", 20, channel=channel(app="Stasis", data="others")))
    assert owner(made)[0] is Owner.FOREIGN


def test_answers_about_others_tell_nothing() -> None:
    made = listed(IN_OURS)
    made.note_answer(build("channels.hold", {"channelId": "9.9"}, None), AriResponse(409))
    made.note_answer(build("channels.move", {"channelId": "9.9", "app": "x"}, None), AriResponse(204))
    made.note_answer(build("channels.hangup", {"channelId": "1.1"}, None), AriResponse(404))
    made.note_answer(build("channels.list", {}, None), AriResponse(404))
    made.note_answer(build("asterisk.ping", {}, None), AriResponse(404))
    made.note_status("9.9", "SUCCESS", START)
    assert owner(made)[0] is Owner.OURS


# -- the listing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("app", "data", "expected"),
    [
        ("Stasis", "ours,a,b", (Owner.OURS, "ours")),
        ("stasis", "ours", (Owner.OURS, "ours")),
        ("Stasis", '"ours",a\\,b', (Owner.OURS, "ours")),
        ("Stasis", " ours ,a", (Owner.FOREIGN, " ours ")),
        ("Stasis", "theirs", (Owner.FOREIGN, "theirs")),
        ("AppDial2", "(Outgoing Line)", (Owner.DIALPLAN, "")),
        ("", "", (Owner.DIALPLAN, "")),
        (None, "", (Owner.UNKNOWN, "")),
    ],
)
def test_by_the_listing(app: str | None, data: str, expected: tuple[Owner, str]) -> None:
    assert owner(listed(channel(app=app, data=data)))[:2] == expected


def test_a_foreign_subscription_casts_doubt() -> None:
    theirs = {"name": "theirs", "channel_ids": ["1.1", 5]}
    assert owner(listed(IN_OURS, applications=(theirs,)))[0] is Owner.UNKNOWN
    everybody = {"name": "theirs", "channel_ids": ["__AST_CHANNEL_ALL_TOPIC"]}
    odd = {"name": "odd", "channel_ids": None}
    own = {"name": "ours", "channel_ids": ["1.1"]}
    assert owner(listed(IN_OURS, applications=(everybody, odd, own)))[0] is Owner.OURS


def gap(*before: AriEvent, after: dict[str, Any], theirs: bool = False) -> World:
    """Events, then a gap, then a listing with the channel as `after`."""
    made = world()
    for one in before:
        made.apply(one)
    made.begin()
    applications = ({"name": "theirs", "channel_ids": ["1.1"]},) if theirs else ()
    made.merge_listing([after], [], START + 50, applications=applications)
    return made


ENTERED = event("StasisStart", 1, channel=IN_OURS)
LEFT = event("StasisEnd", 2, channel=IN_OURS)


def test_after_a_gap() -> None:
    assert owner(gap(ENTERED, after=IN_OURS)) == (Owner.OURS, "ours", "listing")
    assert owner(gap(ENTERED, after=channel(app="Wait")))[0] is Owner.DIALPLAN
    assert owner(gap(ENTERED, after=IN_OURS, theirs=True))[0] is Owner.UNKNOWN
    assert owner(gap(after=IN_OURS))[0] is Owner.OURS


def test_moved_to_us_before_the_gap() -> None:
    theirs = channel(app="Stasis", data="theirs,x")
    assert owner(gap(event("StasisStart", 1, channel=theirs), after=theirs))[0] is Owner.OURS


def test_moved_away_before_the_gap() -> None:
    assert owner(gap(ENTERED, LEFT, after=IN_OURS)) == (Owner.FOREIGN, "", "StasisEnd")
    theirs = channel(app="Stasis", data="theirs,x")
    assert owner(gap(ENTERED, LEFT, after=theirs)) == (Owner.FOREIGN, "theirs", "StasisEnd")


def test_an_entry_seen_during_the_listing() -> None:
    made = world()
    made.apply(event("StasisStart", 9, channel=channel(app="Stasis", data="theirs")))
    made.merge_listing([channel(app="Stasis", data="theirs")], [], START + 10)
    assert owner(made) == (Owner.OURS, "ours", "StasisStart")


def test_a_status_from_before_the_listing_is_overtaken() -> None:
    made = world()
    made.apply(event("ChannelVarset", 1, channel=channel(app="Wait"), variable="STASISSTATUS", value="SUCCESS"))
    made.merge_listing([IN_OURS], [], START + 10)
    assert owner(made)[0] is Owner.OURS
    made.note_status("1.1", "SUCCESS", START + 11)
    made.merge_listing([IN_OURS], [], START + 10.5)
    assert owner(made)[0] is Owner.DIALPLAN


def test_the_evidence_has_its_time() -> None:
    assert world().owner("x").time == 0.0
    made = listed(IN_OURS)
    assert made.owner("1.1").time == START + 10
    assert stamp(0) == "2023-11-14T22:13:20.000+0000"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("bridge,a,b", "bridge"),
        ('"bridge",a', "bridge"),
        ('"a,b",c', "a,b"),
        ("a\\,b,c", "a,b"),
        ("f(x,y),c", "f(x,y)"),
        ("f[x,y],c", "f[x,y]"),
        ("f(x[,y),]c,d", "f(x[,y),]c"),
        (")],a", ")]"),
        ("a\\", "a"),
        ("", ""),
    ],
)
def test_first_argument(text: str, first: str) -> None:
    assert first_argument(text) == first
