"""What is known of one instance, and what can be asked of it without changing it: ports, users, CLI, log."""

from __future__ import annotations

import base64
import http.client
import os
import subprocess
import time
from pathlib import Path

from bridge.lab import registry
from bridge.lab.configure import APP, LOG_FILE
from bridge.lab.errors import LabError
from bridge.lab.options import HOST, AmiUser, AriUser, Ports
from bridge.lab.processes import Process
from bridge.lab.provision import Installation, provision

POLL_SECONDS = 0.01
_LOG_TAIL = 12


class Instance:
    """The side of `bridge.lab.run.Asterisk` that only looks. Its attributes exist from the first start to `stop`."""

    app = APP  # the Stasis application of the lab's dialplan

    def __init__(self, version: str, name: str) -> None:
        """Describe an instance that was not started yet."""
        self.version = version
        self.name = name
        self._state: registry.State | None = None
        self._installation: Installation | None = None

    def __repr__(self) -> str:
        """Name, version and process; no secrets."""
        return f"<{type(self).__name__} {self.version} {self.name!r} pid={self.pid}>"

    @property
    def state(self) -> registry.State:
        """The registered state; LabError before the first start."""
        if self._state is None:
            raise LabError(f"{self.name} was not started")
        return self._state

    @property
    def full_version(self) -> str:
        """Such as ``22.10.1+dfsg+~cs6.17.60671434-1``."""
        return self.state.full_version

    @property
    def folder(self) -> Path:
        """The instance's private folder, removed by `stop`."""
        return self.state.folder

    @property
    def etc(self) -> Path:
        """The folder of its configuration files. They are written at the first start only, so a test may edit them."""
        return self.folder / "etc"

    @property
    def log(self) -> Path:
        """The log file with notices, warnings, errors and verbose lines."""
        return self.folder / "log" / LOG_FILE

    @property
    def host(self) -> str:
        """The address of every port."""
        return HOST

    @property
    def ports(self) -> Ports:
        """All its ports, the same ones after every restart."""
        return self.state.ports

    @property
    def ami_port(self) -> int:
        """AMI over TCP."""
        return self.ports.ami

    @property
    def ami_tls_port(self) -> int:
        """AMI over TLS, when ``options.tls``."""
        return self.ports.ami_tls

    @property
    def http_port(self) -> int:
        """HTTP: ARI below /ari, AMI at /rawman, /manager and /mxml."""
        return self.ports.http

    @property
    def sip_port(self) -> int:
        """PJSIP over UDP, for the endpoints alice and bob."""
        return self.ports.sip

    @property
    def ari_url(self) -> str:
        """ARI's base, such as ``http://127.0.0.1:21000/ari``."""
        return f"http://{HOST}:{self.http_port}/ari"

    @property
    def users(self) -> dict[str, AmiUser]:
        """The AMI users by name."""
        return {user.name: user for user in self.state.ami_users}

    @property
    def ari_users(self) -> dict[str, AriUser]:
        """The ARI users by name."""
        return {user.name: user for user in self.state.ari_users}

    @property
    def ari_user(self) -> str:
        """The first ARI user's name."""
        return self.state.ari_users[0].name

    @property
    def ari_password(self) -> str:
        """The first ARI user's password."""
        return self.state.ari_users[0].password

    @property
    def certificate(self) -> Path:
        """The self-signed certificate of the TLS ports, when ``options.tls``."""
        return self.folder / "keys" / "lab.pem"

    @property
    def pid(self) -> int | None:
        """The pid of its process, None when it does not run."""
        found = self._process
        return found.pid if found is not None and found.alive() else None

    def running(self) -> bool:
        """Tell whether its process is alive."""
        return self.pid is not None

    def cli(self, command: str, seconds: float = 10.0) -> str:
        """Run a command of Asterisk's CLI and return what it printed. Works with AMI switched off, too (about 8 ms)."""
        done = self._remote(command, seconds)
        if done.returncode:
            raise LabError(f"asterisk -rx {command!r} failed: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def log_size(self) -> int:
        """Return the log's size in bytes: a mark for ``log_contains(..., since=mark)``."""
        return self.log.stat().st_size if self.log.exists() else 0

    def log_contains(self, text: str, *, since: int = 0, seconds: float = 0.0) -> bool:
        """Tell whether the log holds the text after the mark, waiting at most so many seconds for it to appear."""
        deadline = time.monotonic() + seconds
        wanted = text.encode()
        while True:
            if self.log.exists() and wanted in self.log.read_bytes()[since:]:
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_SECONDS)

    @property
    def _process(self) -> Process | None:
        return self._state.process if self._state is not None else None

    @property
    def _program(self) -> Installation:
        if self._installation is None:
            self._installation = provision(self.version)
        return self._installation

    def _remote(self, command: str, seconds: float) -> subprocess.CompletedProcess[str]:
        words = [*self._program.command, "-C", str(self.etc / "asterisk.conf"), "-rx", command]
        environment = os.environ | dict(self._program.environment) | {"HOME": str(self.folder)}
        try:
            return subprocess.run(
                words, env=environment, capture_output=True, text=True, errors="replace", check=False, timeout=seconds
            )
        except subprocess.TimeoutExpired as error:
            raise LabError(f"asterisk -rx {command!r} did not answer within {seconds:g} s") from error

    def _says_booted(self, deadline: float) -> bool:
        done = self._remote("core waitfullybooted", max(1.0, deadline - time.monotonic()))
        return done.returncode == 0 and "fully booted" in done.stdout

    def _http_answers(self) -> bool:
        """Any status will do: 401 and 404 also come from a server that is up, whatever the caller's ari.conf says."""
        token = (
            base64.b64encode(f"{self.ari_user}:{self.ari_password}".encode()).decode() if self.state.ari_users else ""
        )
        connection = http.client.HTTPConnection(HOST, self.http_port, timeout=5)
        try:
            connection.request("GET", "/ari/asterisk/ping", headers={"Authorization": f"Basic {token}"})
            return connection.getresponse().status > 0
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _log_tail(self) -> str:
        for path in (self.log, self.folder / "log" / "output"):
            if path.exists() and path.stat().st_size:
                return "\n".join(path.read_text(errors="replace").splitlines()[-_LOG_TAIL:])
        return "(empty)"
