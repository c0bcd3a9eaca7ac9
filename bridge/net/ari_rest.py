"""ARI over keep-alive HTTP.

Asterisk allows 100 connections in all, idle ones and websockets included, so there are few: a small pool for requests
that are answered at once, and another for those that Asterisk may hold while media plays.

A request with a side effect leaves at most once. aiohttp repeats GET, HEAD, PUT and DELETE by itself when a connection
breaks before the answer (`ClientSession._request`, RFC 9112 9.3.1): of two hangups the second may meet another call.
Its tracing tells when a request's head is about to be written: there a second time is refused, and there we learn
whether a failed request had left at all.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import orjson
from yarl import URL

from bridge.ari.requests import AriRequest, AriResponse
from bridge.net.ari_target import AriTarget

# Asterisk closes an idle connection after 15 s (http.conf: session_keep_alive); we must be the first.
IDLE_SECONDS = 10.0


class _SentTwice(Exception):
    """The HTTP library was about to repeat a request that has a side effect."""


@dataclass(slots=True)
class _Flight:
    """One request under way."""

    has_effect: bool
    sent: bool = False


class AriRest:
    """Carries ARI requests over HTTP; see `bridge.net.ports.AriCaller`."""

    def __init__(
        self,
        target: AriTarget,
        *,
        timeout: float = 5.0,
        blocking_timeout: float = 10.0,
        connections: int = 4,
        blocking_connections: int = 8,
    ) -> None:
        """Timeouts in seconds from the call to the whole answer; for requests with `may_block`, `blocking_timeout`."""
        self._target = target
        self._timeout = timeout
        self._blocking_timeout = blocking_timeout
        self._connections = connections
        self._blocking_connections = blocking_connections
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def call(self, request: AriRequest) -> AriResponse:
        """Send `request` once and return the answer; see `AriResponse` for how a failure looks."""
        session = self._session(blocking=request.may_block)
        flight = _Flight(request.has_effect)
        body = None if request.body is None else orjson.dumps(request.body)
        try:
            async with session.request(
                request.method,
                self._url(request),
                data=body,
                headers={"Content-Type": "application/json"} if body is not None else None,
                allow_redirects=False,
                trace_request_ctx=flight,
            ) as answer:
                return await _read(request, answer)
        except (aiohttp.ClientError, OSError, TimeoutError, asyncio.IncompleteReadError, _SentTwice) as error:
            return AriResponse(0, reason=_reason(error), sent=flight.sent)

    async def close(self) -> None:
        """Close every connection; answers still awaited become unknown outcomes."""
        sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            await session.close()

    def _url(self, request: AriRequest) -> URL:
        query = f"?{urlencode(request.query, quote_via=quote, safe='')}" if request.query else ""
        return URL(f"{self._target.url}/{request.path}{query}", encoded=True)

    def _session(self, *, blocking: bool) -> aiohttp.ClientSession:
        found = self._sessions.get(blocking)
        if found is None:
            found = self._sessions[blocking] = self._open(blocking=blocking)
        return found

    def _open(self, *, blocking: bool) -> aiohttp.ClientSession:
        tracing = aiohttp.TraceConfig()
        tracing.on_request_headers_sent.append(_head_leaves)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self._blocking_connections if blocking else self._connections,
                ssl=self._target.tls if self._target.tls is not None else True,
                keepalive_timeout=IDLE_SECONDS,
            ),
            timeout=aiohttp.ClientTimeout(total=self._blocking_timeout if blocking else self._timeout),
            headers={"Authorization": self._target.authorization},
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            trace_configs=[tracing],
        )


async def _head_leaves(
    session: aiohttp.ClientSession, context: SimpleNamespace, head: aiohttp.TraceRequestHeadersSentParams
) -> None:
    """Called right before a request's first byte is written."""
    flight: _Flight = context.trace_request_ctx
    if flight.sent and flight.has_effect:
        raise _SentTwice
    flight.sent = True


async def _read(request: AriRequest, answer: aiohttp.ClientResponse) -> AriResponse:
    try:
        content = await answer.read()
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        if request.has_effect:
            # The status came, so the outcome is known; only what the body would have told is lost.
            return AriResponse(answer.status, reason=_reason(error))
        raise
    return AriResponse(answer.status, decode_body(content, answer.content_type), answer.reason or "")


def decode_body(content: bytes | str, content_type: str) -> Any:
    """A body as a value: JSON parsed, None when empty, else what it is (a recording's bytes)."""
    if not content:
        return None
    if content_type.startswith("application/json"):
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:
            return None
    return content


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, _SentTwice):
        return "the connection broke before the answer"
    return str(error) or type(error).__name__
