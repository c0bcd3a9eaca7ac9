"""Getvar and Setvar (main/manager.c: action_getvar, action_setvar)."""

from __future__ import annotations

from bridge.ami.message import Action
from bridge.ami.replies import error, success
from bridge.ari.build import lacks
from bridge.ari.events import AriEvent
from bridge.ari.requests import AriResponse
from bridge.errors import Untranslatable
from bridge.translate.actions.common import Gone, Part, channel_id, cut, object_of, plain, read_variable, refusal
from bridge.translate.dangerous import channel_free, is_function, needs_system, writable_globally, writable_on_channel
from bridge.translate.effects import (
    Call,
    Context,
    Done,
    Emit,
    Outcome,
    Translation,
    Translator,
    Unknown,
    Wait,
)
from bridge.world.ownership import Owner

# action_getvar copies the value into a buffer of 1024 bytes.
VALUE_BYTES = 1023
# How long Asterisk may take to carry out a variable that it queued: without media, at most 200 ms (res_stasis polls).
SET_SECONDS = 3.0
# Asterisk answers a POST of a variable after having set it since the release that also brought this operation.
SYNCHRONOUS_SINCE = "channels.setChannelVars"


def getvar(action: Action, context: Context) -> Translation:
    """Read one variable or function; an unset one is a success with an empty value."""
    variable = action.get("Variable")
    if not variable:
        yield Emit(error(action, "No variable specified"))
        return Done()
    if needs_system(variable):
        raise Untranslatable("only AMI knows whether this user may read functions that reach SHELL() or EVAL()")
    channel = action.get("Channel")
    try:
        value = yield from _read(channel, variable, context)
    except Gone:
        yield Emit(error(action, "No such channel"))
        return Done()
    yield Emit(success(action, None, ("Variable", variable), ("Value", cut(value or "", VALUE_BYTES))))
    return Done()


def _read(channel: str, variable: str, context: Context) -> Part[str | None]:
    if channel:
        return (yield from read_variable(channel, variable))
    if not is_function(variable):
        response: AriResponse = yield Call("asterisk.getGlobalVar", {"variable": variable})
        return plain(object_of(response).get("value"))
    # AMI evaluates functions on a channel made for the purpose; ARI needs a real one.
    if not channel_free(variable):
        raise Untranslatable("ARI evaluates functions only on a channel, and this one depends on it")
    for candidate in list(context.world.channels):
        try:
            return (yield from read_variable(candidate, variable))
        except Gone:
            continue
    raise Untranslatable("ARI evaluates functions only on a channel, and there is none")


def setvar(action: Action, context: Context) -> Translation:
    """Set one variable or function, and answer when it is set."""
    variable, value = action.get("Variable"), action.get("Value")
    if not variable:
        yield Emit(error(action, "No variable specified"))
        return Done()
    name = action.get("Channel")
    if not name:
        return (yield from _set_global(action, variable, value))
    # What AMI refuses must be known before the channel is asked for: AMI looks at the variable first.
    if not writable_on_channel(variable):
        raise Untranslatable(f"ARI does not tell whether {variable} could be set, and may do what AMI refuses")
    channel = yield from channel_id(name, context)
    if channel is None:
        yield Emit(error(action, "No such channel"))
        return Done()
    return (yield from _set_on_channel(action, channel, variable, value, context))


def _set_global(action: Action, variable: str, value: str) -> Part[Outcome]:
    if not writable_globally(variable):
        raise Untranslatable(f"ARI does not tell whether {variable} could be set, and may do what AMI refuses")
    response: AriResponse = yield Call("asterisk.setGlobalVar", {"variable": variable, "value": value})
    if not response.ok:
        raise Untranslatable(refusal(response))
    yield Emit(success(action, "Variable Set"))
    return Done()


def _set_on_channel(action: Action, channel: str, variable: str, value: str, context: Context) -> Part[Outcome]:
    if context.world.owner(channel).owner is not Owner.OURS:
        raise Untranslatable("the channel is not in our Stasis application")
    synchronous = not lacks(SYNCHRONOUS_SINCE, context.version)
    if is_function(variable) and not synchronous:
        raise Untranslatable("this Asterisk sets functions later than it answers, and no event proves it")
    params = {"channelId": channel, "variable": variable, "value": value}
    response: AriResponse = yield Call("channels.setChannelVar", params)
    if not response.ok:
        raise Untranslatable(refusal(response))
    if not synchronous:
        proof = yield _is_set(channel, variable, value, context)
        if proof is None:
            return Unknown(f"ARI queued {variable}, but the channel did not set it within {SET_SECONDS:g} seconds")
    yield Emit(success(action, "Variable Set"))
    return Done()


def _is_set(channel: str, variable: str, value: str, context: Context) -> Wait:
    def until(event: AriEvent) -> bool:
        return (
            event.type == "ChannelVarset"
            and event.channel_id == channel
            and event.data.get("variable") == variable
            and event.data.get("value") == value
        )

    data = {"type": "ChannelVarset", "channel": {"id": channel}, "variable": variable, "value": value}
    sample = AriEvent("ChannelVarset", context.apps[0] if context.apps else "", 0.0, data)
    return Wait(until, SET_SECONDS, sample)


GETVAR = Translator("Getvar", getvar, "read", channels=("Channel",))
SETVAR = Translator("Setvar", setvar, "write", channels=("Channel",), control=True, waits=True)
