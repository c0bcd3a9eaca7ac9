"""CoreShowChannels (main/manager.c: action_coreshowchannels)."""

from __future__ import annotations

from bridge.ami.message import Action
from bridge.ami.replies import action_id, event, list_complete, list_start
from bridge.translate.actions.common import Gone, channel_block, plain, read_variable
from bridge.translate.actions.listing import age, bridges_by_channel, in_bucket_order, list_channels, server_time
from bridge.translate.effects import Context, Done, Emit, Translation, Translator


def core_show_channels(action: Action, context: Context) -> Translation:
    """List every channel: three requests, and one more for each channel (its Linkedid)."""
    channels = yield from list_channels()
    bridges = (yield from bridges_by_channel()) if channels else {}
    now = (yield from server_time(context)) if channels else 0.0
    items = []
    for item in in_bucket_order(channels):
        channel = item.channel
        try:
            linkedid = yield from read_variable(channel.id, "CHANNEL(linkedid)")
        except Gone:
            continue
        items.append(
            event(
                "CoreShowChannel",
                *action_id(action),
                *channel_block(channel, linkedid or "", item.tenantid),
                ("Application", plain(channel.app_name)),
                ("ApplicationData", plain(channel.app_data)),
                ("Duration", duration(age(channel, now))),
                ("BridgeId", bridges.get(channel.id, "")),
            )
        )
    yield Emit(list_start(action, "Channels will follow"))
    for message in items:
        yield Emit(message)
    yield Emit(list_complete(action, "CoreShowChannelsComplete", len(items)))
    return Done()


def duration(seconds: int) -> str:
    """`HH:MM:SS`, the hours growing past two digits."""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


CORE_SHOW_CHANNELS = Translator("CoreShowChannels", core_show_channels, "read")
