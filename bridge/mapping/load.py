"""The one door through which YAML enters: strict, with the place of every value, all problems at once.

What YAML 1.1 would reinterpret stays text; duplicate keys, anchors, aliases, merge keys, tags, several documents, tabs,
control characters and bytes that are not UTF-8 are problems, never exceptions.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from bridge.errors import Problem
from bridge.mapping.nodes import Map, Node, Position, Scalar, Seq, printable

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 64
_HINTS = {
    "\\t": "indent with blanks, not with tabs",
    "mapping values are not allowed": "a text that contains ': ' must stand in quotes",
    "<block end>": "look at the indentation",
    "stream": "a bracket or a quote is open",
    "could not find expected ':'": "a key ends with a colon and a blank",
}


class _Refused(Exception):
    """The rest of this document cannot be understood; the problem is already noted."""


def load_file(path: Path, problems: list[Problem], name: str = "") -> Node | None:
    """Read and parse one file; `name` is how problems call it. See `parse`; a file that cannot be read is a problem."""
    shown = name or str(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        hint = "the file does not exist" if isinstance(error, FileNotFoundError) else ""
        text = f"cannot be read: {error.strerror or error}"
        problems.append(Problem(shown, 0, 0, "", text, hint))
        return None
    return parse(data, problems, shown)


def parse(data: bytes, problems: list[Problem], file: str) -> Node | None:
    """The document in `data`, never raising.

    None after having noted in `problems` every refused construct, or the one place where the syntax breaks. Duplicate
    keys are noted too, but the document (with the first of them) is returned, so that all else in it can be checked.
    """
    try:
        composer = _Composer(file, problems)
        node = composer.document(_events(_decode(data, file, problems), file, problems))
    except _Refused:
        return None
    return node if composer.understood else None


def _decode(data: bytes, file: str, problems: list[Problem]) -> str:
    if len(data) > MAX_BYTES:
        problems.append(Problem(file, 0, 0, "", f"is larger than {MAX_BYTES // 1024 // 1024} MiB"))
        raise _Refused
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rsplit(b"\n", 1)[-1]) + 1
        text = f"byte 0x{data[error.start]:02x} is not UTF-8"
        problems.append(Problem(file, line, column, "", text, "save the file as UTF-8"))
        raise _Refused from None
    return text


def _events(text: str, file: str, problems: list[Problem]) -> list[Any]:
    """All parser events; libyaml is 20 times faster, but the messages always come from the Python parser."""
    fast = getattr(yaml, "CSafeLoader", None)
    if fast is not None:
        try:
            return list(yaml.parse(text, Loader=fast))
        except (yaml.YAMLError, ValueError, OverflowError):
            pass
    try:
        return list(yaml.parse(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        problems.append(_syntax_problem(file, error))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - (text.rfind("\n", 0, error.position) + 1) + 1
        found = f"the character U+{int(error.character):04X} is not allowed"
        problems.append(Problem(file, line, column, "", found, "write it as an escape in double quotes"))
    except (yaml.YAMLError, ValueError, OverflowError):
        problems.append(Problem(file, 0, 0, "", "an escape in double quotes names no character"))
    raise _Refused


def _syntax_problem(file: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    text = printable(error.problem or error.context or "is not YAML")
    hint = next((advice for start, advice in _HINTS.items() if start in text), "")
    if mark is None:
        return Problem(file, 0, 0, "", text, hint)
    return Problem(file, mark.line + 1, mark.column + 1, "", text, hint)


class _Composer:
    """Builds nodes from parser events with a stack of its own, so that depth cannot exhaust Python's."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file = file
        self.problems = problems
        self.understood = True

    def document(self, events: list[Any]) -> Node:
        """The only document among `events`; an empty one is an empty scalar."""
        stack: list[tuple[Position, bool, list[Node]]] = []
        roots: list[Node] = []
        for event in events:
            done: Node | None = None
            if isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
                done = self._scalar(event)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._refuse_decorations(event)
                stack.append((self._position(event), isinstance(event, yaml.MappingStartEvent), []))
                if len(stack) > MAX_DEPTH:
                    self._note(stack[-1][0], f"is nested more than {MAX_DEPTH} levels deep")
                    raise _Refused
            elif isinstance(event, yaml.CollectionEndEvent):
                position, is_map, items = stack.pop()
                done = self._map(position, items) if is_map else Seq(position, tuple(items))
            if done is not None:
                (stack[-1][2] if stack else roots).append(done)
        if len(roots) > 1:
            self._note(roots[1].position, "a second document in one file", "remove the line ---")
        return roots[0] if roots else Scalar(Position(self.file, 1, 1), "")

    def _scalar(self, event: Any) -> Scalar:
        position = self._position(event)
        if isinstance(event, yaml.AliasEvent):
            self._note(
                position, f"the alias *{event.anchor} is not supported", "write the value out, or quote the text"
            )
            return Scalar(position, "")
        self._refuse_decorations(event)
        return Scalar(position, self._paired(event.value, position), plain=not event.style)  # None or, from libyaml, ""

    def _paired(self, text: str, position: Position) -> str:
        """JSON writes characters beyond U+FFFF as two escapes; together they are one character."""
        if not any("\ud800" <= character <= "\udfff" for character in text):
            return text
        try:
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            self._note(position, "half of a surrogate pair is not a character")
            return ""

    def _refuse_decorations(self, event: Any) -> None:
        position = self._position(event)
        if event.anchor is not None:
            self._note(
                position, f"the anchor &{event.anchor} is not supported", "write the value out, or quote the text"
            )
        if event.tag is not None:
            self._note(position, f"the tag {event.tag} is not supported", "quote a text that starts with '!'")

    def _map(self, position: Position, items: list[Node]) -> Map:
        seen: dict[str, Scalar] = {}
        entries = []
        for key, value in _pairs(items):
            if not isinstance(key, Scalar):
                self._note(key.position, "a key must be a text")
            elif key.plain and key.text == "<<":
                self._note(key.position, "the merge key << is not supported", "write the values out")
            elif key.text in seen:
                first = seen[key.text].position.line
                self._note(key.position, f"'{key.text}' is given twice", f"first in line {first}", understood=True)
            else:
                seen[key.text] = key
                entries.append((key, value))
        return Map(position, tuple(entries))

    def _position(self, event: Any) -> Position:
        mark = event.start_mark
        return Position(self.file, mark.line + 1, mark.column + 1)

    def _note(self, position: Position, text: str, hint: str = "", *, understood: bool = False) -> None:
        self.understood = self.understood and understood
        self.problems.append(Problem(self.file, position.line, position.column, "", printable(text), hint))


def _pairs(items: list[Node]) -> Iterator[tuple[Node, Node]]:
    return zip(items[::2], items[1::2], strict=True)
