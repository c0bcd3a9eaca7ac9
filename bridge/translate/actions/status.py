"""Status (main/manager.c: action_status, generate_status)."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.ami.message import Action, Header, Message
from bridge.ami.replies import action_id, error, event, list_complete, list_start
from bridge.ari.requests import AriResponse
from bridge.errors import Untranslatable
from bridge.mapping.converters import TRUE
from bridge.translate.actions.common import (
    Gone,
    Part,
    channel_block,
    channel_id,
    cut,
    known,
    object_of,
    plain,
    read_functions,
    read_variable,
)
from bridge.translate.actions.listing import (
    Listed,
    age,
    bridges_by_channel,
    in_bucket_order,
    list_channels,
    listed,
    server_time,
)
from bridge.translate.dangerous import needs_system
from bridge.translate.effects import Call, Context, Done, Emit, Translation, Translator

# generate_status reads each variable into a buffer of 512 bytes.
VALUE_BYTES = 511
MOST_VARIABLES = 100
FUNCTIONS = (
    "CHANNEL(linkedid)",
    "CHANNEL(channeltype)",
    "CHANNEL(audionativeformat)",
    "CHANNEL(audioreadformat)",
    "CHANNEL(audiowriteformat)",
    "CHANNEL(callgroup)",
    "CHANNEL(pickupgroup)",
    "CALLERID(dnid)",
    "CONNECTEDLINE(priv-num-valid)",
    "CONNECTEDLINE(priv-num)",
    "CONNECTEDLINE(priv-name-valid)",
    "CONNECTEDLINE(priv-name)",
    "TIMEOUT(absolute)",
)


def status(action: Action, context: Context) -> Translation:
    """List one channel or all, each with the variables asked for."""
    variables = _variables(action)
    if action.get("AllVariables").strip().lower() in TRUE:
        raise Untranslatable("ARI does not list the variables of a channel")
    channels = yield from _channels(action, context)
    if channels is None:
        yield Emit(error(action, "No such channel"))
        return Done()
    bridges = (yield from bridges_by_channel()) if channels else {}
    now = (yield from server_time(context)) if channels else 0.0
    items = []
    for item in channels:
        try:
            values = yield from _read_all(item.channel.id, variables)
            functions = yield from read_functions(item.channel.id, FUNCTIONS, context)
        except Gone:
            continue
        items.append(_item(action, item, bridges.get(item.channel.id, ""), now, functions, values))
    yield Emit(list_start(action, "Channel status will follow"))
    for message in items:
        yield Emit(message)
    yield Emit(list_complete(action, "StatusComplete", len(items), ("Items", str(len(items)))))
    return Done()


def _variables(action: Action) -> Sequence[str]:
    """The names in `Variables:`, split on commas outside parentheses (main/app.c: ast_app_separate_args)."""
    text = action.get("Variables")
    if not text:
        return ()
    if needs_system(text):
        raise Untranslatable("only AMI knows whether this user may read functions that reach SHELL() or EVAL()")
    if any(char in text for char in '"\\[]'):
        raise Untranslatable("quoted names of variables are left to AMI")
    names, depth, start = [], 0, 0
    for place, char in enumerate(text):
        depth = depth + 1 if char == "(" else max(0, depth - 1) if char == ")" else depth
        if char == "," and not depth:
            names.append(text[start:place])
            start = place + 1
    names.append(text[start:])
    if not all(names) or len(names) > MOST_VARIABLES:
        raise Untranslatable("an empty name, or more than a hundred, is left to AMI")
    return names


def _channels(action: Action, context: Context) -> Part[list[Listed] | None]:
    name = action.get("Channel")
    if not name:
        return in_bucket_order((yield from list_channels()))
    identity = yield from channel_id(name, context)
    if identity is None:
        return None
    response: AriResponse = yield Call("channels.get", {"channelId": identity})
    return None if response.status == 404 else [listed(object_of(response))]


def _read_all(channel: str, names: Sequence[str]) -> Part[list[Header]]:
    """`Variable: name=value`; Asterisk prints `(null)` for what is not set."""
    read = []
    for name in names:
        value = yield from read_variable(channel, name)
        read.append(("Variable", f"{name}={'(null)' if value is None else cut(value, VALUE_BYTES)}"))
    return read


def _item(
    action: Action, item: Listed, bridge: str, now: float, read: dict[str, str], variables: list[Header]
) -> Message:
    channel = item.channel
    number = read["CONNECTEDLINE(priv-num)"] if read["CONNECTEDLINE(priv-num-valid)"] == "1" else ""
    name = read["CONNECTEDLINE(priv-name)"] if read["CONNECTEDLINE(priv-name-valid)"] == "1" else ""
    return event(
        "Status",
        ("Privilege", "Call"),
        *channel_block(channel, read["CHANNEL(linkedid)"], item.tenantid),
        ("Type", read["CHANNEL(channeltype)"]),
        ("DNID", read["CALLERID(dnid)"]),
        ("EffectiveConnectedLineNum", known(number or channel.connected_number)),
        ("EffectiveConnectedLineName", plain(known(name or channel.connected_name))),
        ("TimeToHangup", _hangup_time(read["TIMEOUT(absolute)"], now)),
        ("BridgeID", bridge),
        ("Application", plain(channel.app_name)),
        ("Data", plain(channel.app_data)),
        ("Nativeformats", read["CHANNEL(audionativeformat)"]),
        ("Readformat", read["CHANNEL(audioreadformat)"]),
        ("Readtrans", ""),
        ("Writeformat", read["CHANNEL(audiowriteformat)"]),
        ("Writetrans", ""),
        ("Callgroup", _group(read["CHANNEL(callgroup)"])),
        ("Pickupgroup", _group(read["CHANNEL(pickupgroup)"])),
        ("Seconds", str(age(channel, now))),
        *variables,
        *action_id(action),
    )


def _hangup_time(remaining: str, now: float) -> str:
    """The Unix second at which the channel will be hung up, from the seconds that remain; `0` when there is no limit.

    AMI's name says otherwise, but it prints the moment (V16, V22).
    """
    whole, _, fraction = remaining.partition(".")
    digits = whole + fraction
    if not digits.isascii() or not digits.isdigit() or not int(digits):
        return "0"
    return str(int(now + float(remaining)))


def _group(text: str) -> str:
    """Group numbers (`1, 3`) as AMI prints them: a mask (`10`)."""
    numbers = [word.strip() for word in text.split(",")]
    return str(sum(1 << int(word) for word in numbers if word.isascii() and word.isdigit() and len(word) < 3))


STATUS = Translator("Status", status, "read", channels=("Channel",))
