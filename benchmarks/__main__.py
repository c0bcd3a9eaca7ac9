"""``python -m benchmarks [names]``: run benchmarks and print what they found."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from benchmarks import actions, events, idle, logins, report, stack
from benchmarks.bench import Bench, progress
from benchmarks.figures import Result
from benchmarks.wire import WireError
from bridge.lab import VERSIONS


@dataclass(frozen=True, slots=True)
class Case:
    """One benchmark and the plan that the bridge follows meanwhile."""

    run: Callable[[Bench], Result]
    plan: str = "observe"
    alone: bool = False  # needs a bridge that has served nobody yet

    @property
    def summary(self) -> str:
        """The first line of its description."""
        return (self.run.__doc__ or "").splitlines()[0]


# In the order they run: those of one plan stand together, so that the bridge is started once for each plan.
CASES: Mapping[str, Case] = {
    "ping": Case(actions.ping),
    "getvar": Case(actions.getvar_ami),
    "inflight": Case(actions.inflight),
    "sessions": Case(actions.sessions),
    "events": Case(events.events),
    "flood": Case(events.flood),
    "stalled": Case(events.stalled),
    "logins": Case(logins.logins),
    "idle": Case(idle.idle, alone=True),
    "getvar-ari": Case(actions.getvar_ari, plan="ari-first"),
}


def run(names: Sequence[str], version: str, *, quick: bool) -> tuple[list[Result], str]:
    """Run these benchmarks against one Asterisk; the results and Asterisk's full version."""
    results = []
    with stack.asterisk(version) as asterisk:
        for (plan, _), group in groupby(
            [(name, CASES[name]) for name in CASES if name in names],
            key=lambda item: (item[1].plan, item[0] if item[1].alone else ""),
        ):
            with stack.bridge(asterisk, plan, quick=quick) as bench:
                results += [_attempt(name, case, bench) for name, case in group]
        full_version = asterisk.full_version
    return results, full_version


def _attempt(name: str, case: Case, bench: Bench) -> Result:
    """Run one benchmark; one that breaks off says so in its result and does not take the others with it."""
    try:
        return case.run(bench)
    except (WireError, OSError) as error:
        progress(f"{name} broke off: {error}; the end of the bridge's log:\n{bench.log_tail()}")
        return Result((), notes=(f"{name} broke off: {error}",), failed=True)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    listing = "\n".join(f"  {name:<11} {case.summary}" for name, case in CASES.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure Asterisk directly and through the bridge, in turns, and print both.",
        epilog=f"benchmarks:\n{listing}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="name", help="which ones (all without a name)")
    parser.add_argument("--version", choices=VERSIONS, default="22", help="major version of Asterisk (22)")
    parser.add_argument(
        "--quick", action="store_true", help="one short round each: shows that it works, measures nothing"
    )
    parser.add_argument("--markdown", action="store_true", help="print Markdown, as in docs/performance.md")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every figure to FILE")
    chosen = parser.parse_args(words)
    unknown = [name for name in chosen.names if name not in CASES]
    if unknown:
        parser.error(f"no benchmark named {', '.join(unknown)}: there are {', '.join(CASES)}")
    return chosen


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; 0 whatever the figures are, 1 when a benchmark broke off."""
    words = sys.argv[1:] if words is None else words
    chosen = _arguments(words)
    before = os.getloadavg()[0]
    results, full_version = run(chosen.names or list(CASES), chosen.version, quick=chosen.quick)
    shape = report.machine(full_version, (before, os.getloadavg()[0]))
    command = report.command(chosen.names, chosen.version, quick=chosen.quick)
    if chosen.json:
        chosen.json.write_text(json.dumps(report.as_json(results, shape, command), indent=2) + "\n")
        progress(f"written to {chosen.json}")
    print(report.markdown(results, shape, command) if chosen.markdown else report.text(results))
    for note in report.remarks(results):
        progress(note)
    return int(any(result.failed for result in results))


if __name__ == "__main__":
    sys.exit(main())
