"""The receiving side of the event benchmarks: many AMI sessions read by one process of its own.

``python -m benchmarks.readers '{"host": ..., "port": ..., "clients": 100, "events": 5000, "stalled": 0}'`` logs the
clients in with the mask ``user``, writes ``ready``, reads until every client has that many UserEvents (or nothing has
come for some seconds), and writes one JSON object: the fields of Outcome.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
import zlib
from array import array
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace

from benchmarks.figures import percentile
from benchmarks.process import own_cpu_seconds
from benchmarks.wire import CHUNK, END, Address, Connection, login_action

# Sent by benchmarks.storm with CLOCK_MONOTONIC, which is one clock for all processes of a machine.
STAMP = b"\r\nSent: "
STAMP_DIGITS = 20
EVENT = b"Event: UserEvent\r\n"
_SILENCE = 8.0  # seconds without any event after which the rest counts as missing


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the readers saw. Latencies in µs from the sender's stamp to the read that ended the event."""

    delivered: int  # events over all clients
    missing: int  # clients × events − delivered
    closed: int  # clients whose connection was closed on them
    streams: int  # different byte streams: 1 when every client got the same events in the same order
    p50: float
    p99: float
    seconds: float  # from the first event read to the last
    cpu: float  # this process's CPU seconds while it read
    blocked: int = 0  # clients that never read and for which every buffer on the way was full


class Reader:
    """One client: counts its events, and sums up its bytes so that clients can be compared."""

    __slots__ = ("checksum", "closed", "events", "socket", "tail")

    def __init__(self, connection: socket.socket) -> None:
        """Begin after the login's answer was read."""
        self.socket = connection
        self.events = self.checksum = 0
        self.tail = b""
        self.closed = False

    def feed(self, data: bytes) -> int:
        """Count what these bytes end; the sender's stamp of the last ended event, 0 for none."""
        self.checksum = zlib.crc32(data, self.checksum)
        joined = self.tail + data
        end = joined.rfind(END)
        if end < 0:
            self.tail = joined
            return 0
        end += len(END)
        self.tail = joined[end:]
        self.events += joined.count(EVENT, 0, end)
        stamp = joined.rfind(STAMP, 0, end)
        return int(joined[stamp + len(STAMP) : stamp + len(STAMP) + STAMP_DIGITS]) if stamp >= 0 else 0


def read_all(readers: list[Reader], events: int) -> Outcome:
    """Read until every reader has its events, was closed, or nothing comes any more."""
    poll = select.epoll()
    by_number = {reader.socket.fileno(): reader for reader in readers}
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    waiting, latencies, clock = len(readers), array("q"), time.monotonic_ns
    first = last = 0
    began = own_cpu_seconds()
    while waiting:
        ready = poll.poll(_SILENCE)
        if not ready:
            break
        for number, _ in ready:
            reader = by_number[number]
            data = _receive(reader)
            now = clock()
            stamp = reader.feed(data)
            if stamp:
                latencies.append(now - stamp)
                first, last = first or now, now
            if reader.closed or reader.events >= events:
                poll.unregister(number)
                waiting -= 1
    return _outcome(readers, events, latencies, (last - first) / 1e9, own_cpu_seconds() - began)


def _receive(reader: Reader) -> bytes:
    try:
        data = reader.socket.recv(CHUNK)
    except ConnectionError:
        data = b""
    reader.closed = not data
    return data


def _outcome(readers: list[Reader], events: int, latencies: array[int], seconds: float, cpu: float) -> Outcome:
    delivered = sum(reader.events for reader in readers)
    return Outcome(
        delivered=delivered,
        missing=events * len(readers) - delivered,
        closed=sum(reader.closed for reader in readers),
        streams=len({reader.checksum for reader in readers}),
        p50=percentile(latencies, 0.5) / 1000 if latencies else 0.0,
        p99=percentile(latencies, 0.99) / 1000 if latencies else 0.0,
        seconds=seconds,
        cpu=cpu,
    )


def _stall(address: Address) -> Connection:
    """A client that logs in for events and never reads again; a small buffer lets its sender notice soon."""
    connection = Connection(address, receive_buffer=4096)
    connection.socket.sendall(login_action("admin", "secret", "user"))
    return connection


def _left_for(stalled: Connection) -> int:
    """How many events can still be read by a client that has not read until now.

    All of them when the buffers on the way held the storm; fewer when they were full, and the client was cut off.
    """
    stalled.socket.settimeout(1.0)
    events, tail = 0, b""
    try:
        while data := stalled.socket.recv(CHUNK):
            joined = tail + data
            events += joined.count(EVENT)
            tail = joined[-len(EVENT) + 1 :]
    except OSError:  # nothing more comes, or reset
        pass
    return events


def main() -> None:
    """Run as a process of its own: see the head of the module."""
    order = json.loads(sys.argv[1])
    address = (order["host"], order["port"])
    with ExitStack() as stack:
        stalled = [stack.enter_context(_stall(address)) for _ in range(order["stalled"])]
        readers = []
        for _ in range(order["clients"]):
            connection = stack.enter_context(Connection(address))
            connection.login(events="user")
            reader = Reader(connection.socket)
            reader.feed(connection.rest)
            readers.append(reader)
        print("ready", flush=True)
        outcome = read_all(readers, order["events"])
        blocked = sum(_left_for(connection) < order["events"] for connection in stalled)
        print(json.dumps(asdict(replace(outcome, blocked=blocked))), flush=True)


if __name__ == "__main__":
    main()
