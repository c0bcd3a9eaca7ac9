"""Fixtures shared by all tests: a real Asterisk, of both versions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.harness.asterisk import VERSIONS, Asterisk, AsteriskPool, Options, hangup_everything

FreshAsterisk = Callable[..., Asterisk]

_LIVE_FIXTURES = {"asterisk", "fresh_asterisk", "asterisk_pool"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that takes a real Asterisk as live."""
    for item in items:
        if _LIVE_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.live)


@pytest.fixture(scope="session")
def asterisk_pool() -> Iterator[AsteriskPool]:
    """The session's shared instances, one per version."""
    pool = AsteriskPool()
    yield pool
    pool.stop()


@pytest.fixture(params=VERSIONS, ids=lambda version: f"asterisk{version}")
def asterisk(request: pytest.FixtureRequest, asterisk_pool: AsteriskPool) -> Iterator[Asterisk]:
    """The shared Asterisk of each version, without channels of an earlier test. Not to be killed or reconfigured."""
    found = asterisk_pool.get(request.param)
    yield found
    if found.pid is not None:
        hangup_everything(found)


@pytest.fixture
def fresh_asterisk() -> Iterator[FreshAsterisk]:
    """A factory ``(version="22", options=None) -> Asterisk`` of started instances to restart, kill or reconfigure."""
    started: list[Asterisk] = []

    def start(version: str = "22", options: Options | None = None) -> Asterisk:
        instance = Asterisk(version, options=options)
        started.append(instance)
        return instance.start()

    yield start
    for instance in started:
        instance.kill()
        instance.stop()
