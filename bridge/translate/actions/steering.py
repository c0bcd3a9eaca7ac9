"""What the call-control translators share: may this channel be commanded over ARI now, and what the dialplan says.

Asterisk queues a channel's commands; AMI does not wait in that queue. A translation that could be held there is left to
AMI before anything is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bridge.ami.message import Action, Message
from bridge.ami.replies import error
from bridge.ari.requests import AriResponse
from bridge.errors import Untranslatable
from bridge.translate.actions.common import NO_CHANNEL, Part, channel_id, refusal
from bridge.translate.effects import Call, Context, Done, Emit, Outcome
from bridge.world.ownership import Owner
from bridge.world.snapshots import ChannelSnapshot

# res/ari/resource_channels.c: channel_state_invalid answers 412 in every other state that is not Up or Ring.
COMMANDABLE_STATES = frozenset({"Up", "Ring"})
# DIALPLAN_EXISTS() splits its arguments at commas and takes quotes, brackets and backslashes for its own.
_ARGUMENT = re.compile(r'[^,"\\()\[\]]*')


def sendable(action: Action) -> None:
    """Raise Untranslatable for text that JSON or Asterisk's HTTP server would not carry unchanged."""
    for name, value in action:
        if any(ord(char) < 32 and char != "\t" for char in value) or _has_surrogates(value):
            raise Untranslatable(f"{name} holds bytes that ARI does not carry")


def answered(message: Message) -> Part[Outcome]:
    """Give the client this answer; the translation is done."""
    yield Emit(message)
    return Done()


def refused(action: Action, context: Context, response: AriResponse, text: str) -> Part[Outcome]:
    """ARI refused the first write, so nothing happened: AMI is to answer. Without AMI the client is told why.

    `text` is AMI's own for a channel that does not exist.
    """
    if context.ami_behind:
        raise Untranslatable(refusal(response))
    return (yield from answered(error(action, text if response.status == 404 else refusal(response))))


def commandable(channel: str, context: Context) -> ChannelSnapshot:
    """The snapshot of a channel that we steer and that takes commands now; Untranslatable for any other."""
    snapshot = context.world.channels.get(channel)
    if snapshot is None or context.world.owner(channel).owner is not Owner.OURS:
        raise Untranslatable(f"the channel {channel} is not in our Stasis application")
    if snapshot.state not in COMMANDABLE_STATES:
        raise Untranslatable(f"ARI takes no commands for a channel in state {snapshot.state}")
    return snapshot


def free_queue(channel: str, context: Context) -> Part[None]:
    """See to it that nothing holds the channel's commands.

    With AMI behind, anything that plays or may play raises Untranslatable. Without, what plays is stopped, as AMI's
    action would have done, and what is not known is risked.
    """
    running = context.world.media.running(channel)
    if running == ():
        return
    if context.ami_behind:
        what = "nobody knows whether media plays" if running is None else "media plays"
        raise Untranslatable(f"{what} on the channel, and ARI would hold the command behind it")
    for kind, name in running or ():
        if kind == "playback":
            yield Call("playbacks.stop", {"playbackId": name})
        else:
            yield Call("recordings.stop", {"recordingName": name})


def in_dialplan(place: tuple[str, str, str], number: str, live: Iterable[str], context: Context) -> Part[bool | None]:
    """Whether context, extension and priority (or label) exist, asked through one of the `live` channels (uniqueids).

    None when no live channel could be asked. An extension may match the caller's number (`exten => 1/2000`), which
    Asterisk takes from the channel: where AMI would look with another `number`, a "no" is left to AMI to give.
    """
    if any(_ARGUMENT.fullmatch(part) is None for part in place):
        raise Untranslatable("the extension's name cannot be handed to DIALPLAN_EXISTS()")
    function = f"DIALPLAN_EXISTS({','.join(place)})"
    for channel in live:
        response: AriResponse = yield Call("channels.getChannelVar", {"channelId": channel, "variable": function})
        if response.status == 404 and response.message == NO_CHANNEL:
            continue
        if not response.ok or not isinstance(response.body, dict):
            raise Untranslatable(refusal(response))
        if response.body.get("value") != "0":
            return True
        snapshot = context.world.channels.get(channel)
        if context.ami_behind and (snapshot is None or snapshot.caller_number != number):
            raise Untranslatable(f"{function} is no for this channel, but may be yes for another caller")
        return False
    return None


def named_channel(name: str, context: Context) -> Part[str | None]:
    """The uniqueid of the channel that AMI means; None when there is none."""
    return (yield from channel_id(name, context))


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)
