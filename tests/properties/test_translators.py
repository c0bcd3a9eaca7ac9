"""Whatever a client sends and whatever ARI answers: no translator raises, and each answers once or falls back."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.ami.codec import encode
from bridge.ami.message import Action
from bridge.ari.requests import AriResponse
from bridge.translate.actions import TRANSLATORS
from bridge.translate.drivers import drive, dry_run
from bridge.translate.effects import Context, Emit, Fallback, Translator, Unknown
from bridge.world.model import World
from tests.live.reads_cases import CASES

OURS = sorted({case.action for case in CASES} | {"UserEvent"})
TEXT = st.text(st.characters(exclude_characters="\r\n", exclude_categories=()), max_size=20)
NAMES = st.sampled_from(
    [
        "Channel",
        "Variable",
        "Value",
        "Variables",
        "AllVariables",
        "BridgeType",
        "BridgeUniqueid",
        "Module",
        "LoadType",
        "To",
        "From",
        "Body",
        "UserEvent",
        "ActionID",
        "Destination",
        "x",
    ]
)
VALUES = TEXT | st.sampled_from(
    ["1.2", "Local/1;1", "gone", "foo", "CHANNEL(name)", "DB(a/b)", "load", "reload", "yes"]
)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=6)
KEYS = st.sampled_from(
    [
        "id",
        "name",
        "state",
        "value",
        "variables",
        "channels",
        "timestamp",
        "creationtime",
        "status",
        "config",
        "system",
        "startup_time",
        "last_reload_time",
        "type",
        "channel",
        "resource",
        "technology",
        "bridge_class",
        "creator",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=12,
)
CHANNEL = {"id": "1.2", "name": "Local/1;1", "state": "Up", "dialplan": {"app_name": "Stasis", "app_data": "bridge"}}
SENSIBLE: dict[str, list[Any]] = {
    "asterisk.ping": [{"timestamp": "2026-01-01T00:00:00.000+0000"}],
    "channels.get": [CHANNEL],
    "channels.getChannelVar": [{"value": "1"}, {"value": "a\nb"}],
    "channels.getChannelVars": [{"variables": {"CHANNEL(linkedid)": "1.2"}}, {"variables": {}}],
    "channels.list": [[CHANNEL], []],
}
STATUSES = st.sampled_from([200, 200, 200, 204, 400, 404, 409, 412, 422, 500, 0])
MESSAGES = [
    "Provided channel was not found",
    "Provided variable was not found",
    "Unable to read provided function",
    "Module could not be found in running modules",
]


def context(version: tuple[int, int, int] = (22, 10, 1)) -> Context:
    world = World(("bridge",))
    world.merge_listing([CHANNEL], [], 1.0)
    return Context(world, ("bridge",), version, True, "user", lambda: "new")


@settings(max_examples=400)
@given(st.sampled_from(OURS), HEADERS, st.data())
def test_one_response_or_none(name: str, headers: list[tuple[str, str]], data: st.DataObject) -> None:
    version = data.draw(st.sampled_from([(16, 28, 0), (22, 10, 1)]))

    def answer(call: Any, _: object) -> AriResponse:
        status = data.draw(STATUSES)
        if status >= 400:
            return AriResponse(status, {"message": data.draw(st.sampled_from(MESSAGES))})
        usual = st.sampled_from(SENSIBLE[call.operation]) if call.operation in SENSIBLE else JSON
        return AriResponse(status, data.draw(usual | JSON), sent=status != 0)

    result = drive(TRANSLATORS[name], Action.of(name, *headers), context(version), answer, lambda wait: wait.sample)
    mine = [effect.message for effect in result.effects if isinstance(effect, Emit) and not effect.everyone]
    responses = [message for message in mine if message.has("Response")]
    if isinstance(result.outcome, Fallback | Unknown):
        assert mine == []
    else:
        assert len(responses) == 1
        assert mine[0] is responses[0]
    for message in result.messages:
        encode(message)


@settings(max_examples=100)
@given(st.sampled_from(OURS), HEADERS)
def test_a_dry_run_never_raises(name: str, headers: list[tuple[str, str]]) -> None:
    chosen: Translator = TRANSLATORS[name]
    dry_run(chosen, Action.of(name, *headers), context())


@settings(max_examples=200)
@given(TEXT)
def test_no_function_leaves_for_a_variable(inside: str) -> None:
    """`Setvar` of any function but the harmless ones asks ARI for nothing."""
    for headers in ((("Channel", "1.2"),), ()):
        action = Action.of("Setvar", *headers, ("Variable", f"{inside})"), ("Value", "x"))
        result = dry_run(TRANSLATORS["Setvar"], action, context())
        assert result.requests == []
