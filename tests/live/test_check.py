"""`check --connect` and `explain --connect` before a real Asterisk of each version."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bridge.cli import main
from bridge.lab import Asterisk
from tests.harness.asterisk import ari


def invoke(tmp_path: Path, asterisk: Asterisk, *arguments: str, user: str = "bridge", password: str = "") -> Result:
    config = tmp_path / "bridge.yaml"
    config.write_text(
        f"listen: 127.0.0.1:0\nami: {asterisk.host}:{asterisk.ami_port}\n"
        f"ari: {asterisk.ari_url}\nuser: {user}:{password or asterisk.ari_users[user].password}\napp: check-free\n"
    )
    return CliRunner().invoke(main, [arguments[0], "--config", str(config), "--connect", *arguments[1:]])


def test_all_is_well(asterisk: Asterisk, tmp_path: Path) -> None:
    result = invoke(tmp_path, asterisk, "check")
    assert result.exit_code == 0, result.output
    assert "ok: AMI: " in result.output
    assert f"answers as Asterisk {asterisk.version}" in result.output
    assert "ok: ARI: the user bridge may write" in result.output
    assert "ok: check-free: the application is free" in result.output
    assert ("ok: ARI: requests can travel over" in result.output) == (asterisk.version == "22")


def test_a_user_who_may_only_read(asterisk: Asterisk, tmp_path: Path) -> None:
    assert "warning: ARI: the user reader is read-only" in invoke(tmp_path, asterisk, "check", user="reader").output


def test_a_wrong_password(asterisk: Asterisk, tmp_path: Path) -> None:
    result = invoke(tmp_path, asterisk, "check", password="wrong")
    assert result.exit_code == 1
    assert "error: ARI: Asterisk does not know the user bridge with this password" in result.output


def test_explain_knows_the_channels_that_are_there(asterisk: Asterisk, tmp_path: Path) -> None:
    with ari(asterisk) as client:
        status, channel = client.post("/channels", endpoint="Local/wait@default", extension="wait", context="default")
        assert status == 200
        result = invoke(tmp_path, asterisk, "explain", "Hangup", f"Channel={channel['name']}", "Cause=16")
    assert result.exit_code == 0, result.output
    assert f"request   DELETE /channels/{channel['id']}" in result.output


@pytest.mark.parametrize("command", ["check", "explain"])
def test_nobody_is_there(tmp_path: Path, command: str) -> None:
    config = tmp_path / "bridge.yaml"
    config.write_text("listen: 127.0.0.1:0\nami: 127.0.0.1:1\nari: http://127.0.0.1:1\nuser: a:b\napp: c\n")
    arguments = [command, "--config", str(config), "--connect", *(["Ping"] if command == "explain" else [])]
    assert CliRunner().invoke(main, arguments).exit_code == 3
