"""With every route on `ami`, the bridge is not to be told from the Asterisk behind it, byte by byte."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from bridge.lab import VERSIONS, Asterisk
from tests.harness.asterisk import AsteriskPool, hangup_everything
from tests.harness.bridge_process import BridgeProcess
from tests.harness.byte_player import Played, normalised, play
from tests.harness.bytecases import Case, cases

pytestmark = pytest.mark.live

CASES = {case.name: case for case in cases()}
AT_ONCE = 12

Address = tuple[str, int]
Outcome = Played | Exception
_tags = itertools.count()


@dataclass(slots=True)
class Sweep:
    """One Asterisk with a bridge before it, and what the cases brought back: each played directly and through it."""

    asterisk: Asterisk
    bridge: BridgeProcess
    outcomes: dict[str, tuple[Outcome, Outcome]] = field(default_factory=dict)

    def play_all(self, selected: Iterable[Case]) -> None:
        """Play the cases that may share the Asterisk at the same time, then those that may not, one by one."""
        shared = [case for case in selected if not case.alone]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            self.outcomes |= zip((case.name for case in shared), pool.map(self._both, shared), strict=True)
        for case in selected:
            if case.alone:
                hangup_everything(self.asterisk)
                self.outcomes[case.name] = self._both(case)

    def _both(self, case: Case) -> tuple[Outcome, Outcome]:
        return _outcome((self.asterisk.host, self.asterisk.ami_port), case), _outcome(self.bridge.address, case)


def _outcome(address: Address, case: Case) -> Outcome:
    tag = f"case{next(_tags):05d}"
    try:
        played = play(address, case.steps, tag)
    except (AssertionError, OSError) as error:
        return error
    played.data = normalised(played.data, tag)
    return played


@pytest.fixture(scope="module")
def sweeps(
    request: pytest.FixtureRequest, asterisk_pool: AsteriskPool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Mapping[str, tuple[Outcome, Outcome]]]]:
    """What the selected cases brought back, by version; a version's cases are played when its first test asks."""
    done: dict[str, Sweep] = {}

    def sweep(version: str) -> Mapping[str, tuple[Outcome, Outcome]]:
        if version not in done:
            asterisk = asterisk_pool.get(version)
            process = BridgeProcess(tmp_path_factory.mktemp(f"bytes{version}"), asterisk=asterisk).start()
            done[version] = Sweep(asterisk, process)
            done[version].play_all(_selected(request, version))
        return done[version].outcomes

    yield sweep
    for made in done.values():
        made.bridge.stop()


def _selected(request: pytest.FixtureRequest, version: str) -> list[Case]:
    """The cases of this version that this run of pytest was asked for."""
    calls = (getattr(item, "callspec", None) for item in request.session.items)
    named = [
        call.params["name"]
        for call in calls
        if call and call.params.get("version") == version and "name" in call.params
    ]
    return [CASES[name] for name in dict.fromkeys(named)]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("version", VERSIONS)
def test_same_bytes(version: str, name: str, sweeps: Callable[[str], Mapping[str, tuple[Outcome, Outcome]]]) -> None:
    direct, bridged = sweeps(version)[name]
    assert isinstance(direct, Played), f"Asterisk itself: {direct!r}"
    assert isinstance(bridged, Played), f"through the bridge: {bridged!r}; directly: {direct.data[-600:]!r}"
    assert bridged.data.split(b"\r\n") == direct.data.split(b"\r\n")
    assert bridged.closed == direct.closed


def test_normalising_hides_nothing_else() -> None:
    said = (
        b"Response: Success\r\nChallenge: 12345\r\nTimestamp: 1700000000.123456\r\n"
        b"Uniqueid: 1700000000.12\r\nMessage: x\r\n"
    )
    kept = (
        b"Response: Success\r\nChallenge: <challenge>\r\nTimestamp: <clock>\r\nUniqueid: <uniqueid>\r\nMessage: x\r\n"
    )
    assert normalised(said) == kept
    assert normalised(b"Channel: Local/wait@default-0000001f;2 t1", "t1") == b"Channel: Local/wait@default-<n>;2 <tag>"
