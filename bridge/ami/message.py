"""AMI messages as values: an ordered list of headers, first occurrence wins, names without regard to case.

Source: Asterisk main/manager.c (`astman_get_header`, `__astman_get_header`): the colon follows the name directly,
blanks after it are skipped, trailing blanks are part of the value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Header = tuple[str, str]

# Headers whose values must never reach a log or a repr.
SECRET_HEADERS = frozenset({"secret", "key", "password", "md5secret"})


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """One AMI message (action, response or event).

    `headers` keeps order, case and repetition as they stood on the wire; text is UTF-8 with surrogateescape, so any
    byte survives a round trip.
    """

    headers: tuple[Header, ...]

    def get(self, name: str, default: str = "") -> str:
        """Value of the first header called `name` (any case), or `default`; as `astman_get_header`, absent is ''."""
        wanted = name.lower()
        for key, value in self.headers:
            if key.lower() == wanted:
                return value
        return default

    def get_all(self, name: str) -> list[str]:
        """Values of every header called `name`, in order."""
        wanted = name.lower()
        return [value for key, value in self.headers if key.lower() == wanted]

    def has(self, name: str) -> bool:
        """Whether a header called `name` is there, even if empty."""
        wanted = name.lower()
        return any(key.lower() == wanted for key, _ in self.headers)

    def with_headers(self, headers: Iterable[Header]) -> Message:
        """A copy with `headers` appended."""
        return type(self)((*self.headers, *headers))

    def __iter__(self) -> Iterator[Header]:
        return iter(self.headers)

    def __repr__(self) -> str:
        shown = ", ".join(f"{k}: {'***' if k.lower() in SECRET_HEADERS else v}" for k, v in self.headers[:6])
        more = f", +{len(self.headers) - 6}" if len(self.headers) > 6 else ""
        return f"{type(self).__name__}({shown}{more})"


@dataclass(frozen=True, slots=True, repr=False)
class Action(Message):
    """A message from a client."""

    @property
    def name(self) -> str:
        """The action's name as the client wrote it; empty `Action:` headers are skipped, as Asterisk does."""
        for value in self.get_all("Action"):
            if value:
                return value
        return ""

    @property
    def action_id(self) -> str:
        """The ActionID to echo, '' when there is none."""
        return self.get("ActionID")

    @classmethod
    def of(cls, action_name: str, *headers: Header, **named: str) -> Action:
        """Build one: `Action.of("Hangup", ("Channel", "SIP/1"))` or `Action.of("Ping", ActionID="1")`."""
        return cls((("Action", action_name), *headers, *named.items()))
