"""From a file to a `Config`."""

from __future__ import annotations

from pathlib import Path

from bridge.config.model import Config
from bridge.errors import Problem, ProblemsFound
from bridge.mapping.load import load_file, parse
from bridge.mapping.nodes import Node
from bridge.mapping.schema import read


def load_config(path: Path | str) -> Config:
    """Read the configuration; relative paths in it count from its own folder.

    Raises:
        ProblemsFound: with every problem of the file.
    """
    path = Path(path)
    return _config(load_file(path), path.parent)


def parse_config(data: bytes, file: str = "config", base: Path = Path()) -> Config:
    """The same from bytes; `file` is how problems call it.

    Raises:
        ProblemsFound: with every problem.
    """
    return _config(parse(data, file), base)


def _config(node: Node, base: Path) -> Config:
    problems: list[Problem] = []
    config = read(node, Config, problems, base)
    if config is None:
        raise ProblemsFound(sorted(problems, key=lambda problem: (problem.line, problem.column)))
    return config
