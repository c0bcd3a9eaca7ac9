"""The cases of tests/live/test_reads.py: each action in each variant, and the scene it plays in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

Pairs = list[tuple[str, str]]


@dataclass(slots=True)
class Scene:
    """What stands in Asterisk while a case runs."""

    channel: str = "none"
    name: str = "none"
    bridge: str = "none"


@dataclass(frozen=True, slots=True)
class Case:
    """One action: its headers in a scene, what differs by declaration, and the fallback if there is to be one.

    `undo` are AMI actions that restore what the action changed; they run before the action is repeated over ARI.
    """

    action: str
    name: str
    headers: Callable[[Scene], Pairs] = lambda scene: []
    scene: str = "stasis"
    missing: frozenset[str] = frozenset()
    fallback: str = ""
    versions: tuple[int, ...] = (16, 22)
    undo: tuple[tuple[str, Pairs], ...] = ()
    unordered: tuple[int, ...] = field(default=())

    def __str__(self) -> str:
        return f"{self.action}-{self.name}"


def _on(variable: str) -> Callable[[Scene], Pairs]:
    return lambda scene: [("Channel", scene.channel), ("Variable", variable)]


def _set(variable: str, value: str | None) -> Callable[[Scene], Pairs]:
    tail = [] if value is None else [("Value", value)]
    return lambda scene: [("Channel", scene.channel), ("Variable", variable), *tail]


def _fixed(**headers: str) -> Callable[[Scene], Pairs]:
    return lambda scene: list(headers.items())


GETVAR = [
    Case("Getvar", "by uniqueid", _on("foo")),
    Case("Getvar", "by name", lambda s: [("Channel", s.name), ("Variable", "foo")]),
    Case("Getvar", "by name in capitals", lambda s: [("Channel", s.name.upper()), ("Variable", "foo")]),
    Case("Getvar", "unset", _on("nope")),
    Case("Getvar", "empty", _on("empty"), "odd"),
    Case("Getvar", "global through channel", _on("LAB")),
    Case("Getvar", "builtin", _on("EXTEN")),
    Case("Getvar", "function", _on("CHANNEL(name)")),
    Case("Getvar", "function with quotes", _on("CALLERID(all)")),
    Case("Getvar", "unknown function", _on("NOFUNC(x)")),
    Case("Getvar", "failing function", _on("CHANNEL(nope)")),
    Case("Getvar", "refused function", _on("DB(a/b)")),
    Case("Getvar", "shell", _on("SHELL(id)"), fallback="only AMI knows"),
    Case("Getvar", "long value", _on("long"), "odd"),
    Case("Getvar", "line break", _on("broken"), "odd", fallback="line break"),
    Case("Getvar", "no channel", _fixed(Channel="nosuch", Variable="foo")),
    Case("Getvar", "no variable", lambda s: [("Channel", s.channel)]),
    Case("Getvar", "no variable, no channel"),
    Case("Getvar", "global", _fixed(Variable="LAB"), scene="empty"),
    Case("Getvar", "global unset", _fixed(Variable="nope"), scene="empty"),
    Case("Getvar", "device state without channel", _fixed(Variable="DEVICE_STATE(Custom:lab)")),
    Case("Getvar", "hint without channel", _fixed(Variable="HINT(hinted@default)")),
    Case("Getvar", "function, no channels", _fixed(Variable="VERSION()"), scene="empty", fallback="there is none"),
    Case("Getvar", "channel function without channel", _fixed(Variable="CHANNEL(name)"), fallback="depends on it"),
]
SETVAR = [
    Case("Setvar", "by uniqueid", _set("x", "1")),
    Case("Setvar", "by name", lambda s: [("Channel", s.name), ("Variable", "x"), ("Value", "2")]),
    Case("Setvar", "empty", _set("x", "")),
    Case("Setvar", "without value", _set("x", None)),
    Case("Setvar", "inherited", _set("__deep", "a b")),
    Case("Setvar", "odd characters", _set("x", 'with "q" \\ é %20 &=+')),
    Case("Setvar", "caller name", _set("CALLERID(name)", "Bob"), versions=(22,)),
    Case("Setvar", "caller name on 16", _set("CALLERID(name)", "Bob"), versions=(16,), fallback="no event proves"),
    Case("Setvar", "unknown function", _set("NOFUNC(x)", "1"), fallback="does not tell"),
    Case("Setvar", "refused function", _set("DB(a/b)", "1"), fallback="does not tell"),
    Case("Setvar", "shell", _set("SHELL(x)", "1"), fallback="does not tell"),
    Case("Setvar", "no channel", _fixed(Channel="nosuch", Variable="x", Value="1")),
    Case("Setvar", "no variable", lambda s: [("Channel", s.channel), ("Value", "1")]),
    Case("Setvar", "dialplan's channel", _set("x", "1"), scene="dialplan", fallback="not in our Stasis"),
    Case("Setvar", "global", _fixed(Variable="readx", Value="1"), scene="empty"),
    Case("Setvar", "global empty", _fixed(Variable="readx", Value=""), scene="empty"),
    Case("Setvar", "device state", _fixed(Variable="DEVICE_STATE(Custom:readx)", Value="BUSY"), scene="empty"),
    Case("Setvar", "global function", _fixed(Variable="GLOBAL(x)", Value="1"), scene="empty", fallback="does not tell"),
]
LISTS = [
    Case("Status", "none", scene="empty"),
    Case("Status", "all"),
    Case("Status", "one by uniqueid", lambda s: [("Channel", s.channel)]),
    Case("Status", "one by name", lambda s: [("Channel", s.name.upper())]),
    Case("Status", "no channel", _fixed(Channel="nosuch")),
    Case(
        "Status",
        "variables",
        lambda s: [("Channel", s.channel), ("Variables", "foo,nope,CHANNEL(name),NOFUNC(x),empty,long,EXTEN,foo")],
        "odd",
    ),
    Case("Status", "all variables", lambda s: [("AllVariables", "yes")], fallback="does not list"),
    Case("Status", "shell", _fixed(Variables="foo,SHELL(id)"), fallback="only AMI knows"),
    Case("Status", "bridged", scene="bridged"),
    Case("Status", "many", scene="many"),
    Case("CoreShowChannels", "none", scene="empty"),
    Case("CoreShowChannels", "two", unordered=(16,)),
    Case("CoreShowChannels", "bridged", scene="bridged", unordered=(16,)),
    Case("CoreShowChannels", "many", scene="many", unordered=(16, 22)),
    Case("BridgeList", "none", scene="empty"),
    Case("BridgeList", "bridges", scene="bridged"),
    Case("BridgeList", "one technology", _fixed(BridgeType="holding_bridge"), scene="bridged"),
    Case("BridgeList", "nothing of that kind", _fixed(BridgeType="stasis"), scene="bridged"),
    Case("BridgeInfo", "with channel and video source", lambda s: [("BridgeUniqueid", s.bridge)], scene="bridged"),
    Case("BridgeInfo", "unknown", _fixed(BridgeUniqueid="nosuch"), scene="empty"),
    Case("BridgeInfo", "no id", scene="empty"),
]
SYSTEM = [
    Case("Ping", "pong", scene="empty"),
    Case("CoreStatus", "now", missing=frozenset({"CoreProcessedCalls"})),
    Case(
        "CoreSettings",
        "lab",
        scene="empty",
        missing=frozenset({"CoreRealTimeEnabled", "CoreCDRenabled", "CoreHTTPenabled", "SoundsSearchCustomDir"}),
    ),
    *(
        Case("ModuleCheck", name, _fixed(Module=module), scene="empty")
        for name, module in {
            "without so": "res_pjsip",
            "with so": "res_pjsip.so",
            "in capitals": "RES_PJSIP",
            "built in": "manager",
            "unknown": "nope",
            "with a slash": "a/b",
            "with two dots": "..so",
            "with so twice": "res_pjsip.so.so",
            "no name": "",
        }.items()
    ),
    Case("ModuleCheck", "dots", _fixed(Module=".."), scene="empty", fallback="cannot be '..'"),
]
ZAP = "app_zapateller.so"
_LOAD = (("ModuleLoad", [("Module", ZAP), ("LoadType", "load")]),)
_UNLOAD = (("ModuleLoad", [("Module", ZAP), ("LoadType", "unload")]),)


def _module(kind: str, module: str) -> Callable[[Scene], Pairs]:
    return _fixed(Module=module, LoadType=kind)


MODULES = [
    Case("ModuleLoad", "unload", _module("unload", ZAP), scene="empty", undo=_LOAD),
    Case("ModuleLoad", "load", _module("load", ZAP), scene="unloaded", undo=_UNLOAD),
    Case("ModuleLoad", "load again", _module("load", ZAP), scene="empty"),
    Case("ModuleLoad", "unload in use", _module("unload", "res_pjsip.so"), scene="empty"),
    Case("ModuleLoad", "reload", _module("Reload", "app_queue.so"), scene="empty"),
    Case("ModuleLoad", "no reload", _module("reload", ZAP), scene="empty"),
    Case("ModuleLoad", "load unknown", _module("load", "nope.so"), scene="empty", versions=(16,)),
    Case("ModuleLoad", "load unknown on 22", _module("load", "nope.so"), "empty", versions=(22,), fallback="409"),
    Case("ModuleLoad", "unload unknown on 22", _module("unload", "nope.so"), "empty", versions=(22,), fallback="404"),
    Case("ModuleLoad", "unload unknown", _module("unload", "nope.so"), scene="empty", versions=(16,)),
    Case("ModuleLoad", "without so", _module("load", "app_zapateller"), "empty", versions=(22,), fallback="looks for"),
    Case("ModuleLoad", "nothing", scene="empty", fallback="single modules"),
    Case("Reload", "one", _fixed(Module="app_queue.so"), scene="empty"),
    Case("Reload", "built in", _fixed(Module="cdr"), scene="empty"),
    Case("Reload", "in capitals", _fixed(Module="APP_QUEUE"), scene="empty"),
    Case("Reload", "no reload", _fixed(Module="app_echo.so"), scene="empty"),
    Case("Reload", "unknown", _fixed(Module="nope"), scene="empty", fallback="404"),
    Case("LoggerRotate", "all", scene="empty"),
]
ENDPOINTS = [
    Case("PJSIPShowEndpoints", "nobody", scene="stasis"),
    Case("PJSIPShowEndpoints", "registered", scene="phone"),
    Case("PJSIPShowEndpoints", "no channels", scene="empty", fallback="there is none"),
    Case("MessageSend", "sent", _fixed(To="pjsip:alice", Body="hello"), scene="phone"),
    Case("MessageSend", "from", _fixed(To="pjsip:alice", From='"Bob" <sip:bob@x>', Body="é"), scene="phone"),
    Case("MessageSend", "nobody there", _fixed(To="pjsip:bob", Body="hello"), scene="empty", fallback="404"),
    Case("MessageSend", "no technology", _fixed(To="foo:bar", Body="hello"), scene="empty", fallback="404"),
    Case("MessageSend", "no address", _fixed(Body="hello"), scene="empty"),
    Case("MessageSend", "base64", _fixed(To="pjsip:alice", Base64Body="aGk="), scene="empty", fallback="Base64Body"),
]
CASES = [*GETVAR, *SETVAR, *LISTS, *SYSTEM, *MODULES, *ENDPOINTS]
