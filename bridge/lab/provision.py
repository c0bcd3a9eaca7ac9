"""Find or fetch an Asterisk of a wanted major version: the system's own, else Debian's packages in a cache folder."""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from bridge.lab import apt
from bridge.lab.errors import LabError

CACHE_VARIABLE = "AMI_ARI_LAB_CACHE"
BINARY_VARIABLE = "AMI_ARI_LAB_ASTERISK"

# The Debian suites that carry each major version, best first.
SUITES: Mapping[str, tuple[str, ...]] = {"22": ("forky", "sid"), "16": ("bullseye",)}
VERSIONS = tuple(SUITES)

_PACKAGES = ("asterisk", "asterisk-modules", "asterisk-core-sounds-en-gsm", "asterisk-moh-opsound-gsm")
_SYSTEM_DATA = Path("/var/lib/asterisk")
_MACHINES = {"x86_64", "aarch64"}


@dataclass(frozen=True, slots=True)
class Installation:
    """One Asterisk that can be started: the command's first words, its environment, and its read-only folders."""

    version: str  # the major version, "22" or "16"
    full_version: str  # such as "22.10.1~dfsg+~cs6.17.60671434"
    command: tuple[str, ...]
    modules: Path
    data: Path  # astdatadir: sounds, moh, documentation, rest-api
    environment: Mapping[str, str] = field(default_factory=dict)


def provision(version: str) -> Installation:
    """Return an Asterisk of the major version, fetching it when neither the system nor the cache has one.

    Progress goes to stderr. Raises LabError when it cannot be had, naming what is missing.
    """
    if version not in SUITES:
        raise LabError(f"no recipe for Asterisk {version}: the lab knows {' and '.join(VERSIONS)}")
    return _system(version) or _cached(version) or _fetched(version)


def cache_folder(version: str) -> Path:
    """Return the folder that keeps the fetched Asterisk of this version."""
    base = os.environ.get(CACHE_VARIABLE)
    if base:
        return Path(base).absolute() / version
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ami-ari-bridge" / "lab" / version


def version_in(banner: str) -> str | None:
    """Return the full version in the output of ``asterisk -V``, or None when it is not one."""
    found = re.match(r"Asterisk (?:certified/)?(\d+\.\S+)", banner)
    return found.group(1) if found else None


def unpacked(root: Path) -> Installation:
    """Describe the Asterisk unpacked below root, run by the C library that was unpacked with it.

    Raises LabError when a part is missing or the program does not run.
    """
    patterns = ("usr/lib/*-linux-gnu*", "lib/*-linux-gnu*", "usr/lib", "lib")
    libraries = [path for pattern in patterns for path in sorted(root.glob(pattern))]
    loader = _first(
        root, "usr/lib/*-linux-gnu*/ld-linux-*.so.*", "lib/*-linux-gnu*/ld-linux-*.so.*", "lib/ld-linux-*.so.*"
    )
    binary = _first(root, "usr/sbin/asterisk")
    command = (str(loader), "--library-path", ":".join(map(str, libraries)), str(binary))
    environment = {
        # The system's own may belong to another C library or TLS library than the unpacked program's.
        "GCONV_PATH": str(_first(root, "usr/lib/*-linux-gnu*/gconv")),
        "OPENSSL_CONF": os.devnull,
    }
    return _described(command, _module_folder(root / "usr"), root / "usr/share/asterisk", environment)


def _described(command: tuple[str, ...], modules: Path, data: Path, environment: Mapping[str, str]) -> Installation:
    try:
        done = subprocess.run(
            [*command, "-V"],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | dict(environment),
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabError(f"{command[-1]} -V does not run: {error}") from error
    full = version_in(done.stdout)
    if done.returncode or full is None:
        raise LabError(f"{command[-1]} -V does not run: {(done.stderr or done.stdout).strip()}")
    return Installation(full.split(".")[0], full, command, modules, data, environment)


def _system(version: str) -> Installation | None:
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    binary = os.environ.get(BINARY_VARIABLE) or shutil.which("asterisk", path=search)
    if binary is None:
        return None
    prefix = Path(binary).absolute().parent.parent
    data = next((path for path in (prefix / "share/asterisk", _SYSTEM_DATA) if path.is_dir()), _SYSTEM_DATA)
    try:
        found = _described((binary,), _module_folder(prefix), data, {})
    except LabError as error:
        if BINARY_VARIABLE in os.environ:
            raise
        _progress(f"passing over {binary}: {error}")
        return None
    return found if found.version == version else None


def _cached(version: str) -> Installation | None:
    root = cache_folder(version) / "root"
    return unpacked(root) if root.is_dir() else None


def _fetched(version: str) -> Installation:
    if platform.system() != "Linux" or platform.machine() not in _MACHINES:
        raise LabError(
            f"Debian's Asterisk runs on Linux on {' or '.join(sorted(_MACHINES))}, this is {platform.system()} on "
            f"{platform.machine()}: install Asterisk {version} yourself and name it in {BINARY_VARIABLE}"
        )
    apt.require_tools()
    folder = cache_folder(version)
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "lock"):
        # Another process may have fetched it while this one waited for the lock.
        return _cached(version) or _fetch_into(folder, version)


def _fetch_into(folder: Path, version: str) -> Installation:
    mirrors, keyring, architecture = apt.find_mirrors(), apt.find_keyring(), apt.architecture()
    problems: list[str] = []
    for mirror, suite in product(mirrors, SUITES[version]):
        with tempfile.TemporaryDirectory(prefix="fetch-", dir=folder) as scratch:
            try:
                return _fetch_suite(apt.Source(mirror, suite, keyring, architecture), Path(scratch), folder, version)
            except LabError as error:
                problems.append(str(error))
    raise LabError(f"could not fetch Asterisk {version}:\n" + "\n".join(problems))


def _fetch_suite(source: apt.Source, scratch: Path, folder: Path, version: str) -> Installation:
    archives = apt.fetch(source, _PACKAGES, scratch, _progress)
    apt.unpack(archives, scratch / "root", _progress)
    found = unpacked(scratch / "root")
    if found.version != version:
        raise LabError(f"{source.suite} now has Asterisk {found.full_version}, not {version}")
    # The rename is what makes the cache complete: a run that was killed before leaves only a fetch-* folder behind.
    (scratch / "root").rename(folder / "root")
    _progress(f"Asterisk {found.full_version} is ready in {folder}")
    return unpacked(folder / "root")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for leftover in path.parent.glob("fetch-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        yield


def _module_folder(prefix: Path) -> Path:
    return _first(prefix, "lib/*/asterisk/modules", "lib/asterisk/modules", "lib64/asterisk/modules")


def _first(root: Path, *patterns: str) -> Path:
    for pattern in patterns:
        for path in sorted(root.glob(pattern)):
            return path
    raise LabError(f"{patterns[0]} is missing below {root}: remove that folder and start again")


def _progress(text: str) -> None:
    sys.stderr.write(f"lab: {text}\n")
    sys.stderr.flush()
