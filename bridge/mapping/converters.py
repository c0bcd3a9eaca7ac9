"""Named converters: text to text, pure. A value that a converter does not take raises ValueError with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bridge.world.causes import reason_of

Converter = Callable[[str], str]

# main/utils.c: ast_true
TRUE = frozenset({"yes", "true", "y", "t", "1", "on"})

# main/channel.c: ast_state2str; the numbers of enum ast_channel_state.
CHANNEL_STATES: Mapping[str, str] = {
    "Down": "0",
    "Rsrvd": "1",
    "OffHook": "2",
    "Dialing": "3",
    "Ring": "4",
    "Ringing": "5",
    "Up": "6",
    "Busy": "7",
    "Dialing Offhook": "8",
    "Pre-ring": "9",
}


def whole_number(text: str) -> str:
    """A whole number without blanks and leading zeros: `007` is `7`."""
    stripped = text.strip()
    digits = stripped.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        raise ValueError(f"'{text}' is not a whole number")
    return str(int(stripped))


def ms_to_seconds(text: str) -> str:
    """Milliseconds to whole seconds, rounded up, so that a short time does not become none; negative stays -1."""
    milliseconds = int(whole_number(text))
    return "-1" if milliseconds < 0 else str(-(-milliseconds // 1000))


def seconds_to_ms(text: str) -> str:
    """Whole seconds to milliseconds."""
    return str(int(whole_number(text)) * 1000)


def true_false(text: str) -> str:
    """What Asterisk takes for true (`ast_true`) is `true`, anything else `false`."""
    return "true" if text.strip().lower() in TRUE else "false"


def on_off(text: str) -> str:
    """The same as `on` and `off`."""
    return "on" if text.strip().lower() in TRUE else "off"


def yes_no(text: str) -> str:
    """The same as `Yes` and `No`, as most AMI headers spell it."""
    return "Yes" if text.strip().lower() in TRUE else "No"


def unknown(text: str) -> str:
    """AMI's `<unknown>` for nothing."""
    return text or "<unknown>"


def known(text: str) -> str:
    """Nothing for AMI's `<unknown>`."""
    return "" if text == "<unknown>" else text


def cause_to_reason(text: str) -> str:
    """A Q.850 cause to ARI's word for it."""
    word = reason_of(int(whole_number(text)))
    if word is None:
        raise ValueError(f"ARI has no word for the cause {text}")
    return word


def channel_state_number(text: str) -> str:
    """ARI's name of a channel state to AMI's number."""
    if text not in CHANNEL_STATES:
        raise ValueError(f"'{text}' is not a channel state")
    return CHANNEL_STATES[text]


def technology(text: str) -> str:
    """`PJSIP` of `PJSIP/alice`."""
    return _halves(text)[0]


def resource(text: str) -> str:
    """`alice` of `PJSIP/alice`."""
    return _halves(text)[1]


def module_file(text: str) -> str:
    """`res_x.so` of `res_x` and of `res_x.so`; AMI takes both, ARI the file only."""
    return text if text.endswith(".so") else f"{text}.so"


def first_character(text: str) -> str:
    """The first character, nothing of nothing."""
    return text[:1]


def count(text: str) -> str:
    """How many parts a list of ids has: `a,b` is `2`, nothing is `0`."""
    return str(text.count(",") + 1) if text else "0"


def _halves(text: str) -> tuple[str, str]:
    left, slash, right = text.partition("/")
    if not (left and slash and right):
        raise ValueError(f"'{text}' is not technology/resource")
    return left, right


CONVERTERS: Mapping[str, Converter] = {
    "cause_to_reason": cause_to_reason,
    "channel_state_number": channel_state_number,
    "count": count,
    "first_character": first_character,
    "known": known,
    "lower": str.lower,
    "module_file": module_file,
    "ms_to_seconds": ms_to_seconds,
    "on_off": on_off,
    "resource": resource,
    "seconds_to_ms": seconds_to_ms,
    "strip": str.strip,
    "technology": technology,
    "true_false": true_false,
    "unknown": unknown,
    "upper": str.upper,
    "whole_number": whole_number,
    "yes_no": yes_no,
}
