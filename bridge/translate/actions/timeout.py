"""AbsoluteTimeout: the dialplan function TIMEOUT(absolute), written over `POST /channels/{id}/variable`.

Source: main/manager.c, action_timeout; funcs/func_timeout.c. From 22.10 (20.20, 23.4) on the request is answered when
the timeout is set; before, it is queued, and the function is read until it shows.
"""

from __future__ import annotations

import re

from bridge.ami.message import Action
from bridge.ami.replies import error, success
from bridge.ari.build import lacks
from bridge.ari.events import AriEvent
from bridge.ari.requests import AriResponse
from bridge.errors import Untranslatable
from bridge.translate.actions.common import Part
from bridge.translate.actions.steering import answered, commandable, free_queue, named_channel, refused, sendable
from bridge.translate.effects import Call, Context, Translation, Translator, Unknown, Wait
from bridge.translate.scan import decimal

FUNCTION = "TIMEOUT(absolute)"
NO_SUCH_CHANNEL = "No such channel"
# Asterisk 16 looks at a channel's commands every 200 ms.
ATTEMPTS = 8
PAUSE_SECONDS = 0.05
# What the function prints: seconds and thousandths.
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
SMALLEST, LARGEST = 0.001, 1e8


def absolute_timeout(action: Action, context: Context) -> Translation:
    """Hang the channel up after that many seconds; fractions count."""
    sendable(action)
    name = action.get("Channel")
    if not name:
        return (yield from answered(error(action, "No channel specified")))
    seconds = decimal(action.get("Timeout"))
    if seconds <= 0:
        return (yield from answered(error(action, "No timeout specified")))
    if not SMALLEST <= seconds <= LARGEST:
        raise Untranslatable("the function TIMEOUT() does not take so small or large a number")
    channel = yield from named_channel(name, context)
    if channel is None:
        return (yield from answered(error(action, NO_SUCH_CHANNEL)))
    commandable(channel, context)
    yield from free_queue(channel, context)
    # No exponent, and a digit before the point: sscanf("%ld%lf") reads it.
    params = {"channelId": channel, "variable": FUNCTION, "value": f"{seconds:.6f}".rstrip("0").rstrip(".")}
    response: AriResponse = yield Call("channels.setChannelVar", params)
    if not response.ok:
        return (yield from refused(action, context, response, NO_SUCH_CHANNEL))
    if lacks("channels.setChannelVars", context.version) and not (yield from _shows(channel, seconds)):
        return Unknown("Asterisk has queued the timeout, but not set it yet")
    return (yield from answered(success(action, "Timeout Set")))


def _shows(channel: str, seconds: float) -> Part[bool]:
    """Whether the channel has the timeout by now; a channel that is gone had it in time or needs it no more."""
    for attempt in range(ATTEMPTS):
        if attempt:
            # Nothing tells that a function was written: this only lets time pass.
            yield Wait(_never, PAUSE_SECONDS)
        response: AriResponse = yield Call("channels.getChannelVar", {"channelId": channel, "variable": FUNCTION})
        value = response.body.get("value") if isinstance(response.body, dict) else None
        if not isinstance(value, str) or not _NUMBER.fullmatch(value) or seconds - 2 < float(value) <= seconds:
            return True
    return False


def _never(_: AriEvent) -> bool:
    return False


ABSOLUTE_TIMEOUT = Translator("AbsoluteTimeout", absolute_timeout, "write", ("Channel",), control=True, waits=True)
