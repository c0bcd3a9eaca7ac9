"""mappings/README.md tells the truth: its example runs, and every key and converter stands in it."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from bridge.errors import Problem
from bridge.mapping import rules
from bridge.mapping.check import check_mapping
from bridge.mapping.converters import CONVERTERS
from bridge.mapping.files import SHIPPED
from bridge.mapping.load import parse
from bridge.mapping.plan import GROUPS, Line, PlanFile, Route
from bridge.mapping.registry import Registry
from bridge.mapping.schema import key_of, read, setting_of

README = (SHIPPED / "README.md").read_text(encoding="utf-8")
MAPPING, PLAN = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
WORDS = set(re.findall(r"[A-Za-z_0-9-]+", README))


def load(text: str, kind: Any) -> Any:
    problems: list[Problem] = []
    node = parse(text.encode(), problems, "README.md")
    assert node is not None
    value = read(node, kind, problems)
    assert not problems
    return value


def test_the_example_holds() -> None:
    mapping = load(MAPPING, rules.Mapping)
    assert mapping.examples
    assert list(check_mapping(mapping, Registry([mapping], {}))) == []


def test_the_plan_is_one() -> None:
    plan = load(PLAN, PlanFile)
    assert [line.route for line in plan.lines] == [Route.AMI, Route.ARI, Route.COMPARE]


@pytest.mark.parametrize(
    "kind",
    [
        rules.Mapping,
        rules.Request,
        rules.Reply,
        rules.Source,
        rules.ListRule,
        rules.CompareRules,
        rules.Exchange,
        rules.Example,
        rules.ExampleWorld,
        Line,
        PlanFile,
    ],
)
def test_every_key_is_explained(kind: Any) -> None:
    keys = {key_of(item) for item in dataclasses.fields(kind) if not setting_of(item).position}
    assert keys <= WORDS


def test_every_converter_and_group_is_named() -> None:
    assert set(CONVERTERS) <= WORDS
    assert set(GROUPS) <= WORDS
    assert {route.value for route in Route} <= WORDS


def test_one_page() -> None:
    assert len(README.splitlines()) <= 120
