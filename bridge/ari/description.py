"""What Asterisk's own API description says of one ARI operation, as values; the table is `bridge.ari.operations`.

Source: the resource files that every Asterisk serves below `/ari/api-docs/` (rest-api/api-docs/*.json, Swagger 1.1).
"""

from __future__ import annotations

from dataclasses import dataclass

Version = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: `place` is path, query or body; `type` is string, int, long, boolean, containers or object.

    `versions` are the majors whose description has it, `required` those that demand it. `values` are the allowed
    words, empty when anything goes; `minimum` is the least number, None when there is none. `many`: several values.
    """

    name: str
    place: str
    type: str = "string"
    versions: tuple[int, ...] = ()
    required: tuple[int, ...] = ()
    values: tuple[str, ...] = ()
    minimum: int | None = None
    many: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: `key` is `channels.hangup` (resource file and ARI's nickname), `path` has `{braces}` and no slash
    in front.

    `errors` are the documented HTTP statuses; `versions` the majors that have it; `since` the first release of each
    branch that has it, as far as the newest description tells (empty: not told).
    """

    key: str
    method: str
    path: str
    parameters: tuple[Parameter, ...] = ()
    errors: tuple[int, ...] = ()
    versions: tuple[int, ...] = ()
    since: tuple[Version, ...] = ()
    websocket: bool = False

    def parameter(self, name: str) -> Parameter | None:
        """The parameter called `name`, None when the operation has no such."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


def available(version: Version, versions: tuple[int, ...], since: tuple[Version, ...] = ()) -> bool:
    """Whether an Asterisk of this version has what is described for the majors `versions` and documented `since`.

    A branch that `since` names has it from that release on, a newer branch than all of them has it too. Where nothing
    is told the oldest described major that has it decides, so what came between 16 and 22 is not promised to an 18.
    """
    if since:
        same_branch = [first for first in since if first[0] == version[0]]
        return version >= min(same_branch) if same_branch else version[0] > max(since)[0]
    return version[0] >= min(versions)
