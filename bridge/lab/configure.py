"""Write the private folder of one lab instance: every directory and every configuration file Asterisk looks at."""

from __future__ import annotations

import math
import resource
import struct
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from bridge.lab.options import HOST, AmiUser, AriUser, Options, Ports
from bridge.lab.provision import Installation

APP = "bridge"
LOG_FILE = "full"

_FOLDERS = ("etc", "lib", "data", "spool", "log", "run", "db", "keys/keys")
# Recordings end in 500 when the spool lacks these folders.
_SPOOL_FOLDERS = ("recording", "monitor", "voicemail", "tmp", "outgoing")
_SAMPLE_RATE = 8000
_MOST_FILES = 65536


def write_instance(folder: Path, installation: Installation, options: Options, ports: Ports) -> None:
    """Create the instance's folders and write its configuration, as `options` and `ports` (all chosen) say.

    Safe to repeat: what an earlier run left in the database and spool stays.
    """
    for name in _FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in _SPOOL_FOLDERS:
        (folder / "spool" / name).mkdir(exist_ok=True)
    _write_data(folder / "data", installation.data)
    for name, text in configuration(folder, installation, options, ports).items():
        path = folder / "etc" / name
        path.write_text(text)
        path.chmod(0o600)


def configuration(folder: Path, installation: Installation, options: Options, ports: Ports) -> Mapping[str, str]:
    """Return the text of every configuration file by its name."""
    texts = {entry.name: entry.read_text() for entry in (resources.files("bridge.lab") / "files").iterdir()}
    texts |= {
        "asterisk.conf": _asterisk_conf(folder, installation, options),
        "logger.conf": _logger_conf(options),
        "manager.conf": manager_conf(folder, options, ports),
        "http.conf": _http_conf(folder, options, ports),
        "ari.conf": ari_conf(options.ari_users),
        "pjsip.conf": _pjsip_conf(ports),
        "sip.conf": f"[general]\nudpbindaddr = {HOST}:{ports.chan_sip}\ntcpenable = no\ncontext = default\n",
        "iax.conf": f"[general]\nbindport = {ports.iax}\nbindaddr = {HOST}\n",
        "rtp.conf": "[general]\nrtpstart = 10000\nrtpend = 20000\n",
        "cdr.conf": "[general]\nenable = yes\nunanswered = no\n",
        "cel.conf": "[general]\nenable = no\n",
    }
    texts |= {f"{name}.conf": "[general]\n" for name in _WITH_GENERAL}
    texts |= {f"{name}.conf": "; nothing set\n" for name in _COMMENT_ONLY}
    texts |= options.replace
    for name, text in options.append.items():
        texts[name] = texts.get(name, "") + "\n" + text
    return texts


# Read by modules that the lab loads: Asterisk reports an absent one, or one with an unknown section, as an error.
_WITH_GENERAL = (
    "amd",
    "agents",
    "ccss",
    "dnsmgr",
    "enum",
    "followme",
    "queuerules",
    "res_fax",
    "res_http_media_cache",
    "udptl",
)
_COMMENT_ONLY = (
    "acl",
    "chan_websocket",
    "cli_aliases",
    "cli_permissions",
    "codecs",
    "extconfig",
    "pjproject",
    "pjsip_notify",
    "pjsip_wizard",
    "sorcery",
    "stasis",
    "statsd",
    "websocket_client",
    "xmpp",
)


def manager_conf(folder: Path, options: Options, ports: Ports) -> str:
    """Return manager.conf: AMI on its own port, over HTTP, and over TLS when asked for."""
    lines = [
        "[general]",
        f"enabled = {'yes' if options.ami_enabled else 'no'}",
        "webenabled = yes",
        f"bindaddr = {HOST}",
        f"port = {ports.ami}",
    ]
    if options.tls:
        lines += [
            "tlsenable = yes",
            f"tlsbindaddr = {HOST}:{ports.ami_tls}",
            f"tlscertfile = {folder / 'keys' / 'lab.pem'}",
            f"tlsprivatekey = {folder / 'keys' / 'lab.key'}",
        ]
    for user in options.ami_users:
        lines += ["", *_ami_section(user)]
    return "\n".join(lines) + "\n"


def _ami_section(user: AmiUser) -> list[str]:
    lines = [f"[{user.name}]", f"secret = {user.secret}"]
    lines += [f"{key} = {classes}" for key, classes in (("read", user.read), ("write", user.write)) if classes]
    lines += [f"eventfilter = {text}" for text in user.event_filters]
    return lines + list(user.extra)


def ari_conf(users: tuple[AriUser, ...]) -> str:
    """Return ari.conf with these users."""
    lines = ["[general]", "enabled = yes", "pretty = no", "websocket_write_timeout = 100"]
    for user in users:
        lines += ["", f"[{user.name}]", "type = user", f"password = {user.password}", "password_format = plain"]
        lines += [f"read_only = {'yes' if user.read_only else 'no'}"]
    return "\n".join(lines) + "\n"


def _asterisk_conf(folder: Path, installation: Installation, options: Options) -> str:
    directories = {
        "astetcdir": folder / "etc",
        "astmoddir": installation.modules,
        "astvarlibdir": folder / "lib",
        "astdbdir": folder / "db",
        "astkeydir": folder / "keys",
        "astdatadir": folder / "data",
        "astagidir": folder / "data" / "agi-bin",
        "astspooldir": folder / "spool",
        "astrundir": folder / "run",
        "astlogdir": folder / "log",
        "astsbindir": folder,
    }
    lines = ["[directories]", *(f"{name} => {path}" for name, path in directories.items())]
    # Two Local channels, their timers and their pipes take about ten files a call: 1024 are soon used up.
    files = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], _MOST_FILES)
    lines += ["", "[options]", f"verbose = {options.verbose}", f"maxfiles = {files}", "nocolor = yes"]
    return "\n".join(lines) + "\n"


def _logger_conf(options: Options) -> str:
    levels = "notice,warning,error" + (f",verbose({options.verbose})" if options.verbose else "")
    return f"[general]\ndateformat = %F %T.%3q\n[logfiles]\n{LOG_FILE} => {levels}\nmessages => notice,warning,error\n"


def _http_conf(folder: Path, options: Options, ports: Ports) -> str:
    lines = ["[general]", "enabled = yes", f"bindaddr = {HOST}", f"bindport = {ports.http}"]
    if options.tls:
        lines += [
            "tlsenable = yes",
            f"tlsbindaddr = {HOST}:{ports.https}",
            f"tlscertfile = {folder / 'keys' / 'lab.pem'}",
            f"tlsprivatekey = {folder / 'keys' / 'lab.key'}",
        ]
    return "\n".join(lines) + "\n"


def _pjsip_conf(ports: Ports) -> str:
    text = f"[global]\ntype = global\n\n[udp]\ntype = transport\nprotocol = udp\nbind = {HOST}:{ports.sip}\n"
    for name in ("alice", "bob"):
        text += (
            f"\n[{name}]\ntype = endpoint\ncontext = default\ndisallow = all\nallow = ulaw\n"
            f"aors = {name}\nauth = {name}\n"
            f"\n[{name}]\ntype = auth\nauth_type = userpass\nusername = {name}\npassword = secret\n"
            f"\n[{name}]\ntype = aor\nmax_contacts = 1\nremove_existing = yes\n"
        )
    return text


def _write_data(target: Path, shared: Path) -> None:
    """Link the installation's read-only data, and add the lab's own sounds."""
    for entry in shared.iterdir():
        if entry.name != "sounds":
            _link(target / entry.name, entry)
    (target / "agi-bin").mkdir(exist_ok=True)
    (target / "moh").mkdir(exist_ok=True)
    sounds = target / "sounds"
    (sounds / "lab").mkdir(parents=True, exist_ok=True)
    for entry in (shared / "sounds").iterdir() if (shared / "sounds").is_dir() else ():
        if entry.is_dir():
            _link(sounds / entry.name, entry)
            if (entry / "hello-world.gsm").exists() and entry.name.startswith("en"):
                _link(sounds / "en", entry)
    for seconds in (1, 30):
        path = sounds / "lab" / f"tone-{seconds}s.sln"
        if not path.exists():
            path.write_bytes(tone(seconds))


def _link(link: Path, target: Path) -> None:
    if not link.is_symlink() and not link.exists():
        link.symlink_to(target)


def tone(seconds: int, hertz: int = 400) -> bytes:
    """Return a quiet sine as signed linear 16-bit samples at 8 kHz, the format of ``.sln`` files."""
    period = _SAMPLE_RATE // hertz
    wave = [int(4000 * math.sin(2 * math.pi * step / period)) for step in range(period)]
    return struct.pack(f"<{period}h", *wave) * (seconds * _SAMPLE_RATE // period)
