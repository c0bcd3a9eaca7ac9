"""How an action is carried out: by Asterisk's AMI, over ARI, or by AMI with ARI beside it."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from bridge.ami.codec import decode_many, encode, encode_many
from bridge.ami.replies import error
from bridge.compare.answers import Verdict, compare
from bridge.errors import BridgeFault, Untranslatable
from bridge.mapping.plan import Route
from bridge.net.executor import Executor, Sinks
from bridge.net.trace import ActionTrace, TraceSink
from bridge.translate.effects import Context, Done, Fallback, Outcome, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.ami.message import Action, Message
    from bridge.net.counters import Counters
    from bridge.net.router import Routed, Router
    from bridge.net.tasks import Tasks

log = logging.getLogger("bridge.net.backends")

FAULT = "Internal error of the bridge"


class Asker(Protocol):
    """What a backend needs of the session whose action it carries out."""

    number: int
    user: str

    def pass_on(self, raw: bytes) -> None:
        """Leave the action to Asterisk's AMI."""
        ...

    def answer(self, data: bytes) -> None:
        """Write whole messages to the client."""
        ...

    async def compared(self, raw: bytes) -> bytes:
        """Leave the action to AMI and return its answer, which the client got already."""
        ...


@dataclass(slots=True)
class _Answer:
    """The asker's part of one translation: gathered, then written at once."""

    messages: list[Message] = field(default_factory=list)
    ready: asyncio.Future[Outcome | None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def complete(self) -> None:
        self.resolve(None)

    def resolve(self, outcome: Outcome | None) -> None:
        if not self.ready.done():
            self.ready.set_result(outcome)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a translation's context is made of, and where events for everyone go."""

    context: Callable[[str, bool], Context]
    everyone: Callable[[bytes, str], None]


class Backends:
    """The three ways; the session asks for none by name."""

    def __init__(
        self,
        router: Router,
        executor: Executor,
        surroundings: Surroundings,
        tasks: Tasks,
        counters: Counters,
        trace: TraceSink | None = None,
    ) -> None:
        """`trace` is told of every action that did not simply pass."""
        self._router = router
        self._executor = executor
        self._surroundings = surroundings
        self._tasks = tasks
        self._counters = counters
        self._trace = trace

    async def carry(self, asker: Asker, action: Action, raw: bytes, routed: Routed | None = None) -> None:
        """Carry `action` out; returns when the asker's answer is written, or the action is left to AMI.

        `routed` is its way where that was just asked for.
        """
        routed = routed or self._router.route(asker.user, action)
        trace = ActionTrace(asker.number, asker.user, action, routed.route, routed.line, routed.reason)
        started = time.perf_counter()
        if routed.refused:
            self._refuse(asker, action, routed.reason)
        elif routed.translator is None:
            asker.pass_on(raw)
        elif routed.route is Route.COMPARE:
            control = await asker.compared(raw)
            self._tasks.spawn(self._candidate(asker, action, routed, control, trace), f"compare {action.name}")
        else:
            await self._over_ari(asker, action, raw, routed, trace)
        trace.seconds = time.perf_counter() - started
        self._counters.routes[action.name.lower(), trace.route.value] += 1
        log.debug(
            "session %d: %s by %s, %d requests", asker.number, action.name, trace.route.value, len(trace.requests)
        )
        if self._trace:
            self._trace(trace)

    async def _over_ari(self, asker: Asker, action: Action, raw: bytes, routed: Routed, trace: ActionTrace) -> None:
        answer = _Answer()
        ami_behind = routed.route is not Route.ARI_ONLY
        translation = self._translate(asker.user, action, routed, answer, trace)
        if routed.translator is not None and routed.translator.effect == "read":
            await translation
        else:
            # It may go on after its answer, and is not the session's: who leaves does not stop what he asked for.
            self._tasks.spawn(translation, f"{action.name} over ARI")
        outcome = await answer.ready
        trace.messages = list(answer.messages)
        if outcome is None or isinstance(outcome, Done):
            self._write(asker, action, answer.messages)
        elif isinstance(outcome, Fallback) and ami_behind:
            self._counters.fallbacks += 1
            trace.route, trace.reason = Route.AMI, outcome.reason
            asker.pass_on(raw)
        elif isinstance(outcome, Fallback):
            trace.reason = outcome.reason
            self._refuse(asker, action, outcome.reason)
        else:
            self._outcome_unknown(asker, action, outcome, answer.messages)
            trace.reason = outcome.reason

    async def _translate(self, user: str, action: Action, routed: Routed, answer: _Answer, trace: ActionTrace) -> None:
        sinks = Sinks(answer.messages.append, answer.complete, self._to_everyone)
        context = self._surroundings.context(user, routed.route is not Route.ARI_ONLY)
        if routed.translator is None:
            raise BridgeFault("a translation without a translator")
        try:
            outcome = await self._executor.run(routed.translator, action, context, sinks, trace)
            if isinstance(outcome, Done) and not answer.messages:
                raise BridgeFault(f"the translation of {action.name} gave no answer")
        except Exception:
            log.exception("translating %s of %s failed", action.name, user)
            outcome = Unknown(FAULT)
        answer.resolve(outcome)

    def _to_everyone(self, message: Message, classes: str) -> None:
        self._surroundings.everyone(encode(message), classes)

    def _write(self, asker: Asker, action: Action, messages: list[Message]) -> None:
        try:
            asker.answer(encode_many(messages))
        except Untranslatable as reason:
            # The action is done; its answer holds what AMI cannot carry in a header.
            self._refuse(asker, action, reason.reason)

    def _refuse(self, asker: Asker, action: Action, reason: str) -> None:
        log.info("session %d: %s of %s refused: %s", asker.number, action.name, asker.user, reason)
        asker.answer(encode(error(action, f"Not possible over ARI: {_one_line(reason)}")))

    def _outcome_unknown(self, asker: Asker, action: Action, outcome: Unknown, messages: list[Message]) -> None:
        self._counters.unknown_outcomes += 1
        log.warning("session %d: outcome of %s unknown: %s", asker.number, action.name, outcome.reason)
        if messages:
            # Part of an answer came before the connection broke: it is not followed by a second response.
            self._write(asker, action, messages)
            return
        asker.answer(encode(error(action, f"Outcome unknown, not repeated: {_one_line(outcome.reason)}")))

    async def _candidate(
        self, asker: Asker, action: Action, routed: Routed, control: bytes, trace: ActionTrace
    ) -> None:
        answer = _Answer()
        await self._translate(asker.user, action, routed, answer, trace)
        outcome = await answer.ready
        mapping = self._router.registry.mapping(action.name)
        ignore = mapping.compare.ignore if mapping else {}
        comparison = compare(decode_many(control), answer.messages, outcome, ignore)
        self._counters.comparisons[action.name.lower(), comparison.verdict.value] += 1
        if comparison.verdict is Verdict.MISMATCH:
            log.info(
                "session %d: %s of %s differs over ARI: %s",
                asker.number,
                action.name,
                asker.user,
                "; ".join(map(str, comparison.differences[:5])),
            )


def _one_line(text: str) -> str:
    return " ".join(text.split())
