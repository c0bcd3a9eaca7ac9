"""Processes by pid *and* start time, so that a number which the system handed out again is never mistaken for ours."""

from __future__ import annotations

import os
import select
import signal
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """One process of this machine: its pid and the clock ticks from boot to its start."""

    pid: int
    started: int

    def alive(self) -> bool:
        """Tell whether this very process still runs; a zombie does not."""
        found = _stat(self.pid)
        return found is not None and found[1] == self.started and found[0] not in "ZX"

    def send(self, number: signal.Signals) -> bool:
        """Send the signal and return whether there was a process to get it."""
        if not self.alive():
            return False
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True

    def wait_stopped(self, seconds: float) -> bool:
        """Wait until every thread has taken a SIGSTOP, at most so many seconds; return whether all have."""
        deadline = time.monotonic() + seconds
        while not all(_state(task) in "TtZX" for task in Path(f"/proc/{self.pid}/task").glob("*")):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.001)
        return True

    def wait_gone(self, seconds: float) -> bool:
        """Wait until the process has ended with all its threads, at most so many seconds; return whether it has.

        Its first thread may be a zombie while others still hold its sockets open.
        """
        found = _stat(self.pid)
        if found is None or found[1] != self.started:
            return True
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            return bool(poll.poll(seconds * 1000))
        finally:
            os.close(descriptor)


def process(pid: int) -> Process | None:
    """Return the process that has this pid now, or None."""
    found = _stat(pid)
    return None if found is None else Process(pid, found[1])


def _state(task: Path) -> str:
    try:
        return (task / "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def _stat(pid: int) -> tuple[str, int] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field, the command, may itself hold blanks and parentheses.
    rest = text.rpartition(")")[2].split()
    return rest[0], int(rest[19])
