"""What happened to one action: for the demo, the log and, later, the dashboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from bridge.ami.message import Action, Message
    from bridge.ari.requests import AriRequest, AriResponse
    from bridge.mapping.plan import Route


@dataclass(slots=True)
class ActionTrace:
    """One action's way through the bridge.

    `route` is the way it took in the end: a fallback from ARI shows `ami` with its `reason`. `messages` are those that
    the bridge made (what Asterisk's AMI answered passes unseen). `seconds` is the time until the answer was written.
    """

    session: int
    user: str
    action: Action
    route: Route
    line: str = ""
    reason: str = ""
    requests: list[tuple[AriRequest, AriResponse]] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    seconds: float = 0.0


TraceSink: TypeAlias = Callable[[ActionTrace], None]
