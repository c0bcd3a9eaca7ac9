"""What the answer to a request tells of a channel's place.

Source: res/ari/resource_channels.c, `find_control`: 404 no such channel, 409 "Channel not in Stasis application";
whatever comes after it (2xx, 412 for the channel's state, 422 for a bad format) had found a control, so the channel is
in Stasis, in whichever app. Bridge operations use 400 and 422 instead and name several channels: they tell nothing.
"""

from __future__ import annotations

from urllib.parse import unquote

from bridge.ari.requests import AriRequest, AriResponse
from bridge.world.ownership import Control

CONTROL_OPERATIONS = frozenset(
    {
        "channels.answer",
        "channels.continueInDialplan",
        "channels.dial",
        "channels.hold",
        "channels.move",
        "channels.mute",
        "channels.play",
        "channels.playWithId",
        "channels.progress",
        "channels.record",
        "channels.redirect",
        "channels.ring",
        "channels.ringStop",
        "channels.sendDTMF",
        "channels.setChannelVar",
        "channels.setChannelVars",
        "channels.startMoh",
        "channels.startSilence",
        "channels.stopMoh",
        "channels.stopSilence",
        "channels.transfer_progress",
        "channels.unhold",
        "channels.unmute",
    }
)
NOT_IN_STASIS = "Channel not in Stasis application"


def channel_of(request: AriRequest) -> str:
    """The uniqueid (or name) that a request below `channels/` is addressed to; '' for others."""
    parts = request.path.split("/")
    return unquote(parts[1]) if parts[0] == "channels" and len(parts) > 1 else ""


def control_of(request: AriRequest, response: AriResponse) -> Control | None:
    """What the answer tells, None when it tells nothing. Only true of a channel addressed by its uniqueid."""
    if request.operation not in CONTROL_OPERATIONS:
        return None
    if response.status == 404:
        return Control.GONE
    if response.status == 409:
        return Control.NOT_IN_STASIS if response.message == NOT_IN_STASIS else Control.IN_STASIS
    return Control.IN_STASIS if response.ok or response.status in {412, 422} else None
