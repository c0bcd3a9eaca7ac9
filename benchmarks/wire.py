"""A lean AMI client: blocking sockets and raw bytes, so that the load costs little beside what it measures."""

from __future__ import annotations

import hashlib
import socket
import struct
from types import TracebackType
from typing import Self

END = b"\r\n\r\n"
PING = b"Action: Ping\r\n\r\n"
CHALLENGE = b"Action: Challenge\r\nAuthType: MD5\r\n\r\n"
CHUNK = 262_144
_SECONDS = 30.0

Address = tuple[str, int]


class WireError(Exception):
    """The far side closed, or answered what a benchmark cannot go on with."""


class Connection:
    """One AMI connection. Reads wait at most 30 s."""

    def __init__(self, address: Address, *, receive_buffer: int | None = None) -> None:
        """Connect and read the banner. ``receive_buffer`` is the kernel's for this socket, in bytes."""
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.rest = b""
        try:
            self._connect(address)
            self.banner = self.read_until(b"\r\n")
        except BaseException:
            self.socket.close()
            raise

    def _connect(self, address: Address) -> None:
        self.socket.settimeout(_SECONDS)
        self.socket.connect(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Python's own timeout costs a poll() before every call; the kernel's costs nothing.
        self.socket.settimeout(None)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", int(_SECONDS), 0))

    def __enter__(self) -> Self:
        """Return the connection itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the socket."""
        self.socket.close()

    def read_until(self, end: bytes) -> bytes:
        """Return the bytes up to and with ``end``; what follows is kept in ``rest``."""
        data = self.rest
        while end not in data:
            more = self.socket.recv(CHUNK)
            if not more:
                raise WireError(f"connection closed after {data!r}")
            data += more
        found, mark, self.rest = data.partition(end)
        return found + mark

    def ask(self, action: bytes) -> bytes:
        """Send one action and return the next whole message."""
        self.socket.sendall(action)
        return self.read_until(END)

    def login(self, *, events: str = "off", user: str = "admin", secret: str = "secret") -> None:
        """Log in with a plain secret; only the answer is read, events that follow stay on the socket."""
        answer = self.ask(login_action(user, secret, events))
        if not answer.startswith(b"Response: Success"):
            raise WireError(f"login refused: {answer!r}")


def login_action(user: str, secret: str, events: str) -> bytes:
    """The plain Login action."""
    return f"Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\nEvents: {events}\r\n\r\n".encode()


def md5_login_action(user: str, secret: str, events: str, challenge: bytes) -> bytes:
    """The Login that answers a Challenge: the key is md5(challenge + secret) in lower-case hex."""
    key = hashlib.md5(challenge + secret.encode()).hexdigest()
    return f"Action: Login\r\nAuthType: MD5\r\nUsername: {user}\r\nKey: {key}\r\nEvents: {events}\r\n\r\n".encode()


def logged_in(address: Address, *, events: str = "off") -> Connection:
    """A new connection, logged in; with events off it stays silent."""
    connection = Connection(address)
    try:
        connection.login(events=events)
    except BaseException:
        connection.socket.close()
        raise
    return connection
