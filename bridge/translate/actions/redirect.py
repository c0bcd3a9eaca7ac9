"""Redirect: `POST /channels/{id}/continue` for one or two channels in our application.

Source: main/manager.c, action_redirect. ARI's 204 means queued; StasisEnd proves that the channel is on its way into
the dialplan, which is what AMI's answer means.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.ami.message import Action
from bridge.ami.replies import error, success
from bridge.ari.events import AriEvent
from bridge.ari.requests import AriResponse
from bridge.errors import Untranslatable
from bridge.translate.actions.common import Part, cut
from bridge.translate.actions.steering import (
    answered,
    commandable,
    free_queue,
    in_dialplan,
    named_channel,
    refused,
    sendable,
)
from bridge.translate.effects import Call, Context, Outcome, Translation, Translator, Unknown, Wait
from bridge.translate.scan import integer

# Asterisk 16 looks at a channel's commands every 200 ms.
LEAVE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a channel is sent: `priority` is 0 when `label` names it."""

    context: str
    exten: str
    priority: int
    label: str

    @property
    def params(self) -> dict[str, str | int]:
        place: dict[str, str | int] = {"context": self.context, "extension": self.exten}
        return place | ({"label": self.label} if self.label else {"priority": self.priority})


def redirect(action: Action, context: Context) -> Translation:
    """Check as AMI does, in its order, then continue each channel and see it leave."""
    sendable(action)
    places = _places(action)
    if isinstance(places, str):
        return (yield from answered(error(action, places)))
    name, name2 = action.get("Channel"), action.get("ExtraChannel")
    channel = yield from named_channel(name, context)
    for place, text in zip(places, ("Priority is invalid", "ExtraPriority is invalid"), strict=False):
        if place.label and not (yield from _label_exists(place, channel, context)):
            return (yield from answered(error(action, text)))
    if channel is None:
        return (yield from answered(error(action, cut(f"Channel does not exist: {name}", 255))))
    targets = [(channel, places[0])]
    if name2:
        extra = yield from named_channel(name2, context)
        if extra is None:
            return (yield from answered(error(action, cut(f"ExtraChannel does not exist: {name2}", 255))))
        targets.append((extra, places[-1]))
    yield from _ready([one for one, _ in targets], context)
    return (yield from _send(action, context, targets))


def _ready(channels: list[str], context: Context) -> Part[None]:
    """See to it that every one of the channels can leave now; Untranslatable when AMI does better."""
    if len(set(channels)) < len(channels):
        raise Untranslatable("the same channel is to go to two places")
    for channel in channels:
        commandable(channel, context)
        if context.ami_behind and any(channel in bridge.channels for bridge in context.world.bridges.values()):
            raise Untranslatable("AMI and ARI take a channel out of a bridge with different events")
    for channel in channels:
        yield from free_queue(channel, context)


def _places(action: Action) -> list[_Place] | str:
    """Where the channels are to go; AMI's refusal as text when a header is missing or wrong."""
    for header in ("Channel", "Context", "Exten", "Priority"):
        if not action.get(header):
            return f"{header} not specified"
    first = _place(action, "")
    if first is None:
        return "Priority is invalid"
    if not action.get("ExtraChannel") or not action.get("ExtraContext"):
        return [first]
    for header in ("ExtraExten", "ExtraPriority"):
        if not action.get(header):
            return f"{header} not specified"
    second = _place(action, "Extra")
    return "ExtraPriority is invalid" if second is None else [first, second]


def _place(action: Action, prefix: str) -> _Place | None:
    text = action.get(f"{prefix}Priority")
    number = integer(text)
    if number is not None and number < 1:
        return None
    label = text if number is None else ""
    return _Place(action.get(f"{prefix}Context"), action.get(f"{prefix}Exten"), number or 0, label)


def _label_exists(place: _Place, channel: str | None, context: Context) -> Part[bool]:
    # AMI looks the label up without a caller's number, hence ''.
    live = [] if channel is None else [channel]
    found = yield from in_dialplan((place.context, place.exten, place.label), "", live, context)
    if found is None:
        raise Untranslatable("there is no live channel to ask for the label")
    return found


def _send(action: Action, context: Context, targets: list[tuple[str, _Place]]) -> Part[Outcome]:
    left: set[str] = set()
    for channel, place in targets:
        params = {"channelId": channel, **place.params}
        response: AriResponse = yield Call("channels.continueInDialplan", params)
        if not response.ok and not left:
            text = cut(f"Channel does not exist: {action.get('Channel')}", 255)
            return (yield from refused(action, context, response, text))
        if not response.ok:
            return (yield from answered(error(action, "Secondary redirect failed")))
        left.add(channel)
    for _ in targets:
        channel = yield from _one_leaves(left)
        if not channel:
            stuck = ", ".join(sorted(left))
            return Unknown(f"Asterisk has queued the redirect of {stuck}, but did not carry it out yet")
        left.discard(channel)
    text = "Redirect successful" if len(targets) == 1 else "Dual Redirect successful"
    return (yield from answered(success(action, text)))


def _one_leaves(channels: set[str]) -> Part[str]:
    """The uniqueid of the next of `channels` that leaves the application, '' when none does in time."""

    def leaves(event: AriEvent) -> bool:
        return event.type in {"StasisEnd", "ChannelDestroyed"} and event.channel_id in channels

    hoped = AriEvent("StasisEnd", "", 0.0, {"channel": {"id": min(channels)}})
    event: AriEvent | None = yield Wait(leaves, LEAVE_SECONDS, hoped)
    if event is not None:
        return event.channel_id
    for channel in sorted(channels):
        # The stream may have broken just now: ask whether it went all the same.
        response: AriResponse = yield Call("channels.get", {"channelId": channel})
        if response.status == 404 or (response.ok and not _in_stasis(response)):
            return channel
    return ""


def _in_stasis(response: AriResponse) -> bool:
    dialplan = response.body.get("dialplan") if isinstance(response.body, dict) else None
    return not isinstance(dialplan, dict) or str(dialplan.get("app_name", "")).lower() == "stasis"


REDIRECT = Translator(
    "Redirect", redirect, effect="write", channels=("Channel", "ExtraChannel"), control=True, waits=True
)
