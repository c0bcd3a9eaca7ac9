"""Event filters that a session adds by `Action: Filter`, in the legacy syntax of every version.

Source: main/manager.c `should_send_event`, measured in asterisk-facts §4.5: the pattern is searched in the whole text
of the event, a leading `!` excludes; includes are alternatives, then excludes take away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EventFilter:
    """One filter; `pattern` is searched in the event's text."""

    exclude: bool
    pattern: re.Pattern[str]


def parse_filter(text: str) -> EventFilter | None:
    """The filter in a `Filter:` header or an `eventfilter=` line; None when it is empty or does not compile."""
    exclude = text.startswith("!")
    body = text[1:] if exclude else text
    if not body:
        return None
    try:
        return EventFilter(exclude, re.compile(body, re.DOTALL))
    except re.error:
        return None


def passes(filters: list[EventFilter], event_text: str) -> bool:
    """Whether an event with this text reaches a session with these filters."""
    includes = [f for f in filters if not f.exclude]
    if includes and not any(f.pattern.search(event_text) for f in includes):
        return False
    return not any(f.pattern.search(event_text) for f in filters if f.exclude)
