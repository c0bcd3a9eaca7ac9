"""An AMI banner and an HTTP server with canned ARI answers, on free ports of 127.0.0.1."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answers = Mapping[str, tuple[int, Any]]

INFO = {"system": {"version": "22.10.1"}}
NORMAL: dict[str, tuple[int, Any]] = {
    "GET /ari/asterisk/info": (200, INFO),
    "GET /ari/asterisk/ping": (200, {"timestamp": "2024-01-01T00:00:00.000+0000"}),
    "DELETE /ari/playbacks/ami-ari-bridge-check": (404, {"message": "Playback not found"}),
    "GET /ari/applications/bridge": (404, {"message": "Application not found"}),
    "GET /ari/channels": (200, []),
    "GET /ari/bridges": (200, []),
    "GET /ari/endpoints": (200, []),
    "GET /ari/applications": (200, []),
}


@contextmanager
def ami(banner: bytes = b"Asterisk Call Manager/11.0.0\r\n") -> Iterator[int]:
    """The port of a server that says `banner` and hangs up."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(banner)

    with _running(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        yield port


@contextmanager
def ari(answers: Answers, seen: Callable[[str, str], None] = lambda request, authorization: None) -> Iterator[int]:
    """The port of an HTTP server with these answers, 500 for the rest; `seen` is told of each request."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            request = f"{self.command} {self.path}"
            seen(request, self.headers.get("Authorization", ""))
            status, body = answers.get(request, (500, None))
            data = b"no json" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_DELETE = do_POST = do_PUT = _answer  # noqa: N815  # the server looks for these names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
            pass

    with _running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield port


@contextmanager
def _running(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
