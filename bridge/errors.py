"""Every error of the program, on one screen.

::

    BridgeError
     ├── ClientProtocolError    the client breaks AMI; carries Asterisk's own reply text
     ├── Untranslatable         not possible through ARI; carries the reason a user can read
     ├── UpstreamUnavailable    Asterisk is away; which side, and since when
     ├── ProblemsFound          configuration or mapping files are wrong; every problem at once
     └── BridgeFault            ours; ends the one session it happened in

What the far side answers, a refusal included, is a value (`bridge.ari.requests.AriResponse`, an AMI message), never
an exception.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class BridgeError(Exception):
    """Base of all errors raised on purpose by this program."""


class ClientProtocolError(BridgeError):
    """The client sent something that AMI does not allow; `reply` is the text Asterisk uses for it."""

    def __init__(self, reply: str) -> None:
        """Keep the text of the `Message:` header that the client is to see."""
        super().__init__(reply)
        self.reply = reply


class Untranslatable(BridgeError):
    """This action, with these headers, has no equal in ARI; `reason` says why in one sentence."""

    def __init__(self, reason: str) -> None:
        """Keep the sentence that `explain`, the log and an `ari-only` answer show."""
        super().__init__(reason)
        self.reason = reason


class UpstreamUnavailable(BridgeError):
    """One side of Asterisk cannot be reached; `since` is a Unix time in seconds, None when it never was reached."""

    def __init__(self, side: str, since: float | None, detail: str = "") -> None:
        """`side` is "AMI" or "ARI"; `detail` is the last error of the transport, without secrets."""
        super().__init__(f"{side} is unavailable" + (f": {detail}" if detail else ""))
        self.side = side
        self.since = since
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one file: `file:line:column: text (hint)`; line and column count from 1, 0 = whole file."""

    file: str
    line: int
    column: int
    path: str
    text: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        path = f"{self.path}: " if self.path else ""
        return f"{where}: {path}{self.text}" + (f" ({self.hint})" if self.hint else "")


class ProblemsFound(BridgeError):
    """Files that cannot be used, with every problem found in all of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """`problems` holds at least one entry, in the order of files and lines."""
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class BridgeFault(BridgeError):
    """A state that should be impossible; ends the session it happened in, nothing else."""
