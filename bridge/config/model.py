"""The configuration as frozen values; `docs/configuration.md` is made of the texts in this file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlsplit

from bridge.ami.masks import CLASSES
from bridge.config.types import (
    EVERYWHERE,
    Address,
    Folder,
    Network,
    ReadableFile,
    Secret,
    count,
    network,
    positive_count,
    positive_seconds,
    seconds,
    size,
)
from bridge.mapping.schema import Refused, setting, suggestion

MAX_APP_NAME = 73  # Asterisk 22 answers 500 to longer ones


@dataclass(frozen=True, slots=True)
class ListenTls:
    """TLS towards the clients, as `tlsenable` in manager.conf."""

    cert: ReadableFile = setting("PEM file with the bridge's certificate, followed by the intermediate ones.")
    key: ReadableFile = setting("PEM file with the private key of `cert`, without a passphrase.")
    client_ca: ReadableFile | None = setting(
        "PEM file of authorities; when given, only clients with a certificate from one of them get in.", default=None
    )


@dataclass(frozen=True, slots=True)
class ProxyProtocol:
    """PROXY protocol v2 before the first byte: the load balancer tells the client's address."""

    trusted: tuple[Network, ...] = setting(
        "Load balancers whose PROXY header is believed. From anywhere else the connection is closed.",
        parse=network,
        factory=tuple,
        form="networks",
    )

    @property
    def enabled(self) -> bool:
        """Whether a PROXY header is required on this listener."""
        return bool(self.trusted)

    @classmethod
    def short(cls, text: str) -> ProxyProtocol:
        """`true` (believe anybody), `false`, or one network."""
        if text in {"true", "false"}:
            return cls(EVERYWHERE if text == "true" else ())
        return cls((network(text),))


@dataclass(frozen=True, slots=True)
class Listen:
    """One address where AMI clients connect."""

    address: Address = setting(
        "Where clients connect: `host:port`, IPv6 in brackets. Port 0 lets the system choose; the log names it.",
        parse=Address.parse,
        form="host:port",
    )
    tls: ListenTls | None = setting("Speak TLS on this address. Without it, plain TCP.", default=None, shown="off")
    proxy_protocol: ProxyProtocol = setting(
        "Require a PROXY protocol v2 header on each connection: `true`, a network, or a block with `trusted`. "
        "Permit, deny, limits and logs then use the address that the header tells.",
        factory=ProxyProtocol,
        shown="false",
    )
    permit: tuple[Network, ...] = setting(
        "Networks that may connect. `permit` wins over `deny`; an address that neither names is let in, unless there "
        "is a `permit` and no `deny`.",
        parse=network,
        factory=tuple,
        form="networks",
        reload=True,
    )
    deny: tuple[Network, ...] = setting(
        "Networks that may not connect, except for what `permit` names. Such a connection is closed without a "
        "banner, and logged.",
        parse=network,
        factory=tuple,
        form="networks",
        reload=True,
    )

    @classmethod
    def short(cls, text: str) -> Listen:
        """`host:port`."""
        return cls(Address.parse(text))


@dataclass(frozen=True, slots=True)
class UpstreamTls:
    """TLS towards Asterisk."""

    ca: ReadableFile | None = setting(
        "PEM file of the authorities to trust. Without it, the system's.", default=None, shown="the system's"
    )
    verify: bool = setting(
        "Check Asterisk's certificate. With `false` anybody on the way can read and change the traffic.", default=True
    )
    server_name: str = setting(
        "The name that the certificate must carry. Without it, the host of the address.",
        default="",
        shown="the address's host",
    )

    @classmethod
    def short(cls, text: str) -> UpstreamTls:
        """`true`: TLS with every default."""
        if text == "true":
            return cls()
        raise Refused(f"'{text}' is neither true nor a block", "write true, or leave the setting out")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name and its password; never shown in full."""

    name: str = setting("The user's name, as its section in ari.conf or manager.conf is called.")
    password: Secret = setting(
        "The password: a text, `{env: NAME}` for an environment variable, or `{file: PATH}` for the first line of a "
        "file. It appears in no log, error or dump.",
        form="secret",
    )

    def __post_init__(self) -> None:
        if not self.name or ":" in self.name or not self.name.isprintable():
            raise Refused(f"'{self.name}' is not a user name", "no colon, no control characters", "name")

    @classmethod
    def short(cls, text: str) -> Credentials:
        """`name:password`."""
        name, colon, password = text.partition(":")
        if not colon:
            # Not repeated: what stands here may be the password.
            raise Refused("a name and a password are expected", "write name:password")
        return cls(name, Secret(password))


@dataclass(frozen=True, slots=True)
class Ami:
    """How the bridge reaches Asterisk's AMI."""

    address: Address = setting(
        "Asterisk's AMI address: `host:port`, IPv6 in brackets.", parse=Address.parse, form="host:port"
    )
    tls: UpstreamTls | None = setting("Speak TLS to Asterisk: `true`, or a block.", default=None, shown="off")
    connect_timeout: float = setting(
        "How long to wait for the connection to Asterisk; a client whose own connection cannot be made is closed, as "
        "it would be by an Asterisk that is down.",
        default=5.0,
        parse=positive_seconds,
        form="duration",
    )
    source: Literal["bridge", "client"] = setting(
        "The address from which the bridge connects onward. `client` uses the client's own, so that permit, deny and "
        "acl of manager.conf keep their meaning; it needs the bridge on the client's host, or a system that routes "
        "foreign source addresses (Linux: CAP_NET_ADMIN and IP_TRANSPARENT).",
        default="bridge",
    )
    service: Credentials | None = setting(
        "A manager.conf user of the bridge's own, for what no client's session can tell. Not needed to relay.",
        default=None,
        shown="none",
    )

    @classmethod
    def short(cls, text: str) -> Ami:
        """`host:port`."""
        return cls(Address.parse(text))


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Pauses between attempts to reach ARI; each is drawn at random up to a bound that doubles."""

    min: float = setting("The first pause's bound.", default=0.2, parse=positive_seconds, form="duration")
    max: float = setting(
        "The bound that the pauses never exceed.", default=15.0, parse=positive_seconds, form="duration"
    )

    def __post_init__(self) -> None:
        if self.max < self.min:
            raise Refused("is shorter than 'min'", name="max")


@dataclass(frozen=True, slots=True)
class Ari:
    """How the bridge reaches ARI."""

    url: str = setting(
        "Asterisk's HTTP server: `http://host:port` or `https://host:port`, with `prefix` of http.conf as path if "
        "there is one. `/ari` at the end may be written or left out.",
        form="url",
        parse=lambda text: http_url(text),
    )
    tls: UpstreamTls | None = setting(
        "How to check an https server; plain http has no use for it.",
        default=None,
        shown="checked, system's authorities",
    )
    request_timeout: float = setting(
        "How long an ordinary request may take. A write without an answer by then has an unknown outcome and is never "
        "sent again.",
        default=5.0,
        parse=positive_seconds,
        form="duration",
    )
    blocking_timeout: float = setting(
        "The same for requests that Asterisk may hold while media plays (answer, addChannel, a variable from 22.10 "
        "on).",
        default=10.0,
        parse=positive_seconds,
        form="duration",
    )
    ping_interval: float = setting(
        "Pause between pings on the event websocket.", default=5.0, parse=positive_seconds, form="duration"
    )
    ping_timeout: float = setting(
        "How long to wait for the pong. After `ping_interval` + `ping_timeout` a dead peer is noticed, and every `ari` "
        "route behaves as `ami` until the stream is back.",
        default=5.0,
        parse=positive_seconds,
        form="duration",
    )
    reconnect: Reconnect = setting("Pauses between attempts to connect.", factory=Reconnect)

    def __post_init__(self) -> None:
        if self.tls is not None and not self.url.startswith("https:"):
            raise Refused("has no effect on an http url", "write https:// in 'url'", "tls")

    @classmethod
    def short(cls, text: str) -> Ari:
        """The url alone."""
        return cls(http_url(text))

    @property
    def rest_url(self) -> str:
        """`http(s)://host:port[/prefix]/ari`, without a trailing slash."""
        return f"{self.url}/ari"


@dataclass(frozen=True, slots=True)
class UserRules:
    """What the bridge adds to Asterisk's own rules for one AMI user."""

    permit: tuple[Network, ...] = setting(
        "Networks from which this user may log in, judged as the listener's `permit`; the reply to a login from "
        "elsewhere is that of a wrong password.",
        parse=network,
        factory=tuple,
        form="networks",
        reload=True,
    )
    deny: tuple[Network, ...] = setting(
        "Networks from which this user may not log in.", parse=network, factory=tuple, form="networks", reload=True
    )
    read: str | None = setting(
        "The user's `read` classes as manager.conf has them, e.g. `system,call`. Asterisk does not tell them, and the "
        "bridge needs them for the events that it adds itself (`OriginateResponse` of an action carried over ARI). "
        "Without it, a session's own stream decides: what Asterisk has sent it, it may read.",
        default=None,
        parse=lambda text: classes(text),
        form="classes",
        shown="what Asterisk sends",
        reload=True,
    )
    filters: tuple[str, ...] = setting(
        "The user's `eventfilter` lines of manager.conf, in order, for the same events.",
        factory=tuple,
        form="filters",
        reload=True,
    )


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that protect the bridge, Asterisk and the other clients."""

    clients: int = setting(
        "Connections at one time on all listeners. One more is closed without a banner, as Asterisk does at "
        "`authlimit`, and logged.",
        default=1000,
        parse=positive_count,
        form="count",
        reload=True,
    )
    per_address: int = setting(
        "Connections at one time from one address; 0 is no bound.", default=0, parse=count, form="count", reload=True
    )
    per_user: int = setting(
        "Sessions at one time of one AMI user; 0 is no bound. One more gets `Authentication failed`.",
        default=0,
        parse=count,
        form="count",
        reload=True,
    )
    buffer_bytes: int = setting(
        "Bytes that may wait for one client that reads slowly. Beyond it the bridge stops reading from Asterisk for "
        "that client, and Asterisk judges it as it would without the bridge; `write_timeout` ends it otherwise. More "
        "than this during one action carried over ARI closes the session: a silent gap would be worse.",
        default=1024 * 1024,
        parse=size,
        form="size",
        shown="1MiB",
        reload=True,
    )
    pending_actions: int = setting(
        "Actions of one client that may wait for their answers. Beyond it the bridge stops reading from that client "
        "until answers have come.",
        default=10_000,
        parse=positive_count,
        form="count",
        reload=True,
    )
    login_timeout: float = setting(
        "How long a client may stay connected without logging in; 0 leaves it to Asterisk's `authtimeout` (30 s).",
        default=0.0,
        parse=seconds,
        form="duration",
        reload=True,
    )
    write_timeout: float = setting(
        "How long a client may take no byte while some wait for it, before its session is closed; 0 leaves it to "
        "`buffer_bytes` alone.",
        default=30.0,
        parse=seconds,
        form="duration",
        reload=True,
    )


@dataclass(frozen=True, slots=True)
class Log:
    """The log: one line for each connection and each refused action, none for events."""

    format: Literal["text", "json"] = setting(
        "`text` for people, `json` for machines: one object a line.", default="text"
    )
    level: Literal["debug", "info", "warning", "error"] = setting(
        "The least urgent messages that are written.", default="info", reload=True
    )
    file: Path | None = setting("Where to append the log. Without it, standard error.", default=None, shown="stderr")


def classes(text: str) -> str:
    """AMI classes as in manager.conf, separated by commas."""
    for name in text.split(","):
        if name.strip() not in {*CLASSES, "all"}:
            raise Refused(f"'{name.strip()}' is not an AMI class", suggestion(name.strip(), CLASSES))
    return text


def upstream_mode(text: str) -> str:
    """`session`; the other two modes are announced, not there."""
    if text == "session":
        return text
    if text in {"shared", "none"}:
        raise Refused(f"the mode '{text}' is not there yet", "only session is: each client logs in to Asterisk itself")
    raise Refused(f"'{text}' is not an upstream mode", "write session, or leave the setting out")


def app_name(text: str) -> str:
    """A Stasis application's name."""
    if not text or "," in text or not text.isprintable():
        raise Refused(f"'{text}' is not an application name", "no comma, no control characters, not empty")
    if len(text.encode()) > MAX_APP_NAME:
        raise Refused(f"an application name is at most {MAX_APP_NAME} bytes long")
    return text


def http_url(text: str) -> str:
    """An http or https URL without user, query and fragment; `/ari` and slashes at the end are taken off."""
    hint = "write http://host:port, e.g. http://127.0.0.1:8088"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Refused("is not a url", hint) from None
    if parts.username is not None or parts.password is not None:
        # Not repeated: it holds a password.
        raise Refused("holds a user and a password", "they belong into 'user'")
    if parts.scheme not in {"http", "https"} or not host or not text.isprintable() or " " in text:
        raise Refused(f"'{text}' is not a url of Asterisk's HTTP server", hint)
    if parts.query or parts.fragment:
        raise Refused("holds more than a server and a path", hint)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/ari').rstrip('/')}"


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration."""

    listen: tuple[Listen, ...] = setting("Where AMI clients connect: an address, or a list of blocks. At least one.")
    ami: Ami = setting("Asterisk's AMI: an address, or a block.")
    ari: Ari = setting("Asterisk's HTTP server: a url, or a block.")
    user: Credentials = setting(
        "The user of ari.conf under which the bridge works: `name:password`, or a block. It must not be read-only once "
        "writes are routed to ARI."
    )
    app: tuple[str, ...] = setting(
        "The Stasis application whose channels the bridge steers, or a list of them. Nobody else may be connected "
        "to it.",
        parse=app_name,
        form="name, or list",
    )
    plan: str = setting(
        "Which route each action takes: the name of a shipped plan (`observe`, `reads-compared`, `stasis-writes`, "
        "`ari-first`) or the path of a file.",
        default="observe",
        form="name or path",
        reload=True,
    )
    mappings: tuple[Folder, ...] = setting(
        "Folders with mapping files of your own. A file for an action replaces the shipped one; later folders win.",
        factory=tuple,
        form="folders",
        reload=True,
    )
    upstream: str = setting(
        "How a client's session reaches Asterisk's AMI. `session`: over a connection of its own, on which Asterisk "
        "itself checks its login and rights.",
        default="session",
        parse=upstream_mode,
        form="session",
    )
    users: Mapping[str, UserRules] = setting(
        "Additional rules for AMI users, by name.",
        factory=lambda: MappingProxyType({}),
        form="blocks by name",
        reload=True,
    )
    limits: Limits = setting("Bounds for clients.", factory=Limits, reload=True)
    log: Log = setting("The log.", factory=Log)

    def __post_init__(self) -> None:
        if not self.listen:
            raise Refused("at least one address is needed", name="listen")
        addresses = [item.address for item in self.listen if item.address.port]
        if len(set(addresses)) < len(addresses):
            raise Refused("the same address is given twice", name="listen")
        if not self.app:
            raise Refused("at least one name is needed", name="app")
