"""Which instances there are, whose they are, and whether they live."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.lab import AMI_USERS, ARI_USERS, Asterisk, LabError, Ports, registry
from bridge.lab.processes import Process, process
from bridge.lab.registry import RUNTIME_VARIABLE, State


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "run"
    monkeypatch.setenv(RUNTIME_VARIABLE, str(folder))
    monkeypatch.setattr(registry, "_LONGEST_FOLDER", 4096)
    return folder


def state(name: str, **changes: Process | None) -> State:
    folder = registry.instance_folder(name)
    folder.mkdir(exist_ok=True)
    made = State(name, "22", "22.1", folder, Ports(ami=1), AMI_USERS, ARI_USERS)
    made = replace(made, **changes)  # type: ignore[arg-type]
    registry.save(made)
    return made


def ended() -> Process:
    """A process that is gone."""
    with subprocess.Popen(["sleep", "60"]) as child:
        found = process(child.pid)
        assert found is not None
        child.kill()
        child.wait()
    return found


def test_a_state_survives_its_file() -> None:
    made = state("one", process=Process(1, 2), owner=Process(3, 4))
    assert registry.load(made.folder) == made
    assert (made.folder / registry.STATE_FILE).stat().st_mode & 0o777 == 0o600
    assert registry.instances() == [made]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "x"}'])
def test_a_broken_state_file_counts_as_none(text: str) -> None:
    made = state("one")
    (made.folder / registry.STATE_FILE).write_text(text)
    assert registry.load(made.folder) is None
    assert registry.instances() == []


def test_the_runtime_folder_is_private(runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert registry.runtime_folder() == runtime
    assert runtime.stat().st_mode & 0o777 == 0o700
    (tmp_path / "link").symlink_to(runtime)
    monkeypatch.setenv(RUNTIME_VARIABLE, str(tmp_path / "link"))
    with pytest.raises(LabError, match="not a folder of this user"):
        registry.runtime_folder()


@pytest.mark.parametrize("name", ["", "../x", "a/b", "-x", "x" * 41, "a b"])
def test_names_are_plain(name: str) -> None:
    with pytest.raises(LabError, match="an instance name is"):
        registry.instance_folder(name)


def test_a_folder_too_long_for_the_control_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_LONGEST_FOLDER", 10)
    with pytest.raises(LabError, match="too long for Asterisk's control socket"):
        registry.instance_folder("one")


def test_a_reused_pid_is_not_our_process() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        found = process(child.pid)
        assert found is not None
        assert found.alive()
        assert not replace(found, started=found.started + 1).alive()
        assert not found.wait_gone(0)
        child.kill()
        assert found.wait_gone(5)
        assert not found.alive()  # a zombie until it is reaped
    assert process(found.pid) is None
    assert found.wait_gone(5)


def test_the_sweep_takes_what_was_abandoned_and_nothing_else() -> None:
    with subprocess.Popen(["sleep", "60"]) as orphan:
        ours = state("ours", owner=process(1))
        daemon = state("daemon", process=ended())
        state("abandoned", owner=ended(), process=process(orphan.pid))
        assert registry.sweep() == ["abandoned"]
        assert orphan.wait(5) == -9
    assert registry.instances() == [daemon, ours]


def test_attach_needs_a_name_that_exists() -> None:
    with pytest.raises(LabError, match="no instance named 'nobody'"):
        Asterisk.attach("nobody")
    made = state("one", process=ended())
    found = Asterisk.attach("one")
    assert (found.pid, found.ami_port, found.folder) == (None, 1, made.folder)
    assert found.users["callonly"].write == "call"
    assert "secret" not in repr(found)


def test_before_the_start_there_is_nothing_to_tell() -> None:
    with pytest.raises(LabError, match="was not started"):
        _ = Asterisk(name="one").ami_port
