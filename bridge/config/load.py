"""From a file to a `Config`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bridge.config.model import Config
from bridge.config.types import path_parsers
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
    problems: list[Problem] = []
    return _config(load_file(path, problems), problems, path.parent)


def parse_config(data: bytes, file: str = "config", base: Path = Path()) -> Config:
    """The same from bytes; `file` is how problems call it.

    Raises:
        ProblemsFound: with every problem.
    """
    problems: list[Problem] = []
    return _config(parse(data, problems, file), problems, base)


def _config(node: Node | None, problems: list[Problem], base: Path) -> Config:
    config = read(node, Config, problems, path_parsers(base)) if node else None
    if problems or config is None:
        raise ProblemsFound(sorted(problems, key=lambda problem: (problem.line, problem.column)))
    if "/" in config.plan or "." in config.plan:
        # A path, as `bridge.mapping.files.plan_path` tells it from a shipped plan's name.
        return replace(config, plan=str(base / config.plan))
    return config
