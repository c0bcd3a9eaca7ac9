"""Logins per second, 16 at once: connect, banner, (Challenge,) Login, answer, close."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Generator

from benchmarks.bench import Bench, Endpoint, Figures, Meter
from benchmarks.figures import Kind, Result, Row, Target
from benchmarks.wire import CHALLENGE, CHUNK, END, Address, WireError, login_action, md5_login_action

_AT_ONCE = 16
# Asterisk listens with a backlog of 10. A burst beyond it would measure the kernel's second until it repeats a SYN.
_WITHOUT_BANNER = 8
_TARGET = Target(Kind.AT_LEAST, 1000)
_SILENCE = 10.0

# Sends what it yields; is sent back everything received up to and with the end it named.
Conversation = Generator[tuple[bytes, bytes], bytes, None]


def plain() -> Conversation:
    """Banner, Login with the secret."""
    yield b"", b"\r\n"
    answer = yield login_action("admin", "secret", "off"), END
    _accepted(answer)


def md5() -> Conversation:
    """Banner, Challenge, Login with the key."""
    yield b"", b"\r\n"
    answer = yield CHALLENGE, END
    challenge = answer.partition(b"Challenge: ")[2].partition(b"\r\n")[0]
    answer = yield md5_login_action("admin", "secret", "off", challenge), END
    _accepted(answer)


def _accepted(answer: bytes) -> None:
    if not answer.startswith(b"Response: Success"):
        raise WireError(f"login refused: {answer!r}")


class _Login:
    """One connection on its way through a conversation."""

    def __init__(self, address: Address, conversation: Conversation) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        # No need to wait for the connection by itself: the far side speaks first.
        self.socket.connect_ex(address)
        self.greeted = False
        self._conversation = conversation
        self._received = b""
        _, self._end = next(conversation)

    def advance(self) -> bool:
        """Read what is there and go on; whether the login is done."""
        data = self.socket.recv(CHUNK)
        if not data:
            raise WireError(f"connection closed during a login, after {self._received!r}")
        self._received += data
        if self._end not in self._received:
            return False
        self.greeted = True
        answer, self._received = self._received, b""
        try:
            action, self._end = self._conversation.send(answer)
        except StopIteration:
            return True
        self.socket.sendall(action)
        return False


def log_in_many(address: Address, count: int, conversation: Callable[[], Conversation]) -> float:
    """Make ``count`` logins, 16 at once, each closed when accepted; logins per second."""
    poll = select.epoll()
    active: dict[int, _Login] = {}
    started = 0
    begin = time.monotonic()
    try:
        while started < count or active:
            ungreeted = sum(not login.greeted for login in active.values())
            for _ in range(min(count - started, _AT_ONCE - len(active), _WITHOUT_BANNER - ungreeted)):
                login = _Login(address, conversation())
                active[login.socket.fileno()] = login
                poll.register(login.socket.fileno(), select.EPOLLIN)
                started += 1
            _advance(active, poll)
    finally:
        for login in active.values():
            login.socket.close()
        poll.close()
    return count / (time.monotonic() - begin)


def _advance(active: dict[int, _Login], poll: select.epoll) -> None:
    """Wait for something to read; close what is logged in."""
    ready = poll.poll(_SILENCE)
    if not ready:
        raise WireError(f"{len(active)} logins without an answer for {_SILENCE:g} s")
    for number, _ in ready:
        if active[number].advance():
            poll.unregister(number)
            active.pop(number).socket.close()


def logins(bench: Bench) -> Result:
    """Logins per second with a plain secret and with MD5, 16 at once."""
    rows: list[Row] = []
    cpu = []
    for name, conversation in (("plain", plain), ("MD5", md5)):
        pair = bench.interleaved(f"logins, {name}", _measure(bench, conversation))
        rows.append(pair.row("16 at once", "rate", "1/s", _TARGET))
        cpu.append(pair.cpu("login", "logins"))
    return Result(tuple(rows), tuple(cpu))


def _measure(bench: Bench, conversation: Callable[[], Conversation]) -> Callable[[Endpoint, Meter], Figures]:
    def measure(endpoint: Endpoint, meter: Meter) -> Figures:
        count = bench.count(1500)
        log_in_many(endpoint.address, 32, conversation)
        with meter:
            rate = log_in_many(endpoint.address, count, conversation)
        return {"rate": rate, "logins": count}

    return measure
