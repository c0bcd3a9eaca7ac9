"""All mappings and all translators, found by the action's name as Asterisk finds it: without regard to case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Table

from bridge.mapping.compile import compile_mapping
from bridge.mapping.rules import Mapping
from bridge.translate.effects import Translator


class Registry:
    """The mappings, one for each action, with the translator that each one has."""

    def __init__(self, mappings: Iterable[Mapping], translators: Table[str, Translator]) -> None:
        """`translators` are the Python ones, by action; one without a mapping is not used."""
        python = {name.lower(): translator for name, translator in translators.items()}
        self._mappings: dict[str, Mapping] = {}
        self._translators: dict[str, Translator] = {}
        for mapping in mappings:
            key = mapping.action.lower()
            self._mappings[key] = mapping
            if mapping.request is not None:
                self._translators[key] = compile_mapping(mapping)
            elif mapping.translator is not None and key in python:
                self._translators[key] = python[key]

    def mapping(self, action: str) -> Mapping | None:
        """The mapping of this action (any case), None when there is none."""
        return self._mappings.get(action.lower())

    def translator(self, action: str) -> Translator | None:
        """How this action (any case) is carried out over ARI, None when it is not."""
        return self._translators.get(action.lower())

    def __iter__(self) -> Iterator[Mapping]:
        """Mappings by name."""
        return iter(sorted(self._mappings.values(), key=lambda mapping: mapping.action.lower()))

    def __len__(self) -> int:
        return len(self._mappings)
