"""PlayDTMF: `POST /channels/{id}/dtmf` with one digit.

Source: apps/app_senddtmf.c, manager_play_dtmf. AMI sends the first character only, whatever it is, and answers when it
has been sent; ARI queues it, waits 100 ms before the digit, and takes real digits only.
"""

from __future__ import annotations

from bridge.ami.message import Action
from bridge.ami.replies import error, success
from bridge.ari.requests import AriResponse
from bridge.errors import Untranslatable
from bridge.translate.actions.steering import answered, commandable, free_queue, named_channel, refused, sendable
from bridge.translate.effects import Call, Context, Translation, Translator
from bridge.translate.scan import integer, truth

DIGITS = frozenset("0123456789*#abcdABCD")
NOT_FOUND = "Channel not found"


def play_dtmf(action: Action, context: Context) -> Translation:
    """Send one digit to the channel's far side."""
    sendable(action)
    name, digit, text = action.get("Channel"), action.get("Digit"), action.get("Duration")
    channel = (yield from named_channel(name, context)) if name else None
    if channel is None:
        return (yield from answered(error(action, NOT_FOUND)))
    if not digit:
        return (yield from answered(error(action, "No digit specified")))
    duration = integer(text) if text else 0
    if duration is None:
        return (yield from answered(error(action, "Could not convert Duration parameter")))
    if duration < 0:
        raise Untranslatable("AMI reads a negative duration as a very long one")
    if truth(action.get("Receive")):
        raise Untranslatable("ARI cannot make a channel receive a digit")
    if digit[0] not in DIGITS:
        raise Untranslatable(f"ARI does not send {digit[0]!r}")
    commandable(channel, context)
    yield from free_queue(channel, context)
    params = {"channelId": channel, "dtmf": digit[0]} | ({"duration": duration} if duration else {})
    response: AriResponse = yield Call("channels.sendDTMF", params)
    if response.ok:
        return (yield from answered(success(action, "DTMF successfully queued")))
    return (yield from refused(action, context, response, NOT_FOUND))


PLAY_DTMF = Translator("PlayDTMF", play_dtmf, effect="write", channels=("Channel",), control=True)
