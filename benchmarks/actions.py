"""Actions and their answers: one at a time, in flight, over AMI and over ARI."""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks.bench import Bench, Endpoint, Figures, Meter
from benchmarks.channels import stasis_channel
from benchmarks.figures import Kind, Result, Target, percentile
from benchmarks.loops import in_flight, one_at_a_time
from benchmarks.wire import PING, Connection, WireError, logged_in

GLOBAL = "BENCH_GLOBAL"
CHANNEL_VARIABLE = "BENCH_CHANNEL"
VALUE = "measured"

_PING_P50 = Target(Kind.ADDS_AT_MOST, 40)
_PING_P99 = Target(Kind.ADDS_AT_MOST, 150)
_SESSIONS, _WINDOW = 20, 8


def getvar(variable: str, channel: str = "") -> bytes:
    """A Getvar action of a global variable, or of a channel's."""
    where = f"Channel: {channel}\r\n" if channel else ""
    return f"Action: Getvar\r\n{where}Variable: {variable}\r\n\r\n".encode()


def setvar(variable: str, value: str, channel: str = "") -> bytes:
    """A Setvar action."""
    where = f"Channel: {channel}\r\n" if channel else ""
    return f"Action: Setvar\r\n{where}Variable: {variable}\r\nValue: {value}\r\n\r\n".encode()


def expect(connection: Connection, action: bytes, wanted: bytes) -> None:
    """Ask once and refuse to measure an answer that is not the wanted one."""
    answer = connection.ask(action)
    if wanted not in answer:
        raise WireError(f"{action!r} was answered {answer!r}")


def ping(bench: Bench) -> Result:
    """Ping, one at a time."""
    return _latency(bench, "ping", PING, b"Ping: Pong", _PING_P50, _PING_P99)


def getvar_ami(bench: Bench) -> Result:
    """Getvar of a global variable over AMI, one at a time."""
    with logged_in(bench.direct.address) as connection:
        expect(connection, setvar(GLOBAL, VALUE), b"Success")
    return _latency(bench, "getvar", getvar(GLOBAL), f"Value: {VALUE}".encode(), None, None)


def getvar_ari(bench: Bench) -> Result:
    """Getvar carried out over ARI, of a global variable and of a channel in Stasis; direct is AMI."""
    # The target is for REST over the event websocket, which 16 does not have.
    limit = Target(Kind.AT_MOST, 200) if bench.version == "22" else None
    with logged_in(bench.direct.address) as connection, stasis_channel(connection, bench.app) as channel:
        expect(connection, setvar(GLOBAL, VALUE), b"Success")
        expect(connection, setvar(CHANNEL_VARIABLE, VALUE, channel), b"Success")
        wanted = f"Value: {VALUE}".encode()
        results = [
            _latency(bench, "getvar-ari, global", getvar(GLOBAL), wanted, limit, None),
            _latency(bench, "getvar-ari, channel", getvar(CHANNEL_VARIABLE, channel), wanted, limit, None),
        ]
    return Result(tuple(row for r in results for row in r.rows), tuple(row for r in results for row in r.cpu))


def _latency(
    bench: Bench, case: str, action: bytes, wanted: bytes, middle: Target | None, worst: Target | None
) -> Result:
    def measure(endpoint: Endpoint, meter: Meter) -> Figures:
        with logged_in(endpoint.address) as connection:
            expect(connection, action, wanted)
            with meter:
                samples = one_at_a_time(connection, action, bench.count(6000))
        return {"p50": percentile(samples, 0.5), "p99": percentile(samples, 0.99), "actions": len(samples)}

    pair = bench.interleaved(case, measure, rounds=7)
    rows = (pair.row("one at a time, p50", "p50", "µs", middle), pair.row("one at a time, p99", "p99", "µs", worst))
    return Result(rows, (pair.cpu("action", "actions"),))


def inflight(bench: Bench) -> Result:
    """Ping and Getvar, 64 in flight on one session."""
    with logged_in(bench.direct.address) as connection:
        expect(connection, setvar(GLOBAL, VALUE), b"Success")
    ping_result = _throughput(bench, "ping, 64 in flight", PING, 1, 64, None)
    getvar_result = _throughput(bench, "getvar, 64 in flight", getvar(GLOBAL), 1, 64, None)
    return Result(ping_result.rows + getvar_result.rows, ping_result.cpu + getvar_result.cpu)


def sessions(bench: Bench) -> Result:
    """Ping from 20 sessions, each with 8 in flight."""
    target = Target(Kind.RATIO_AT_LEAST, 0.6)
    return _throughput(bench, f"ping, {_SESSIONS} sessions × {_WINDOW}", PING, _SESSIONS, _WINDOW, target)


def _throughput(bench: Bench, case: str, action: bytes, clients: int, window: int, target: Target | None) -> Result:
    def measure(endpoint: Endpoint, meter: Meter) -> Figures:
        with ExitStack() as stack:
            connections = [stack.enter_context(logged_in(endpoint.address)) for _ in range(clients)]
            in_flight(connections, action, window, bench.seconds(0.3))
            with meter:
                answers, seconds = in_flight(connections, action, window, bench.seconds(1.5))
        return {"rate": answers / seconds, "actions": answers}

    pair = bench.interleaved(case, measure)
    return Result((pair.row("answers", "rate", "1/s", target),), (pair.cpu("action", "actions"),))
