"""Declarative mappings, compiled and run against canned answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.ami.message import Action
from bridge.errors import Problem
from bridge.mapping.compile import compile_mapping
from bridge.mapping.examples import context_of, text_of
from bridge.mapping.load import parse
from bridge.mapping.rules import Example, ExampleChannel, ExampleWorld, Mapping
from bridge.mapping.schema import read
from bridge.translate.drivers import Canned, Result, run_canned
from bridge.translate.effects import Done, Fallback, Unknown

HEAD = "action: Test\nclass: call,all\nfidelity: exact\nhow: ari\nversions: [16, 22]\nchannels: [Channel]\n"
WORLD = ExampleWorld(channels=(ExampleChannel(id="1234.5", name="PJSIP/alice-00000001"),))

WRITE = (
    HEAD
    + """effect: write
request:
  operation: channels.hangup
  params:
    channelId: {channel: Channel, required: No channel specified}
    reason: {header: Cause, as: [strip, cause_to_reason], default: normal}
reply:
  2xx: {success: Channel Hungup}
  404: {error: No such channel}
  409: {fallback: it is not in Stasis}
"""
)
READ = (
    HEAD
    + """effect: read
request:
  operation: channels.getChannelVar
  params:
    channelId: {channel: Channel, required: No channel specified}
    variable: {header: Variable, required: No variable specified, as: upper}
reply:
  200:
    success: ""
    headers:
      Variable: {header: Variable}
      Value: {body: value, as: unknown}
      Nested: {body: a.b.c}
      Fixed: here
      Other: {body: nothing, default: "-"}
      Channel: {channel: Channel}
"""
)
LIST = (
    HEAD
    + """effect: read
request: {operation: bridges.list, params: {}}
list:
  message: Bridge listing will follow
  event: BridgeListItem
  complete: BridgeListComplete
  headers:
    BridgeUniqueid: {body: id}
    BridgeNumChannels: {body: channels, as: count}
    BridgeName: {body: name, as: unknown}
    Video: {body: video, as: yes_no}
    State: {body: state, as: channel_state_number, default: "0"}
"""
)


def run(text: str, status: int, body: Any = None, *headers: tuple[str, str]) -> Result:
    problems: list[Problem] = []
    node = parse(text.encode(), problems, "Test.yaml")
    assert node is not None
    mapping = read(node, Mapping, problems)
    assert mapping is not None, problems
    action = Action.of("Test", *headers)
    context = context_of(Example(name="x", world=WORLD, answer=""))
    return run_canned(compile_mapping(mapping), action, context, [Canned(status=status, body=body)])


def requests(result: Result) -> list[str]:
    return [str(request) for request in result.requests]


CHANNEL = ("Channel", "pjsip/ALICE-00000001")


def test_the_translator_tells_what_the_mapping_says() -> None:
    problems: list[Problem] = []
    node = parse(WRITE.encode(), problems, "Test.yaml")
    assert node is not None
    mapping = read(node, Mapping, problems)
    assert mapping is not None
    translator = compile_mapping(mapping)
    assert (translator.action, translator.effect, translator.channels) == ("Test", "write", ("Channel",))
    assert not translator.control
    assert not translator.waits


def test_a_name_becomes_a_uniqueid_and_a_default_stands_in() -> None:
    result = run(WRITE, 204, None, CHANNEL, ("ActionID", "7"))
    assert requests(result) == ["DELETE /channels/1234.5?reason=normal"]
    assert text_of(result.messages) == "Response: Success\nActionID: 7\nMessage: Channel Hungup\n"
    assert result.outcome == Done()


def test_converters_run_in_order() -> None:
    assert requests(run(WRITE, 204, None, CHANNEL, ("Cause", " 17 "))) == ["DELETE /channels/1234.5?reason=busy"]


def test_what_a_converter_does_not_take_goes_to_ami() -> None:
    result = run(WRITE, 204, None, CHANNEL, ("Cause", "42"))
    assert (requests(result), result.messages) == ([], [])
    assert result.outcome == Fallback("ARI has no word for the cause 42")


def test_a_missing_header_gets_asterisks_words_and_nothing_leaves() -> None:
    result = run(WRITE, 204, None, ("Channel", ""))
    assert requests(result) == []
    assert text_of(result.messages) == "Response: Error\nMessage: No channel specified\n"
    assert result.outcome == Done()


def test_an_unknown_channel_goes_to_ami() -> None:
    assert run(WRITE, 204, None, ("Channel", "x")).outcome == Fallback("the bridge does not know the channel x")


@pytest.mark.parametrize(
    ("status", "text", "outcome"),
    [
        (404, "Response: Error\nMessage: No such channel\n", Done()),
        (409, "", Fallback("it is not in Stasis")),
        (500, "", Fallback("ARI answered 500")),
    ],
)
def test_replies_by_status(status: int, text: str, outcome: object) -> None:
    result = run(WRITE, status, None, CHANNEL)
    assert (text_of(result.messages), result.outcome) == (text, outcome)


def test_an_unforeseen_success_of_a_write_is_not_repeated() -> None:
    text = WRITE.replace("2xx:", "200:")
    assert run(text, 204, None, CHANNEL).outcome == Unknown("ARI answered 204")


def test_an_unforeseen_answer_of_a_read_goes_to_ami_with_its_reason() -> None:
    result = run(READ, 404, {"message": "Provided variable was not found"}, CHANNEL, ("Variable", "x"))
    assert result.outcome == Fallback("ARI answered 404 Provided variable was not found")


def test_headers_from_the_answer() -> None:
    body = {"value": "a\r\nb", "a": {"b": {"c": 1.5}}}
    result = run(READ, 200, body, CHANNEL, ("Variable", "x"))
    assert requests(result) == ["GET /channels/1234.5/variable?variable=X"]
    assert text_of(result.messages) == (
        "Response: Success\nVariable: x\nValue: a  b\nNested: 1.5\nFixed: here\nOther: -\n"
        "Channel: pjsip/ALICE-00000001\n"
    )


def test_an_answer_of_another_shape_goes_to_ami() -> None:
    assert text_of(run(READ, 200, [1], CHANNEL, ("Variable", "x")).messages).count("<unknown>") == 1
    outcome = run(READ, 200, {"value": {"a": 1}}, CHANNEL, ("Variable", "x")).outcome
    assert outcome == Fallback("ARI's answer does not fit: an object stands where a text should")


BRIDGE = {"id": "b1", "channels": ["1.1", "2.2"], "name": "", "video": True}


def test_a_list() -> None:
    result = run(LIST, 200, [BRIDGE, {"id": "b2", "channels": [], "video": False, "state": "Up"}], ("ActionID", "7"))
    assert text_of(result.messages) == (
        "Response: Success\nActionID: 7\nEventList: start\nMessage: Bridge listing will follow\n\n"
        "Event: BridgeListItem\nActionID: 7\nBridgeUniqueid: b1\nBridgeNumChannels: 2\nBridgeName: <unknown>\n"
        "Video: Yes\nState: 0\n\n"
        "Event: BridgeListItem\nActionID: 7\nBridgeUniqueid: b2\nBridgeNumChannels: 0\nBridgeName: <unknown>\n"
        "Video: No\nState: 6\n\n"
        "Event: BridgeListComplete\nActionID: 7\nEventList: Complete\nListItems: 2\n"
    )


def test_a_list_within_the_answer_with_the_action_id_last() -> None:
    text = LIST.replace("  event:", "  items: found.bridges\n  action_id: last\n  event:")
    item = run(text, 200, {"found": {"bridges": [BRIDGE]}}, ("ActionID", "7")).messages[1]
    assert item.headers[-1] == ("ActionID", "7")


@pytest.mark.parametrize("body", [None, {}, "x", {"found": 1}])
def test_a_list_that_is_none_goes_to_ami(body: Any) -> None:
    text = LIST.replace("  event:", "  items: found.bridges\n  event:")
    assert run(text, 200, body).outcome == Fallback("ARI's answer does not fit: there is no list in it")


def test_a_state_that_is_none_goes_to_ami() -> None:
    outcome = run(LIST, 200, [{"id": "b", "state": "Odd"}]).outcome
    assert outcome == Fallback("ARI's answer does not fit: 'Odd' is not a channel state")


def test_a_constant_parameter_is_converted_and_an_absent_one_left_out() -> None:
    text = WRITE.replace(
        "{header: Cause, as: [strip, cause_to_reason], default: normal}", "{constant: '17', as: cause_to_reason}"
    )
    assert requests(run(text, 204, None, CHANNEL)) == ["DELETE /channels/1234.5?reason=busy"]
    text = WRITE.replace(", default: normal", "")
    assert requests(run(text, 204, None, CHANNEL)) == ["DELETE /channels/1234.5"]


_BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "name", "value", "a", "channels", "state", "message"]), inner)
    ),
    max_leaves=10,
)


@given(st.sampled_from([WRITE, READ, LIST]), st.integers(200, 599), _BODIES)
def test_no_answer_of_ari_breaks_a_header(text: str, status: int, body: Any) -> None:
    result = run(text, status, body, CHANNEL, ("Variable", "x"))
    for message in result.messages:
        assert not any("\r" in value or "\n" in value for _, value in message)
    assert isinstance(result.outcome, Done | Fallback | Unknown)
    assert bool(result.messages) == isinstance(result.outcome, Done)
