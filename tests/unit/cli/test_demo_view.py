"""How the demo lays out one exchange."""

from __future__ import annotations

from bridge.ami.message import Action, Message
from bridge.ari.requests import AriRequest, AriResponse
from bridge.cli.demo_view import WIDTH, Exchange, bridge_lines, exchange_lines, side_by_side
from bridge.mapping.plan import Route
from bridge.net.trace import ActionTrace


def test_columns_fold_and_lose_nothing() -> None:
    lines = side_by_side(["short", "word " * 30], ["x" * 200])
    assert all(len(line) <= WIDTH for line in lines)
    assert "".join(lines).count("word") == 30
    assert "".join(lines).count("x") == 200


def test_secrets_are_not_shown() -> None:
    exchange = Exchange("login", Message((("Action", "Login"), ("Secret", "hush"))))
    assert "hush" not in "\n".join(exchange_lines(1, exchange))


def test_long_messages_are_cut_and_say_so() -> None:
    message = Message(tuple((f"Header{number}", "x") for number in range(40)))
    shown = "\n".join(exchange_lines(1, Exchange("status", message)))
    assert "... and 29 more headers" in shown
    assert "Header10:" in shown
    assert "Header11:" not in shown


def test_what_the_bridge_did() -> None:
    request = AriRequest("channels.hangup", "DELETE", "channels/a%2Fb", (("reason_code", "16"),))
    trace = ActionTrace(1, "admin", Action.of("Hangup"), Route.ARI, "/etc/bridge/plan.yaml:4", "because")
    trace.requests = [(request, AriResponse(404, {"message": "Channel not found"})), (request, AriResponse(0))]
    lines = bridge_lines(trace)
    assert lines[:3] == ["the bridge", "route  ari  (plan.yaml:4)", "why    because"]
    assert "DELETE /channels/a/b" in lines
    assert "  reason_code = 16" in lines
    assert "  -> 404 Channel not found" in lines
    assert "  -> no answer" in lines
    assert bridge_lines(None) == ["the bridge", "route  ami: the bytes pass unchanged"]
