"""Every way to get a configuration wrong, and what the reader is told; cases/*.txt."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.config.load import parse_config
from bridge.errors import ProblemsFound
from tests.harness import golden

CASES = golden.cases(Path(__file__).parent / "cases")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    given, _ = golden.split(path)
    try:
        parse_config(given.encode(), "bridge.yaml", Path("/nowhere"))
        told = "good\n"
    except ProblemsFound as error:
        told = f"{error}\n"
    golden.compare(path, told)


def test_secrets_are_never_repeated() -> None:
    for path in CASES:
        assert "hunter2" not in golden.split(path)[1]
