"""Play raw client bytes against an AMI port and keep every byte that comes back.

A script is a sequence of steps: bytes to send (whole or in pieces), a point to read up to, a half-close, the end.
What differs by nature between two runs (challenges, clocks, ids) is replaced by `normalised`.
"""

from __future__ import annotations

import hashlib
import re
import socket
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

TIMEOUT = 25.0  # seconds for one read; Asterisk answers the slowest of the cases in about two


class Stuck(AssertionError):
    """A read did not reach its mark; carries what had come."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send `data`, in pieces of `size` bytes (0: one write) with `pause` seconds between them.

    A callable gets everything received so far: a challenge has to be read before it can be answered.
    """

    data: bytes | Callable[[bytes], bytes]
    size: int = 0
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Read:
    """Read until `pattern` (a bytes regex) is found `times` times in what came since the last such point."""

    pattern: bytes
    times: int = 1


@dataclass(frozen=True, slots=True)
class ReadAlone:
    """Read one chunk, then make sure for `seconds` that nothing else follows."""

    seconds: float = 0.3


@dataclass(frozen=True, slots=True)
class ReadToEnd:
    """Read until the far side closes."""


@dataclass(frozen=True, slots=True)
class HalfClose:
    """`shutdown(SHUT_WR)`: nothing more will be sent, answers are still wanted."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Let `seconds` pass: for scripts whose point is what happens when a client falls silent in mid-action."""

    seconds: float


Step = Send | Read | ReadAlone | ReadToEnd | HalfClose | Pause


@dataclass(slots=True)
class Played:
    """What one run brought back: the bytes, and whether the far side had closed when the script ended."""

    data: bytes = b""
    closed: bool = False
    chunks: list[bytes] = field(default_factory=list)


def play(address: tuple[str, int], steps: Sequence[Step], tag: str = "") -> Played:
    """Run the steps on a new connection; `{tag}` in what is sent is replaced by `tag`.

    Raises Stuck when a read does not get where it should within TIMEOUT.
    """
    played = Played()
    with socket.create_connection(address, timeout=TIMEOUT) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        mark = 0
        for step in steps:
            match step:
                case Send():
                    _send(sock, step, played.data, tag)
                case Read(pattern, times):
                    mark = _read_until(sock, played, re.compile(pattern, re.DOTALL), times, mark)
                case ReadAlone(seconds):
                    _receive(sock, played, TIMEOUT)
                    mark = len(played.data)
                    _receive(sock, played, seconds, optional=True)
                    assert len(played.data) == mark, f"not alone: {played.data[mark:]!r} followed"
                case ReadToEnd():
                    while _receive(sock, played, TIMEOUT):
                        pass
                case HalfClose():
                    sock.shutdown(socket.SHUT_WR)
                case Pause(seconds):
                    time.sleep(seconds)
    return played


def reset(sock: socket.socket) -> None:
    """Close with a TCP reset instead of a FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def _send(sock: socket.socket, step: Send, received: bytes, tag: str) -> None:
    data = step.data(received) if callable(step.data) else step.data
    data = data.replace(b"{tag}", tag.encode())
    for start in range(0, len(data), step.size or max(1, len(data))):
        sock.sendall(data[start : start + step.size] if step.size else data)
        if step.pause:
            time.sleep(step.pause)


def _receive(sock: socket.socket, played: Played, seconds: float, *, optional: bool = False) -> bool:
    """Append one chunk; False at the end of the stream (or, when optional, when nothing came in time)."""
    sock.settimeout(seconds)
    try:
        chunk = sock.recv(65536)
    except TimeoutError:
        if optional:
            return False
        raise Stuck(
            f"nothing more for {seconds} s; so far ({len(played.data)} bytes): ...{played.data[-600:]!r}"
        ) from None
    except ConnectionResetError:
        chunk = b""
    if not chunk:
        played.closed = True
        return False
    played.data += chunk
    played.chunks.append(chunk)
    return True


def _read_until(sock: socket.socket, played: Played, pattern: re.Pattern[bytes], times: int, mark: int) -> int:
    """Return the position behind the last of the `times` matches after `mark`."""
    found = 0
    while True:
        match = pattern.search(played.data, mark)
        if match:
            found += 1
            mark = match.end()
            if found == times:
                return mark
        elif not _receive(sock, played, TIMEOUT):
            raise Stuck(f"closed before {pattern.pattern!r} (found {found} of {times}): ...{played.data[-600:]!r}")


def md5_key(received: bytes, secret: str) -> str:
    """Return the `Key` that answers the challenge in `received`."""
    found = re.search(rb"Challenge: (\d+)", received)
    assert found, f"no challenge in {received!r}"
    return hashlib.md5(found.group(1) + secret.encode(), usedforsecurity=False).hexdigest()


_BY_NATURE: tuple[tuple[re.Pattern[bytes], bytes], ...] = (
    (re.compile(rb"(?m)^(Challenge: )\d+"), rb"\1<challenge>"),
    (re.compile(rb"(?m)^(Timestamp: )\d+\.\d+"), rb"\1<clock>"),
    (re.compile(rb"(?m)^((?:Uptime|LastReload|CoreCurrentCalls): )\d+"), rb"\1<n>"),
    (re.compile(rb"(?m)^((?:EventTV|SessionTV|SessionID|RemoteAddress): )\S+"), rb"\1<session>"),
    (re.compile(rb"\b\d{10}\.\d+\b"), b"<uniqueid>"),
    (re.compile(rb"(Local/[^\s;]+?)-[0-9a-f]{8}\b"), rb"\1-<n>"),
)


def normalised(data: bytes, tag: str = "") -> bytes:
    """Replace what no two runs share: challenges, clocks, uniqueids, the suffixes of channel names, the run's tag."""
    for pattern, replacement in _BY_NATURE:
        data = pattern.sub(replacement, data)
    return data.replace(tag.encode(), b"<tag>") if tag else data
