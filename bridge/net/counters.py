"""What is counted while it happens; read by the log at the end, and by the dashboard later."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counters:
    """Plain numbers since the start; names of actions are in lower case, as clients may write them in any."""

    sessions: int = 0
    refused_connections: int = 0
    refused_logins: int = 0
    overflows: int = 0
    fallbacks: int = 0
    unknown_outcomes: int = 0
    actions: Counter[bytes] = field(default_factory=Counter)
    routes: Counter[tuple[str, str]] = field(default_factory=Counter)
    comparisons: Counter[tuple[str, str]] = field(default_factory=Counter)

    def summary(self) -> str:
        """What was counted, on one line: actions by name, routes of those that did not simply pass, comparisons."""
        actions = ", ".join(f"{name.decode(errors='replace')} {n}" for name, n in self.actions.most_common(20))
        routes = ", ".join(f"{name} {route} {n}" for (name, route), n in sorted(self.routes.items()))
        compared = ", ".join(f"{name} {verdict} {n}" for (name, verdict), n in sorted(self.comparisons.items()))
        return f"sessions {self.sessions}; actions: {actions or 'none'}; routed: {routes or 'none'}" + (
            f"; compared: {compared}" if compared else ""
        )

    # Clients choose action names: beyond this many different ones the rest is counted together.
    MAX_NAMES = 1000

    def action(self, name: bytes) -> None:
        """One more action called `name`."""
        if name not in self.actions and len(self.actions) >= self.MAX_NAMES:
            name = b"(other)"
        self.actions[name] += 1
