"""Event masks: which classes a session asked for.

Source: main/manager.c `perms[]`, `strings_to_mask`, `get_perm`; bits as in include/asterisk/manager.h.
"""

from __future__ import annotations

CLASSES: dict[str, int] = {
    "system": 1 << 0,
    "call": 1 << 1,
    "log": 1 << 2,
    "verbose": 1 << 3,
    "command": 1 << 4,
    "agent": 1 << 5,
    "user": 1 << 6,
    "config": 1 << 7,
    "dtmf": 1 << 8,
    "reporting": 1 << 9,
    "cdr": 1 << 10,
    "dialplan": 1 << 11,
    "originate": 1 << 12,
    "agi": 1 << 13,
    "cc": 1 << 15,
    "aoc": 1 << 16,
    "test": 1 << 17,
    "security": 1 << 18,
    "message": 1 << 30,
}
ALL = (1 << 31) - 1

_TRUE = {"yes", "true", "y", "t", "1", "on"}
_FALSE = {"no", "false", "n", "f", "0", "off"}


def parse_mask(text: str) -> int:
    """The bits that an `EventMask:` or Login `Events:` value asks for; unknown words count as nothing.

    A number is the mask itself; on/yes/true/all ask for everything, off/no/none for nothing; an absent Login header
    ('') leaves everything on.
    """
    word = text.strip().lower()
    if not word:
        return ALL
    if word.isascii() and word.isdigit():
        return int(word) & ALL
    if word in _TRUE or word == "all":
        return ALL
    if word in _FALSE or word == "none":
        return 0
    bits = 0
    for name in word.split(","):
        bits |= ALL if name.strip() == "all" else CLASSES.get(name.strip(), 0)
    return bits


def classes_mask(classes: str) -> int:
    """The bits of an event's classes ("call", "system,user"): all of them must be wanted and readable."""
    bits = 0
    for name in classes.split(","):
        bits |= CLASSES.get(name.strip(), 0)
    return bits
