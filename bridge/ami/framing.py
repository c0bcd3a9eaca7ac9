r"""Where one AMI message ends and the next begins, both ways, without parsing what only passes through.

From a client (`ActionFramer`): Asterisk (main/manager.c: `get_input`, `do_message`) reads lines ended by LF, drops one
CR before it, and takes an empty line as the end of a message; each surplus empty line is a message of its own. It
throws away 1024 bytes without a line end, and headers past the 128th. A frame in which that happens is not `plain`:
only Asterisk may interpret it, so it is passed on as it came, in pieces if it is long. An empty line is an end for
Asterisk and for us alike, whatever was thrown away before it, so every frame's end is a message boundary upstream.

From Asterisk (`MessageSplitter`): a message ends with CR LF CR LF; some values hold a bare LF (asterisk: Originate's
"Uniqueid length exceeds maximum of 149\n"), so an empty line alone proves nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Lines of 1023 bytes and more, and the 129th header, are where Asterisk stops taking what was sent (measured).
MAX_LINE = 1022
MAX_HEADERS = 128

_FRAME_END = re.compile(rb"\n\r?\n")
_LEADING_EMPTY = re.compile(rb"\r?\n")
# The first Action header that is not empty; possessive, so that the CR of an empty one is never taken for its value.
_ACTION = re.compile(rb"(?:\A|\n)[Aa][Cc][Tt][Ii][Oo][Nn]:[\x01-\x09\x0b-\x20]*+([^\n]+)")
_ODD = re.compile(rb"\r(?!\n)|\0")


@dataclass(frozen=True, slots=True)
class Frame:
    """One action as it came, or a piece of one too long to hold.

    `name` is the action's name in lower case, b"" when there is none. `plain` is false where Asterisk's own parser must
    decide what this means. `whole` is false for a piece that another piece follows.
    """

    raw: bytes
    name: bytes = b""
    plain: bool = True
    whole: bool = True


class ActionFramer:
    """Cuts a client's byte stream into frames; any split of the stream gives the same frames."""

    def __init__(self) -> None:
        """Nothing received yet."""
        self._buffer = b""
        self._streaming = False

    @property
    def midway(self) -> bool:
        """Whether a piece of an unfinished frame was already handed out: nothing may be put between."""
        return self._streaming

    @property
    def held(self) -> int:
        """Bytes of an unfinished frame that are kept back; below 132 KiB, whatever the client sends."""
        return len(self._buffer)

    def receive_data(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes, in order."""
        buffer = self._buffer + data if self._buffer else data
        frames: list[Frame] = []
        start = 0
        while start < len(buffer):
            end = self._end_of_frame(buffer, start)
            if end < 0:
                break
            frames.append(self._frame(buffer[start:end]))
            start = end
        self._buffer = buffer[start:] if start else buffer
        if self._buffer and (self._streaming or _hopeless(self._buffer)):
            frames += self._stream_rest()
        return frames

    def receive_eof(self) -> bytes:
        """What was held back of an unfinished frame."""
        rest, self._buffer, self._streaming = self._buffer, b"", False
        return rest

    def _end_of_frame(self, buffer: bytes, start: int) -> int:
        if not self._streaming:
            empty = _LEADING_EMPTY.match(buffer, start)
            if empty:
                return empty.end()
        found = _FRAME_END.search(buffer, start)
        return found.end() if found else -1

    def _frame(self, raw: bytes) -> Frame:
        if self._streaming:
            self._streaming = False
            return Frame(raw, plain=False)
        if len(raw) > MAX_LINE and _hopeless(raw.rstrip(b"\r\n")):
            return Frame(raw, plain=False)
        if raw.count(b"\n") > MAX_HEADERS + 1:
            return Frame(raw, plain=False)
        found = _ACTION.search(raw)
        if found is None:
            return Frame(raw, plain=False)
        return Frame(raw, found.group(1).removesuffix(b"\r").lower(), plain=_ODD.search(raw) is None)

    def _stream_rest(self) -> list[Frame]:
        # Two bytes stay back: they may be the start of the empty line that ends the frame.
        piece, self._buffer = self._buffer[:-2], self._buffer[-2:]
        self._streaming = True
        return [Frame(piece, plain=False, whole=False)] if piece else []


def _hopeless(raw: bytes) -> bool:
    """Whether Asterisk will throw away a part of this message."""
    if raw.count(b"\n") > MAX_HEADERS + 1:
        return True
    return len(raw) > MAX_LINE and max(len(line.rstrip(b"\r")) for line in raw.split(b"\n")) > MAX_LINE


class MessageSplitter:
    """Follows Asterisk's byte stream: is it between two messages, and which messages are in a chunk.

    `passed(chunk)` is the fast way, for bytes that go on unseen. `split(chunk)` is the exact way; both may alternate.
    """

    def __init__(self) -> None:
        """The stream starts between two messages (the banner is taken by the caller)."""
        self._tail = b"\r\n\r\n"
        self._partial = b""

    @property
    def between(self) -> bool:
        """Whether what went on so far ends with a whole message."""
        return self._tail == b"\r\n\r\n"

    def passed(self, chunk: bytes) -> None:
        """Note that `chunk` went on as it came; only allowed when nothing is kept back."""
        self._tail = chunk[-4:] if len(chunk) >= 4 else (self._tail + chunk)[-4:]

    def split(self, chunk: bytes) -> tuple[bytes, list[bytes]]:
        """(what remains of a message whose start already went on, the whole messages that `chunk` completes).

        The start of a message that is not complete yet is kept back; see `release`.
        """
        rest = b""
        if not self.between:
            joined = self._tail + chunk
            end = joined.find(b"\r\n\r\n")
            if end < 0:
                self.passed(chunk)
                return chunk, []
            rest, chunk = joined[len(self._tail) : end + 4], joined[end + 4 :]
            self._tail = b"\r\n\r\n"
        parts = (self._partial + chunk).split(b"\r\n\r\n")
        self._partial = parts.pop()
        return rest, [part + b"\r\n\r\n" for part in parts]

    @property
    def partial(self) -> bytes:
        """The start of a message that is kept back."""
        return self._partial

    def release(self) -> bytes:
        """Hand out what is kept back: it goes on now, its remainder when it comes."""
        partial, self._partial = self._partial, b""
        if partial:
            self.passed(partial)
        return partial
