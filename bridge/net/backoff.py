"""Pauses between attempts to connect."""

from __future__ import annotations

import random
from collections.abc import Callable


class Backoff:
    """Pauses drawn at random up to a bound that doubles from `first` to `most` (seconds).

    Each pause is at least half its bound: many bridges that lost one Asterisk come back spread out, none at once.
    """

    def __init__(self, first: float = 0.2, most: float = 15.0, draw: Callable[[], float] = random.random) -> None:
        """`draw` gives numbers from 0 to 1; the tests give their own."""
        self._first = first
        self._most = most
        self._draw = draw
        self._bound = first

    def next(self) -> float:
        """The pause before the next attempt, in seconds."""
        pause = self._bound * (0.5 + self._draw() / 2)
        self._bound = min(self._bound * 2, self._most)
        return pause

    def reset(self) -> None:
        """It worked: begin with the shortest pause next time."""
        self._bound = self._first
