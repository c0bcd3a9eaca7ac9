"""What clients see, and what is left behind, when Asterisk or a client misbehaves. docs/operations.md lists these."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from bridge.lab import VERSIONS, Asterisk
from tests.conftest import FreshAsterisk
from tests.harness.asterisk import Options, ami
from tests.harness.bridge_process import BridgeProcess
from tests.harness.byte_player import reset
from tests.harness.raw_ami import RawAmi
from tests.live.conftest import MakeBridge

pytestmark = pytest.mark.live

SECONDS = 10.0
CROWD = 200


@pytest.fixture(params=VERSIONS, ids=lambda version: f"asterisk{version}")
def own(request: pytest.FixtureRequest, fresh_asterisk: FreshAsterisk) -> Asterisk:
    """An Asterisk that the test may kill, of each version."""
    return fresh_asterisk(request.param)


def client(bridge: BridgeProcess, events: str | None = "off") -> RawAmi:
    """A logged-in client of the bridge."""
    connection = RawAmi(*bridge.address)
    assert connection.login(events=events)["Response"] == "Success"
    return connection


def settled(bridge: BridgeProcess, descriptors: int) -> bool:
    """Whether the bridge comes back to holding so many descriptors: no socket of a gone client is left."""
    return bridge.eventually(lambda: bridge.descriptors() <= descriptors, SECONDS)


def idle_descriptors(bridge: BridgeProcess) -> int:
    """What an idle bridge holds, once its connections to ARI are up and a first client was there."""
    assert bridge.log_contains("ARI is live", seconds=SECONDS), bridge.log_tail()
    client(bridge).close()
    session = re.findall(r"(session \d+): admin logged in", bridge.log.read_text())[-1]
    assert bridge.log_contains(f"{session}: ended:", seconds=SECONDS)
    # The system closes what the bridge closed a moment later.
    highest = bridge.descriptors()
    bridge.eventually(lambda: bridge.descriptors() < highest, 0.3)
    return bridge.descriptors()


def ami_sessions(asterisk: Asterisk) -> int:
    """How many AMI sessions Asterisk has."""
    lines = asterisk.cli("manager show connected").splitlines()
    return sum(line.split()[1:2] == ["127.0.0.1"] for line in lines)


# --- Asterisk is away ---


def test_upstream_refuses(asterisk: Asterisk, bridge: MakeBridge) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = bridge(asterisk, {"ami": f"127.0.0.1:{port}"})
    mark = process.log_size()
    for _ in range(20):
        with RawAmi(*process.address, banner=False) as connection:
            assert connection.read_eof() == b""  # no banner: who gives one must be able to keep its word
    assert process.log_contains("closed: Asterisk's AMI", since=mark, seconds=SECONDS)
    assert process.pid is not None


def test_asterisk_restarts(own: Asterisk, bridge: MakeBridge) -> None:
    process = bridge(own)
    held = idle_descriptors(process)
    clients = [client(process, events="system") for _ in range(5)]
    own.restart()
    for connection in clients:
        assert b"Event: Shutdown" in connection.read_eof()
        connection.close()
    with client(process) as again:
        assert again.action("Ping")["Ping"] == "Pong"
    assert settled(process, held)


def test_asterisk_is_killed(own: Asterisk, bridge: MakeBridge) -> None:
    process = bridge(own)
    held = idle_descriptors(process)
    clients = [client(process) for _ in range(5)]
    own.kill()
    for connection in clients:
        assert connection.read_eof() == b""
        connection.close()
    with RawAmi(*process.address, banner=False) as early:
        assert early.read_eof() == b""
    own.start()
    with client(process) as again:
        assert again.action("Ping")["Ping"] == "Pong"
    assert settled(process, held)


def test_asterisk_is_frozen(own: Asterisk, bridge: MakeBridge) -> None:
    process = bridge(own)
    before = client(process)
    own.pause()
    try:
        before.send_action("Ping", ActionID="frozen")
        newcomer = RawAmi(*process.address, banner=False)
        assert newcomer.read_all(0.5) == before.read_all(0.1) == b""
    finally:
        own.resume()
    assert before.read_message()["ActionID"] == "frozen"
    assert newcomer.read_until(b"\r\n").startswith(b"Asterisk Call Manager/")
    newcomer.close()
    before.close()


def test_bridge_is_frozen_and_goes_on(asterisk: Asterisk, bridge: MakeBridge) -> None:
    process = bridge(asterisk)
    with client(process) as connection:
        process.pause()
        connection.send_action("Ping", ActionID="meanwhile")
        assert connection.read_all(0.3) == b""
        process.resume()
        assert connection.read_message()["ActionID"] == "meanwhile"


# --- the bridge itself ---


def test_bridge_stops(asterisk: Asterisk, bridge: MakeBridge) -> None:
    process = bridge(asterisk)
    connection = client(process)
    assert process.stop() == 0
    assert connection.read_eof() == b""
    connection.close()
    assert process.eventually(lambda: ami_sessions(asterisk) == 0, SECONDS)
    assert "Traceback" not in process.log.read_text()


def test_bridge_is_killed_and_comes_back(asterisk: Asterisk, bridge: MakeBridge) -> None:
    process = bridge(asterisk)
    connection = client(process)
    process.kill()
    assert connection.read_eof() == b""
    connection.close()
    process.start()
    with client(process) as again:
        assert again.action("Ping")["Ping"] == "Pong"


def test_port_is_taken(asterisk: Asterisk, bridge: MakeBridge) -> None:
    process = bridge(asterisk, start=False)
    with socket.create_server(process.address):
        process.start(ready=False)
        assert process.eventually(lambda: process.pid is None, SECONDS)
    assert process.log_contains("cannot start")
    assert "Traceback" not in process.log.read_text()


# --- clients ---


def test_client_never_logs_in(fresh_asterisk: FreshAsterisk, bridge: MakeBridge) -> None:
    """Asterisk's own authtimeout ends it, with the bridge as without."""
    asterisk = fresh_asterisk("22", Options(append={"manager.conf": "[general](+)\nauthtimeout = 1\n"}))
    process = bridge(asterisk)
    for address in ((asterisk.host, asterisk.ami_port), process.address):
        with RawAmi(*address) as connection:
            started = time.monotonic()
            assert connection.read_eof() == b""
            assert 0.5 < time.monotonic() - started < 5


def test_login_timeout_of_the_bridge(asterisk: Asterisk, bridge: MakeBridge) -> None:
    process = bridge(asterisk, {"limits": {"login_timeout": "500ms"}})
    with RawAmi(*process.address) as connection, client(process) as other:
        assert connection.read_eof() == b""
        assert other.action("Ping")["Ping"] == "Pong"
    assert process.log_contains("no login within", seconds=SECONDS)


def test_client_resets(asterisk: Asterisk, bridge: MakeBridge) -> None:
    process = bridge(asterisk)
    held = idle_descriptors(process)
    for events in ("off", "on") * 10:
        reset(client(process, events=events).socket)
    assert settled(process, held)
    assert process.eventually(lambda: ami_sessions(asterisk) == 0, SECONDS)
    assert "Traceback" not in process.log.read_text()


def test_half_an_action_does_nothing(asterisk: Asterisk, bridge: MakeBridge) -> None:
    process = bridge(asterisk)
    with ami(asterisk, events="user") as watcher:
        with client(process) as connection:
            connection.send(b"Action: UserEvent\r\nUserEvent: Half\r\n")
        with client(process) as connection:
            connection.action("UserEvent", UserEvent="Whole")
            assert watcher.wait_event("UserEvent")["UserEvent"] == "Whole"


def test_crowd_of_idle_clients_leaves_nothing(asterisk: Asterisk, bridge: MakeBridge) -> None:
    process = bridge(asterisk)
    held = idle_descriptors(process)
    with ExitStack() as stack:
        crowd = [stack.enter_context(client(process)) for _ in range(CROWD)]
        assert process.descriptors() >= held + 2 * CROWD
        assert crowd[0].action("Ping")["Ping"] == "Pong"
    assert settled(process, held)
    assert process.eventually(lambda: ami_sessions(asterisk) == 0, SECONDS)


def test_one_client_too_many(asterisk: Asterisk, bridge: MakeBridge) -> None:
    process = bridge(asterisk, {"limits": {"clients": 3}})
    assert process.log_contains("ended:", seconds=SECONDS) or process.log_contains("closed:", seconds=SECONDS)
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(client(process))
        with RawAmi(*process.address, banner=False) as late:
            assert late.read_eof() == b""
    assert process.log_contains("refused: there are 3 clients already")


def test_client_that_never_reads_slows_nobody(asterisk: Asterisk, bridge: MakeBridge) -> None:
    """It gets every event until its bound, then its connection ends; meanwhile the others are served as ever."""
    process = bridge(asterisk, {"limits": {"buffer_bytes": "256KiB", "write_timeout": "2s"}})
    held = idle_descriptors(process)
    deaf = client(process, events="on")
    with client(process) as other, storm(asterisk):
        worst, mark, until = 0.0, process.log_size(), time.monotonic() + 60
        while not process.log_contains("ended:", since=mark):
            started = time.monotonic()
            assert other.action("Ping")["Ping"] == "Pong"
            worst = max(worst, time.monotonic() - started)
            assert started < until, f"the deaf client is still there: {process.log_tail()}"
    assert worst < 1.0, f"a Ping beside it took {worst:.3f} s"
    received = deaf.read_eof()
    deaf.close()
    assert received.count(b"Event: ") > 100
    assert settled(process, held)


class storm:  # noqa: N801 - used as `with storm(...)`
    """Many channel events in Asterisk for as long as the block lasts."""

    def __init__(self, asterisk: Asterisk) -> None:
        self._asterisk = asterisk
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._blow)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _blow(self) -> None:
        with ami(self._asterisk, events="call") as connection:
            while not self._over.is_set():
                one_storm(connection, 500)


def one_storm(connection: RawAmi, variables: int) -> None:
    """One call that sets so many variables, from its start to its end."""
    connection.action("Originate", Channel=f"Local/storm-{variables}@default/n", Application="Wait", Data="60")
    connection.wait_event("Hangup")
    connection.wait_event("Hangup")
    connection.events.clear()


# --- events ---


@pytest.mark.parametrize("mask", ["on", "user,call,dialplan"])
def test_events_are_those_of_a_direct_watcher(asterisk: Asterisk, bridge: MakeBridge, mask: str) -> None:
    """Two watch one storm, one directly, one through the bridge: from mark to mark they see the same bytes."""
    process = bridge(asterisk)
    with ami(asterisk, events="call") as marker, ami(asterisk, events=mask) as direct, client(process) as bridged:
        bridged.action("Events", EventMask=mask)
        direct.read_all(0.1)
        bridged.read_all(0.1)
        marker.action("UserEvent", UserEvent="First")
        for _ in range(5):
            one_storm(marker, 100)
        marker.action("UserEvent", UserEvent="Last")
        streams = [list(_between(watcher)) for watcher in (direct, bridged)]
    assert len(streams[0]) > 1000
    assert streams[1] == streams[0]


def _between(watcher: RawAmi) -> Iterator[bytes]:
    inside = False
    while True:
        message = watcher.read_message(30)
        name = message.get("UserEvent")
        inside = inside or name == "First"
        if name == "Last":
            return
        if inside:
            yield message.raw


def test_answers_are_whole_under_a_storm(asterisk: Asterisk, bridge: MakeBridge) -> None:
    """Asterisk never puts an event into a list; nor does the bridge."""
    process = bridge(asterisk)
    with client(process, events="on") as connection, storm(asterisk):
        for _ in range(30):
            action_id = connection.send_action("QueueStatus")
            message = connection.read_message()
            while message.get("ActionID") != action_id:
                message = connection.read_message()
            assert message["Response"] == "Success"
            while message.get("Event") != "QueueStatusComplete":
                message = connection.read_message()
                assert message["ActionID"] == action_id, f"inside a list: {message}"
