"""docs/lab.md names every variable, user and extension of the lab."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge.cli.lab import lab
from bridge.lab import AMI_USERS, ARI_USERS, VERSIONS, apt, registry
from bridge.lab.provision import BINARY_VARIABLE, CACHE_VARIABLE

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "lab.md").read_text()
DIALPLAN = (ROOT / "bridge" / "lab" / "files" / "extensions.conf").read_text()
PATTERNS = {"_1XXX": "1000", "_2XXX": "2000", "_varstorm-X.": "varstorm-<n>", "_storm-X.": "storm-<n>"}
EXTENSIONS = sorted(set(re.findall(r"^exten => ([^,]+),", DIALPLAN, re.MULTILINE)))


def test_variables() -> None:
    for name in (BINARY_VARIABLE, CACHE_VARIABLE, apt.MIRROR_VARIABLE, apt.KEYRING_VARIABLE, registry.RUNTIME_VARIABLE):
        assert f"| `{name}` |" in TEXT


def test_users() -> None:
    for user in (*AMI_USERS, *ARI_USERS):
        assert f"`{user.name}`" in TEXT


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_extensions(extension: str) -> None:
    assert f"`{PATTERNS.get(extension, extension)}`" in TEXT


def test_commands() -> None:
    for name in lab.commands:
        assert f"ami-ari-bridge lab {name}" in TEXT


def test_versions() -> None:
    assert f"known: {' and '.join(f'**{version}**' for version in VERSIONS)}." in TEXT
