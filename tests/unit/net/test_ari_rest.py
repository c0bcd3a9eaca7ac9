"""ARI over HTTP against servers that misbehave: what left, what did not, and nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bridge.ari.build import build
from bridge.ari.requests import AriRequest
from bridge.net.ari_rest import AriRest, decode_body
from bridge.net.ari_target import AriTarget, parse_version
from bridge.net.backoff import Backoff

Answerer = Callable[[asyncio.StreamWriter], Awaitable[None]]

GET = build("channels.list", {}, None)
DELETE = build("channels.hangup", {"channelId": "1.1"}, None)
PUT = build("deviceStates.update", {"deviceName": "Stasis:a", "deviceState": "BUSY"}, None)
POST = build("channels.originate", {"endpoint": "Local/9", "app": "a b", "variables": {"é": "1"}}, None)


class Server:
    """Reads requests and answers each by the next of `answers`; the last one goes on for ever."""

    def __init__(self, *answers: Answerer) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                for line in head.split(b"\r\n"):
                    if line.lower().startswith(b"content-length:"):
                        head += await reader.readexactly(int(line.split(b":")[1]))
                self.requests.append(head)
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                await answer(writer)
                if writer.is_closing():
                    return
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()


def answer(status: str = "200 OK", body: str = '{"a": 1}', kind: str = "application/json", more: int = 0) -> Answerer:
    async def send(writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body) + more}\r\n\r\n"
        writer.write((head + body).encode())
        await writer.drain()
        if more:
            writer.transport.abort()

    return send


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def say_nothing(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


@asynccontextmanager
async def against(*answers: Answerer, **settings: Any) -> AsyncIterator[tuple[AriRest, Server]]:
    server = Server(*answers)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        await server.serve(reader, writer)

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    rest = AriRest(AriTarget(f"http://127.0.0.1:{server.port}/ari", "user", "pass"), **settings)
    try:
        yield rest, server
    finally:
        await rest.close()
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_request_as_asterisk_gets_it() -> None:
    async with against(answer()) as (rest, server):
        response = await rest.call(POST)
    assert (response.status, response.body, response.reason) == (200, {"a": 1}, "OK")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /ari/channels?endpoint=Local%2F9&app=a%20b HTTP/1.1\r\n")
    assert b"Authorization: Basic dXNlcjpwYXNz" in head
    assert b"Content-Type: application/json" in head
    assert body == '{"variables":{"é":"1"}}'.encode()


@pytest.mark.parametrize("request_", [DELETE, PUT, POST], ids=str)
@pytest.mark.parametrize("warm", [False, True], ids=["new", "kept"])
async def test_a_write_leaves_once(request_: AriRequest, warm: bool) -> None:
    """aiohttp by itself sends a DELETE or PUT again; on a kept connection that is the common case."""
    answers = (answer(), hang_up, answer()) if warm else (hang_up, answer())
    async with against(*answers) as (rest, server):
        if warm:
            assert (await rest.call(GET)).ok
        response = await rest.call(request_)
    assert response.unknown, response
    assert len(server.requests) == (2 if warm else 1)


async def test_a_read_may_leave_again() -> None:
    async with against(answer(), hang_up, answer()) as (rest, server):
        assert (await rest.call(GET)).ok
        assert (await rest.call(GET)).ok
    assert len(server.requests) == 3


async def test_no_answer_in_time() -> None:
    async with against(say_nothing, timeout=0.1) as (rest, _):
        response = await rest.call(DELETE)
    assert response.unknown
    assert response.reason == "no answer in time"


async def test_a_request_that_asterisk_holds_blocks_no_other() -> None:
    held = build("channels.answer", {"channelId": "1.1"}, None)
    async with against(say_nothing, answer(), timeout=5, blocking_timeout=0.3, connections=1) as (rest, _):
        waiting = asyncio.create_task(rest.call(held))
        await asyncio.sleep(0.05)
        assert (await rest.call(GET)).ok
        assert not waiting.done()
        assert (await waiting).unknown


async def test_waiting_for_a_free_connection_is_not_sending() -> None:
    async with against(say_nothing, timeout=0.2, connections=1) as (rest, server):
        first = asyncio.create_task(rest.call(DELETE))
        await asyncio.sleep(0.05)
        second = await rest.call(PUT)
        assert (await first).unknown
    assert len(server.requests) == 1 or second.unknown
    assert second.not_sent == (len(server.requests) == 1)


async def test_nobody_listens() -> None:
    rest = AriRest(AriTarget("http://127.0.0.1:9/ari", "user", "pass"))
    response = await rest.call(DELETE)
    await rest.close()
    assert response.not_sent
    assert "pass" not in response.reason


async def test_a_body_that_breaks_off() -> None:
    async with against(answer(more=100)) as (rest, _):
        # The status came: a write is done, only its body is lost; a read has no answer.
        written, read = await rest.call(DELETE), await rest.call(GET)
    assert (written.status, written.body) == (200, None)
    assert read.status == 0


async def test_redirects_are_not_followed() -> None:
    async with against(answer("302 Found\r\nLocation: http://127.0.0.1:9/x", "")) as (rest, server):
        assert (await rest.call(DELETE)).status == 302
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("content", "kind", "value"),
    [
        (b"", "application/json", None),
        (b"[1]", "application/json", [1]),
        ("[1]", "application/json; charset=utf-8", [1]),
        (b"{", "application/json", None),
        (b"RIFF", "audio/wav", b"RIFF"),
    ],
)
def test_bodies(content: bytes | str, kind: str, value: object) -> None:
    assert decode_body(content, kind) == value


def test_pauses_grow_and_are_spread() -> None:
    low, high = Backoff(0.2, 1.0, lambda: 0.0), Backoff(0.2, 1.0, lambda: 1.0)
    assert [low.next() for _ in range(5)] == pytest.approx([0.1, 0.2, 0.4, 0.5, 0.5])
    assert [high.next() for _ in range(5)] == pytest.approx([0.2, 0.4, 0.8, 1.0, 1.0])
    high.reset()
    assert high.next() == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("22.10.1+dfsg+~cs6.17-1", (22, 10, 1)),
        ("16.28.0~dfsg-0+deb11u4", (16, 28, 0)),
        ("certified/20.7-cert1", (20, 7, 0)),
        ("GIT-22-1a2b3c", (22, 9999, 0)),
        ("GIT-master-1a2b3c", None),
        ("", None),
    ],
)
def test_versions(text: str, version: tuple[int, int, int] | None) -> None:
    assert parse_version(text) == version


def test_the_password_is_not_shown() -> None:
    target = AriTarget("https://host/pbx/ari", "user", "hidden")
    assert "hidden" not in repr(target)
    assert target.events_url(("a b", "c")) == "wss://host/pbx/ari/events?app=a%20b,c"
