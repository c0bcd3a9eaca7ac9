"""`docs/configuration.md`, made of the texts that stand beside the settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from textwrap import fill
from typing import Any, Literal, cast, get_args, get_origin

from bridge.config.model import Config, Limits, Log, ProxyProtocol, Reconnect
from bridge.config.types import ReadableFile, Secret
from bridge.mapping.schema import Setting, hints_of, key_of, setting_of

# examples/minimal.yaml, less its comment.
MINIMAL = """\
listen: 127.0.0.1:5038
ami: 127.0.0.1:5039
ari: http://127.0.0.1:8088
user: bridge:secret
app: bridge
"""
HEAD = """\
# Configuration

<!-- Made by `ami-ari-bridge config-doc` from bridge/config/model.py; change the texts there. -->

One YAML file, given to `run`, `check` and `explain` with `--config`. Five lines are enough:

```yaml
{minimal}```

Every short form has a long one: where a block stands below, the most important of its settings may stand in its place,
and where a list stands, a single item may. [examples/full.yaml](../examples/full.yaml) shows every setting.

YAML is read strictly: `on`, `010` and `12:30:00` are texts; true and false are written `true` and `false`; duplicate
keys, anchors and unknown settings are refused. `ami-ari-bridge check` tells every problem at once, each with its line.
Durations are seconds, or a number with `ms`, `s`, `m`, `h`; sizes are bytes, or a number with `KiB`, `MiB`, `GiB`;
relative paths count from the folder of the configuration file.

`SIGHUP` loads the configuration, the mappings and the plan again: all of it is taken over, or, when anything is wrong
or needs a restart, nothing is and the log says why. Each setting below tells whether a reload takes it over.
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Documented:
    """One setting as the documentation shows it: `path` is `listen[].tls.cert`; `default` is '' when it is required."""

    path: str
    form: str
    default: str
    reload: bool
    doc: str


def settings(wanted: type = Config, prefix: str = "", *, reload: bool = False) -> Iterator[Documented]:
    """Every setting, blocks before what is in them."""
    for item in dataclasses.fields(wanted):
        told = setting_of(item)
        kind, many = _inner(hints_of(wanted)[item.name])
        nested = cast("type", kind) if dataclasses.is_dataclass(kind) and told.parse is None else None
        path = f"{prefix}{key_of(item)}"
        whole = told.reload or reload
        form = told.form or (f"block{' or list of blocks' * (many == '[]')}" if nested else _form(kind))
        yield Documented(path, form, _default(item, told), whole or _within(nested), told.doc)
        if nested is not None:
            yield from settings(nested, path + many + ".", reload=whole)


def markdown() -> str:
    """The whole page."""
    parts = [HEAD.format(minimal=MINIMAL)]
    for item in settings():
        doc = fill(item.doc, 120, break_long_words=False, break_on_hyphens=False)
        level = "##" + "#" * (item.path.count(".") > 0)
        default = f"default {item.default}" if item.default else "required"
        taken = "taken over by a reload" if item.reload else "needs a restart"
        parts.append(f"{level} `{item.path}`\n\n*{item.form}; {default}; {taken}*\n\n{doc}\n")
    return "\n".join(parts)


def _inner(hint: Any) -> tuple[Any, str]:
    """The type of the items, and how a path shows that there are several."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        return arguments[0], "[]"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return arguments[1], ".<name>"
    if type(None) in arguments:
        return arguments[0], ""
    return hint, ""


def _within(nested: type | None) -> bool:
    return nested is not None and all(setting_of(item).reload for item in dataclasses.fields(nested))


def _form(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(f"`{choice}`" for choice in get_args(kind))
    names: dict[Any, str] = {
        str: "text",
        bool: "`true` or `false`",
        int: "whole number",
        float: "number",
        Path: "path",
        ReadableFile: "path",
        Secret: "secret",
    }
    return names.get(kind) or str(kind.__name__)


_BLOCKS = {Limits, Log, ProxyProtocol, Reconnect}


def _default(item: dataclasses.Field[Any], told: Setting) -> str:
    if told.shown is not None:
        return _code(told.shown)
    factory: Any = item.default_factory
    if factory is not dataclasses.MISSING:
        return "as below" if factory in _BLOCKS else "empty"
    if item.default is dataclasses.MISSING or item.default is None:
        return "none" if item.default is None else ""
    if isinstance(item.default, bool):
        return _code(str(item.default).lower())
    if isinstance(item.default, float):
        return _code(f"{item.default:g}")
    return _code(str(item.default.value if isinstance(item.default, Enum) else item.default))


def _code(text: str) -> str:
    return text if " " in text or not text else f"`{text}`"
