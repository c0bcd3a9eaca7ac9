"""The session's promises, on real Asterisks: order, barrier, rights, events of ours, reload, PROXY, TLS, limits."""

from __future__ import annotations

import re
import signal
import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bridge.lab import VERSIONS, AmiUser, Asterisk, Options
from tests.harness.asterisk import ami
from tests.harness.bridge_process import BridgeProcess
from tests.harness.raw_ami import RawAmi
from tests.live.conftest import MakeBridge

ARI = {"plan": "ari-first"}
# Ids that the bridge chose: Asterisk itself counts from 0.
OURS = re.compile(r"\.1\d{9}$")
CLIENTS: list[RawAmi] = []


@pytest.fixture(autouse=True)
def _hang_up_at_the_end() -> Iterator[None]:
    yield
    while CLIENTS:
        CLIENTS.pop().close()


def connect(process: BridgeProcess, tls: ssl.SSLContext | None = None) -> RawAmi:
    client = RawAmi(process.host, process.ami_port, tls=tls)
    CLIENTS.append(client)
    return client


def login(process: BridgeProcess, user: str = "admin", events: str = "off") -> RawAmi:
    client = connect(process)
    client.login(user, "secret", events=events)
    return client


def live(make: MakeBridge, asterisk: Asterisk, **settings: Any) -> BridgeProcess:
    process = make(asterisk, {**ARI, **settings})
    assert process.log_contains("ARI is live", seconds=10)
    return process


def originate(client: RawAmi, *, number: str = "77", target: str = "wait", asynchronous: bool = False) -> Any:
    return client.action(
        "Originate",
        ("Channel", f"Local/{target}@default/n"),
        ("Application", "Stasis"),
        ("Data", "bridge,a"),
        ("CallerID", number),
        ("Async", "true" if asynchronous else "false"),
        timeout=15,
    )


def test_answers_keep_their_order_over_both_ways(asterisk: Asterisk, bridge: MakeBridge) -> None:
    client = login(live(bridge, asterisk))
    assert originate(client).get("Response") == "Success"
    name = client.collect_list("CoreShowChannels")[1][0].get("Channel")
    sent = []
    for number in range(200):
        action = ("Getvar", "Ping", "CoreStatus", "Status")[number % 4]
        extra = f"Channel: {name}\r\nVariable: CHANNEL(name)\r\n" if action in ("Getvar", "Status") else ""
        sent.append(f"n{number}")
        client.send(f"Action: {action}\r\nActionID: n{number}\r\n{extra}\r\n".encode())
    got: list[str | None] = []
    while len(got) < len(sent):
        message = client.read_message()
        if message.get("Response"):
            assert message.get("Response") == "Success"
            got.append(message.get("ActionID"))
    assert got == sent


def test_the_action_really_went_over_ari(asterisk: Asterisk, bridge: MakeBridge) -> None:
    process = live(bridge, asterisk)
    client = login(process)
    assert originate(client).get("Response") == "Success"
    with ami(asterisk) as native:
        ids = {item["Uniqueid"] for item in native.collect_list("CoreShowChannels")[1]}
    assert any(OURS.search(one) for one in ids), "the bridge chooses the id of what it originates over ARI"


@pytest.mark.parametrize("user", ["readonly", "noperms", "callonly"])
def test_rights_do_not_widen(asterisk: Asterisk, bridge: MakeBridge, user: str) -> None:
    process = live(bridge, asterisk)
    ours = login(process, user)
    with ami(asterisk, user) as native, ami(asterisk) as admin:
        for action, headers in (
            ("Originate", [("Channel", "Local/wait@default"), ("Application", "Stasis"), ("Data", "bridge")]),
            ("Setvar", [("Variable", "G"), ("Value", "1")]),
            ("ModuleCheck", [("Module", "res_ari")]),
            ("CoreSettings", []),
            ("Hangup", [("Channel", "none")]),
            ("Ping", []),
        ):
            expected = native.action(action, *headers)
            got = ours.action(action, *headers)
            assert (got.get("Response"), got.get("Message")) == (expected.get("Response"), expected.get("Message"))
        assert admin.action("Ping").get("Ping") == "Pong"


@pytest.mark.parametrize("function", ["DB(f/k)", "SHELL(id)", "FILE(/etc/hostname)", "ENV(PATH)"])
def test_dangerous_functions_stay_refused(asterisk: Asterisk, bridge: MakeBridge, function: str) -> None:
    client = login(live(bridge, asterisk))
    originate(client)
    names = [item["Channel"] for item in client.collect_list("CoreShowChannels")[1]]
    name = next(name for name in names if name.endswith(";1"))
    with ami(asterisk) as native:
        for headers in (
            [("Channel", name), ("Variable", function), ("Value", "x")],
            [("Variable", function), ("Value", "x")],
        ):
            expected = native.action("Setvar", *headers)
            got = client.action("Setvar", *headers)
            assert (got.get("Response"), got.get("Message")) == (expected.get("Response"), expected.get("Message"))
            expected = native.action("Getvar", *headers[:-1])
            got = client.action("Getvar", *headers[:-1])
            assert (got.get("Response"), got.get("Value")) == (expected.get("Response"), expected.get("Value"))
    assert "f/k" not in asterisk.cli("database show f").replace("/f/k", "f/k")


def test_originate_response_reaches_whom_it_would(asterisk: Asterisk, bridge: MakeBridge) -> None:
    process = live(bridge, asterisk)
    asker = login(process, events="off")
    listener = login(process, "callonly", events="on")
    user_only = login(process, "admin", events="user")
    answer = originate(asker, asynchronous=True)
    assert answer.get("Response") == "Success"
    event = listener.wait_event("OriginateResponse", timeout=10)
    assert event.get("Reason") == "4"
    assert event.get("ActionID") == answer.get("ActionID")
    assert any(before.get("Event") == "Newchannel" for before in listener.events)
    for silent in (asker, user_only):
        assert silent.action("Ping").get("Ping") == "Pong"
        assert not any(before.get("Event") == "OriginateResponse" for before in silent.events)
    assert listener.action("Ping").get("Ping") == "Pong"
    assert sum(before.get("Event") == "OriginateResponse" for before in listener.events) <= 1


def test_a_client_that_leaves_at_once_is_still_served(asterisk: Asterisk, bridge: MakeBridge) -> None:
    process = live(bridge, asterisk)
    with socket.create_connection(process.address) as sock:
        sock.sendall(
            b"Action: Login\r\nUsername: admin\r\nSecret: secret\r\nEvents: off\r\n\r\n"
            b"Action: Originate\r\nChannel: Local/wait@default/n\r\nApplication: Stasis\r\nData: bridge\r\n\r\n"
        )
        sock.shutdown(socket.SHUT_WR)
        data = b"".join(iter(lambda: sock.recv(65536), b""))
    assert data.count(b"Response: Success") == 2
    assert "Stasis" in asterisk.cli("core show channels concise")


def test_reload_changes_the_plan_or_nothing(asterisk: Asterisk, bridge: MakeBridge) -> None:
    process = live(bridge, asterisk)
    client = login(process)
    good = process.config.read_text()
    mark = process.log_size()
    process.config.write_text(good.replace("plan: ari-first", "plan: ari-fist"))
    process.signal(signal.SIGHUP)
    assert process.log_contains("reload refused", since=mark, seconds=10)
    mark = process.log_size()
    process.config.write_text(good.replace("plan: ari-first", "plan: observe"))
    process.signal(signal.SIGHUP)
    assert process.log_contains("reloaded: plan observe", since=mark, seconds=10)
    assert originate(client).get("Response") == "Success"
    with ami(asterisk) as native:
        ids = {item["Uniqueid"] for item in native.collect_list("CoreShowChannels")[1]}
    assert not any(OURS.search(one) for one in ids)


def test_ari_away_means_ami(fresh_asterisk: Any, bridge: MakeBridge) -> None:
    asterisk = fresh_asterisk("22")
    process = bridge(asterisk, {**ARI, "ari": "http://127.0.0.1:9"})
    client = login(process)
    assert client.action("Getvar", ("Variable", "X")).get("Response") == "Success"
    assert originate(client).get("Response") == "Success"


def _proxy_header(address: str, port: int) -> bytes:
    body = socket.inet_aton(address) + socket.inet_aton("127.0.0.1") + struct.pack("!HH", port, 5038)
    return b"\r\n\r\n\x00\r\nQUIT\n" + struct.pack("!BBH", 0x21, 0x11, len(body)) + body


def test_proxy_protocol_tells_the_callers_address(asterisk: Asterisk, bridge: MakeBridge) -> None:
    process = bridge(asterisk, start=False)
    text = process.config.read_text().replace(
        f"listen: 127.0.0.1:{process.ami_port}",
        f"listen:\n- address: 127.0.0.1:{process.ami_port}\n  proxy_protocol: true\n  deny: [192.0.2.66]",
    )
    process.config.write_text(text)
    process.start()
    with socket.create_connection(process.address, timeout=10) as sock:
        sock.sendall(_proxy_header("192.0.2.7", 4711) + b"Action: Logoff\r\n\r\n")
        assert b"Thanks for all the fish" in b"".join(iter(lambda: sock.recv(65536), b""))
    assert process.log_contains("connected from 192.0.2.7", seconds=5)
    for opening in (_proxy_header("192.0.2.66", 1), b"Action: Ping\r\nActionID: 1\r\n\r\n"):
        with socket.create_connection(process.address, timeout=10) as sock:
            sock.sendall(opening)
            with suppress(ConnectionResetError):
                assert sock.recv(100) == b""
    assert process.log_contains("192.0.2.66 refused", seconds=5)
    assert process.log_contains("no PROXY v2 signature", seconds=5)


def test_tls_both_ways(fresh_asterisk: Any, bridge: MakeBridge, tmp_path: Path) -> None:
    asterisk = fresh_asterisk("22", Options(tls=True))
    process = bridge(asterisk, start=False)
    pem = asterisk.certificate
    text = process.config.read_text().replace(
        f"listen: 127.0.0.1:{process.ami_port}",
        f"listen:\n- address: 127.0.0.1:{process.ami_port}\n  tls: {{cert: {pem}, key: {pem.with_suffix('.key')}}}",
    )
    text = text.replace(
        f"ami: 127.0.0.1:{asterisk.ami_port}",
        f"ami: {{address: '127.0.0.1:{asterisk.ami_tls_port}', tls: {{verify: false}}}}",
    )
    secure = f"{{url: 'https://127.0.0.1:{asterisk.ports.https}', tls: {{verify: false}}}}"
    text = text.replace(f"ari: {asterisk.ari_url}", f"ari: {secure}")
    process.config.write_text(text)
    process.start()
    assert process.log_contains("ARI is live", seconds=10)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    client = connect(process, context)
    client.login("admin", "secret")
    assert client.action("Ping").get("Ping") == "Pong"
    assert client.action("Command", ("Command", "core show applications"), timeout=10).get("Response") == "Success"


def test_limits(asterisk: Asterisk, bridge: MakeBridge) -> None:
    process = bridge(asterisk, {"limits": {"clients": 3, "per_user": 1, "login_timeout": "2s"}})
    first = login(process)
    second = connect(process)
    reply = second.action("Login", ("Username", "admin"), ("Secret", "secret"), timeout=5)
    assert reply.get("Response") == "Error"
    idle = connect(process)
    idle.read_eof(timeout=5)
    assert first.action("Ping").get("Ping") == "Pong"
    assert process.log_contains("no login within 2 s", seconds=5)


def test_compared_reads_answer_as_ami_and_are_judged(asterisk: Asterisk, bridge: MakeBridge) -> None:
    process = bridge(asterisk, {"plan": "reads-compared"})
    assert process.log_contains("ARI is live", seconds=10)
    client = login(process)
    assert originate(client).get("Response") == "Success"
    with ami(asterisk) as native:
        name = native.collect_list("CoreShowChannels")[1][0]["Channel"]
        for variable in ("CHANNEL(name)", "nosuch", "EXTEN"):
            headers = [("ActionID", "x"), ("Channel", name), ("Variable", variable)]
            assert client.action("Getvar", *headers).as_dict() == native.action("Getvar", *headers).as_dict()
        ours, theirs = client.collect_list("CoreShowChannels"), native.collect_list("CoreShowChannels")
        assert sorted(i["Uniqueid"] for i in ours[1]) == sorted(i["Uniqueid"] for i in theirs[1])
    process.stop()
    assert process.log_contains("getvar match 3")
    assert process.log_contains("getvar compare 3")


def test_asterisk_can_see_the_clients_own_address(asterisk: Asterisk, bridge: MakeBridge) -> None:
    process = bridge(asterisk, {"ami": {"address": f"127.0.0.1:{asterisk.ami_port}", "source": "client"}})
    with socket.create_connection(process.address, timeout=10, source_address=("127.0.0.9", 0)) as sock:
        sock.sendall(b"Action: Login\r\nUsername: admin\r\nSecret: secret\r\nEvents: off\r\n\r\n")
        data = b""
        while b"accepted" not in data:
            data += sock.recv(4096)
        assert "127.0.0.9" in asterisk.cli("manager show connected")


def test_several_addresses_ipv6_among_them(asterisk: Asterisk, bridge: MakeBridge) -> None:
    process = bridge(asterisk, start=False)
    port = process.ami_port
    text = process.config.read_text().replace(
        f"listen: 127.0.0.1:{port}", f"listen: [{{address: '127.0.0.1:{port}'}}, {{address: '[::1]:{port}'}}]"
    )
    process.config.write_text(text)
    process.start()
    for host in ("127.0.0.1", "::1"):
        with socket.create_connection((host, port), timeout=10) as sock:
            sock.sendall(b"Action: Logoff\r\n\r\n")
            assert b"Thanks for all the fish" in b"".join(iter(lambda: sock.recv(65536), b""))


FORBIDDEN = [
    [("Application", "System"), ("Data", "true")],
    [("Application", "TrySystem"), ("Data", "true")],
    [("Application", "Exec"), ("Data", "System(true)")],
    [("Application", "EAGI"), ("Data", "x")],
    [("Application", "Stasis"), ("Data", "bridge,${SHELL(true)}")],
    [("Application", "Stasis"), ("Data", "bridge,EVAL(x)")],
]


@pytest.mark.parametrize("version", VERSIONS)
def test_dangerous_applications_stay_refused(fresh_asterisk: Any, bridge: MakeBridge, version: str) -> None:
    users = (AmiUser("admin"), AmiUser("dialer", read="all", write="originate,call,reporting"))
    asterisk = fresh_asterisk(version, Options(ami_users=users))
    process = live(bridge, asterisk)
    client = login(process, "dialer")
    with ami(asterisk, "dialer") as native:
        for headers in FORBIDDEN:
            action = [("ActionID", "x"), ("Channel", "Local/wait@default/n"), *headers]
            expected = native.action("Originate", *action, timeout=15)
            assert client.action("Originate", *action, timeout=15).as_dict() == expected.as_dict(), headers
            assert expected["Response"] == "Error"


@pytest.mark.parametrize("version", VERSIONS)
def test_an_originates_variables_do_what_ami_lets_them(fresh_asterisk: Any, bridge: MakeBridge, version: str) -> None:
    asterisk = fresh_asterisk(version, None)
    client = login(live(bridge, asterisk))
    with ami(asterisk) as native:
        for where, key in ((native, "native"), (client, "ours")):
            answer = where.action(
                "Originate",
                ("Channel", "Local/wait@default/n"),
                ("Application", "Stasis"),
                ("Data", "bridge"),
                ("Variable", f"DB(probe/{key})=1"),
                timeout=15,
            )
            assert answer["Response"] == "Success"
    kept = asterisk.cli("database show probe")
    assert ("/probe/native" in kept) == ("/probe/ours" in kept)
