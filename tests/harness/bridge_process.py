"""The bridge as its users run it: a process of its own with a configuration file, under the lab's method names."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from bridge.lab import Asterisk
from bridge.lab.options import Ports, reserved

HOST = "127.0.0.1"
START_SECONDS = 20.0
STOP_SECONDS = 15.0
_POLL_SECONDS = 0.01
_ROOT = Path(__file__).resolve().parents[2]


class BridgeError(AssertionError):
    """The bridge did not do what was asked; carries the end of its log."""


class BridgeProcess:
    """One `ami-ari-bridge run`, in front of `asterisk` unless the settings say otherwise.

    `settings` are merged over the five lines that every configuration needs; a text is taken as it stands (with
    `{port}` replaced). `folder` receives the configuration and the log.
    """

    host = HOST

    def __init__(
        self, folder: Path, settings: Mapping[str, Any] | str = "", *, asterisk: Asterisk | None = None
    ) -> None:
        self.folder = folder
        with reserved(Ports()) as free:
            self.ami_port = free.ami
        self.config = folder / "bridge.yaml"
        self.log = folder / "bridge.log"
        text = settings.replace("{port}", str(self.ami_port)) if isinstance(settings, str) and settings else ""
        self.config.write_text(text or yaml.safe_dump(self._settings(settings or {}, asterisk), sort_keys=False))
        self._child: subprocess.Popen[bytes] | None = None

    def _settings(self, settings: Mapping[str, Any] | str, asterisk: Asterisk | None) -> dict[str, Any]:
        found: dict[str, Any] = {"listen": f"{HOST}:{self.ami_port}", "plan": "observe", "log": {"level": "debug"}}
        if asterisk is not None:
            found |= {
                "ami": f"{asterisk.host}:{asterisk.ami_port}",
                "ari": asterisk.ari_url,
                "user": f"{asterisk.ari_user}:{asterisk.ari_password}",
                "app": asterisk.app,
            }
        assert not isinstance(settings, str)
        return found | dict(settings)

    def __enter__(self) -> BridgeProcess:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def address(self) -> tuple[str, int]:
        """Where AMI clients connect."""
        return HOST, self.ami_port

    @property
    def pid(self) -> int | None:
        """The pid of its process, None when it does not run."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    # --- its life ---

    def start(self, *, ready: bool = True) -> BridgeProcess:
        """Start it and wait until it listens. Returns itself."""
        if self.pid is None:
            with self.log.open("ab") as log:
                self._child = subprocess.Popen(
                    [sys.executable, "-m", "bridge.cli", "run", "--config", str(self.config)],
                    cwd=_ROOT,
                    env=os.environ | {"PYTHONUNBUFFERED": "1"},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        if ready:
            self.wait_ready()
        return self

    def stop(self) -> int | None:
        """Ask it to end (SIGTERM); BridgeError when it does not. Returns its exit status, None when it did not run."""
        self.resume()
        self.signal(signal.SIGTERM)
        if self._child is None:
            return None
        try:
            return self._child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise BridgeError(f"the bridge did not end on SIGTERM; its log's end:\n{self.log_tail()}") from None

    def kill(self) -> None:
        """End it as a crash would: SIGKILL."""
        self.signal(signal.SIGKILL)
        if self._child is not None:
            self._child.wait(STOP_SECONDS)

    def restart(self) -> None:
        """Stop it and start it with the same configuration and port."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze it (SIGSTOP)."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen one go on."""
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it runs."""
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until its port accepts a connection (that connection is closed again at once)."""
        deadline = time.monotonic() + seconds
        while True:
            if self.pid is None:
                raise BridgeError(f"the bridge ended while starting; its log's end:\n{self.log_tail()}")
            try:
                socket.create_connection(self.address, timeout=1).close()
            except OSError:
                if time.monotonic() > deadline:
                    raise BridgeError(f"the bridge does not listen; its log's end:\n{self.log_tail()}") from None
                time.sleep(_POLL_SECONDS)
            else:
                return

    # --- looking inside ---

    def log_size(self) -> int:
        """The log's size in bytes: a mark for ``log_contains(..., since=mark)``."""
        return self.log.stat().st_size if self.log.exists() else 0

    def log_contains(self, text: str, *, since: int = 0, seconds: float = 0.0) -> bool:
        """Whether the log holds the text after the mark, waiting at most so many seconds for it to appear."""
        return self.eventually(lambda: text.encode() in self.log.read_bytes()[since:], seconds)

    def log_tail(self, lines: int = 25) -> str:
        """The last lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else "(empty)"

    def descriptors(self) -> int:
        """How many file descriptors it holds: sockets, pipes, files."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def resident_kib(self) -> int:
        """Its resident memory in KiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))

    @staticmethod
    def eventually(condition: Any, seconds: float) -> bool:
        """Ask until the condition holds, at most so many seconds: for what only /proc or a file tells."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True
