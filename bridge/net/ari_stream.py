"""One event websocket: events in, and ARI requests with their answers where Asterisk offers that.

REST over the websocket: res/ari/ari_websocket_requests.c. Asterisk carries out the requests of one socket one after the
other, and sends events in between. An application's event filter can swallow the answers, hence the trial at connect.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.protocol import State

from bridge.ari.requests import AriRequest, AriResponse
from bridge.net.ari_rest import decode_body
from bridge.net.ari_target import AriTarget

log = logging.getLogger("bridge.net.ari")

# A listing of tens of thousands of channels is tens of megabytes; what is larger is a fault.
MAX_FRAME = 256 * 1024 * 1024
CLOSE_SECONDS = 1.0

OnFrame = Callable[[Mapping[str, Any]], None]


class StreamRefused(Exception):
    """Asterisk answered the handshake with an HTTP status instead of a websocket."""

    def __init__(self, status: int) -> None:
        """`status` is the HTTP status, e.g. 500 for an app name that is too long."""
        super().__init__(refusal_text(status))
        self.status = status


def refusal_text(status: int) -> str:
    """Why Asterisk lets us not in, for people."""
    text = {401: "wrong ARI user or password", 403: "the ARI user is read-only"}.get(status)
    return text or f"Asterisk refuses the event websocket with HTTP status {status}"


class AriStream:
    """An open event websocket."""

    def __init__(self, socket: ClientConnection) -> None:
        """Use `open`."""
        self._socket = socket
        self._ids = count(1)
        self._pending: dict[str, asyncio.Future[AriResponse]] = {}

    @classmethod
    async def open(
        cls,
        target: AriTarget,
        apps: Sequence[str],
        *,
        open_timeout: float = 5.0,
        ping_interval: float = 5.0,
        ping_timeout: float = 5.0,
    ) -> AriStream:
        """Connect and register the apps.

        Raises StreamRefused for an HTTP status, OSError (TimeoutError among them) when there is no connection.
        """
        try:
            socket = await connect(
                target.events_url(apps),
                additional_headers={"Authorization": target.authorization},
                ssl=target.tls,
                open_timeout=open_timeout,
                ping_interval=ping_interval,
                ping_timeout=ping_timeout,
                close_timeout=CLOSE_SECONDS,
                max_size=MAX_FRAME,
                compression=None,
                proxy=None,
            )
        except InvalidStatus as error:
            raise StreamRefused(error.response.status_code) from None
        except (InvalidHandshake, EOFError) as error:
            # E.g. 100 connections are open already: Asterisk closes the next one without a byte.
            raise ConnectionError(str(error) or "closed during the handshake") from None
        return cls(socket)

    async def run(self, on_frame: OnFrame) -> str:
        """Give each frame that is no answer to `on_frame` until the socket ends; returns why it ended."""
        try:
            while True:
                self._take(await self._socket.recv(decode=False), on_frame)
        except ConnectionClosed as closed:
            return str(closed)
        finally:
            self._give_up("the event websocket broke before the answer")

    async def call(self, request: AriRequest, seconds: float) -> AriResponse:
        """Send `request` once; the answer, or an unknown outcome after `seconds` or when the socket breaks."""
        if self._socket.state is not State.OPEN:
            return AriResponse(0, reason="the event websocket is closed", sent=False)
        loop = asyncio.get_running_loop()
        key = str(next(self._ids))
        answer: asyncio.Future[AriResponse] = loop.create_future()
        self._pending[key] = answer
        timer = loop.call_later(seconds, self._expire, key)
        try:
            await self._socket.send(_frame(key, request))
            return await answer
        except ConnectionClosed:
            # Whether the frame left before the end cannot be told.
            return AriResponse(0, reason="the event websocket broke before the answer")
        finally:
            timer.cancel()
            self._pending.pop(key, None)

    async def close(self) -> None:
        """Close the socket; returns within about a second even if the other side is dead."""
        await self._socket.close()

    def end(self) -> None:
        """Let `run` return soon, without waiting here."""
        self._socket.transport.close()

    def _take(self, message: bytes | str, on_frame: OnFrame) -> None:
        try:
            frame = orjson.loads(message)
        except orjson.JSONDecodeError:
            log.warning("a frame of the event websocket is no JSON (%d bytes)", len(message))
            return
        if not isinstance(frame, dict):
            log.warning("a frame of the event websocket is no object")
        elif frame.get("type") == "RESTResponse":
            self._answer(frame)
        else:
            on_frame(frame)

    def _answer(self, frame: Mapping[str, Any]) -> None:
        status, content = frame.get("status_code"), frame.get("message_body")
        answer = self._pending.get(str(frame.get("request_id")))
        if answer is None or answer.done() or not isinstance(status, int):
            return
        body = decode_body(content, str(frame.get("content_type"))) if isinstance(content, str) else None
        answer.set_result(AriResponse(status, body, str(frame.get("reason_phrase", ""))))

    def _expire(self, key: str) -> None:
        answer = self._pending.get(key)
        if answer is not None and not answer.done():
            answer.set_result(AriResponse(0, reason="no answer in time"))

    def _give_up(self, reason: str) -> None:
        for answer in self._pending.values():
            if not answer.done():
                answer.set_result(AriResponse(0, reason=reason))


def _frame(key: str, request: AriRequest) -> str:
    frame: dict[str, Any] = {
        "type": "RESTRequest",
        "transaction_id": key,
        "request_id": key,
        "method": request.method,
        "uri": request.path,
    }
    if request.query:
        frame["query_strings"] = [{"name": name, "value": value} for name, value in request.query]
    if request.body is not None:
        frame["content_type"] = "application/json"
        frame["message_body"] = orjson.dumps(request.body).decode()
    return orjson.dumps(frame).decode()
