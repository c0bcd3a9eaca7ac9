"""ARI events as values: the frame's JSON with the few fields that everybody asks for at hand.

Text comes from ARI as Asterisk has it, line breaks included: a caller name may hold CR LF. Whoever writes an ARI text
into an AMI header passes it through `clean`; the World keeps the texts unchanged, since names and ids are compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_BREAKS = str.maketrans({"\r": " ", "\n": " ", "\0": " "})


@dataclass(frozen=True, slots=True)
class AriEvent:
    """One event of the stream; `data` is the whole JSON object, `time` its timestamp, Unix seconds (0.0 if absent)."""

    type: str
    application: str
    time: float
    data: Mapping[str, Any]

    @property
    def channel(self) -> Mapping[str, Any] | None:
        """The event's channel object, if it has one."""
        channel = self.data.get("channel")
        return channel if isinstance(channel, dict) else None

    @property
    def channel_id(self) -> str:
        """The uniqueid of the event's channel, '' when it has none."""
        channel = self.channel
        return str(channel["id"]) if channel and "id" in channel else ""


def decode(frame: object) -> AriEvent | None:
    """An event from a frame's parsed JSON; None when it is no event (no object, or without a `type` text).

    Never raises: what is wrong within an event is left to those who look at the field. An absent or odd `application`
    is '', an absent or odd `timestamp` 0.0.
    """
    if not isinstance(frame, dict):
        return None
    kind, application = frame.get("type"), frame.get("application")
    if not isinstance(kind, str) or not kind:
        return None
    return AriEvent(
        type=kind,
        application=application if isinstance(application, str) else "",
        time=parse_time(frame.get("timestamp")),
        data=frame,
    )


def parse_time(text: object) -> float:
    """ARI's timestamps (`2024-05-06T07:08:09.123+0200`, main/json.c: ast_json_timeval) in Unix seconds; 0.0 for others.

    A timestamp without an offset is taken for UTC.
    """
    if not isinstance(text, str):
        return 0.0
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def clean(text: str) -> str:
    """`text` fit for an AMI header's value: CR, LF and NUL become blanks, so no name can end or forge one."""
    return text.translate(_BREAKS)
