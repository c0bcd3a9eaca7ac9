"""Asking Asterisk, for `check --connect`: is it there, may we, is the application free. Nothing is changed.

Blocking and short: a handful of requests, one after the other, over connections of its own.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import quote, urlsplit

from bridge.ari.description import Version, available
from bridge.ari.events import parse_time
from bridge.config.model import Ami, Ari, Config, Credentials
from bridge.config.tls import upstream_context
from bridge.errors import UpstreamUnavailable
from bridge.net.ari_target import REST_OVER_WEBSOCKET, AriTarget, parse_version
from bridge.world.model import World

# Nobody has a playback of this name; a user who may not write gets 403 before that is noticed.
_NO_PLAYBACK = "ami-ari-bridge-check"


class Level(Enum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing learned; `subject` is AMI, ARI or an application's name."""

    level: Level
    subject: str
    text: str


def probe(config: Config) -> list[Finding]:
    """What Asterisk says to this configuration."""
    return [*_ami(config.ami), *_ari(config)]


def _ami(ami: Ami) -> Iterator[Finding]:
    try:
        banner = _banner(ami)
    except OSError as error:
        yield Finding(Level.UNREACHABLE, "AMI", f"{ami.address}: {_why(error)}")
        return
    if not banner.startswith("Asterisk Call Manager/"):
        yield Finding(Level.ERROR, "AMI", f"{ami.address} is no AMI: it says {banner[:60]!r}")
        return
    yield Finding(Level.OK, "AMI", f"{ami.address} answers as {banner}")
    if ami.source == "bridge":
        text = (
            "Asterisk sees every client come from the bridge's address: permit, deny and acl of manager.conf must let "
            "that address in, and no longer tell clients apart. Say who may connect in the bridge's listen.permit, "
            "listen.deny and users, or set ami.source: client."
        )
    else:
        text = (
            "Asterisk sees the clients' own addresses, so permit, deny and acl of manager.conf keep their meaning; the "
            "system must let the bridge use them."
        )
    yield Finding(Level.NOTE, "AMI", text)


def _banner(ami: Ami) -> str:
    """The first line; '' when none came in time."""
    where = (ami.address.host, ami.address.port)
    with socket.create_connection(where, ami.connect_timeout) as plain:
        if ami.tls is None:
            return _first_line(plain)
        name = ami.tls.server_name or ami.address.host
        with upstream_context(ami.tls).wrap_socket(plain, server_hostname=name) as secure:
            return _first_line(secure)


def _first_line(connection: socket.socket) -> str:
    with connection.makefile("rb") as stream:
        return stream.readline(200).decode("utf-8", "replace").strip()


def _ari(config: Config) -> Iterator[Finding]:
    client = _Client(config.ari, config.user)
    try:
        status, body = client.ask("GET", "asterisk/info")
        if status != 200:
            yield _refused(status, config.user.name, config.ari.url)
            return
        version = str(body.get("system", {}).get("version", "")) if isinstance(body, dict) else ""
        yield Finding(Level.OK, "ARI", f"{config.ari.url} answers as Asterisk {version or 'of an unknown version'}")
        yield _transport(version)
        yield _rights(client.ask("DELETE", f"playbacks/{_NO_PLAYBACK}")[0], config.user.name)
        for app in config.app:
            yield _application(app, *client.ask("GET", f"applications/{quote(app, safe='')}"))
    except (OSError, http.client.HTTPException) as error:
        yield Finding(Level.UNREACHABLE, "ARI", f"{config.ari.url}: {_why(error)}")


def _refused(status: int, user: str, url: str) -> Finding:
    if status == 401:
        return Finding(Level.ERROR, "ARI", f"Asterisk does not know the user {user} with this password (ari.conf)")
    if status == 404:
        return Finding(Level.ERROR, "ARI", f"{url}/ari is not there: is ARI enabled, is a prefix missing in 'url'?")
    return Finding(Level.ERROR, "ARI", f"{url} answers {status} to a simple question")


def _transport(version: str) -> Finding:
    parsed = parse_version(version)
    if parsed is None:
        return Finding(Level.NOTE, "ARI", "requests travel over HTTP: the version does not tell that it can do more")
    if available(parsed, (), REST_OVER_WEBSOCKET):
        return Finding(Level.OK, "ARI", "requests can travel over the event websocket")
    return Finding(
        Level.NOTE, "ARI", "requests travel over HTTP: the event websocket takes none before 20.14, 21.9, 22.4"
    )


def _rights(status: int, user: str) -> Finding:
    if status == 403:
        return Finding(Level.WARNING, "ARI", f"the user {user} is read-only: every write will fall back to AMI")
    if status == 404:
        return Finding(Level.OK, "ARI", f"the user {user} may write")
    return Finding(Level.WARNING, "ARI", f"whether the user {user} may write is not clear: the answer was {status}")


def _application(app: str, status: int, body: Any) -> Finding:
    if status == 404:
        return Finding(Level.OK, app, "the application is free")
    if status != 200 or not isinstance(body, dict):
        return Finding(Level.ERROR, app, f"the question for the application was answered with {status}")
    channels = body.get("channel_ids") or []
    held = f" and has {len(channels)} channels" if channels else ""
    text = (
        f"the application is registered{held}: somebody is connected to it (a running bridge?), or it was left behind "
        "with what it holds. Connecting takes it away from whoever has it."
    )
    return Finding(Level.WARNING, app, text)


def live_world(config: Config) -> tuple[World, Version]:
    """Asterisk's channels, ARI bridges, endpoints and applications as a World, and its version.

    Raises:
        UpstreamUnavailable: ARI does not answer, or refuses.
    """
    client = _Client(config.ari, config.user)
    try:
        info = client.get("asterisk/info")
        clock = client.get("asterisk/ping")
        lists = [client.get(path) for path in ("channels", "bridges", "endpoints", "applications")]
    except (OSError, http.client.HTTPException) as error:
        raise UpstreamUnavailable("ARI", None, f"{config.ari.url}: {_why(error)}") from None
    channels, bridges, endpoints, applications = lists
    world = World(config.app)
    world.merge_listing(channels, bridges, parse_time(clock.get("timestamp")), endpoints, applications)
    version = parse_version(str(info.get("system", {}).get("version")))
    if version is None:
        raise UpstreamUnavailable("ARI", None, f"{config.ari.url} does not tell its version")
    return world, version


class _Client:
    """One request, one connection: nothing is kept open on a server that counts connections."""

    def __init__(self, ari: Ari, user: Credentials) -> None:
        self._ari = ari
        target = AriTarget(ari.rest_url, user.name, user.password.reveal())
        self._headers = {"Authorization": target.authorization, "Connection": "close"}

    def ask(self, method: str, path: str) -> tuple[int, Any]:
        """Status and JSON body (None when it is none); raises OSError, HTTPException."""
        parts = urlsplit(self._ari.rest_url)
        connection = self._connection(parts.hostname or "", parts.port)
        try:
            connection.request(method, f"{parts.path}/{path}", headers=self._headers)
            response = connection.getresponse()
            return response.status, _json(response.read(4 * 1024 * 1024))
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """The JSON body of a question that is not refused; raises OSError, HTTPException."""
        status, body = self.ask("GET", path)
        if status != 200 or body is None:
            raise http.client.HTTPException(f"GET {path} is answered with {status}")
        return body

    def _connection(self, host: str, port: int | None) -> http.client.HTTPConnection:
        timeout = self._ari.request_timeout
        if self._ari.url.startswith("http:"):
            return http.client.HTTPConnection(host, port or 80, timeout=timeout)
        context = upstream_context(self._ari.tls)
        return http.client.HTTPSConnection(host, port or 443, timeout=timeout, context=context)


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(getattr(error, "strerror", None) or str(error) or type(error).__name__)
