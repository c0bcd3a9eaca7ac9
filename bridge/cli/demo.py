"""`ami-ari-bridge demo`: a real Asterisk, the bridge before it, and a legacy application's conversation."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from bridge.app import Bridge
from bridge.cli.demo_story import LegacyApplication, StoryError, story
from bridge.cli.demo_view import Exchange, exchange_lines
from bridge.config.load import load_config
from bridge.lab import VERSIONS, Asterisk, LabError
from bridge.net.trace import ActionTrace

HOST = "127.0.0.1"
ARI_SECONDS = 15.0

CONFIG = """\
listen: {host}:{port}
ami: {host}:{ami}
ari: http://{host}:{http}
user: bridge:secret
app: bridge
plan: ./demo-plan.yaml
"""
# Bolder than the shipped ari-first: it also takes the ways whose small differences the mappings declare.
PLAN = """\
description: Writes on the channels of our own Stasis application, and what ARI can read, travel over ARI.
default: ami
lines:
  - {action: writes, owner: ours, route: ari}
  - {action: [Originate, Hangup, Getvar, Status], route: ari}
"""


@click.command()
@click.option("--once", is_flag=True, help="End after the conversation instead of staying up.")
@click.option(
    "--port", default=5038, show_default=True, help="Where the bridge listens; another one is taken if it is in use."
)
@click.option(
    "--version", type=click.Choice(VERSIONS), default=VERSIONS[0], show_default=True, help="Asterisk's major version."
)
def demo(*, once: bool, port: int, version: str) -> None:
    """Play a legacy AMI conversation through the bridge, before a real and disposable Asterisk."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    asterisk = Asterisk(version)
    try:
        click.echo(f"Starting Asterisk {version} (the first time, it is fetched) ...")
        asterisk.start()
        with tempfile.TemporaryDirectory(prefix="ami-ari-demo-") as folder:
            config = _write_config(Path(folder), asterisk, _free_port(port))
            if asyncio.run(_play(config, asterisk, once=once)):
                raise click.ClickException("the conversation did not come to its end")
    except LabError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        click.echo("")
    finally:
        asterisk.stop()
    click.echo("Asterisk and the bridge are stopped; nothing is left behind but the fetched packages.")


def _free_port(wanted: int) -> int:
    """`wanted`, or a free port when somebody else has it; says so then."""
    with socket.socket() as trial:
        # As servers do: connections of an earlier run that linger do not keep the port.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, wanted))
        except OSError:
            trial.bind((HOST, 0))
        port: int = trial.getsockname()[1]
    if wanted and port != wanted:
        click.echo(f"Port {wanted} is in use: the bridge takes {port} instead.")
    return port


def _write_config(folder: Path, asterisk: Asterisk, port: int) -> Path:
    text = CONFIG.format(host=HOST, port=port, ami=asterisk.ami_port, http=asterisk.http_port)
    (folder / "demo-plan.yaml").write_text(PLAN)
    (folder / "bridge.yaml").write_text(text)
    click.echo(f"Asterisk {asterisk.full_version} runs. The bridge's configuration:\n")
    click.echo("".join(f"    {line}\n" for line in text.splitlines()))
    return folder / "bridge.yaml"


async def _play(path: Path, asterisk: Asterisk, *, once: bool) -> bool:
    """Run the bridge, the conversation, and then wait for Ctrl-C unless `once`. True: the conversation broke off."""
    stop = asyncio.Event()
    with _on_signals(stop):
        traces: dict[str, ActionTrace] = {}
        bridge = Bridge(load_config(path), lambda trace: traces.__setitem__(_key(trace), trace))
        await bridge.start()
        try:
            telling = asyncio.create_task(_tell(bridge, asterisk, traces))
            waiting = asyncio.create_task(stop.wait())
            await asyncio.wait({telling, waiting}, return_when=asyncio.FIRST_COMPLETED)
            failed = telling.done() and not telling.result()
            if not telling.done():
                telling.cancel()
            elif not once and not failed:
                _invite(bridge, asterisk)
                await waiting
            waiting.cancel()
            await asyncio.gather(telling, waiting, return_exceptions=True)
            return failed
        finally:
            await bridge.close()


async def _tell(bridge: Bridge, asterisk: Asterisk, traces: dict[str, ActionTrace]) -> bool:
    """Play the story and print it; False when it could not be played to its end."""
    async with asyncio.timeout(ARI_SECONDS):
        while not bridge.gateway.live:  # noqa: ASYNC110 - its events come only once it is
            await asyncio.sleep(0.02)
    host, port = bridge.addresses[0]
    user = asterisk.users["admin"]
    numbers = iter(range(1, 100))

    def show(exchange: Exchange) -> None:
        exchange.trace = traces.pop(exchange.sent.get("Action"), None)
        click.echo("\n".join(exchange_lines(next(numbers), exchange)))

    application = LegacyApplication(host, port, user.name, user.secret)
    try:
        await story(application, show)
    except (StoryError, OSError) as error:
        click.echo(f"The conversation broke off: {error}", err=True)
        return False
    finally:
        application.close()
    return True


def _key(trace: ActionTrace) -> str:
    # One action at a time is on its way: its name is enough.
    return trace.action.name


def _invite(bridge: Bridge, asterisk: Asterisk) -> None:
    host, port = bridge.addresses[0]
    user = asterisk.users["admin"]
    click.echo(
        f"The bridge stays up at {host}:{port} for your own AMI client (user {user.name}, secret {user.secret})."
    )
    click.echo(f"Directly, without the bridge: {asterisk.host}:{asterisk.ami_port}.  Ctrl-C ends it all.")


@contextlib.contextmanager
def _on_signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
