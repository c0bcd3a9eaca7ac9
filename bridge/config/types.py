"""Values that settings are made of: addresses, networks, secrets, durations, sizes."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NewType, TypeAlias

from bridge.mapping.nodes import INTEGER, Node, Scalar
from bridge.mapping.schema import FAILED, Parsers, Reader, Refused, setting

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
EVERYWHERE: tuple[Network, ...] = (ipaddress.IPv4Network("0.0.0.0/0"), ipaddress.IPv6Network("::/0"))

_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?")
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s|m|h)?")
_SIZE = re.compile(r"([0-9]{1,15})(B|KiB|MiB|GiB|kB|MB|GB)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_BYTES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "kB": 1000, "MB": 1000**2, "GB": 1000**3}


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """A TCP address; `host` is a name, an IPv4 or an IPv6 address without brackets."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """`host:port`, `1.2.3.4:port` or `[v6]:port`."""
        host, colon, port = text.rpartition(":")
        if not colon or not port.isascii() or not port.isdigit() or not 0 <= int(port[:9]) <= 65535:
            raise Refused(f"'{text}' is not an address", "write host:port, e.g. 127.0.0.1:5038 or [::1]:5038")
        if host.startswith("[") and host.endswith("]"):
            return cls(_ipv6(host[1:-1]), int(port))
        if not _HOST.fullmatch(host):
            hint = "an IPv6 address stands in brackets: [::1]:5038" if ":" in host else "write host:port"
            raise Refused(f"'{host}' is not a host", hint)
        return cls(host, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _ipv6(text: str) -> str:
    try:
        return str(ipaddress.IPv6Address(text))
    except ValueError:
        raise Refused(f"'{text}' is not an IPv6 address") from None


def network(text: str) -> Network:
    """A CIDR network or a single address."""
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        loose = _loose_network(text)
        hint = f"did you mean {loose}?" if loose else "write 10.0.0.0/8, fd00::/8, or one address"
        raise Refused(f"'{text}' is not a network", hint) from None


def _loose_network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def seconds(text: str) -> float:
    """`10`, `2.5`, `500ms`, `30s`, `5m`, `1h` in seconds."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise Refused(f"'{text}' is not a duration", "write seconds, or a number with ms, s, m or h")
    return float(match[1]) * _SECONDS[match[2] or "s"]


def positive_seconds(text: str) -> float:
    """A duration above zero."""
    if (value := seconds(text)) > 0:
        return value
    raise Refused("must be longer than zero")


def size(text: str) -> int:
    """`65536`, `64KiB`, `4MiB` in bytes."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise Refused(f"'{text}' is not a size", "write bytes, or a number with KiB, MiB, GiB")
    return int(match[1]) * _BYTES[match[2] or "B"]


def count(text: str) -> int:
    """A whole number, zero or more."""
    if INTEGER.fullmatch(text) and not text.startswith("-"):
        return int(text)
    raise Refused(f"'{text}' is not a count", "write a whole number without leading zeros, zero or more")


def positive_count(text: str) -> int:
    """A whole number, one or more."""
    if (value := count(text)) > 0:
        return value
    raise Refused("must be at least 1")


class Secret:
    """A text that no repr, log, traceback or JSON shows; `reveal()` is the only way to it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Hide `text`."""
        self._text = text

    def reveal(self) -> str:
        """The text itself, to be handed to the wire and to nothing else."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    @classmethod
    def read_node(cls, reader: Reader, node: Node, path: str) -> Any:
        """A literal text, `{env: NAME}` or `{file: PATH}`, resolved now."""
        if isinstance(node, Scalar):
            return reader.scalar(node, path, cls)
        form = reader.value(node, _SecretSource, path, None)
        if form is FAILED:
            return FAILED
        try:
            return cls(form.resolve())
        except Refused as error:
            return reader.note(node, path, error.text, error.hint)


@dataclass(frozen=True, slots=True)
class _SecretSource:
    env: str = setting("The environment variable that holds the secret.", default="")
    file: Path | None = setting("The file whose first line is the secret.", default=None)

    def __post_init__(self) -> None:
        if bool(self.env) == (self.file is not None):
            raise Refused("needs exactly one of 'env' and 'file'")

    def resolve(self) -> str:
        """The secret's text, read from its source."""
        if self.file is None:
            if self.env not in os.environ:
                raise Refused(f"the environment variable {self.env} is not set")
            return os.environ[self.env]
        try:
            return self.file.read_text(encoding="utf-8").split("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise Refused(f"the secret cannot be read from {self.file}: {why}") from None


# Paths that must be there when the configuration is loaded.
ReadableFile = NewType("ReadableFile", Path)
Folder = NewType("Folder", Path)


def path_parsers(base: Path) -> Parsers:
    """How paths are read: relative ones count from `base`."""

    def readable(text: str) -> Path:
        found = base / text
        if not found.is_file():
            raise Refused(f"there is no file {found}")
        if not os.access(found, os.R_OK):
            raise Refused(f"{found} may not be read")
        return found

    def folder(text: str) -> Path:
        found = base / text
        if not found.is_dir():
            raise Refused(f"there is no folder {found}")
        return found

    return {Path: base.joinpath, ReadableFile: readable, Folder: folder}
