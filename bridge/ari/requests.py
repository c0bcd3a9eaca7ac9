"""ARI requests and answers as values.

A request names an operation of `bridge.ari.operations` (`channels.hangup`) and its parameters by their ARI names; where
each parameter travels (path, query, body) is the operation's business: `bridge.ari.build.build` makes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class AriRequest:
    """One request ready to be sent.

    `path` is relative to the ARI root, percent-encoded, without a leading slash (`channels/1234.5/variable`), as REST
    over websocket wants it; `query` holds unencoded pairs; `body` is the JSON object to send or None.
    """

    operation: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Any = None
    # Asterisk may hold the answer while media plays: such requests travel on an HTTP connection of their own.
    may_block: bool = False
    # False for GET: only a request without side effects may ever be sent again.
    has_effect: bool = field(default=True)

    def __str__(self) -> str:
        query = "&".join(f"{name}={value}" for name, value in self.query)
        return f"{self.method} /{self.path}" + (f"?{query}" if query else "")


@dataclass(frozen=True, slots=True)
class AriResponse:
    """What came back, refusals included.

    `status` is the HTTP status, 0 when no answer came. With status 0, `sent` tells whether the request may have
    reached Asterisk: `sent=False` is certain (nothing happened), `sent=True` means that the outcome is unknown.
    """

    status: int
    body: Any = None
    reason: str = ""
    sent: bool = True

    @property
    def ok(self) -> bool:
        """Whether Asterisk carried it out or queued it (2xx)."""
        return 200 <= self.status < 300

    @property
    def unknown(self) -> bool:
        """Whether Asterisk may have acted without our learning of it."""
        return self.status == 0 and self.sent

    @property
    def not_sent(self) -> bool:
        """Whether it is certain that Asterisk never saw the request."""
        return self.status == 0 and not self.sent

    @property
    def message(self) -> str:
        """ARI's error text (`message`, or `error` of the allocation failures), else the transport's reason."""
        if isinstance(self.body, dict):
            for key in ("message", "error"):
                if isinstance(self.body.get(key), str):
                    return str(self.body[key])
        return self.reason
