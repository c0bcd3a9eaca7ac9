"""The Asterisks of one test session: one per version, started when a test first asks for it, shared by all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bridge.lab import VERSIONS, Asterisk, Options
from tests.harness.raw_ami import RawAmi
from tests.harness.raw_ari import RawAri

__all__ = ["VERSIONS", "Asterisk", "AsteriskPool", "Options", "ami", "ari", "hangup_everything"]


class AsteriskPool:
    """Starts, keeps and finally stops the shared instances."""

    def __init__(self) -> None:
        self._running: dict[str, Asterisk] = {}

    def get(self, version: str) -> Asterisk:
        """The shared instance of this version. A missing Asterisk is an error here, never a skip."""
        found = self._running.get(version)
        if found is None:
            found = self._running[version] = Asterisk(version, name=None).start()
        elif found.pid is None:
            # A test before this one crashed it: that test failed, the others need not.
            found.start()
        return found

    def stop(self) -> None:
        for found in self._running.values():
            found.kill()  # quicker than a graceful end, which nobody would see
            found.stop()
        self._running.clear()


@contextmanager
def ami(asterisk: Asterisk, user: str = "admin", *, events: str | None = "off") -> Iterator[RawAmi]:
    """A logged-in raw AMI connection straight to Asterisk."""
    with RawAmi(asterisk.host, asterisk.ami_port) as connection:
        answer = connection.login(user, asterisk.users[user].secret, events)
        assert answer["Response"] == "Success", answer
        yield connection


@contextmanager
def ari(asterisk: Asterisk, user: str = "bridge") -> Iterator[RawAri]:
    """A raw ARI client straight to Asterisk."""
    with RawAri(asterisk.ari_url, user, asterisk.ari_users[user].password) as client:
        yield client


def hangup_everything(asterisk: Asterisk, seconds: float = 5.0) -> int:
    """Hang up the channels and destroy the ARI bridges that are left; return how many channels there were."""
    count = 0
    with ami(asterisk, events="call") as connection:
        while left := _channels(connection):
            count += len(left)
            for uniqueid in sorted(left):
                # 16 may list a channel for a moment after its Hangup event.
                if connection.action("Hangup", Channel=uniqueid)["Response"] == "Error":
                    left.discard(uniqueid)
            while left:
                left.discard(connection.wait_event("Hangup", timeout=seconds)["Uniqueid"])
    with ari(asterisk) as client:
        for bridge in client.get("/bridges")[1]:
            client.delete(f"/bridges/{bridge['id']}")
    return count


def _channels(connection: RawAmi) -> set[str]:
    return {item["Uniqueid"] for item in connection.collect_list("CoreShowChannels")[1]}
