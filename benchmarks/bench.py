"""What every benchmark is given: the two endpoints, how long to run, and the interleaved rounds."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.figures import CpuRow, Kind, Row, Target
from benchmarks.process import cpu_seconds, own_cpu_seconds
from benchmarks.wire import Address

Figures = Mapping[str, float]
_LOG_LINES = 20
_NONE = Target(Kind.AT_MOST, 0)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where clients connect: ``direct`` (Asterisk) or ``bridge``."""

    name: str
    address: Address


class Meter:
    """CPU seconds of Asterisk, the bridge and this program, summed over the blocks ``with meter:``.

    A benchmark puts only what it measures inside: connecting and logging in stay outside.
    """

    def __init__(self, asterisk_pid: int, bridge_pid: int) -> None:
        """Start at zero for these two processes."""
        self._pids = (asterisk_pid, bridge_pid)
        self._before = (0.0, 0.0, 0.0)
        self.asterisk = self.bridge = self.load = 0.0

    def __enter__(self) -> None:
        """Start to count."""
        self._before = self._now()

    def __exit__(self, *failure: object) -> None:
        """Add what was used since the block began."""
        asterisk, bridge, load = self._now()
        self.asterisk += asterisk - self._before[0]
        self.bridge += bridge - self._before[1]
        self.load += load - self._before[2]

    def _now(self) -> tuple[float, float, float]:
        return cpu_seconds(self._pids[0]), cpu_seconds(self._pids[1]), own_cpu_seconds()


@dataclass(frozen=True, slots=True)
class Samples:
    """The figures of the rounds of one side, and the CPU seconds used over all of them."""

    cpu: Meter
    rounds: list[Figures] = field(default_factory=list)

    def values(self, name: str) -> tuple[float, ...]:
        """One figure of every round."""
        return tuple(figures[name] for figures in self.rounds)

    def total(self, name: str) -> float:
        """The sum of one figure over the rounds."""
        return sum(self.values(name))


Measure = Callable[["Endpoint", Meter], Figures]


@dataclass(frozen=True, slots=True)
class Pair:
    """Both sides of one benchmark."""

    case: str
    direct: Samples
    through: Samples

    def row(self, what: str, name: str, unit: str, target: Target | None = None, *, compared: bool = True) -> Row:
        """The figure ``name`` of both sides, medians over the rounds."""
        direct, through = self.direct.values(name), self.through.values(name)
        middle = statistics.median
        return Row(self.case, what, unit, middle(direct), middle(through), target, compared, direct, through)

    def faults(self, what: str, name: str) -> Row:
        """The sum of a count over the rounds, which must be 0."""
        return Row(self.case, what, "", self.direct.total(name), self.through.total(name), _NONE, compared=False)

    def cpu(self, per: str, count: str) -> CpuRow:
        """CPU seconds per million operations, where the figure ``count`` says how many each round made."""
        direct, through = (samples.total(count) / 1e6 for samples in (self.direct, self.through))
        return CpuRow(
            self.case,
            per,
            self.direct.cpu.asterisk / direct,
            self.through.cpu.asterisk / through,
            self.through.cpu.bridge / through,
            self.through.cpu.load / through,
        )


@dataclass(frozen=True, slots=True)
class Bench:
    """One Asterisk and one bridge before it, both running, both ours."""

    direct: Endpoint
    bridge: Endpoint
    asterisk_pid: int
    bridge_pid: int
    app: str  # the Stasis application that the bridge owns
    log: Path  # the bridge's
    version: str  # Asterisk's major version
    quick: bool = False

    def seconds(self, usual: float) -> float:
        """How long to run something that usually takes ``usual`` seconds."""
        return min(usual, 0.3) if self.quick else usual

    def count(self, usual: int) -> int:
        """How often to do something that is usually done ``usual`` times."""
        return max(1, usual // 20) if self.quick else usual

    def log_tail(self) -> str:
        """The last lines of the bridge's log that are more than information."""
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if " info " not in line.lower()]
        return "\n".join(lines[-_LOG_LINES:]) or "(nothing but information)"

    def interleaved(self, case: str, measure: Measure, *, rounds: int = 5) -> Pair:
        """Measure direct, bridge, direct, bridge, ...: what else the machine does meets both sides alike."""
        direct, through = (Samples(Meter(self.asterisk_pid, self.bridge_pid)) for _ in range(2))
        total = 1 if self.quick else rounds
        for turn in range(total):
            for endpoint, samples in ((self.direct, direct), (self.bridge, through)):
                progress(f"{case}: round {turn + 1} of {total}, {endpoint.name}")
                samples.rounds.append(measure(endpoint, samples.cpu))
        return Pair(case, direct, through)


_started = time.monotonic()


def progress(text: str) -> None:
    """One line on stderr with the seconds since the start."""
    sys.stderr.write(f"[{time.monotonic() - _started:6.1f} s] {text}\n")
    sys.stderr.flush()
