"""What many translators need: channels by name, ARI's answers taken apart, Asterisk's way of printing a channel."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from typing import Any, TypeVar

from bridge.ami.message import Header
from bridge.ari.build import lacks
from bridge.ari.requests import AriResponse
from bridge.errors import Untranslatable
from bridge.mapping.converters import CHANNEL_STATES
from bridge.translate.effects import Call, Context, Effect
from bridge.world.snapshots import ChannelSnapshot

T = TypeVar("T")
# A part of a translation: yields effects, and returns what it found out. Used with `yield from`.
Part = Generator[Effect, Any, T]

NO_CHANNEL = "Provided channel was not found"
NO_VARIABLE = "Provided variable was not found"
BAD_FUNCTION = "Unable to read provided function"
UNKNOWN = "<unknown>"

# main/utils.c: ast_escape_c
_ESCAPES = str.maketrans(
    {
        "\a": "\\a",
        "\b": "\\b",
        "\f": "\\f",
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\v": "\\v",
        "\\": "\\\\",
        "'": "\\'",
        '"': '\\"',
        "?": "\\?",
    }
)
_BREAKS = frozenset("\r\n\0")


def escape_c(text: str) -> str:
    """`text` as Asterisk prints caller names in channel blocks: quotes, backslashes and control characters escaped."""
    return text.translate(_ESCAPES)


def known(text: str) -> str:
    """AMI prints `<unknown>` where ARI has nothing."""
    return text or UNKNOWN


def cut(text: str, size: int) -> str:
    """The first `size` bytes of `text`: Asterisk copies values into fixed buffers, and cuts within a character."""
    raw = text.encode("utf-8", "surrogateescape")
    return text if len(raw) <= size else raw[:size].decode("utf-8", "surrogateescape")


def plain(text: object) -> str:
    """A text of ARI that fits into an AMI header.

    Raises:
        Untranslatable: it is no text, or holds a line break, with which AMI would print broken headers.
    """
    if not isinstance(text, str):
        raise Untranslatable("ARI's answer has an unexpected shape")
    if not _BREAKS.isdisjoint(text):
        raise Untranslatable("ARI's answer holds a line break")
    return text


def object_of(response: AriResponse) -> Mapping[str, Any]:
    """The JSON object of a 2xx answer; Untranslatable for anything else."""
    if not response.ok or not isinstance(response.body, dict):
        raise Untranslatable(refusal(response))
    return response.body


def objects_of(response: AriResponse) -> list[Mapping[str, Any]]:
    """The JSON objects of a 2xx answer that is a list; Untranslatable for anything else."""
    body = response.body
    if not response.ok or not isinstance(body, list) or not all(isinstance(item, dict) for item in body):
        raise Untranslatable(refusal(response))
    return body


def refusal(response: AriResponse) -> str:
    """One sentence for an answer that the translation has no use for."""
    if response.ok:
        return "ARI's answer has an unexpected shape"
    return f"ARI answered {response.status} {response.message}".rstrip()


def channel_id(name: str, context: Context) -> Part[str | None]:
    """The uniqueid of the channel with this name (any case) or uniqueid, None when Asterisk has none.

    The World knows; where it does not, one request asks (ARI finds channels by name only where it reads variables).
    """
    snapshot = context.world.find(name)
    if snapshot is not None:
        return snapshot.id
    response: AriResponse = yield Call("channels.getChannelVar", {"channelId": name, "variable": "UNIQUEID"})
    if response.status == 404 and response.message == NO_CHANNEL:
        return None
    return plain(object_of(response).get("value"))


def read_variable(channel: str, variable: str) -> Part[str | None]:
    """A channel's variable or function, None when it is not set; '' for a function that fails, as AMI has it.

    Raises:
        Gone: there is no such channel.
        Untranslatable: any other refusal.
    """
    response: AriResponse = yield Call("channels.getChannelVar", {"channelId": channel, "variable": variable})
    if response.status == 404 and response.message == NO_VARIABLE:
        return None
    if response.status == 404 and response.message == NO_CHANNEL:
        raise Gone(f"there is no channel {channel}")
    if response.status == 500 and response.message == BAD_FUNCTION:
        return ""
    return plain(object_of(response).get("value"))


def read_functions(channel: str, names: Iterable[str], context: Context) -> Part[dict[str, str]]:
    """Several functions of one channel, all of which exist: in one request where Asterisk can (22.10, 20.20, 23.4).

    Raises `Gone` or `Untranslatable` as `read_variable` does.
    """
    wanted = list(names)
    if not lacks("channels.getChannelVars", context.version):
        response: AriResponse = yield Call("channels.getChannelVars", {"channelId": channel, "variables": wanted})
        if response.ok:
            values = object_of(response).get("variables")
            if isinstance(values, dict) and all(name in values for name in wanted):
                return {name: plain(values[name]) for name in wanted}
    found = {}
    for name in wanted:
        found[name] = (yield from read_variable(channel, name)) or ""
    return found


class Gone(Untranslatable):
    """The channel that a translation was reading hung up meanwhile."""


def channel_block(channel: ChannelSnapshot, linkedid: str, tenantid: str = "") -> tuple[Header, ...]:
    """The headers by which AMI describes a channel (main/manager_channels.c: ast_manager_build_channel_state_string).

    Names are C-escaped, numbers are not; a line break in any other text raises Untranslatable.
    """
    headers = [
        ("Channel", channel.name),
        ("ChannelState", CHANNEL_STATES.get(channel.state, "0")),
        ("ChannelStateDesc", channel.state),
        ("CallerIDNum", known(channel.caller_number)),
        ("CallerIDName", escape_c(known(channel.caller_name))),
        ("ConnectedLineNum", known(channel.connected_number)),
        ("ConnectedLineName", escape_c(known(channel.connected_name))),
        ("Language", channel.language),
        ("AccountCode", channel.accountcode),
        ("Context", channel.context),
        ("Exten", channel.exten),
        ("Priority", str(channel.priority)),
        ("Uniqueid", channel.id),
        ("Linkedid", linkedid),
    ]
    if tenantid:
        headers.append(("Tenantid", tenantid))
    return tuple((name, plain(value)) for name, value in headers)
