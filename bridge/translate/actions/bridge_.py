"""Bridge, BridgeKick and BridgeDestroy on ARI bridges.

Source: main/features.c, action_bridge; main/manager_bridges.c, manager_bridge_kick and manager_bridge_destroy. AMI's
Bridge makes a basic bridge and takes both channels out of Stasis for good; ARI's keeps them in the application.
"""

from __future__ import annotations

from bridge.ami.message import Action
from bridge.ami.replies import error, success
from bridge.ari.requests import AriResponse
from bridge.errors import Untranslatable
from bridge.translate.actions.common import Part, cut, plain, refusal
from bridge.translate.actions.steering import answered, commandable, free_queue, named_channel, refused, sendable
from bridge.translate.effects import Call, Context, Outcome, Translation, Translator
from bridge.world.snapshots import BridgeSnapshot

# Words for which main/features.c: parse_playtone plays a tone.
TONES = frozenset({"channel1", "channel2", "both", "yes", "true", "y", "t", "1", "on"})


def bridge_channels(action: Action, context: Context) -> Translation:
    """Put two channels of ours into a new ARI bridge."""
    sendable(action)
    names = (action.get("Channel1"), action.get("Channel2"))
    if not all(names):
        return (yield from answered(error(action, "Missing channel parameter in request")))
    if action.get("Tone").lower() in TONES:
        raise Untranslatable("ARI plays no tone to a channel that is bridged")
    channels: list[str] = []
    for number, name in enumerate(names, 1):
        channel = yield from named_channel(name, context)
        if channel is None and context.ami_behind:
            raise Untranslatable("AMI takes the beginning of a channel's name here")
        if channel is None:
            return (yield from answered(error(action, cut(f"Channel{number} does not exist: {name}", 255))))
        channels.append(channel)
    if channels[0] == channels[1]:
        raise Untranslatable("a channel is to be bridged with itself")
    snapshots = [commandable(channel, context) for channel in channels]
    for channel in channels:
        yield from free_queue(channel, context)
    return (yield from _bridge(action, context, channels, plain(snapshots[0].name)))


def _bridge(action: Action, context: Context, channels: list[str], name: str) -> Part[Outcome]:
    identity = context.new_id()
    made: AriResponse = yield Call("bridges.createWithId", {"bridgeId": identity, "type": "mixing"})
    if not made.ok:
        return (yield from refused(action, context, made, refusal(made)))
    added: AriResponse = yield Call("bridges.addChannel", {"bridgeId": identity, "channel": channels})
    if added.ok:
        return (yield from answered(success(action, "Channels have been bridged")))
    # As AMI leaves it when a channel cannot be added: no bridge, the channels where they were.
    yield Call("bridges.destroy", {"bridgeId": identity})
    return (yield from answered(error(action, cut(f"Unable to add Channel1 to bridge: {name}", 255))))


def bridge_destroy(action: Action, context: Context) -> Translation:
    """Destroy an ARI bridge; any other kind is AMI's."""
    sendable(action)
    identity = action.get("BridgeUniqueid")
    if not identity:
        return (yield from answered(error(action, "BridgeUniqueid must be provided")))
    _made_by_ari(context.world.bridges.get(identity))
    response: AriResponse = yield Call("bridges.destroy", {"bridgeId": identity})
    if response.ok:
        return (yield from answered(success(action, "Bridge has been destroyed")))
    return (yield from refused(action, context, response, "Specified BridgeUniqueid not found"))


def bridge_kick(action: Action, context: Context) -> Translation:
    """Take a channel of ours out of an ARI bridge; it stays in the application, as it does after AMI's kick."""
    sendable(action)
    identity, name = action.get("BridgeUniqueid"), action.get("Channel")
    if not name:
        return (yield from answered(error(action, "Channel must be provided")))
    channel = yield from named_channel(name, context)
    if channel is None:
        return (yield from answered(error(action, "Channel does not exist")))
    if not identity:
        identity = _bridge_of(channel, context)
        if not identity and not context.ami_behind:
            return (yield from answered(error(action, "Channel is not in a bridge")))
        if not identity:
            raise Untranslatable("no ARI bridge is known to hold the channel")
    _made_by_ari(context.world.bridges.get(identity))
    commandable(channel, context)
    yield from free_queue(channel, context)
    response: AriResponse = yield Call("bridges.removeChannel", {"bridgeId": identity, "channel": [channel]})
    if response.ok:
        return (yield from answered(success(action, "Channel has been kicked")))
    if response.status == 422 and not context.ami_behind:
        return (yield from answered(error(action, "Channel kick from bridge failed")))
    return (yield from refused(action, context, response, "Bridge not found"))


def _bridge_of(channel: str, context: Context) -> str:
    return next((one.id for one in context.world.bridges.values() if channel in one.channels), "")


def _made_by_ari(bridge: BridgeSnapshot | None) -> None:
    if bridge is not None and bridge.bridge_class != "stasis":
        raise Untranslatable(f"ARI does not steer a bridge of class {bridge.bridge_class}")


BRIDGE = Translator("Bridge", bridge_channels, "write", ("Channel1", "Channel2"), control=True)
BRIDGE_DESTROY = Translator("BridgeDestroy", bridge_destroy, "write")
BRIDGE_KICK = Translator("BridgeKick", bridge_kick, "write", ("Channel",), control=True)
