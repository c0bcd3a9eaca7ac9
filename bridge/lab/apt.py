"""Fetch Debian packages into a folder with apt's own means, without root and without touching the system.

apt-get is given its own state, cache, sources and an empty dpkg status, so it resolves the dependencies down to libc
and writes only below one folder. Signatures are checked against the installed Debian keyring; the age of a suite's
Release file is not, since an old suite's is past its date for good.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bridge.lab.errors import LabError

MIRROR_VARIABLE = "AMI_ARI_LAB_MIRROR"
KEYRING_VARIABLE = "AMI_ARI_LAB_KEYRING"

_KEYRINGS = ("/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp")
_TOOLS = {"apt-get": "apt", "apt-config": "apt", "dpkg": "dpkg", "dpkg-deb": "dpkg"}
_SETTINGS_WORTH_KEEPING = re.compile(r"^Acquire::(https?|Retries|ForceIPv[46]|Queue-Mode)\b", re.IGNORECASE)

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Source:
    """Where packages come from: a mirror's URI, a suite, the keyring that signs it, and dpkg's architecture name."""

    mirror: str
    suite: str
    keyring: Path
    architecture: str


def require_tools() -> None:
    """Check for the Debian tools the fetch runs on; raise LabError naming the missing ones and their packages."""
    missing = {tool: package for tool, package in _TOOLS.items() if shutil.which(tool) is None}
    if missing:
        raise LabError(
            f"the lab fetches Asterisk with Debian's tools and {', '.join(sorted(missing))} is not installed: install "
            f"the package(s) {', '.join(sorted(set(missing.values())))}, or install Asterisk itself, which is then used"
        )


def find_mirrors() -> list[str]:
    """Return the URIs of Debian mirrors, best first: the override's, else the one that the system's apt sources name.

    On a derivative whose sources name no Debian archive the LabError says how to give one.
    """
    override = os.environ.get(MIRROR_VARIABLE, "").split()
    if override:
        return [uri.rstrip("/") for uri in override]
    listing = _output("apt-get", "indextargets", "--format", "$(ORIGIN)\t$(LABEL)\t$(REPO_URI)", "Created-By: Packages")
    mirror = mirror_in(listing) or mirror_in_sources(_sources_text())
    if mirror is None:
        raise LabError(
            f"no Debian archive among the system's apt sources: set {MIRROR_VARIABLE} to a Debian mirror's URI"
        )
    return [mirror]


def mirror_in(listing: str) -> str | None:
    """Return the first repository that calls itself Debian in lines of origin, label and URI divided by tabs."""
    for line in listing.splitlines():
        origin, _, rest = line.partition("\t")
        label, _, uri = rest.partition("\t")
        if origin == "Debian" and label == "Debian" and uri:
            return uri.rstrip("/")
    return None


def mirror_in_sources(text: str) -> str | None:
    """Return the first URI that ends in ``/debian`` in the text of sources.list and deb822 files."""
    entries = re.findall(r"^(?:deb\s+(?:\[[^\]]*\]\s+)?|URIs:\s*)(\S+)", text, re.MULTILINE)
    return next((uri.rstrip("/") for uri in entries if uri.rstrip("/").endswith("/debian")), None)


def find_keyring() -> Path:
    """Return Debian's installed archive keyring, or the override's file; LabError when there is none."""
    override = os.environ.get(KEYRING_VARIABLE)
    candidates = (override,) if override else _KEYRINGS
    for candidate in candidates:
        if Path(candidate).is_file():
            return Path(candidate)
    raise LabError(
        f"no Debian archive keyring at {' or '.join(candidates)}: install the package debian-archive-keyring, "
        f"or name a keyring file in {KEYRING_VARIABLE}"
    )


def architecture() -> str:
    """Return dpkg's name of this machine's architecture, such as ``amd64``."""
    return _output("dpkg", "--print-architecture").strip()


def fetch(source: Source, packages: Sequence[str], folder: Path, progress: Progress) -> list[Path]:
    """Download the packages and all they depend on into the folder, and return the ``.deb`` files in name order."""
    environment = os.environ | {"APT_CONFIG": str(_write_apt_folder(source, folder)), "LC_ALL": "C"}
    progress(f"reading Debian's package list ({source.suite}, {source.architecture})")
    _apt(environment, source, "update", "--error-on=any")
    progress(f"downloading {packages[0]} and what it needs (about 80 MB)")
    _apt(environment, source, "install", "--yes", "--download-only", "--no-install-recommends", *packages)
    found = sorted((folder / "cache" / "archives").glob("*.deb"))
    if not found:
        raise LabError(f"apt-get downloaded nothing for {' '.join(packages)} from {source.suite}")
    return found


def unpack(archives: Sequence[Path], root: Path, progress: Progress) -> None:
    """Extract every ``.deb`` into the root folder; no maintainer script runs."""
    progress(f"unpacking {len(archives)} packages")
    root.mkdir(parents=True, exist_ok=True)
    # Packages of a suite before the /usr merge and after it both occur, but never within one suite: the order is free.
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for _ in pool.map(lambda archive: _output("dpkg-deb", "-x", str(archive), str(root)), archives):
            pass


def _write_apt_folder(source: Source, folder: Path) -> Path:
    for name in ("state/lists/partial", "cache/archives/partial", "etc/apt.conf.d", "etc/preferences.d", "log"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "status").touch()
    options = f"arch={source.architecture} signed-by={source.keyring}"
    (folder / "etc" / "sources.list").write_text(f"deb [{options}] {source.mirror} {source.suite} main\n")
    settings = {
        "Dir::State": folder / "state",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Dir::Etc": folder / "etc",
        "Dir::Log": folder / "log",
        "APT::Architecture": source.architecture,
        # As root apt would hand the download to its own user, who cannot write into a private folder.
        "APT::Sandbox::User": "",
        "Acquire::Check-Valid-Until": "false",
        "Acquire::Languages": "none",
    }
    if os.access("/etc/apt/auth.conf", os.R_OK):
        settings["Dir::Etc::netrc"] = "/etc/apt/auth.conf"
    lines = [*_system_settings(), *(f'{key} "{value}";' for key, value in settings.items())]
    path = folder / "apt.conf"
    path.write_text("\n".join(lines) + "\n")
    return path


def _system_settings() -> list[str]:
    """Lines of the system's apt configuration that reaching a mirror may need: proxies, certificates, retries."""
    lines = _output("apt-config", "dump").splitlines()
    return [line for line in lines if _SETTINGS_WORTH_KEEPING.match(line)]


def _sources_text() -> str:
    files = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    readable = [path for path in files if path.is_file() and os.access(path, os.R_OK)]
    return "\n".join(path.read_text(errors="replace") for path in readable)


def _apt(environment: dict[str, str], source: Source, *arguments: str) -> None:
    done = subprocess.run(["apt-get", "-q", *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        told = "\n".join(line for line in done.stderr.splitlines() if line.startswith(("E:", "W:"))) or done.stderr
        raise LabError(
            f"apt-get {arguments[0]} failed for {source.suite} at {source.mirror} (another mirror: {MIRROR_VARIABLE}; "
            f"keys that are too old: upgrade debian-archive-keyring):\n{told.strip()}"
        )


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"LC_ALL": "C"})
    if done.returncode:
        raise LabError(f"{' '.join(command)} failed: {done.stderr.strip()}")
    return done.stdout
