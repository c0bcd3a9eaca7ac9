"""UserEvent (main/manager.c: action_userevent)."""

from __future__ import annotations

from bridge.ami.message import Action, Message
from bridge.ami.replies import success
from bridge.ari.requests import AriResponse
from bridge.errors import Untranslatable
from bridge.translate.actions.common import refusal
from bridge.translate.effects import Call, Context, Done, Emit, Translation, Translator

# Headers that are not copied as they stand: the action's own name, and the event's, which comes first.
LEFT_OUT = {"action", "userevent"}


def user_event(action: Action, context: Context) -> Translation:
    """Tell every AMI session behind the bridge, as Asterisk tells every AMI session, and our ARI application.

    AMI's own UserEvent never reaches ARI. A user event of ARI reaches AMI only with a channel as its source, and then
    with that channel's headers instead of the client's: so the event is made here.
    """
    name = action.get("UserEvent")
    if not name or not context.apps:
        raise Untranslatable("ARI has no user event without a name" if context.apps else "there is no ARI application")
    copied = [header for header in action if header[0].lower() not in LEFT_OUT]
    variables = {key: value for key, value in reversed(copied) if key.lower() != "actionid"}
    response: AriResponse = yield Call(
        "events.userEvent", {"eventName": name, "application": context.apps[0], "variables": variables}
    )
    if not response.ok:
        raise Untranslatable(refusal(response))
    yield Emit(success(action, "Event Sent"))
    headers = (("Event", "UserEvent"), ("Privilege", "user,all"), ("UserEvent", name), *copied)
    yield Emit(Message(headers), everyone="user")
    return Done()


USER_EVENT = Translator("UserEvent", user_event, "write")
