"""The lab itself: both versions start, answer, restart, crash and come back."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.lab import lab
from bridge.lab import VERSIONS, Asterisk, LabError, Options, registry
from tests.conftest import FreshAsterisk
from tests.harness.asterisk import ami, ari, hangup_everything
from tests.harness.raw_ami import RawAmi
from tests.harness.raw_ari import RawAri

BANNERS = {"22": "Asterisk Call Manager/11.0.0", "16": "Asterisk Call Manager/5.0.4"}
BOTH = pytest.mark.parametrize("version", VERSIONS)


def test_it_is_what_it_says(asterisk: Asterisk) -> None:
    assert asterisk.full_version.startswith(f"{asterisk.version}.")
    with ami(asterisk) as connection:
        assert connection.banner == BANNERS[asterisk.version]
        assert connection.action("Ping")["Ping"] == "Pong"
    with ari(asterisk) as client:
        status, answer = client.get("/asterisk/ping")
        assert (status, answer["ping"]) == (200, "pong")
    assert asterisk.full_version in asterisk.cli("core show version")


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_wrong_at_the_start(fresh_asterisk: FreshAsterisk, version: str) -> None:
    # One of its own: other tests provoke errors in the shared ones.
    assert not fresh_asterisk(version).log_contains("ERROR[")


def test_a_call_enters_stasis(asterisk: Asterisk) -> None:
    with ami(asterisk) as connection, ari(asterisk) as client, client.events(asterisk.app) as events:
        connection.action(
            "Originate", Channel="Local/stasis@default", Context="default", Exten="wait", Priority=1, Async="true"
        )
        start = events.wait("StasisStart")
        assert start["args"] == ["a", "b"]
        assert client.post(f"/channels/{start['channel']['id']}/answer") == (204, None)
        assert client.post(f"/channels/{start['channel']['id']}/play", media="sound:hello-world")[0] == 201
        events.wait("PlaybackStarted")


def test_channels_that_a_test_leaves_are_cleared(asterisk: Asterisk) -> None:
    with ami(asterisk) as connection, ari(asterisk) as client:
        connection.action("Originate", Channel="Local/wait@default", Context="default", Exten="echo", Priority=1)
        assert client.post("/bridges", bridgeId="left-over")[0] == 200
    assert hangup_everything(asterisk) == 2
    assert hangup_everything(asterisk) == 0
    with ari(asterisk) as client:
        assert client.get("/bridges") == (200, [])
    assert asterisk.cli("core show channels count").startswith("0 active channels")


@BOTH
def test_restart_keeps_the_ports(version: str, fresh_asterisk: FreshAsterisk) -> None:
    asterisk = fresh_asterisk(version)
    before, pid = asterisk.ports, asterisk.pid
    with ami(asterisk) as connection:
        asterisk.restart()
        connection.read_eof()
    assert asterisk.ports == before
    assert asterisk.pid != pid
    with ami(asterisk) as connection:
        assert connection.action("Ping")["Response"] == "Success"


@BOTH
def test_kill_and_come_back(version: str, fresh_asterisk: FreshAsterisk) -> None:
    asterisk = fresh_asterisk(version)
    asterisk.cli("database put lab key kept")
    asterisk.kill()
    assert not asterisk.running()
    with pytest.raises(ConnectionRefusedError):
        RawAmi(asterisk.host, asterisk.ami_port)
    with pytest.raises(LabError, match="failed"):
        asterisk.cli("core show version")
    asterisk.start()
    assert asterisk.running()
    assert asterisk.cli("core show uptime seconds").startswith("System uptime: ")


@BOTH
def test_pause_and_resume(version: str, fresh_asterisk: FreshAsterisk) -> None:
    asterisk = fresh_asterisk(version)
    with ami(asterisk) as connection:
        asterisk.pause()
        action_id = connection.send_action("Ping")
        with pytest.raises(TimeoutError):
            connection.read_message(0.3)
        asterisk.resume()
        assert connection.read_message()["ActionID"] == action_id
        asterisk.pause()
    asterisk.stop()  # a paused one, too


@BOTH
def test_a_second_start_is_quick(version: str, fresh_asterisk: FreshAsterisk) -> None:
    fresh_asterisk(version)
    began = time.monotonic()
    fresh_asterisk(version)
    assert time.monotonic() - began < 5


def test_several_at_once_do_not_meet(fresh_asterisk: FreshAsterisk) -> None:
    instances = [fresh_asterisk(version) for version in ("22", "22", "16")]
    assert len({instance.ami_port for instance in instances}) == 3
    assert len({instance.folder for instance in instances}) == 3
    for number, instance in enumerate(instances):
        instance.cli(f"dialplan set global WHO {number}")
    for number, instance in enumerate(instances):
        with ami(instance) as connection:
            assert connection.action("Getvar", Variable="WHO")["Value"] == str(number)


def test_log_contains(fresh_asterisk: FreshAsterisk) -> None:
    asterisk = fresh_asterisk("22")
    mark = asterisk.log_size()
    assert not asterisk.log_contains("a certain line", since=mark)
    with ami(asterisk) as connection:
        connection.action(
            "Originate", Channel="Local/wait@default", Application="Log", Data="NOTICE,a certain line", Async="true"
        )
        assert asterisk.log_contains("a certain line", since=mark, seconds=5)
    assert not asterisk.log_contains("a certain line", since=asterisk.log_size())


@BOTH
def test_tls_and_extra_configuration(version: str, fresh_asterisk: FreshAsterisk) -> None:
    options = Options(tls=True, append={"extensions.conf": "[extra]\nexten => x,1,NoOp()\n"})
    asterisk = fresh_asterisk(version, options)
    trusting = ssl.create_default_context(cafile=str(asterisk.certificate))
    with RawAmi(asterisk.host, asterisk.ami_tls_port, tls=trusting) as connection:
        assert connection.login()["Response"] == "Success"
    assert "NoOp" in asterisk.cli("dialplan show extra")


@BOTH
def test_without_ami(version: str, fresh_asterisk: FreshAsterisk) -> None:
    asterisk = fresh_asterisk(version, Options(ami_enabled=False))
    with pytest.raises(ConnectionRefusedError):
        RawAmi(asterisk.host, asterisk.ami_port)
    assert "No" in asterisk.cli("manager show settings")
    with RawAri(asterisk.ari_url) as client:
        assert client.get("/channels") == (200, [])


def test_a_configuration_it_cannot_start_with_is_reported(fresh_asterisk: FreshAsterisk) -> None:
    broken = Options(append={"modules.conf": "require = nosuchmodule.so\n"})
    with pytest.raises(LabError, match=r"(?s)Asterisk 22 ended while starting; its log's end.*nosuchmodule"):
        fresh_asterisk("22", broken)


def test_an_instance_whose_owner_died_is_swept(fresh_asterisk: FreshAsterisk) -> None:
    script = """
        import sys
        from bridge.lab import Asterisk
        print(Asterisk("22", name=sys.argv[1]).start().pid, flush=True)
        sys.stdin.read()
    """
    name = f"orphan-{os.getpid()}"
    words = [sys.executable, "-c", textwrap.dedent(script), name]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        owner.kill()
    orphan = Asterisk.attach(name)
    assert orphan.pid == pid
    fresh_asterisk("22")
    assert not orphan.running()
    assert not orphan.folder.exists()


def test_an_owner_that_ends_takes_it_along() -> None:
    name = f"ending-{os.getpid()}"
    script = f"from bridge.lab import Asterisk; Asterisk('22', name={name!r}).start()"
    subprocess.run([sys.executable, "-c", script], check=True)
    assert not registry.instance_folder(name).exists()


def test_command_line(tmp_path: Path) -> None:
    name = f"cli-{os.getpid()}"
    runner = CliRunner()
    (tmp_path / "extensions.conf").write_text("[from-file]\nexten => x,1,NoOp()\n")
    try:
        extra = str(tmp_path / "extensions.conf")
        started = runner.invoke(lab, ["start", "--version", "16", "--name", name, "--conf", extra])
        assert started.exit_code == 0, started.output
        asterisk = Asterisk.attach(name)
        assert f"127.0.0.1:{asterisk.ami_port}" in started.output
        again = runner.invoke(lab, ["start", "--name", name])
        assert again.exit_code == 1
        assert f"an instance named {name!r} runs already (pid {asterisk.pid})" in again.output
        known = json.loads(runner.invoke(lab, ["status", "--json"]).stdout)
        mine = next(each for each in known if each["name"] == name)
        assert (mine["running"], mine["ports"]["ami"], mine["app"]) == (True, asterisk.ami_port, "bridge")
        assert "Asterisk 16" in runner.invoke(lab, ["status"]).stdout
        shown = runner.invoke(lab, ["cli", "--name", name, "dialplan", "show", "from-file"])
        assert "NoOp" in shown.stdout
        assert "Asterisk 16" in runner.invoke(lab, ["logs", "--name", name]).stdout
        assert asterisk.pid is not None
        os.kill(asterisk.pid, signal.SIGKILL)
        assert asterisk.state.process is not None
        assert asterisk.state.process.wait_gone(5)
        assert f"{name}: Asterisk {asterisk.full_version}, not running" in runner.invoke(lab, ["status"]).stdout
    finally:
        assert runner.invoke(lab, ["stop", "--name", name]).exit_code == 0
    assert name not in runner.invoke(lab, ["status"]).stdout
    gone = runner.invoke(lab, ["stop", "--name", name])
    assert (gone.exit_code, f"no instance named {name!r}" in gone.output) == (1, True)
