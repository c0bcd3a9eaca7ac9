"""The ARI connection is cut at every point of an Originate and of a Hangup: nothing happens twice, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bridge.lab import Asterisk
from tests.harness.asterisk import ami
from tests.harness.bridge_process import BridgeProcess
from tests.harness.cutting_proxy import CuttingProxy
from tests.harness.raw_ami import RawAmi
from tests.live.conftest import MakeBridge

# Bytes let through before the cut: within the request (up) and within the answer (down). A request over HTTP or the
# websocket is 200 to 600 bytes long, an answer up to 1500.
POINTS = [("up", n) for n in (0, 1, 60, 150, 250, 400, 700)] + [("down", n) for n in (0, 1, 80, 300, 900, 2000)]


@pytest.fixture
def proxy(asterisk: Asterisk) -> Iterator[CuttingProxy]:
    with CuttingProxy(("127.0.0.1", asterisk.ports.http)) as relay:
        yield relay


def ready(make: MakeBridge, asterisk: Asterisk, proxy: CuttingProxy) -> BridgeProcess:
    ari = {"url": f"http://127.0.0.1:{proxy.port}", "reconnect": {"min": "50ms", "max": "100ms"}, "request_timeout": 2}
    process = make(asterisk, {"plan": "ari-first", "ari": ari})
    assert process.log_contains("ARI is live", seconds=10)
    return process


def connected(process: BridgeProcess) -> RawAmi:
    client = RawAmi(process.host, process.ami_port)
    client.login("admin", "secret", events="off")
    return client


def legs(asterisk: Asterisk, number: str) -> list[str]:
    with ami(asterisk) as native:
        items = native.collect_list("CoreShowChannels")[1]
    return [
        item["Channel"]
        for item in items
        if item["Channel"].endswith(";1") and number in (item.get("CallerIDNum"), item.get("ConnectedLineNum"))
    ]


def wait_live(process: BridgeProcess, since: int, cuts: int) -> None:
    if cuts:
        assert process.log_contains("ARI is live", since=since, seconds=10)


def test_originate(asterisk: Asterisk, bridge: MakeBridge, proxy: CuttingProxy) -> None:
    process = ready(bridge, asterisk, proxy)
    with connected(process) as client:
        # Extensions are checked on a live channel; this one also keeps the application alive in Asterisk.
        assert (
            client.action(
                "Originate",
                ("Channel", "Local/wait@default/n"),
                ("Application", "Stasis"),
                ("Data", "bridge"),
                timeout=10,
            ).get("Response")
            == "Success"
        )
        _originate_under_cuts(asterisk, process, client, proxy)


def _originate_under_cuts(asterisk: Asterisk, process: BridgeProcess, client: RawAmi, proxy: CuttingProxy) -> None:
    unknown = 0
    for place, (direction, after) in enumerate(POINTS):
        number = f"55{place:03}"
        mark, cuts = process.log_size(), proxy.cuts
        proxy.arm(direction, after)
        answer = client.action(
            "Originate",
            # Not into Stasis: while the connection is cut the application is gone, and Asterisk ends such a call.
            ("Channel", "Local/wait@default/n"),
            ("Context", "default"),
            ("Exten", "wait"),
            ("Priority", "1"),
            ("CallerID", number),
            ("Async", "true"),
            timeout=20,
        )
        proxy.disarm()
        # Exactly one response: the next one is the Ping's.
        assert client.action("Ping", timeout=10).get("Ping") == "Pong"
        wait_live(process, mark, proxy.cuts - cuts)
        found = legs(asterisk, number)
        assert len(found) <= 1, f"doubled at {direction} {after}: {found}"
        if answer.get("Response") == "Success":
            assert len(found) == 1, f"lost at {direction} {after}"
        else:
            assert "unknown" in answer["Message"].lower()
            unknown += 1
    assert proxy.cuts >= len(POINTS) // 2
    assert unknown < len(POINTS), "asking for the channel id settles most of them"


def test_hangup(asterisk: Asterisk, bridge: MakeBridge, proxy: CuttingProxy) -> None:
    process = ready(bridge, asterisk, proxy)
    with connected(process) as client:
        _hangup_under_cuts(asterisk, process, client, proxy)


def _hangup_under_cuts(asterisk: Asterisk, process: BridgeProcess, client: RawAmi, proxy: CuttingProxy) -> None:
    for direction, after in POINTS:
        created = client.action(
            "Originate",
            ("Channel", "Local/wait@default/n"),
            ("Application", "Stasis"),
            ("Data", "bridge"),
            ("CallerID", "66"),
            timeout=20,
        )
        assert created.get("Response") == "Success"
        (name,) = legs(asterisk, "66")
        mark, cuts = process.log_size(), proxy.cuts
        proxy.arm(direction, after)
        answer = client.action("Hangup", ("Channel", name), timeout=20)
        proxy.disarm()
        assert client.action("Ping", timeout=10).get("Ping") == "Pong"
        wait_live(process, mark, proxy.cuts - cuts)
        if answer.get("Response") == "Success":
            assert process.eventually(lambda: not legs(asterisk, "66"), 5)
        else:
            assert "unknown" in answer["Message"].lower()
            if legs(asterisk, "66"):
                assert client.action("Hangup", ("Channel", name), timeout=20).get("Response") == "Success"
            assert process.eventually(lambda: not legs(asterisk, "66"), 5)
