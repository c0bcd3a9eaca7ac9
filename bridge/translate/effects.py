"""The three effects of a translation, and what a translation may know.

A translator is a generator function `(action, context) -> Translation`. It yields effects and receives their results;
it never awaits, logs, or reads a clock. Drivers run it: `bridge.net.executor` (production), `bridge.translate.drivers`
(canned answers, dry run).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from bridge.ami.message import Action, Message
    from bridge.ari.events import AriEvent
    from bridge.world.model import World


@dataclass(frozen=True, slots=True)
class Call:
    """Ask ARI for an operation; the result is an `AriResponse` (a 404 is a value).

    When the outcome is unknown the driver ends the translation and tells the client so, unless `ask` is true: then the
    translation receives the response (`response.unknown`) and settles the question itself, e.g. by asking for the
    channel id that it chose. A request that certainly never left (`not_sent`) ends the translation with a fallback
    when nothing with a side effect happened before, else with the unknown-outcome answer.
    """

    operation: str
    params: Mapping[str, Any] = field(default_factory=dict)
    ask: bool = False


@dataclass(frozen=True, slots=True)
class Emit:
    """Give the client a message; the result is None.

    `last=True`: the asker's answer is complete and its next action may start, while this translation goes on (an async
    Originate that still owes an OriginateResponse). `everyone` is set for an event that every session gets whose class
    mask and filters let it pass: it names the event's classes, e.g. "call"; `about` is then the uniqueid of the channel
    it tells of.
    """

    message: Message
    last: bool = False
    everyone: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for an ARI event; the result is the event, or None after `seconds` (or when the stream broke).

    `until` is first asked about the events that arrived since the translation started (or since the previous Wait
    returned), in order, then about new ones: a proof that overtook the HTTP answer is not missed. `sample` is an event
    of the kind that is hoped for: a dry run receives it instead of waiting.
    """

    until: Callable[[AriEvent], bool]
    seconds: float
    sample: AriEvent | None = None


Effect: TypeAlias = Call | Emit | Wait


@dataclass(frozen=True, slots=True)
class Done:
    """The translation carried the action out, or refused it as Asterisk would have; everything is emitted."""


@dataclass(frozen=True, slots=True)
class Fallback:
    """Nothing was emitted and nothing was changed: AMI may carry the action out.

    `reason` is one short sentence for the log, `explain` and (when there is no AMI behind) the client. Raising
    `bridge.errors.Untranslatable(reason)` within a translation means the same.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something with a side effect was sent and its outcome cannot be learned; never repeated on the other side."""

    reason: str


Outcome: TypeAlias = Done | Fallback | Unknown
Translation: TypeAlias = Generator[Effect, Any, Outcome]


@dataclass(frozen=True, slots=True)
class Context:
    """What a translation may know about its surroundings; all of it is given by the driver.

    `version` is Asterisk's (major, minor, patch), e.g. (22, 10, 1). `ami_behind`: does a Fallback lead anywhere
    (False on `ari-only`). `new_id` returns a fresh channel/object id chosen by the bridge.
    """

    world: World
    apps: tuple[str, ...]
    version: tuple[int, int, int]
    ami_behind: bool
    user: str
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Translator:
    """A translation and what the driver and the router must know before it runs.

    `channels` names the action's headers that name channels. `control` tells that the action needs Stasis control of
    these channels (the router leaves it on AMI when one of them is not ours). `waits` tells that it may yield `Wait`.
    `effect` is "read" or "write".
    """

    action: str
    run: Callable[[Action, Context], Translation]
    effect: str
    channels: tuple[str, ...] = ()
    control: bool = False
    waits: bool = False
