"""One Asterisk of the lab: start, stop, kill, pause."""

from __future__ import annotations

import atexit
import os
import secrets
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import astuple, replace
from types import TracebackType

from bridge.lab import registry
from bridge.lab.certificate import write_certificate
from bridge.lab.configure import write_instance
from bridge.lab.errors import LabError
from bridge.lab.instance import POLL_SECONDS, Instance
from bridge.lab.options import Options, reserved
from bridge.lab.processes import process
from bridge.lab.provision import Installation

START_SECONDS = 30.0
STOP_SECONDS = 10.0


class Asterisk(Instance):
    """A disposable Asterisk with its own folder, ports and users.

    ``version`` is the major version, "22" or "16". Without a name one is made up. The instance ends with ``stop()`` or
    the ``with`` block; if this process dies before, the next start of any instance clears it away. With ``daemon=True``
    it lives on until somebody stops it by name. Every method raises LabError when Asterisk does not do what was asked.
    """

    def __init__(
        self, version: str = "22", *, name: str | None = None, options: Options | None = None, daemon: bool = False
    ) -> None:
        """Describe the instance; nothing is fetched or started yet."""
        super().__init__(version, name or f"lab{version}-{os.getpid()}-{secrets.token_hex(3)}")
        self.options = options or Options()
        self._daemon = daemon

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

    def start(self) -> Asterisk:
        """Fetch if need be, configure (first start only), start, and wait until AMI and ARI answer. Returns itself."""
        if self.pid is not None:
            return self
        registry.sweep()
        program = self._program
        if self._state is None:
            with registry.exclusive():
                self._register(program)
            if not self._daemon:
                atexit.register(self._stop_at_exit, os.getpid())
        self._launch(program)
        try:
            self.wait_booted()
        except LabError:
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """Stop it, forcefully if it does not end by itself, and remove its folder. May be repeated."""
        self._end()
        if self._state is not None:
            registry.remove(self._state)
            self._state = None
            atexit.unregister(self._stop_at_exit)

    def restart(self) -> None:
        """Stop and start it with the same folder, ports and configuration; wait until it is booted."""
        self._end()
        self.start()

    def halt(self) -> None:
        """Stop it but keep its folder and ports, so that `start` brings the same instance back."""
        self._end()

    def kill(self) -> None:
        """End it as a crash would: SIGKILL, no goodbye. `start` brings the same instance back."""
        self._signal(signal.SIGKILL)
        self._await_end(STOP_SECONDS)

    def pause(self) -> None:
        """Freeze it (SIGSTOP): its connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)
        if self._process is not None and not self._process.wait_stopped(STOP_SECONDS):
            raise LabError(f"{self.name} did not stop on SIGSTOP")

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
            time.sleep(POLL_SECONDS)

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
        taken = {port for state in registry.instances() for port in astuple(state.ports)}
        with reserved(self.options.ports, taken) as ports:
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
            try:
                write_instance(folder, installation, self.options, ports)
                if self.options.tls:
                    write_certificate(folder / "keys")
            except (LabError, OSError):
                registry.remove(self._state)
                self._state = None
                raise

    def _launch(self, installation: Installation) -> None:
        state = self.state
        (state.folder / "run" / "asterisk.ctl").unlink(missing_ok=True)
        with (state.folder / "log" / "output").open("ab") as output:
            child = subprocess.Popen(
                [*installation.command, "-C", str(self.etc / "asterisk.conf"), "-f"],
                env=os.environ | dict(installation.environment) | {"LC_ALL": "C", "HOME": str(state.folder)},
                cwd=state.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._state = replace(state, process=process(child.pid))
        # It may outlive this process, and `_await_end` reaps it: tell Popen that there is nothing left to look after.
        child.returncode = 0
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
        if self._process is not None:
            with suppress(ChildProcessError):  # another process started it
                os.waitpid(self._process.pid, os.WNOHANG)
        return True

    def _stop_at_exit(self, owner: int) -> None:
        if os.getpid() == owner:
            self.kill()
            self.stop()
