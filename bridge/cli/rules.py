"""What `check`, `explain` and `coverage` have in common: configuration, mappings and plan, loaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bridge.config.load import load_config
from bridge.config.model import Config
from bridge.config.tls import tls_problems
from bridge.errors import Problem, ProblemsFound
from bridge.mapping.files import Rules, load_rules, shipped_plans
from bridge.translate.actions import TRANSLATORS


def rules_of(plan: str, folders: Sequence[Path]) -> Rules:
    """Mappings and plan with the translators that come with the bridge; raises ProblemsFound."""
    return load_rules(plan, folders, TRANSLATORS)


def every_problem(path: Path | None) -> tuple[Config | None, Rules | None, list[Problem]]:
    """Configuration, mappings and plan with all problems of all of them; without `path`, of what is shipped."""
    config: Config | None = None
    problems: list[Problem] = []
    if path is not None:
        try:
            config = load_config(path)
            problems += tls_problems(config)
        except ProblemsFound as error:
            problems += error.problems
    plans = [config.plan] if config else shipped_plans()
    rules = None
    for plan in plans:
        try:
            rules = rules_of(plan, config.mappings if config else ())
        except ProblemsFound as error:
            problems += [problem for problem in error.problems if problem not in problems]
    return config, rules, problems
