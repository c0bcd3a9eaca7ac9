"""Where ARI is and who asks; the password stands in no repr and no log line."""

from __future__ import annotations

import base64
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from bridge.ari.description import Version

_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_BRANCH = re.compile(r"GIT-(\d+)-")
_NEWEST_MINOR = 9999
# First releases with REST over the event websocket (scan of Asterisk's tags 13..23).
REST_OVER_WEBSOCKET: tuple[Version, ...] = ((20, 14, 0), (21, 9, 0), (22, 4, 0))


@dataclass(frozen=True, slots=True, repr=False)
class AriTarget:
    """One Asterisk's ARI: `url` is `http(s)://host:port[/prefix]/ari`, no slash at the end; `tls` goes with https."""

    url: str
    user: str
    password: str
    tls: ssl.SSLContext | None = None

    @property
    def authorization(self) -> str:
        """The value of the Authorization header."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    def events_url(self, apps: Sequence[str]) -> str:
        """The websocket's URL for these apps. Never with subscribeAll: closing such a socket can deadlock Asterisk
        20.14+, 21.9+ and 22.4+ for good (asterisk/asterisk#2170).
        """
        # Nothing is escaped: 16 takes backslashes for escapes here, 22 for part of the name. The configuration refuses
        # names with commas, and the gateway looks whether Asterisk has registered what was meant.
        return f"ws{self.url.removeprefix('http')}/events?app={quote(','.join(apps), safe=',')}"

    def __repr__(self) -> str:
        return f"AriTarget({self.url!r}, user={self.user!r})"


def parse_version(text: str) -> Version | None:
    """(22, 10, 1) of `22.10.1+dfsg`, `certified/20.7-cert1` and the like; None when there is no number.

    A build from a branch (`GIT-22-1a2b3c`) counts as newer than every release of that branch.
    """
    if branch := _BRANCH.match(text):
        return int(branch[1]), _NEWEST_MINOR, 0
    found = _VERSION.search(text)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None
