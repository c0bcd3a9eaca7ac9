"""The event websocket against servers that misbehave."""

from __future__ import annotations

import asyncio
import http
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from bridge.ari.build import build
from bridge.net.ari_stream import AriStream, StreamRefused
from bridge.net.ari_target import AriTarget

Script = Callable[[ServerConnection], Awaitable[None]]

PING = build("asterisk.ping", {}, None)
ORIGINATE = build("channels.originate", {"endpoint": "Local/9", "app": "a", "variables": {"A": "1"}}, None)


def rest_response(request: str | bytes, **fields: Any) -> str:
    frame = {
        "type": "RESTResponse",
        "request_id": json.loads(request)["request_id"],
        "status_code": 200,
        "reason_phrase": "OK",
        "content_type": "application/json",
        "message_body": '{"ping": "pong"}',
    }
    return json.dumps(frame | fields)


@asynccontextmanager
async def stream(script: Script) -> AsyncIterator[tuple[AriStream, list[Mapping[str, Any]], asyncio.Task[str]]]:
    """A stream to a server that runs `script`, the frames that come, and the running reader."""
    async with serve(script, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        opened = await AriStream.open(AriTarget(f"http://127.0.0.1:{port}/ari", "u", "p"), ("a",))
        frames: list[Mapping[str, Any]] = []
        reading = asyncio.create_task(opened.run(frames.append))
        try:
            yield opened, frames, reading
        finally:
            await opened.close()
            await reading


async def test_answers_among_events() -> None:
    asked: list[Any] = []

    async def script(socket: ServerConnection) -> None:
        first, second = await socket.recv(), await socket.recv()
        asked.extend([json.loads(first), json.loads(second)])
        await socket.send('{"type": "ChannelCreated"}')
        await socket.send(rest_response(second, status_code=404, reason_phrase="Not Found"))
        await socket.send('{"type": "ChannelDestroyed"}')
        await socket.send(rest_response(first))
        await socket.wait_closed()

    async with stream(script) as (opened, frames, _):
        one, two = await asyncio.gather(opened.call(PING, 5), opened.call(ORIGINATE, 5))
    assert (one.status, one.body) == (200, {"ping": "pong"})
    assert (two.status, two.reason) == (404, "Not Found")
    assert [frame["type"] for frame in frames] == ["ChannelCreated", "ChannelDestroyed"]
    assert asked[0] | {"request_id": "", "transaction_id": ""} == {
        "type": "RESTRequest",
        "transaction_id": "",
        "request_id": "",
        "method": "GET",
        "uri": "asterisk/ping",
    }
    assert asked[1]["query_strings"] == [{"name": "endpoint", "value": "Local/9"}, {"name": "app", "value": "a"}]
    assert json.loads(asked[1]["message_body"]) == {"variables": {"A": "1"}}


async def test_garbage_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    async def script(socket: ServerConnection) -> None:
        request = await socket.recv()
        for text in ("{", "[]", "5", '{"type": "RESTResponse"}', rest_response(request, request_id="99")):
            await socket.send(text)
        await socket.send(rest_response(request, status_code="200"))
        await socket.send(rest_response(request, message_body=None, status_code=204))
        await socket.send(rest_response(request))
        await socket.send('{"no": "type"}')
        await socket.wait_closed()

    async with stream(script) as (opened, frames, _):
        response = await opened.call(PING, 5)
        while not frames:
            await asyncio.sleep(0)
    assert (response.status, response.body) == (204, None)
    assert frames == [{"no": "type"}]
    assert "no JSON" in caplog.text


async def test_broken_before_the_answer() -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.recv()
        socket.transport.abort()

    async with stream(script) as (opened, _, reading):
        assert (await opened.call(PING, 5)).unknown
        assert await reading
        after = await opened.call(PING, 5)
    assert after.not_sent


async def test_no_answer_in_time() -> None:
    async def script(socket: ServerConnection) -> None:
        request = await socket.recv()
        again = await socket.recv()
        # What comes too late belongs to nobody any more.
        await socket.send(rest_response(request))
        await socket.send(rest_response(again))
        await socket.wait_closed()

    async with stream(script) as (opened, _, _reading):
        late = await opened.call(PING, 0.05)
        assert late.unknown
        assert late.reason == "no answer in time"
        assert (await opened.call(PING, 5)).ok


async def test_the_end_of_the_stream_has_a_reason() -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.close(1001, "shutting down")

    async with stream(script) as (_, _frames, reading):
        assert "shutting down" in await reading


async def test_ending_it_from_within() -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.wait_closed()

    async with stream(script) as (opened, _, reading):
        opened.end()
        await reading
        assert (await opened.call(PING, 5)).not_sent


async def test_refused_with_a_status() -> None:
    def refuse(socket: ServerConnection, request: Request) -> Response:
        return socket.respond(http.HTTPStatus.UNAUTHORIZED, "no")

    async def script(socket: ServerConnection) -> None: ...

    async with serve(script, "127.0.0.1", 0, process_request=refuse) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(StreamRefused, match="wrong ARI user or password") as caught:
            await AriStream.open(AriTarget(f"http://127.0.0.1:{port}/ari", "u", "p"), ("a",))
    assert caught.value.status == 401


async def test_closed_without_a_byte() -> None:
    """Asterisk at its 100 connections."""

    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(close, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(OSError, match=r"."):
        await AriStream.open(AriTarget(f"http://127.0.0.1:{port}/ari", "u", "p"), ("a",))
    server.close()
