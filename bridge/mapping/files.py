"""Mapping files and plans from their folders: everything read, everything checked, every problem at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import Problem, ProblemsFound
from bridge.mapping.check import check_mappings
from bridge.mapping.load import load_file
from bridge.mapping.plan import LoadedPlan, PlanFile, line_problems
from bridge.mapping.registry import Registry
from bridge.mapping.rules import Mapping
from bridge.mapping.schema import read, suggestion
from bridge.translate.effects import Translator

SHIPPED = Path(__file__).resolve().parent.parent.parent / "mappings"


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides over an action: the mappings with their translators, and the plan."""

    registry: Registry
    plan: LoadedPlan


def load_rules(plan: str, folders: Sequence[Path], translators: Table[str, Translator]) -> Rules:
    """The shipped mappings overlaid by those in `folders` (later ones win), and a plan: a shipped name or a path.

    Raises:
        ProblemsFound: with every problem of all files.
    """
    problems: list[Problem] = []
    registry = Registry(read_mappings([SHIPPED / "actions", *folders], problems), translators)
    broken = {problem.file for problem in problems}
    # What a file that cannot be read does not say is no problem of its own.
    problems += [found for found in check_mappings(registry, translators) if found.line or found.file not in broken]
    loaded = read_plan(plan, registry, problems)
    if problems or loaded is None:
        raise ProblemsFound(sorted(set(problems), key=lambda problem: (problem.file, problem.line, problem.column)))
    return Rules(registry, loaded)


def read_mappings(folders: Iterable[Path], problems: list[Problem]) -> list[Mapping]:
    """The mappings of all folders, a later folder's in place of an earlier one's; problems are noted."""
    found: dict[str, Mapping] = {}
    for folder in folders:
        here: dict[str, Mapping] = {}
        for path in sorted(folder.glob("*.yaml")):
            mapping = read_mapping(path, problems)
            if mapping is None:
                continue
            twin = here.setdefault(mapping.action.lower(), mapping)
            if twin is not mapping:
                text = f"'{mapping.action}' has a file already: {twin.position.file}"
                problems.append(_at_top(mapping, "action", text))
        found |= here
    return list(found.values())


def read_mapping(path: Path, problems: list[Problem]) -> Mapping | None:
    """One mapping file; None after having noted what is wrong with it."""
    node = load_file(path, problems, shown(path))
    mapping = read(node, Mapping, problems) if node else None
    if mapping is not None and path.stem != mapping.action:
        problems.append(_at_top(mapping, "action", f"'{mapping.action}' stands in a file called {path.name}"))
    return mapping


def read_plan(plan: str, registry: Registry, problems: list[Problem]) -> LoadedPlan | None:
    """The plan with this shipped name or path; None after having noted what is wrong with it."""
    path = plan_path(plan)
    if not path.is_file():
        hint = suggestion(plan, dict.fromkeys(shipped_plans()))
        problems.append(Problem(plan, 0, 0, "plan", f"there is no plan '{plan}'", hint))
        return None
    node = load_file(path, problems, shown(path))
    file = read(node, PlanFile, problems) if node else None
    if file is None:
        return None
    for line, text, hint in line_problems(file.lines, registry):
        where = line.position
        problems.append(Problem(where.file, where.line, where.column, "lines", text, hint))
    return LoadedPlan(file, registry)


def shipped_plans() -> list[str]:
    """The names of the plans that come with the bridge."""
    return sorted(path.stem for path in (SHIPPED / "plans").glob("*.yaml"))


def plan_path(plan: str) -> Path:
    """Where the plan is: a shipped name has neither slash nor dot."""
    if "/" in plan or "." in plan:
        return Path(plan)
    return SHIPPED / "plans" / f"{plan}.yaml"


def shown(path: Path) -> str:
    """How problems, decisions and docs call a file: shipped ones from `mappings/` on."""
    return str(path.relative_to(SHIPPED.parent)) if path.is_relative_to(SHIPPED) else str(path)


def _at_top(mapping: Mapping, path: str, text: str) -> Problem:
    where = mapping.position
    return Problem(where.file, where.line, where.column, path, text)
