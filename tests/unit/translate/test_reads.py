"""What no recording shows: odd answers of ARI, channels that vanish in between, versions nobody recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.ami.message import Action
from bridge.ari.events import AriEvent, decode
from bridge.mapping.files import SHIPPED, read_mappings
from bridge.translate.actions import TRANSLATORS
from bridge.translate.actions.channels import duration
from bridge.translate.actions.core import ami_version
from bridge.translate.dangerous import channel_free, writable_globally, writable_on_channel
from bridge.translate.drivers import Canned, Result, run_canned
from bridge.translate.effects import Context, Done, Emit, Fallback, Unknown
from bridge.world.model import World
from tests.live.reads_cases import CASES

CHANNEL: dict[str, Any] = {
    "id": "1.2",
    "name": "Local/1;1",
    "state": "Up",
    "creationtime": "2026-01-01T00:00:00.000+0000",
    "dialplan": {"context": "default", "exten": "s", "priority": 1, "app_name": "Stasis", "app_data": "bridge"},
}
OTHER = {**CHANNEL, "id": "1.3", "name": "Local/1;2"}
PING = Canned("GET /asterisk/ping", body={"timestamp": "2026-01-01T00:00:05.000+0000"})
BRIDGES = Canned("GET /bridges", body=[])
NO_CHANNEL = {"message": "Provided channel was not found"}
NO_VARIABLE = {"message": "Provided variable was not found"}
SHAPE = "ARI's answer has an unexpected shape"
BREAK = "ARI's answer holds a line break"
NOT_OURS = "the channel is not in our Stasis application"
NO_EVAL = "ARI does not tell whether EVAL(x) could be set, and may do what AMI refuses"
NO_ENDPOINT = "ARI lists no PJSIP endpoint, and AMI's words for that depend on its reason"


def context(*channels: dict[str, Any], version: tuple[int, int, int] = (22, 10, 1)) -> Context:
    world = World(("bridge",))
    world.merge_listing(channels, [], 1.0)
    return Context(world, ("bridge",), version, True, "user", lambda: "new")


def run(name: str, *answers: Canned, around: Context | None = None, **headers: str) -> Result:
    return run_canned(TRANSLATORS[name], Action.of(name, **headers), around or context(), answers)


def ok(body: Any) -> Canned:
    return Canned(body=body)


def refused(status: int, text: str) -> Canned:
    return Canned(status=status, body={"message": text})


@pytest.mark.parametrize(
    ("name", "headers", "answers", "reason"),
    [
        ("Getvar", {"Variable": "x"}, [ok({"value": None})], SHAPE),
        ("Getvar", {"Variable": "x"}, [ok([])], SHAPE),
        ("Getvar", {"Variable": "x"}, [ok({"value": "a\rb"})], BREAK),
        ("Getvar", {"Variable": "x", "Channel": "1.2"}, [refused(403, "no")], "ARI answered 403 no"),
        ("Setvar", {"Variable": "x"}, [refused(400, "no")], "ARI answered 400 no"),
        ("Setvar", {"Variable": "x", "Channel": "1.2"}, [refused(409, "no")], "ARI answered 409 no"),
        ("Setvar", {"Variable": "x", "Channel": "9"}, [ok({"value": "9"})], NOT_OURS),
        ("Setvar", {"Variable": "EVAL(x)"}, [], NO_EVAL),
        ("CoreShowChannels", {}, [ok({})], SHAPE),
        ("CoreShowChannels", {}, [ok([1])], SHAPE),
        ("CoreShowChannels", {}, [ok([{"id": "1"}])], SHAPE),
        ("CoreShowChannels", {}, [refused(500, "")], "ARI answered 500"),
        ("Status", {"Variables": "a,,b"}, [], "an empty name, or more than a hundred, is left to AMI"),
        ("Status", {"Variables": ",".join("x" * 101)}, [], "an empty name, or more than a hundred, is left to AMI"),
        ("Status", {"Variables": 'a,"b"'}, [], "quoted names of variables are left to AMI"),
        ("BridgeList", {}, [ok([{"id": "b"}])], SHAPE),
        ("Ping", {}, [ok({"timestamp": "soon"})], SHAPE),
        ("CoreStatus", {}, [ok({"status": []})], SHAPE),
        ("CoreStatus", {}, [ok({"status": {}}), ok([])], SHAPE),
        ("ModuleCheck", {"Module": "x"}, [refused(404, "Resource not found")], "ARI answered 404 Resource not found"),
        ("ModuleCheck", {"Module": "x"}, [refused(500, "no")], "ARI answered 500 no"),
        ("Reload", {}, [], "ARI reloads single modules only"),
        ("LoggerRotate", {}, [ok([])], "ARI lists no log file"),
        ("LoggerRotate", {}, [ok([{"type": "File", "channel": "a"}]), refused(404, "no")], "ARI rotated no log file"),
        ("LoggerRotate", {}, [ok([{"type": "File", "channel": "a"}]), refused(500, "no")], "ARI answered 500 no"),
        ("UserEvent", {}, [], "ARI has no user event without a name"),
        ("UserEvent", {"UserEvent": "x"}, [refused(404, "no")], "ARI answered 404 no"),
        ("PJSIPShowEndpoints", {}, [ok([])], NO_ENDPOINT),
    ],
)  # fmt: skip
def test_falls_back(name: str, headers: dict[str, str], answers: list[Canned], reason: str) -> None:
    result = run(name, *answers, around=ours(), **headers)
    assert result.outcome == Fallback(reason)
    assert result.messages == []
    assert result.unused == []


def ours(version: tuple[int, int, int] = (22, 10, 1)) -> Context:
    """A context in which 1.2 is ours: the listing shows it in our application."""
    made = context(CHANNEL, version=version)
    event = decode({"type": "StasisStart", "application": "bridge", "args": [], "channel": CHANNEL})
    assert event is not None
    made.world.apply(event)
    return made


def test_channels_that_vanish_are_left_out() -> None:
    gone = Canned(status=404, body=NO_CHANNEL)
    result = run("CoreShowChannels", ok([CHANNEL]), BRIDGES, PING, gone)
    assert [message.get("Event") for message in result.messages] == ["", "CoreShowChannelsComplete"]
    result = run("Status", ok([CHANNEL]), BRIDGES, PING, Canned("*/variables?*", 404, NO_CHANNEL), gone)
    assert result.messages[-1].get("Items") == "0"
    assert (
        run("Status", ok({"value": "1.2"}), Canned(status=404), Channel="x").messages[0].get("Message")
        == "No such channel"
    )


def test_a_channel_that_vanishes_under_a_bridge_is_left_out() -> None:
    bridge = {
        "id": "b",
        "bridge_class": "stasis",
        "technology": "t",
        "creator": "",
        "name": "",
        "channels": ["1.2", "1.3"],
    }
    answers = [ok(bridge), Canned("GET /channels/1.2", 404), Canned("GET /channels/1.3", 200, OTHER)]
    result = run("BridgeInfo", *answers, Canned(status=404, body=NO_CHANNEL), BridgeUniqueid="b")
    assert [message.get("ListItems") for message in result.messages] == ["", "0"]
    assert result.messages[1].get("BridgeNumChannels") == "2"
    assert (
        run("BridgeInfo", ok({**bridge, "channels": None}), BridgeUniqueid="b").messages[1].get("BridgeNumChannels")
        == "0"
    )


def test_bridges_without_a_list_of_channels_hold_none() -> None:
    odd = Canned("GET /bridges", body=[{"id": "b", "channels": None}])
    result = run("CoreShowChannels", ok([CHANNEL]), odd, PING, ok({"value": "1.2"}))
    assert result.messages[1].get("BridgeId") == ""
    assert result.messages[1].get("Duration") == "00:00:05"


def test_an_asterisk_without_a_clock_over_ari_is_left_alone() -> None:
    result = run("CoreShowChannels", ok([CHANNEL]), BRIDGES, around=context(version=(13, 24, 0)))
    assert result.outcome == Fallback("this Asterisk does not tell its time over ARI")


STATUS_ONE = [ok([CHANNEL]), BRIDGES, PING]


def test_status_shows_what_functions_tell() -> None:
    values = {
        "CHANNEL(callgroup)": "1, 3",
        "TIMEOUT(absolute)": "99.5",
        "CONNECTEDLINE(priv-num-valid)": "1",
        "CONNECTEDLINE(priv-num)": "77",
    }
    answers = [
        Canned(f"GET /channels/1.2/variable?variable={name}", body={"value": values.get(name, "")})
        for name in TRANSLATORS["Status"].run.__globals__["FUNCTIONS"]
    ]
    for plural in (Canned("*/variables?*", 404, NO_VARIABLE), Canned("*/variables?*", 200, {"variables": {}})):
        event = run("Status", *STATUS_ONE, plural, *answers).messages[1]
        assert event.get("Callgroup") == "10"
        assert event.get("TimeToHangup") == "1767225704"
        assert event.get("EffectiveConnectedLineNum") == "77"
        assert event.get("EffectiveConnectedLineName") == "<unknown>"


@pytest.mark.parametrize("remaining", ["", "0", "0.000", "-1", "inf", "nan", "x.y"])
def test_no_limit_is_zero(remaining: str) -> None:
    functions = TRANSLATORS["Status"].run.__globals__["FUNCTIONS"]
    values = {**dict.fromkeys(functions, ""), "TIMEOUT(absolute)": remaining}
    result = run("Status", *STATUS_ONE, ok({"variables": values}))
    assert result.messages[1].get("TimeToHangup") == "0"


def test_tenants_are_told_where_asterisk_has_them() -> None:
    result = run(
        "CoreShowChannels", ok([{**CHANNEL, "tenantid": "ten"}]), BRIDGES, PING, Canned(status=404, body=NO_VARIABLE)
    )
    assert result.messages[1].headers[14] == ("Linkedid", "")
    assert result.messages[1].headers[15] == ("Tenantid", "ten")


def test_functions_without_channel_are_read_on_any_that_lives() -> None:
    answers = [Canned(status=404, body=NO_CHANNEL), ok({"value": "INUSE"})]
    result = run("Getvar", *answers, around=context(CHANNEL, OTHER), Variable="DEVICE_STATE(Custom:x)")
    assert result.messages[0].get("Value") == "INUSE"
    result = run("Getvar", *answers[:1], around=context(CHANNEL), Variable="DEVICE_STATE(Custom:x)")
    assert result.outcome == Fallback("ARI evaluates functions only on a channel, and there is none")


def test_sixteen_answers_only_when_the_event_proves_it() -> None:
    around = ours((16, 28, 0))
    result = run("Setvar", Canned(status=204), around=around, Channel="1.2", Variable="x", Value="1")
    assert isinstance(result.outcome, Unknown)
    assert result.messages == []
    silent = replace(around, apps=())
    assert isinstance(run("Setvar", Canned(status=204), around=silent, Channel="1.2", Variable="x").outcome, Unknown)


def test_only_the_event_of_this_variable_proves_it() -> None:
    def event(kind: str, channel: str, variable: str, value: str) -> AriEvent:
        return AriEvent(kind, "bridge", 0.0, {"channel": {"id": channel}, "variable": variable, "value": value})

    wrong = [
        event("ChannelDtmfReceived", "1.2", "x", "1"),
        event("ChannelVarset", "1.3", "x", "1"),
        event("ChannelVarset", "1.2", "y", "1"),
        event("ChannelVarset", "1.2", "x", "2"),
    ]
    action = Action.of("Setvar", Channel="1.2", Variable="x", Value="1")
    for events, done in ((wrong, False), ([*wrong, event("ChannelVarset", "1.2", "x", "1")], True)):
        result = run_canned(TRANSLATORS["Setvar"], action, ours((16, 28, 0)), [Canned(status=204)], events)
        assert (result.outcome == Done()) is done


def test_what_rights_forbid_never_leaves() -> None:
    for name in ("DB(a/b)", "SHELL(x)", "GLOBAL(x)", "ODBC_X(1)", "CURL(http://x)", "HASH(x)", "x)", "EVALUATE"):
        assert not writable_on_channel(name)
        assert not writable_globally(name)
    assert writable_on_channel("CALLERID(name)")
    assert writable_on_channel("x")
    assert writable_globally("DEVICE_STATE(Custom:x)")
    assert not writable_globally("DEVICE_STATE(Custom:${SHELL(x)})")
    assert channel_free("HINT(1@default)")
    assert not channel_free("CHANNEL(name)")


def test_a_second_failing_log_file_leaves_the_outcome_unknown() -> None:
    files = [{"type": "File", "channel": name} for name in ("a", "b")]
    result = run("LoggerRotate", ok(files), Canned(status=204), refused(500, "no"))
    assert result.outcome == Unknown("1 of 2 log files were rotated, then ARI answered 500 no")


def test_user_event_is_for_everyone_behind_the_bridge() -> None:
    result = run("UserEvent", Canned("*", 204, sends={"variables": {"A": "1"}}), UserEvent="Foo", A="1", ActionID="7")
    told = [effect for effect in result.effects if isinstance(effect, Emit) and effect.everyone]
    assert [effect.everyone for effect in told] == ["user"]
    assert told[0].message.headers[2:] == (("UserEvent", "Foo"), ("A", "1"), ("ActionID", "7"))
    nowhere = replace(context(), apps=())
    assert run("UserEvent", around=nowhere, UserEvent="x").outcome == Fallback("there is no ARI application")


@pytest.mark.parametrize(
    ("version", "announced"),
    [
        ((16, 28, 0), "5.0.4"),
        ((16, 2, 0), "5.0.0"),
        ((18, 12, 0), "7.0.1"),
        ((20, 20, 0), "9.0.0"),
        ((22, 10, 1), "11.0.0"),
    ],
)
def test_ami_version_follows_asterisks(version: tuple[int, int, int], announced: str) -> None:
    assert ami_version(version) == announced


def test_an_unknown_ami_version_is_left_to_ami() -> None:
    result = run("CoreSettings", ok({"system": {"version": "99"}, "config": {}}), around=context(version=(99, 0, 0)))
    assert result.outcome == Fallback("the AMI version of Asterisk 99 is not known")


ALICE = {"technology": "PJSIP", "resource": "alice", "state": "online", "channel_ids": ["1.2"]}


def endpoint_answers(contacts: str, uri: Canned | None = None) -> list[Canned]:
    values = {"transport": "", "aors": "alice, ", "auth": "alice", "outbound_auth": ""}
    made = [Canned(f"*PJSIP_ENDPOINT(alice,{name})", body={"value": value}) for name, value in values.items()]
    made += [Canned("*DEVICE_STATE*", body={"value": "ODD"}), Canned("*PJSIP_AOR*", body={"value": contacts})]
    return [ok([ALICE]), *made, *([uri] if uri else [])]


def test_endpoints_that_cannot_be_told_are_left_to_ami() -> None:
    around = context(CHANNEL)
    lost = Canned("*PJSIP_CONTACT*", 500, {"message": "Unable to read provided function"})
    result = run("PJSIPShowEndpoints", *endpoint_answers("c1", lost), around=around)
    assert result.outcome == Fallback("ARI does not tell the address of the contact c1")
    odd = run("PJSIPShowEndpoints", ok([{**ALICE, "resource": "a,b"}]), around=around)
    assert odd.outcome == Fallback("the name of endpoint a,b cannot be given to a function")
    between = run("PJSIPShowEndpoints", *endpoint_answers(""), around=replace(around, version=(18, 0, 0)))
    assert between.outcome == Fallback("what this Asterisk prints for ActiveChannels is not known")
    assert run("PJSIPShowEndpoints", ok([ALICE])).outcome == Fallback(
        "ARI evaluates functions only on a channel, and there is none"
    )


def test_endpoints_are_asked_on_another_channel_when_the_first_hangs_up() -> None:
    first, *rest = endpoint_answers("")
    around = context(CHANNEL, OTHER)
    result = run("PJSIPShowEndpoints", first, Canned("*", 404, NO_CHANNEL), *rest, around=around)
    assert result.messages[1].get("DeviceState") == "Unknown"
    assert result.messages[1].get("ActiveChannels") == "1"


def test_hours_grow() -> None:
    assert duration(3_599) == "00:59:59"
    assert duration(360_000) == "100:00:00"


def test_each_recorded_action_has_a_mapping_that_names_its_operations() -> None:
    mappings = {mapping.action: mapping for mapping in read_mappings([SHIPPED / "actions"], [])}
    for name in {case.action for case in CASES}:
        assert mappings[name].translator == "python"
        assert mappings[name].operations
