"""How the demo shows one action: the client's side on the left, what the bridge made of it on the right."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from bridge.ami.message import Message
    from bridge.net.trace import ActionTrace

WIDTH = 108
LEFT = 50
LONG = 150  # characters of one parameter
MOST_LINES = 12  # of one message: a Status item has forty headers


@dataclass(slots=True)
class Exchange:
    """One action as the client lived it, and the bridge's trace of it (None: it went to AMI unseen)."""

    title: str
    sent: Message
    got: list[Message] = field(default_factory=list)
    trace: ActionTrace | None = None


def exchange_lines(number: int, exchange: Exchange, width: int = WIDTH) -> list[str]:
    """Return the lines that show one exchange, none wider than `width`."""
    left = ["the client sends", *_message(exchange.sent), "", "the client gets"]
    for index, message in enumerate(exchange.got):
        left += ([""] if index else []) + _message(message)
    title = f"── {number}. {exchange.title} "
    return [title.ljust(width, "─"), *side_by_side(left, bridge_lines(exchange.trace), width), ""]


def bridge_lines(trace: ActionTrace | None) -> list[str]:
    """Return what the bridge did: the route with its plan line, the ARI requests with their answers."""
    if trace is None:
        return ["the bridge", "route  ami: the bytes pass unchanged"]
    lines = ["the bridge", f"route  {trace.route.value}  ({trace.line.rpartition('/')[2]})"]
    if trace.reason:
        lines.append(f"why    {trace.reason}")
    for request, response in trace.requests:
        lines += ["", f"{request.method} /{unquote(request.path)}"]
        lines += [f"  {name} = {_short(value)}" for name, value in request.query]
        if request.body is not None:
            lines.append(f"  body {_short(json.dumps(request.body))}")
        lines.append(f"  -> {response.status or 'no answer'}{' ' + response.message if response.message else ''}")
    if trace.requests:
        lines += ["", f"answered after {trace.seconds * 1000:.1f} ms"]
    return lines


def side_by_side(left: Sequence[str], right: Sequence[str], width: int = WIDTH) -> list[str]:
    """Return the two columns next to each other; long lines are folded, none is lost."""
    folded = [_folded(left, LEFT - 1), _folded(right, width - LEFT - 2)]
    rows = max(map(len, folded))
    columns = [lines + [""] * (rows - len(lines)) for lines in folded]
    return [f"{first:<{LEFT}}│ {second}".rstrip() for first, second in zip(*columns, strict=True)]


def _folded(lines: Iterable[str], width: int) -> list[str]:
    found: list[str] = []
    for line in lines:
        found += textwrap.wrap(line, width, subsequent_indent="     ", break_on_hyphens=False) or [""]
    return found


def _message(message: Message) -> list[str]:
    lines = [f"  {name}: {'****' if name.lower() == 'secret' else value}" for name, value in message]
    if len(lines) > MOST_LINES:
        return [*lines[: MOST_LINES - 1], f"  ... and {len(lines) - MOST_LINES + 1} more headers"]
    return lines


def _short(text: str) -> str:
    return text if len(text) <= LONG else text[: LONG - 3] + "..."
