"""Requests from the table: where each parameter travels, and everything that is refused before it leaves."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.ari.build import build, lacks
from bridge.ari.description import available
from bridge.ari.operations import OPERATIONS
from bridge.errors import Untranslatable

V16, V22 = (16, 28, 0), (22, 10, 1)


def refused(operation: str, params: dict[str, Any], version: tuple[int, int, int] | None = V22) -> str:
    with pytest.raises(Untranslatable) as caught:
        build(operation, params, version)
    return caught.value.reason


def test_path_query_and_body() -> None:
    request = build(
        "channels.originateWithId",
        {
            "channelId": "Local/9@default;1 é",
            "endpoint": "Local/9@default",
            "app": "bridge",
            "timeout": 30,
            "callerId": None,
            "variables": {"A": "1"},
        },
        V22,
    )
    assert request.path == "channels/Local%2F9%40default%3B1%20%C3%A9"
    assert request.query == (("endpoint", "Local/9@default"), ("app", "bridge"), ("timeout", "30"))
    assert request.body == {"variables": {"A": "1"}}
    assert (request.method, request.operation) == ("POST", "channels.originateWithId")
    assert request.has_effect
    assert not request.may_block


def test_str_shows_the_request_line() -> None:
    assert str(build("channels.hangup", {"channelId": "1.2", "reason": "busy"}, V16)) == (
        "DELETE /channels/1.2?reason=busy"
    )


def test_an_object_parameter_is_the_whole_body() -> None:
    rule = {"allowed": [{"type": "StasisStart"}]}
    assert build("applications.filter", {"applicationName": "a", "filter": rule}, V22).body == rule


def test_get_has_no_effect() -> None:
    assert not build("channels.list", {}, None).has_effect


def test_several_values_are_escaped_as_dialplan_arguments() -> None:
    def query(value: Any) -> str:
        return build("channels.getChannelVars", {"channelId": "1", "variables": value}, V22).query[0][1]

    assert query(["A", "CHANNEL(name)"]) == r"A,CHANNEL\(name\)"
    assert query("CUT(A,-,2)") == r"CUT\(A\,-\,2\)"
    assert query(('q"', "b[1]", "c\\")) == 'q\\",b\\[1\\],c\\\\'


def test_booleans() -> None:
    def query(value: Any) -> str:
        return build("bridges.addChannel", {"bridgeId": "b", "channel": "c", "mute": value}, V22).query[1][1]

    assert [query(True), query(False), query("true")] == ["true", "false", "true"]


@pytest.mark.parametrize(
    ("operation", "params", "text"),
    [
        ("channels.nonsense", {}, "ARI has no operation channels.nonsense"),
        ("events.eventWebsocket", {"app": "a"}, "ARI has no operation events.eventWebsocket"),
        ("channels.hangup", {"channelId": "1", "cause": "16"}, "there is no parameter cause"),
        ("channels.hangup", {}, "channelId is missing"),
        ("channels.hangup", {"channelId": ""}, "channelId cannot be ''"),
        ("channels.hangup", {"channelId": ".."}, "channelId cannot be '..'"),
        ("channels.hangup", {"channelId": "1", "reason": "bogus"}, "reason cannot be 'bogus', only normal, busy"),
        ("channels.hangup", {"channelId": ["1", "2"]}, "channelId takes one value"),
        ("channels.hangup", {"channelId": "a\0b"}, "channelId holds what JSON cannot carry"),
        ("channels.hangup", {"channelId": "\udcff"}, "channelId holds what JSON cannot carry"),
        ("channels.move", {"channelId": "1"}, "app is missing"),
        ("channels.move", {"channelId": "1", "app": ""}, "app is empty"),
        ("bridges.record", {"bridgeId": "1", "name": "n"}, "format is missing"),
        ("channels.sendDTMF", {"channelId": "1"}, "dtmf is missing"),
        ("channels.originate", {"endpoint": "Local/9"}, "app or extension is missing"),
        ("bridges.addChannel", {"bridgeId": "b", "channel": []}, "channel needs a value"),
        (
            "bridges.addChannel",
            {"bridgeId": "b", "channel": ["\0", "\0"]},
            "channel holds what JSON cannot carry, holds",
        ),
        (
            "bridges.addChannel",
            {"bridgeId": "b", "channel": "c", "mute": "si"},
            "mute cannot be 'si', only true, false",
        ),
        ("channels.dial", {"channelId": "1", "timeout": "soon"}, "timeout cannot be 'soon', only a whole number"),
        ("channels.dial", {"channelId": "1", "timeout": 2**31}, "timeout cannot be '2147483648', only a whole number"),
        ("channels.dial", {"channelId": "1", "timeout": -1}, "timeout cannot be less than 0"),
        (
            "channels.setChannelVars",
            {"channelId": "1", "variables": {"A": "\0"}},
            "variables cannot be carried by JSON",
        ),
        ("channels.setChannelVars", {"channelId": "1", "variables": {1: "a"}}, "variables cannot be carried by JSON"),
        ("channels.setChannelVars", {"channelId": "1", "variables": object()}, "variables cannot be carried by JSON"),
    ],
)
def test_what_is_refused(operation: str, params: dict[str, Any], text: str) -> None:
    assert text in refused(operation, params)


def test_everything_wrong_is_told_at_once() -> None:
    assert refused("channels.move", {"chan": "1"}) == (
        "channels.move: there is no parameter chan; channelId is missing; app is missing"
    )


def test_json_bodies_may_nest() -> None:
    fields = {"configClass": "c", "objectType": "t", "id": "i", "fields": [{"attribute": "a", "value": 1.5}, True]}
    assert build("asterisk.updateObject", fields, V22).body == {"fields": fields["fields"]}


@pytest.mark.parametrize(
    ("operation", "params", "text"),
    [
        ("channels.hangup", {"channelId": "1", "reason_code": "16"}, "Asterisk 16.28.0 has no parameter reason_code"),
        ("channels.progress", {"channelId": "1"}, "Asterisk 16.28.0 does not have it"),
        ("channels.setChannelVars", {"channelId": "1", "variables": {}}, "no parameter variables"),
        ("channels.setChannelVar", {"channelId": "1", "variable": "A", "report_events": True}, "report_events"),
        ("channels.externalMedia", {"app": "a", "format": "ulaw"}, "external_host is missing"),
    ],
)
def test_what_16_lacks(operation: str, params: dict[str, Any], text: str) -> None:
    assert text in refused(operation, params, V16)


def test_an_unknown_version_gets_what_any_version_has() -> None:
    assert build("channels.hangup", {"channelId": "1", "reason_code": "16"}, None).query == (("reason_code", "16"),)
    assert build("channels.hangup", {"channelId": "1", "reason_code": "16"}, (0, 0, 0)).query
    assert not lacks("channels.progress", (0, 0, 0))
    assert lacks("channels.progress", (0, 0, 0), "nonsense")
    # ... and must give what any version demands.
    assert "external_host is missing" in refused("channels.externalMedia", {"app": "a", "format": "ulaw"}, None)
    assert build("channels.externalMedia", {"app": "a", "format": "ulaw"}, V22).query


@pytest.mark.parametrize(
    ("operation", "parameter", "has", "has_not"),
    [
        ("channels.hangup", "reason_code", [(17, 0, 0), (18, 0, 0), V22], [V16]),
        ("channels.move", "", [(16, 3, 0), (13, 26, 0), V22], [(16, 2, 9), (15, 0, 0), (13, 25, 0)]),
        ("channels.setChannelVars", "", [(22, 10, 0), (20, 20, 0), (23, 4, 0), (24, 0, 0)], [(22, 9, 0), (21, 20, 0)]),
        ("events.claimChannel", "", [(22, 10, 0), (23, 4, 0)], [(22, 7, 0), (20, 17, 0)]),
        ("channels.answer", "", [V16, V22], []),
        ("channels.hangup", "nonsense", [], [V16, V22]),
        ("channels.nonsense", "", [], [V16, V22]),
    ],
)
def test_lacks(operation: str, parameter: str, has: list[Any], has_not: list[Any]) -> None:
    assert [version for version in has if lacks(operation, version, parameter)] == []
    assert [version for version in has_not if not lacks(operation, version, parameter)] == []


def test_without_a_told_release_the_described_majors_decide() -> None:
    assert available((22, 0, 0), (22,))
    assert not available((18, 0, 0), (22,))


@pytest.mark.parametrize(
    ("operation", "params", "version", "held"),
    [
        ("channels.answer", {}, V16, True),
        ("channels.setChannelVar", {"variable": "A"}, V22, True),
        ("channels.setChannelVar", {"variable": "A"}, (22, 9, 0), False),
        ("channels.setChannelVar", {"variable": "A"}, V16, False),
        ("channels.setChannelVar", {"variable": "A"}, None, True),
        ("channels.getChannelVar", {"variable": "A"}, V22, False),
    ],
)
def test_what_asterisk_may_hold(operation: str, params: dict[str, Any], version: Any, held: bool) -> None:
    assert build(operation, {"channelId": "1", **params}, version).may_block is held


def test_every_operation_of_the_table_can_be_built() -> None:
    for operation in OPERATIONS.values():
        if operation.websocket:
            continue
        samples = {"int": 1, "long": 1, "boolean": True, "containers": {"a": "b"}, "object": {}}
        params = {one.name: one.values[0] if one.values else samples.get(one.type, "x") for one in operation.parameters}
        request = build(operation.key, params, None)
        assert "{" not in request.path, operation.key
        assert len(request.query) + request.path.count("/x") >= len(
            [one for one in operation.parameters if one.place != "body"]
        ), operation.key
