"""A channel inside the bridge's Stasis application, for as long as a benchmark needs it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.wire import Connection, WireError

_SECONDS = 10.0
_ID = "benchmark-channel"


@contextmanager
def stasis_channel(connection: Connection, app: str) -> Iterator[str]:
    """Yield the name of an answered Local channel that is in ``app``; hung up afterwards.

    ``connection`` is logged in at Asterisk itself and gets no events.
    """
    answer = connection.ask(
        f"Action: Originate\r\nChannel: Local/wait@default/n\r\nApplication: Stasis\r\nData: {app}\r\n"
        f"ChannelId: {_ID}\r\nOtherChannelId: {_ID}-2\r\nTimeout: 5000\r\nAsync: true\r\n\r\n".encode()
    )
    if not answer.startswith(b"Response: Success"):
        raise WireError(f"Originate refused: {answer!r}")
    try:
        yield _wait_until_inside(connection)
    finally:
        connection.ask(f"Action: Hangup\r\nChannel: {_ID}\r\nCause: 16\r\n\r\n".encode())


def _wait_until_inside(connection: Connection) -> str:
    """Poll Status of the channel (the only way without events) until it is up and in Stasis; its name."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        connection.socket.sendall(f"Action: Status\r\nChannel: {_ID}\r\n\r\n".encode())
        text = connection.read_until(b"\r\n\r\n")
        if text.startswith(b"Response: Success"):
            text = connection.read_until(b"Event: StatusComplete") + connection.read_until(b"\r\n\r\n")
            lines = dict(line.split(": ", 1) for line in text.decode().split("\r\n") if ": " in line)
            if lines.get("Application") == "Stasis":
                return lines["Channel"]
        time.sleep(0.05)
    raise WireError("the Stasis channel did not come up")
