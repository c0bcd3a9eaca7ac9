"""Results in three shapes: a table for the terminal, Markdown for docs/performance.md, JSON for other programs."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import CpuRow, Result, Row, number

_HEAD = ("benchmark", "figure", "unit", "direct", "bridge", "ratio", "added", "target", "result")
_CPU_HEAD = ("benchmark", "per", "Asterisk, direct", "Asterisk, bridge", "bridge", "load generator")
_ROUNDS = "Medians of 3 to 7 rounds, direct and bridge in turns."
_RIGHT = {"direct", "bridge", "ratio", "added", *_CPU_HEAD[2:]}


@dataclass(frozen=True, slots=True)
class Machine:
    """What the figures were measured on; nothing that names the machine."""

    cores: int
    processor: str
    kernel: str
    python: str
    asterisk: str
    load: tuple[float, float]  # the load average when the run began and ended: what else the machine had to do

    def text(self) -> str:
        """One line."""
        system = f"Linux {self.kernel}, Python {self.python}, Asterisk {self.asterisk}"
        load = f"load average {self.load[0]:.1f} before, {self.load[1]:.1f} after"
        return f"{self.cores} cores ({self.processor}), {system}; {load}"


def machine(asterisk: str, load: tuple[float, float]) -> Machine:
    """This machine's shape."""
    return Machine(os.cpu_count() or 1, _processor(), _kernel(), platform.python_version(), asterisk, load)


def _kernel() -> str:
    """Major and minor number: the rest is the distributor's."""
    return ".".join(platform.release().split("-")[0].split(".")[:2])


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return " ".join(line.partition(":")[2].split())
    return platform.machine()


def cells(row: Row) -> tuple[str, ...]:
    """A figure's cells, in the order of the head."""
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    added = "" if row.added is None else number(row.added)
    target = row.target.text(row.unit) if row.target else ""
    return row.case, row.what, row.unit, number(row.direct), number(row.through), ratio, added, target, row.verdict


def cpu_cells(row: CpuRow) -> tuple[str, ...]:
    """The cells of a line of CPU seconds per million."""
    figures = (row.asterisk_direct, row.asterisk_through, row.bridge, row.load)
    return row.case, row.per, *(number(figure) for figure in figures)


def remarks(results: Sequence[Result]) -> list[str]:
    """What a reader must know beside the figures."""
    rows = [row for result in results for row in result.rows]
    return [note for result in results for note in result.notes] + [row.unsteady for row in rows if row.unsteady]


def text(results: Sequence[Result]) -> str:
    """Aligned columns for a terminal."""
    rows, cpu = _gathered(results)
    parts = [_aligned(_HEAD, rows)]
    if cpu:
        parts += ["", "CPU seconds per million:", _aligned(_CPU_HEAD, cpu)]
    return "\n".join(parts)


def command(names: Sequence[str], version: str, *, quick: bool) -> str:
    """The command that makes these figures again, without what only says where to write them."""
    words = [
        "python -m benchmarks",
        *names,
        "" if version == "22" else f"--version {version}",
        "--quick" if quick else "",
    ]
    return " ".join(word for word in words if word)


def markdown(results: Sequence[Result], shape: Machine, command: str) -> str:
    """The tables with the command that makes them and the machine's shape."""
    rows, cpu = _gathered(results)
    rounds = "One short round each: this measures nothing." if "--quick" in command else _ROUNDS
    parts = [f"Made by `{command}` on {shape.text()}. {rounds}", "", _piped(_HEAD, rows)]
    if cpu:
        parts += ["", "CPU seconds per million, which is microseconds each:", "", _piped(_CPU_HEAD, cpu)]
    if notes := remarks(results):
        parts += ["", *(f"- {note}" for note in notes)]
    return "\n".join(parts)


def as_json(results: Sequence[Result], shape: Machine, command: str) -> dict[str, Any]:
    """Everything, with unrounded figures."""
    rows = [
        asdict(row) | {"target": row.target.text(row.unit) if row.target else None, "result": row.verdict or None}
        for result in results
        for row in result.rows
    ]
    cpu = [asdict(row) for result in results for row in result.cpu]
    return {
        "command": command,
        "machine": asdict(shape),
        "figures": rows,
        "cpu_seconds_per_million": cpu,
        "remarks": remarks(results),
    }


def _gathered(results: Sequence[Result]) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    rows = [cells(row) for result in results for row in result.rows]
    return rows, [cpu_cells(row) for result in results for row in result.cpu]


def _aligned(head: Sequence[str], rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(line[column]) for line in (head, *rows)) for column in range(len(head))]

    def line(values: Sequence[str]) -> str:
        padded = (
            value.rjust(width) if name in _RIGHT else value.ljust(width)
            for name, value, width in zip(head, values, widths, strict=True)
        )
        return "  ".join(padded).rstrip()

    return "\n".join([line(head), line(["-" * width for width in widths]), *(line(row) for row in rows)])


def _piped(head: Sequence[str], rows: Sequence[tuple[str, ...]]) -> str:
    rule = ["---:" if name in _RIGHT else "---" for name in head]
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, rule, *rows))
