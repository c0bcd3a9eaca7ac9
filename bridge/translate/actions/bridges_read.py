"""BridgeList and BridgeInfo (main/manager_bridges.c: manager_bridges_list, manager_bridge_info)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.ami.message import Action, Header
from bridge.ami.replies import action_id, error, event, list_complete, list_start
from bridge.ari.requests import AriResponse
from bridge.translate.actions.common import (
    Gone,
    channel_block,
    known,
    object_of,
    objects_of,
    plain,
    read_variable,
)
from bridge.translate.actions.listing import listed
from bridge.translate.effects import Call, Context, Done, Emit, Translation, Translator


def bridge_list(action: Action, context: Context) -> Translation:
    """List every bridge; `BridgeType` is compared with the *technology*, in this case (V16, V22)."""
    response: AriResponse = yield Call("bridges.list")
    wanted = action.get("BridgeType")
    bridges = [item for item in objects_of(response) if not wanted or item.get("technology") == wanted]
    items = [event("BridgeListItem", *action_id(action), *_block(item)) for item in bridges]
    yield Emit(list_start(action, "Bridge listing will follow"))
    for message in items:
        yield Emit(message)
    yield Emit(list_complete(action, "BridgeListComplete", len(items)))
    return Done()


def bridge_info(action: Action, context: Context) -> Translation:
    """List the channels of one bridge: two requests for each channel, and one more."""
    identity = action.get("BridgeUniqueid")
    if not identity:
        yield Emit(error(action, "BridgeUniqueid must be provided"))
        return Done()
    response: AriResponse = yield Call("bridges.get", {"bridgeId": identity})
    if response.status == 404:
        yield Emit(error(action, "Specified BridgeUniqueid not found"))
        return Done()
    bridge = object_of(response)
    block = _block(bridge)
    items = []
    for channel in _members(bridge):
        found: AriResponse = yield Call("channels.get", {"channelId": channel})
        if found.status == 404:
            continue
        item = listed(object_of(found))
        try:
            linkedid = yield from read_variable(channel, "CHANNEL(linkedid)")
        except Gone:
            continue
        fields = channel_block(item.channel, linkedid or "", item.tenantid)
        items.append(event("BridgeInfoChannel", *action_id(action), *fields))
    yield Emit(list_start(action, "Bridge channel listing will follow"))
    for message in items:
        yield Emit(message)
    yield Emit(list_complete(action, "BridgeInfoComplete", len(items), *block))
    return Done()


def _block(bridge: Mapping[str, Any]) -> tuple[Header, ...]:
    """The headers by which AMI describes a bridge (ast_manager_build_bridge_state_string)."""
    headers = (
        ("BridgeUniqueid", plain(bridge.get("id"))),
        ("BridgeType", plain(bridge.get("bridge_class"))),
        ("BridgeTechnology", plain(bridge.get("technology"))),
        ("BridgeCreator", known(plain(bridge.get("creator")))),
        ("BridgeName", known(plain(bridge.get("name")))),
        ("BridgeNumChannels", str(len(_members(bridge)))),
        ("BridgeVideoSourceMode", plain(bridge.get("video_mode", "none"))),
    )
    source = plain(bridge.get("video_source_id", ""))
    return (*headers, ("BridgeVideoSource", source)) if source else headers


def _members(bridge: Mapping[str, Any]) -> list[str]:
    members = bridge.get("channels")
    return [item for item in members if isinstance(item, str)] if isinstance(members, list) else []


BRIDGE_LIST = Translator("BridgeList", bridge_list, "read")
BRIDGE_INFO = Translator("BridgeInfo", bridge_info, "read")
