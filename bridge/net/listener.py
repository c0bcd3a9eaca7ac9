"""Accepts clients, within limits, and gives each its own connection to Asterisk."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from bridge.net import proxy_protocol
from bridge.net.ami_upstream import connect_upstream
from bridge.net.links import Link
from bridge.net.session import Session

if TYPE_CHECKING:
    from bridge.net.session import SessionServices
    from bridge.net.settings import Limits, ListenerSettings

log = logging.getLogger("bridge.net.listener")

# Asterisk listens with a backlog of 10 (main/tcptls.c; measured on 16 and 22): with more connects under way the kernel
# drops some, and they wait a second for the next try. So few at a time, each until its banner has come.
CONNECTS_AT_ONCE = 8
BANNER_SECONDS = 1.0
# A load balancer sends its header at once.
PROXY_SECONDS = 5.0


class Sessions:
    """Every session of the process, over all listeners; the place of the limits."""

    def __init__(self) -> None:
        """None yet."""
        self._sessions: dict[int, Session] = {}
        self._by_address: Counter[str] = Counter()
        self._numbers = 0
        self.connecting = asyncio.Semaphore(CONNECTS_AT_ONCE)

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._sessions.values()))

    def next_number(self) -> int:
        """A number that no session had before."""
        self._numbers += 1
        return self._numbers

    def of_user(self, user: str) -> int:
        """How many sessions this user has."""
        return sum(session.user == user for session in self._sessions.values())

    def refusal(self, address: str, limits: Limits) -> str:
        """Why one more connection from this address is too many; '' when it is not."""
        if limits.clients and len(self._sessions) >= limits.clients:
            return f"there are {limits.clients} clients already"
        if limits.per_address and self._by_address[address] >= limits.per_address:
            return f"the address has {limits.per_address} connections already"
        return ""

    def add(self, session: Session) -> None:
        """Count it until it is finished."""
        self._sessions[session.number] = session
        self._by_address[session.peer] += 1

    def remove(self, session: Session) -> None:
        """It is finished."""
        if self._sessions.pop(session.number, None) is not None:
            self._by_address[session.peer] -= 1
            if not self._by_address[session.peer]:
                del self._by_address[session.peer]

    def broadcast(self, blob: bytes, classes: str) -> None:
        """Give an event of ours to every session that would get it from Asterisk."""
        for session in self:
            session.insert_event(blob, classes)


class Listener:
    """One address where clients connect."""

    def __init__(self, settings: ListenerSettings, sessions: Sessions, services: Callable[[], SessionServices]) -> None:
        """`services` is asked at each connection, so that a reload reaches new sessions."""
        self._settings = settings
        self._sessions = sessions
        self._services = services
        self._server: asyncio.Server | None = None
        self._accepting: list[asyncio.Task[None]] = []
        self._sockets: list[socket.socket] = []

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where it listens, after `start`; port 0 of the settings is resolved here."""
        sockets = self._server.sockets if self._server else self._sockets
        return [sock.getsockname()[:2] for sock in sockets]

    @property
    def tls(self) -> ssl.SSLContext | None:
        """The TLS context in use."""
        return self._settings.tls

    def change(self, settings: ListenerSettings) -> None:
        """Other permits from the next connection on; address and TLS stay."""
        self._settings = settings

    async def start(self) -> None:
        """Listen; raises OSError when the address cannot be had."""
        settings = self._settings
        loop = asyncio.get_running_loop()
        if settings.proxy_protocol is None:
            self._server = await loop.create_server(
                self._factory, settings.host, settings.port, ssl=settings.tls, backlog=1024
            )
            return
        # The header must be read off the bare socket, before TLS and before any protocol takes bytes.
        for family, kind, proto, _, address in await loop.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            sock = socket.socket(family, kind, proto)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.setblocking(False)
            sock.bind(address)
            sock.listen(1024)
            self._sockets.append(sock)
            self._accepting.append(loop.create_task(self._accept(sock), name="accept"))

    async def close(self) -> None:
        """Accept nobody any more; sessions go on."""
        if self._server:
            self._server.close()
        for task in self._accepting:
            task.cancel()
        await asyncio.gather(*self._accepting, return_exceptions=True)
        for sock in self._sockets:
            sock.close()

    def _factory(self) -> Link:
        return _Downstream(self._services().settings.limits, self._connected)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, address = await loop.sock_accept(listening)
            except OSError as error:
                # Out of descriptors: the next connection may find one.
                log.error("accepting failed: %s", error)
                await asyncio.sleep(0.1)
                continue
            self._services().tasks.spawn(self._greet(sock, address[0]), f"PROXY header from {address[0]}")

    async def _greet(self, sock: socket.socket, address: str) -> None:
        trusted = self._settings.proxy_protocol
        try:
            if trusted is None or not trusted.allows(address):
                raise proxy_protocol.BadProxyHeader("it is not a trusted load balancer")
            told = await proxy_protocol.read_header(sock, PROXY_SECONDS)
        except proxy_protocol.BadProxyHeader as bad:
            log.warning("connection from %s closed: %s", address, bad)
            self._services().counters.refused_connections += 1
            sock.close()
            return
        peer = told[0] if told else address
        with suppress(OSError):
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: _Downstream(self._services().settings.limits, self._connected, peer),
                sock,
                ssl=self._settings.tls,
            )

    def _connected(self, link: _Downstream, peer: str) -> None:
        services = self._services()
        refusal = "" if self._settings.acl.allows(peer) else "the address is not permitted"
        refusal = refusal or self._sessions.refusal(peer, services.settings.limits)
        if refusal:
            log.warning("connection from %s refused: %s", peer, refusal)
            services.counters.refused_connections += 1
            link.close(0.0)
            return
        session = Session(self._sessions.next_number(), peer, services)
        self._sessions.add(session)
        services.counters.sessions += 1
        services.tasks.spawn(self._serve(session, link, services), f"session {session.number}")

    async def _serve(self, session: Session, link: _Downstream, services: SessionServices) -> None:
        try:
            async with self._sessions.connecting:
                try:
                    upstream = await connect_upstream(services.settings, session.peer)
                except OSError as error:
                    log.warning("session %d from %s closed: Asterisk's AMI: %s", session.number, session.peer, error)
                    link.close(0.0)
                    return
                log.info("session %d: connected from %s", session.number, session.peer)
                session.attach(link, upstream)
                with suppress(TimeoutError):
                    async with asyncio.timeout(BANNER_SECONDS):
                        await session.greeted.wait()
            await session.finished
            log.info("session %d: ended: %s", session.number, session.close_reason)
        finally:
            session.close("the bridge stops")
            self._sessions.remove(session)


class _Downstream(Link):
    """A client's connection; tells the listener when it is made."""

    def __init__(self, limits: Limits, connected: Callable[[_Downstream, str], None], peer: str = "") -> None:
        super().__init__(limits.buffer_bytes, limits.write_timeout)
        self._connected = connected
        self._peer = peer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        name = transport.get_extra_info("peername")
        self._connected(self, self._peer or (name[0] if name else "?"))
