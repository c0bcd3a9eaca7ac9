"""Runs translations for real: the production driver of the three effects."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.ari.build import build
from bridge.errors import BridgeFault, Untranslatable
from bridge.translate.drivers import Ledger
from bridge.translate.effects import Call, Emit, Fallback, Outcome, Wait

if TYPE_CHECKING:
    from bridge.ami.message import Action, Message
    from bridge.ari.events import AriEvent
    from bridge.net.ports import AriCaller, AriFeed
    from bridge.net.trace import ActionTrace
    from bridge.translate.effects import Context, Translator

log = logging.getLogger("bridge.net.executor")

# Events kept for a translation that may wait; more than this within one action means that it waits for nothing.
MAX_BACKLOG = 10_000


@dataclass(frozen=True, slots=True)
class Sinks:
    """Where a translation's messages go."""

    asker: Callable[[Message], None]
    # The asker's answer is complete, though the translation goes on.
    answered: Callable[[], None]
    everyone: Callable[[Message, str], None]


class Executor:
    """Carries translations out over one ARI connection."""

    def __init__(self, caller: AriCaller, feed: AriFeed) -> None:
        """`caller` sends each request at most once."""
        self._caller = caller
        self._feed = feed

    async def run(
        self, translator: Translator, action: Action, context: Context, sinks: Sinks, trace: ActionTrace
    ) -> Outcome:
        """Run one translation to its end.

        Raises nothing for what ARI or the wire does. A fault of the translation itself is raised as `BridgeFault`.
        """
        backlog = _Backlog(self._feed) if translator.waits else None
        translation = translator.run(action, context)
        ledger = Ledger()
        reply: object = None
        try:
            while True:
                try:
                    effect = translation.send(reply)
                except StopIteration as stop:
                    return ledger.closed(stop.value)
                if isinstance(effect, Call):
                    outcome, reply = await self._call(effect, context, ledger, trace)
                    if outcome is not None:
                        return outcome
                elif isinstance(effect, Emit):
                    reply = None
                    _emit(effect, sinks, ledger)
                else:
                    reply = await _wait(backlog, effect)
        except Untranslatable as reason:
            return ledger.closed(Fallback(reason.reason))
        finally:
            translation.close()
            if backlog:
                backlog.close()

    async def _call(
        self, effect: Call, context: Context, ledger: Ledger, trace: ActionTrace
    ) -> tuple[Outcome | None, object]:
        request = build(effect.operation, effect.params, context.version)
        response = await self._caller.call(request)
        trace.requests.append((request, response))
        return ledger.settle(effect, request, response), response


def _emit(effect: Emit, sinks: Sinks, ledger: Ledger) -> None:
    if effect.everyone:
        sinks.everyone(effect.message, effect.everyone)
        return
    ledger.emitted = True
    sinks.asker(effect.message)
    if effect.last:
        sinks.answered()


async def _wait(backlog: _Backlog | None, effect: Wait) -> AriEvent | None:
    if backlog is None:
        raise BridgeFault("a translation waits for an event without having said so (`waits`)")
    return await backlog.wait(effect.until, effect.seconds)


class _Backlog:
    """The events since a translation started, so that a proof that overtook the HTTP answer is not missed."""

    def __init__(self, feed: AriFeed) -> None:
        self._events: deque[AriEvent | None] = deque(maxlen=MAX_BACKLOG)
        self._arrived = asyncio.Event()
        self._unsubscribe = feed.subscribe(self._take)

    def close(self) -> None:
        self._unsubscribe()

    async def wait(self, until: Callable[[AriEvent], bool], seconds: float) -> AriEvent | None:
        try:
            async with asyncio.timeout(seconds):
                while True:
                    while self._events:
                        event = self._events.popleft()
                        if event is None or until(event):
                            return event
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            return None

    def _take(self, event: AriEvent | None) -> None:
        self._events.append(event)
        self._arrived.set()
