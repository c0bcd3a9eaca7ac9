from __future__ import annotations

import functools
from collections.abc import Callable

import pytest

from bridge.ami.message import Action, Message
from bridge.ari.events import AriEvent
from bridge.ari.requests import AriRequest, AriResponse
from bridge.errors import BridgeFault, Untranslatable
from bridge.translate.drivers import Canned, Ledger, UnexpectedRequest, dry_run, run_canned
from bridge.translate.effects import (
    Call,
    Context,
    Done,
    Emit,
    Fallback,
    Translation,
    Translator,
    Unknown,
    Wait,
)
from bridge.translate.predict import UNKNOWN_VALUE, predict
from bridge.world.model import World

READ = Call("channels.list")
WRITE = Call("channels.hangup", {"channelId": "1.2"})
MESSAGE = Message((("Response", "Success"),))
ACTION = Action.of("Test")


def context(world: World | None = None) -> Context:
    return Context(world or World(("bridge",)), ("bridge",), (22, 10, 1), True, "user", lambda: "new")


def translator(run: Callable[[Action, Context], Translation]) -> Translator:
    return Translator("Test", run, "write", waits=True)


def event(kind: str) -> AriEvent:
    return AriEvent(kind, "bridge", 0.0, {"type": kind})


def is_a(kind: str, item: AriEvent) -> bool:
    return item.type == kind


def calls(*effects: Call) -> Translator:
    def run(action: Action, _: Context) -> Translation:
        for effect in effects:
            _ = yield effect
        yield Emit(MESSAGE)
        return Done()

    return translator(run)


def test_answers_are_matched_and_effects_kept() -> None:
    answers = [Canned("DELETE /channels/*", 204), Canned("GET /channels", body=[]), Canned("GET /bridges")]
    result = run_canned(calls(READ, WRITE), ACTION, context(), answers)
    assert [str(request) for request in result.requests] == ["GET /channels", "DELETE /channels/1.2"]
    assert result.messages == [MESSAGE]
    assert result.effects == [READ, WRITE, Emit(MESSAGE)]
    assert result.outcome == Done()
    assert [canned.request for canned in result.unused] == ["GET /bridges"]


def test_a_repeated_answer_is_never_unused() -> None:
    result = run_canned(calls(READ, READ), ACTION, context(), [Canned(repeat=True)])
    assert len(result.requests) == 2
    assert result.unused == []


def test_an_unexpected_request_names_itself() -> None:
    with pytest.raises(UnexpectedRequest, match="GET /channels; left: \\['GET /bridges'\\]"):
        run_canned(calls(READ), ACTION, context(), [Canned("GET /bridges")])


def test_a_canned_answer_may_insist_on_the_body() -> None:
    request = AriRequest("x", "POST", "x", body={"a": 1})
    assert Canned(sends={"a": 1}).fits(request)
    assert not Canned(sends={"a": 2}).fits(request)


def test_waits_take_events_in_order_until_one_fits() -> None:
    found: list[AriEvent | None] = []

    def run(_: Action, __: Context) -> Translation:
        for kind in ("B", "B", "D"):
            item = yield Wait(functools.partial(is_a, kind), 1.0)
            found.insert(len(found), item)
        return Done()

    run_canned(translator(run), ACTION, context(), [], [event("A"), event("B"), None, event("C")])
    assert found == [event("B"), None, None]


def test_untranslatable_is_a_fallback() -> None:
    def run(_: Action, __: Context) -> Translation:
        yield READ
        raise Untranslatable("cannot")

    assert run_canned(translator(run), ACTION, context(), [Canned()]).outcome == Fallback("cannot")


def test_what_build_refuses_is_a_fallback() -> None:
    result = run_canned(calls(Call("channels.hangup")), ACTION, context())
    assert result.outcome == Fallback("channels.hangup: channelId is missing")


def test_a_fallback_after_an_effect_is_our_fault() -> None:
    def acted(_: Action, __: Context) -> Translation:
        yield WRITE
        return Fallback("too late")

    def emitted(_: Action, __: Context) -> Translation:
        yield Emit(MESSAGE)
        raise Untranslatable("too late")

    for run in (acted, emitted):
        with pytest.raises(BridgeFault, match="too late"):
            run_canned(translator(run), ACTION, context(), [Canned(status=204)])


def test_a_refused_write_may_fall_back() -> None:
    def run(_: Action, __: Context) -> Translation:
        yield WRITE
        return Fallback("not in Stasis")

    assert run_canned(translator(run), ACTION, context(), [Canned(status=409)]).outcome == Fallback("not in Stasis")


LOST = Canned(status=0)
NOT_SENT = Canned(status=0, sent=False)


def test_no_answer_to_a_read_falls_back() -> None:
    result = run_canned(calls(READ), ACTION, context(), [LOST])
    assert result.outcome == Fallback("the outcome of GET /channels is unknown: no answer")


def test_no_answer_to_a_write_is_unknown() -> None:
    result = run_canned(calls(WRITE), ACTION, context(), [LOST])
    assert result.outcome == Unknown("the outcome of DELETE /channels/1.2 is unknown: no answer")
    assert result.messages == []


def test_a_write_that_was_not_sent_falls_back_unless_something_happened_before() -> None:
    assert isinstance(run_canned(calls(WRITE), ACTION, context(), [NOT_SENT]).outcome, Fallback)
    answers = [Canned(status=204), NOT_SENT]
    assert isinstance(run_canned(calls(WRITE, WRITE), ACTION, context(), answers).outcome, Unknown)


def test_who_asks_to_settle_the_question_himself_gets_the_response() -> None:
    seen = []

    def run(_: Action, __: Context) -> Translation:
        seen.append((yield Call("channels.hangup", {"channelId": "1.2"}, ask=True)))
        return Unknown("asked")

    assert run_canned(translator(run), ACTION, context(), [LOST]).outcome == Unknown("asked")
    assert seen[0].unknown


def test_ledger_counts_a_write_only_once_it_may_have_happened() -> None:
    ledger = Ledger()
    request = AriRequest("channels.hangup", "DELETE", "channels/1.2")
    assert ledger.settle(WRITE, request, AriResponse(404)) is None
    assert not ledger.acted
    assert ledger.settle(WRITE, request, AriResponse(204)) is None
    assert ledger.acted


def listed() -> World:
    world = World(("bridge",))
    channel = {"id": "1.2", "name": "Local/1;1", "state": "Up", "creationtime": "2026-01-01T00:00:00.000+0000"}
    bridge = {"id": "b-1", "bridge_type": "mixing", "channels": ["1.2"]}
    endpoint = {"technology": "PJSIP", "resource": "alice", "state": "online", "channel_ids": []}
    world.merge_listing([channel], [bridge], 1.0, [endpoint])
    return world


def test_dry_run_answers_from_the_world() -> None:
    effects = [
        READ,
        Call("channels.get", {"channelId": "1.2"}),
        Call("channels.get", {"channelId": "9"}),
        Call("bridges.list"),
        Call("bridges.get", {"bridgeId": "b-1"}),
        Call("bridges.get", {"bridgeId": "b-9"}),
        Call("endpoints.list"),
        Call("endpoints.listByTech", {"tech": "PJSIP"}),
        Call("endpoints.listByTech", {"tech": "SIP"}),
        Call("channels.getChannelVar", {"channelId": "1.2", "variable": "x"}),
        Call("asterisk.getInfo"),
        WRITE,
    ]
    seen: list[AriResponse] = []

    def run(_: Action, __: Context) -> Translation:
        for effect in effects:
            response = yield effect
            seen.insert(len(seen), response)
        return Done()

    assert dry_run(translator(run), ACTION, context(listed())).outcome == Done()
    assert [response.status for response in seen] == [200, 200, 404, 200, 200, 404, 200, 200, 200, 200, 200, 204]
    assert seen[0].body[0]["name"] == "Local/1;1"
    assert seen[3].body[0]["channels"] == ["1.2"]
    assert [len(seen[place].body) for place in (6, 7, 8)] == [1, 1, 0]
    assert seen[9].body == {"value": UNKNOWN_VALUE}


def test_dry_run_gives_a_wait_its_sample() -> None:
    seen = []

    def run(_: Action, __: Context) -> Translation:
        seen.append((yield Wait(lambda _: True, 1.0, event("X"))))
        return Done()

    dry_run(translator(run), ACTION, context())
    assert seen == [event("X")]


def test_a_predicted_write_succeeds() -> None:
    assert predict(WRITE, World(())).status == 204
