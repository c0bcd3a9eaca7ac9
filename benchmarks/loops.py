"""The hot loops: one action at a time, and a window of actions in flight over one or more connections."""

from __future__ import annotations

import select
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.wire import CHUNK, END, Connection, WireError

_SILENCE = 10.0  # seconds without an answer after which a run is given up


def one_at_a_time(connection: Connection, action: bytes, count: int, *, warm_up: int = 200) -> list[float]:
    """Send ``action`` and wait for its answer, ``count`` times; the microseconds each took."""
    send, receive, clock = connection.socket.sendall, connection.socket.recv, time.perf_counter_ns
    samples = []
    for _ in range(count + warm_up):
        start = clock()
        send(action)
        data = receive(CHUNK)
        while not data.endswith(END):
            more = receive(CHUNK)
            if not more:
                raise WireError(f"connection closed after {data!r}")
            data += more
        samples.append((clock() - start) / 1000)
    return samples[warm_up:]


@dataclass(slots=True)
class _Lane:
    connection: Connection
    tail: bytes = b""

    def take(self) -> int:
        """Read what is there; the number of messages that it ended."""
        data = self.connection.socket.recv(CHUNK)
        if not data:
            raise WireError("connection closed with actions in flight")
        # The end of a message may be split over two reads. Three bytes can never hold one that was counted already.
        joined = self.tail + data
        self.tail = joined[-3:]
        return joined.count(END)


def in_flight(connections: Sequence[Connection], action: bytes, window: int, seconds: float) -> tuple[int, float]:
    """Keep ``window`` actions in flight on each connection for ``seconds``; (answers, seconds until the last one).

    Each action must have exactly one answer and no events may come.
    """
    poll = select.epoll()
    lanes = {connection.socket.fileno(): _Lane(connection) for connection in connections}
    start = time.monotonic()
    for number, lane in lanes.items():
        poll.register(number, select.EPOLLIN)
        lane.connection.socket.sendall(action * window)
    total, waiting, sending = 0, window * len(lanes), True
    while waiting > 0:
        ready = poll.poll(_SILENCE)
        if not ready:
            raise WireError(f"{waiting} actions unanswered for {_SILENCE:g} s")
        sending = sending and time.monotonic() - start < seconds
        for number, _ in ready:
            lane = lanes[number]
            ended = lane.take()
            total += ended
            if sending and ended:
                lane.connection.socket.sendall(action * ended)
            elif not sending:
                waiting -= ended
    lasted = time.monotonic() - start
    if waiting < 0 or poll.poll(0):
        raise WireError("more answers than actions")
    poll.close()
    return total, lasted
