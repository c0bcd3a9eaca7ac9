"""Originate: `POST /channels` with a channel id of the bridge's choice, then the call's fate from its events.

Source: main/manager.c, action_originate and fast_originate. AMI answers a synchronous Originate when the call is
answered or has failed; an asynchronous one at once, and tells the end with OriginateResponse.
"""

from __future__ import annotations

from bridge.ami.message import Action, Message
from bridge.ami.replies import action_id, error, event, success
from bridge.ari.events import AriEvent
from bridge.ari.requests import AriResponse
from bridge.errors import Untranslatable
from bridge.translate.actions.common import Part, cut, known, refusal
from bridge.translate.actions.originate_order import Order, read_order
from bridge.translate.actions.originate_watch import FAILED, Fate, Watch, follow
from bridge.translate.actions.steering import answered, in_dialplan, sendable
from bridge.translate.effects import Call, Context, Done, Emit, Outcome, Translation, Translator, Unknown, Wait

QUEUED, NOT_DONE = "Originate successfully queued", "Originate failed"
# struct field requested_channel of fast_originate: AST_CHANNEL_NAME bytes, one for the end.
REQUESTED_BYTES = 79
# After a request without an answer: how long events may still show that it was carried out.
DOUBT_SECONDS = 3.0
# How many channels are asked before the dialplan is given up on: each may hang up meanwhile.
WITNESSES = 3


def originate(action: Action, context: Context) -> Translation:
    """Read the order as AMI does, ask the dialplan what AMI would, call, and report."""
    sendable(action)
    order = read_order(action, context)
    if isinstance(order, str):
        return (yield from answered(error(action, order)))
    refused = yield from _ask_dialplan(order, context)
    if refused:
        return (yield from answered(error(action, refused)))
    request = order.request(context.new_id)
    channel = str(request["channelId"])
    response: AriResponse = yield Call("channels.originate", request, ask=True)
    if response.unknown and not (yield from _happened(channel)):
        return Unknown(f"nobody knows whether Asterisk started the call {channel}")
    if not response.ok and not response.unknown:
        return (yield from _not_started(action, order, context, response))
    if order.asynchronous:
        yield Emit(success(action, QUEUED), last=True)
    fate = yield from follow(Watch(channel, order.technology, order.seconds))
    if fate is None:
        return Unknown(f"the end of the call {channel} was not seen")
    if order.asynchronous:
        yield Emit(originate_response(action, order, fate), everyone="call", about=fate.uniqueid)
        return Done()
    return (yield from answered(success(action, QUEUED) if fate.answered else error(action, NOT_DONE)))


def originate_response(action: Action, order: Order, fate: Fate) -> Message:
    """The event `OriginateResponse`."""
    place = (
        (("Context", order.context), ("Exten", order.exten))
        if order.to_exten
        else (("Application", order.application), ("Data", order.data))
    )
    return event(
        "OriginateResponse",
        ("Privilege", "call,all"),
        *action_id(action),
        ("Response", "Success" if fate.answered else "Failure"),
        ("Channel", fate.name if fate.answered else cut(order.channel, REQUESTED_BYTES)),
        *place,
        ("Reason", str(fate.reason)),
        ("Uniqueid", fate.uniqueid if fate.answered else known(order.channel_id)),
        ("CallerIDNum", known(order.caller.number)),
        ("CallerIDName", known(order.caller.name)),
    )


def _ask_dialplan(order: Order, context: Context) -> Part[str]:
    """AMI's refusal when the dialplan has no such place, '' when it has.

    AMI also runs the extension `failed` of the context when a call to an extension fails, which ARI does not.
    """
    if not order.priority and not order.label:
        return ""
    witnesses = _witnesses(order, context)
    made = ""
    if not witnesses and not context.ami_behind:
        # Nobody is there to ask, and nobody else to do it: a channel that is never dialled looks into the dialplan.
        made = context.new_id()
        params = {"endpoint": "Local/s@default/n", "app": context.apps[0], "channelId": made}
        response: AriResponse = yield Call("channels.create", params)
        witnesses = [made] if response.ok else []
    try:
        refused = yield from _look(order, witnesses, context)
    except Untranslatable:
        if not made:
            raise
        # Asterisk cannot say, and nobody else is there to ask: as ARI does, call without looking.
        refused = ""
    if made:
        yield Call("channels.hangup", {"channelId": made})
    return refused


def _witnesses(order: Order, context: Context) -> list[str]:
    """Uniqueids of live channels to look through; those with the caller's number first, the newest first."""
    alive = sorted(context.world.channels.values(), key=lambda one: one.caller_number == order.caller.number)
    return [one.id for one in alive[-WITNESSES:]][::-1]


def _look(order: Order, witnesses: list[str], context: Context) -> Part[str]:
    # Labels are looked up without a caller's number.
    number = "" if order.label else order.caller.number
    place = (order.context, order.exten, order.label or str(order.priority))
    exists = yield from in_dialplan(place, number, witnesses, context)
    if exists is False:
        return "Invalid priority" if order.label else "Extension does not exist."
    if not context.ami_behind:
        return ""
    if exists is None:
        raise Untranslatable("there is no live channel through which the dialplan could be asked")
    failed = (yield from _has_failed(order, witnesses, context)) if order.to_exten else False
    if failed:
        raise Untranslatable("AMI would run the extension `failed` if the call fails, ARI would not")
    return ""


def _has_failed(order: Order, witnesses: list[str], context: Context) -> Part[bool]:
    function = f"DIALPLAN_EXISTS({order.context},failed,1)"
    for channel in witnesses:
        response: AriResponse = yield Call("channels.getChannelVar", {"channelId": channel, "variable": function})
        if response.ok and isinstance(response.body, dict):
            return bool(response.body.get("value") == "1")
    raise Untranslatable("there is no live channel through which the dialplan could be asked")


def _happened(channel: str) -> Part[bool]:
    """Whether a request without an answer was carried out: its channel is there, or was."""
    response: AriResponse = yield Call("channels.get", {"channelId": channel})
    if response.ok:
        return True

    def concerns(event: AriEvent) -> bool:
        return event.type == "ChannelCreated" and event.channel_id == channel

    # A call that failed at once is gone already, but its birth was told.
    event: AriEvent | None = yield Wait(concerns, DOUBT_SECONDS)
    return event is not None


def _not_started(action: Action, order: Order, context: Context, response: AriResponse) -> Part[Outcome]:
    """ARI refused, so there is no call: AMI may try; without AMI, AMI's own words for a call that cannot be made."""
    if context.ami_behind:
        raise Untranslatable(refusal(response))
    if response.status not in {409, 500}:
        return (yield from answered(error(action, refusal(response))))
    if not order.asynchronous:
        return (yield from answered(error(action, NOT_DONE)))
    yield Emit(success(action, QUEUED), last=True)
    yield Emit(originate_response(action, order, Fate(FAILED)), everyone="call")
    return Done()


ORIGINATE = Translator("Originate", originate, "write", waits=True)
