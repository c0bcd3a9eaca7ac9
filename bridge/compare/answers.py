"""Compare what AMI answered (control) with what ARI's translation would have (candidate), header by header.

Scientist's nouns. The rules come from the action's mapping: `compare.ignore` names headers that differ by nature, with
the reason. Lists are compared item by item, in order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import zip_longest
from typing import TYPE_CHECKING

from bridge.translate.effects import Done, Fallback, Outcome

if TYPE_CHECKING:
    from bridge.ami.message import Message


class Verdict(Enum):
    """What a comparison found."""

    MATCH = "match"
    MISMATCH = "mismatch"
    IGNORED = "ignored"
    CANDIDATE_ERROR = "candidate_error"
    NOT_COMPARABLE = "not_comparable"


@dataclass(frozen=True, slots=True)
class Difference:
    """One header that differs: its place (message number from 0, header), and both values, None where it is missing."""

    message: int
    header: str
    control: str | None
    candidate: str | None

    def __str__(self) -> str:
        return f"message {self.message}, {self.header}: AMI {self.control!r}, ARI {self.candidate!r}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict and what it rests on; `reason` where there was nothing to compare."""

    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    reason: str = ""


def answer_of(messages: Iterable[Message]) -> list[Message]:
    """The answer among what a connection carried: the response and, for a list, its items up to the `Complete`."""
    answer: list[Message] = []
    for message in messages:
        if not answer:
            if message.has("Response"):
                answer.append(message)
                if not message.has("EventList"):
                    break
            continue
        answer.append(message)
        if message.get("EventList").lower() in {"complete", "cancelled"}:
            break
    return answer


def compare(
    control: Iterable[Message],
    candidate: Iterable[Message],
    outcome: Outcome | None,
    ignore: Mapping[str, str] | Collection[str] = (),
) -> Comparison:
    """Compare AMI's answer with the translation's; `outcome` is how the translation ended (None: answered early)."""
    if isinstance(outcome, Fallback):
        return Comparison(Verdict.NOT_COMPARABLE, reason=outcome.reason)
    if outcome is not None and not isinstance(outcome, Done):
        return Comparison(Verdict.CANDIDATE_ERROR, reason=outcome.reason)
    ignored = {name.lower() for name in ignore}
    found: list[Difference] = []
    skipped = 0
    for number, (left, right) in enumerate(zip_longest(answer_of(control), candidate)):
        for difference in _differences(number, left, right):
            if difference.header.lower() in ignored:
                skipped += 1
            else:
                found.append(difference)
    if found:
        return Comparison(Verdict.MISMATCH, tuple(found))
    return Comparison(Verdict.IGNORED if skipped else Verdict.MATCH)


def _differences(number: int, left: Message | None, right: Message | None) -> list[Difference]:
    if left is None or right is None:
        present = left or right
        name = present.headers[0][0] if present and present.headers else "message"
        return [Difference(number, name, _first(left), _first(right))]
    found = []
    for one, other in zip_longest(left.headers, right.headers):
        if one != other:
            header = (one or other or ("", ""))[0]
            found.append(Difference(number, header, _shown(one, header), _shown(other, header)))
    return found


def _first(message: Message | None) -> str | None:
    return message.headers[0][1] if message and message.headers else None


def _shown(header: tuple[str, str] | None, name: str) -> str | None:
    if header is None:
        return None
    return header[1] if header[0] == name else f"({header[0]}: {header[1]})"
