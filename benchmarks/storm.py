"""The sending side of the event benchmarks: UserEvents at a fixed rate or as fast as Asterisk takes them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.readers import STAMP_DIGITS, Outcome
from benchmarks.wire import CHUNK, END, Address, Connection, WireError

_WINDOW = 64  # UserEvents in flight when there is no rate
_ROOT = Path(__file__).resolve().parent.parent


def user_event(padding: int) -> bytes:
    """A UserEvent action with room for the stamp (``%d``); ``padding`` bytes make the event longer, in lines of 500."""
    lines = [f"Pad{index}: " + "x" * min(500, padding - index * 500) for index in range((padding + 499) // 500)]
    text = "\r\n".join(["Action: UserEvent", "UserEvent: Bench", f"Sent: %0{STAMP_DIGITS}d", *lines])
    return text.encode() + END


def at_rate(connection: Connection, count: int, rate: float, padding: int) -> None:
    """Send ``count`` events, ``rate`` per second, each at its own time; answers are read as they come."""
    action, clock = user_event(padding), time.monotonic_ns
    start = clock()
    answered, tail = 0, b""
    for index in range(count):
        wait = start + index * 1e9 / rate - clock()
        if wait > 0:
            time.sleep(wait / 1e9)
        connection.socket.sendall(action % clock())
        answered, tail = _answers(connection, answered, tail, index + 1 - 1000)
    while answered < count:
        answered, tail = _answers(connection, answered, tail, count)


def flat_out(connection: Connection, count: int, padding: int) -> None:
    """Send ``count`` events with a window in flight."""
    action, clock = user_event(padding), time.monotonic_ns
    answered, tail = 0, b""
    for index in range(count):
        connection.socket.sendall(action % clock())
        answered, tail = _answers(connection, answered, tail, index + 1 - _WINDOW)
    while answered < count:
        answered, tail = _answers(connection, answered, tail, count)


def _answers(connection: Connection, answered: int, tail: bytes, needed: int) -> tuple[int, bytes]:
    """Read answers until ``needed`` are there; returns the new count and the bytes of an unfinished end."""
    while answered < needed:
        data = connection.socket.recv(CHUNK)
        if not data:
            raise WireError("the sender's connection was closed")
        joined = tail + data
        answered += joined.count(END)
        tail = joined[-3:]
    return answered, tail


class Readers:
    """The reading process, ready to count."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Wrap a process that has been started; waits until its clients are logged in."""
        self._process = process
        if self._line() != "ready":
            raise WireError("the reading process did not get ready")

    def outcome(self) -> Outcome:
        """Wait for the end of the reading and return what was seen."""
        return Outcome(**json.loads(self._line()))

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise WireError(f"the reading process ended with {self._process.wait()}")
        return line.strip()


@contextmanager
def readers(address: Address, clients: int, events: int, stalled: int = 0) -> Iterator[Readers]:
    """Start a process that reads ``events`` on each of ``clients`` sessions; ended with the block."""
    order = {"host": address[0], "port": address[1], "clients": clients, "events": events, "stalled": stalled}
    command = [sys.executable, "-m", "benchmarks.readers", json.dumps(order)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT)
    try:
        yield Readers(process)
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
