"""The conversation with panoramisk, as its documentation uses it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from panoramisk import Manager

from tests.harness.clients.script import TIMEOUT, Headers, lowered, main


class PanoramiskApp:
    """panoramisk is asynchronous: each step runs the loop until its answer is there."""

    library = "panoramisk"

    def __init__(self, host: str, port: int, user: str, secret: str) -> None:
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self.events: list[Headers] = []
        self._arrived = asyncio.Event()
        self._manager = Manager(
            loop=self._loop, host=host, port=port, username=user, secret=secret, ping_delay=1000, events="on"
        )
        self._manager.register_event("*", self._event)

    def _event(self, _manager: Manager, event: Any) -> None:
        self.events.append(lowered(event))
        self._arrived.set()

    def _send(self, action: dict[str, Any], *, as_list: bool | None = None) -> Any:
        async def send() -> Any:
            return await asyncio.wait_for(self._manager.send_action(action, as_list=as_list), TIMEOUT)

        return self._loop.run_until_complete(send())

    def _answer(self, name: str, **headers: Any) -> Headers:
        return lowered(self._send({"Action": name, **headers}))

    def _items(self, name: str) -> list[Headers]:
        return [lowered(item) for item in self._send({"Action": name}, as_list=True) if "event" in item]

    def login(self) -> Headers:
        async def connect() -> Headers:
            await self._manager.connect()
            # The library keeps the answer of its own Login in this future; it is made when the connection is.
            while self._manager.authenticated_future is None:
                await asyncio.sleep(0)
            return lowered(await asyncio.wait_for(self._manager.authenticated_future, TIMEOUT))

        return self._loop.run_until_complete(connect())

    def ping(self) -> Headers:
        return self._answer("Ping")

    def originate(self, channel: str, where: Mapping[str, str], *, wait: bool, variables: Mapping[str, str]) -> Headers:
        headers: dict[str, Any] = {"Channel": channel, "CallerID": '"Lab" <100>', "Timeout": "10000", **where}
        if variables:
            headers["Variable"] = [f"{name}={value}" for name, value in variables.items()]
        # as_list=False: else it takes OriginateResponse for a part of the answer, and waits for it.
        answer = self._send({"Action": "Originate", "Async": "false" if wait else "true", **headers}, as_list=False)
        return lowered(answer)

    def status(self) -> list[Headers]:
        return self._items("Status")

    def channels(self) -> list[Headers]:
        return self._items("CoreShowChannels")

    def setvar(self, channel: str, name: str, value: str) -> Headers:
        return self._answer("Setvar", Channel=channel, Variable=name, Value=value)

    def getvar(self, channel: str, name: str) -> Headers:
        return self._answer("Getvar", Channel=channel, Variable=name)

    def redirect(self, channel: str, exten: str) -> Headers:
        return self._answer("Redirect", Channel=channel, Context="default", Exten=exten, Priority="1")

    def hangup(self, channel: str) -> Headers:
        return self._answer("Hangup", Channel=channel)

    def command(self, text: str) -> Headers:
        async def send() -> Any:
            return await asyncio.wait_for(self._manager.send_command(text), TIMEOUT)

        return lowered(self._loop.run_until_complete(send()))

    def queues(self) -> list[Headers]:
        return self._items("QueueStatus")

    def wait_event(self, name: str, fits: Callable[[Headers], bool]) -> Headers:
        async def wait() -> Headers:
            while True:
                for event in self.events:
                    if event["event"] == name and fits(event):
                        return event
                self._arrived.clear()
                await asyncio.wait_for(self._arrived.wait(), TIMEOUT)

        return self._loop.run_until_complete(wait())

    def logoff(self) -> Headers:
        # The library would connect again as soon as Asterisk closes: nobody is there to run its loop then.
        return self._answer("Logoff")


if __name__ == "__main__":
    main(PanoramiskApp)
