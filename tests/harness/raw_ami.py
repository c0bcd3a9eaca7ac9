"""A tiny blocking AMI client that hides nothing: tests use it to watch what Asterisk, or the bridge, really says."""

from __future__ import annotations

import itertools
import socket
import ssl
import time
from types import TracebackType

END = b"\r\n\r\n"


class RawMessage:
    """One message as received: its bytes, and its headers in order (names keep their case, look-ups ignore it)."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.lines = raw.decode("utf-8", "surrogateescape").split("\r\n")
        self.headers = [
            (name, value.removeprefix(" "))
            for name, colon, value in (line.partition(":") for line in self.lines)
            if colon
        ]

    def __getitem__(self, name: str) -> str:
        """The first header of this name; KeyError when there is none."""
        for found, value in self.headers:
            if found.lower() == name.lower():
                return value
        raise KeyError(name)

    def __contains__(self, name: str) -> bool:
        return any(found.lower() == name.lower() for found, _ in self.headers)

    def get(self, name: str, default: str | None = None) -> str | None:
        return next((value for found, value in self.headers if found.lower() == name.lower()), default)

    def all(self, name: str) -> list[str]:
        """The values of every header of this name, in order."""
        return [value for found, value in self.headers if found.lower() == name.lower()]

    def keys(self) -> list[str]:
        return [name for name, _ in self.headers]

    def as_dict(self) -> dict[str, str]:
        """The headers as a dict; of equal names the last one wins."""
        return dict(self.headers)

    @property
    def is_event(self) -> bool:
        return "Event" in self and "Response" not in self

    def __repr__(self) -> str:
        return f"<RawMessage {self.raw!r}>"


class RawAmi:
    """A blocking AMI connection. The banner is read at once and kept in `banner` (without CR LF).

    Events that arrive while a response is awaited are kept in `events`, in order.
    """

    def __init__(
        self, host: str, port: int, *, timeout: float = 10.0, tls: ssl.SSLContext | None = None, banner: bool = True
    ) -> None:
        plain = socket.create_connection((host, port), timeout=timeout)
        self.socket: socket.socket = tls.wrap_socket(plain, server_hostname="localhost") if tls else plain
        self.timeout = timeout
        self.buffer = b""
        self.events: list[RawMessage] = []
        self._ids = itertools.count(1)
        self.banner = self.read_until(b"\r\n").decode().rstrip("\r\n") if banner else ""

    def __enter__(self) -> RawAmi:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read_until(self, mark: bytes, timeout: float | None = None) -> bytes:
        """Read to the end of the mark; TimeoutError when it does not come, EOFError when the peer closes."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while mark not in self.buffer:
            self._fill(deadline)
        end = self.buffer.index(mark) + len(mark)
        taken, self.buffer = self.buffer[:end], self.buffer[end:]
        return taken

    def read_message(self, timeout: float | None = None) -> RawMessage:
        return RawMessage(self.read_until(END, timeout).removesuffix(END))

    def read_all(self, quiet: float = 0.2) -> bytes:
        """Everything that arrives until nothing has come for so many seconds, or the peer closes."""
        try:
            while True:
                self._fill(time.monotonic() + quiet)
        except (TimeoutError, EOFError):
            taken, self.buffer = self.buffer, b""
            return taken

    def read_eof(self, timeout: float | None = None) -> bytes:
        """Everything up to the end of the stream; TimeoutError when the peer does not close."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        try:
            while True:
                self._fill(deadline)
        except EOFError:
            taken, self.buffer = self.buffer, b""
            return taken

    def login(self, user: str = "admin", secret: str = "secret", events: str | None = "off") -> RawMessage:
        """Log in and return the answer, whatever it is. ``events=None`` sends no Events header (all events)."""
        chosen = () if events is None else (("Events", events),)
        return self.action("Login", *chosen, Username=user, Secret=secret)

    def send_action(self, name: str, /, *pairs: tuple[str, str], **headers: str | int) -> str:
        """Send an action without waiting; return its ActionID. Pairs allow repeated headers and odd names."""
        action_id = str(headers.pop("ActionID", f"raw-{next(self._ids)}"))
        lines = [f"Action: {name}", f"ActionID: {action_id}"]
        lines += [f"{key}: {value}" for key, value in (*pairs, *headers.items())]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape"))
        return action_id

    def action(
        self, name: str, /, *pairs: tuple[str, str], timeout: float | None = None, **headers: str | int
    ) -> RawMessage:
        """Send an action and return its response; events before it are kept in `events`."""
        action_id = self.send_action(name, *pairs, **headers)
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            message = self.read_message(max(0.001, deadline - time.monotonic()))
            if "Response" in message and message.get("ActionID") in (action_id, None):
                return message
            self.events.append(message)

    def collect_list(
        self, name: str, /, *pairs: tuple[str, str], timeout: float | None = None, **headers: str | int
    ) -> tuple[RawMessage, list[RawMessage], RawMessage | None]:
        """Send a list action: its response, its items, and the closing event (None when the response is an error)."""
        response = self.action(name, *pairs, timeout=timeout, **headers)
        items: list[RawMessage] = []
        if response["Response"] != "Success":
            return response, items, None
        action_id = response.get("ActionID")
        while True:
            message = self.read_message(timeout)
            if message.get("ActionID") != action_id:
                self.events.append(message)
            elif message.get("EventList") in ("Complete", "cancelled") or message["Event"].endswith("Complete"):
                return response, items, message
            else:
                items.append(message)

    def wait_event(self, name: str, /, timeout: float | None = None, **headers: str) -> RawMessage:
        """Return the next event of this name with these headers, kept ones first; others stay in `events`."""

        def fits(message: RawMessage) -> bool:
            return message.get("Event") == name and all(message.get(key) == value for key, value in headers.items())

        for message in self.events:
            if fits(message):
                self.events.remove(message)
                return message
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            message = self.read_message(max(0.001, deadline - time.monotonic()))
            if fits(message):
                return message
            self.events.append(message)

    def _fill(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"nothing more came; unread so far: {self.buffer!r}")
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(65536)
        except TimeoutError as error:
            raise TimeoutError(f"nothing more came; unread so far: {self.buffer!r}") from error
        except ConnectionResetError as error:
            raise EOFError(f"the peer reset the connection; unread so far: {self.buffer!r}") from error
        if not data:
            raise EOFError(f"the peer closed the connection; unread so far: {self.buffer!r}")
        self.buffer += data
