"""The configuration as values: short forms, long forms, examples, secrets, reload."""

from __future__ import annotations

import ipaddress
import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.config import docs
from bridge.config.docs import settings
from bridge.config.load import load_config, parse_config
from bridge.config.model import Config
from bridge.config.reload import diff
from bridge.config.tls import listen_context, tls_problems, upstream_context
from bridge.config.types import Address, Secret
from bridge.errors import Problem, ProblemsFound
from bridge.mapping.load import load_file
from bridge.mapping.nodes import plain_value

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
MINIMAL = (EXAMPLES / "minimal.yaml").read_text()


def config_of(*lines: str, without: str = "") -> Config:
    kept = [line for line in MINIMAL.splitlines() if not (without and line.startswith(without))]
    return parse_config("\n".join([*kept, *lines]).encode())


@pytest.fixture
def full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the full example with the files that it names."""
    shutil.copy(EXAMPLES / "full.yaml", tmp_path)
    (tmp_path / "tls").mkdir()
    (tmp_path / "mappings.d").mkdir()
    for name in ("bridge.pem", "bridge.key", "clients-ca.pem", "asterisk-ca.pem"):
        (tmp_path / "tls" / name).write_text("not a certificate")
    (tmp_path / "tls" / "service.secret").write_text("from-a-file\r\nsecond line\n")
    monkeypatch.setenv("ARI_PASSWORD", "from-the-environment")
    return tmp_path / "full.yaml"


def test_minimal_example_has_every_default() -> None:
    config = load_config(EXAMPLES / "minimal.yaml")
    assert config.listen[0].address == Address("127.0.0.1", 5038)
    assert config.ami.address == Address("127.0.0.1", 5039)
    assert config.ari.rest_url == "http://127.0.0.1:8088/ari"
    assert (config.user.name, config.user.password.reveal()) == ("bridge", "secret")
    assert config.app == ("bridge",)
    assert (config.plan, config.upstream, config.mappings, dict(config.users)) == ("observe", "session", (), {})
    lines = [line for line in MINIMAL.splitlines() if not line.startswith("#")]
    assert lines == docs.MINIMAL.splitlines()
    assert len(lines) == 5


def test_full_example(full: Path) -> None:
    config = load_config(full)
    assert config.user.password.reveal() == "from-the-environment"
    assert config.ami.service is not None
    assert config.ami.service.password.reveal() == "from-a-file"
    assert config.listen[1].address == Address("::1", 5039)
    assert config.listen[1].tls is not None
    assert config.listen[1].tls.cert == full.parent / "tls" / "bridge.pem"
    assert config.listen[0].proxy_protocol.trusted == (ipaddress.ip_network("127.0.0.1/32"),)
    assert config.ari.reconnect.min == 0.2
    assert config.limits.buffer_bytes == 4 * 1024 * 1024
    assert config.log.file == full.parent / "bridge.log"
    assert config.users["crm"].permit == (ipaddress.ip_network("10.20.0.0/16"),)


def test_full_example_shows_every_setting(full: Path) -> None:
    problems: list[Any] = []
    node = load_file(full, problems)
    assert node is not None
    shown: set[str] = set()

    def walk(value: Any, path: str) -> None:
        shown.add(path)
        if isinstance(value, dict):
            for key, item in value.items():
                walk(item, f"{path}.{key}".lstrip("."))
        elif isinstance(value, list):
            for item in value:
                walk(item, f"{path}[]")

    walk(plain_value(node), "")
    named = {item.path.replace("<name>", "crm") for item in settings()}
    assert named <= shown


def test_no_secret_is_ever_shown(full: Path) -> None:
    config = load_config(full)
    for text in (repr(config), str(config), repr(config.user), str(config.user.password), f"{config.user.password}"):
        assert "from-the-environment" not in text
        assert "from-a-file" not in text
    assert "***" in repr(config.user)
    assert "from-the-environment" not in repr(asdict(config.user))
    with pytest.raises(TypeError):
        json.dumps({"password": config.user.password})
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


def test_everything_is_frozen(full: Path) -> None:
    def walk(value: Any) -> None:
        if is_dataclass(value) and not isinstance(value, type):
            assert value.__dataclass_params__.frozen  # type: ignore[attr-defined]  # set by @dataclass
            for name in value.__dataclass_fields__:
                walk(getattr(value, name))
        else:
            assert not isinstance(value, list | dict | set)

    walk(load_config(full))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://h:8088", "http://h:8088/ari"),
        ("http://h:8088/", "http://h:8088/ari"),
        ("http://h:8088/ari", "http://h:8088/ari"),
        ("http://h:8088/ari/", "http://h:8088/ari"),
        ("https://h/asterisk", "https://h/asterisk/ari"),
        ("https://[::1]:8089/asterisk/ari", "https://[::1]:8089/asterisk/ari"),
    ],
)
def test_ari_url_forms(url: str, expected: str) -> None:
    assert config_of(f"ari: '{url}'", without="ari").ari.rest_url == expected


def test_one_item_stands_for_a_list_and_a_value_for_its_block() -> None:
    config = parse_config(
        b"listen: {address: '[::1]:0', permit: 10.1.2.3, proxy_protocol: true}\n"
        b"ami: {address: pbx.example:5038, tls: true}\nari: http://h:1\n"
        b"user: {name: n, password: p:q}\napp: [a, b]\n"
    )
    assert config.listen[0].permit == (ipaddress.ip_network("10.1.2.3/32"),)
    assert config.listen[0].proxy_protocol.enabled
    assert config.app == ("a", "b")
    assert config.ami.tls is not None
    assert config.ami.tls.verify
    assert config.user.password.reveal() == "p:q"
    assert str(config.listen[0].address) == "[::1]:0"


def test_durations_and_sizes() -> None:
    config = config_of("limits: {buffer_bytes: 64KiB, login_timeout: 500ms, write_timeout: 0}")
    assert config.limits.buffer_bytes == 65536
    assert config.limits.login_timeout == 0.5
    assert config.limits.write_timeout == 0
    config = parse_config(
        MINIMAL.replace("http://127.0.0.1:8088", "{url: 'http://h:1', request_timeout: 1.5m}").encode()
    )
    assert config.ari.request_timeout == 90


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ProblemsFound) as caught:
        load_config(tmp_path / "nowhere.yaml")
    assert str(caught.value).endswith("cannot be read: No such file or directory (the file does not exist)")
    with pytest.raises(ProblemsFound, match="cannot be read"):
        load_config(tmp_path)


def test_secret_file_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"\xff\n")
    text = MINIMAL.replace("bridge:secret", "{name: bridge, password: {file: secret}}")
    with pytest.raises(ProblemsFound, match="it is not UTF-8"):
        parse_config(text.encode(), "bridge.yaml", tmp_path)


def test_reload_takes_over_what_it_can() -> None:
    old = config_of()
    new = config_of("plan: ari-first", "limits: {clients: 5}", "log: {level: debug}", "users: {crm: {deny: 0.0.0.0/0}}")
    assert diff(old, new) == []
    permit = parse_config(MINIMAL.replace("127.0.0.1:5038", "{address: 127.0.0.1:5038, permit: 10.0.0.0/8}").encode())
    assert diff(old, permit) == []


def test_reload_names_what_needs_a_restart_without_secrets() -> None:
    old = config_of()
    new = parse_config(
        b"listen: [127.0.0.1:1, 127.0.0.1:2]\nami: {address: other:5038, tls: true}\nari: http://h:1\n"
        b"user: bridge:changed\napp: [bridge, other]\nlog: {format: json}\n"
    )
    assert diff(old, new) == [
        "listen: [127.0.0.1:5038] -> [127.0.0.1:1, 127.0.0.1:2]",
        "ami.address: 127.0.0.1:5039 -> other:5038",
        "ami.tls: none -> " + str(new.ami.tls),
        "ari.url: http://127.0.0.1:8088 -> http://h:1",
        "user.password: Secret(***) -> Secret(***)",
        "app: [bridge] -> [bridge, other]",
        "log.format: text -> json",
    ]
    moved = parse_config(MINIMAL.replace("127.0.0.1:5038", "127.0.0.1:6038").encode())
    assert diff(old, moved) == ["listen[0].address: 127.0.0.1:5038 -> 127.0.0.1:6038"]


def test_certificates_that_are_none(full: Path) -> None:
    told = [str(problem) for problem in tls_problems(load_config(full))]
    folder = full.parent / "tls"
    named = ["bridge.pem", "asterisk-ca.pem", "asterisk-ca.pem"]
    assert [text.split(": ")[0] for text in told] == [f"{folder}/{name}" for name in named]


def test_tls_contexts(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to make a certificate")
    subprocess.run([*command, "-keyout", key, "-out", cert, "-subj", "/CN=localhost"], check=True, capture_output=True)
    text = MINIMAL.replace(
        "127.0.0.1:5038", f"{{address: 127.0.0.1:5038, tls: {{cert: {cert}, key: {key}, client_ca: {cert}}}}}"
    ).replace("127.0.0.1:5039", f"{{address: 127.0.0.1:5039, tls: {{ca: {cert}, verify: false}}}}")
    config = parse_config(text.encode())
    assert tls_problems(config) == []
    assert config.listen[0].tls is not None
    assert listen_context(config.listen[0].tls).verify_mode.name == "CERT_REQUIRED"
    assert upstream_context(config.ami.tls).verify_mode.name == "CERT_NONE"
    assert upstream_context(None).check_hostname
    key.write_text("nothing")
    assert "cannot be used" in str(tls_problems(config)[0])


@given(st.text())
def test_addresses_round_trip_or_are_refused(text: str) -> None:
    try:
        address = Address.parse(text)
    except ValueError:
        return
    assert Address.parse(str(address)) == address


@given(st.binary(max_size=300))
def test_any_bytes_give_a_config_or_problems(data: bytes) -> None:
    with pytest.raises(ProblemsFound) as caught:
        parse_config(data)
    assert caught.value.problems


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
_BLOCKS = st.lists(_SCALARS, max_size=3) | st.dictionaries(st.text(max_size=8), _SCALARS, max_size=3)
_NESTED = st.lists(_BLOCKS, max_size=3) | st.dictionaries(st.text(max_size=8), _BLOCKS, max_size=3)
_VALUES = _SCALARS | _BLOCKS | _NESTED


@given(
    st.dictionaries(st.sampled_from(["listen", "ami", "ari", "user", "app", "plan", "users", "limits", "log"]), _VALUES)
)
def test_any_values_give_a_config_or_problems(values: dict[str, Any]) -> None:
    problems: Sequence[Problem] = ()
    try:
        parse_config(json.dumps(values).encode())
    except ProblemsFound as error:
        problems = error.problems
    assert all(problem.line for problem in problems)
