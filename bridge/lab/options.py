"""What a lab instance can be asked for: users, ports, TLS and extra configuration, with defaults that suit tests."""

from __future__ import annotations

import random
import socket
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields

from bridge.lab.errors import LabError

HOST = "127.0.0.1"
# Below the range from which systems take the ports of outgoing connections, so that a restart finds them still free.
_PORT_RANGE = range(20_100, 31_900)
_TRIES = 200


@dataclass(frozen=True, slots=True)
class AmiUser:
    """One section of manager.conf. ``read`` and ``write`` are comma lists of classes; an empty one is left out."""

    name: str
    secret: str = field(default="secret", repr=False)
    read: str = "all"
    write: str = "all"
    event_filters: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()  # further lines of the section, such as "allowmultiplelogin=no"


@dataclass(frozen=True, slots=True)
class AriUser:
    """One user section of ari.conf."""

    name: str
    password: str = field(default="secret", repr=False)
    read_only: bool = False


AMI_USERS = (
    AmiUser("admin"),
    AmiUser("callonly", read="call", write="call"),
    AmiUser("readonly", write=""),
    AmiUser("noperms", read="", write=""),
    AmiUser("filtered", event_filters=("Event: (Newchannel|Hangup|UserEvent)", "!Event: VarSet")),
)
ARI_USERS = (AriUser("bridge"), AriUser("reader", read_only=True))


@dataclass(frozen=True, slots=True)
class Ports:
    """The TCP and UDP ports of an instance, all on 127.0.0.1. 0 means: choose a free one."""

    ami: int = 0
    ami_tls: int = 0
    http: int = 0
    https: int = 0
    sip: int = 0  # PJSIP over UDP
    chan_sip: int = 0  # UDP, Asterisk 16 only
    iax: int = 0  # UDP


@dataclass(frozen=True, slots=True)
class Options:
    """How an instance is configured.

    ``append`` and ``replace`` map a file name such as ``"extensions.conf"`` to text that is added to, or stands instead
    of, what the lab writes there. ``ami_enabled=False`` is an Asterisk whose AMI is switched off. ``verbose`` is the
    level of verbose lines in the log (0: none, for benchmarks). ``tls`` adds AMI over TLS and HTTPS with a self-signed
    certificate.
    """

    ami_users: tuple[AmiUser, ...] = AMI_USERS
    ari_users: tuple[AriUser, ...] = ARI_USERS
    ports: Ports = Ports()
    tls: bool = False
    ami_enabled: bool = True
    verbose: int = 3
    append: Mapping[str, str] = field(default_factory=dict)
    replace: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse file names that would leave the instance's own folder."""
        for name in (*self.append, *self.replace):
            if "/" in name or not name.endswith(".conf"):
                raise LabError(f"extra configuration {name!r}: a plain file name that ends in .conf is needed")


@contextmanager
def reserved(wanted: Ports, avoid: Collection[int] = ()) -> Iterator[Ports]:
    """Yield the ports with every 0 replaced by a free port not to avoid; all stay taken until the block ends.

    Raises LabError when a port that was asked for is in use.
    """
    with ExitStack() as stack:
        chosen = {}
        for port in fields(wanted):
            number: int = getattr(wanted, port.name)
            chosen[port.name] = _take(stack, number, port.name) if number else _take_free(stack, avoid)
        yield Ports(**chosen)


def _take_free(stack: ExitStack, avoid: Collection[int]) -> int:
    for _ in range(_TRIES):
        number = random.choice(_PORT_RANGE)  # noqa: S311 - not a secret
        if number in avoid:
            continue
        try:
            _bind(stack, number)
        except OSError:
            continue
        return number
    raise LabError(f"found no free port on {HOST} in {_TRIES} tries")


def _take(stack: ExitStack, number: int, name: str) -> int:
    try:
        _bind(stack, number)
    except OSError as error:
        raise LabError(f"port {number}, asked for as {name}, cannot be had on {HOST}: {error.strerror}") from error
    return number


def _bind(stack: ExitStack, number: int) -> None:
    """Take the number for TCP and UDP alike, as both are handed out from one set."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        taken = stack.enter_context(socket.socket(socket.AF_INET, kind))
        if kind == socket.SOCK_STREAM:
            # As Asterisk does: connections of an earlier instance that are still winding down do not matter.
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((HOST, number))
        if kind == socket.SOCK_STREAM:
            taken.listen(1)
