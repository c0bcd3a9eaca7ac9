"""A thousand sessions that only stay logged in: memory of each, and a Ping beside them."""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks.bench import Bench, Endpoint, Figures, Meter
from benchmarks.figures import Kind, Result, Row, Target, percentile
from benchmarks.loops import one_at_a_time
from benchmarks.process import resident_bytes
from benchmarks.wire import PING, Connection, logged_in

_SESSIONS = 1000
_WARM_UP = 100
_MEMORY = Target(Kind.AT_MOST, 50)
_KIB = 1024


def idle(bench: Bench) -> Result:
    """1000 idle sessions: resident memory per session, Ping one at a time beside them."""
    count = bench.count(_SESSIONS)

    def measure(endpoint: Endpoint, meter: Meter) -> Figures:
        pids = (bench.asterisk_pid, bench.bridge_pid)
        with ExitStack() as stack:
            # What a first session allocates once (buffers, code, threads' stacks) is not a cost of each.
            _open(stack, endpoint, _WARM_UP)
            before = [resident_bytes(pid) for pid in pids]
            _open(stack, endpoint, count)
            with logged_in(endpoint.address) as connection, meter:
                samples = one_at_a_time(connection, PING, bench.count(4000))
            asterisk, bridge = (
                (resident_bytes(pid) - old) / count / _KIB for pid, old in zip(pids, before, strict=True)
            )
        return {
            "p50": percentile(samples, 0.5),
            "p99": percentile(samples, 0.99),
            "asterisk": asterisk,
            "bridge": bridge,
        }

    pair = bench.interleaved(f"{count} idle sessions", measure, rounds=3)
    # Memory that was freed is used again, so only the first round of a fresh bridge shows what a session takes.
    memory = (pair.direct.rounds[0]["asterisk"], pair.through.rounds[0]["bridge"])
    return Result(
        (
            Row(pair.case, "memory each: Asterisk's, the bridge's", "KiB", *memory, _MEMORY, compared=False),
            pair.row("Ping beside them, p50", "p50", "µs"),
            pair.row("Ping beside them, p99", "p99", "µs"),
        )
    )


def _open(stack: ExitStack, endpoint: Endpoint, count: int) -> list[Connection]:
    return [stack.enter_context(logged_in(endpoint.address)) for _ in range(count)]
