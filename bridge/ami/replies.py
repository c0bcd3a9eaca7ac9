"""Responses and events in the layout of Asterisk's `astman_send_response_full` (main/manager.c).

`Response:`, then `ActionID:` when the client gave one, then `EventList:` for lists, then `Message:` if any, then the
further fields.
"""

from __future__ import annotations

from bridge.ami.message import Action, Header, Message


def response(action: Action, kind: str, message: str | None, *fields: Header) -> Message:
    """A response of `kind` ("Success", "Error", "Goodbye") with Asterisk's header order."""
    return Message((("Response", kind), *_action_id(action), *_message(message), *fields))


def success(action: Action, message: str | None = None, *fields: Header) -> Message:
    """`Response: Success`, with `Message:` only where Asterisk sends one."""
    return response(action, "Success", message, *fields)


def error(action: Action, message: str) -> Message:
    """`Response: Error` with its text."""
    return response(action, "Error", message)


def list_start(action: Action, message: str, start: str = "start") -> Message:
    """The head of a list (`astman_send_listack`): `EventList:` stands before `Message:`."""
    return Message((("Response", "Success"), *_action_id(action), ("EventList", start), ("Message", message)))


def list_complete(action: Action, event: str, items: int, *extra: Header) -> Message:
    """The end of a list (`astman_send_list_complete_start`): ActionID, `EventList: Complete`, `ListItems`, `extra`."""
    return Message(
        (("Event", event), *_action_id(action), ("EventList", "Complete"), ("ListItems", str(items)), *extra)
    )


def event(name: str, *headers: Header) -> Message:
    """An event; the caller gives `Privilege` and `ActionID` where Asterisk puts them."""
    return Message((("Event", name), *headers))


def action_id(action: Action) -> tuple[Header, ...]:
    """`ActionID:` as a header tuple, empty when the client gave none."""
    return _action_id(action)


def _action_id(action: Action) -> tuple[Header, ...]:
    return (("ActionID", action.action_id),) if action.action_id else ()


def _message(message: str | None) -> tuple[Header, ...]:
    return (("Message", message),) if message is not None else ()
