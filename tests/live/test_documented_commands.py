"""The commands that the documents show, run as they stand, before a real Asterisk; and the ladder, rung by rung."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bridge.lab import Asterisk
from bridge.mapping.files import shipped_plans
from tests.docs.test_docs import COMMANDS, ROOT, WHOLE
from tests.harness.asterisk import AsteriskPool, ami
from tests.harness.raw_ami import RawAmi
from tests.live.conftest import MakeBridge

pytestmark = pytest.mark.live

# What stands in the documents for something of the reader's own.
PLACEHOLDERS = {"FILE": "bridge.yaml", "Channel=NAME": "Channel=PJSIP/alice-00000001"}
RUNNABLE = sorted({line for _, line in COMMANDS if line.split()[0] in {"check", "coverage", "explain"}} - {"explain"})
RUNGS = ("observe", "reads-compared", "stasis-writes", "ari-first")


@pytest.fixture(scope="module")
def folder(asterisk_pool: AsteriskPool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the reader stands: with the README's configuration, its addresses those of the lab."""
    asterisk = asterisk_pool.get("22")
    settings = yaml.safe_load(WHOLE[0][1])
    settings |= {"ami": f"{asterisk.host}:{asterisk.ami_port}", "ari": f"http://{asterisk.host}:{asterisk.http_port}"}
    folder = tmp_path_factory.mktemp("reader")
    (folder / "bridge.yaml").write_text(yaml.safe_dump(settings))
    return folder


@pytest.mark.parametrize("line", RUNNABLE)
def test_command_works(line: str, folder: Path) -> None:
    words = [PLACEHOLDERS.get(word, word) for word in shlex.split(line, comments=True)]
    done = subprocess.run(
        [sys.executable, "-m", "bridge.cli", *words],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip()


def test_up_the_ladder_and_down_again(asterisk: Asterisk, bridge: MakeBridge) -> None:
    """One word and a SIGHUP for each rung; the client stays connected and is served on each."""
    assert set(RUNGS) == set(shipped_plans())
    process = bridge(asterisk)
    assert process.log_contains("ARI is live", seconds=10), process.log_tail()
    settings = yaml.safe_load(process.config.read_text())
    with ami(asterisk) as direct, RawAmi(*process.address) as client:
        client.login()
        # A channel in our application, so that every plan finds work.
        client.action("Originate", Channel="Local/wait@default/n", Application="Stasis", Data="bridge,ladder")
        channel = client.collect_list("CoreShowChannels")[1][0]["Channel"].split(";")[0] + ";1"
        for rung in (*RUNGS[1:], *reversed(RUNGS[:-1])):
            mark = process.log_size()
            process.config.write_text(yaml.safe_dump(settings | {"plan": rung}))
            process.signal(signal.SIGHUP)
            assert process.log_contains(f"reloaded: plan {rung}", since=mark, seconds=10), process.log_tail()
            assert client.action("Setvar", Channel=channel, Variable="RUNG", Value=rung)["Response"] == "Success"
            assert client.action("Getvar", Channel=channel, Variable="RUNG")["Value"] == rung
            assert direct.action("Getvar", Channel=channel, Variable="RUNG")["Value"] == rung
            # The log tells after the client has its answer.
            expected = rung in {"stasis-writes", "ari-first"}
            assert process.log_contains(" by ari", since=mark, seconds=10 if expected else 0) == expected
        assert client.action("Hangup", Channel=channel)["Response"] == "Success"
