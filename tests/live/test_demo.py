"""The demo, as the README's first command runs it."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge.lab import VERSIONS
from tests.harness.raw_ami import RawAmi

pytestmark = pytest.mark.live

_ROOT = Path(__file__).resolve().parents[2]
_COMMAND = [sys.executable, "-u", "-m", "bridge.cli", "demo"]
SECONDS = 60


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*_COMMAND, *arguments],
        cwd=_ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)


def picture() -> str:
    """What README.md shows of the demo."""
    return (_ROOT / "README.md").read_text().partition("```text\n")[2].partition("\n```")[0]


def without_numbers(text: str) -> str:
    """Ids and durations differ between runs, and with their lengths the blanks behind them."""
    text = re.sub(r"\d{10}\.1\d{9}", "<id>", text)
    return re.sub(r"[\d.]+ ms", "<n> ms", text)


@pytest.mark.parametrize("version", VERSIONS)
def test_once(version: str) -> None:
    with running("--once", "--port", "0", "--version", version) as process:
        shown, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, shown
    for wanted in (
        "Action: Originate",
        "POST /channels",
        "Event: OriginateResponse",
        "/variable",
        "/continue",
        "DELETE /channels/",
        "route  ari",
        "route  ami",
        "Thanks for all the fish.",
    ):
        assert wanted in shown, f"{wanted!r} is missing in:\n{shown}"
    assert "Secret: secret" not in shown
    assert without_numbers(picture()) in without_numbers(shown)
    assert max(map(len, shown.splitlines())) <= 120


def test_stays_up_until_it_is_interrupted_and_leaves_nothing() -> None:
    with running("--port", "0") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "stays up at" in line:
                break
        port = int(line.split(" at ")[1].split()[0].rpartition(":")[2])
        with RawAmi("127.0.0.1", port) as reader:
            assert reader.login()["Response"] == "Success"
            process.send_signal(signal.SIGINT)
            reader.read_eof()
        rest, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, rest
    assert "are stopped" in rest
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port))


def test_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running("--once", "--port", str(port)) as process:
            shown, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, shown
    assert f"Port {port} is in use: the bridge takes" in shown
