"""Figures and their verdicts: percentiles, targets, and one row per figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


def percentile(samples: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; ``share`` is 0 to 1. The samples need not be sorted, and must not be empty."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]


class Kind(Enum):
    """How a target is read."""

    ADDS_AT_MOST = "adds at most"  # through − direct
    RATIO_AT_LEAST = "at least × direct"  # through / direct
    AT_MOST = "at most"  # through alone
    AT_LEAST = "at least"  # through alone


@dataclass(frozen=True, slots=True)
class Target:
    """One limit from the project's plan, in the unit of the row it stands in."""

    kind: Kind
    limit: float

    def met(self, direct: float | None, through: float) -> bool:
        """Whether the figures reach the target. A relative target without a direct figure is not reached."""
        if self.kind is Kind.AT_MOST:
            return through <= self.limit
        if self.kind is Kind.AT_LEAST:
            return through >= self.limit
        if direct is None:
            return False
        if self.kind is Kind.ADDS_AT_MOST:
            return through - direct <= self.limit
        return direct > 0 and through / direct >= self.limit

    def text(self, unit: str) -> str:
        """The target in words, such as "adds at most 40 µs"."""
        if self.kind is Kind.RATIO_AT_LEAST:
            return f"at least {self.limit:g} of direct"
        return f"{self.kind.value} {number(self.limit)} {unit}".rstrip()


_TIMES = {"µs", "ms"}
_STEADY = 1.5


@dataclass(frozen=True, slots=True)
class Row:
    """One figure on both sides. ``direct`` is None where the figure exists only for the bridge."""

    case: str
    what: str
    unit: str
    direct: float | None
    through: float
    target: Target | None = None
    compared: bool = True  # False for counts of faults and for differences, where a ratio says nothing
    direct_rounds: tuple[float, ...] = ()  # what the medians were taken of
    through_rounds: tuple[float, ...] = ()

    @property
    def ratio(self) -> float | None:
        """Through the bridge as a multiple of direct; None where that says nothing."""
        return self.through / self.direct if self.compared and self.direct else None

    @property
    def added(self) -> float | None:
        """What the bridge adds to a time, in the row's unit; None for anything but times."""
        if self.direct is None or not self.compared or self.unit not in _TIMES:
            return None
        return self.through - self.direct

    @property
    def unsteady(self) -> str:
        """Says so when the rounds of one side differ by more than half; empty otherwise. A p99 always does."""
        if not self.compared or "p99" in self.what:
            return ""
        for side, rounds in (("direct", self.direct_rounds), ("through the bridge", self.through_rounds)):
            if rounds and max(rounds) > _STEADY * min(rounds):
                span = f"{number(min(rounds))} to {number(max(rounds))} {self.unit}"
                return f"{self.case}, {self.what}: {side} the rounds range from {span}"
        return ""

    @property
    def verdict(self) -> str:
        """``met``, ``missed``, or empty without a target."""
        if self.target is None:
            return ""
        return "met" if self.target.met(self.direct, self.through) else "missed"


@dataclass(frozen=True, slots=True)
class CpuRow:
    """CPU seconds per million operations, which is CPU microseconds each."""

    case: str
    per: str  # the operation, such as "action" or "delivery"
    asterisk_direct: float
    asterisk_through: float
    bridge: float
    load: float  # this program's own, through the bridge


@dataclass(frozen=True, slots=True)
class Result:
    """What one benchmark found: its figures, its CPU, and remarks such as missing deliveries."""

    rows: tuple[Row, ...]
    cpu: tuple[CpuRow, ...] = ()
    notes: tuple[str, ...] = ()
    failed: bool = False  # it broke off: there are no figures


def number(value: float | None) -> str:
    """Three significant digits, thousands grouped; a dash for None."""
    if value is None:
        return "–"
    size = abs(value)
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}"
