"""The byte-level cases: what a client may do to an AMI port, well-formed and not.

Each case is played on a direct connection and through the bridge with every route on `ami`; both must bring the same
bytes back. `Case.alone` marks those that other cases would disturb (they look at channels or at everybody's events).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tests.harness.byte_player import HalfClose, Pause, Read, ReadAlone, ReadToEnd, Send, Step, md5_key

BANNER = Read(rb"Asterisk Call Manager/[\d.]+\r\n")
MESSAGE = rb"\r\n\r\n"
_PONG = rb"Response: Success\r\nActionID: end-of-case\r\nPing: Pong\r\nTimestamp: [\d.]+\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Case:
    """One case: its name, its steps, and whether it needs the Asterisk for itself."""

    name: str
    steps: tuple[Step, ...]
    alone: bool = False


def action(name: str, *headers: str, end: str = "\r\n") -> bytes:
    """Return the action's bytes, each line closed by `end`."""
    return end.join([f"Action: {name}", *headers, "", ""]).encode()


def login(user: str = "admin", *headers: str, secret: str = "secret", events: str = "off") -> tuple[Step, ...]:
    """Return the steps of a plain login without events (`events=""`: the header is not sent)."""
    more = (f"Events: {events}",) if events else ()
    return (BANNER, Send(action("Login", f"Username: {user}", f"Secret: {secret}", *more, *headers)), Read(MESSAGE))


def pinged() -> tuple[Step, ...]:
    """Return the steps that end a case on an open connection: everything before this Ping was answered before it."""
    return (Send(action("Ping", "ActionID: end-of-case")), Read(_PONG))


def logged_in(name: str, *data: bytes, user: str = "admin", events: str = "off", alone: bool = False) -> Case:
    """Return a case that logs in, sends each of `data` in one write, and ends with a Ping."""
    return Case(name, (*login(user, events=events), *map(Send, data), *pinged()), alone)


def before_login(name: str, *data: bytes) -> Case:
    """Return a case that sends `data` without logging in and takes its leave by Logoff."""
    goodbye = action("Logoff", "ActionID: end-of-case")
    return Case(name, (BANNER, *map(Send, data), Send(goodbye), ReadToEnd()))


def _md5(user: str, secret: str, *, upper: bool = False, auth_type: str = "MD5") -> tuple[Step, ...]:
    def answer(received: bytes) -> bytes:
        key = md5_key(received, secret)
        key = key.upper() if upper else key
        return action(
            "Login", f"AuthType: {auth_type}", f"Username: {user}", f"Key: {key}", "ActionID: in", "Events: off"
        )

    return (BANNER, Send(action("Challenge", f"AuthType: {auth_type}", "ActionID: c")), Read(MESSAGE), Send(answer))


def _logins() -> Iterator[Case]:
    yield Case("banner comes alone", (ReadAlone(), Send(action("Logoff")), ReadToEnd()))
    yield Case("login plain", (*login("admin", "ActionID: in"), *pinged()))
    yield Case(
        "login default events", (*login(events=""), Read(rb"Status: Fully Booted\r\n\r\n"), *pinged()), alone=True
    )
    yield Case("login events call", (*login(events="call"), *pinged()), alone=True)
    yield Case("login events system", (*login(events="system"), Read(rb"Fully Booted\r\n\r\n"), *pinged()), alone=True)
    yield Case(
        "login names in odd case",
        (
            BANNER,
            Send(b"aCTION: lOGIN\r\nUSERNAME: admin\r\nsecret: secret\r\nevents: OFF\r\n\r\n"),
            Read(MESSAGE),
            *pinged(),
        ),
    )
    yield Case("login user in odd case", (*login("ADMIN"), *pinged()))
    yield Case("login md5", (*_md5("admin", "secret"), Read(MESSAGE), *pinged()))
    yield Case("login md5 lower-case type", (*_md5("admin", "secret", auth_type="md5"), Read(MESSAGE), *pinged()))
    yield Case("login md5 wrong", (*_md5("admin", "wrong"), ReadToEnd()))
    yield Case("login md5 upper-case key", (*_md5("admin", "secret", upper=True), ReadToEnd()))
    yield Case(
        "challenge twice",
        (BANNER, Send(action("Challenge", "AuthType: MD5") * 2), Read(MESSAGE, 2), Send(action("Logoff")), ReadToEnd()),
    )
    yield before_login("challenge unknown type", action("Challenge", "AuthType: SHA", "ActionID: c"))
    yield before_login("challenge without type", action("Challenge"))
    failing = {
        "login wrong secret": ("Username: admin", "Secret: nope", "ActionID: in"),
        "login unknown user": ("Username: nobody", "Secret: secret"),
        "login no user": ("Secret: secret",),
        "login no headers": (),
        "login empty secret": ("Username: admin", "Secret:", "ActionID: x"),
        "login trailing blank in user": ("Username: admin ", "Secret: secret"),
        "login key without challenge": ("AuthType: MD5", "Username: admin", "Key: 0123"),
    }
    for name, headers in failing.items():
        yield Case(name, (BANNER, Send(action("Login", *headers)), ReadToEnd()))
    wrong_then_ping = action("Login", "Username: admin", "Secret: nope") + action("Ping", "ActionID: after")
    yield Case(
        "login wrong with a Ping behind it", (BANNER, Send(wrong_then_ping, size=len(wrong_then_ping)), ReadToEnd())
    )
    yield logged_in("login twice", action("Login", "Username: admin", "Secret: secret", "ActionID: again"))
    yield logged_in("login twice, wrong", action("Login", "Username: admin", "Secret: nope", "ActionID: again"))
    yield logged_in("challenge after login", action("Challenge", "AuthType: MD5", "ActionID: c"))
    everything = action("Login", "Username: admin", "Secret: secret", "Events: off") + action("Ping", "ActionID: 1")
    yield Case(
        "login and Ping in one write, before the banner", (Send(everything), BANNER, Read(MESSAGE, 2), *pinged())
    )


def _before_login() -> Iterator[Case]:
    yield before_login("logoff before login")
    yield before_login("action before login", action("Ping", "ActionID: 1"), action("CoreStatus"))
    yield before_login("unknown action before login", action("Nonsense", "ActionID: 1"))
    yield before_login("missing action before login", b"ActionID: 1\r\nFoo: bar\r\n\r\n")
    yield before_login("blank lines before login", b"\r\n\r\n\r\n")
    yield before_login("http request", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    yield before_login("garbage before login", _garbage(1, 8192) + b"\r\n\r\n")
    yield Case("half-close before login", (BANNER, HalfClose(), ReadToEnd()))
    yield Case("half an action, then half-close", (BANNER, Send(b"Action: Log"), HalfClose(), ReadToEnd()))


def _garbage(seed: int, size: int) -> bytes:
    """Return the same random bytes in each run, without CR: it would make the number of messages a matter of reads."""
    return random.Random(seed).randbytes(size).replace(b"\r", b"")


def _framing() -> Iterator[Case]:
    ping = action("Ping", "ActionID: 1")
    yield logged_in("lf only", action("Ping", "ActionID: 1", end="\n"))
    yield logged_in("lf and crlf mixed", b"Action: Ping\nActionID: 1\r\n\n", b"Action: Ping\r\nActionID: 2\n\r\n")
    yield logged_in("cr cr lf", b"Action: Ping\r\r\nActionID: 1\r\n\r\n", b"Action: Ping\r\nActionID: 2\r\r\n\r\n")
    yield logged_in("cr cr lf as blank line", b"Action: Ping\r\nActionID: 1\r\n\r\r\n\r\n")
    yield logged_in("lone cr", b"Action: Ping\rActionID: 1\r\n\r\n", b"Action: Ping\r\nActionID: 2\r\r\r\r\n\r\n")
    yield logged_in("surplus blank lines", b"\r\n" * 3 + ping + b"\r\n" + ping + b"\n\n")
    yield logged_in("leading blanks", b" Action: Ping\r\nActionID: 1\r\n\r\n", b"Action: Ping\r\n ActionID: 2\r\n\r\n")
    yield logged_in("leading tab", b"\tAction: Ping\r\nActionID: 1\r\n\r\n")
    yield logged_in("blank before the colon", b"Action : Ping\r\nActionID: 1\r\n\r\n")
    yield logged_in("no blank after the colon", b"Action:Ping\r\nActionID:1\r\n\r\n")
    yield logged_in("many blanks after the colon", b"Action:    Ping\r\nActionID: \t  1\r\n\r\n")
    yield logged_in(
        "trailing blanks", b"Action: Ping\r\nActionID: x y \r\n\r\n", b"Action: Ping \r\nActionID: 2\r\n\r\n"
    )
    yield logged_in("line without a colon", b"Action: Ping\r\nnonsense\r\nActionID: 1\r\n\r\n")
    yield logged_in("line of a colon only", b":\r\nAction: Ping\r\n: x\r\nActionID: 1\r\n\r\n")
    yield logged_in(
        "empty action", b"Action: \r\nActionID: 1\r\n\r\n", b"Action:\r\nAction: Ping\r\nActionID: 2\r\n\r\n"
    )
    yield logged_in("missing action", b"ActionID: 1\r\nFoo: bar\r\n\r\n")
    yield logged_in("unknown action", action("Nonsense", "ActionID: 1"), action("Ping\x01", "ActionID: 2"))
    yield logged_in(
        "two actions in one message", b"Action: Ping\r\nAction: Nonsense\r\nActionID: 1\r\nActionID: 2\r\n\r\n"
    )
    yield logged_in("action in odd case", b"aCtIoN: pInG\r\nACTIONID: 1\r\n\r\n")
    yield logged_in("colon in the action id", action("Ping", "ActionID: a:b: c"))
    yield logged_in("long action id", action("Ping", "ActionID: " + "x" * 900))
    yield logged_in("suppress events", action("Ping", "ActionID: 1", "SuppressEvents: yes"))
    yield logged_in("latin-1 bytes", b"Action: Ping\r\nActionID: \xe9\xff\xfe\r\n\r\n", b"Action: \xe9t\xe9\r\n\r\n")
    yield logged_in("utf-8 cut in two", b"Action: Ping\r\nActionID: \xc3\r\n\r\n", action("Ping", "ActionID: ééé"))
    yield logged_in(
        "nul in a value", b"Action: Ping\r\nActionID: a\0b\r\n\r\n", b"Action: Ping\0x\r\nActionID: 2\r\n\r\n"
    )
    yield logged_in("nul in a name", b"Act\0ion: Ping\r\nActionID: 1\r\n\r\n", b"\0Action: Ping\r\nActionID: 2\r\n\r\n")
    yield logged_in("nul instead of a blank line", b"Action: Ping\r\n\0\r\nActionID: 1\r\n\r\n")
    yield logged_in("garbage of 64 KB", _garbage(2, 65536) + b"\r\n\r\n", ping)
    yield logged_in("garbage with action id", b"ActionID: g\r\n" + _garbage(3, 900).replace(b"\n", b"") + b"\r\n\r\n")


def _sizes() -> Iterator[Case]:
    for size in (1020, 1021, 1022, 1023, 1024, 1025, 2046, 5000, 1_000_000):
        line = b"X-Filler: ".ljust(size, b"x")
        yield logged_in(f"line of {size} bytes", b"Action: Ping\r\nActionID: 1\r\n" + line + b"\r\n\r\n")
    yield logged_in("line of 1022 bytes and lf", b"Action: Ping\nActionID: 1\n" + b"X: ".ljust(1022, b"x") + b"\n\n")
    yield logged_in("line of 1023 bytes and lf", b"Action: Ping\nActionID: 1\n" + b"X: ".ljust(1023, b"x") + b"\n\n")
    yield logged_in("too long line first", b"X: ".ljust(3000, b"x") + b"\r\nAction: Ping\r\nActionID: 1\r\n\r\n")
    for count in (127, 128, 129, 130, 10_000):
        lines = b"".join(b"X-%d: y\r\n" % number for number in range(count - 2))
        yield logged_in(f"{count} headers", b"Action: Ping\r\nActionID: 1\r\n" + lines + b"\r\n")


def _pieces() -> Iterator[Case]:
    ping = action("Ping", "ActionID: 1")
    yield Case("byte by byte", (*login(), Send(ping, size=1, pause=0.001), *pinged()))
    yield Case(
        "login byte by byte",
        (
            BANNER,
            Send(action("Login", "Username: admin", "Secret: secret", "Events: off"), size=1),
            Read(MESSAGE),
            *pinged(),
        ),
    )
    yield Case(
        "cut inside the end of a line",
        (
            *login(),
            Send(b"Action: Ping\r"),
            Pause(0.1),
            Send(b"\nActionID: 1\r\n\r"),
            Pause(0.1),
            Send(b"\n"),
            *pinged(),
        ),
    )
    yield Case("pieces of seven", (*login(), Send(ping * 50, size=7), Read(MESSAGE, 50), *pinged()))
    pings = b"".join(action("Ping", f"ActionID: {number}") for number in range(1000))
    yield Case("thousand pings pipelined", (*login(), Send(pings), Read(MESSAGE, 1000), *pinged()))
    yield Case(
        "ping and answer, fifty times",
        (*login(), *(step for n in range(50) for step in (Send(action("Ping", f"ActionID: {n}")), Read(MESSAGE)))),
    )
    yield Case(
        "half-close after actions", (*login(), Send(ping * 3 + action("CoreSettings")), HalfClose(), ReadToEnd())
    )
    yield Case(
        "half-close in mid-action",
        (*login(), Send(ping + b"Action: Ping\r\nActionID: never\r\n"), HalfClose(), ReadToEnd()),
    )
    yield Case("logoff", (*login(), Send(action("Logoff", "ActionID: bye")), ReadToEnd()))
    yield Case("logoff with actions before it", (*login(), Send(ping * 5 + action("Logoff")), ReadToEnd()))
    yield Case(
        "silence in mid-action",
        (*login(), Send(b"Action: Pi"), Pause(0.5), Send(b"ng\r\nActionID: 1\r\n\r\n"), *pinged()),
    )


def _answers() -> Iterator[Case]:
    def command(text: str) -> bytes:
        return action("Command", "ActionID: 1", f"Command: {text}")

    yield logged_in("huge output: core show applications", command("core show applications"))
    yield logged_in("huge output: core show help", command("core show help"))
    yield logged_in("huge output: core show functions", command("core show functions"))
    yield logged_in("output with blank lines", command("core show application Dial"))
    yield logged_in("unknown command", command("no such command"))
    yield logged_in("command without text", action("Command", "ActionID: 1"), command(""))
    yield logged_in("command that is not allowed", command("module unload app_dial.so"), command("restart gracefully"))
    yield logged_in("command in odd case", command("CORE SHOW settings extra"))
    yield logged_in("list of commands", action("ListCommands", "ActionID: 1"))
    yield logged_in("list of commands without action id", action("ListCommands"))
    yield logged_in("core settings", action("CoreSettings", "ActionID: 1"))
    yield logged_in("core status", action("CoreStatus", "ActionID: 1"))
    yield logged_in(
        "lists",
        *(
            action(name, "ActionID: 1")
            for name in (
                "QueueStatus",
                "PJSIPShowEndpoints",
                "DeviceStateList",
                "ExtensionStateList",
                "BridgeTechnologyList",
            )
        ),
    )
    yield logged_in(
        "channel lists",
        *(action(name, "ActionID: 1") for name in ("CoreShowChannels", "Status", "BridgeList")),
        alone=True,
    )
    yield logged_in(
        "lists pipelined",
        b"".join(
            action(name, f"ActionID: {name}")
            for name in ("QueueSummary", "PJSIPShowAors", "ParkedCalls", "QueueStatus") * 10
        ),
    )
    yield logged_in(
        "config and dialplan",
        action("GetConfig", "Filename: queues.conf", "ActionID: 1"),
        action("ShowDialPlan", "Context: catching", "ActionID: 2"),
    )
    yield logged_in("config json of nothing", action("GetConfigJSON", "Filename: nothing.conf", "ActionID: 1"))
    for mask in ("on", "off", "call,user", "bogus", "0", "66", "all"):
        # The pause lets the login's own SuccessfulAuth, which Asterisk sends from another thread, go by unseen.
        masks = action("Events", f"EventMask: {mask}", "ActionID: 1"), action("Events", "EventMask: off")
        steps = (*login(events="off"), Pause(0.5), *map(Send, masks), *pinged())
        yield Case(f"events {mask}", steps, alone=mask not in {"off", "bogus", "0"})
    yield logged_in(
        "events without a mask", action("Events", "ActionID: 1"), action("Events", "EventMask:", "ActionID: 2")
    )
    yield logged_in(
        "filters",
        action("Filter", "Operation: Add", "Filter: Event: X", "ActionID: 1"),
        action("Filter", "Operation: Add", "Filter: !Event: X"),
    )
    yield logged_in("filter that does not compile", action("Filter", "Operation: Add", "Filter: (", "ActionID: 1"))
    yield logged_in(
        "filter empty, unknown operation",
        action("Filter", "Operation: Add", "Filter:", "ActionID: 1"),
        action("Filter", "Operation: Drop", "ActionID: 2"),
        action("Filter"),
    )
    yield logged_in(
        "filter with criteria",
        action("Filter", "Operation: Add", "MatchCriteria: name(UserEvent)", "Filter:", "ActionID: 1"),
    )
    yield logged_in(
        "originate: bare lf in the answer",
        action(
            "Originate",
            "ActionID: 1",
            "Channel: Local/wait@default",
            "Exten: wait",
            "Context: default",
            "Priority: 1",
            "ChannelId: " + "x" * 160,
        ),
        action("Ping", "ActionID: 2"),
    )
    for missing, headers in {
        "nothing": (),
        "no slash": ("Channel: Local",),
        "bad priority": ("Channel: Local/wait@default", "Exten: wait", "Context: default", "Priority: nolabel"),
        "bad timeout": (
            "Channel: Local/wait@default",
            "Exten: wait",
            "Context: default",
            "Priority: 1",
            "Timeout: abc",
        ),
        "no such extension": ("Channel: Local/wait@default", "Exten: nope", "Context: default", "Priority: 1"),
        "no context": ("Channel: Local/wait@default", "Exten: wait"),
        "dangerous application": ("Channel: Local/wait@default", "Application: System", "Data: true"),
    }.items():
        yield logged_in(f"originate: {missing}", action("Originate", "ActionID: 1", *headers))
    yield logged_in(
        "module load without type",
        action("ModuleLoad", "ActionID: 1"),
        action("ModuleCheck", "Module: nothing", "ActionID: 2"),
    )
    channel_errors = (
        "Hangup",
        "Redirect",
        "Setvar",
        "Getvar",
        "Status",
        "PlayDTMF",
        "MuteAudio",
        "Bridge",
        "AbsoluteTimeout",
    )
    yield logged_in(
        "no such channel",
        *(
            action(
                name,
                "Channel: Local/nope",
                "ActionID: 1",
                "Variable: x",
                "Exten: s",
                "Context: default",
                "Priority: 1",
                "Digit: 1",
                "Direction: all",
                "State: on",
                "Timeout: 5",
            )
            for name in channel_errors
        ),
    )
    yield logged_in("no headers at all", *(action(name, "ActionID: 1") for name in channel_errors if name != "Status"))
    yield logged_in(
        "variables",
        action("Setvar", "Variable: LAB_{tag}", 'Value: a=b, "c" \\d', "ActionID: 1"),
        action("Getvar", "Variable: LAB_{tag}", "ActionID: 2"),
        action("Getvar", "Variable: UNSET_{tag}"),
    )
    yield logged_in(
        "database",
        action("DBPut", "Family: {tag}", "Key: k", "Val: v"),
        action("DBGet", "Family: {tag}", "Key: k", "ActionID: 1"),
        action("DBDelTree", "Family: {tag}", "ActionID: 2"),
        action("DBGet", "Family: {tag}", "Key: k"),
    )


def _permissions() -> Iterator[Case]:
    tries = b"".join(
        action(name, f"ActionID: {name}", *headers)
        for name, headers in {
            "Originate": ("Channel: Local/wait@default", "Application: Wait"),
            "Hangup": ("Channel: nope",),
            "Getvar": ("Variable: LAB",),
            "Command": ("Command: core show version",),
            "CoreShowChannels": (),
            "ModuleCheck": ("Module: app_dial.so",),
            "Filter": ("Operation: Add", "Filter: x"),
            "Nonsense": (),
        }.items()
    )
    for user in ("callonly", "readonly", "noperms"):
        yield logged_in(f"permissions of {user}", tries, user=user, alone=True)
        yield logged_in(f"commands of {user}", action("ListCommands", "ActionID: 1"), user=user)


def _user_event(name: str, *headers: str) -> bytes:
    return action("UserEvent", f"UserEvent: {name}", *headers)


def _events() -> Iterator[Case]:
    def events(name: str, *steps: Step, mask: str = "user", user: str = "admin") -> Case:
        return Case(
            name, (*login(user, events=mask), *steps, Send(action("Events", "EventMask: off")), *pinged()), alone=True
        )

    end = rb"UserEvent: Last.*?\r\n\r\n"
    last = Send(_user_event("Last", "ActionID: last"))
    yield events(
        "user event", Send(_user_event("Lab", "ActionID: 1", "Key: value", "Empty:", "Key: twice")), last, Read(end)
    )
    yield events(
        "user event with odd bytes",
        Send(b"Action: UserEvent\r\nUserEvent: L\xe9\r\nK: \xff\xfe \xe2\x82\r\n\r\n"),
        last,
        Read(end),
    )
    flood = b"".join(_user_event("Flood", f"ActionID: {n}", f"Number: {n}") for n in range(200))
    yield events("two hundred user events", Send(flood), last, Read(end))
    yield events(
        "suppress events postpones", Send(_user_event("Lab", "SuppressEvents: yes", "ActionID: 1")), last, Read(end)
    )
    included = Send(action("Filter", "Operation: Add", "Filter: Number: 1"))
    excluded = Send(action("Filter", "Operation: Add", "Filter: !Number: 2"))
    numbered = Send(b"".join(_user_event("Last" if n == 12 else "Lab", f"Number: {n}") for n in (3, 2, 1, 10, 12)))
    yield events("filter includes", included, numbered, Read(end))
    yield events("filter excludes", excluded, numbered, Read(end))
    yield events("filter includes and excludes", included, excluded, numbered, Read(end))
    yield events("events of a filtered user", Send(_user_event("Lab", "Key: value")), last, Read(end), user="filtered")
    wait = action("WaitEvent", "Timeout: 1", "ActionID: w")
    yield events("wait event", Send(_user_event("Lab") + wait), Read(rb"WaitEventComplete.*?\r\n\r\n"))
    yield logged_in("wait event without events", wait, action("Ping", "ActionID: behind"))
    # It waits for ever; only bytes that come while it waits end it, not those that Asterisk read together with it.
    endless = Send(action("WaitEvent", "Timeout: x", "ActionID: w"))
    yield Case("wait event with a bad timeout", (*login(events="off"), endless, Pause(1.0), *pinged()))
    call = action(
        "Originate", "Channel: Local/congestion@default/n", "Application: Wait", "Async: true", "ActionID: call"
    )
    yield events(
        "originate response",
        Send(action("Filter", "Operation: Add", "Filter: Event: OriginateResponse") + call),
        Read(rb"Event: OriginateResponse.*?\r\n\r\n"),
        mask="call",
    )


def cases() -> list[Case]:
    """Return every case, names unique."""
    groups = (_logins, _before_login, _framing, _sizes, _pieces, _answers, _permissions, _events)
    found = [case for group in groups for case in group()]
    assert len({case.name for case in found}) == len(found), "two cases have one name"
    return found
