"""Folders of mappings and plans, the shipped ones among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.ami.message import Action
from bridge.ami.replies import success
from bridge.errors import Problem, ProblemsFound
from bridge.mapping.check import check_mappings
from bridge.mapping.files import SHIPPED, load_rules, plan_path, read_mappings, shipped_plans, shown
from bridge.mapping.plan import Query, Route
from bridge.mapping.registry import Registry
from bridge.mapping.rules import Mapping
from bridge.translate.actions import TRANSLATORS
from bridge.translate.effects import Context, Done, Emit, Translation, Translator

AMI_ONLY = "class: call,all\neffect: write\nfidelity: none\nhow: none\nversions: [22]\nreason: we keep it\n"
PYTHON = "class: call,all\neffect: write\nfidelity: exact\nhow: ari\nversions: [22]\ntranslator: python\n"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text)
    return path


def problems_of(plan: str, *folders: Path) -> list[str]:
    with pytest.raises(ProblemsFound) as caught:
        load_rules(plan, folders, TRANSLATORS)
    return [str(problem) for problem in caught.value.problems]


def test_what_is_shipped_is_good() -> None:
    assert shipped_plans() == ["ari-first", "observe", "reads-compared", "stasis-writes"]
    for plan in shipped_plans():
        rules = load_rules(plan, [], TRANSLATORS)
        assert rules.plan.description
    assert {mapping.action for mapping in rules.registry if mapping.how == "session"} >= {"Login", "Logoff", "Events"}


def test_shipped_plans_do_what_their_names_say() -> None:
    registry = load_rules("observe", [], TRANSLATORS).registry
    loaded = {name: load_rules(name, [], TRANSLATORS).plan for name in shipped_plans()}
    for mapping in registry:
        query = Query("u", mapping.action, "ours", "PJSIP/a-1")
        routes = {name: plan.decide(query).route for name, plan in loaded.items()}
        read, write = (mapping.carried and mapping.effect == effect for effect in ("read", "write"))
        assert routes["observe"] is Route.AMI
        assert routes["reads-compared"] is (Route.COMPARE if read else Route.AMI)
        assert routes["stasis-writes"] is (Route.ARI if write else Route.AMI)
        assert routes["ari-first"] is (Route.ARI if mapping.default == "ari" else Route.AMI)
        elsewhere = Query("u", mapping.action, "dialplan", "PJSIP/a-1")
        assert loaded["stasis-writes"].decide(elsewhere).route is Route.AMI
        assert loaded["observe"].always_ami("u", mapping.action)


def test_a_folder_of_ones_own_replaces_shipped_mappings_whole(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    write(first, "Hangup", f"action: Hangup\n{AMI_ONLY}")
    write(first, "Mine", f"action: Mine\n{AMI_ONLY}")
    write(second, "Mine", f"action: Mine\n{AMI_ONLY.replace('we keep it', 'later wins')}")
    registry = load_rules("ari-first", [first, second], TRANSLATORS).registry
    hangup, mine = registry.mapping("Hangup"), registry.mapping("Mine")
    assert hangup is not None
    assert mine is not None
    assert hangup.reason == "we keep it"
    assert mine.reason == "later wins"
    assert registry.translator("Hangup") is None
    assert len(registry) == len(load_rules("observe", [], TRANSLATORS).registry) + 1


def test_every_problem_of_every_file_at_once(tmp_path: Path) -> None:
    write(tmp_path, "A", f"action: B\n{AMI_ONLY}")
    write(tmp_path, "B", f"action: B\n{AMI_ONLY}")
    write(tmp_path, "C", "action: [")
    write(tmp_path, "D", f"action: D\n{AMI_ONLY}colour: red\n")
    write(tmp_path, "E", f"action: E\naction: E\n{AMI_ONLY}")
    plan = write(tmp_path, "plan", "lines: [{action: Hangupp, route: ari}, {rout: ari}]")
    plan = plan.rename(tmp_path / "plan.yml")
    told = [text.removeprefix(f"{tmp_path}/") for text in problems_of(str(plan), tmp_path)]
    assert told == [
        "A.yaml:1:1: action: 'B' stands in a file called A.yaml",
        f"B.yaml:1:1: action: 'B' has a file already: {tmp_path}/A.yaml",
        "C.yaml:1:10: expected the node content, but found '<stream end>' (a bracket or a quote is open)",
        "D.yaml:8:1: colour: 'colour' is not known here",
        "E.yaml:2:1: 'action' is given twice (first in line 1)",
        "plan.yml:1:40: lines[1]: 'route' is missing",
        "plan.yml:1:41: lines[1].rout: 'rout' is not known here (did you mean 'route'?)",
    ]
    plan.write_text("lines: [{action: Hangupp, route: ari}]")
    assert problems_of(str(plan), tmp_path)[-1].endswith("there is no action 'Hangupp' (did you mean 'Hangup'?)")
    plan.write_text("lines: [")
    assert "plan.yml:1:9" in problems_of(str(plan))[-1]


def test_a_plan_that_is_not_there() -> None:
    assert problems_of("observ") == ["observ: plan: there is no plan 'observ' (did you mean 'observe'?)"]
    assert problems_of("./no.yaml") == [
        "./no.yaml: plan: there is no plan './no.yaml' (known are ari-first, observe, reads-compared, stasis-writes)"
    ]
    assert plan_path("observe") == SHIPPED / "plans" / "observe.yaml"
    assert plan_path("observe.yaml") == Path("observe.yaml")


def test_files_are_called_by_names_that_travel(tmp_path: Path) -> None:
    assert shown(SHIPPED / "actions" / "Ping.yaml") == "mappings/actions/Ping.yaml"
    assert shown(tmp_path / "Ping.yaml") == f"{tmp_path}/Ping.yaml"


def _run(action: Action, context: Context) -> Translation:
    yield Emit(success(action))
    return Done()


def test_translators_and_mappings_agree(tmp_path: Path) -> None:
    write(tmp_path, "A", f"action: A\n{PYTHON}channels: [Channel]\ncontrol: true\n")
    write(tmp_path, "B", f"action: B\n{AMI_ONLY}")
    problems: list[Problem] = []
    mappings = read_mappings([tmp_path], problems)
    translators = {
        "A": Translator("A", _run, "read"),
        "B": Translator("B", _run, "read"),
        "C": Translator("C", _run, "read"),
    }
    told = [str(problem) for problem in check_mappings(Registry(mappings, translators), translators)]
    assert not problems
    assert told == [
        f"{tmp_path}/A.yaml:1:1: effect: the file says 'write', the translator 'read'",
        f"{tmp_path}/A.yaml:1:1: channels: the file says ('Channel',), the translator ()",
        f"{tmp_path}/A.yaml:1:1: control: the file says True, the translator False",
        "mappings/actions/C.yaml: the translator of C has no mapping",
    ]


def test_a_shipped_mapping_names_its_translator() -> None:
    ping = load_rules("observe", [], TRANSLATORS).registry.mapping("Login")
    assert isinstance(ping, Mapping)
    told = check_mappings(Registry([ping], {}), {"Login": Translator("Login", _run, "write")})
    assert [str(problem).split(": ", 1)[1] for problem in told] == [
        "translator: Login has a translator that is not named here"
    ]
