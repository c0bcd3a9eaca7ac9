"""The migration plan: which route an action takes. First matching line wins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from typing import Literal, Protocol
from zlib import crc32

from bridge.mapping.nodes import Position
from bridge.mapping.registry import Registry
from bridge.mapping.rules import Mapping
from bridge.mapping.schema import Refused, place, setting, suggestion


class Route(Enum):
    """The rungs of the ladder (design.md §4)."""

    AMI = "ami"
    COMPARE = "compare"
    VERIFY = "verify"
    ARI = "ari"
    ARI_ONLY = "ari-only"


@dataclass(frozen=True, slots=True)
class Query:
    """What a plan line may look at. `owner` is "ours", "foreign", "dialplan", "unknown", or "" for no channel."""

    user: str
    action: str
    owner: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The route, and the place of the line that decided (`file:line` or `default`)."""

    route: Route
    line: str


class Plan(Protocol):
    """A loaded plan."""

    def decide(self, query: Query) -> Decision:
        """The route of this action."""
        ...

    def always_ami(self, user: str, action: str) -> bool:
        """Whether no line can send this user's action (any case) anywhere but to AMI, whatever channel it names."""
        ...


# Words that stand for many actions; `ready` ones answer over ARI as over AMI, or so nearly that
# nobody is hurt: their mapping says `default: ari`.
GROUPS = ("reads", "writes", "ready", "ready-reads", "ready-writes")


def percent(text: str) -> float:
    """A share of the channels, 0 to 100."""
    digits = text.removesuffix("%").strip()
    if not digits.replace(".", "", 1).isdigit() or not digits.isascii() or not 0 <= float(digits) <= 100:
        raise Refused(f"'{text}' is not a percentage", "write a number from 0 to 100")
    return float(digits)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plan; what it does not name, it does not ask about."""

    route: Route = setting("ami, compare, verify, ari or ari-only.")
    action: tuple[str, ...] = setting(f"Actions by name, or the words {', '.join(GROUPS)}.", factory=tuple)
    user: tuple[str, ...] = setting("AMI users by name.", factory=tuple)
    owner: tuple[Literal["ours", "foreign", "dialplan", "unknown", "none"], ...] = setting(
        "Who steers the action's channel; none when it names no channel.", factory=tuple
    )
    channel: tuple[str, ...] = setting("Patterns of channel names: PJSIP/*, any case.", factory=tuple)
    percent: float = setting(
        "The share of channels (of users, where no channel is named) that this line takes; the same ones each time.",
        default=100.0,
        parse=percent,
    )
    position: Position = place()

    def covers(self, mapping: Mapping) -> bool:
        """Whether the line's `action` takes in this action."""
        words = _words(mapping)
        return not self.action or any(name.lower() in words for name in self.action)

    def matches(self, query: Query) -> bool:
        """Whether the line takes this query, its action apart."""
        if self.user and query.user not in self.user:
            return False
        if self.owner and (query.owner or "none") not in self.owner:
            return False
        if self.channel and not any(fnmatchcase(query.channel.lower(), pattern.lower()) for pattern in self.channel):
            return False
        return self.percent >= 100 or _share(query) < self.percent


@dataclass(frozen=True, slots=True)
class PlanFile:
    """What a plan file says."""

    lines: tuple[Line, ...] = setting("The first line that matches decides.", factory=tuple)
    default: Route = setting("The route when no line matches.", default=Route.AMI)
    description: str = setting("What the plan is for.", default="")


class LoadedPlan:
    """A plan with its lines sorted by action beforehand, so that an action asks only those which concern it.

    Actions that the session itself answers (`how: session`) are never routed. An action that has no translation leaves
    AMI only by `ari-only`, where it gets the error that says so.
    """

    def __init__(self, file: PlanFile, registry: Registry) -> None:
        """`registry` gives the meaning of the group words."""
        self.description = file.description
        self._default = Decision(file.default, "default")
        self._session = {mapping.action.lower() for mapping in registry if mapping.how == "session"}
        self._users = {user for line in file.lines for user in line.user}
        self._nameless = tuple(line for line in file.lines if not line.action)
        self._lines = {
            mapping.action.lower(): tuple(line for line in file.lines if line.covers(mapping))
            for mapping in registry
            if mapping.how != "session"
        }
        self._decisions = {id(line): Decision(line.route, str(line.position)) for line in file.lines}
        leaving = [*self._lines, ""]
        self._leaves = {
            user: frozenset(name for name in leaving if self._may_leave(user, name, registry))
            for user in [*self._users, ""]
        }

    def decide(self, query: Query) -> Decision:
        """The route of this action, and the line that says so."""
        action = query.action.lower()
        if action in self._session:
            return Decision(Route.AMI, "session")
        for line in self._lines.get(action, self._nameless):
            if line.matches(query):
                return self._decisions[id(line)]
        return self._default

    def always_ami(self, user: str, action: str) -> bool:
        """Whether no line can send this user's action (any case) anywhere but to AMI; a few dictionary lookups."""
        name = action.lower()
        leaves = self._leaves[user if user in self._users else ""]
        if name in self._lines:
            return name not in leaves
        return name in self._session or "" not in leaves

    def _may_leave(self, user: str, action: str, registry: Registry) -> bool:
        """Whether any channel could take this user's action off AMI; '' is an action without a mapping."""
        translated = registry.translator(action) is not None
        for line in self._lines.get(action, self._nameless):
            if line.user and user not in line.user:
                continue
            if line.percent > 0 and _off_ami(line.route, translated):
                return True
            if not line.owner and not line.channel and line.percent >= 100:
                return False
        return _off_ami(self._default.route, translated)


def line_problems(lines: Sequence[Line], registry: Registry) -> Iterable[tuple[Line, str, str]]:
    """Lines with what is wrong with them and a hint: actions that do not exist, or that no plan can route."""
    names = {mapping.action.lower(): mapping for mapping in registry}
    for line in lines:
        for name in line.action:
            if name in GROUPS:
                continue
            found = names.get(name.lower())
            if found is None:
                known = {mapping.action: None for mapping in registry} | dict.fromkeys(GROUPS)
                yield line, f"there is no action '{name}'", suggestion(name, known)
            elif found.how == "session" and line.route is not Route.AMI:
                yield line, f"'{name}' is answered by the session itself and cannot be routed", ""
            elif line.route not in {Route.AMI, Route.ARI_ONLY} and not found.carried:
                yield line, f"'{name}' cannot go to ARI: {found.reason}", "only the route ami is left for it"


def _off_ami(route: Route, translated: bool) -> bool:
    return route is Route.ARI_ONLY or (translated and route is not Route.AMI)


def _words(mapping: Mapping) -> set[str]:
    """The action's name and its groups; only what has a translation is in a group."""
    words = {mapping.action.lower()}
    if mapping.carried:
        words.add(f"{mapping.effect}s")
        if mapping.default == "ari":
            words |= {"ready", f"ready-{mapping.effect}s"}
    return words


def _share(query: Query) -> float:
    """A number from 0 to below 100 that stays with the channel (with the user, where there is none)."""
    key = query.channel.lower() or query.user
    return crc32(key.encode("utf-8", "surrogateescape")) % 10_000 / 100
