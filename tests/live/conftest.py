"""Fixtures of the live tests: bridges in front of real Asterisks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bridge.lab import Asterisk
from tests.harness.bridge_process import BridgeProcess

MakeBridge = Callable[..., BridgeProcess]


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[MakeBridge]:
    """A factory ``(asterisk=None, settings={} | "yaml", start=True) -> BridgeProcess``; all are stopped at the end."""
    made: list[BridgeProcess] = []

    def make(
        asterisk: Asterisk | None = None, settings: Mapping[str, Any] | str = "", *, start: bool = True
    ) -> BridgeProcess:
        folder = tmp_path / f"bridge{len(made)}"
        folder.mkdir()
        process = BridgeProcess(folder, settings, asterisk=asterisk)
        made.append(process)
        return process.start() if start else process

    yield make
    for process in made:
        process.stop()
