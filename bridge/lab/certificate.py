"""A self-signed certificate for an instance's TLS ports, made by the `openssl` command. For tests only."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from bridge.lab.errors import LabError
from bridge.lab.options import HOST


def write_certificate(folder: Path) -> Path:
    """Write ``lab.pem`` and ``lab.key`` for localhost and 127.0.0.1 into the folder; return the certificate."""
    certificate, key = folder / "lab.pem", folder / "lab.key"
    if certificate.exists() and key.exists():
        return certificate
    openssl = shutil.which("openssl")
    if openssl is None:
        raise LabError("TLS in the lab needs the openssl command: install the package openssl")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost"]
    command += ["-addext", f"subjectAltName=DNS:localhost,IP:{HOST}", "-keyout", str(key), "-out", str(certificate)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"openssl made no certificate: {done.stderr.strip()}")
    key.chmod(0o600)
    return certificate
