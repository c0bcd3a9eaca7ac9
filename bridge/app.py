"""The composition root: the only place that names concrete classes."""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bridge import telemetry
from bridge.ami.masks import parse_mask
from bridge.config.load import load_config
from bridge.config.reload import diff
from bridge.config.tls import listen_context, upstream_context
from bridge.errors import ProblemsFound
from bridge.mapping.files import Rules, load_rules
from bridge.net.acl import Acl
from bridge.net.ari_gateway import AriGateway
from bridge.net.backends import Backends, Surroundings
from bridge.net.counters import Counters
from bridge.net.executor import Executor
from bridge.net.listener import Listener, Sessions
from bridge.net.router import Router
from bridge.net.session import SessionServices
from bridge.net.settings import EdgeSettings, Limits, ListenerSettings, UpstreamSettings, UserSettings
from bridge.net.tasks import Tasks
from bridge.translate.actions import TRANSLATORS
from bridge.translate.effects import Context

if TYPE_CHECKING:
    from bridge.config.model import Config, Listen
    from bridge.net.trace import TraceSink

log = logging.getLogger("bridge.app")


class Bridge:
    """One bridge before one Asterisk."""

    def __init__(self, config: Config, trace: TraceSink | None = None) -> None:
        """Load mappings and plan; raises `ProblemsFound`. `trace` is told of every action that did not simply pass."""
        self.config = config
        self.counters = Counters()
        self.sessions = Sessions()
        self.tasks = Tasks()
        self._trace = trace
        self._rules = _rules(config)
        self._ids = 1_000_000_000 + secrets.randbelow(900_000_000)
        self._listeners: list[Listener] = []
        self._services: SessionServices | None = None
        self.gateway = AriGateway(
            config.ari.rest_url,
            user=config.user.name,
            password=config.user.password.reveal(),
            apps=config.app,
            tls=upstream_context(config.ari.tls) if config.ari.url.startswith("https:") else None,
            request_timeout=config.ari.request_timeout,
            blocking_timeout=config.ari.blocking_timeout,
            ping_interval=config.ari.ping_interval,
            ping_timeout=config.ari.ping_timeout,
            reconnect_min=config.ari.reconnect.min,
            reconnect_max=config.ari.reconnect.max,
        )
        self.router = Router(self._rules.plan, self._rules.registry, self.gateway.world, self.gateway)

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where clients connect, after `start`."""
        return [address for listener in self._listeners for address in listener.addresses]

    async def start(self) -> None:
        """Connect to ARI in the background and listen; raises OSError when an address cannot be had."""
        self._services = self._make_services()
        self._listeners = [
            Listener(_listener(listen), self.sessions, self._current_services) for listen in self.config.listen
        ]
        await self.gateway.start()
        try:
            for listener in self._listeners:
                await listener.start()
        except OSError:
            await self.close()
            raise
        for host, port in self.addresses:
            log.info("listening on %s", f"[{host}]:{port}" if ":" in host else f"{host}:{port}")

    async def close(self) -> None:
        """Stop listening, end the sessions, leave ARI."""
        for listener in self._listeners:
            await listener.close()
        for session in self.sessions:
            session.close("the bridge stops")
        # Answers that are written get out; nothing new begins.
        await asyncio.sleep(0)
        await self.tasks.close()
        await self.gateway.close()
        log.info("%s", self.counters.summary())

    def reload(self, path: Path) -> bool:
        """Read configuration, mappings and plan again; all of it takes effect, or none of it and the log says why."""
        try:
            config = load_config(path)
            fixed = diff(self.config, config)
            if fixed:
                log.error("reload refused: %s", "; ".join(fixed))
                return False
            rules = _rules(config)
        except ProblemsFound as wrong:
            for problem in wrong.problems:
                log.error("reload refused: %s", problem)
            return False
        self.config, self._rules = config, rules
        self.router.replace(rules.plan, rules.registry)
        self._services = self._make_services()
        for listener, listen in zip(self._listeners, config.listen, strict=True):
            listener.change(_listener(listen, listener.tls))
        telemetry.set_level(config.log.level)
        # Where another program had taken our Stasis application, this takes it back; elsewhere it does nothing.
        self.gateway.retake()
        log.info("reloaded: plan %s, %d mappings", config.plan, len(rules.registry))
        return True

    def _current_services(self) -> SessionServices:
        if self._services is None:
            raise RuntimeError("the bridge is not started")
        return self._services

    def _make_services(self) -> SessionServices:
        backends = Backends(
            self.router,
            Executor(self.gateway, self.gateway),
            Surroundings(self._context, self.sessions.broadcast),
            self.tasks,
            self.counters,
            self._trace,
        )
        return SessionServices(
            _edge(self.config), self.router, backends, self.tasks, self.counters, self.sessions.of_user
        )

    def _context(self, user: str, ami_behind: bool) -> Context:
        return Context(
            world=self.gateway.world,
            apps=self.config.app,
            version=self.gateway.version,
            ami_behind=ami_behind,
            user=user,
            new_id=self._new_id,
        )

    def _new_id(self) -> str:
        # Asterisk's own shape, since clients take it apart: seconds, a dot, a number of 31 bits. Asterisk counts from
        # 0; ours begin high, at a random place, so that no id comes twice, not after a restart either.
        self._ids += 1
        return f"{int(time.time())}.{self._ids}"


def run(bridge: Bridge, path: Path | None) -> None:
    """Run until SIGTERM or SIGINT; SIGHUP reloads from `path`. Raises OSError when it cannot start."""
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    try:
        import uvloop

        factory = uvloop.new_event_loop
    except ImportError:
        log.warning("uvloop is not installed: asyncio's own loop is slower")
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_serve(bridge, path))


async def _serve(bridge: Bridge, path: Path | None) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if path is not None:
        loop.add_signal_handler(signal.SIGHUP, bridge.reload, path)
    await bridge.start()
    try:
        await stop.wait()
        log.info("stopping")
    finally:
        await bridge.close()


def _rules(config: Config) -> Rules:
    return load_rules(config.plan, config.mappings, TRANSLATORS)


def _edge(config: Config) -> EdgeSettings:
    ami, limits = config.ami, config.limits
    return EdgeSettings(
        UpstreamSettings(
            ami.address.host,
            ami.address.port,
            tls=upstream_context(ami.tls) if ami.tls else None,
            server_hostname=(ami.tls.server_name if ami.tls else "") or ami.address.host,
            connect_timeout=ami.connect_timeout,
            from_client=ami.source == "client",
        ),
        Limits(
            clients=limits.clients,
            per_address=limits.per_address,
            per_user=limits.per_user,
            buffer_bytes=limits.buffer_bytes,
            pending_actions=limits.pending_actions,
            login_timeout=limits.login_timeout,
            write_timeout=limits.write_timeout,
        ),
        {
            name: UserSettings(
                Acl(rules.permit, rules.deny),
                None if rules.read is None else parse_mask(rules.read),
                rules.filters,
            )
            for name, rules in config.users.items()
        },
    )


def _listener(listen: Listen, tls: ssl.SSLContext | None = None) -> ListenerSettings:
    if tls is None and listen.tls:
        tls = listen_context(listen.tls)
    return ListenerSettings(
        listen.address.host,
        listen.address.port,
        tls=tls,
        acl=Acl(listen.permit, listen.deny),
        proxy_protocol=Acl(permit=listen.proxy_protocol.trusted) if listen.proxy_protocol.enabled else None,
    )
