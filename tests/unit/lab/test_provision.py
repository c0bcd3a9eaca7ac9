"""Finding Asterisk, and the parts of the fetch that need no network."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from bridge.lab import LabError, apt, provision
from bridge.lab.provision import BINARY_VARIABLE, CACHE_VARIABLE, cache_folder, unpacked, version_in


def fake_asterisk(prefix: Path, banner: str) -> Path:
    """A program that only knows -V, with the folders of an installation around it."""
    for name in ("sbin", "lib/asterisk/modules", "share/asterisk/sounds"):
        (prefix / name).mkdir(parents=True)
    program = prefix / "sbin" / "asterisk"
    program.write_text(f"#!/bin/sh\necho '{banner}'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ("Asterisk 22.10.1+dfsg+~cs6.17.60671434-1", "22.10.1+dfsg+~cs6.17.60671434-1"),
        ("Asterisk 16.28.0~dfsg-0+deb11u4\n", "16.28.0~dfsg-0+deb11u4"),
        ("Asterisk certified/20.7-cert1", "20.7-cert1"),
        ("Asterisk GIT-master-1a2b", None),
        ("", None),
    ],
)
def test_version_in(banner: str, version: str | None) -> None:
    assert version_in(banner) == version


def test_an_installed_asterisk_of_the_right_version_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = fake_asterisk(tmp_path / "usr", "Asterisk 16.30.1")
    monkeypatch.delenv(BINARY_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    found = provision("16")
    assert (found.version, found.full_version) == ("16", "16.30.1")
    assert found.command == (str(program),)
    assert found.modules == tmp_path / "usr/lib/asterisk/modules"
    assert found.data == tmp_path / "usr/share/asterisk"


def test_a_named_asterisk_that_does_not_run_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = fake_asterisk(tmp_path / "usr", "hello")
    monkeypatch.setenv(BINARY_VARIABLE, str(program))
    with pytest.raises(LabError, match="-V does not run: hello"):
        provision("22")
    monkeypatch.setenv(BINARY_VARIABLE, str(tmp_path / "usr/sbin/absent"))
    with pytest.raises(LabError, match="does not run"):
        provision("22")


def test_other_versions_have_no_recipe() -> None:
    with pytest.raises(LabError, match="no recipe for Asterisk 18: the lab knows 22 and 16"):
        provision("18")


def test_an_incomplete_root_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="is missing below"):
        unpacked(tmp_path)


def test_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert cache_folder("22") == tmp_path / "22"
    monkeypatch.delenv(CACHE_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder("22") == Path("/somewhere/ami-ari-bridge/lab/22")


def test_no_way_on_another_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    monkeypatch.setenv(BINARY_VARIABLE, str(fake_asterisk(tmp_path / "usr", "Asterisk 20.1.0")))
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(LabError, match=f"on riscv64: install Asterisk 22 yourself and name it in {BINARY_VARIABLE}"):
        provision("22")
    assert not (tmp_path / "22").exists()


def test_missing_tools_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda tool: None if tool.startswith("dpkg") else "/usr/bin/apt-get")
    with pytest.raises(LabError, match=r"and dpkg, dpkg-deb is not installed: install the package\(s\) dpkg,"):
        apt.require_tools()


def test_mirror_of_the_package_lists() -> None:
    listing = "Node\tNode\thttps://node.example/\nDebian\tDebian-Security\thttp://a.example/sec/\n"
    assert apt.mirror_in(listing) is None
    assert apt.mirror_in(listing + "Debian\tDebian\thttp://m.example/debian/\n") == "http://m.example/debian"


@pytest.mark.parametrize(
    ("text", "mirror"),
    [
        ("deb http://m.example/debian bookworm main\n", "http://m.example/debian"),
        ("deb [signed-by=/x.gpg] http://m.example/debian/ sid main\n", "http://m.example/debian"),
        ("Types: deb\nURIs: http://m.example/debian\nSuites: sid\n", "http://m.example/debian"),
        ("# deb http://m.example/debian sid main\n", None),
        ("deb http://m.example/debian-security bookworm-security main\n", None),
        ("deb http://m.example/ubuntu noble main\n", None),
    ],
)
def test_mirror_of_the_sources_files(text: str, mirror: str | None) -> None:
    assert apt.mirror_in_sources(text) == mirror


def test_mirrors_given_by_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(apt.MIRROR_VARIABLE, "http://a.example/debian/ http://b.example/old")
    assert apt.find_mirrors() == ["http://a.example/debian", "http://b.example/old"]


def test_the_keyring_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(apt.KEYRING_VARIABLE, str(tmp_path / "none.gpg"))
    with pytest.raises(LabError, match="install the package debian-archive-keyring"):
        apt.find_keyring()
    (tmp_path / "none.gpg").touch()
    assert apt.find_keyring() == tmp_path / "none.gpg"


def test_a_failed_fetch_leaves_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mirror that is an empty folder: apt fails at once, every suite is named, and nothing counts as fetched."""
    (tmp_path / "mirror").mkdir()
    (tmp_path / "cache" / "22" / "fetch-killed" / "root").mkdir(parents=True)
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv(BINARY_VARIABLE, str(fake_asterisk(tmp_path / "usr", "Asterisk 20.1.0")))
    monkeypatch.setenv(apt.MIRROR_VARIABLE, f"file:{tmp_path / 'mirror'}")
    with pytest.raises(LabError, match=r"(?s)apt-get update failed for forky.*failed for sid"):
        provision("22")
    assert [entry.name for entry in (tmp_path / "cache" / "22").iterdir()] == ["lock"]
