"""AMI text to values and back.

Source: Asterisk main/manager.c (`get_input`, `astman_get_header`): a line ends with LF, one CR before it is dropped;
the colon follows the header's name directly; every byte up to a blank (32) after the colon is skipped.
"""

from __future__ import annotations

from collections.abc import Iterable

from bridge.ami.message import Action, Header, Message
from bridge.errors import Untranslatable

ENCODING = "utf-8"
ERRORS = "surrogateescape"

# ast_skip_blanks: every byte below 33, NUL aside (it ends a C string).
_BLANKS = bytes(range(1, 33)).decode("ascii")


def parse_headers(raw: bytes) -> tuple[Header, ...]:
    """The headers of one message; a line without a colon becomes a header with an empty value."""
    headers = []
    for line in raw.decode(ENCODING, ERRORS).split("\n"):
        text = line.removesuffix("\r")
        if text:
            name, _, value = text.partition(":")
            headers.append((name, value.lstrip(_BLANKS)))
    return tuple(headers)


def decode_action(raw: bytes) -> Action:
    """The action in one frame of a client."""
    return Action(parse_headers(raw))


def decode(raw: bytes) -> Message:
    """The message in one frame of Asterisk."""
    return Message(parse_headers(raw))


def decode_many(raw: bytes) -> list[Message]:
    """Every message in a run of whole frames of Asterisk."""
    return [decode(frame) for frame in raw.split(b"\r\n\r\n") if frame.strip(b"\r\n")]


def encode(message: Message) -> bytes:
    """The bytes of one message, its empty line included.

    Raises `Untranslatable` when a name or value holds CR or LF: it would end the header and start one of its own
    making (values that come from ARI's JSON may hold anything).
    """
    lines = []
    for name, value in message.headers:
        if "\r" in value or "\n" in value or "\r" in name or "\n" in name:
            raise Untranslatable(f"the value of {name.splitlines()[0] if name else 'a header'} holds a line break")
        lines.append(f"{name}: {value}\r\n")
    return "".join([*lines, "\r\n"]).encode(ENCODING, ERRORS)


def encode_many(messages: Iterable[Message]) -> bytes:
    """The bytes of several messages in a row."""
    return b"".join(encode(message) for message in messages)
