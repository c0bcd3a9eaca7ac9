"""Golden transcripts `.amitest`: what a real Asterisk answered, recorded once, read by the tests ever after.

A transcript is a text file::

    # Getvar of a channel variable that is not set
    @ asterisk 22.10.1
    @ world [{"id": "UNIQUEID-1", "name": "Local/wait@default-SUFFIX-1;1", "owner": "ours"}]
    >> Action: Getvar
    >> ActionID: 1
    >> Channel: UNIQUEID-1
    >>
    << Response: Success
    <<
    ?? GET /channels/UNIQUEID-1/variable?variable=X
    == 404 {"message": "Provided variable was not found"}
    ++ {"type": "ChannelVarset"}

`>>` lines were sent over AMI, `<<` lines received (an empty one ends a message), `??` is a request that the translation
made of ARI for the same purpose (not percent-encoded), `==` its answer (status, then the JSON body), `++` an ARI event
that it waited for, `@` lines hold named facts, `#` is prose. Everything that differs between two runs (ids, the suffix
of channel names, times, durations) is a placeholder; the same value gets the same placeholder within a file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.ami.message import Action, Header, Message

# A line break within a value (AMI sends some) would end the line here.
SHOWN = str.maketrans("\r\n", "␍␊")
MEANT = str.maketrans("␍␊", "\r\n")

HOME = Path(__file__).resolve().parent.parent / "transcripts"

# Headers whose whole value is a clock's, whatever it is.
CLOCKS = {
    "timestamp": "<time>",
    "duration": "<duration>",
    "billableseconds": "<seconds>",
    "seconds": "<seconds>",
    "timetohangup": "<seconds>",
    "corestartupdate": "<date>",
    "corestartuptime": "<clock>",
    "corereloaddate": "<date>",
    "corereloadtime": "<clock>",
    "coreprocessedcalls": "<count>",
    "uptime": "<seconds>",
    "lastreload": "<seconds>",
}
CLOCK_KEYS = {"timestamp", "creationtime", "startup_time", "last_reload_time"}
# A moment that ARI's readers understand: transcripts are played back.
MOMENT = "2026-01-01T00:00:00.000+0000"

UNIQUEID = re.compile(r"(?<![\w.])(?:[\w-]{1,40}-)?\d{9,11}\.\d{1,9}(?![\w.])")
CHANNEL = re.compile(r"(?<!\w)([A-Za-z][A-Za-z0-9_]*/[^\s,|&\"]*?-)([0-9a-fA-F]{8})(;[12])?(?![0-9a-fA-F])")
# What tells machines apart, the names of registered SIP contacts, and the folder of a lab instance.
MACHINES = {"entity_id", "asterisk_id"}
CONTACT = re.compile(r"(?<=;@)[0-9a-f]{32}")
PORT = re.compile(r"(?<=@127\.0\.0\.1:)\d+")
FOLDER = re.compile(r"/[^\s\"/]+(?:/[^\s\"/]+)*/log/(?=\w)")
UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")


@dataclass(slots=True)
class Normaliser:
    """Replaces what differs between two runs; one per transcript, so that equal values stay equal."""

    known: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def text(self, text: str) -> str:
        """`text` with ids and channel suffixes replaced."""
        text = FOLDER.sub("/log/", text)
        text = CONTACT.sub("CONTACT", PORT.sub("PORT", text))
        text = UUID.sub(lambda m: self._name("uuid", m[0]), text)
        text = UNIQUEID.sub(lambda m: self._name("uniqueid", m[0]), text)
        return CHANNEL.sub(lambda m: m[1] + self._name("suffix", m[2].lower()) + (m[3] or ""), text)

    def header(self, header: Header) -> Header:
        """A header with clocks, ids and suffixes replaced."""
        name, value = header
        clock = CLOCKS.get(name.lower())
        return (name, clock if clock and (value not in {"", "0"} or name == "Seconds") else self.text(value))

    def message(self, message: Message) -> Message:
        """A message with every header normalised."""
        return type(message)(tuple(self.header(header) for header in message.headers))

    def json(self, value: Any) -> Any:
        """A JSON value normalised through all its strings."""
        if isinstance(value, dict):
            return {key: self._member(key, item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.json(item) for item in value]
        return self.text(value) if isinstance(value, str) else value

    def _member(self, key: str, item: Any) -> Any:
        if isinstance(item, str) and key in CLOCK_KEYS:
            return MOMENT
        return "MACHINE" if key in MACHINES else self.json(item)

    def name(self, value: str, placeholder: str) -> None:
        """Let `value` be shown as `placeholder` wherever an id is recognised."""
        self.known[value] = placeholder

    def _name(self, kind: str, value: str) -> str:
        if value not in self.known:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self.known[value] = f"{kind.upper()}-{self.counts[kind]}"
        return self.known[value]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One ARI request made in the transcript and its answer."""

    request: str
    status: int
    body: Any = None


@dataclass(slots=True)
class Transcript:
    """One recorded conversation: a single action, what AMI answered, and what ARI says about the same."""

    title: str
    facts: dict[str, str] = field(default_factory=dict)
    sent: list[Message] = field(default_factory=list)
    received: list[Message] = field(default_factory=list)
    ari: list[Exchange] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)

    @property
    def action(self) -> Action:
        """The first message sent, as an action."""
        return Action(self.sent[0].headers)

    def dump(self) -> str:
        """The file's text."""
        lines = [f"# {line}" for line in self.title.splitlines()]
        lines += [f"@ {name} {value}" for name, value in self.facts.items()]
        for arrow, messages in ((">>", self.sent), ("<<", self.received)):
            for message in messages:
                lines += [f"{arrow} {name}: {value.translate(SHOWN)}" for name, value in message] + [arrow]
        for exchange in self.ari:
            body = "" if exchange.body is None else " " + json.dumps(exchange.body, ensure_ascii=False)
            lines += [f"?? {exchange.request}", f"== {exchange.status}{body}"]
        lines += [f"++ {json.dumps(event, ensure_ascii=False)}" for event in self.events]
        return "\n".join(lines) + "\n"


def record(
    action: str,
    case: str,
    transcript: Transcript,
    version: int,
    home: Path = HOME,
    names: Iterable[tuple[str, str]] = (),
) -> Path:
    """Normalise `transcript` and write `<home>/<action>/<case>.<version>.amitest`; `names` are values named by hand."""
    clean = Normaliser()
    for value, placeholder in names:
        clean.name(value, placeholder)
    normal = Transcript(
        transcript.title,
        {name: clean.text(value) for name, value in transcript.facts.items()},
        # What is sent is sent: only ids differ between two runs, a duration that is asked for does not.
        [Message(tuple((name, clean.text(value)) for name, value in message)) for message in transcript.sent],
        [clean.message(message) for message in transcript.received],
        [Exchange(clean.text(item.request), item.status, clean.json(item.body)) for item in transcript.ari],
        [clean.json(event) for event in transcript.events],
    )
    path = home / action / f"{case}.{version}.amitest"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(normal.dump(), encoding="utf-8", errors="surrogateescape", newline="\n")
    return path


def load(path: Path) -> Transcript:
    """Read a transcript; ValueError names the line that is none of the kinds."""
    transcript = Transcript("")
    title: list[str] = []
    open_message: dict[str, list[Header]] = {">>": [], "<<": []}
    request = ""
    for number, line in enumerate(path.read_text("utf-8", "surrogateescape").split("\n"), 1):
        mark, _, rest = line.partition(" ")
        if mark == "#":
            title.append(rest)
        elif mark == "@":
            name, _, value = rest.partition(" ")
            transcript.facts[name] = value
        elif mark in open_message and rest:
            name, _, value = rest.translate(MEANT).partition(": ")
            open_message[mark].append((name, value) if value else (name.removesuffix(":"), ""))
        elif mark in open_message:
            messages = transcript.sent if mark == ">>" else transcript.received
            messages.append(Message(tuple(open_message[mark])))
            open_message[mark] = []
        elif mark == "??":
            request = rest
        elif mark == "==":
            status, _, body = rest.partition(" ")
            transcript.ari.append(Exchange(request, int(status), json.loads(body) if body else None))
        elif mark == "++":
            transcript.events.append(json.loads(rest))
        elif line:
            raise ValueError(f"{path.name}:{number}: none of #, @, >>, <<, ??, == and ++: {line!r}")
    transcript.title = "\n".join(title)
    return transcript


def transcripts(action: str, home: Path = HOME) -> list[Path]:
    """Every transcript of an action, sorted."""
    return sorted((home / action).glob("*.amitest"))
