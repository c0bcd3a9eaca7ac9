"""Every way to get a mapping wrong, and what the reader is told; cases/*.txt."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.errors import Problem
from bridge.mapping.check import check_mapping
from bridge.mapping.load import parse
from bridge.mapping.registry import Registry
from bridge.mapping.rules import Mapping
from bridge.mapping.schema import read
from tests.harness import golden


@pytest.mark.parametrize("path", golden.cases(Path(__file__).parent / "cases"), ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    given, _ = golden.split(path)
    problems: list[Problem] = []
    node = parse(given.encode(), problems, "Test.yaml")
    mapping = read(node, Mapping, problems) if node else None
    if mapping:
        problems += check_mapping(mapping, Registry([mapping], {}))
    golden.compare(path, "".join(f"{problem}\n" for problem in problems) or "good\n")
