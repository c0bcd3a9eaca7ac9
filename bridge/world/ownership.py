"""Who steers a channel, and how we know."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


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
