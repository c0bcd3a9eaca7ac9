"""What an Originate asks for, read as Asterisk reads it, and the ARI request that asks for the same.

Source: main/manager.c, action_originate; main/pbx.c, pbx_outgoing_attempt; res/ari/resource_channels.c,
ari_channels_handle_originate_with_id. Everything that ARI would do differently raises Untranslatable, before a call is
made.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bridge.ami.message import Action
from bridge.errors import Untranslatable
from bridge.translate.effects import Context
from bridge.translate.scan import CallerId, callerid_for_ari, integer, separate_args, truth

MAX_UNIQUEID = 149
MAX_CHANNEL_HEADER = 255
DEFAULT_TIMEOUT_MS = 30_000

# Words in Data for which AMI asks for the class `system` (main/manager.c: originate_app_permissions), all versions'.
_GUARDED_DATA = ("CURL", "DB", "EVAL", "FILE", "ODBC", "REALTIME", "SHELL")
# Written before the call by AMI as by ARI, and never refused by either. An asynchronous Originate over AMI may write
# functions that ARI refuses, so only those which are known not to escalate go over ARI.
_HARMLESS = frozenset(
    (
        *("CALLERID", "CDR", "CHANNEL", "CONNECTEDLINE", "GROUP", "HASH", "JITTERBUFFER", "PJSIP_DTMF_MODE"),
        *("PJSIP_HEADER", "PJSIP_MEDIA_OFFER", "PJSIP_MOH_PASSTHROUGH", "REDIRECTING", "TIMEOUT", "VOLUME"),
    )
)
# ARI sets the caller id before the variables, AMI after them: what both would write must not come twice.
_PARTY = frozenset({"CALLERID", "CONNECTEDLINE", "REDIRECTING"})
_CODECS = re.compile(r"[a-z0-9]+(?:,[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Order:
    """One Originate. `label` is the priority's text when it is no number, `priority` then 0."""

    channel: str
    application: str
    data: str
    context: str
    exten: str
    priority: int
    label: str
    asynchronous: bool
    timeout_ms: int
    caller: CallerId
    callerid: str
    account: str
    formats: str
    variables: tuple[tuple[str, str], ...]
    channel_id: str
    other_channel_id: str

    @property
    def technology(self) -> str:
        """What stands before the channel's first slash."""
        return self.channel.partition("/")[0]

    @property
    def to_exten(self) -> bool:
        """Whether the answered call goes to the dialplan (else into our application)."""
        return not self.application

    @property
    def seconds(self) -> int:
        """The timeout in ARI's seconds, rounded up; -1 when there is none."""
        return -(-self.timeout_ms // 1000) if self.timeout_ms > 0 else -1

    def request(self, new_id: Callable[[], str]) -> dict[str, Any]:
        """The parameters of `channels.originate`; ids that the client did not choose come from `new_id`."""
        params: dict[str, Any] = {"endpoint": self.channel}
        if self.to_exten:
            params |= {"extension": self.exten, "context": self.context}
            params |= {"label": self.label} if self.label else {"priority": self.priority}
        else:
            app, _, args = self.data.partition(",")
            params |= {"app": app} | ({"appArgs": args} if args else {})
        params |= {"callerId": self.callerid} if self.callerid else {}
        params |= {"timeout": self.seconds, "channelId": self.channel_id or new_id()}
        if self.other_channel_id:
            params["otherChannelId"] = self.other_channel_id
        elif not self.channel_id and self.technology.lower() == "local":
            # Else Asterisk would call the other half `<id>;2`, as it does for a client that gives one id only.
            params["otherChannelId"] = new_id()
        params["formats"] = self.formats
        if self.variables:
            params["variables"] = dict(self.variables)
        return params


def read_order(action: Action, context: Context) -> Order | str:
    """The order, or AMI's refusal as text."""
    ids = action.get("ChannelId"), action.get("OtherChannelId")
    if max(len(one.encode("utf-8", "surrogateescape")) for one in ids) > MAX_UNIQUEID:
        raise Untranslatable("AMI's refusal of a long channel id holds a line break")
    channel = action.get("Channel")
    if not channel:
        return "Channel not specified"
    priority, label = _priority(action)
    timeout = _timeout(action)
    wrong = "Invalid timeout" if timeout is None else "" if "/" in channel else "Invalid channel"
    if wrong and label:
        raise Untranslatable("AMI would look for the label before it refuses the rest")
    if wrong:
        return wrong
    if len(channel.encode("utf-8", "surrogateescape")) > MAX_CHANNEL_HEADER:
        raise Untranslatable("AMI cuts so long a channel")
    if any(one and context.world.find(one) for one in ids):
        raise Untranslatable("a channel with the chosen id is there already")
    application, data = action.get("Application"), action.get("Data")
    _check_application(application, data, context)
    asynchronous = truth(action.get("Async"))
    refusal = _check_place(action, priority, label, application, asynchronous=asynchronous)
    if refusal:
        return refusal
    caller, callerid = callerid_for_ari(action.get("CallerID"))
    variables = _variables(action, callerid)
    return Order(
        channel=channel,
        application=application,
        data=data,
        context=action.get("Context"),
        exten=action.get("Exten"),
        priority=priority,
        label=label,
        asynchronous=asynchronous,
        timeout_ms=_in_seconds(timeout or 0, context),
        caller=caller,
        callerid=callerid,
        account=action.get("Account"),
        formats=_formats(action.get("Codecs")),
        variables=variables,
        channel_id=ids[0],
        other_channel_id=ids[1],
    )


def _priority(action: Action) -> tuple[int, str]:
    text = action.get("Priority")
    number = integer(text)
    if number is not None and number < 0:
        raise Untranslatable("AMI takes -1 for the priority of a hint")
    return (number or 0), (text if number is None else "")


def _timeout(action: Action) -> int | None:
    text = action.get("Timeout")
    return integer(text) if text else DEFAULT_TIMEOUT_MS


def _in_seconds(timeout: int, context: Context) -> int:
    if timeout > 0 and timeout % 1000 and context.ami_behind:
        raise Untranslatable("ARI counts the timeout in whole seconds")
    return timeout


def _check_application(application: str, data: str, context: Context) -> None:
    if not application:
        return
    if application.lower() != "stasis":
        raise Untranslatable(f"ARI cannot run the application {application}")
    app, comma, args = data.partition(",")
    if app not in context.apps or (comma and not args):
        raise Untranslatable("the call is to enter an application that is not ours")
    if any(word in data for word in _GUARDED_DATA):
        raise Untranslatable("AMI may refuse this Data to the user")


def _check_place(action: Action, priority: int, label: str, application: str, *, asynchronous: bool) -> str:
    """AMI's refusal of where the call is to go, as far as it needs no dialplan; '' when there is none."""
    if not application and truth(action.get("EarlyMedia")):
        raise Untranslatable("ARI has no form of EarlyMedia")
    if action.get("PreDialGoSub"):
        raise Untranslatable("ARI has no form of PreDialGoSub")
    if priority or label:
        return "" if label or (action.get("Exten") and action.get("Context")) else "Extension does not exist."
    if not application and asynchronous:
        raise Untranslatable("AMI starts a call without a priority to go to")
    return "" if application else "Originate with 'Exten' requires 'Context' and 'Priority'"


def _formats(codecs: str) -> str:
    """AMI asks for signed linear unless told otherwise; ARI would ask for every audio format."""
    if codecs and not _CODECS.fullmatch(codecs):
        raise Untranslatable("ARI takes only plain names of codecs")
    return codecs or "slin"


def _variables(action: Action, callerid: str) -> tuple[tuple[str, str], ...]:
    """The variables in the order in which AMI sets them: the last one first; Account after them."""
    pairs: list[tuple[str, str]] = []
    for header in action.get_all("Variable"):
        for part in separate_args(header.lstrip(" "), 64):
            name, equals, value = part.partition("=")
            if equals and name:
                pairs.append((name, value))
    pairs.reverse()
    if action.get("Account"):
        pairs += [(f"CHANNEL({name})", action.get("Account")) for name in ("accountcode", "peeraccount")]
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise Untranslatable("ARI takes each variable once")
    functions = {name.partition("(")[0].upper() for name in names if name.endswith(")")}
    if unknown := functions - _HARMLESS:
        raise Untranslatable(f"{min(unknown)}() may be refused by one side and carried out by the other")
    if callerid and functions & _PARTY:
        raise Untranslatable("ARI would set the caller id before the variables, AMI does after them")
    return tuple(pairs)
