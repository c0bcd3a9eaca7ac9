"""From an operation's name and parameters to a request that Asterisk understands; everything is checked beforehand.

Asterisk does not check all that it needs: a `channels.move` without `app` ends the process (16.28 and 22.10), so does a
`bridges.record` without `format` (22.10). What is wrong is therefore found here, all of it at once, and nothing leaves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import quote

from bridge.ari.description import Operation, Parameter, Version, available
from bridge.ari.operations import OPERATIONS
from bridge.ari.requests import AriRequest
from bridge.errors import Untranslatable

# Stands for a version that is not known; nothing is refused for its sake.
UNTOLD: Version = (0, 0, 0)

_SYNCHRONOUS_VARIABLES: tuple[Version, ...] = ((20, 20, 0), (22, 10, 0), (23, 4, 0))
_ANNOUNCER_FORMAT: tuple[Version, ...] = ((20, 17, 0), (22, 7, 0), (23, 1, 0))

# What the description does not tell, by the first release of each branch (scan of Asterisk's tags 13..23).
_SINCE: dict[tuple[str, str], tuple[Version, ...]] = {
    ("channels.hangup", "reason_code"): ((17, 0, 0),),
    ("bridges.addChannel", "inhibitConnectedLineUpdates"): ((18, 0, 0),),
    ("channels.externalMedia", "data"): ((18, 0, 0),),
    ("channels.externalMedia", "transport_data"): ((20, 18, 0), (22, 8, 0), (23, 2, 0)),
    ("bridges.play", "announcer_format"): _ANNOUNCER_FORMAT,
    ("bridges.playWithId", "announcer_format"): _ANNOUNCER_FORMAT,
    ("bridges.record", "recorder_format"): _ANNOUNCER_FORMAT,
    ("bridges.create", "variables"): _SYNCHRONOUS_VARIABLES,
    ("bridges.createWithId", "variables"): _SYNCHRONOUS_VARIABLES,
    ("channels.setChannelVar", "report_events"): _SYNCHRONOUS_VARIABLES,
    # The description says 20.17 and 22.7; the operation first stands in the tags below.
    ("events.claimChannel", ""): _SYNCHRONOUS_VARIABLES,
}
# Optional by the description, but Asterisk refuses or misbehaves without at least one of these.
_ONE_OF: dict[str, tuple[str, ...]] = {
    "channels.originate": ("app", "extension"),
    "channels.originateWithId": ("app", "extension"),
    "channels.sendDTMF": ("dtmf",),
}
# Asterisk looks these up without asking whether anything stands in them.
_NEVER_EMPTY = {("channels.move", "app"), ("bridges.record", "format")}
# The HTTP answer waits for the channel's thread, which plays media first; or for a module; or is no JSON at all.
_MAY_BLOCK: dict[str, tuple[Version, ...]] = {
    "channels.answer": (),
    "bridges.addChannel": (),
    "bridges.removeChannel": (),
    "bridges.setVideoSource": (),
    "asterisk.loadModule": (),
    "asterisk.reloadModule": (),
    "asterisk.unloadModule": (),
    "recordings.getStoredFile": (),
    "channels.setChannelVar": _SYNCHRONOUS_VARIABLES,
    "channels.setChannelVars": _SYNCHRONOUS_VARIABLES,
}
_SURROGATE = re.compile("[\ud800-\udfff]")
_NUMBER = re.compile(r"-?[0-9]{1,19}\Z")
_LIMITS = {"int": 2**31, "long": 2**63}
# ast_app_separate_args splits a list of values on commas and heeds these.
_SPLITTING = re.compile(r'([\\",()\[\]])')


def build(operation: str, params: Mapping[str, Any], version: Version | None) -> AriRequest:
    """The request for `operation` (a key of `OPERATIONS`) with `params` by their ARI names; None values are left out.

    Values are str, int or bool; a list or tuple where several are allowed (a plain str is then one value, commas
    included); a mapping where ARI wants a JSON object (`variables` is the mapping itself, name to value).
    `version` is Asterisk's, None or (0, 0, 0) when not known: then what only some versions have is let through.

    Raises Untranslatable that names everything that is wrong: an operation or a parameter that does not exist or that
    this version lacks, a required one that is missing, a value that ARI does not take or cannot carry.
    """
    described = OPERATIONS.get(operation)
    if described is None or described.websocket:
        raise Untranslatable(f"ARI has no operation {operation}")
    version = version if version != UNTOLD else None
    given = {name: value for name, value in params.items() if value is not None}
    values, problems = _checked(described, given, version)
    if problems:
        raise Untranslatable(f"{operation}: {'; '.join(problems)}")
    path, query, body = described.path, [], None
    for parameter, value in values:
        if parameter.place == "path":
            path = path.replace("{" + parameter.name + "}", quote(value, safe=""))
        elif parameter.place == "query":
            query.append((parameter.name, value))
        elif parameter.type == "object":
            body = value
        else:
            body = {parameter.name: value}
    return AriRequest(
        operation=operation,
        method=described.method,
        path=path,
        query=tuple(query),
        body=body,
        may_block=_may_block(operation, version),
        has_effect=described.method != "GET",
    )


@cache
def lacks(operation: str, version: Version, parameter: str = "") -> bool:
    """Whether an Asterisk of this version has no such operation, or the operation no such parameter."""
    described = OPERATIONS.get(operation)
    known = described.parameter(parameter) if described is not None and parameter else described
    if described is None or known is None:
        return True
    if version == UNTOLD:
        return False
    if not available(version, described.versions, _since(described)):
        return True
    return not available(version, known.versions, _SINCE.get((operation, parameter), _since(described)))


def _since(operation: Operation) -> tuple[Version, ...]:
    return _SINCE.get((operation.key, ""), operation.since)


def _may_block(operation: str, version: Version | None) -> bool:
    since = _MAY_BLOCK.get(operation)
    if since is None:
        return False
    return not since or version is None or available(version, (), since)


def _checked(
    operation: Operation, given: Mapping[str, Any], version: Version | None
) -> tuple[list[tuple[Parameter, Any]], list[str]]:
    """The parameters with their values as ARI wants them, and everything that is wrong."""
    problems = []
    if version and lacks(operation.key, version):
        problems.append(f"Asterisk {_text(version)} does not have it")
    values: list[tuple[Parameter, Any]] = []
    for name, value in given.items():
        parameter = operation.parameter(name)
        if parameter is None:
            problems.append(f"there is no parameter {name}")
        elif version and lacks(operation.key, version, name):
            problems.append(f"Asterisk {_text(version)} has no parameter {name}")
        else:
            formatted, problem = _formatted(operation, parameter, value)
            problems += [f"{name} {problem}"] if problem else []
            values.append((parameter, formatted))
    problems += [f"{name} is missing" for name in _missing(operation, given, version)]
    return values, problems


def _missing(operation: Operation, given: Mapping[str, Any], version: Version | None) -> Iterable[str]:
    for parameter in operation.parameters:
        if parameter.name not in given and _is_required(parameter, version):
            yield parameter.name
    choice = _ONE_OF.get(operation.key)
    if choice and not any(name in given for name in choice):
        yield " or ".join(choice)


def _is_required(parameter: Parameter, version: Version | None) -> bool:
    """By the description of the nearest version that we have at or below this one; by any of them when not known."""
    if version is None:
        return bool(parameter.required)
    nearest = max((major for major in parameter.versions if major <= version[0]), default=None)
    return nearest in parameter.required


def _formatted(operation: Operation, parameter: Parameter, value: Any) -> tuple[Any, str]:
    """The value as ARI wants it, and what is wrong with it ('' when nothing is)."""
    if parameter.place == "body":
        return (value, "" if _is_json(value) else "cannot be carried by JSON")
    if isinstance(value, list | tuple):
        return _list(operation, parameter, value)
    text = _word(value)
    if problem := _wrong(operation, parameter, text):
        return text, problem
    return (_item(text) if parameter.many else text), ""


def _list(operation: Operation, parameter: Parameter, values: Sequence[Any]) -> tuple[str, str]:
    if not parameter.many:
        return "", "takes one value"
    words = [_word(value) for value in values]
    wrong = [problem for word in words if (problem := _wrong(operation, parameter, word))]
    if not words:
        wrong.append("needs a value")
    return ",".join(_item(word) for word in words), ", ".join(wrong)


def _item(word: str) -> str:
    return _SPLITTING.sub(r"\\\1", word)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _wrong(operation: Operation, parameter: Parameter, text: str) -> str:
    if not _is_text(text):
        return "holds what JSON cannot carry"
    if text in {"", ".", ".."} and parameter.place == "path":
        return f"cannot be {text!r}"
    if not text and (operation.key, parameter.name) in _NEVER_EMPTY:
        return "is empty"
    if parameter.values and text not in parameter.values:
        return f"cannot be {text!r}, only {', '.join(parameter.values)}"
    if parameter.type == "boolean" and text not in {"true", "false"}:
        return f"cannot be {text!r}, only true, false"
    return _wrong_number(parameter, text) if parameter.type in _LIMITS else ""


def _wrong_number(parameter: Parameter, text: str) -> str:
    # Asterisk reads numbers with atoi, which takes nonsense for 0 and wraps what is too large.
    if not _NUMBER.match(text) or not -_LIMITS[parameter.type] <= int(text) < _LIMITS[parameter.type]:
        return f"cannot be {text!r}, only a whole number"
    if parameter.minimum is not None and int(text) < parameter.minimum:
        return f"cannot be less than {parameter.minimum}"
    return ""


def _is_text(text: str) -> bool:
    """Whether ARI can carry it: JSON is UTF-8 (AMI is not), and Asterisk's strings end at a NUL."""
    return "\0" not in text and _SURROGATE.search(text) is None


def _is_json(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(name, str) and _is_text(name) and _is_json(one) for name, one in value.items())
    if isinstance(value, list | tuple):
        return all(_is_json(one) for one in value)
    return _is_text(value) if isinstance(value, str) else isinstance(value, bool | int | float)


def _text(version: Version) -> str:
    return ".".join(str(part) for part in version)
