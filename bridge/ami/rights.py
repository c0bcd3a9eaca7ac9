"""What an AMI user may do, as Asterisk itself tells: `ListCommands` names only the actions this session may run.

Source: main/manager.c `action_listcommands`: one header per permitted action, `Name: synopsis (Priv: classes)`.
"""

from __future__ import annotations

from bridge.ami.codec import parse_headers


def allowed_actions(raw: bytes) -> frozenset[str]:
    """The actions, in lower case, that a `ListCommands` answer permits; empty for an error answer."""
    headers = parse_headers(raw)
    if not any(name == "Response" and value == "Success" for name, value in headers):
        return frozenset()
    return frozenset(name.lower() for name, value in headers if "(Priv: " in value)
