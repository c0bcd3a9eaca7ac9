"""The command line: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from bridge import __version__
from bridge.cli import COMMANDS, main
from bridge.cli.output import columns, echo_json, markdown
from bridge.mapping.files import load_rules
from bridge.translate.actions import TRANSLATORS
from tests.harness import fake_asterisk

WORLD = """channels:
  - {id: "1234.5", name: "PJSIP/alice-00000001", owner: ours}
  - {id: "1234.6", name: "PJSIP/bob-00000002", owner: dialplan}
  - {id: "1234.7", name: "PJSIP/eve-00000003", owner: foreign}
"""
MINE = """action: {name}
class: call,all
effect: {effect}
fidelity: exact
how: ari
default: ari
versions: [16, 22]
channels: [Channel]
control: {control}
request:
  operation: {operation}
  params:
    channelId: {{channel: Channel, required: No channel specified}}
reply:
  2xx: {{success: Done}}
"""


def invoke(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=text)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with two mappings of its own, which no change of the shipped ones touches."""
    folder = tmp_path / "mine"
    folder.mkdir()
    hold = MINE.format(name="MyHold", effect="write", control="true", operation="channels.hold")
    look = MINE.format(name="MyLook", effect="read", control="false", operation="channels.get")
    (folder / "MyHold.yaml").write_text(hold)
    (folder / "MyLook.yaml").write_text(look + 'differences: ["It is only a look."]\n')
    path = tmp_path / "bridge.yaml"
    path.write_text(
        "listen: 127.0.0.1:5038\nami: 127.0.0.1:1\nari: http://127.0.0.1:1\nuser: bridge:hunter2\napp: bridge\n"
        "plan: ari-first\nmappings: mine\n"
    )
    (tmp_path / "world.yaml").write_text(WORLD)
    return path


def explain(config: Path, *arguments: str, text: str | None = None) -> str:
    world = str(config.parent / "world.yaml")
    result = invoke("explain", "--config", str(config), "--world", world, *arguments, text=text)
    assert result.exit_code == 0, result.output
    return result.output


# -- the group ---------------------------------------------------------------------------------------------------------


def test_version_and_help_import_no_command() -> None:
    code = (
        "import sys; from bridge.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in sys.modules if name.startswith('bridge.cli.') or name in {'asyncio', 'yaml'}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert all(name in done.stdout for name in ("run", "check", "explain", "coverage", "lab", "demo"))
    assert invoke("--version").output == f"ami-ari-bridge, version {__version__}\n"


def test_every_command_is_there_and_has_help() -> None:
    for name in COMMANDS:
        result = invoke(name, "--help")
        assert result.exit_code == 0, name
        assert result.output.startswith("Usage: ")


def test_a_command_that_is_not_there() -> None:
    result = invoke("chekc")
    assert result.exit_code == 2
    assert "chekc" in result.stderr


def test_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    @click.command("probe")
    @click.pass_context
    def probe(ctx: click.Context) -> None:
        assert ctx.parent is not None
        seen.append(ctx.parent.color)

    monkeypatch.setitem(main.commands, "probe", probe)
    monkeypatch.setattr(type(main), "get_command", lambda self, ctx, name: probe)
    for value in ("", "1"):
        monkeypatch.setenv("NO_COLOR", value)
        invoke("probe")
    assert seen == [None, False]


# -- check -------------------------------------------------------------------------------------------------------------


def test_check_of_what_is_shipped() -> None:
    result = invoke("check")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("shipped files: good (every shipped plan; ")


def test_check_of_a_good_configuration(config: Path) -> None:
    result = invoke("check", "--config", str(config))
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"{config}: good (plan ari-first; ")


def test_check_tells_problems_of_all_files(config: Path) -> None:
    config.write_text(config.read_text().replace("plan: ari-first", "plan: ari-frist"))
    (config.parent / "mine" / "MyHold.yaml").write_text("action: [")
    result = invoke("check", "--config", str(config))
    assert result.exit_code == 1
    places = {line.split(": ", 1)[0].removeprefix(f"{config.parent}/") for line in result.stdout.splitlines()}
    assert places == {"ari-frist", "mine/MyHold.yaml:1:10"}
    assert result.stderr == "2 problems\n"


def test_check_goes_on_when_the_configuration_is_wrong(config: Path) -> None:
    config.write_text(config.read_text().replace("listen:", "listn:"))
    result = invoke("check", "--config", str(config), "--json")
    assert result.exit_code == 1
    problems = json.loads(result.stdout)["problems"]
    assert [(problem["line"], problem["path"]) for problem in problems] == [(1, "listn"), (1, "")]
    assert problems[0]["hint"] == "did you mean 'listen'?"


def test_connect_needs_a_configuration() -> None:
    assert invoke("check", "--connect").exit_code == 2
    assert invoke("explain", "--connect", "Ping").exit_code == 2


# -- check --connect ---------------------------------------------------------------------------------------------------


def connected(config: Path, ami_port: int, ari_port: int, *extra: str) -> Result:
    text = config.read_text().replace("ami: 127.0.0.1:1\n", f"ami: 127.0.0.1:{ami_port}\n")
    config.write_text(text.replace("http://127.0.0.1:1\n", f"http://127.0.0.1:{ari_port}\n") + "\n".join(extra))
    return invoke("check", "--config", str(config), "--connect")


def findings(result: Result) -> list[str]:
    return result.stdout.splitlines()[1:]


def test_connect_to_an_asterisk_where_all_is_well(config: Path) -> None:
    seen: list[str] = []
    with fake_asterisk.ami() as ami, fake_asterisk.ari(fake_asterisk.NORMAL, lambda *pair: seen.extend(pair)) as ari:
        result = connected(config, ami, ari)
    assert result.exit_code == 0
    assert findings(result)[0] == f"ok: AMI: 127.0.0.1:{ami} answers as Asterisk Call Manager/11.0.0"
    assert findings(result)[1].startswith("note: AMI: Asterisk sees every client come from the bridge's address: ")
    assert findings(result)[2:] == [
        f"ok: ARI: http://127.0.0.1:{ari} answers as Asterisk 22.10.1",
        "ok: ARI: requests can travel over the event websocket",
        "ok: ARI: the user bridge may write",
        "ok: bridge: the application is free",
    ]
    assert "Basic YnJpZGdlOmh1bnRlcjI=" in seen
    assert "hunter2" not in result.output


def test_connect_finds_an_application_that_is_taken_and_a_user_who_may_only_read(config: Path) -> None:
    answers = fake_asterisk.NORMAL | {
        "GET /ari/asterisk/info": (200, {"system": {"version": "16.28.0~dfsg"}}),
        "DELETE /ari/playbacks/ami-ari-bridge-check": (403, {"message": "Write access denied"}),
        "GET /ari/applications/bridge": (200, {"name": "bridge", "channel_ids": ["1.1", "2.2"]}),
    }
    with fake_asterisk.ami() as ami, fake_asterisk.ari(answers) as ari:
        told = findings(connected(config, ami, ari))
    assert told[3].startswith("note: ARI: requests travel over HTTP: the event websocket takes none before")
    assert told[4] == "warning: ARI: the user bridge is read-only: every write will fall back to AMI"
    assert told[5].startswith("warning: bridge: the application is registered and has 2 channels: ")


@pytest.mark.parametrize(
    ("change", "place", "told"),
    [
        (
            {"GET /ari/asterisk/info": (401, {})},
            2,
            "error: ARI: Asterisk does not know the user bridge with this password",
        ),
        ({"GET /ari/asterisk/info": (404, {})}, 2, "error: ARI: http://127.0.0.1:ARI/ari is not there"),
        ({"GET /ari/asterisk/info": (503, {})}, 2, "error: ARI: http://127.0.0.1:ARI answers 503"),
        ({"GET /ari/asterisk/info": (200, {})}, 3, "note: ARI: requests travel over HTTP: the version does not tell"),
        (
            {"GET /ari/asterisk/info": (200, [])},
            2,
            "ok: ARI: http://127.0.0.1:ARI answers as Asterisk of an unknown version",
        ),
        (
            {"DELETE /ari/playbacks/ami-ari-bridge-check": (500, {})},
            4,
            "warning: ARI: whether the user bridge may write",
        ),
        (
            {"GET /ari/applications/bridge": (500, {})},
            5,
            "error: bridge: the question for the application was answered",
        ),
        ({"GET /ari/applications/bridge": (200, {})}, 5, "warning: bridge: the application is registered: somebody"),
    ],
)
def test_connect_tells_what_is_odd(config: Path, change: dict[str, Any], place: int, told: str) -> None:
    with fake_asterisk.ami() as ami, fake_asterisk.ari(fake_asterisk.NORMAL | change) as ari:
        result = connected(config, ami, ari)
    assert findings(result)[place].startswith(told.replace("ARI/", f"{ari}/").replace(":ARI ", f":{ari} "))
    assert result.exit_code == (1 if told.startswith("error") else 0)


def test_connect_to_nobody(config: Path) -> None:
    result = connected(config, 1, 1)
    assert result.exit_code == 3
    assert findings(result) == [
        "unreachable: AMI: 127.0.0.1:1: Connection refused",
        "unreachable: ARI: http://127.0.0.1:1: Connection refused",
    ]


def test_connect_to_something_else(config: Path) -> None:
    with fake_asterisk.ami(b"SSH-2.0-x\r\n") as ami, fake_asterisk.ami(b"SSH-2.0-x\r\n") as ari:
        result = connected(config, ami, ari)
    assert result.exit_code == 3
    assert findings(result)[0] == f"error: AMI: 127.0.0.1:{ami} is no AMI: it says 'SSH-2.0-x'"
    assert findings(result)[1].startswith(f"unreachable: ARI: http://127.0.0.1:{ari}: ")


def test_connect_tells_what_the_clients_address_means(config: Path) -> None:
    config.write_text(
        config.read_text().replace("ami: 127.0.0.1:1\n", "ami: {address: 127.0.0.1:PORT, source: client}\n")
    )
    with fake_asterisk.ami() as ami, fake_asterisk.ari(fake_asterisk.NORMAL) as ari:
        config.write_text(config.read_text().replace("PORT", str(ami)))
        told = findings(connected(config, ami, ari))
    assert told[1].startswith("note: AMI: Asterisk sees the clients' own addresses")


# -- explain -----------------------------------------------------------------------------------------------------------


def test_explain_a_write_of_our_own_channel(config: Path) -> None:
    assert explain(config, "MyHold", "Channel=pjsip/alice-00000001", "ActionID: 7") == (
        "action    MyHold\n"
        "route     ari\n"
        "decided   mappings/plans/ari-first.yaml:6\n"
        "reason    the plan\n"
        f"mapping   {config.parent}/mine/MyHold.yaml (fidelity exact, how ari)\n"
        "request   POST /channels/1234.5/hold\n"
        "answer\n"
        "  Response: Success\n"
        "  ActionID: 7\n"
        "  Message: Done\n"
    )


@pytest.mark.parametrize(
    ("channel", "reason"),
    [
        ("PJSIP/bob-00000002", "Channel is run by the dialplan"),
        ("PJSIP/eve-00000003", "Channel belongs to the application other"),
        ("PJSIP/nobody", "Channel is not a channel that the bridge knows"),
    ],
)
def test_explain_why_a_write_stays_on_ami(config: Path, channel: str, reason: str) -> None:
    lines = explain(config, "MyHold", f"Channel={channel}").splitlines()
    assert lines[1] == "route     ami"
    assert lines[3] == f"reason    {reason}"


def test_explain_reads_an_action_as_a_client_sends_it(config: Path) -> None:
    text = "Action: MyLook\r\nChannel: 1234.6\r\n\r\nAction: Other\r\n\r\n"
    told = json.loads(explain(config, "--json", text=text))
    assert (told["action"], told["route"], told["fidelity"], told["how"]) == ("MyLook", "ari", "exact", "ari")
    assert told["differences"] == ["It is only a look."]
    assert told["requests"] == [
        {"operation": "channels.get", "method": "GET", "path": "channels/1234.6", "query": [], "body": None}
    ]
    assert told["answer"] == [[["Response", "Success"], ["Message", "Done"]]]
    assert (told["outcome"], told["refused"], told["line"]) == ("", False, "mappings/plans/ari-first.yaml:6")


def test_explain_what_would_be_on_another_plan(config: Path) -> None:
    lines = explain(config, "MyLook", "Channel=1234.6", "--plan", "observe").splitlines()
    assert lines[1:4] == ["route     ami", "decided   default", "reason    the plan"]
    assert lines[5:] == [
        "differs   It is only a look.",
        "were it to travel over ARI:",
        "request   GET /channels/1234.6",
        "answer",
        "  Response: Success",
        "  Message: Done",
    ]


def test_explain_a_refusal_and_a_fallback(config: Path) -> None:
    assert "  Message: No channel specified\n" in explain(config, "MyLook")
    told = explain(config, "MyLook", "Channel=nobody")
    assert "outcome   falls back to AMI: the bridge does not know the channel nobody\n" in told


def test_explain_what_no_mapping_carries(config: Path) -> None:
    assert "reason    no mapping has this action: AMI answers, be it with an error\n" in explain(config, "Nonsense")
    assert "reason    Asterisk answers on the client's own connection\n" in explain(config, "Login", "Secret=x")
    assert "reason    ARI has no way to run a command" in explain(config, "Action: Command", "Command=core show uptime")


def test_explain_ari_only(config: Path) -> None:
    plan = config.parent / "only.yaml"
    plan.write_text("default: ari-only")
    assert "route     ari-only (refused)\n" in explain(config, "Command", "--plan", str(plan))
    assert "route     ari-only\n" in explain(config, "MyLook", "Channel=1234.6", "--plan", str(plan))


def test_explain_the_user_counts(config: Path) -> None:
    plan = config.parent / "users.yaml"
    plan.write_text("lines: [{user: crm, action: MyLook, route: ari}]")
    arguments = ["MyLook", "Channel=1234.6", "--plan", str(plan)]
    assert "route     ari\n" in explain(config, *arguments, "--user", "crm")
    assert "route     ami\n" in explain(config, *arguments)


@pytest.mark.parametrize(
    "arguments",
    [["Ping", "nonsense"], ["Channel=x"], [], ["Ping", "--version", "22"], ["Ping", "--version", "22.x.1"]],
)
def test_explain_refuses_a_wrong_command_line(arguments: list[str]) -> None:
    assert invoke("explain", *arguments, text="").exit_code == 2


def test_explain_with_a_version_that_lacks_the_operation(config: Path) -> None:
    text = MINE.format(name="MyProgress", effect="write", control="true", operation="channels.progress")
    (config.parent / "mine" / "MyProgress.yaml").write_text(text)
    told = explain(config, "MyProgress", "Channel=1234.5", "--version", "16.28.0")
    assert "outcome   " in told
    assert "request" not in told.replace("requests", "")


def test_explain_tells_problems_of_its_files(config: Path) -> None:
    world = config.parent / "world.yaml"
    world.write_text("channels: [{id: a}]")
    result = invoke("explain", "Ping", "--world", str(world))
    assert result.exit_code == 1
    assert result.stderr == f"{world}:1:12: channels[0]: 'name' is missing\n"


def test_explain_asks_asterisk(config: Path) -> None:
    channel = {
        "id": "9.9",
        "name": "PJSIP/live-1",
        "state": "Up",
        "dialplan": {"app_name": "Stasis", "app_data": "bridge"},
    }
    with fake_asterisk.ari(fake_asterisk.NORMAL | {"GET /ari/channels": (200, [channel])}) as port:
        config.write_text(config.read_text().replace("http://127.0.0.1:1\n", f"http://127.0.0.1:{port}\n"))
        result = invoke("explain", "--config", str(config), "--connect", "MyHold", "Channel=PJSIP/live-1")
    assert "request   POST /channels/9.9/hold\n" in result.output


@pytest.mark.parametrize(
    "change", [{"GET /ari/channels": (500, None)}, {"GET /ari/asterisk/info": (200, {"system": {}})}]
)
def test_explain_says_when_asterisk_cannot_tell(config: Path, change: dict[str, Any]) -> None:
    with fake_asterisk.ari(fake_asterisk.NORMAL | change) as port:
        config.write_text(config.read_text().replace("http://127.0.0.1:1\n", f"http://127.0.0.1:{port}\n"))
        result = invoke("explain", "--config", str(config), "--connect", "MyHold")
    assert result.exit_code == 3
    assert result.stderr.startswith(f"ARI is unavailable: http://127.0.0.1:{port}")


# -- coverage ----------------------------------------------------------------------------------------------------------


def test_coverage_is_made_of_the_mappings() -> None:
    registry = load_rules("observe", (), TRANSLATORS).registry
    told = json.loads(invoke("coverage", "--json").output)
    assert [entry["action"] for entry in told["actions"]] == [mapping.action for mapping in registry]
    assert sum(told["counts"].values()) == 2 * told["counts"]["actions"] == 2 * len(registry)
    lines = invoke("coverage").output.splitlines()
    assert lines[0].split() == ["Action", "Class", "16", "22", "Effect", "Fidelity", "How", "ari-first"]
    assert lines[1 + len(registry)] == ""


def test_coverage_of_ones_own(config: Path) -> None:
    output = invoke("coverage", "--mappings", str(config.parent / "mine"), "--markdown").output
    assert "| MyLook | call,all | yes | yes | read | exact | ari | ari |" in output
    assert "### MyLook\n\n- It is only a look.\n\nARI operations: `channels.get`.\n" in output


# -- output ------------------------------------------------------------------------------------------------------------


def test_columns_and_tables() -> None:
    assert columns([("a", "b"), ("long", "")]) == ["a     b", "long"]
    assert markdown([("A", "B"), ("x|y", "z")]) == ["| A | B |", "| --- | --- |", "| x\\|y | z |"]


def test_json_of_bytes_that_are_not_utf8(capsys: pytest.CaptureFixture[str]) -> None:
    echo_json({"a": "é"})
    echo_json({"a": "\udcff"})
    assert capsys.readouterr().out == '{\n  "a": "é"\n}\n{\n  "a": "\\udcff"\n}\n'
