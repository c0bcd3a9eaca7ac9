"""PJSIPShowEndpoints (res/res_pjsip/pjsip_configuration.c: ami_show_endpoints)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.ami.message import Action, Message
from bridge.ami.replies import action_id, event, list_complete, list_start
from bridge.ari.requests import AriResponse
from bridge.errors import Untranslatable
from bridge.translate.actions.common import Gone, Part, objects_of, plain, read_variable
from bridge.translate.effects import Call, Context, Done, Emit, Translation, Translator

# main/devicestate.c: what DEVICE_STATE() says (devstatestring) and what AMI prints (ast_devstate_str).
DEVICE_STATES = {
    "UNKNOWN": "Unknown",
    "NOT_INUSE": "Not in use",
    "INUSE": "In use",
    "BUSY": "Busy",
    "INVALID": "Invalid",
    "UNAVAILABLE": "Unavailable",
    "RINGING": "Ringing",
    "RINGINUSE": "Ring+Inuse",
    "ONHOLD": "On Hold",
}
# The count of channels stands there since some release between these two; 16 leaves the header empty.
COUNTS_CHANNELS, COUNTS_NOTHING = 22, 16


def pjsip_show_endpoints(action: Action, context: Context) -> Translation:
    """List the PJSIP endpoints, with what dialplan functions tell of them: five requests for each, and more.

    Functions are evaluated on a channel, any one: without a channel the action is left to AMI.
    """
    response: AriResponse = yield Call("endpoints.listByTech", {"tech": "PJSIP"})
    endpoints = objects_of(response)
    if not endpoints:
        raise Untranslatable("ARI lists no PJSIP endpoint, and AMI's words for that depend on its reason")
    for channel in list(context.world.channels):
        try:
            items = yield from _items(action, channel, endpoints, context)
        except Gone:
            continue
        yield Emit(list_start(action, "A listing of Endpoints follows, presented as EndpointList events"))
        for message in items:
            yield Emit(message)
        yield Emit(list_complete(action, "EndpointListComplete", len(items)))
        return Done()
    raise Untranslatable("ARI evaluates functions only on a channel, and there is none")


def _items(action: Action, channel: str, endpoints: list[Mapping[str, Any]], context: Context) -> Part[list[Message]]:
    items = []
    for endpoint in endpoints:
        name = plain(endpoint.get("resource"))
        if any(char in name for char in ',()"\\'):
            raise Untranslatable(f"the name of endpoint {name} cannot be given to a function")
        read = {}
        for field in ("transport", "aors", "auth", "outbound_auth"):
            read[field] = (yield from read_variable(channel, f"PJSIP_ENDPOINT({name},{field})")) or ""
        state = (yield from read_variable(channel, f"DEVICE_STATE(PJSIP/{name})")) or ""
        contacts = yield from _contacts(channel, read["aors"])
        items.append(
            event(
                "EndpointList",
                *action_id(action),
                ("ObjectType", "endpoint"),
                ("ObjectName", name),
                ("Transport", read["transport"]),
                ("Aor", read["aors"]),
                ("Auths", read["auth"]),
                ("OutboundAuths", read["outbound_auth"]),
                ("Contacts", contacts),
                ("DeviceState", DEVICE_STATES.get(state, "Unknown")),
                ("ActiveChannels", _active(endpoint, context)),
            )
        )
    return items


def _contacts(channel: str, aors: str) -> Part[str]:
    """`aor/uri,` for each contact, the last comma included, as AMI prints it."""
    text = ""
    for aor in (name.strip() for name in aors.split(",")):
        if not aor:
            continue
        ids = (yield from read_variable(channel, f"PJSIP_AOR({aor},contact)")) or ""
        for contact in filter(None, ids.split(",")):
            uri = yield from read_variable(channel, f"PJSIP_CONTACT({contact},uri)")
            if not uri:
                raise Untranslatable(f"ARI does not tell the address of the contact {contact}")
            text += f"{aor}/{uri},"
    return text


def _active(endpoint: Mapping[str, Any], context: Context) -> str:
    channels = endpoint.get("channel_ids")
    if context.version[0] <= COUNTS_NOTHING:
        return ""
    if context.version[0] < COUNTS_CHANNELS or not isinstance(channels, list):
        raise Untranslatable("what this Asterisk prints for ActiveChannels is not known")
    return str(len(channels))


PJSIP_SHOW_ENDPOINTS = Translator("PJSIPShowEndpoints", pjsip_show_endpoints, "read")
