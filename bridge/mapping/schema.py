"""From nodes to frozen dataclasses: types checked, unknown keys hinted at, every problem noted with its place.

A dataclass is its own schema. `setting(...)` gives a field its documentation and, where the type alone does not say
it, a parser of the text. A class method `short(text)` lets a single value stand for the whole (`listen: host:port`),
and `__post_init__` may raise `Refused` for what only the whole can tell.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field
from difflib import get_close_matches
from enum import Enum
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from bridge.errors import Problem
from bridge.mapping.nodes import INTEGER, NUMBER, Map, Node, Position, Scalar, Seq, plain_value, printable

T = TypeVar("T")
FAILED = object()
Parsers = Mapping[Any, Callable[[str], Any]]
_NO_PARSERS: Parsers = {}


class Refused(ValueError):
    """A value that its type does not accept; `name` is the field to blame, '' for the whole."""

    def __init__(self, text: str, hint: str = "", name: str = "") -> None:
        """`text` says what is wrong, `hint` what would be right."""
        super().__init__(text)
        self.text = text
        self.hint = hint
        self.name = name


@dataclass(frozen=True, slots=True)
class Setting:
    """What a field's type does not tell: its documentation, its YAML name, its parser."""

    doc: str
    key: str = ""
    parse: Callable[[str], Any] | None = None
    form: str = ""
    shown: str | None = None
    reload: bool = False
    position: bool = False


def setting(
    doc: str,
    *,
    default: Any = MISSING,
    factory: Any = MISSING,
    key: str = "",
    parse: Callable[[str], Any] | None = None,
    form: str = "",
    shown: str | None = None,
    reload: bool = False,
) -> Any:
    """A dataclass field read from YAML.

    `key`: its name in the file if it differs. `parse`: text to value, raising `Refused`; for a tuple it parses each
    item. `form`: how docs call the type. `shown`: how docs print the default. `reload`: whether a running bridge may
    take a new value.
    """
    told = Setting(doc, key, parse, form, shown, reload)
    return field(default=default, default_factory=factory, metadata={"setting": told})


def place() -> Any:
    """A dataclass field that receives the `Position` of the value in its file."""
    return field(
        default=Position("", 0, 0), compare=False, repr=False, metadata={"setting": Setting("", position=True)}
    )


def setting_of(item: dataclasses.Field[Any]) -> Setting:
    """The `Setting` of a field, an empty one if it was declared without."""
    found = item.metadata.get("setting")
    return found if isinstance(found, Setting) else Setting("")


def key_of(item: dataclasses.Field[Any]) -> str:
    """The name of a field in the file."""
    return setting_of(item).key or item.name


@cache
def hints_of(wanted: type) -> dict[str, Any]:
    """The resolved type of each field."""
    return get_type_hints(wanted)


def read(node: Node, wanted: type[T], problems: list[Problem], parsers: Parsers = _NO_PARSERS) -> T | None:
    """`node` as a `wanted`; None after having noted in `problems` all that is wrong with it.

    `parsers` read types of the caller's own from their text.
    """
    value = Reader(problems, parsers).value(node, wanted, "", None)
    return None if value is FAILED else value


class Reader:
    """Reads one tree; never raises, collects."""

    def __init__(self, problems: list[Problem], parsers: Parsers = _NO_PARSERS) -> None:
        """Problems are appended to `problems`; `parsers` read further types."""
        self.problems = problems
        self.parsers: Parsers = {str: str, bool: boolean, int: integer, float: number, **parsers}

    def value(self, node: Node, wanted: Any, path: str, parse: Callable[[str], Any] | None) -> Any:
        """`node` as a `wanted`, or FAILED."""
        origin = get_origin(wanted)
        if wanted is Any:
            return plain_value(node)
        if origin in {Union, types.UnionType}:
            if isinstance(node, Scalar) and node.is_null:
                return None
            return self.value(node, next(arm for arm in get_args(wanted) if arm is not type(None)), path, parse)
        if origin is tuple:
            return self._items(node, get_args(wanted)[0], path, parse)
        if parse is not None:
            return self.scalar(node, path, parse)
        if hasattr(wanted, "read_node"):
            return wanted.read_node(self, node, path)
        if dataclasses.is_dataclass(wanted):
            return self._dataclass(node, wanted, path)
        if origin is not None and origin is not Literal and issubclass(origin, Mapping):
            key_type, value_type = get_args(wanted)
            return self._mapping(node, key_type, value_type, path)
        return self.scalar(node, path, self._parser(wanted))

    def note(self, node: Node, path: str, text: str, hint: str = "") -> Any:
        """Note a problem at the place of `node`."""
        where = node.position
        told = (printable(path), printable(text), printable(hint))
        self.problems.append(Problem(where.file, where.line, where.column, *told))
        return FAILED

    def _parser(self, wanted: Any) -> Callable[[str], Any]:
        if wanted in self.parsers:
            return self.parsers[wanted]
        if get_origin(wanted) is Literal:
            return _one_of({str(choice): choice for choice in get_args(wanted)})
        return _one_of({str(choice.value): choice for choice in cast("type[Enum]", wanted)})

    def _items(self, node: Node, wanted: Any, path: str, parse: Callable[[str], Any] | None) -> Any:
        if isinstance(node, Scalar) and node.is_null:
            return self.note(node, path, "a value is missing", "write [] for an empty list")
        if not isinstance(node, Seq):
            found = self.value(node, wanted, path, parse)
            return FAILED if found is FAILED else (found,)
        values = tuple(self.value(item, wanted, f"{path}[{i}]", parse) for i, item in enumerate(node.items))
        return FAILED if FAILED in values else values

    def _mapping(self, node: Node, key_type: Any, value_type: Any, path: str) -> Any:
        if not isinstance(node, Map):
            return self.note(node, path, "a block of 'key: value' lines is expected")
        made: dict[Any, Any] = {}
        for key, item in node.entries:
            name = self.value(key, key_type, path, None)
            made[name] = self.value(item, value_type, _join(path, key.text), None)
        failed = FAILED in made or any(value is FAILED for value in made.values())
        return FAILED if failed else types.MappingProxyType(made)

    def scalar(self, node: Node, path: str, parse: Callable[[str], Any]) -> Any:
        """A single value through `parse`, or FAILED."""
        if not isinstance(node, Scalar):
            kind = "a list" if isinstance(node, Seq) else "a block"
            return self.note(node, path, f"a single value is expected, not {kind}")
        if node.is_null:
            hint = f"put '{node.text}' in quotes if it is a text" if node.text else ""
            return self.note(node, path, "a value is missing", hint)
        try:
            return parse(node.text)
        except Refused as error:
            return self.note(node, path, error.text, error.hint)

    def _dataclass(self, node: Node, wanted: Any, path: str) -> Any:
        if isinstance(node, Scalar) and hasattr(wanted, "short") and not node.is_null:
            return self.scalar(node, path, wanted.short)
        if not isinstance(node, Map):
            return self.note(node, path, "a block of 'key: value' lines is expected")
        fields = {key_of(item): item for item in dataclasses.fields(wanted) if not setting_of(item).position}
        made: dict[str, Any] = {}
        nodes: dict[str, Node] = {}
        for key, item in node.entries:
            where = _join(path, key.text)
            if key.text not in fields:
                self.note(key, where, f"'{key.text}' is not known here", suggestion(key.text, fields))
                made[""] = FAILED
                continue
            target = fields[key.text]
            nodes[key.text] = item
            made[target.name] = self.value(item, hints_of(wanted)[target.name], where, setting_of(target).parse)
        for name, target in fields.items():
            if target.default is MISSING and target.default_factory is MISSING and name not in nodes:
                made[target.name] = self.note(node, path, f"'{name}' is missing")
        return FAILED if FAILED in made.values() else self._build(wanted, made, node, nodes, path)

    def _build(self, wanted: Any, made: dict[str, Any], node: Node, nodes: dict[str, Node], path: str) -> Any:
        placed = {item.name: node.position for item in dataclasses.fields(wanted) if setting_of(item).position}
        try:
            return wanted(**made, **placed)
        except Refused as error:
            return self.note(nodes.get(error.name, node), _join(path, error.name), error.text, error.hint)


def suggestion(word: str, known: Mapping[str, Any], most: int = 12) -> str:
    """A hint for a word that is none of `known`: the closest one, or all of them when they are at `most` that many."""
    close = get_close_matches(word.lower(), [name.lower() for name in known], n=1, cutoff=0.6)
    if close:
        return f"did you mean '{next(name for name in known if name.lower() == close[0])}'?"
    return "known are " + ", ".join(sorted(known)) if len(known) <= most else ""


def boolean(text: str) -> bool:
    """`true` or `false`, nothing else."""
    if text in {"true", "false"}:
        return text == "true"
    raise Refused(f"'{text}' is neither true nor false", "write true or false")


def integer(text: str) -> int:
    """A whole number in decimal, without leading zeros."""
    if not INTEGER.fullmatch(text):
        raise Refused(f"'{text}' is not a whole number")
    return int(text)


def number(text: str) -> float:
    """A decimal number."""
    if not NUMBER.fullmatch(text) or abs(float(text)) > 1e15:
        raise Refused(f"'{text}' is not a number")
    return float(text)


def _one_of(choices: dict[str, Any]) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        if text not in choices:
            raise Refused(f"'{text}' is not one of {', '.join(choices)}", suggestion(text, choices, most=0))
        return choices[text]

    return parse


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name
