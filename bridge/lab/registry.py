"""The instances of this user by name: one folder each below a private runtime folder, with a JSON state file inside."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from bridge.lab.errors import LabError
from bridge.lab.options import AmiUser, AriUser, Ports
from bridge.lab.processes import Process

RUNTIME_VARIABLE = "AMI_ARI_LAB_RUNTIME"
STATE_FILE = "instance.json"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
# A unix socket's path holds 107 bytes, and Asterisk's is <folder>/run/asterisk.ctl.
_LONGEST_FOLDER = 85


@dataclass(frozen=True, slots=True)
class State:
    """All that another process must know of an instance. ``owner`` is the process it dies with, None for a daemon."""

    name: str
    version: str
    full_version: str
    folder: Path
    ports: Ports
    ami_users: tuple[AmiUser, ...]
    ari_users: tuple[AriUser, ...]
    process: Process | None = None
    owner: Process | None = None

    def running(self) -> bool:
        """Tell whether its Asterisk runs."""
        return self.process is not None and self.process.alive()

    def abandoned(self) -> bool:
        """Tell whether the process it belonged to is gone."""
        return self.owner is not None and not self.owner.alive()


def runtime_folder() -> Path:
    """Return the private folder that holds this user's instances, made if need be; LabError if it is another user's."""
    base = os.environ.get(RUNTIME_VARIABLE)
    folder = Path(base).absolute() if base else Path(tempfile.gettempdir()) / f"ami-ari-lab-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != os.getuid():
        raise LabError(f"{folder} is not a folder of this user: name another one in {RUNTIME_VARIABLE}")
    return folder


def instance_folder(name: str) -> Path:
    """Return the folder of the instance with this name, which need not exist."""
    if not _NAME.fullmatch(name):
        raise LabError(f"an instance name is up to 40 letters, digits and -_. characters, not {name!r}")
    folder = runtime_folder() / name
    if len(os.fsencode(folder)) > _LONGEST_FOLDER:
        raise LabError(
            f"{folder} is too long for Asterisk's control socket: name a shorter folder in {RUNTIME_VARIABLE}"
        )
    return folder


def save(state: State) -> None:
    """Write the state file, whole or not at all, readable by this user only."""
    path = state.folder / STATE_FILE
    scratch = path.with_suffix(".new")
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(state) | {"folder": str(state.folder)}, file, indent=2)
    scratch.replace(path)


def load(folder: Path) -> State | None:
    """Read the state file in an instance's folder; None when there is none that can be read."""
    try:
        data = json.loads((folder / STATE_FILE).read_text())
        return State(
            name=data["name"],
            version=data["version"],
            full_version=data["full_version"],
            folder=Path(data["folder"]),
            ports=Ports(**data["ports"]),
            ami_users=tuple(
                AmiUser(**user | {key: tuple(user[key]) for key in ("event_filters", "extra")})
                for user in data["ami_users"]
            ),
            ari_users=tuple(AriUser(**user) for user in data["ari_users"]),
            process=Process(**data["process"]) if data["process"] else None,
            owner=Process(**data["owner"]) if data["owner"] else None,
        )
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None


def instances() -> list[State]:
    """Return the known instances in the order of their names, running or not."""
    states = (load(folder) for folder in sorted(runtime_folder().iterdir()) if folder.is_dir())
    return [state for state in states if state is not None]


@contextmanager
def exclusive() -> Iterator[None]:
    """Keep every other process of this user from registering an instance while the block runs."""
    with (runtime_folder() / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def remove(state: State) -> None:
    """Forget the instance: its folder goes."""
    shutil.rmtree(state.folder, ignore_errors=True)


def sweep() -> list[str]:
    """Kill and forget the instances whose owner is gone, and return their names."""
    swept = []
    for state in instances():
        if state.abandoned():
            if state.process is not None and state.process.send(signal.SIGKILL):
                state.process.wait_gone(5)
            remove(state)
            swept.append(state.name)
    return swept
