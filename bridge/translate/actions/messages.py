"""MessageSend (main/message.c: action_messagesend)."""

from __future__ import annotations

from bridge.ami.message import Action
from bridge.ami.replies import error, success
from bridge.ari.requests import AriResponse
from bridge.errors import Untranslatable
from bridge.translate.actions.common import refusal
from bridge.translate.effects import Call, Context, Done, Emit, Translation, Translator


def message_send(action: Action, context: Context) -> Translation:
    """Send a text message to an endpoint; ARI has one address where AMI has `Destination` and `To`."""
    to = action.get("To")
    if not to and not action.get("Destination"):
        yield Emit(error(action, "No 'To' address specified."))
        return Done()
    for header in ("Destination", "Base64Body", "Variable"):
        if action.get(header):
            raise Untranslatable(f"ARI has no equal of {header}")
    # An absent `from` is printed as "(null)" by Asterisk; an empty one is what AMI sends.
    params = {"to": to, "from": action.get("From"), "body": action.get("Body")}
    response: AriResponse = yield Call("endpoints.sendMessage", params)
    if not response.ok:
        # AMI tells an unknown technology, an unreachable endpoint and a failure apart; ARI does not.
        raise Untranslatable(refusal(response))
    yield Emit(success(action, "Message successfully sent"))
    return Done()


MESSAGE_SEND = Translator("MessageSend", message_send, "write")
