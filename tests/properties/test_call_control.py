"""Whatever a client sends, ARI answers and the events tell: call control answers once, falls back, or admits doubt."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.ami.codec import encode
from bridge.ami.message import Action
from bridge.ari.events import AriEvent, decode
from bridge.ari.requests import AriRequest, AriResponse
from bridge.translate.actions import TRANSLATORS
from bridge.translate.drivers import drive, dry_run
from bridge.translate.effects import Context, Emit, Fallback, Unknown, Wait
from bridge.translate.predict import bridge_json
from bridge.world.model import World
from bridge.world.snapshots import BridgeSnapshot

OURS = [
    "AbsoluteTimeout",
    "Bridge",
    "BridgeDestroy",
    "BridgeKick",
    "Hangup",
    "MuteAudio",
    "Originate",
    "PlayDTMF",
    "Redirect",
]
TEXT = st.text(st.characters(exclude_characters="\r\n", exclude_categories=()), max_size=12)
# Likely values, so that the ways beyond the first check are walked too.
LIKELY: dict[str, list[str]] = {
    "Channel": ["1.1", "SIP/1", "SIP/a", "Local/9@default", "/SIP/", "gone"],
    "ExtraChannel": ["1.2", "gone"],
    "Channel1": ["1.1"],
    "Channel2": ["1.2", "1.1"],
    "Context": ["default"],
    "Exten": ["9"],
    "Priority": ["1", "here", "0", "-1"],
    "ExtraContext": ["default"],
    "ExtraExten": ["9"],
    "ExtraPriority": ["2", "there"],
    "Application": ["Stasis", "Echo"],
    "Data": ["bridge", "bridge,a", "other", "bridge,SHELL"],
    "Async": ["true"],
    "Timeout": ["1000", "30", "1500", "0"],
    "CallerID": ['"A" <1>', "A <b (1)>"],
    "Variable": ["a=1,b=2", "CALLERID(name)=x", "DB(a/b)=c"],
    "Account": ["x"],
    "Codecs": ["ulaw", "all"],
    "ChannelId": ["mine"],
    "Cause": ["16", "0", "3"],
    "Digit": ["1", "x"],
    "Duration": ["200", "z"],
    "State": ["on", "off"],
    "Direction": ["in", "all"],
    "BridgeUniqueid": ["b", "gone"],
    "Tone": ["both"],
    "ActionID": ["7"],
}
HEADERS = st.lists(
    st.sampled_from(sorted(LIKELY)).flatmap(
        lambda name: st.tuples(st.just(name), st.sampled_from(LIKELY[name]) | st.sampled_from(LIKELY[name]) | TEXT)
    ),
    max_size=8,
)
IDS = st.sampled_from(["1.1", "1.2", "new"])
FRAMES = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["Dial", "Dial", "ChannelDestroyed", "StasisEnd", "ChannelCreated"]),
        "dialstatus": st.sampled_from(["", "RINGING", "ANSWER", "BUSY", "NOANSWER"]) | TEXT,
        "peer": st.fixed_dictionaries({"id": IDS}, optional={"name": TEXT}) | TEXT,
        "channel": st.fixed_dictionaries({"id": IDS}) | st.none(),
        "cause": st.integers(0, 127) | st.none(),
    },
    optional={"forwarded": st.fixed_dictionaries({"id": IDS}) | TEXT},
)
STATUSES = st.sampled_from([200, 200, 200, 204, 400, 404, 409, 412, 422, 500, 0])
BODIES = st.sampled_from(
    [
        {"value": "1"},
        {"value": "0"},
        {"value": "59.9"},
        {"id": "new", "name": "SIP/a", "state": "Up", "dialplan": {"app_name": "Wait"}},
        [{"id": "1.1", "name": "SIP/1"}, {"id": "1.2", "name": "SIP/2"}],
        [],
        None,
        "x",
        {"dialplan": 1},
    ]
)


def context(*, major: int = 22, ami_behind: bool = True, seen: bool = True) -> Context:
    world = World(("bridge",))
    channels = [
        {"id": one, "name": f"SIP/{one[-1]}", "state": "Up", "dialplan": {"app_name": "Stasis", "app_data": "bridge"}}
        for one in ("1.1", "1.2")
    ]
    world.merge_listing(channels, [bridge_json(BridgeSnapshot("b", bridge_class="stasis"))], 1.0)
    for one in channels:
        event = decode({"type": "StasisStart", "application": "bridge", "channel": one})
        assert event is not None
        world.apply(event)
    if not seen:
        world.media.begin()
    version = (22, 10, 1) if major == 22 else (16, 28, 0)
    return Context(world, ("bridge",), version, ami_behind, "user", lambda: "new")


@settings(max_examples=1500)
@given(st.sampled_from(OURS), HEADERS, st.booleans(), st.booleans(), st.sampled_from([16, 22]), st.data())
def test_one_answer_and_no_write_twice(
    name: str, headers: list[tuple[str, str]], ami_behind: bool, seen: bool, major: int, data: st.DataObject
) -> None:
    sent: list[AriRequest] = []

    def answer(_: Any, request: AriRequest) -> AriResponse:
        sent.append(request)
        status = data.draw(STATUSES)
        if status >= 400:
            return AriResponse(status, {"message": data.draw(st.sampled_from(["Provided channel was not found", "x"]))})
        return AriResponse(status, data.draw(BODIES), sent=data.draw(st.booleans()))

    def wait(effect: Wait) -> AriEvent | None:
        for frame in data.draw(st.lists(FRAMES, max_size=4)):
            event = decode(frame)
            if event is not None and effect.until(event):
                return event
        return None

    surroundings = context(major=major, ami_behind=ami_behind, seen=seen)
    result = drive(TRANSLATORS[name], Action.of(name, *headers), surroundings, answer, wait)
    mine = [effect for effect in result.effects if isinstance(effect, Emit) and not effect.everyone]
    responses = [effect for effect in mine if effect.message.has("Response")]
    if isinstance(result.outcome, Fallback):
        assert not result.messages
    elif isinstance(result.outcome, Unknown):
        # An asynchronous Originate has been answered when its end is lost.
        assert not responses or (name == "Originate" and responses[0].last)
    else:
        assert len(responses) == 1
        assert mine[0] is responses[0]
    for message in result.messages:
        encode(message)
    writes = [str(request) for request in sent if request.has_effect]
    assert len(set(writes)) == len(writes)


@settings(max_examples=300)
@given(st.sampled_from(OURS), HEADERS)
def test_a_dry_run_never_raises(name: str, headers: list[tuple[str, str]]) -> None:
    dry_run(TRANSLATORS[name], Action.of(name, *headers), context())


@settings(max_examples=200)
@given(TEXT, st.booleans())
def test_no_function_that_may_be_refused_leaves_with_a_call(inside: str, asynchronous: bool) -> None:
    headers = (("Channel", "SIP/a"), ("Application", "Stasis"), ("Data", "bridge"), ("Async", str(asynchronous)))
    for function in ("DB", "SHELL", "FILE", "ODBC_X", "CURL", "EVAL", "db", "File"):
        action = Action.of("Originate", *headers, ("Variable", f'"{function}({inside})"=x'))
        for request in dry_run(TRANSLATORS["Originate"], action, context()).requests:
            variables = (request.body or {"variables": {}})["variables"]
            # The last character makes a name a function's (main/pbx_variables.c: pbx_builtin_setvar_helper).
            assert not any(one.endswith(")") and one.upper().startswith(function.upper()) for one in variables)
