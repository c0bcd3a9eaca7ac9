"""The demo's legacy application: panoramisk, unmodified, in a conversation about two calls."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping

from panoramisk import Manager

from bridge.ami.codec import decode_many
from bridge.ami.message import Message
from bridge.cli.demo_view import Exchange

SECONDS = 15.0
CALL = "Local/echo@default/n"

Show = Callable[[Exchange], None]


class StoryError(Exception):
    """The conversation could not go on; the text says at which step."""


class LegacyApplication:
    """An AMI application written with panoramisk; it is told host and port, and nothing of the bridge."""

    def __init__(self, host: str, port: int, user: str, secret: str) -> None:
        """Nothing is connected yet."""
        self._wire = _Wire()
        self._credentials = {"Username": user, "Secret": secret}
        self._numbers = itertools.count(1)
        loop = asyncio.get_running_loop()
        self._manager = Manager(loop=loop, host=host, port=port, ping_delay=3600, save_stream=self._wire)

    async def login(self) -> Exchange:
        """Connect, log in, and wait until Asterisk says that it is booted."""
        await asyncio.wait_for(self._manager.connect(), SECONDS)
        # The callback in which the library takes over its connection runs one turn after it is made.
        await asyncio.sleep(0)
        exchange = await self.send("The application logs in", "Login", self._credentials)
        exchange.got.append(await self.event("FullyBooted"))
        return exchange

    async def send(self, title: str, name: str, headers: Mapping[str, str], *, as_list: bool = False) -> Exchange:
        """Send one action and return it with its whole answer; `as_list`: up to the event that ends a list."""
        action = {"Action": name, "ActionID": f"demo-{next(self._numbers)}", **headers}
        try:
            await asyncio.wait_for(self._manager.send_action(dict(action), as_list=as_list), SECONDS)
        except TimeoutError:
            raise StoryError(f"{title}: no answer to {name} within {SECONDS:g} s") from None
        answer = [message for message in self._wire.messages() if message.get("ActionID") == action["ActionID"]]
        return Exchange(title, Message(tuple(action.items())), answer)

    async def event(self, name: str, **headers: str) -> Message:
        """Return the first event of this name with these headers, waiting for it."""
        wanted = {"Event": name, **headers}
        try:
            async with asyncio.timeout(SECONDS):
                while True:
                    for message in self._wire.messages():
                        if all(message.get(key) == value for key, value in wanted.items()):
                            return message
                    self._wire.arrived.clear()
                    await self._wire.arrived.wait()
        except TimeoutError:
            raise StoryError(f"no event {name} within {SECONDS:g} s") from None

    def close(self) -> None:
        """Leave for good: the library would connect again by itself."""
        self._manager.connect = lambda *_, **__: None
        self._manager.close()


class _Wire:
    """What the library received, as it stood on the wire: the library itself lowers the names of headers."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        self._received = b""

    def write(self, data: bytes) -> None:
        """Called by the library (`save_stream`) with each piece."""
        self._received += data
        self.arrived.set()

    def messages(self) -> list[Message]:
        """Every whole message so far; the banner is none."""
        _, _, received = self._received.partition(b"\r\n")
        return decode_many(received.rpartition(b"\r\n\r\n")[0])


async def story(application: LegacyApplication, show: Show) -> None:
    """Play the whole conversation; `show` gets each exchange when it is complete. Raises StoryError."""
    show(await application.login())
    title = "It calls, and gives the call to a Stasis application"
    where = {"Application": "Stasis", "Data": "bridge,demo"}
    call = {"Channel": CALL, "Async": "true", "CallerID": '"Alice" <100>', "Variable": "TICKET=4711"}
    exchange = await application.send(title, "Originate", where | call)
    answer = await application.event("OriginateResponse")
    if answer not in exchange.got:
        exchange.got.append(answer)
    show(exchange)
    await _in_stasis(application, show, answer.get("Channel"))
    await _after_stasis(application, show, answer.get("Channel"))
    show(await application.send("It says goodbye", "Logoff", {}))


async def _in_stasis(application: LegacyApplication, show: Show, channel: str) -> None:
    named = {"Channel": channel}
    show(await application.send("It looks at the call", "Status", named, as_list=True))
    show(await application.send("It sets a variable", "Setvar", named | {"Variable": "MOOD", "Value": "cheerful"}))
    show(await application.send("It reads a variable", "Getvar", named | {"Variable": "TICKET"}))
    title = "It asks for what only AMI knows"
    show(await application.send(title, "QueueSummary", {"Queue": "support"}, as_list=True))
    target = {"Context": "default", "Exten": "target", "Priority": "1"}
    show(await application.send("It sends the call back to the dialplan", "Redirect", named | target))


async def _after_stasis(application: LegacyApplication, show: Show, channel: str) -> None:
    named = {"Channel": channel}
    await application.event("Newexten", Channel=channel, Exten="target", Application="Wait")
    title = "The call has left Stasis: the same write now goes to AMI"
    show(await application.send(title, "Setvar", named | {"Variable": "MOOD", "Value": "calm"}))
    exchange = await application.send("It hangs up", "Hangup", named | {"Cause": "16"})
    exchange.got.append(await application.event("Hangup", Channel=channel))
    show(exchange)
