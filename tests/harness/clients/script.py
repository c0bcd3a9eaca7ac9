"""The conversation that three AMI libraries hold alike, and the shape in which its outcome is compared.

Each library stands behind `App`, which calls the library's own methods and gives back plain dicts; the conversation
knows nothing of who listens. Everything that a run cannot share with another run (ids, clocks, numbers in channel
names) is replaced; everything else has to be equal.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, Protocol

Headers = dict[str, Any]

TIMEOUT = 15.0

_IDS = {
    "uniqueid",
    "linkedid",
    "destuniqueid",
    "destlinkedid",
    "localoneuniqueid",
    "localtwouniqueid",
    "bridgeuniqueid",
}
_CLOCKS = {
    "timestamp",
    "duration",
    "seconds",
    "bridgeid",
    "timetohangup",
    "uptime",
    "lastreload",
    "eventtv",
    "sessiontv",
    "logintime",
}
_DROPPED = {"actionid", "sessionid", "remoteaddress", "localaddress"}
_SUFFIX = re.compile(r"(Local/[^\s;]+?)-[0-9a-f]{8}")

# What the application is told about its calls; the rest of the stream is compared byte by byte in test_byte_level.
WATCHED = ("Newchannel", "DialBegin", "DialEnd", "OriginateResponse", "Hangup", "UserEvent")


class App(Protocol):
    """What the conversation needs of a library. An answer is a dict of `lowered` headers; a list gives its items."""

    library: str
    events: list[Headers]

    def login(self) -> Headers: ...
    def ping(self) -> Headers: ...
    def originate(
        self, channel: str, where: Mapping[str, str], *, wait: bool, variables: Mapping[str, str]
    ) -> Headers: ...
    def status(self) -> list[Headers]: ...
    def channels(self) -> list[Headers]: ...
    def setvar(self, channel: str, name: str, value: str) -> Headers: ...
    def getvar(self, channel: str, name: str) -> Headers: ...
    def redirect(self, channel: str, exten: str) -> Headers: ...
    def hangup(self, channel: str) -> Headers: ...
    def command(self, text: str) -> Headers: ...
    def queues(self) -> list[Headers]: ...
    def wait_event(self, name: str, fits: Callable[[Headers], bool]) -> Headers: ...
    def logoff(self) -> Headers: ...


def main(make: Callable[[str, int, str, str], App]) -> None:
    """Hold the conversation as `python -m MODULE HOST PORT USER SECRET` asks and print its outcome as JSON."""
    host, port, user, secret = sys.argv[1:5]
    app = make(host, int(port), user, secret)
    json.dump(conversation(app), sys.stdout, indent=1)


def conversation(app: App) -> dict[str, Any]:
    """Hold it, and return the normalised outcome of each step."""
    said: dict[str, Any] = {"login": clean(app.login()), "ping": clean(app.ping())}
    _into_dialplan(app, said)
    _into_stasis(app, said)
    _failures(app, said)
    said["command"] = clean(app.command("core show uptime seconds nonsense"))
    said["queues"] = [clean(item) for item in app.queues()]
    said["events"] = sorted(_watched(event) for event in app.events if event.get("event") in WATCHED)
    said["logoff"] = clean(app.logoff())
    return said


def _into_dialplan(app: App, said: dict[str, Any]) -> None:
    """One call that is waited for: answered, looked at, redirected, hung up."""
    where = {"Context": "default", "Exten": "wait", "Priority": "1"}
    said["originate"] = clean(app.originate("Local/wait@default/n", where, wait=True, variables={"LAB_A": "one two"}))
    channel = app.wait_event("Newchannel", _of("Local/wait@default"))["channel"]
    first = channel.split(";")[0] + ";1"
    for half in (first, first[:-1] + "2"):
        app.wait_event("Newexten", _runs(half, "Wait"))
    said["status"] = _rows(app.status(), first)
    said["channels"] = _rows(app.channels(), first)
    said["getvar"] = clean(app.getvar(first, "LAB_A"))
    said["setvar"] = clean(app.setvar(first, "LAB_B", "b=1,2"))
    said["getvar set"] = clean(app.getvar(first, "LAB_B"))
    said["redirect"] = clean(app.redirect(first, "target"))
    app.wait_event("Newexten", _runs(first, "Wait", "target"))
    said["hangup"] = clean(app.hangup(first))
    said["hungup"] = _hungup(app, first)


def _into_stasis(app: App, said: dict[str, Any]) -> None:
    """A call given to the Stasis application: read, written to, sent back to the dialplan, hung up."""
    where = {"Application": "Stasis", "Data": "bridge,client"}
    said["stasis originate"] = clean(app.originate("Local/echo@default/n", where, wait=False, variables={"LAB_C": "c"}))
    answer = app.wait_event("OriginateResponse", _of("Local/echo@default"))
    said["stasis response"] = clean(answer)
    channel = answer["channel"]
    app.wait_event("Newexten", _runs(channel[:-1] + "2", "Echo"))
    said["stasis status"] = _rows(app.status(), channel)
    said["stasis channels"] = _rows(app.channels(), channel)
    said["stasis setvar"] = clean(app.setvar(channel, "LAB_D", "value"))
    said["stasis getvar"] = clean(app.getvar(channel, "LAB_D"))
    said["stasis getvar inherited"] = clean(app.getvar(channel, "LAB_C"))
    said["stasis getvar unset"] = clean(app.getvar(channel, "LAB_UNSET"))
    said["stasis redirect"] = clean(app.redirect(channel, "target"))
    app.wait_event("Newexten", _runs(channel, "Wait", "target"))
    said["stasis hangup"] = clean(app.hangup(channel))
    said["stasis hungup"] = _hungup(app, channel)


def _failures(app: App, said: dict[str, Any]) -> None:
    stasis = {"Application": "Stasis", "Data": "bridge,client"}
    said["busy"] = clean(app.originate("Local/busy@default/n", stasis, wait=False, variables={}))
    said["busy response"] = clean(app.wait_event("OriginateResponse", _of("Local/busy@default")))
    _hungup(app, app.wait_event("Newchannel", _of("Local/busy@default"))["channel"])
    nowhere = {"Context": "default", "Exten": "nowhere", "Priority": "1"}
    said["no extension"] = clean(app.originate("Local/wait@default/n", nowhere, wait=True, variables={}))
    said["no channel: hangup"] = clean(app.hangup("Local/none-1"))
    said["no channel: getvar"] = clean(app.getvar("Local/none-1", "LAB_A"))
    said["no channel: redirect"] = clean(app.redirect("Local/none-1", "target"))


def _hungup(app: App, channel: str) -> Headers:
    """The end of the first half, after both halves have ended."""
    call = channel.split(";")[0]
    app.wait_event("Hangup", lambda event: event["channel"] == f"{call};2")
    return clean(app.wait_event("Hangup", lambda event: event["channel"] == f"{call};1"))


def _of(prefix: str) -> Callable[[Headers], bool]:
    return lambda event: str(event["channel"]).startswith(prefix)


def _runs(channel: str, application: str, exten: str = "") -> Callable[[Headers], bool]:
    wanted = {"channel": channel, "application": application, **({"exten": exten} if exten else {})}
    return lambda event: all(event.get(name) == value for name, value in wanted.items())


def _rows(items: list[Headers], channel: str) -> list[Headers]:
    """The items about both halves of the call, in the order of their names: Asterisk's list has none."""
    call = channel.split(";")[0]
    rows = [item for item in items if str(item.get("channel", "")).startswith(call)]
    return [clean(item) for item in sorted(rows, key=lambda item: str(item["channel"]))]


def _watched(event: Headers) -> str:
    shown = clean(event)
    return " ".join(
        str(shown.get(name, "")) for name in ("event", "channel", "destchannel", "response", "reason", "dialstatus")
    )


def lowered(headers: Mapping[str, Any]) -> Headers:
    """Return the headers with their names in lower case: one of the libraries does not keep their case."""
    return {str(name).lower(): value for name, value in headers.items()}


def clean(headers: Headers) -> Headers:
    """Replace what no two runs share."""
    cleaned: Headers = {}
    for low, value in headers.items():
        if low in _IDS and value not in {"", "<unknown>"}:
            cleaned[low] = "<id>"
        elif low in _CLOCKS:
            cleaned[low] = "<clock>"
        elif low not in _DROPPED:
            cleaned[low] = _without_suffix(value)
    return cleaned


def _without_suffix(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_suffix(item) for item in value]
    return _SUFFIX.sub(r"\1-<n>", str(value))
