"""Who steers a channel, and how we know.

Evidence, strongest first:

1. StasisStart, StasisEnd and ApplicationMoveFailed seen on the connection that is up now: nothing was missed since.
2. Where they are missing or from before a gap: what a control request was answered (a 2xx tells that *some* application
   has the channel, never that it is ours: Asterisk does not check whose it is).
3. The variable STASISSTATUS: SUCCESS or FAILED is written on leaving Stasis. Not on a `move`, not by a masquerade.
4. The listing's application and its data, whose first part names the app. After a `move` it names the former one for
   good, so a foreign app that is subscribed to the very channel turns "ours" into "unknown".
5. The latest snapshot of an event. That Stasis runs for our app is not enough: StasisStart is still to come.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum

from bridge.world.snapshots import ChannelSnapshot


class Owner(Enum):
    """Ownership of a channel as the bridge knows it; `unknown` is never treated as ours."""

    OURS = "ours"
    FOREIGN = "foreign"
    DIALPLAN = "dialplan"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Ownership:
    """The owner, the owning app's name where known, and the evidence with its time (Unix seconds)."""

    owner: Owner
    app: str = ""
    evidence: str = ""
    time: float = 0.0


UNKNOWN = Ownership(Owner.UNKNOWN)


class Control(Enum):
    """What the answer to a control request tells of a channel."""

    IN_STASIS = "in Stasis"
    NOT_IN_STASIS = "not in Stasis"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Passage:
    """An entry into one of our apps (`inside`) or an exit, when, and on which connection (`epoch`) it was seen."""

    inside: bool
    time: float
    epoch: int


@dataclass(slots=True)
class Evidence:
    """All that is known of one channel's place; `World` fills it, `judge` weighs it."""

    passages: dict[str, Passage] = field(default_factory=dict)
    # Where our own `move` sent the channel.
    moved_to: str = ""
    status: str | None = None
    status_time: float = 0.0
    control: Control | None = None
    control_time: float = 0.0
    # From the listing of this epoch; `contested`: a foreign app is subscribed to this very channel.
    listed_epoch: int = -1
    listed_time: float = 0.0
    contested: bool = False

    def pass_app(self, app: str, passage: Passage) -> None:
        """Note an entry or an exit; one that is older than what is known of that app changes nothing."""
        known = self.passages.get(app)
        if known is None or (passage.epoch, passage.time) >= (known.epoch, known.time):
            self.passages[app] = passage


def judge(evidence: Evidence, snapshot: ChannelSnapshot, seen: float, apps: Collection[str], epoch: int) -> Ownership:
    """Weigh the evidence; `seen` is the snapshot's time, `epoch` the connection that is up."""
    current = {app: passage for app, passage in evidence.passages.items() if passage.epoch == epoch}
    entered = _latest(current, inside=True)
    if entered:
        return Ownership(Owner.OURS, entered[0], "StasisStart", entered[1].time)
    left = _latest(current, inside=False)
    if left:
        return _after_leaving(evidence, snapshot, seen, left[1].time)
    if _outside(evidence, snapshot):
        return _not_in_stasis(evidence, snapshot, seen)
    if evidence.listed_epoch == epoch:
        return _by_listing(evidence, snapshot, apps)
    app = first_argument(snapshot.app_data)
    if app not in apps:
        return Ownership(Owner.FOREIGN, app, "snapshot", seen)
    # Stasis runs, its StasisStart has not come: either it is on the way or Stasis is about to fail.
    return Ownership(Owner.UNKNOWN, app, "entering", seen)


def _latest(passages: dict[str, Passage], *, inside: bool) -> tuple[str, Passage] | None:
    found = [(app, passage) for app, passage in passages.items() if passage.inside is inside]
    return max(found, key=lambda one: one[1].time, default=None)


def _after_leaving(evidence: Evidence, snapshot: ChannelSnapshot, seen: float, left: float) -> Ownership:
    """A channel that left us: to the dialplan, to another app, or to its end."""
    if evidence.status and evidence.status_time >= left:
        return Ownership(Owner.DIALPLAN, "", "STASISSTATUS", evidence.status_time)
    if seen >= left and snapshot.app_told and not snapshot.in_stasis:
        return Ownership(Owner.DIALPLAN, "", "snapshot", seen)
    if evidence.moved_to:
        return Ownership(Owner.FOREIGN, evidence.moved_to, "move", left)
    if evidence.control is Control.IN_STASIS and evidence.control_time > left:
        return Ownership(Owner.FOREIGN, "", "control", evidence.control_time)
    return Ownership(Owner.UNKNOWN, "", "StasisEnd", left)


def _outside(evidence: Evidence, snapshot: ChannelSnapshot) -> bool:
    if snapshot.app_told and not snapshot.in_stasis:
        return True
    if evidence.control in {Control.NOT_IN_STASIS, Control.GONE}:
        return True
    return bool(evidence.status) or not snapshot.app_told


def _not_in_stasis(evidence: Evidence, snapshot: ChannelSnapshot, seen: float) -> Ownership:
    if evidence.control is Control.GONE:
        return Ownership(Owner.UNKNOWN, "", "gone", evidence.control_time)
    if evidence.control is Control.IN_STASIS:
        # Snapshot and answer disagree: it entered an app this moment, or is about to leave one.
        return Ownership(Owner.UNKNOWN, "", "control", evidence.control_time)
    if evidence.control is Control.NOT_IN_STASIS:
        return Ownership(Owner.DIALPLAN, "", "control", evidence.control_time)
    if evidence.status:
        return Ownership(Owner.DIALPLAN, "", "STASISSTATUS", evidence.status_time)
    if snapshot.app_told:
        return Ownership(Owner.DIALPLAN, "", "snapshot", seen)
    return Ownership(Owner.UNKNOWN, "", "application not told", seen)


def _by_listing(evidence: Evidence, snapshot: ChannelSnapshot, apps: Collection[str]) -> Ownership:
    """A channel that was in Stasis when we listed; what was seen before the gap still counts, as far as it agrees."""
    app, time = first_argument(snapshot.app_data), evidence.listed_time
    before = _latest(evidence.passages, inside=True)
    if before:
        app = before[0]
    elif evidence.passages:
        # It had left us and is in Stasis: the listing names us only because a `move` does not change that text.
        return Ownership(Owner.FOREIGN, evidence.moved_to or ("" if app in apps else app), "StasisEnd", time)
    if app not in apps:
        return Ownership(Owner.FOREIGN, app, "listing", time)
    if evidence.contested:
        return Ownership(Owner.UNKNOWN, app, "a foreign application watches it", time)
    return Ownership(Owner.OURS, app, "listing", time)


def first_argument(app_data: str) -> str:
    """The app's name in Stasis's argument text: the part before the first comma, read as Asterisk reads it.

    Source: main/app.c, `__ast_app_separate_args`: quotes group, a backslash takes the next character as it is, commas
    within parentheses and brackets do not separate; quotes and backslashes are removed, blanks are kept.
    """
    taken: list[str] = []
    depth, quoted = {"(": 0, "[": 0}, False
    rest = iter(app_data)
    for char in rest:
        if char == "\\":
            taken.append(next(rest, ""))
            continue
        if char == '"':
            quoted = not quoted
            continue
        if char in "([":
            depth[char] += 1
        elif char in ")]":
            opener = "(" if char == ")" else "["
            depth[opener] = max(0, depth[opener] - 1)
        elif char == "," and not quoted and not any(depth.values()):
            break
        taken.append(char)
    return "".join(taken)
