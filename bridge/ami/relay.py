"""Asterisk's byte stream on its way to one client: unchanged, with whole messages put in only between whole messages.

Theory of operation. Most of the time `receive` hands each chunk on as it came and only remembers its last four bytes.
It looks closer while something is *expected*:

* a **sentinel**: an action of the bridge's own (a Ping) was sent on the client's connection; its answer is found by its
  ActionID, taken out, and replaced by whatever the sentinel's callback returns. Asterisk carries out one session's
  actions strictly in order and flushes its events between them (asterisk-facts §4.2), so the sentinel's answer is the
  proof that everything sent before it is answered in full;
* a **hold**: an action is being carried out over ARI. As Asterisk delivers no event during an action, none is
  delivered now; what comes is kept and follows the answer;
* a **watch**: before login every message is looked at.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from bridge.ami.framing import MessageSplitter

# `Response: Success\r\nActionID: ` and a token: enough to tell a sentinel's answer from anything else.
_HEAD = 160


@dataclass(frozen=True, slots=True)
class Sentinel:
    """An answer to take out; `answered(message)` returns what takes its place."""

    token: bytes
    answered: Callable[[bytes], bytes]


class MessageRelay:
    """Bytes from Asterisk in, writes for the client out. No I/O of its own; every method returns what to write now."""

    def __init__(self, watch: Callable[[bytes], None]) -> None:
        """`watch` is called with every message until `watching` is set to False."""
        self._splitter = MessageSplitter()
        self._sentinels: deque[Sentinel] = deque()
        self._held: list[bytes] = []
        self._insertions: list[bytes] = []
        self._watch = watch
        self._banner = b""
        self._banner_seen = False
        self.watching = True
        self.holding = False
        self.held_bytes = 0
        self.capture: list[bytes] | None = None

    @property
    def expecting(self) -> bool:
        """Whether a sentinel's answer is still to come."""
        return bool(self._sentinels)

    @property
    def _close_look(self) -> bool:
        return bool(self._sentinels) or self.holding or self.watching or self.capture is not None

    def expect(self, sentinel: Sentinel) -> None:
        """The sentinel's action is being sent; answers come in the order of the calls."""
        self._sentinels.append(sentinel)

    def abandon(self) -> None:
        """Asterisk is gone: no answer will come any more."""
        self._sentinels.clear()

    def receive(self, chunk: bytes) -> list[bytes]:
        """Bytes from Asterisk; returns the writes, in order."""
        if not self._banner_seen:
            return self._receive_banner(chunk)
        if not (self._close_look or self._insertions or self._splitter.partial):
            self._splitter.passed(chunk)
            return [chunk]
        return self._look(chunk)

    def hold(self) -> None:
        """From now on whole messages are kept back until `release`."""
        self.holding = True

    def release(self) -> list[bytes]:
        """The answer is out: what was kept back follows."""
        self.holding = False
        held, self._held, self.held_bytes = self._held, [], 0
        return self._settled([b"".join(held)] if held else [])

    def insert(self, data: bytes) -> list[bytes]:
        """Put whole messages of ours in: now if the client has whole messages so far, else right after this one."""
        if self._splitter.between:
            return [data]
        self._insertions.append(data)
        return []

    def _receive_banner(self, chunk: bytes) -> list[bytes]:
        # `Asterisk Call Manager/x.y.z` is one line without an empty line behind it.
        line, newline, rest = chunk.partition(b"\n")
        if not newline:
            return [chunk]
        self._banner_seen = True
        return [line + newline, *(self.receive(rest) if rest else [])]

    def _look(self, chunk: bytes) -> list[bytes]:
        remainder, messages = self._splitter.split(chunk)
        out = [remainder] if remainder else []
        if self._insertions and self._splitter.between:
            out += self._insertions
            self._insertions = []
        for message in messages:
            self._one(message, out)
        return self._settled(out)

    def _one(self, message: bytes, out: list[bytes]) -> None:
        if self._sentinels and self._is_answer(message):
            message = self._sentinels.popleft().answered(message)
            if not message:
                return
        elif self.capture is not None:
            self.capture.append(message)
        if self.watching:
            self._watch(message)
        if self.holding:
            self._held.append(message)
            self.held_bytes += len(message)
        else:
            out.append(message)

    def _is_answer(self, message: bytes) -> bool:
        return message.startswith(b"Response: ") and b"\nActionID: " + self._sentinels[0].token in message[:_HEAD]

    def _settled(self, out: list[bytes]) -> list[bytes]:
        # A long answer need not wait for its end when it cannot be a sentinel's.
        if not self.holding and self._splitter.partial and not self._may_matter(self._splitter.partial):
            out.append(self._splitter.release())
        return out

    def _may_matter(self, partial: bytes) -> bool:
        if self.watching or self.capture is not None:
            return True
        return bool(self._sentinels) and (len(partial) < _HEAD or self._is_answer(partial))
