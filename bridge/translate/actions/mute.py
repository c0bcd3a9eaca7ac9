"""MuteAudio: `POST` and `DELETE /channels/{id}/mute`, the same switch inside Asterisk.

Source: res/res_mutestream.c, manager_mutestream. ARI's 204 means queued (up to 200 ms on 16), and no event tells when
the switch was thrown.
"""

from __future__ import annotations

from bridge.ami.message import Action
from bridge.ami.replies import error, success
from bridge.ari.requests import AriResponse
from bridge.translate.actions.steering import answered, commandable, free_queue, named_channel, refused, sendable
from bridge.translate.effects import Call, Context, Translation, Translator
from bridge.translate.scan import truth

DIRECTIONS = {"in": "in", "out": "out", "all": "both"}
NO_SUCH_CHANNEL = "No such channel"


def mute_audio(action: Action, context: Context) -> Translation:
    """Mute or unmute; AMI's success has no Message."""
    sendable(action)
    for header in ("Channel", "State", "Direction"):
        if not action.get(header):
            return (yield from answered(error(action, f"{header} not specified")))
    channel = yield from named_channel(action.get("Channel"), context)
    if channel is None:
        return (yield from answered(error(action, NO_SUCH_CHANNEL)))
    direction = DIRECTIONS.get(action.get("Direction"))
    if direction is None:
        return (yield from answered(error(action, "Failed to mute/unmute stream")))
    commandable(channel, context)
    yield from free_queue(channel, context)
    operation = "channels.mute" if truth(action.get("State")) else "channels.unmute"
    response: AriResponse = yield Call(operation, {"channelId": channel, "direction": direction})
    if response.ok:
        return (yield from answered(success(action)))
    return (yield from refused(action, context, response, NO_SUCH_CHANNEL))


MUTE_AUDIO = Translator("MuteAudio", mute_audio, effect="write", channels=("Channel",), control=True)
