"""The benchmark commands run: figures are never judged here, they depend on the machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.__main__ import main

pytestmark = pytest.mark.live


def test_a_quick_ping_gives_both_sides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    assert main(["ping", "--quick", "--json", str(file)]) == 0
    told = json.loads(file.read_text())
    assert told["command"] == "python -m benchmarks ping --quick"
    assert {figure["what"] for figure in told["figures"]} == {"one at a time, p50", "one at a time, p99"}
    assert all(figure["direct"] > 0 and figure["through"] > 0 for figure in told["figures"])
    assert {figure["result"] for figure in told["figures"]} <= {"met", "missed"}
    assert "adds at most 40 µs" in capsys.readouterr().out


def test_an_unknown_name_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["pong"])
    assert "getvar-ari" in capsys.readouterr().err
