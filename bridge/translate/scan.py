"""Text as Asterisk's C reads it: numbers, yes and no, argument lists, caller ids.

Each function names its original; the translators need the same answer from the same bytes, down to what Asterisk makes
of nonsense.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bridge.errors import Untranslatable

TRUE_WORDS = frozenset({"yes", "true", "y", "t", "1", "on"})
INT_MAX = 2**31 - 1

_INTEGER = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]+)")
_DECIMAL = re.compile(r"[ \t\n\v\f\r]*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
_ODD_DECIMAL = re.compile(r"[ \t\n\v\f\r]*[+-]?(?:0[xX]|[iI][nN]|[nN][aA])")
_PHONE = re.compile(r"[0-9*#+]+")
_SHRINKABLE = re.compile(r"[0-9*#+().-]+")
_BLANKS = "".join(map(chr, range(33)))


def truth(text: str) -> bool:
    """main/utils.c: ast_true."""
    return text.lower() in TRUE_WORDS


def integer(text: str) -> int | None:
    """The number that `text` starts with (sscanf `%30d`), None when it starts with none.

    Raises Untranslatable where C's int would overflow.
    """
    found = _INTEGER.match(text)
    if found is None:
        return None
    value = int(found[1][:30])
    if not -INT_MAX <= value <= INT_MAX:
        raise Untranslatable(f"the number {found[1]} is too large to predict what Asterisk makes of it")
    return value


def whole_integer(text: str) -> int | None:
    """The number that `text` is from its start to its end (strtol with a check of the end), else None."""
    found = _INTEGER.match(text)
    return int(found[1]) if found and found.end() == len(text) and len(text) < 20 else None


def decimal(text: str) -> float:
    """The number that `text` starts with, 0.0 when it starts with none (atof)."""
    if _ODD_DECIMAL.match(text):
        raise Untranslatable(f"{text!r} is a number only to C")
    found = _DECIMAL.match(text)
    return float(found[1]) if found else 0.0


def separate_args(text: str, limit: int) -> list[str]:
    """`text` split at commas outside of quotes, brackets and parentheses; quotes and backslashes are removed.

    main/app.c: __ast_app_separate_args with remove_chars. Raises Untranslatable for `limit` parts or more, and for a
    backslash at the end, after which Asterisk reads on beyond the text.
    """
    args: list[str] = []
    place, quoted, round_, square = 0, False, 0, 0
    more = True
    while more:
        part: list[str] = []
        more = False
        while place < len(text):
            char = text[place]
            place += 1
            if char == '"':
                quoted = not quoted
                continue
            if char == "\\":
                if place == len(text):
                    raise Untranslatable("a backslash at the end has no meaning that could be predicted")
                part.append(text[place])
                place += 1
                continue
            if char == "," and not (quoted or round_ or square):
                more = True
                break
            round_ = max(0, round_ + (char == "(") - (char == ")"))
            square = max(0, square + (char == "[") - (char == "]"))
            part.append(char)
        if text:
            args.append("".join(part))
    if len(args) >= limit:
        raise Untranslatable(f"{limit} values or more in one header")
    return args


def strip_quoted(text: str) -> str:
    """main/utils.c: ast_strip_quoted with double quotes; blanks are all characters up to the space."""
    text = text.strip(_BLANKS)
    if text.startswith('"') and text.endswith('"'):
        return text[1:-1]
    return text


def unescape(text: str) -> str:
    """main/utils.c: ast_unescape_quoted."""
    return re.sub(r"\\(.?)", r"\1", text, flags=re.DOTALL)


def shrink_number(text: str) -> str:
    """main/callerid.c: ast_shrink_phone_number: blanks, parentheses, dashes and inner dots go, except in brackets."""
    kept: list[str] = []
    bracketed = 0
    for place, char in enumerate(text):
        bracketed += (char == "[") - (char == "]")
        if (char == "-" and not bracketed) or (char == "." and place + 1 < len(text)) or char in "( )":
            continue
        kept.append(char)
    return "".join(kept)


@dataclass(frozen=True, slots=True)
class CallerId:
    """A caller's name and number, '' where there is none."""

    name: str = ""
    number: str = ""


def callerid_of_ami(text: str) -> CallerId:
    """What an AMI Originate makes of its CallerID header (main/manager.c: action_originate); 255 bytes are read."""
    name, number = _parse_callerid(_cut(text, 255))
    return CallerId(name, shrink_number(number))


def callerid_of_ari(text: str) -> CallerId:
    """What ARI makes of `callerId` (res/ari/resource_channels.c): only what looks like a number is shrunk."""
    name, number = _parse_callerid(text)
    return CallerId(name, shrink_number(number) if _SHRINKABLE.fullmatch(number) else number)


def callerid_for_ari(text: str) -> tuple[CallerId, str]:
    """What AMI makes of a CallerID header, and the `callerId` of which ARI makes the same ('' when there is none)."""
    wanted = callerid_of_ami(text)
    if wanted == CallerId():
        return wanted, ""
    if callerid_of_ari(text) == wanted:
        return wanted, text
    # ARI leaves a number with letters as it is, and reads more than 255 bytes.
    name = '"' + re.sub(r'(["\\])', r"\\\1", wanted.name) + '"' if wanted.name else ""
    number = f"<{wanted.number}>" if wanted.number or "<" in wanted.name else ""
    return wanted, f"{name} {number}".strip()


def _parse_callerid(text: str) -> tuple[str, str]:
    """main/callerid.c: ast_callerid_parse."""
    text = text.strip(_BLANKS)
    inner = strip_quoted(text)
    opening = inner.rfind("<")
    if opening >= 0:
        closing = inner.rfind(">")
        number = inner[opening + 1 : closing] if closing > opening else inner[opening + 1 :]
        return unescape(strip_quoted(inner[:opening])), number
    number = shrink_number(_cut(inner, 255))
    if inner == text and _PHONE.fullmatch(number):
        return "", number
    return unescape(strip_quoted(inner)), ""


def _cut(text: str, size: int) -> str:
    raw = text.encode("utf-8", "surrogateescape")
    return text if len(raw) <= size else raw[:size].decode("utf-8", "surrogateescape")
