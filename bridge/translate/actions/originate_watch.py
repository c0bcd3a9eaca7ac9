"""What became of a call that ARI originated, from the events of its channel.

Source: main/dial.c, monitor_dial and handle_frame; main/pbx.c, pbx_dial_reason. Asterisk dials for ARI as it does for
AMI, but tells ARI's client no reason; it can be told from the Dial events, the hangup cause and the time:

- a busy or congested far side is a Dial status while the channel's own hangup cause is still 0 (reason 5 or 8);
- a far side that hung up is a Dial status made from the hangup cause (reason 0);
- a call that nobody took in time is destroyed without a last Dial event (reason 3);
- a call that could not be started has no Dial event at all (reason 0).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.ari.events import AriEvent, clean
from bridge.ari.requests import AriResponse
from bridge.translate.actions.common import Part
from bridge.translate.effects import Call, Wait

FAILED, RINGING, ANSWERED, BUSY, CONGESTION = 0, 3, 4, 5, 8
# Asterisk ends the call itself when its timeout is over; this much later its event must have come.
GRACE_SECONDS = 10.0
# A call without a timeout may ring for as long as it likes.
FOREVER_SECONDS = 7 * 86_400.0
# How much earlier than the timeout the last event may be stamped.
TIMER_SLACK_SECONDS = 0.1

_BY_STATUS = {"BUSY": (BUSY, 17), "CONGESTION": (CONGESTION, 34)}
_UNDECIDED = frozenset({"", "RINGING", "PROGRESS", "PROCEEDING"})
# Their drivers end a refused call with a hangup cause; a busy frame never comes with that cause already set.
_CAUSE_ONLY = frozenset({"local", "pjsip"})


@dataclass(frozen=True, slots=True)
class Fate:
    """How a call ended or began: `reason` as in OriginateResponse; the channel's name and uniqueid when answered."""

    reason: int
    name: str = ""
    uniqueid: str = ""

    @property
    def answered(self) -> bool:
        """Whether somebody took the call."""
        return self.reason == ANSWERED


@dataclass(slots=True)
class Watch:
    """Follows one call; `seconds` is its timeout, -1 for none."""

    channel: str
    technology: str
    seconds: int
    begun: float | None = None
    status: str = ""
    # AMI goes on naming the channel that it dialled, when the call was forwarded to another.
    dialled: Fate | None = None

    def concerns(self, event: AriEvent) -> bool:
        """Whether the event tells of the call's channel."""
        if event.type == "Dial":
            return _id(event.data.get("peer")) == self.channel
        return event.type == "ChannelDestroyed" and event.channel_id == self.channel

    def take(self, event: AriEvent) -> Fate | None:
        """The call's fate when the event decides it."""
        if event.type == "ChannelDestroyed":
            return Fate(self._reason(event))
        if self.begun is None:
            self.begun = event.time
        here = Fate(ANSWERED, clean(str(event.data["peer"].get("name", ""))), self.channel)
        target = _id(event.data.get("forwarded"))
        if target:
            # main/dial.c: handle_call_forward goes on with another channel, under the same timeout.
            self.dialled = self.dialled or here
            self.channel, self.status = target, ""
            return None
        self.status = str(event.data.get("dialstatus", ""))
        return (self.dialled or here) if self.status == "ANSWER" else None

    def _reason(self, destroyed: AriEvent) -> int:
        if self.begun is None:
            return FAILED
        if self.status in _BY_STATUS:
            reason, cause = _BY_STATUS[self.status]
            by_hangup = destroyed.data.get("cause") == cause and self.technology.lower() in _CAUSE_ONLY
            return FAILED if by_hangup else reason
        rang = destroyed.time - self.begun
        over = 0 < self.seconds <= rang + TIMER_SLACK_SECONDS
        return RINGING if over and self.status in _UNDECIDED else FAILED


def follow(watch: Watch) -> Part[Fate | None]:
    """The call's fate; None when it cannot be learned any more."""
    limit = watch.seconds + GRACE_SECONDS if watch.seconds > 0 else FOREVER_SECONDS
    while True:
        hoped = AriEvent("Dial", "", 0.0, {"dialstatus": "ANSWER", "peer": {"id": watch.channel, "name": ""}})
        event: AriEvent | None = yield Wait(watch.concerns, limit, hoped)
        if event is None:
            return (yield from _ask(watch))
        fate = watch.take(event)
        if fate is not None:
            return fate


def _ask(watch: Watch) -> Part[Fate | None]:
    """No event came: the stream broke. An answered call can still be found."""
    response: AriResponse = yield Call("channels.get", {"channelId": watch.channel})
    body = response.body if response.ok and isinstance(response.body, dict) else {}
    if body.get("state") != "Up":
        return None
    return watch.dialled or Fate(ANSWERED, clean(str(body.get("name", ""))), watch.channel)


def _id(channel: object) -> str:
    if not isinstance(channel, Mapping):
        return ""
    found: Any = channel.get("id")
    return found if isinstance(found, str) else ""
