"""The conversation with py-asterisk (`Asterisk.Manager`), by its own methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from Asterisk.Manager import ActionFailed, Manager

from tests.harness.clients.script import TIMEOUT, Headers, lowered, main


class PyAsteriskApp:
    """py-asterisk reads only while somebody asks; refusals are exceptions, channels are objects."""

    library = "py-asterisk"

    def __init__(self, host: str, port: int, user: str, secret: str) -> None:
        self._arguments = ((host, port), user, secret)
        self._manager: Any = None
        self.events: list[Headers] = []

    def _connected(self) -> Any:
        app = self

        class Watching(Manager):  # type: ignore[misc]  # the library has no types; on_Event is its documented hook
            def on_Event(self, event: Any) -> None:  # noqa: N802 - the library's name
                app.events.append(_plain(event))
                super().on_Event(event)

        return Watching(*self._arguments, listen_events=True, timeout=TIMEOUT)

    def login(self) -> Headers:
        self._manager = self._connected()
        return {"response": "Success"}

    def ping(self) -> Headers:
        return self._tried(self._manager.Ping)

    def originate(self, channel: str, where: Mapping[str, str], *, wait: bool, variables: Mapping[str, str]) -> Headers:
        return self._tried(
            self._manager.Originate,
            channel,
            context=where.get("Context"),
            extension=where.get("Exten"),
            priority=where.get("Priority"),
            application=where.get("Application"),
            data=where.get("Data"),
            timeout="10000",
            caller_id='"Lab" <100>',
            variable=[f"{name}={value}" for name, value in variables.items()] or None,
            async_param=not wait,
        )

    def status(self) -> list[Headers]:
        return [{"channel": str(name), **_plain(item)} for name, item in self._manager.Status().items()]

    def channels(self) -> list[Headers]:
        return [_plain(item) for item in self._manager.CoreShowChannels()]

    def setvar(self, channel: str, name: str, value: str) -> Headers:
        return self._tried(self._manager.get_channel(channel).Setvar, name, value)

    def getvar(self, channel: str, name: str) -> Headers:
        return self._tried(self._manager.get_channel(channel).Getvar, name)

    def redirect(self, channel: str, exten: str) -> Headers:
        return self._tried(self._manager.get_channel(channel).Redirect, "default", exten)

    def hangup(self, channel: str) -> Headers:
        return self._tried(self._manager.get_channel(channel).Hangup)

    def command(self, text: str) -> Headers:
        return self._tried(self._manager.Command, text)

    def queues(self) -> list[Headers]:
        return [{"queue": name, **_plain(queue)} for name, queue in sorted(self._manager.QueueStatus().items())]

    def wait_event(self, name: str, fits: Callable[[Headers], bool]) -> Headers:
        while True:
            # An event with a header called Response is taken for an answer and kept in the library's buffer.
            kept = [_plain(packet) for packet in self._manager.response_buffer]
            for event in self.events + kept:
                if event.get("event") == name and fits(event):
                    return event
            self._manager.read()

    def logoff(self) -> Headers:
        return {"response": str(self._manager.Logoff())}

    def _tried(self, call: Callable[..., Any], *arguments: Any, **named: Any) -> Headers:
        try:
            answer = call(*arguments, **named)
        except ActionFailed as error:
            return {"response": "Error", "message": str(error)}
        return _plain(answer) if isinstance(answer, dict) else {"answer": str(answer)}


def _plain(packet: Mapping[str, Any]) -> Headers:
    return lowered({name: _value(value) for name, value in packet.items()})


def _value(value: Any) -> Any:
    return sorted(str(item) for item in value) if isinstance(value, dict) else str(value)


if __name__ == "__main__":
    main(PyAsteriskApp)
