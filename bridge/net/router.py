"""Which way an action goes: the plan's word, less what safety takes away (design.md §4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.mapping.plan import Plan, Query, Route
from bridge.translate.effects import Translator
from bridge.world.ownership import UNKNOWN, Owner, Ownership

if TYPE_CHECKING:
    from bridge.ami.message import Action
    from bridge.mapping.registry import Registry
    from bridge.net.ports import AriFeed
    from bridge.world.model import World


@dataclass(frozen=True, slots=True)
class Routed:
    """The way an action goes. `refused` is set where the plan says `ari-only` and ARI must not be used."""

    route: Route
    line: str
    reason: str = ""
    translator: Translator | None = None
    refused: bool = False


class Router:
    """Plan, mappings and World together; swapped as a whole at a reload."""

    def __init__(self, plan: Plan, registry: Registry, world: World, feed: AriFeed) -> None:
        """`feed.live` is the circuit: while it is open, every `ari` route behaves as `ami`."""
        self._plan = plan
        self._registry = registry
        self._world = world
        self._feed = feed

    @property
    def registry(self) -> Registry:
        """The mappings in force."""
        return self._registry

    def replace(self, plan: Plan, registry: Registry) -> None:
        """Another plan and other mappings from now on; actions under way keep theirs."""
        self._plan, self._registry = plan, registry

    def always_ami(self, user: str, name: str) -> bool:
        """Whether this action of this user goes to AMI whatever it names; cheap, asked for every action."""
        return self._plan.always_ami(user, name)

    def route(self, user: str, action: Action) -> Routed:
        """The way of this action, and why."""
        name = action.name
        translator = self._registry.translator(name)
        owner, channel = self._owner_of(translator, action)
        decision = self._plan.decide(Query(user, name, owner.owner.value if channel else "", channel))
        if decision.route is Route.AMI:
            return Routed(Route.AMI, decision.line, "the plan")
        if translator is None:
            return self._left(decision.route, decision.line, "no translation")
        if not self._feed.live:
            return self._left(decision.route, decision.line, "ARI is away")
        if decision.route is Route.COMPARE and translator.effect == "write":
            return Routed(Route.AMI, decision.line, "only reads are compared")
        obstacle = self._obstacle(translator, action)
        if obstacle:
            return self._left(decision.route, decision.line, obstacle)
        return Routed(decision.route, decision.line, "", translator)

    def _left(self, route: Route, line: str, reason: str) -> Routed:
        if route is Route.ARI_ONLY:
            return Routed(route, line, reason, refused=True)
        return Routed(Route.AMI, line, reason)

    def _owner_of(self, translator: Translator | None, action: Action) -> tuple[Ownership, str]:
        """Owner and name of the first channel that the action names; what speaks against ARI weighs more."""
        if translator is None:
            return UNKNOWN, ""
        found: list[tuple[Ownership, str]] = []
        for header in translator.channels:
            if value := action.get(header):
                snapshot = self._world.find(value)
                found.append((self._world.owner(snapshot.id), snapshot.name) if snapshot else (UNKNOWN, value))
        if not found:
            return UNKNOWN, ""
        return max(found, key=lambda pair: pair[0].owner is not Owner.OURS)

    def _obstacle(self, translator: Translator, action: Action) -> str:
        """Why a write must not go over ARI; '' when it may. A foreign app's channel is never touched."""
        if translator.effect == "read":
            return ""
        for header in translator.channels:
            value = action.get(header)
            if not value or value.startswith("/"):
                continue
            snapshot = self._world.find(value)
            if snapshot is None:
                return f"{header} is not a channel that the bridge knows"
            owner = self._world.owner(snapshot.id)
            if owner.owner is Owner.FOREIGN:
                return f"{header} belongs to the application {owner.app or 'of somebody else'}"
            if owner.owner is Owner.UNKNOWN:
                return f"the owner of {header} is not known"
            if translator.control and owner.owner is not Owner.OURS:
                return f"{header} is run by the dialplan"
        return ""
