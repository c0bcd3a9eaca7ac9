"""What the edge needs to know of the configuration, as plain values; `bridge.app` fills it in."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.net.acl import Acl


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """One address to listen on; `proxy_protocol` names the peers that send a PROXY v2 header, None = switched off."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    acl: Acl = field(default_factory=Acl)
    proxy_protocol: Acl | None = None


@dataclass(frozen=True, slots=True)
class UpstreamSettings:
    """Asterisk's AMI. With `from_client` the connection starts from the client's own address where that is possible."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    server_hostname: str = ""
    connect_timeout: float = 5.0
    from_client: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds; 0 means none. Bytes are per client and direction, seconds are wall time."""

    clients: int = 1000
    per_address: int = 0
    per_user: int = 0
    buffer_bytes: int = 1 << 20
    pending_actions: int = 10_000
    login_timeout: float = 0.0
    write_timeout: float = 30.0
    linger: float = 10.0


@dataclass(frozen=True, slots=True)
class UserSettings:
    """What the bridge's own configuration says of one AMI user; `read` is a class mask, None where it says nothing."""

    acl: Acl = field(default_factory=Acl)
    read: int | None = None
    filters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """Everything a session needs."""

    upstream: UpstreamSettings
    limits: Limits = field(default_factory=Limits)
    users: Mapping[str, UserSettings] = field(default_factory=dict)
