"""What can be verified of mappings without an Asterisk: operations, parameters, translators, examples."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Table

from bridge.ari.description import available
from bridge.ari.operations import OPERATIONS
from bridge.errors import Problem
from bridge.mapping.examples import failures
from bridge.mapping.nodes import Position
from bridge.mapping.registry import Registry
from bridge.mapping.rules import Mapping
from bridge.mapping.schema import suggestion
from bridge.translate.effects import Translator

# A major stands for its last release: what an operation gained in a minor is there, or `build` says so at run time.
_LAST = 999


def check_mappings(registry: Registry, translators: Table[str, Translator]) -> list[Problem]:
    """Every problem of every mapping, and every Python translator that no mapping asks for."""
    problems = [problem for mapping in registry for problem in check_mapping(mapping, registry)]
    for name in sorted(translators):
        mapping = registry.mapping(name)
        if mapping is None:
            problems.append(
                Problem(f"mappings/actions/{name}.yaml", 0, 0, "", f"the translator of {name} has no mapping")
            )
        elif mapping.translator is None and mapping.position.file.startswith("mappings/"):
            problems.append(_problem(mapping.position, "translator", f"{name} has a translator that is not named here"))
    return problems


def check_mapping(mapping: Mapping, registry: Registry) -> Iterator[Problem]:
    """Every problem of one mapping."""
    yield from _operations(mapping)
    yield from _parameters(mapping)
    translator = registry.translator(mapping.action)
    if translator is None:
        if mapping.carried:
            yield _problem(mapping.position, "translator", f"no Python translator is registered for {mapping.action}")
        return
    yield from _agreement(mapping, translator)
    for example in mapping.examples:
        for text in failures(mapping, translator, example):
            yield _problem(example.position, f"examples '{example.name}'", text)


def _operations(mapping: Mapping) -> Iterator[Problem]:
    where, path = mapping.position, "operations"
    if mapping.request is not None:
        where, path = mapping.request.position, "request.operation"
    for key in mapping.operations or ((mapping.request.operation,) if mapping.request else ()):
        operation = OPERATIONS.get(key)
        if operation is None:
            yield _problem(where, path, f"ARI has no operation {key}", suggestion(key, OPERATIONS))
        elif operation.websocket:
            yield _problem(where, path, f"{key} is the event stream itself")
        elif not any(available((major, _LAST, 0), operation.versions, operation.since) for major in mapping.versions):
            yield _problem(where, path, f"no Asterisk that has {mapping.action} has {key}")
        elif mapping.effect == "read" and operation.method != "GET":
            yield _problem(where, path, f"a read does not use {key} ({operation.method})")


def _parameters(mapping: Mapping) -> Iterator[Problem]:
    request = mapping.request
    operation = OPERATIONS.get(request.operation) if request else None
    if request is None or operation is None:
        return
    known = {parameter.name: parameter for parameter in operation.parameters}
    for name in request.params:
        if name not in known:
            yield _problem(request.position, f"request.params.{name}", "no such parameter", suggestion(name, known))
    for parameter in operation.parameters:
        source = request.params.get(parameter.name)
        if not set(parameter.required) & set(mapping.versions):
            continue
        if source is None:
            text = f"{request.operation} needs it"
            yield _problem(request.position, f"request.params.{parameter.name}", text)
        elif source.constant is None and source.required is None and source.default is None:
            text = f"{request.operation} needs it even when the header is absent"
            yield _problem(source.position, f"request.params.{parameter.name}", text, "say 'required' or 'default'")


def _agreement(mapping: Mapping, translator: Translator) -> Iterator[Problem]:
    for name in ("effect", "channels", "control"):
        told, true = getattr(mapping, name), getattr(translator, name)
        if told != true:
            yield _problem(mapping.position, name, f"the file says {told!r}, the translator {true!r}")


def _problem(where: Position, path: str, text: str, hint: str = "") -> Problem:
    return Problem(where.file, where.line, where.column, path, text, hint)
