"""The migration plan: which route an action takes. First matching line wins."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


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
