"""Pure drivers of a translation: with canned answers (tests, examples, transcripts) and dry (`explain`, comparing).

The production driver is `bridge.net.executor`. All three share `Ledger`, the one place that decides what becomes of a
translation whose request got no answer.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bridge.ami.message import Action, Message
from bridge.ari.build import build
from bridge.ari.events import AriEvent
from bridge.ari.requests import AriRequest, AriResponse
from bridge.errors import BridgeFault, Untranslatable
from bridge.translate.effects import Call, Context, Done, Effect, Emit, Fallback, Outcome, Translator, Unknown, Wait
from bridge.translate.predict import predict


@dataclass(slots=True)
class Ledger:
    """What a running translation has done so far, and what follows when a request gets no answer.

    `acted`: a request with a side effect may have reached Asterisk. `emitted`: the client was given something. Either
    forbids a fallback: nothing with a side effect is ever sent twice, no answer is given twice (design.md §4).
    """

    acted: bool = False
    emitted: bool = False

    def settle(self, call: Call, request: AriRequest, response: AriResponse) -> Outcome | None:
        """The outcome that ends the translation now, or None when it is to receive `response`."""
        if response.not_sent:
            return self._give_up(f"ARI did not get {request}: {response.message or 'not connected'}")
        # A refusal (4xx, 5xx) changed nothing: the fallback to AMI after a 409 depends on that.
        self.acted = self.acted or (request.has_effect and (response.ok or response.unknown))
        if response.unknown and not call.ask:
            return self._give_up(f"the outcome of {request} is unknown: {response.message or 'no answer'}")
        return None

    def closed(self, outcome: Outcome) -> Outcome:
        """The outcome of a translation that ended by itself; a fallback after a side effect is our own fault.

        A translator may also raise `Untranslatable(reason)`: the drivers take it for `Fallback(reason)`.
        """
        if isinstance(outcome, Fallback) and (self.acted or self.emitted):
            raise BridgeFault(f"a translation fell back after it had acted: {outcome.reason}")
        return outcome

    def _give_up(self, reason: str) -> Outcome:
        return Unknown(reason) if self.acted or self.emitted else Fallback(reason)


@dataclass(frozen=True, slots=True)
class Canned:
    """One answer held ready.

    `request` is the request as `str(AriRequest)` prints it (`GET /channels/1.2`), `*` standing for any text; '' fits
    every request. `status` 0 is the lost connection: `sent` as in `AriResponse`. `sends` is the expected JSON body,
    None when it does not matter. `repeat`: may answer more than once.
    """

    request: str = ""
    status: int = 200
    body: Any = None
    sends: Any = None
    sent: bool = True
    repeat: bool = False

    def fits(self, request: AriRequest) -> bool:
        """Whether this answer is for `request`."""
        if self.sends is not None and self.sends != request.body:
            return False
        pattern = ".*".join(re.escape(piece) for piece in self.request.split("*"))
        return not self.request or re.fullmatch(pattern, str(request)) is not None

    def response(self) -> AriResponse:
        """The answer as the translation receives it."""
        return AriResponse(self.status, self.body, sent=self.sent)


@dataclass(slots=True)
class Result:
    """What a translation did: its requests, the messages it emitted (in order), its effects and its outcome."""

    requests: list[AriRequest] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Done)
    # Canned answers that nobody asked for; a test that expects a request finds its absence here.
    unused: list[Canned] = field(default_factory=list)


class UnexpectedRequest(BridgeFault):
    """A translation asked ARI for something that no canned answer fits."""


Answering: TypeAlias = Callable[[Call, AriRequest], AriResponse]
Waiting: TypeAlias = Callable[[Wait], AriEvent | None]


def run_canned(
    translator: Translator,
    action: Action,
    context: Context,
    answers: Sequence[Canned] = (),
    events: Iterable[AriEvent | None] = (),
) -> Result:
    """Run with answers and events held ready.

    Each request takes the first unused answer that fits (raises `UnexpectedRequest` when none does). Each `Wait` takes
    events in order until one satisfies it; a None among them, or their end, is the time running out.
    """
    ready = list(answers)
    stream = deque(events)

    def answer(_: Call, request: AriRequest) -> AriResponse:
        for place, canned in enumerate(ready):
            if canned.fits(request):
                if not canned.repeat:
                    del ready[place]
                return canned.response()
        raise UnexpectedRequest(f"no answer held ready for {request}; left: {[canned.request for canned in ready]}")

    def wait(effect: Wait) -> AriEvent | None:
        while stream:
            event = stream.popleft()
            if event is None or effect.until(event):
                return event
        return None

    result = drive(translator, action, context, answer, wait)
    result.unused = [canned for canned in ready if not canned.repeat]
    return result


def dry_run(translator: Translator, action: Action, context: Context) -> Result:
    """Predict with the World alone: nothing is sent.

    Requests that the World can answer are answered from it, others get a placeholder (`bridge.translate.predict`), and
    every write is assumed to succeed; a `Wait` gets its `sample`.
    """
    world = context.world
    return drive(translator, action, context, lambda call, _: predict(call, world), lambda effect: effect.sample)


def drive(translator: Translator, action: Action, context: Context, answer: Answering, wait: Waiting) -> Result:
    """Run a translation to its end; `answer` carries out each request, `wait` finds the event of each `Wait`."""
    result = Result()
    ledger = Ledger()
    translation = translator.run(action, context)
    reply: object = None
    try:
        while True:
            effect = translation.send(reply)
            result.effects.append(effect)
            if isinstance(effect, Emit):
                result.messages.append(effect.message)
                ledger.emitted = True
                reply = None
            elif isinstance(effect, Wait):
                reply = wait(effect)
            else:
                request = build(effect.operation, effect.params, context.version)
                result.requests.append(request)
                reply = response = answer(effect, request)
                ended = ledger.settle(effect, request, response)
                if ended is not None:
                    result.outcome = ended
                    return result
    except StopIteration as stop:
        result.outcome = ledger.closed(stop.value)
    except Untranslatable as reason:
        result.outcome = ledger.closed(Fallback(reason.reason))
    finally:
        translation.close()
    return result
