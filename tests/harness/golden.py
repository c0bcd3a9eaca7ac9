"""Golden files: input, a line of dashes, what must come of it. `REGOLD=1` writes what came: read it."""

from __future__ import annotations

import os
from pathlib import Path

DASHES = "----\n"


def cases(folder: Path) -> list[Path]:
    """The golden files of a folder."""
    found = sorted(folder.glob("*.txt"))
    assert found, f"{folder} holds no golden files"
    return found


def split(path: Path) -> tuple[str, str]:
    """Input and expected output."""
    given, dashes, expected = path.read_text(encoding="utf-8").partition("\n" + DASHES)
    assert dashes, f"{path} has no line of dashes"
    return given + "\n", expected


def compare(path: Path, got: str) -> None:
    """Hold what came against the file."""
    given, expected = split(path)
    if os.environ.get("REGOLD"):
        path.write_text(given + DASHES + got, encoding="utf-8")
        return
    assert got == expected
