"""The configuration files of a lab instance, without starting one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.lab import AmiUser, AriUser, Installation, LabError, Options, Ports
from bridge.lab.configure import configuration, manager_conf, tone, write_instance

PORTS = Ports(ami=21001, ami_tls=21002, http=21003, https=21004, sip=21005, chan_sip=21006, iax=21007)
FOLDER = Path("/lab/one")


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    data = tmp_path / "share"
    (data / "sounds" / "en_US_f_Allison").mkdir(parents=True)
    (data / "sounds" / "en_US_f_Allison" / "hello-world.gsm").touch()
    (data / "sounds" / "recordings").symlink_to("/nowhere")
    (data / "documentation").mkdir()
    return Installation("22", "22.1.0", ("asterisk",), tmp_path / "modules", data)


def section(text: str, name: str) -> list[str]:
    _, _, rest = text.partition(f"[{name}]\n")
    return rest.partition("\n\n")[0].splitlines()


def test_every_directory_is_private_but_the_modules(installation: Installation) -> None:
    lines = configuration(FOLDER, installation, Options(), PORTS)["asterisk.conf"].splitlines()
    directories = dict(line.split(" => ") for line in lines if " => " in line)
    assert directories.pop("astmoddir") == str(installation.modules)
    assert len(directories) == 10
    assert all(path == "/lab/one" or path.startswith("/lab/one/") for path in directories.values())


def test_every_port_is_its_own_and_on_loopback(installation: Installation) -> None:
    texts = configuration(FOLDER, installation, Options(tls=True), PORTS)
    assert "port = 21001" in texts["manager.conf"]
    assert "tlsbindaddr = 127.0.0.1:21002" in texts["manager.conf"]
    assert "bindport = 21003" in texts["http.conf"]
    assert "tlsbindaddr = 127.0.0.1:21004" in texts["http.conf"]
    assert "bind = 127.0.0.1:21005" in texts["pjsip.conf"]
    assert "udpbindaddr = 127.0.0.1:21006" in texts["sip.conf"]
    assert "bindport = 21007" in texts["iax.conf"]
    assert not any("0.0.0.0" in text for text in texts.values())


def test_without_tls_no_certificate_is_named(installation: Installation) -> None:
    texts = configuration(FOLDER, installation, Options(), PORTS)
    assert "tls" not in texts["manager.conf"] + texts["http.conf"]


def test_users_keep_what_they_were_given() -> None:
    user = AmiUser(
        "x", "s3", read="call,user", write="", event_filters=("!Event: VarSet",), extra=("deny = 0.0.0.0/0",)
    )
    text = manager_conf(FOLDER, Options(ami_users=(user,)), PORTS)
    wanted = ["secret = s3", "read = call,user", "eventfilter = !Event: VarSet", "deny = 0.0.0.0/0"]
    assert section(text, "x") == wanted


def test_default_users_cover_the_kinds_of_rights() -> None:
    text = manager_conf(FOLDER, Options(), PORTS)
    assert section(text, "admin") == ["secret = secret", "read = all", "write = all"]
    assert section(text, "callonly") == ["secret = secret", "read = call", "write = call"]
    assert section(text, "readonly") == ["secret = secret", "read = all"]
    assert section(text, "noperms") == ["secret = secret"]
    assert "webenabled = yes" in text


def test_ami_can_be_off(installation: Installation) -> None:
    text = configuration(FOLDER, installation, Options(ami_enabled=False), PORTS)["manager.conf"]
    assert "\nenabled = no\n" in text


def test_ari_users(installation: Installation) -> None:
    options = Options(ari_users=(AriUser("a", "b"), AriUser("r", "p", read_only=True)))
    text = configuration(FOLDER, installation, options, PORTS)["ari.conf"]
    assert "read_only = no" in section(text, "a")
    assert section(text, "r") == ["type = user", "password = p", "password_format = plain", "read_only = yes"]


def test_files_are_appended_to_and_replaced(installation: Installation) -> None:
    options = Options(
        append={"extensions.conf": "[more]\n", "new.conf": "[new]\n"}, replace={"queues.conf": "[general]\n"}
    )
    texts = configuration(FOLDER, installation, options, PORTS)
    assert texts["extensions.conf"].endswith("\n[more]\n")
    assert "exten => wait,1,Answer()" in texts["extensions.conf"]
    assert texts["queues.conf"] == "[general]\n"
    assert "[new]" in texts["new.conf"]


@pytest.mark.parametrize("name", ["../evil.conf", "/etc/passwd", "plain.txt"])
def test_extra_files_stay_in_the_folder(name: str) -> None:
    with pytest.raises(LabError, match="plain file name"):
        Options(append={name: ""})


def test_secrets_are_not_shown() -> None:
    assert "hush" not in repr(AmiUser("a", "hush"))
    assert "hush" not in repr(AriUser("a", "hush"))


def test_verbose_lines_can_be_left_out(installation: Installation) -> None:
    assert "verbose(3)" in configuration(FOLDER, installation, Options(), PORTS)["logger.conf"]
    assert "verbose" not in configuration(FOLDER, installation, Options(verbose=0), PORTS)["logger.conf"]


def test_instance_folder(tmp_path: Path, installation: Installation) -> None:
    folder = tmp_path / "one"
    for _ in range(2):  # writing again is harmless
        write_instance(folder, installation, Options(), PORTS)
    assert (folder / "data" / "sounds" / "en" / "hello-world.gsm").exists()
    assert (folder / "data" / "sounds" / "lab" / "tone-1s.sln").stat().st_size == 16_000
    assert not (folder / "data" / "sounds" / "recordings").is_symlink()
    assert (folder / "data" / "documentation").is_symlink()
    assert (folder / "spool" / "recording").is_dir()
    assert (folder / "etc" / "manager.conf").stat().st_mode & 0o777 == 0o600


def test_tone_is_16_bit_at_8_khz_and_quiet() -> None:
    samples = memoryview(tone(2)).cast("h")
    assert len(samples) == 16_000
    assert 3900 < max(samples) <= 4000
