"""What a run stands on: the lab's Asterisk, and before it the bridge as a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.bench import Bench, Endpoint, progress
from benchmarks.wire import Connection, WireError
from bridge.lab import AmiUser, Asterisk, Options

APP = "benchmarks"
_HOST = "127.0.0.1"
_START_SECONDS = 20.0
_STOP_SECONDS = 10.0
# Asterisk allows 50 clients that have not logged in yet, and 100 HTTP connections.
_MANAGER = "[general](+)\nauthlimit = 2000\n"


@contextmanager
def asterisk(version: str) -> Iterator[Asterisk]:
    """A private Asterisk without verbose logging."""
    options = Options(ami_users=(AmiUser("admin"),), verbose=0, append={"manager.conf": _MANAGER})
    progress(f"starting Asterisk {version}")
    with Asterisk(version, options=options) as running:
        yield running


@contextmanager
def bridge(running: Asterisk, plan: str, *, quick: bool = False) -> Iterator[Bench]:
    """A bridge before ``running`` that follows ``plan``, a file of mappings/plans or the plan's own lines."""
    port = _free_port()
    progress(f"starting the bridge, plan {plan}")
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        command = bridge_command(Path(folder), running, port, plan)
        log = Path(folder) / "log"
        with _process(command, log, (_HOST, port)) as pid:
            if running.pid is None:
                raise RuntimeError("Asterisk has ended")
            yield Bench(
                direct=Endpoint("direct", (running.host, running.ami_port)),
                bridge=Endpoint("bridge", (_HOST, port)),
                asterisk_pid=running.pid,
                bridge_pid=pid,
                app=APP,
                log=log,
                version=running.version,
                quick=quick,
            )


def bridge_command(folder: Path, running: Asterisk, port: int, plan: str) -> Sequence[str]:
    """Write the configuration into ``folder`` and return the command that runs the bridge with it."""
    config = folder / "bridge.yaml"
    config.write_text(
        f"listen: {_HOST}:{port}\n"
        f"ami: {running.host}:{running.ami_port}\n"
        f"ari: http://{running.host}:{running.http_port}\n"
        f"user: {running.ari_user}:{running.ari_password}\n"
        f"app: {APP}\n"
        f"plan: {plan}\n"
        # 1000 idle sessions and those beside them; the default allows 1000.
        "limits:\n  clients: 3000\n"
    )
    return [sys.executable, "-m", "bridge.cli", "run", "--config", str(config)]


@contextmanager
def _process(command: Sequence[str], log: Path, address: tuple[str, int]) -> Iterator[int]:
    """Run ``command`` until the end of the block; yields its pid once ``address`` sends Asterisk's banner."""
    with log.open("wb") as output:
        child = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    try:
        _wait_until_up(child, log, address)
        yield child.pid
    finally:
        child.terminate()
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait_until_up(child: subprocess.Popen[bytes], log: Path, address: tuple[str, int]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while child.poll() is None and time.monotonic() < deadline:
        try:
            with Connection(address):
                return
        except (OSError, WireError):
            time.sleep(0.05)
    state = f"ended with {child.returncode}" if child.returncode is not None else "does not listen"
    raise RuntimeError(f"the bridge {state}; its log:\n{log.read_text(errors='replace')[-4000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port
