"""Hangup: `DELETE /channels/{id}`, by name, by uniqueid, or for every channel whose name matches a /regex/.

Source: main/manager.c, ast_manager_hangup_helper. AMI sets the hangup cause only when it is given one; ARI always sets
one, so the channel's present cause is read first. Asterisk 16 knows some causes by words only.
"""

from __future__ import annotations

import re

from bridge.ami.message import Action, Message
from bridge.ami.replies import action_id, error, event, list_complete, list_start, success
from bridge.ari.build import lacks
from bridge.ari.requests import AriResponse
from bridge.errors import Untranslatable
from bridge.translate.actions.common import NO_CHANNEL, Part, objects_of, plain, refusal
from bridge.translate.actions.steering import answered, named_channel, refused, sendable
from bridge.translate.effects import Call, Context, Done, Emit, Outcome, Translation, Translator
from bridge.translate.scan import whole_integer

# res/ari/resource_channels.c: convert_reason_to_hangup_code
REASONS = {
    1: "unallocated",
    16: "normal",
    17: "busy",
    18: "timeout",
    19: "no_answer",
    21: "rejected",
    26: "answered_elsewhere",
    28: "number_incomplete",
    31: "normal_unspecified",
    34: "congestion",
    38: "failure",
    58: "codec_mismatch",
    127: "interworking",
}
NO_SUCH_CHANNEL = "No such channel"

# Patterns that POSIX extended expressions and Python's read alike.
_COMMON_PATTERN = re.compile(
    r"(?:[A-Za-z0-9_@;:=,!~#%&' /<>-]|\\[.^$|()*+?\[\]/;@-]|[.^$|)]|\((?![?*+])"
    r"|\[\^?[A-Za-z0-9@;:/_.]+\]|[*+?](?![*+?]))*"
)


def hangup(action: Action, context: Context) -> Translation:
    """One channel, or the list of those that match."""
    sendable(action)
    name, cause = action.get("Channel"), wanted_cause(action.get("Cause"))
    if not name:
        return (yield from answered(error(action, "No channel specified")))
    if name.startswith("/"):
        return (yield from _hangup_matching(action, context, name, cause))
    channel = yield from named_channel(name, context)
    if channel is None:
        return (yield from answered(error(action, NO_SUCH_CHANNEL)))
    reason = yield from _reason(channel, cause, context)
    if reason is None:
        return (yield from _gone(action, context))
    response: AriResponse = yield Call("channels.hangup", {"channelId": channel, **reason})
    if response.ok:
        return (yield from answered(success(action, "Channel Hungup")))
    return (yield from refused(action, context, response, NO_SUCH_CHANNEL))


def wanted_cause(text: str) -> int:
    """The cause AMI would set, 0 for none: a bad one is ignored, with a notice in Asterisk's log."""
    value = whole_integer(text)
    return value if value is not None and 0 <= value <= 127 else 0


def _reason(channel: str, cause: int, context: Context) -> Part[dict[str, str] | None]:
    """The parameter that leaves the channel with AMI's hangup cause; None when the channel is gone."""
    by_word = lacks("channels.hangup", context.version, "reason_code")
    if not cause:
        if by_word:
            raise Untranslatable("Asterisk before 17 has no way to hang up without a cause over ARI")
        params = {"channelId": channel, "variable": "HANGUPCAUSE"}
        response: AriResponse = yield Call("channels.getChannelVar", params)
        if response.status == 404 and response.message == NO_CHANNEL:
            return None
        if not response.ok or not isinstance(response.body, dict):
            raise Untranslatable(refusal(response))
        cause = whole_integer(str(response.body.get("value"))) or 0
    if not by_word:
        return {"reason_code": str(cause)}
    if cause not in REASONS:
        raise Untranslatable(f"Asterisk before 17 has no word for the hangup cause {cause} over ARI")
    return {"reason": REASONS[cause]}


def _gone(action: Action, context: Context) -> Part[Outcome]:
    if context.ami_behind:
        raise Untranslatable("the channel hung up meanwhile")
    return (yield from answered(error(action, NO_SUCH_CHANNEL)))


def _hangup_matching(action: Action, context: Context, text: str, cause: int) -> Part[Outcome]:
    if len(text) < 2 or not text.endswith("/"):
        return (yield from answered(error(action, "Regex format invalid, Channel param should be /regex/")))
    pattern = _pattern(text[1:-1])
    matching = yield from _matching(pattern)
    # Every question comes before the first hangup: after it nothing can be left to AMI any more.
    reasons = []
    for channel, name in matching:
        reason = yield from _reason(channel, cause, context)
        if reason is not None:
            reasons.append((channel, name, reason))
    hungup: list[str] = []
    for channel, name, reason in reasons:
        response: AriResponse = yield Call("channels.hangup", {"channelId": channel, **reason})
        if response.ok:
            hungup.append(name)
        elif response.status != 404 and not hungup:
            raise Untranslatable(refusal(response))
    for message in _listing(action, hungup):
        yield Emit(message)
    return Done()


def _matching(pattern: re.Pattern[str]) -> Part[list[tuple[str, str]]]:
    """Uniqueid and name of every channel whose name matches."""
    response: AriResponse = yield Call("channels.list")
    found = [(plain(item.get("id")), plain(item.get("name"))) for item in objects_of(response)]
    return [(channel, name) for channel, name in found if pattern.search(name)]


def _pattern(text: str) -> re.Pattern[str]:
    if _COMMON_PATTERN.fullmatch(text):
        try:
            return re.compile(text)
        except re.error:
            pass
    raise Untranslatable("only Asterisk's own regular expressions are sure to read this pattern")


def _listing(action: Action, names: list[str]) -> list[Message]:
    return [
        list_start(action, "Channels hung up will follow"),
        *(event("ChannelHungup", ("Channel", name), *action_id(action)) for name in names),
        list_complete(action, "ChannelsHungupListComplete", len(names)),
    ]


HANGUP = Translator("Hangup", hangup, effect="write", channels=("Channel",))
