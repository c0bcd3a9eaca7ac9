"""What a mapping file says: metadata of one AMI action, and the declarative language (mappings/README.md)."""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass
from typing import Any, Literal

from bridge.ami.masks import CLASSES
from bridge.mapping.converters import CONVERTERS
from bridge.mapping.nodes import Position
from bridge.mapping.schema import Refused, place, setting, suggestion

Headers = abc.Mapping[str, tuple[str, ...]]


def classes(text: str) -> str:
    """The action's classes as `ListCommands` prints them: `call,all`, or `<none>`."""
    if text != "<none>":
        for name in text.split(","):
            if name not in {*CLASSES, "all"}:
                hint = "without blanks, as ListCommands prints them" if " " in name else suggestion(name, CLASSES)
                raise Refused(f"'{name}' is not an AMI class", hint)
    return text


def converter(name: str) -> str:
    """A name of `bridge.mapping.converters.CONVERTERS`."""
    if name not in CONVERTERS:
        raise Refused(f"there is no converter '{name}'", suggestion(name, CONVERTERS))
    return name


def is_status(text: str) -> bool:
    """Whether it is an HTTP status (`404`) or a class of them (`4xx`)."""
    return len(text) == 3 and text[0] in "2345" and (text[1:] == "xx" or (text.isascii() and text.isdigit()))


@dataclass(frozen=True, slots=True)
class Source:
    """Where one value comes from, and the converters it passes, in order."""

    header: str | None = setting("A header of the action; an empty one counts as absent.", default=None)
    channel: str | None = setting("A header that names a channel (by name or uniqueid): its uniqueid.", default=None)
    body: str | None = setting("A dotted path into ARI's JSON answer.", default=None)
    constant: str | None = setting("The value itself.", default=None)
    convert: tuple[str, ...] = setting("Names of converters.", key="as", factory=tuple, parse=converter)
    default: str | None = setting(
        "The value when the header is absent; without it the parameter is left out.", default=None
    )
    required: str | None = setting("Asterisk's error text when the header is absent.", default=None)
    position: Position = place()

    def __post_init__(self) -> None:
        given = [kind for kind in (self.header, self.channel, self.body, self.constant) if kind is not None]
        if len(given) != 1:
            raise Refused("needs exactly one of 'header', 'channel', 'body' and 'constant'")
        if self.required is not None and (self.default is not None or not (self.header or self.channel)):
            raise Refused("goes with 'header' or 'channel', and without 'default'", name="required")

    @classmethod
    def short(cls, text: str) -> Source:
        """A text alone is a constant."""
        return cls(constant=text)


@dataclass(frozen=True, slots=True)
class Request:
    """The one ARI request of a declarative mapping."""

    operation: str = setting("The ARI operation, e.g. channels.hangup.")
    params: abc.Mapping[str, Source] = setting(
        "Its parameters by ARI's names; required ones are asked for in this order."
    )
    position: Position = place()

    def __post_init__(self) -> None:
        for name, source in self.params.items():
            if source.body is not None:
                raise Refused(f"'{name}' cannot come from a body that is not there yet", name="params")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the client gets for one status."""

    success: str | None = setting("`Response: Success` with this `Message:`; '' for none.", default=None)
    error: str | None = setting("`Response: Error` with this `Message:`.", default=None)
    fallback: str | None = setting("AMI carries the action out; the text says why.", default=None)
    headers: abc.Mapping[str, Source] = setting("Further headers of a success, in order.", factory=dict)

    def __post_init__(self) -> None:
        if sum(kind is not None for kind in (self.success, self.error, self.fallback)) != 1:
            raise Refused("needs exactly one of 'success', 'error' and 'fallback'")
        if self.headers and self.success is None:
            raise Refused("goes with 'success'", name="headers")


@dataclass(frozen=True, slots=True)
class ListRule:
    """The list that the client gets for a 2xx answer: one event for each item of a JSON list."""

    message: str = setting("`Message:` of the list's head.")
    event: str = setting("The items' event.")
    complete: str = setting("The event at the end.")
    headers: abc.Mapping[str, Source] = setting("The items' headers in order; `body` paths start at the item.")
    items: str = setting("Dotted path of the list in the answer; '' when the answer is the list.", default="")
    action_id: Literal["first", "last"] = setting("Where the items carry the ActionID.", default="first")


@dataclass(frozen=True, slots=True)
class CompareRules:
    """How the two sides are compared."""

    ignore: abc.Mapping[str, str] = setting("Headers that differ by nature, each with the reason.", factory=dict)
    key: str = setting("The header by which list items are paired.", default="")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that the translation must make, and the canned answer to it."""

    request: str = setting("`GET /channels/1.2?x=y`; `*` stands for any text.")
    status: int = setting("The HTTP status; 0 when the connection is lost.", default=200)
    body: Any = setting("The JSON answer.", default=None)
    sends: Any = setting("The JSON body that the request must carry.", default=None)
    sent: bool = setting("With status 0: whether the request may have reached Asterisk.", default=True)
    repeat: bool = setting("Whether it may be asked more than once.", default=False)


@dataclass(frozen=True, slots=True)
class ExampleChannel:
    """A channel of an example's world; the fields of `ChannelSnapshot`."""

    id: str = setting("The uniqueid.")
    name: str = setting("The channel's name.")
    owner: Literal["ours", "foreign", "dialplan", "unknown"] = setting("Who steers it.", default="dialplan")
    state: str = setting("ARI's state.", default="Up")
    caller_name: str = setting("Caller's name.", default="")
    caller_number: str = setting("Caller's number.", default="")
    connected_name: str = setting("Connected line's name.", default="")
    connected_number: str = setting("Connected line's number.", default="")
    accountcode: str = setting("Account code.", default="")
    language: str = setting("Language.", default="en")
    context: str = setting("Dialplan context.", default="default")
    exten: str = setting("Dialplan extension.", default="s")
    priority: int = setting("Dialplan priority.", default=1)
    app_name: str = setting("Dialplan application.", default="")
    app_data: str = setting("Its arguments.", default="")


@dataclass(frozen=True, slots=True)
class ExampleBridge:
    """An ARI bridge of an example's world."""

    id: str = setting("The id.")
    technology: str = setting("Technology.", default="simple_bridge")
    bridge_type: str = setting("Type.", default="mixing")
    bridge_class: str = setting("Class.", default="stasis")
    creator: str = setting("Creator.", default="Stasis")
    name: str = setting("Name.", default="")
    channels: tuple[str, ...] = setting("Uniqueids of its channels.", factory=tuple)


@dataclass(frozen=True, slots=True)
class ExampleWorld:
    """What the bridge knows when the example starts."""

    channels: tuple[ExampleChannel, ...] = setting("Channels.", factory=tuple)
    bridges: tuple[ExampleBridge, ...] = setting("ARI bridges.", factory=tuple)


@dataclass(frozen=True, slots=True)
class Example:
    """An action, ARI's canned answers, and what must come of it."""

    name: str = setting("What it shows.")
    action: Headers = setting("The action's headers; a list repeats one.", factory=dict)
    version: str = setting("Asterisk's version.", default="22.10.1")
    world: ExampleWorld = setting("What the bridge knows.", factory=ExampleWorld)
    ari: tuple[Exchange, ...] = setting("Requests expected, answers given.", factory=tuple)
    events: tuple[Any, ...] = setting("ARI events that arrive, as JSON; null is the time running out.", factory=tuple)
    answer: str | None = setting("The messages that the client gets, as text.", default=None)
    fallback: str | None = setting("The reason why AMI carries it out.", default=None)
    unknown: str | None = setting("The reason why the outcome is unknown.", default=None)
    position: Position = place()

    def __post_init__(self) -> None:
        if (self.answer is None) == (self.fallback is None and self.unknown is None):
            raise Refused("needs 'answer', or one of 'fallback' and 'unknown'")
        if len(self.parsed_version) != 3:
            raise Refused(f"'{self.version}' is not a version", "write it as 22.10.1", "version")

    @property
    def parsed_version(self) -> tuple[int, ...]:
        """The version as numbers, empty when it is none."""
        parts = self.version.split(".")
        return tuple(int(part) for part in parts if part.isascii() and part.isdigit()) if len(parts) == 3 else ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """One AMI action: what it is, how it is carried out, what differs, and how to see that it works."""

    action: str = setting("The exact name, as ListCommands has it.")
    classes: str = setting("The write classes, as ListCommands prints them, or <none>.", key="class", parse=classes)
    effect: Literal["read", "write"] = setting("Whether it changes anything.")
    fidelity: Literal["exact", "partial", "none"] = setting("How equal the answer by ARI is.")
    how: Literal["session", "ari", "function", "none"] = setting("Who carries it out when it is not left to AMI.")
    versions: tuple[int, ...] = setting("The majors that have it.")
    translator: Literal["python"] | None = setting("`python`, unless there is a `request`.", default=None)
    operations: tuple[str, ...] = setting("The ARI operations that it may use.", factory=tuple)
    channels: tuple[str, ...] = setting("The headers that name channels.", factory=tuple)
    control: bool = setting("Whether it needs Stasis control of those channels.", default=False)
    default: Literal["ami", "ari"] = setting("Where the plan `ari-first` sends it.", default="ami")
    differences: tuple[str, ...] = setting("What a client could notice, one sentence each.", factory=tuple)
    reason: str = setting("Why ARI cannot do it, with fidelity none.", default="")
    compare: CompareRules = setting("Rules for the comparison.", factory=CompareRules)
    request: Request | None = setting("The ARI request of a declarative mapping.", default=None)
    reply: abc.Mapping[str, Reply] = setting("What the client gets, by status.", factory=dict)
    list: ListRule | None = setting("The list that the client gets.", default=None)
    examples: tuple[Example, ...] = setting("Run by `check` and by the tests.", factory=tuple)
    position: Position = place()

    def __post_init__(self) -> None:
        _check_kind(self)
        _check_declarative(self)
        for code in self.reply:
            if not is_status(code):
                hint = "write a status as 404, or a class of them as 4xx"
                raise Refused(f"'{code}' is no status", hint, "reply")

    @property
    def carried(self) -> bool:
        """Whether there is a way past AMI's own action: a Python translator or a declarative request."""
        return self.translator is not None or self.request is not None


def _check_kind(mapping: Mapping) -> None:
    translated = mapping.how in {"ari", "function"}
    if translated and mapping.translator is None and mapping.request is None:
        raise Refused(f"how: {mapping.how} needs 'translator: python' or a 'request'", name="how")
    if not translated and mapping.carried:
        raise Refused(f"how: {mapping.how} has neither translator nor request", name="how")
    if (mapping.fidelity == "none") != (mapping.how == "none"):
        raise Refused("fidelity none and how: none go together", name="fidelity")
    if (mapping.fidelity == "none") != bool(mapping.reason):
        raise Refused("a reason belongs to fidelity none, and only there", name="reason")
    if mapping.fidelity == "partial" and not mapping.differences:
        raise Refused("fidelity partial needs to say what differs", name="differences")
    if mapping.default == "ari" and not translated:
        raise Refused("default: ari needs a translation", name="default")
    if mapping.control and not mapping.channels:
        raise Refused("control of which channels? 'channels' is empty", name="control")
    if not mapping.versions:
        raise Refused("names no version", name="versions")


def _check_declarative(mapping: Mapping) -> None:
    if mapping.request is None:
        if mapping.reply or mapping.list:
            raise Refused("goes with a 'request'", name="reply" if mapping.reply else "list")
        return
    if mapping.translator is not None:
        raise Refused("either a translator or a request, not both", name="translator")
    if not mapping.reply and mapping.list is None:
        raise Refused("a request needs a 'reply' or a 'list'", name="request")
    if mapping.list is not None and mapping.effect != "read":
        raise Refused("a list is the answer to a read", name="list")
    if mapping.operations not in {(), (mapping.request.operation,)}:
        raise Refused("is not the operation of the 'request'", name="operations")
