"""One client and its own AMI session on Asterisk (`upstream: session`).

Theory of operation. Frames of the client that the plan leaves on AMI go on at once, as they came, without waiting for
each other. A frame that is to be carried out over ARI is a *barrier*: it and everything behind it queues; it starts
when every earlier action has its full answer (a sentinel Ping on the same connection proves it), Asterisk's messages
are held while it runs (as Asterisk itself delivers no event during an action), its answer is written between two whole
messages, then the next frame's turn comes.

Before the first such action the session learns what its user may do: the first sentinel is a `ListCommands`, whose
answer names exactly the actions that Asterisk lets this session run. Any other action goes to AMI, where Asterisk
refuses it in its own words.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.ami.codec import decode_action
from bridge.ami.filters import EventFilter, parse_filter, passes
from bridge.ami.framing import ActionFramer, Frame
from bridge.ami.masks import ALL, classes_mask, parse_mask
from bridge.ami.relay import MessageRelay, Sentinel
from bridge.ami.rights import allowed_actions
from bridge.errors import UpstreamUnavailable
from bridge.mapping.plan import Route
from bridge.net.links import Link

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.ami.message import Action
    from bridge.net.backends import Backends
    from bridge.net.counters import Counters
    from bridge.net.router import Routed, Router
    from bridge.net.settings import EdgeSettings
    from bridge.net.tasks import Tasks

log = logging.getLogger("bridge.net.session")

# How often, and how long apart in seconds, a session's stream is asked for proof that its user reads a class.
EVIDENCE_LOOKS = 10
EVIDENCE_PAUSE = 0.1
_ACCEPTED = b"\r\nMessage: Authentication accepted\r\n"
_CALL_CLASS = b"\r\nPrivilege: call,all\r\n"
_REFUSED = b"Response: Error\r\n%sMessage: Authentication failed\r\n\r\n"


@dataclass(frozen=True, slots=True)
class SessionServices:
    """What every session shares."""

    settings: EdgeSettings
    router: Router
    backends: Backends
    tasks: Tasks
    counters: Counters
    sessions_of: Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Kept:
    """An action that is not simply passed on, and its way as things stood when it was looked at."""

    action: Action
    routed: Routed | None = None


class Session:
    """The two sides and what is known between them; all methods run in the event loop's thread."""

    def __init__(self, number: int, peer: str, services: SessionServices) -> None:
        """`number` is unique in this process and names the session in logs; `peer` is the caller's address."""
        self.number = number
        self.peer = peer
        self.user = ""
        self.logged_in = False
        self.finished = asyncio.get_running_loop().create_future()
        # Asterisk has sent its banner, or will not any more.
        self.greeted = asyncio.Event()
        self._services = services
        self._limits = services.settings.limits
        self._client: Link | None = None
        self._upstream: Link | None = None
        self._framer = ActionFramer()
        self._relay = MessageRelay(self._watch_login)
        self._queue: deque[tuple[Frame, Kept | None]] = deque()
        self._draining = False
        self._carrying = False
        self._token = secrets.token_hex(8)
        self._asked = 0
        self._deferred: list[bytes] = []
        self._midway = False
        self._dirty = False
        self._rights: frozenset[str] | None = None
        self._waiting: set[asyncio.Future[bytes]] = set()
        self._forwarded = 0
        self._answered = 0
        self._login: tuple[int, asyncio.Future[None]] | None = None
        self._login_action: Action | None = None
        self._eof = False
        self._mask = ALL
        self._filters: list[EventFilter] = []
        self._read_proven = 0
        self.close_reason = ""

    def __repr__(self) -> str:
        return f"Session({self.number}, {self.peer}, user={self.user!r})"

    # -- the two links -------------------------------------------------------------------------------------------

    def attach(self, client: Link, upstream: Link) -> None:
        """Both sides are connected: bytes may flow."""
        self._client, self._upstream = client, upstream
        client.on_data, client.on_eof, client.on_lost = self._client_data, self._client_eof, self._client_lost
        upstream.on_data, upstream.on_lost = self._upstream_data, self._upstream_lost
        # Asterisk never closes one direction only.
        upstream.on_eof = self._upstream_lost
        client.peer_link, upstream.peer_link = upstream, client
        if self._limits.login_timeout:
            asyncio.get_running_loop().call_later(self._limits.login_timeout, self._login_overdue)
        client.start()
        upstream.start()

    def close(self, reason: str) -> None:
        """End both sides; what is already written to the client is flushed within `limits.linger` seconds."""
        if self.finished.done():
            return
        self.close_reason = self.close_reason or reason
        self.greeted.set()
        self._relay.abandon()
        self._queue.clear()
        for future in self._waiting:
            if not future.done():
                future.set_exception(UpstreamUnavailable("AMI", time.time(), reason))
        self._waiting.clear()
        if self._login and not self._login[1].done():
            self._login[1].set_result(None)
        if self._client:
            self._client.close(self._limits.linger)
        if self._upstream:
            self._upstream.close(self._limits.linger)
        self.finished.set_result(None)

    def _login_overdue(self) -> None:
        if not self.logged_in:
            self.close(f"no login within {self._limits.login_timeout:g} s")

    # -- from the client -----------------------------------------------------------------------------------------

    def _client_data(self, data: bytes) -> None:
        forward: list[bytes] = []
        for frame in self._framer.receive_data(data):
            kept: Kept | None = None
            if not self._draining:
                kept = self._kept(frame)
                if kept is None:
                    forward.append(frame.raw)
                    self._note(frame)
                    continue
            self._queue.append((frame, kept))
            if not self._draining:
                self._forward(forward)
                forward = []
                self._draining = True
                self._services.tasks.spawn(self._drain(), f"session {self.number}")
        self._forward(forward)
        if len(self._queue) > self._limits.pending_actions and self._client:
            self._client.pause("queue")

    def _kept(self, frame: Frame) -> Kept | None:
        """What is in a frame that must not simply go on to AMI; None for all others."""
        if not frame.plain:
            return None
        if not self.logged_in:
            return Kept(decode_action(frame.raw)) if frame.name == b"login" else None
        router = self._services.router
        if router.always_ami(self.user, frame.name.decode("utf-8", "surrogateescape")):
            return None
        action = decode_action(frame.raw)
        routed = router.route(self.user, action)
        return None if routed.route is Route.AMI else Kept(action, routed)

    def _note(self, frame: Frame) -> None:
        """Keep count of a frame that goes on, and of what it changes for this session."""
        if frame.whole:
            self._forwarded += 1
            self._services.counters.action(frame.name)
        if frame.name in (b"events", b"filter") and self.logged_in:
            action = decode_action(frame.raw)
            if frame.name == b"events" and action.get("EventMask"):
                self._mask = parse_mask(action.get("EventMask"))
            elif frame.name == b"filter" and action.get("Operation").lower() == "add":
                self._add_filter(action.get("Filter"))
        self._midway = not frame.whole

    def _add_filter(self, text: str) -> None:
        parsed = parse_filter(text)
        if parsed:
            self._filters.append(parsed)

    def _forward(self, pieces: list[bytes]) -> None:
        if not pieces or not self._upstream:
            return
        self._dirty = True
        if self._deferred and not self._midway:
            pieces, self._deferred = [*pieces, *self._deferred], []
        self._upstream.write(pieces[0] if len(pieces) == 1 else b"".join(pieces))

    def _client_eof(self) -> None:
        self._eof = True
        if not self._draining:
            self._finish_upstream()

    def _finish_upstream(self) -> None:
        # As Asterisk would see it: everything was sent, then the end of the stream.
        if self._upstream and not self._upstream.write_eof():
            self._ask(b"Ping", self._close_after)

    def _close_after(self, _: bytes) -> bytes:
        asyncio.get_running_loop().call_soon(self.close, "the client closed its side")
        return b""

    def _client_lost(self, reason: str) -> None:
        if self.finished.done():
            return
        # What was received is still carried out, as Asterisk would: a client may send and leave at once.
        self.close_reason = reason or "the client closed the connection"
        if not self._draining:
            self.close(self.close_reason)

    # -- the barrier ---------------------------------------------------------------------------------------------

    async def _drain(self) -> None:
        try:
            while self._queue and not self.finished.done():
                frame, kept = self._queue.popleft()
                # What waited is looked at now: the login, or the action before it, may have changed its way.
                kept = kept or self._kept(frame)
                if kept is None:
                    self._note(frame)
                    self._forward([frame.raw])
                elif not self.logged_in:
                    await self._log_in(frame, kept.action)
                else:
                    await self._carry(frame, kept)
        except UpstreamUnavailable as gone:
            self.close(str(gone))
        except Exception:
            log.exception("session %d failed", self.number)
            self.close("internal error")
        finally:
            self._draining = False
            if self._client:
                self._client.resume("queue")
        if self._client and self._client.lost:
            self.close(self.close_reason)
        elif self._eof and not self.finished.done():
            self._finish_upstream()

    async def _log_in(self, frame: Frame, action: Action) -> None:
        user = action.get("Username")
        refusal = self._refusal(user)
        if refusal:
            await self._refuse_login(action, user, refusal)
            return
        self._login = (self._forwarded + 1, asyncio.get_running_loop().create_future())
        self._login_action = action
        self._note(frame)
        self._forward([frame.raw])
        await self._login[1]

    def _accepted(self) -> None:
        """Asterisk let the user in."""
        action = self._login_action
        if action is None or self.logged_in:
            return
        self.logged_in, self.user = True, action.get("Username")
        # What follows in the same chunk needs no closer look.
        self._relay.watching = False
        self._mask = parse_mask(action.get("Events"))
        settings = self._services.settings.users.get(self.user)
        for text in settings.filters if settings else ():
            self._add_filter(text)
        log.info("session %d: %s logged in from %s", self.number, self.user, self.peer)

    def _refusal(self, user: str) -> str:
        settings = self._services.settings.users.get(user)
        if settings and not settings.acl.allows(self.peer):
            return "this address is not permitted for the user"
        per_user = self._limits.per_user
        if per_user and self._services.sessions_of(user) >= per_user:
            return f"the user has {per_user} sessions already"
        return ""

    async def _refuse_login(self, action: Action, user: str, why: str) -> None:
        log.warning("session %d: login of %s from %s refused: %s", self.number, user, self.peer, why)
        self._services.counters.refused_logins += 1
        await asyncio.sleep(1.0)  # main/manager.c waits as long after a failed login
        echo = b"ActionID: %s\r\n" % action.action_id.encode("utf-8", "surrogateescape") if action.action_id else b""
        self._write(self._relay.insert(_REFUSED % echo))
        self.close(why)

    async def _carry(self, frame: Frame, kept: Kept) -> None:
        """Carry one action out where the plan says, once all before it are answered."""
        self._services.counters.action(frame.name)
        action, routed = kept.action, kept.routed
        if self._rights is None:
            self._rights = allowed_actions(await self._settled(b"ListCommands"))
            routed = None
        elif self._dirty:
            await self._settled(b"Ping")
            # The actions before it are done, and may have changed whose channel it is.
            routed = None
        else:
            self._relay.hold()
        self._carrying = True
        try:
            if frame.name.decode("utf-8", "surrogateescape") not in self._rights:
                log.info("session %d: %s is not allowed %s: left to Asterisk", self.number, self.user, action.name)
                self.pass_on(frame.raw)
            else:
                await self._services.backends.carry(self, action, frame.raw, routed)
        finally:
            self._carrying = False
            self._write(self._relay.release())
        if self._upstream is None or self._upstream.gone:
            self.close("Asterisk closed the connection")

    # -- what the backends use -----------------------------------------------------------------------------------

    def pass_on(self, raw: bytes) -> None:
        """Leave the action to Asterisk's AMI after all."""
        self._write(self._relay.release())
        self._forward([raw])

    def answer(self, data: bytes) -> None:
        """Write whole messages of the bridge's own to the client."""
        self._write(self._relay.insert(data))

    def release(self) -> None:
        """The answer is complete: what Asterisk sent meanwhile follows."""
        self._write(self._relay.release())

    async def compared(self, raw: bytes) -> bytes:
        """Forward the action and return Asterisk's messages until its answer ended; the client gets them at once."""
        self._relay.capture = []
        self.pass_on(raw)
        await self._settled(b"Ping", hold=False)
        captured, self._relay.capture = self._relay.capture, None
        return b"".join(captured or [])

    def insert_event(self, blob: bytes, classes: str, looks: int = EVIDENCE_LOOKS) -> None:
        """Give this session an event of ours, at the next point between two actions, if it would get it from Asterisk.

        Which classes the user may read is known from the configuration, or by the evidence of its own stream: Asterisk
        has sent it events of that class (those of the very channel the event is about came before).
        """
        wanted = classes_mask(classes)
        if (
            self.finished.done()
            or not self.logged_in
            or wanted & ~self._mask
            or not passes(self._filters, blob.decode("utf-8", "replace"))
        ):
            return
        settings = self._services.settings.users.get(self.user)
        readable = settings.read if settings else None

        def replaced(_: bytes) -> bytes:
            known = self._read_proven if readable is None else readable
            if not wanted & ~known:
                return blob
            if readable is None and looks > 1:
                # Asterisk feeds AMI and ARI from different threads: the evidence may be a moment behind.
                again = asyncio.get_running_loop().call_later
                again(EVIDENCE_PAUSE, self.insert_event, blob, classes, looks - 1)
            return b""

        self._ask(b"Ping", replaced)

    # -- sentinels -----------------------------------------------------------------------------------------------

    def _ask(self, action: bytes, answered: Callable[[bytes], bytes]) -> None:
        self._asked += 1
        token = b"ami-ari-bridge-%s-%d" % (self._token.encode(), self._asked)
        self._relay.expect(Sentinel(token + b"\r\n", answered))
        request = b"Action: %s\r\nActionID: %s\r\n\r\n" % (action, token)
        if self._midway:
            self._deferred.append(request)
        elif self._upstream:
            self._upstream.write(request)

    async def _settled(self, action: bytes, *, hold: bool = True) -> bytes:
        """Wait until everything sent so far is answered in full; returns the sentinel's own answer."""
        if self._upstream is None or self._upstream.gone:
            raise UpstreamUnavailable("AMI", time.time(), "Asterisk closed the connection")
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        self._dirty = False

        def answered(message: bytes) -> bytes:
            if hold:
                self._relay.hold()
            if not future.done():
                future.set_result(message)
            return b""

        self._ask(action, answered)
        try:
            return await future
        finally:
            self._waiting.discard(future)

    # -- from Asterisk -------------------------------------------------------------------------------------------

    def _upstream_data(self, data: bytes) -> None:
        if not self.greeted.is_set():
            self.greeted.set()
        if not self._read_proven and _CALL_CLASS in data:
            self._read_proven = classes_mask("call")
        self._write(self._relay.receive(data))
        if self._relay.held_bytes > self._limits.buffer_bytes:
            log.warning("session %d: more than %d bytes came during one action", self.number, self._limits.buffer_bytes)
            self._services.counters.overflows += 1
            self.close("too much to hold back during one action")

    def _watch_login(self, message: bytes) -> None:
        if not message.startswith(b"Response: "):
            return
        self._answered += 1
        accepted = _ACCEPTED in message
        if accepted:
            self._accepted()
        if self._login and not self._login[1].done() and (accepted or self._answered >= self._login[0]):
            self._login[1].set_result(None)

    def _write(self, pieces: list[bytes]) -> None:
        if self._client:
            for piece in pieces:
                self._client.write(piece)

    def _upstream_lost(self, reason: str = "") -> None:
        if self._carrying:
            # The action under way gets its answer first; its outcome does not depend on this connection.
            return
        self.close(reason or "Asterisk closed the connection")
