"""The conversation with pyst2 (`asterisk.manager`), by its own methods."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from asterisk.manager import Manager

from tests.harness.clients.script import TIMEOUT, Headers, lowered, main


class Pyst2App:
    """pyst2 gives answers from the call and events, list items among them, to a callback in a thread of its own."""

    library = "pyst2"

    def __init__(self, host: str, port: int, user: str, secret: str) -> None:
        self._address = (host, port)
        self._credentials = (user, secret)
        self.events: list[Headers] = []
        self._arrived = threading.Condition()
        self._manager = Manager()
        self._manager.register_event("*", self._event)

    def _event(self, event: Any, _manager: Manager) -> None:
        with self._arrived:
            self.events.append(lowered(event.headers))
            self._arrived.notify_all()

    def _items(self, ask: Callable[[], Any], complete: str) -> list[Headers]:
        """Return the items of a list; where its answer "will follow", the library takes them all for its body."""
        answer = ask()
        if answer.data:
            blocks = answer.data.split("\r\n\r\n")
            return [
                lowered(dict(line.split(": ", 1) for line in block.split("\r\n") if ": " in line)) for block in blocks
            ]
        action_id = answer.headers["ActionID"]
        self.wait_event(complete, lambda event: event.get("actionid") == action_id)
        with self._arrived:
            return [event for event in self.events if event.get("actionid") == action_id]

    def login(self) -> Headers:
        self._manager.connect(*self._address)
        return lowered(self._manager.login(*self._credentials).headers)

    def ping(self) -> Headers:
        return lowered(self._manager.ping().headers)

    def originate(self, channel: str, where: Mapping[str, str], *, wait: bool, variables: Mapping[str, str]) -> Headers:
        answer = self._manager.originate(
            channel,
            where.get("Exten", ""),
            context=where.get("Context", ""),
            priority=where.get("Priority", ""),
            application=where.get("Application", ""),
            data=where.get("Data", ""),
            caller_id='"Lab" <100>',
            timeout="10000",
            run_async=not wait,
            variables=dict(variables),
        )
        return lowered(answer.headers)

    def status(self) -> list[Headers]:
        return self._items(self._manager.status, "StatusComplete")

    def channels(self) -> list[Headers]:
        return self._items(
            lambda: self._manager.send_action({"Action": "CoreShowChannels"}), "CoreShowChannelsComplete"
        )

    def setvar(self, channel: str, name: str, value: str) -> Headers:
        action = {"Action": "Setvar", "Channel": channel, "Variable": name, "Value": value}
        return lowered(self._manager.send_action(action).headers)

    def getvar(self, channel: str, name: str) -> Headers:
        return lowered(self._manager.send_action({"Action": "Getvar", "Channel": channel, "Variable": name}).headers)

    def redirect(self, channel: str, exten: str) -> Headers:
        return lowered(self._manager.redirect(channel, exten, context="default").headers)

    def hangup(self, channel: str) -> Headers:
        return lowered(self._manager.hangup(channel).headers)

    def command(self, text: str) -> Headers:
        answer = self._manager.command(text)
        return lowered({**answer.headers, "data": answer.data})

    def queues(self) -> list[Headers]:
        return self._items(lambda: self._manager.send_action({"Action": "QueueStatus"}), "QueueStatusComplete")

    def wait_event(self, name: str, fits: Callable[[Headers], bool]) -> Headers:
        deadline = time.monotonic() + TIMEOUT
        with self._arrived:
            while True:
                for event in self.events:
                    if event["event"] == name and fits(event):
                        return event
                if not self._arrived.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"no {name} within {TIMEOUT:g} s")

    def logoff(self) -> Headers:
        try:
            answer = lowered(self._manager.logoff().headers)
        except ValueError:
            # pyst2 writes unbuffered, then flushes; its thread may have read the answer and closed the file by then.
            answer = lowered(self._manager._response_queue.get(timeout=TIMEOUT).headers)
        # Its thread ends when Asterisk closes; only then does close() not log off a second time.
        self._manager.message_thread.join(TIMEOUT)
        self._manager.close()
        return answer


if __name__ == "__main__":
    main(Pyst2App)
