"""Ping, CoreStatus and CoreSettings (main/manager.c: action_ping, action_corestatus, action_coresettings)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.ami.message import Action, Header
from bridge.ami.replies import success
from bridge.ari.events import parse_time
from bridge.ari.requests import AriResponse
from bridge.errors import Untranslatable
from bridge.translate.actions.common import object_of, objects_of, plain
from bridge.translate.effects import Call, Context, Done, Emit, Translation, Translator

# AMI's version by Asterisk's (asterisk-facts.md §4.1; AMI_VERSION in include/asterisk/manager.h of each release): the
# first release of the branch that announces it. Branches that are not here keep one version for their whole life.
AMI_VERSIONS: Mapping[int, tuple[tuple[int, str], ...]] = {
    16: ((30, "5.0.5"), (28, "5.0.4"), (20, "5.0.3"), (3, "5.0.1"), (0, "5.0.0")),
    18: ((15, "7.0.3"), (10, "7.0.1"), (0, "7.0.0")),
    20: ((0, "9.0.0"),),
    21: ((0, "10.0.0"),),
    22: ((0, "11.0.0"),),
    23: ((0, "12.0.0"),),
}


def ping(action: Action, context: Context) -> Translation:
    """Pong with Asterisk's own time, which ARI tells in milliseconds."""
    response: AriResponse = yield Call("asterisk.ping")
    now = parse_time(object_of(response).get("timestamp"))
    if not now:
        raise Untranslatable("ARI's answer has an unexpected shape")
    milliseconds = round(now * 1000)
    stamp = f"{milliseconds // 1000}.{milliseconds % 1000:03d}000"
    yield Emit(success(action, None, ("Ping", "Pong"), ("Timestamp", stamp)))
    return Done()


def core_status(action: Action, context: Context) -> Translation:
    """When Asterisk started and last reloaded, in its own time zone, and its channels now."""
    response: AriResponse = yield Call("asterisk.getInfo", {"only": ["status"]})
    status = _section(object_of(response), "status")
    listing: AriResponse = yield Call("channels.list")
    started = _date_and_time(status.get("startup_time"))
    reloaded = _date_and_time(status.get("last_reload_time"))
    yield Emit(
        success(
            action,
            None,
            ("CoreStartupDate", started[0]),
            ("CoreStartupTime", started[1]),
            ("CoreReloadDate", reloaded[0]),
            ("CoreReloadTime", reloaded[1]),
            ("CoreCurrentCalls", str(len(objects_of(listing)))),
        )
    )
    return Done()


def core_settings(action: Action, context: Context) -> Translation:
    """Asterisk's version and limits; what ARI does not tell is left out, not made up."""
    response: AriResponse = yield Call("asterisk.getInfo", {"only": ["system", "config"]})
    info = object_of(response)
    config, system = _section(info, "config"), _section(info, "system")
    setid = _section(config, "setid")
    fields: tuple[Header, ...] = (
        ("AMIversion", ami_version(context.version)),
        ("AsteriskVersion", plain(system.get("version"))),
        ("SystemName", plain(config.get("name", ""))),
        ("CoreMaxCalls", str(_number(config, "max_channels"))),
        ("CoreMaxLoadAvg", f"{_number(config, 'max_load'):f}"),
        ("CoreRunUser", plain(setid.get("user", ""))),
        ("CoreRunGroup", plain(setid.get("group", ""))),
        ("CoreMaxFilehandles", str(_number(config, "max_open_files"))),
    )
    yield Emit(success(action, None, *fields))
    return Done()


def ami_version(version: tuple[int, int, int]) -> str:
    """The AMI version that an Asterisk of this version announces; Untranslatable when nobody wrote it down."""
    for first, announced in AMI_VERSIONS.get(version[0], ()):
        if version[1] >= first:
            return announced
    raise Untranslatable(f"the AMI version of Asterisk {version[0]} is not known")


def _section(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = data.get(name, {})
    if not isinstance(section, dict):
        raise Untranslatable("ARI's answer has an unexpected shape")
    return section


def _number(data: Mapping[str, Any], name: str) -> int | float:
    value = data.get(name, 0)
    return value if isinstance(value, int | float) else 0


def _date_and_time(stamp: object) -> tuple[str, str]:
    """`2026-11-23T09:45:29.024+0000` stands in the server's own zone: its parts are AMI's date and time."""
    if not isinstance(stamp, str) or not parse_time(stamp):
        raise Untranslatable("ARI's answer has an unexpected shape")
    date, _, rest = stamp.partition("T")
    return date, rest[:8]


PING = Translator("Ping", ping, "read")
CORE_STATUS = Translator("CoreStatus", core_status, "read")
CORE_SETTINGS = Translator("CoreSettings", core_settings, "read")
