"""Plans: which line decides, and that the fast answer never disagrees with the slow one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.ami.message import Action
from bridge.errors import Problem
from bridge.mapping.load import parse
from bridge.mapping.plan import Line, LoadedPlan, Plan, PlanFile, Query, Route, line_problems
from bridge.mapping.registry import Registry
from bridge.mapping.rules import Mapping, Reply, Request
from bridge.mapping.schema import read
from bridge.translate.effects import Context, Translation, Translator


def mapping(name: str, effect: str, how: str = "ari", default: str = "ami") -> Mapping:
    translated = how == "ari"
    return Mapping(
        action=name,
        classes="call,all",
        effect="read" if effect == "read" else "write",
        fidelity="none" if how == "none" else "exact",
        how="session" if how == "session" else "none" if how == "none" else "ari",
        versions=(16, 22),
        default="ari" if default == "ari" else "ami",
        reason="no way" if how == "none" else "",
        request=Request("asterisk.ping", {}) if translated else None,
        reply={"200": Reply(success="")} if translated else {},
    )


REGISTRY = Registry(
    [
        mapping("Hangup", "write", default="ari"),
        mapping("Redirect", "write"),
        mapping("Status", "read"),
        mapping("Getvar", "read", default="ari"),
        mapping("QueueAdd", "write", "none"),
        mapping("Ping", "read", "session"),
    ],
    {},
)
NAMES = ["Hangup", "Redirect", "Status", "Getvar", "QueueAdd", "Ping", "Nope"]


def plan_file(text: str) -> PlanFile:
    problems: list[Problem] = []
    node = parse(text.encode(), problems, "plan.yaml")
    assert node is not None
    file = read(node, PlanFile, problems)
    assert file is not None, problems
    return file


def plan(text: str) -> LoadedPlan:
    return LoadedPlan(plan_file(text), REGISTRY)


def route(loaded: Plan, action: str, user: str = "", owner: str = "", channel: str = "") -> str:
    return loaded.decide(Query(user, action, owner, channel)).route.value


def test_nothing_said_is_ami() -> None:
    loaded = plan("description: nothing")
    assert loaded.description == "nothing"
    assert {route(loaded, name) for name in NAMES} == {"ami"}
    assert all(loaded.always_ami("", name) for name in NAMES)


def test_the_first_matching_line_decides_and_is_named() -> None:
    loaded = plan(
        "lines:\n- {action: hangup, user: crm, route: ami}\n- {action: [HANGUP], route: ari}\ndefault: compare\n"
    )
    assert loaded.decide(Query("crm", "Hangup")).line == "plan.yaml:2"
    assert loaded.decide(Query("x", "hangup")).line == "plan.yaml:3"
    assert loaded.decide(Query("x", "hangup")).route is Route.ARI
    assert (loaded.decide(Query("x", "Status")).line, route(loaded, "Status")) == ("default", "compare")


@pytest.mark.parametrize(
    ("word", "taken"),
    [
        ("reads", {"Status", "Getvar"}),
        ("writes", {"Hangup", "Redirect"}),
        ("ready", {"Hangup", "Getvar"}),
        ("ready-reads", {"Getvar"}),
        ("ready-writes", {"Hangup"}),
    ],
)
def test_groups_hold_what_has_a_translation(word: str, taken: set[str]) -> None:
    loaded = plan(f"lines: [{{action: {word}, route: ari}}]")
    assert {name for name in NAMES if route(loaded, name) == "ari"} == taken
    assert {name for name in NAMES if not loaded.always_ami("x", name.upper())} == taken


def test_the_session_keeps_its_own() -> None:
    loaded = plan("default: ari-only")
    assert loaded.decide(Query("", "ping")).line == "session"
    assert loaded.always_ami("", "PING")


def test_ari_only_is_for_everything_even_what_nobody_knows() -> None:
    loaded = plan("default: ari-only")
    assert {name for name in NAMES if not loaded.always_ami("", name)} == set(NAMES) - {"Ping"}


def test_what_has_no_translation_never_leaves_by_another_route() -> None:
    loaded = plan("default: ari")
    assert loaded.always_ami("", "QueueAdd")
    assert loaded.always_ami("", "Nope")
    assert not loaded.always_ami("", "Status")


def test_owner_and_channel() -> None:
    loaded = plan(
        "lines:\n- {owner: none, route: verify}\n"
        "- {owner: [ours, foreign], channel: ['PJSIP/*', 'local/1@*'], route: ari}\n"
    )
    assert route(loaded, "Hangup") == "verify"
    assert route(loaded, "Hangup", owner="ours", channel="pjsip/alice-1") == "ari"
    assert route(loaded, "Hangup", owner="foreign", channel="Local/1@default-1;1") == "ari"
    assert route(loaded, "Hangup", owner="ours", channel="SIP/alice-1") == "ami"
    assert route(loaded, "Hangup", owner="dialplan", channel="PJSIP/alice-1") == "ami"


def test_always_ami_sees_through_lines_that_shadow_others() -> None:
    loaded = plan(
        "lines:\n- {user: crm, route: ami}\n- {action: Hangup, owner: ours, route: ami}\n"
        "- {action: Status, route: ami}\n"
        "- {action: Redirect, percent: 0, route: ari}\n- {action: [Hangup, Status], route: ari}\n"
    )
    assert loaded.always_ami("crm", "Hangup")
    assert not loaded.always_ami("x", "Hangup")
    assert loaded.always_ami("x", "Status")
    assert loaded.always_ami("x", "Redirect")


def test_a_share_of_the_channels_is_always_the_same_and_grows() -> None:
    channels = [f"PJSIP/alice-{number:08x}" for number in range(4000)]

    def taken(percent: str) -> set[str]:
        loaded = plan(f"lines: [{{percent: {percent}, route: ari}}]")
        return {name for name in channels if route(loaded, "Hangup", owner="ours", channel=name) == "ari"}

    ten, thirty = taken("10"), taken("30%")
    assert ten == taken("10.0")
    assert ten < thirty
    assert 300 < len(ten) < 500
    assert 1000 < len(thirty) < 1400
    assert taken("100") == set(channels)
    assert taken("0") == set()


def test_without_a_channel_a_share_is_of_the_users() -> None:
    loaded = plan("lines: [{percent: 50, route: ari}]")
    routes = {user: route(loaded, "Hangup", user=user) for user in map(str, range(100))}
    assert set(routes.values()) == {"ari", "ami"}
    assert routes == {user: route(loaded, "Hangup", user=user) for user in routes}


@pytest.mark.parametrize("text", ["-1", "101", "ten", "", "1e1", "%", "."])
def test_odd_percentages_are_refused(text: str) -> None:
    problems: list[Problem] = []
    node = parse(f'lines: [{{percent: "{text}", route: ari}}]'.encode(), problems, "plan.yaml")
    assert node is not None
    assert read(node, PlanFile, problems) is None
    assert [str(problem) for problem in problems] == [
        f"plan.yaml:1:19: lines[0].percent: '{text}' is not a percentage (write a number from 0 to 100)"
    ]


def test_lines_that_name_what_they_should_not() -> None:
    file = plan_file(
        "lines:\n- {action: [Hangupp, writes, Ping], route: ari}\n- {action: [QueueAdd, Ping], route: ami}\n"
        "- {action: QueueAdd, route: compare}\n- {action: QueueAdd, route: ari-only}\n- {action: write, route: ari}\n"
    )
    assert [(line.position.line, text, hint) for line, text, hint in line_problems(file.lines, REGISTRY)] == [
        (2, "there is no action 'Hangupp'", "did you mean 'Hangup'?"),
        (2, "'Ping' is answered by the session itself and cannot be routed", ""),
        (4, "'QueueAdd' cannot go to ARI: no way", "only the route ami is left for it"),
        (6, "there is no action 'write'", "did you mean 'writes'?"),
    ]


_LINES = st.builds(
    Line,
    route=st.sampled_from(Route),
    action=st.lists(st.sampled_from([*NAMES, "reads", "writes", "ready"]), max_size=2).map(tuple),
    user=st.lists(st.sampled_from(["a", "b"]), max_size=1).map(tuple),
    owner=st.lists(st.sampled_from(["ours", "none"]), max_size=1).map(tuple),
    channel=st.lists(st.sampled_from(["PJSIP/*", "*"]), max_size=1).map(tuple),
    percent=st.sampled_from([0.0, 50.0, 100.0]),
)


@given(
    st.lists(_LINES, max_size=5).map(tuple),
    st.sampled_from(Route),
    st.sampled_from(NAMES),
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from([("", ""), ("ours", "PJSIP/a-1"), ("dialplan", "SIP/b-2"), ("ours", "PJSIP/c-3")]),
)
def test_always_ami_never_hides_a_route(
    lines: tuple[Line, ...], default: Route, action: str, user: str, place: tuple[str, str]
) -> None:
    loaded = LoadedPlan(PlanFile(lines, default), REGISTRY)
    decided = loaded.decide(Query(user, action, *place)).route
    if loaded.always_ami(user, action):
        # A route that needs a translation, where there is none, is AMI all the same; `ari-only` never is.
        assert decided is Route.AMI or REGISTRY.translator(action) is None
        assert decided is not Route.ARI_ONLY


def _never(action: Action, context: Context) -> Translation:
    raise NotImplementedError


def test_a_registry_knows_names_in_any_case() -> None:
    python = Translator("Setvar", _never, "write")
    setvar = Mapping("Setvar", "call,all", "write", "exact", "ari", (22,), translator="python")
    registry = Registry([setvar, mapping("Status", "read")], {"SetVar": python})
    assert registry.translator("SETVAR") is python
    assert registry.mapping("setvar") is setvar
    assert registry.mapping("x") is None
    assert registry.translator("x") is None
    assert registry.translator("status") is not None
    assert [found.action for found in registry] == ["Setvar", "Status"]
    assert len(registry) == 2
    assert Registry([setvar], {}).translator("Setvar") is None
