"""A declarative mapping becomes a translator: one request, then the reply that its status asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridge.ami.message import Action, Header, Message
from bridge.ami.replies import action_id, error, event, list_complete, list_start, success
from bridge.ari.events import clean
from bridge.ari.requests import AriResponse
from bridge.mapping.converters import CONVERTERS
from bridge.mapping.rules import ListRule, Mapping, Reply, Source
from bridge.translate.effects import Call, Context, Done, Emit, Fallback, Outcome, Translation, Translator, Unknown


class _Refusal(Exception):
    """Asterisk would answer with this error; nothing leaves."""


class _Unfit(Exception):
    """The action cannot travel over ARI as it stands."""


def compile_mapping(mapping: Mapping) -> Translator:
    """The translator of a mapping that has a `request`."""
    return Translator(
        action=mapping.action,
        run=_runner(mapping),
        effect=mapping.effect,
        channels=mapping.channels,
        control=mapping.control,
    )


def _runner(mapping: Mapping) -> Callable[[Action, Context], Translation]:
    request = mapping.request
    assert request is not None

    def run(action: Action, context: Context) -> Translation:
        try:
            params = {name: _parameter(source, action, context) for name, source in request.params.items()}
        except _Refusal as refusal:
            yield Emit(error(action, str(refusal)))
            return Done()
        except _Unfit as unfit:
            return Fallback(str(unfit))
        given = {name: value for name, value in params.items() if value is not None}
        response: AriResponse = yield Call(request.operation, given)
        messages = _answer(mapping, action, response)
        if not isinstance(messages, list):
            return messages
        for message in messages:
            yield Emit(message)
        return Done()

    return run


def _parameter(source: Source, action: Action, context: Context) -> str | None:
    """The value for ARI, None when the parameter is to be left out."""
    if source.constant is not None:
        return _converted(source, source.constant)
    text = action.get(source.header or source.channel or "")
    if not text:
        if source.required is not None:
            raise _Refusal(source.required)
        return source.default
    if source.channel is not None:
        channel = context.world.find(text)
        if channel is None:
            raise _Unfit(f"the bridge does not know the channel {text}")
        text = channel.id
    return _converted(source, text)


def _converted(source: Source, text: str) -> str:
    for name in source.convert:
        try:
            text = CONVERTERS[name](text)
        except ValueError as reason:
            raise _Unfit(str(reason)) from None
    return text


def _answer(mapping: Mapping, action: Action, response: AriResponse) -> list[Message] | Outcome:
    try:
        if mapping.list is not None and response.ok:
            return _list(mapping.list, action, response.body)
        reply = _reply_for(mapping, response.status)
        if reply is None:
            return _unforeseen(mapping, response, f"ARI answered {response.status} {response.message}".rstrip())
        if reply.fallback is not None:
            return Fallback(reply.fallback)
        if reply.error is not None:
            return [error(action, reply.error)]
        fields = _headers(reply.headers, action, response.body)
        return [success(action, reply.success or None, *fields)]
    except _Unfit as unfit:
        return _unforeseen(mapping, response, f"ARI's answer does not fit: {unfit}")


def _reply_for(mapping: Mapping, status: int) -> Reply | None:
    return mapping.reply.get(str(status)) or mapping.reply.get(f"{status // 100}xx")


def _unforeseen(mapping: Mapping, response: AriResponse, reason: str) -> Outcome:
    # A write that went through must not be repeated over AMI; a refusal or a read changed nothing.
    return Unknown(reason) if mapping.effect == "write" and response.ok else Fallback(reason)


def _headers(sources: Any, action: Action, body: Any) -> tuple[Header, ...]:
    return tuple((name, clean(_field(source, action, body))) for name, source in sources.items())


def _field(source: Source, action: Action, body: Any) -> str:
    if source.body is not None:
        text = _text(_at(body, source.body))
    elif source.constant is not None:
        text = source.constant
    else:
        text = action.get(source.header or source.channel or "")
    return _converted(source, text) if text or source.default is None else source.default


def _list(rule: ListRule, action: Action, body: Any) -> list[Message]:
    items = _at(body, rule.items)
    if not isinstance(items, list):
        raise _Unfit("there is no list in it")
    identity = action_id(action)
    made = []
    for item in items:
        fields = _headers(rule.headers, action, item)
        made.append(event(rule.event, *((*identity, *fields) if rule.action_id == "first" else (*fields, *identity))))
    return [list_start(action, rule.message), *made, list_complete(action, rule.complete, len(made))]


def _at(body: Any, path: str) -> Any:
    """What stands at a dotted path, None when there is nothing."""
    for name in path.split(".") if path else ():
        if not isinstance(body, dict):
            return None
        body = body.get(name)
    return body


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(_text(item) for item in value)
    if isinstance(value, dict):
        raise _Unfit("an object stands where a text should")
    return str(value)
