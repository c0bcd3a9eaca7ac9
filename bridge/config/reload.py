"""What a running bridge cannot take over from a new configuration."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from bridge.config.model import Config
from bridge.config.types import Address
from bridge.mapping.schema import key_of, setting_of


def diff(old: Config, new: Config) -> list[str]:
    """The settings that differ and need a restart, as `path: old -> new`; empty when the reload may go on.

    Secrets differ without being shown.
    """
    return list(_differences(old, new, ""))


def _differences(old: Any, new: Any, path: str) -> Iterator[str]:
    if old == new:
        return
    if dataclasses.is_dataclass(old) and type(old) is type(new) and not isinstance(old, Address):
        for item in dataclasses.fields(old):
            if not setting_of(item).reload:
                name = f"{path}.{key_of(item)}" if path else key_of(item)
                yield from _differences(getattr(old, item.name), getattr(new, item.name), name)
    elif isinstance(old, tuple) and isinstance(new, tuple) and len(old) == len(new):
        for number, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _differences(before, after, f"{path}[{number}]")
    else:
        yield f"{path}: {_shown(old)} -> {_shown(new)}"


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    return "none" if value is None else str(getattr(value, "address", value))
