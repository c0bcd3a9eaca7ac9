"""A tiny blocking ARI client: what Asterisk answers, unchanged."""

from __future__ import annotations

import base64
import http.client
import json as jsonlib
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

from websockets.sync.client import connect

Query = dict[str, Any]


class RawAri:
    """REST calls answer ``(status, body)``: the body parsed when it is JSON, None when empty, else its text."""

    def __init__(self, url: str, user: str = "bridge", password: str = "secret", *, timeout: float = 10.0) -> None:
        parts = urlsplit(url)
        self.host, self.port, self.base = parts.hostname or "127.0.0.1", parts.port or 8088, parts.path.rstrip("/")
        self.user, self.password, self.timeout = user, password, timeout
        self._connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def __enter__(self) -> RawAri:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def get(self, path: str, **query: Any) -> tuple[int, Any]:
        return self.request("GET", path, query)

    def post(self, path: str, *, json: object = None, **query: Any) -> tuple[int, Any]:
        return self.request("POST", path, query, json)

    def put(self, path: str, *, json: object = None, **query: Any) -> tuple[int, Any]:
        return self.request("PUT", path, query, json)

    def delete(self, path: str, **query: Any) -> tuple[int, Any]:
        return self.request("DELETE", path, query)

    def request(self, method: str, path: str, query: Query | None = None, json: object = None) -> tuple[int, Any]:
        """One request below the base, such as ``/channels``; a query value that is a list is joined by commas."""
        flat = {
            key: ",".join(map(str, value)) if isinstance(value, list) else value for key, value in (query or {}).items()
        }
        target = self.base + quote(path, safe="/;@%-._~") + (f"?{urlencode(flat)}" if flat else "")
        token = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        headers = {"Authorization": f"Basic {token}"}
        body = None
        if json is not None:
            body, headers["Content-Type"] = jsonlib.dumps(json).encode(), "application/json"
        try:
            self._connection.request(method, target, body, headers)
        except (BrokenPipeError, ConnectionResetError, http.client.CannotSendRequest):
            # An idle connection that the server had closed meanwhile: nothing was carried out.
            self._connection.close()
            self._connection.request(method, target, body, headers)
        response = self._connection.getresponse()
        text = response.read().decode("utf-8", "surrogateescape")
        try:
            return response.status, jsonlib.loads(text) if text else None
        except ValueError:
            return response.status, text

    def events(self, app: str = "bridge", *, subscribe_all: bool = False) -> RawEvents:
        """Open the application's event websocket. (`subscribe_all` can deadlock Asterisk 22.4+ when it closes.)"""
        query = {"app": app, "api_key": f"{self.user}:{self.password}"}
        if subscribe_all:
            query["subscribeAll"] = "true"
        url = f"ws://{self.host}:{self.port}{self.base}/events?{urlencode(query)}"
        return RawEvents(url, self.timeout)


class RawEvents:
    """An open event websocket; events passed over while waiting are kept in `passed`, in order."""

    def __init__(self, url: str, timeout: float) -> None:
        self._stack = ExitStack()
        self.connection = self._stack.enter_context(connect(url, open_timeout=timeout, max_size=None))
        self.timeout = timeout
        self.passed: list[dict[str, Any]] = []

    def __enter__(self) -> RawEvents:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._stack.close()

    def send(self, frame: object) -> None:
        """Send a JSON frame, such as a RESTRequest."""
        self.connection.send(jsonlib.dumps(frame))

    def next(self, timeout: float | None = None) -> dict[str, Any]:
        """The next event off the wire; TimeoutError when none comes."""
        return cast("dict[str, Any]", jsonlib.loads(self.connection.recv(self.timeout if timeout is None else timeout)))

    def wait(self, kind: str, timeout: float | None = None, **fields: Any) -> dict[str, Any]:
        """The next event of this type with these top-level fields, passed ones first."""

        def fits(event: dict[str, Any]) -> bool:
            return event.get("type") == kind and all(event.get(key) == value for key, value in fields.items())

        for event in self.passed:
            if fits(event):
                self.passed.remove(event)
                return event
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            event = self.next(max(0.001, deadline - time.monotonic()))
            if fits(event):
                return event
            self.passed.append(event)

    def drain(self, quiet: float = 0.2) -> list[dict[str, Any]]:
        """All events until none has come for so many seconds, after those passed over before."""
        events, self.passed = self.passed, []
        try:
            while True:
                events.append(self.next(quiet))
        except TimeoutError:
            return events
