"""One running Asterisk of the lab: start, stop, kill, pause, its CLI and its log."""

from __future__ import annotations

import base64
import http.client
import os
import secrets
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from bridge.lab import registry
from bridge.lab.certificate import write_certificate
from bridge.lab.configure import APP, LOG_FILE, write_instance
from bridge.lab.errors import LabError
from bridge.lab.options import HOST, AmiUser, AriUser, Options, Ports, reserved
from bridge.lab.processes import Process, process
from bridge.lab.provision import Installation, provision

START_SECONDS = 30.0
STOP_SECONDS = 10.0
_POLL_SECONDS = 0.01
_LOG_TAIL = 12


class Asterisk:
    """A disposable Asterisk with its own folder, ports and users.

    ``version`` is the major version, "22" or "16". Without a name one is made up. The instance ends with ``stop()`` or
    the ``with`` block; if this process dies before, the next start of any instance clears it away. With ``daemon=True``
    it lives on until somebody stops it by name. Every method raises LabError when Asterisk does not do what was asked.
    """

    app = APP  # the Stasis application of the lab's dialplan

    def __init__(
        self, version: str = "22", *, name: str | None = None, options: Options | None = None, daemon: bool = False
    ) -> None:
        """Describe the instance; nothing is fetched or started yet."""
        self.version = version
        self.name = name or f"lab{version}-{os.getpid()}-{secrets.token_hex(3)}"
        self.options = options or Options()
        self._daemon = daemon
        self._installation: Installation | None = None
        self._state: registry.State | None = None
        self._child: subprocess.Popen[bytes] | None = None

    @classmethod
    def attach(cls, name: str) -> Asterisk:
        """Return the instance that runs, or ran, under this name; LabError when there is none."""
        state = registry.load(registry.instance_folder(name))
        if state is None:
            raise LabError(f"no instance named {name!r}: 'lab status' lists them")
        found = cls(state.version, name=name, daemon=state.owner is None)
        found._state = state
        return found

    def __enter__(self) -> Asterisk:
        """Start, as `start` does."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop and remove the folder, as `stop` does."""
        self.stop()

    def __repr__(self) -> str:
        """Name, version and process; no secrets."""
        return f"<Asterisk {self.version} {self.name!r} pid={self.pid}>"

    # --- what it is ---

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

    # --- its life ---

    def start(self) -> Asterisk:
        """Fetch if need be, configure (first start only), start, and wait until AMI and ARI answer. Returns itself."""
        if self.pid is not None:
            return self
        registry.sweep()
        self._installation = self._installation or provision(self.version)
        if self._state is None:
            self._register(self._installation)
        self._launch(self._installation)
        try:
            self.wait_booted()
        except LabError:
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """Stop it, forcefully if it does not end by itself, and remove its folder."""
        self._end()
        if self._state is not None:
            registry.remove(self._state)
            self._state = None

    def restart(self) -> None:
        """Stop and start it with the same folder, ports and configuration; wait until it is booted."""
        self._end()
        self.start()

    def halt(self) -> None:
        """Stop it but keep its folder, so that `start` brings the same instance back."""
        self._end()

    def kill(self) -> None:
        """End it as a crash would: SIGKILL, no goodbye. `start` brings the same instance back."""
        self._signal(signal.SIGKILL)
        self._await_end(STOP_SECONDS)

    def pause(self) -> None:
        """Freeze it (SIGSTOP): its connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen one go on."""
        self._signal(signal.SIGCONT)

    def wait_booted(self, seconds: float = START_SECONDS) -> None:
        """Wait until Asterisk says that it is fully booted and its HTTP server, and with it ARI, answers."""
        deadline = time.monotonic() + seconds
        control = self.folder / "run" / "asterisk.ctl"
        while not (control.exists() and self._says_booted(deadline) and self._http_answers()):
            if self.pid is None:
                raise LabError(f"Asterisk {self.version} ended while starting; its log's end:\n{self._log_tail()}")
            if time.monotonic() > deadline:
                raise LabError(
                    f"Asterisk {self.version} was not up after {seconds:g} s; its log's end:\n{self._log_tail()}"
                )
            time.sleep(_POLL_SECONDS)

    # --- looking inside ---

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
            time.sleep(_POLL_SECONDS)

    # --- how ---

    @property
    def _process(self) -> Process | None:
        return self._state.process if self._state is not None else None

    def _register(self, installation: Installation) -> None:
        folder = registry.instance_folder(self.name)
        existing = registry.load(folder)
        if existing is not None and existing.running():
            raise LabError(
                f"an instance named {self.name!r} runs already (pid {existing.process and existing.process.pid})"
            )
        if existing is not None:
            registry.remove(existing)
        folder.mkdir(mode=0o700, exist_ok=True)
        with reserved(self.options.ports) as ports:
            owner = None if self._daemon else process(os.getpid())
            self._state = registry.State(
                name=self.name,
                version=installation.version,
                full_version=installation.full_version,
                folder=folder,
                ports=ports,
                ami_users=self.options.ami_users,
                ari_users=self.options.ari_users,
                owner=owner,
            )
            # Registered before it is complete: the registry knows whose folder this is if we die here.
            registry.save(self._state)
            write_instance(folder, installation, self.options, ports)
            if self.options.tls:
                write_certificate(folder / "keys")

    def _launch(self, installation: Installation) -> None:
        state = self.state
        (state.folder / "run" / "asterisk.ctl").unlink(missing_ok=True)
        with (state.folder / "log" / "output").open("ab") as output:
            self._child = subprocess.Popen(
                [*installation.command, "-C", str(self.etc / "asterisk.conf"), "-f"],
                env=os.environ | dict(installation.environment) | {"LC_ALL": "C", "HOME": str(state.folder)},
                cwd=state.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._state = replace(state, process=process(self._child.pid))
        registry.save(self._state)

    def _end(self) -> None:
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        if not self._await_end(STOP_SECONDS):
            self.kill()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send(number)

    def _await_end(self, seconds: float) -> bool:
        if self._process is not None and not self._process.wait_gone(seconds):
            return False
        if self._child is not None:
            self._child.wait()
            self._child = None
        return True

    def _remote(self, command: str, seconds: float) -> subprocess.CompletedProcess[str]:
        self._installation = self._installation or provision(self.version)
        words = [*self._installation.command, "-C", str(self.etc / "asterisk.conf"), "-rx", command]
        environment = os.environ | dict(self._installation.environment) | {"HOME": str(self.folder)}
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
        except OSError:
            return False
        finally:
            connection.close()

    def _log_tail(self) -> str:
        for path in (self.log, self.folder / "log" / "output"):
            if path.exists() and path.stat().st_size:
                return "\n".join(path.read_text(errors="replace").splitlines()[-_LOG_TAIL:])
        return "(empty)"
