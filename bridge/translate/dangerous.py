"""What AMI refuses and ARI would carry out: the guard of every translation that hands a variable's name to ARI.

An ARI credential must never widen what an AMI user may do. Asterisk refuses its escalating functions to AMI
(`live_dangerously = no`), but carries them out for ARI's `POST /channels/{id}/variable` on 16, which runs in the
channel's own thread, and for the variables of an asynchronous Originate. Which functions may escalate depends on the
modules that are loaded, so a translation sends only names that are known to be harmless, never all but the bad ones.
"""

from __future__ import annotations

import re

# main/manager.c: function_capable_string_allowed_with_auths refuses these to users without the class system. The bridge
# asks AMI whenever one of the words occurs, in any case, and thereby needs not know the user's classes.
_CAPABLE = re.compile("SHELL|EVAL", re.IGNORECASE)

# Watched on 16.28.0 and 22.10.1, identically ("Dangerous function X read/write blocked" in the log), for the modules of
# a Debian package; func_odbc and others add theirs. For messages and documentation: the guard does not depend on it.
BLOCKED_READS = frozenset(
    [
        "DB",
        "DB_DELETE",
        "FILE",
        "FILE_COUNT_LINE",
        "FILE_FORMAT",
        "LOCK",
        "PERIODIC_HOOK",
        "REALTIME_DESTROY",
        "SHELL",
        "STAT",
        "TRYLOCK",
        "UNLOCK",
    ]
)
BLOCKED_WRITES = frozenset(["CONFBRIDGE", "CURL", "DB", "FILE", "PERIODIC_HOOK"])

# Functions that can be written on any channel, do nothing but set a property of it, and never fail with these
# arguments: AMI answers "Variable Set", whatever the value.
_CHANNEL_WRITES = frozenset(
    {
        "CALLERID(all)",
        "CALLERID(name)",
        "CALLERID(num)",
        "CHANNEL(accountcode)",
        "CHANNEL(language)",
        "CHANNEL(musicclass)",
        "CHANNEL(peeraccount)",
        "CHANNEL(userfield)",
        "CONNECTEDLINE(name)",
        "CONNECTEDLINE(num)",
    }
)
_GLOBAL_WRITE = re.compile(r"DEVICE_STATE\(Custom:[A-Za-z0-9_.@+-]+\)")

# Functions that do not look at the channel they are evaluated on, so that any channel gives AMI's answer for none.
_CHANNEL_FREE = re.compile(
    r"(?:DEVICE_STATE|EXTENSION_STATE|HINT|PRESENCE_STATE|QUEUE_EXISTS|QUEUE_MEMBER|QUEUE_MEMBER_COUNT|"
    r"QUEUE_MEMBER_LIST|QUEUE_WAITING_COUNT|PJSIP_ENDPOINT|PJSIP_AOR|VERSION)\([A-Za-z0-9_.@+:/, -]*\)"
)


def is_function(variable: str) -> bool:
    """Whether Asterisk takes this name for a function's call (main/pbx_variables.c: the last character decides)."""
    return variable.endswith(")")


def needs_system(text: str) -> bool:
    """Whether AMI may refuse this text to a user without the class `system` (it could reach SHELL() or EVAL())."""
    return _CAPABLE.search(text) is not None


def writable_on_channel(variable: str) -> bool:
    """Whether this channel variable or function may be set over ARI, as far as rights are concerned."""
    return not needs_system(variable) and (not is_function(variable) or variable in _CHANNEL_WRITES)


def writable_globally(variable: str) -> bool:
    """Whether this global variable or function may be set over ARI, as far as rights are concerned."""
    if needs_system(variable):
        return False
    return not is_function(variable) or _GLOBAL_WRITE.fullmatch(variable) is not None


def channel_free(variable: str) -> bool:
    """Whether this function gives the same value on every channel."""
    return _CHANNEL_FREE.fullmatch(variable) is not None
