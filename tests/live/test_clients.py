"""Three AMI libraries, unmodified, hold one conversation directly and through the bridge, with equal outcomes.

Each runs in a process of its own, as an application would; see tests/harness/clients.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.lab import VERSIONS
from tests.harness.asterisk import AsteriskPool, hangup_everything
from tests.harness.bridge_process import BridgeProcess

pytestmark = pytest.mark.live

LIBRARIES = ("panoramisk", "pyst2", "py_asterisk")
PLANS = ("observe", "ari-first")
_ROOT = Path(__file__).resolve().parents[2]

Outcome = dict[str, Any]
Hold = Callable[[str, str, str], Outcome]


def hold(library: str, address: tuple[str, int]) -> Outcome:
    """Let the library hold the conversation with whatever listens there."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.harness.clients.{library}_app", address[0], str(address[1]), "admin", "secret"],
        cwd=_ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{library} failed:\n{done.stderr}"
    outcome: Outcome = json.loads(done.stdout)
    return outcome


@pytest.fixture(scope="module")
def held(asterisk_pool: AsteriskPool, tmp_path_factory: pytest.TempPathFactory) -> Hold:
    """``(version, library, plan) -> outcome``; the plan "" is the direct connection. Each is held once.

    One bridge at a time, as there is one Stasis application; it is also who serves it during a direct conversation.
    """
    outcomes: dict[tuple[str, str, str], Outcome] = {}

    def find(version: str, library: str, plan: str) -> Outcome:
        if (version, library, plan) not in outcomes:
            asterisk = asterisk_pool.get(version)
            hangup_everything(asterisk)
            settings = {"plan": plan or "observe"}
            with BridgeProcess(tmp_path_factory.mktemp("clients"), settings, asterisk=asterisk) as bridge:
                assert bridge.eventually(lambda: _app_is_there(asterisk), 10), bridge.log_tail()
                address = bridge.address if plan else (asterisk.host, asterisk.ami_port)
                outcomes[version, library, plan] = hold(library, address)
                outcomes[version, library, plan]["routes"] = sorted(
                    set(re.findall(r": (\w+) by (\w+), \d+ requests", bridge.log.read_text()))
                )
        return outcomes[version, library, plan]

    return find


def _app_is_there(asterisk: Any) -> bool:
    return f"{asterisk.app}" in asterisk.cli("ari show apps")


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("version", VERSIONS)
def test_equal_outcomes(version: str, library: str, plan: str, held: Hold) -> None:
    direct, bridged = held(version, library, ""), held(version, library, plan)
    assert list(bridged) == list(direct)
    steps = [step for step in direct if step != "routes"]
    different = {step: (direct[step], bridged[step]) for step in steps if direct[step] != bridged[step]}
    assert not different, json.dumps(different, indent=1)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("version", VERSIONS)
def test_the_plan_was_followed(version: str, library: str, held: Hold) -> None:
    assert not held(version, library, "observe")["routes"]
    over_ari = {action for action, route in held(version, library, "ari-first")["routes"] if route == "ari"}
    assert {"Getvar", "Setvar", "Ping"} & over_ari, over_ari


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_conversation_says_something(library: str, held: Hold) -> None:
    """What is compared is there: answers to every step, both halves of the calls, and the events."""
    direct = held("22", library, "")
    assert len(direct["status"]) == len(direct["channels"]) == len(direct["stasis status"]) == 2
    assert direct["stasis response"]["reason"] == "4"
    assert direct["busy response"]["reason"] == "5"
    assert "value" in json.dumps(direct["stasis getvar"])
    assert len(direct["events"]) > 12
