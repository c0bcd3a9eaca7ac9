"""The bridge's one connection to ARI: event stream, World, and the way for requests.

At each connect: ask Asterisk's version; open the event websocket, which registers the apps, so that no entry is missed
from then on; subscribe to every channel, ARI bridge and endpoint; hold events back while channels, bridges, endpoints
and applications are listed; merge; release the events; live.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from bridge.ari.build import build
from bridge.ari.description import Version, available
from bridge.ari.events import AriEvent, decode
from bridge.ari.requests import AriRequest, AriResponse
from bridge.net.ari_listing import Failed, Refused, ask_version, subscribe_and_list
from bridge.net.ari_rest import AriRest
from bridge.net.ari_state import GatewayState, Phase
from bridge.net.ari_stream import AriStream, StreamRefused
from bridge.net.ari_target import REST_OVER_WEBSOCKET, AriTarget, parse_version
from bridge.net.backoff import Backoff
from bridge.world.model import World

log = logging.getLogger("bridge.net.ari")

TRIAL_SECONDS = 1.0

Listener = Callable[[AriEvent | None], None]


class AriGateway:
    """Implements `AriCaller` and `AriFeed` for one Asterisk and owns its `World`."""

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        apps: tuple[str, ...],
        *,
        tls: ssl.SSLContext | None = None,
        request_timeout: float = 5.0,
        blocking_timeout: float = 10.0,
        ping_interval: float = 5.0,
        ping_timeout: float = 5.0,
        reconnect_min: float = 0.2,
        reconnect_max: float = 15.0,
        refused_pause: float = 30.0,
        changed: Callable[[GatewayState], None] | None = None,
    ) -> None:
        """`url` is `http(s)://host:port[/prefix]/ari`; times are seconds; `changed` is called with each new state."""
        self.world = World(apps)
        self.changed = changed
        self._target = AriTarget(url, user, password, tls)
        self._apps = apps
        self._request_timeout = request_timeout
        self._ping_interval = ping_interval
        self._ping_timeout = ping_timeout
        self._refused_pause = refused_pause
        self._rest = AriRest(self._target, timeout=request_timeout, blocking_timeout=blocking_timeout)
        self._backoff = Backoff(reconnect_min, reconnect_max)
        self._stream: AriStream | None = None
        self._rest_over_websocket = False
        self._version: Version | None = None
        self._state = GatewayState(Phase.STOPPED, time.time(), apps)
        self._listeners: dict[object, Listener] = {}
        self._held_back: list[AriEvent] | None = None
        self._task: asyncio.Task[None] | None = None
        self._retake = asyncio.Event()
        self._became_live = asyncio.Event()

    @property
    def state(self) -> GatewayState:
        """Where the connection stands."""
        return self._state

    @property
    def live(self) -> bool:
        """Whether the stream is connected and the World was listed since."""
        return self._state.phase is Phase.LIVE

    @property
    def version(self) -> Version:
        """Asterisk's version as last told; (0, 0, 0) before the first connect or when its text has no number."""
        return self._version or (0, 0, 0)

    @property
    def apps(self) -> tuple[str, ...]:
        """Our Stasis applications."""
        return self._apps

    async def start(self) -> None:
        """Begin to connect, and go on for as long as it takes; returns at once."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._keep_connected(), name="ARI gateway")

    async def wait_live(self, seconds: float) -> bool:
        """Wait until live, at most `seconds`; whether it is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._became_live.wait()
        return self.live

    async def close(self) -> None:
        """Close everything; requests under way end with an unknown outcome."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._rest.close()
        self._enter(Phase.STOPPED)

    def retake(self) -> None:
        """Register our apps again after another program had taken them (or at once, without the pause to come)."""
        self._retake.set()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each event after the World has seen it, and with None when the stream breaks.

        Returns the function that ends it. A listener must not raise and must not wait.
        """
        key = object()
        self._listeners[key] = listener
        return lambda: self._listeners.pop(key, None) and None

    async def call(self, request: AriRequest) -> AriResponse:
        """Send `request` once, over the websocket where that works, else over HTTP; never raises for the far side."""
        response = await self._send(request)
        self.world.note_answer(request, response)
        return response

    async def _send(self, request: AriRequest) -> AriResponse:
        stream = self._stream
        if stream is not None and self._rest_over_websocket and not request.may_block:
            response = await stream.call(request, self._request_timeout)
            if not response.not_sent:
                return response
        return await self._rest.call(request)

    async def _keep_connected(self) -> None:
        while True:
            pause = await self._connect_and_serve()
            self._drop_stream()
            self._retake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._retake.wait()

    async def _connect_and_serve(self) -> float | None:
        """One connection from start to end; the pause before the next one, None to wait for `retake`."""
        self._enter(Phase.CONNECTING)
        phase = Phase.DOWN
        try:
            reason = await self._serve()
        except Refused as error:
            phase, reason = Phase.REFUSED, str(error)
        except StreamRefused as error:
            phase = Phase.REFUSED if error.status in {401, 403} else Phase.DOWN
            reason = str(error)
        except (OSError, Failed) as error:
            reason = str(error) or type(error).__name__
        except Exception as error:
            log.exception("the ARI connection failed by a fault of the bridge")
            reason = f"fault: {error!r}"
        if self._state.phase is Phase.REPLACED:
            return None
        self._enter(phase, reason)
        return self._refused_pause if phase is Phase.REFUSED else self._backoff.next()

    async def _serve(self) -> str:
        """Connect, list, and hand on events until the stream ends; returns why it did."""
        text = await ask_version(self._rest)
        self._version = parse_version(text)
        self._state = replace(self._state, version=text)
        stream = await AriStream.open(
            self._target,
            self._apps,
            open_timeout=self._request_timeout,
            ping_interval=self._ping_interval,
            ping_timeout=self._ping_timeout,
        )
        self._held_back = []
        self.world.begin()
        reading = asyncio.get_running_loop().create_task(stream.run(self._on_frame), name="ARI event stream")
        try:
            self._stream = stream
            self._rest_over_websocket = await self._try_rest_over_websocket(stream)
            self._enter(Phase.LISTING)
            await subscribe_and_list(self._rest, self._apps, self.world)
            if not reading.done() and self._state.phase is Phase.LISTING:
                self._go_live()
            return await reading
        finally:
            self._stream = None
            reading.cancel()
            await stream.close()
            await asyncio.gather(reading, return_exceptions=True)

    async def _try_rest_over_websocket(self, stream: AriStream) -> bool:
        """Whether Asterisk answers a request on this socket; older ones leave it unanswered, so these are not asked.

        An application's event filter can keep the answers from us, so the version alone does not settle it.
        """
        if self._version is not None and not available(self._version, (), REST_OVER_WEBSOCKET):
            return False
        answer = await stream.call(build("asterisk.ping", {}, None), min(TRIAL_SECONDS, self._request_timeout))
        if not answer.ok:
            log.warning("Asterisk does not answer requests on the event websocket (%s): HTTP is used", answer.reason)
        return answer.ok

    def _go_live(self) -> None:
        held_back, self._held_back = self._held_back or [], None
        for event in held_back:
            self._deliver(event)
        self._backoff.reset()
        self._enter(Phase.LIVE)

    def _on_frame(self, frame: Mapping[str, Any]) -> None:
        event = decode(frame)
        if event is None:
            log.warning("a frame of the event websocket is no event")
        elif event.type == "ApplicationReplaced" and event.application in self._apps:
            self._replaced(event.application)
        elif self._held_back is not None:
            self._held_back.append(event)
        else:
            self._deliver(event)

    def _deliver(self, event: AriEvent | None) -> None:
        if event is not None:
            self.world.apply(event)
        for listener in list(self._listeners.values()):
            try:
                listener(event)
            except Exception:
                log.exception("a listener of ARI events failed")

    def _replaced(self, app: str) -> None:
        log.error(
            "another program has registered the Stasis application %r: ARI is out of use here until it is taken back "
            "(reload the bridge, or restart it). Two programs cannot share an application's name",
            app,
        )
        self._enter(Phase.REPLACED, f"another program has registered the application {app}")
        # The socket would stay open for ever, without events.
        stream = self._stream
        if stream is not None:
            stream.end()

    def _drop_stream(self) -> None:
        self._held_back = None
        self._rest_over_websocket = False

    def _enter(self, phase: Phase, error: str = "") -> None:
        was = self._state
        transport = ""
        if phase is Phase.LIVE:
            transport = "websocket" if self._rest_over_websocket else "http"
            log.info("ARI is live: Asterisk %s, %s, requests over %s", was.version, ", ".join(self._apps), transport)
        elif was.phase is Phase.LIVE and phase is Phase.DOWN:
            log.warning("ARI is lost: %s", error or phase.value)
        elif phase in {Phase.DOWN, Phase.REFUSED} and was.error != error:
            log.warning("ARI cannot be reached: %s", error)
        # While it tries again, the last error stays visible.
        shown = error or (was.error if phase in {Phase.CONNECTING, Phase.LISTING} else "")
        self._state = GatewayState(
            phase, time.time(), self._apps, shown, was.version, transport, was.connects + (phase is Phase.LIVE)
        )
        if phase is Phase.LIVE:
            self._became_live.set()
        elif was.phase is Phase.LIVE:
            self._became_live.clear()
            self._deliver(None)
        if self.changed is not None:
            self.changed(self._state)
