"""Event delivery: at a fixed rate and as fast as it goes, with 1, 10, 100 clients, and beside one that never reads."""

from __future__ import annotations

from benchmarks.bench import Bench, Endpoint, Figures, Meter, Pair
from benchmarks.figures import Kind, Result, Row, Target
from benchmarks.readers import Outcome
from benchmarks.storm import at_rate, flat_out, readers
from benchmarks.wire import logged_in

_RATE = 500
_SECONDS = 6.0
_FLOOD = {1: 20_000, 10: 20_000, 100: 4_000}
_CPU_PER_MILLION = Target(Kind.AT_MOST, 5)
# 8 KiB per event: a client that does not read fills the kernel's and the bridge's buffers within two seconds.
_STALL_PADDING = 8000
_STALL_CLIENTS = 10
_STALL_CHANGE = Target(Kind.AT_MOST, 1.0)


def events(bench: Bench) -> Result:
    """UserEvents at a fixed rate to 1, 10 and 100 clients."""
    return _joined([_fixed(bench, clients) for clients in (1, 10, 100)])


def flood(bench: Bench) -> Result:
    """UserEvents as fast as Asterisk takes them, to 1, 10 and 100 clients."""
    return _joined([_flood(bench, clients) for clients in _FLOOD])


def _fixed(bench: Bench, clients: int) -> Result:
    count = int(_RATE * bench.seconds(_SECONDS))
    pair = bench.interleaved(
        f"events, {_RATE}/s to {clients}",
        lambda endpoint, meter: _deliver(bench, endpoint, meter, clients, count, rate=_RATE),
        rounds=3,
    )
    rows = (pair.row("latency p50", "p50", "µs"), pair.row("latency p99", "p99", "µs"))
    return _with_checks(pair, rows, _CPU_PER_MILLION if clients == 100 else None)


def _flood(bench: Bench, clients: int) -> Result:
    count = bench.count(_FLOOD[clients])
    pair = bench.interleaved(
        f"events, flat out to {clients}",
        lambda endpoint, meter: _deliver(bench, endpoint, meter, clients, count),
        rounds=3,
    )
    return _with_checks(pair, (pair.row("deliveries", "rate", "1/s"),), None)


def _deliver(
    bench: Bench,
    endpoint: Endpoint,
    meter: Meter,
    clients: int,
    count: int,
    *,
    rate: float = 0,
    padding: int = 0,
    stalled: int = 0,
) -> Figures:
    """Send ``count`` events straight to Asterisk and read them at ``endpoint``; ``rate`` 0 is as fast as it goes."""
    reading_process = readers(endpoint.address, clients, count, stalled)
    with logged_in(bench.direct.address) as sender, reading_process as reading, meter:
        if rate:
            at_rate(sender, count, rate, padding)
        else:
            flat_out(sender, count, padding)
        outcome = reading.outcome()
        meter.load += outcome.cpu
    return _figures(outcome)


def _figures(outcome: Outcome) -> Figures:
    return {
        "p50": outcome.p50,
        "p99": outcome.p99,
        "deliveries": outcome.delivered,
        "missing": outcome.missing,
        "blocked": outcome.blocked,
        # Clients that were closed on, and clients whose bytes differ from the others': both must be none.
        "odd": outcome.closed + outcome.streams - 1,
        "rate": outcome.delivered / outcome.seconds if outcome.seconds else 0.0,
    }


def _with_checks(pair: Pair, rows: tuple[Row, ...], cpu_target: Target | None) -> Result:
    """Add the rows that every delivery has: missing events, streams that differ, the bridge's CPU."""
    cpu = pair.cpu("delivery", "deliveries")
    cost = Row(pair.case, "the bridge's CPU per million deliveries", "s", None, cpu.bridge, cpu_target)
    missing = pair.faults("events missing", "missing")
    return Result((*rows, cost, missing, pair.faults("clients cut off or with other bytes", "odd")), (cpu,))


def stalled(bench: Bench) -> Result:
    """One client that never reads, during a storm of 8 KiB events: the others' p99 with it and without."""
    case, count = "one client never reads", int(_RATE * bench.seconds(_SECONDS))

    def measure(endpoint: Endpoint, meter: Meter) -> Figures:
        plain, beside = (
            _deliver(bench, endpoint, meter, _STALL_CLIENTS, count, rate=_RATE, padding=_STALL_PADDING, stalled=number)
            for number in (0, 1)
        )
        return {
            "without": plain["p99"],
            "beside": beside["p99"],
            "change": (beside["p99"] - plain["p99"]) / 1000,
            "missing": plain["missing"] + beside["missing"],
            "blocked": beside["blocked"],
        }

    pair = bench.interleaved(case, measure, rounds=3)
    rows = (
        pair.row("the others' p99 without it", "without", "µs"),
        pair.row("the others' p99 beside it", "beside", "µs"),
        pair.row("change of the others' p99", "change", "ms", _STALL_CHANGE, compared=False),
        pair.faults("the others' events missing", "missing"),
    )
    idle = min(samples.total("blocked") / len(samples.rounds) for samples in (pair.direct, pair.through)) < 1
    note = f"{case}: it was never blocked in some rounds, the storm was too short for its buffers"
    return Result(rows, notes=(note,) if idle else ())


def _joined(results: list[Result]) -> Result:
    return Result(
        tuple(row for result in results for row in result.rows), tuple(row for result in results for row in result.cpu)
    )
