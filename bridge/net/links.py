"""One side of a session: a transport with flow control that reaches across to the other side.

What cannot be written to one side stops the reading from the other, so a slow reader is Asterisk's to judge, as without
the bridge, and costs the bridge one bounded buffer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast


def _nothing(*_: object) -> None:
    """Before `attach` there is nobody to tell."""


class Link(asyncio.Protocol):
    """A connection, to a client or to Asterisk; reading starts with `start`."""

    def __init__(self, buffer_bytes: int, write_timeout: float = 0.0) -> None:
        """`buffer_bytes` may wait to be written; `write_timeout` seconds without room end the link, 0 = never."""
        self.on_data: Callable[[bytes], None] = _nothing
        self.on_eof: Callable[[], None] = _nothing
        self.on_lost: Callable[[str], None] = _nothing
        self.peer_link: Link | None = None
        self.lost = False
        self.lost_reason = ""
        self.eof = False
        self._buffer_bytes = buffer_bytes
        self._write_timeout = write_timeout
        self._transport: asyncio.Transport | None = None
        self._started = False
        self._reasons: set[str] = set()
        self._full: asyncio.TimerHandle | None = None
        self._early: list[bytes] = []

    @property
    def transport(self) -> asyncio.Transport | None:
        """The transport, None before the connection is made."""
        return self._transport

    @property
    def gone(self) -> bool:
        """Whether nothing will come any more."""
        return self.lost or self.eof

    # -- asyncio.Protocol ----------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for `start` before the first byte is taken."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=self._buffer_bytes)
        if not self._started:
            self._transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        """Hand on; bytes that a TLS transport delivers although paused are kept until `start`."""
        if self._started:
            self.on_data(data)
        else:
            self._early.append(data)

    def eof_received(self) -> bool:
        """Keep our own direction open: answers may still be due."""
        self.eof = True
        if self._started:
            self.on_eof()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the session, once."""
        self.lost = True
        self.lost_reason = self.lost_reason or (str(exc) if exc else "")
        if self._full:
            self._full.cancel()
        if self._started:
            self.on_lost(self.lost_reason)

    def pause_writing(self) -> None:
        """The buffer is full: stop reading on the other side, and do not wait for ever."""
        if self.peer_link:
            self.peer_link.pause("peer")
        if self._write_timeout and not self._full:
            self._full = asyncio.get_running_loop().call_later(self._write_timeout, self._stuck)

    def resume_writing(self) -> None:
        """There is room again."""
        if self._full:
            self._full.cancel()
            self._full = None
        if self.peer_link:
            self.peer_link.resume("peer")

    # -- the session's side --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Callbacks are set: let the bytes flow, and tell what happened meanwhile."""
        self._started = True
        early, self._early = self._early, []
        for data in early:
            self.on_data(data)
        if self.lost:
            self.on_lost(self.lost_reason)
        elif self.eof:
            self.on_eof()
        elif self._transport and not self._reasons:
            self._transport.resume_reading()

    def write(self, data: bytes) -> None:
        """Write, unless the connection is gone."""
        if self._transport and not self.lost:
            self._transport.write(data)

    def write_eof(self) -> bool:
        """End our direction; False where the transport cannot (TLS)."""
        if self._transport and not self.lost and self._transport.can_write_eof():
            self._transport.write_eof()
            return True
        return self.lost

    def pause(self, reason: str) -> None:
        """Stop reading for this reason; several may hold at once."""
        if not self._reasons and self._started and self._transport and not self._transport.is_closing():
            self._transport.pause_reading()
        self._reasons.add(reason)

    def resume(self, reason: str) -> None:
        """This reason no longer holds."""
        if reason not in self._reasons:
            return
        self._reasons.discard(reason)
        if not self._reasons and self._started and self._transport and not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self, linger: float) -> None:
        """Flush what is written and close; after `linger` seconds (0: at once) drop what the peer did not take."""
        if self._transport is None or self.lost:
            return
        self._transport.close()
        if not linger:
            return
        if self._transport.get_write_buffer_size():
            asyncio.get_running_loop().call_later(linger, self._abort)

    def _stuck(self) -> None:
        self.lost_reason = "the peer does not read"
        self._abort()

    def _abort(self) -> None:
        if self._transport and not self.lost:
            self._transport.abort()
