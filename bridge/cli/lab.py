"""``lab``: start, stop and look into disposable Asterisks."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from bridge.lab import VERSIONS, Asterisk, LabError, Options, Ports, provision, registry


class _Group(click.Group):
    """Reports a LabError as one plain message instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except LabError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Group)
def lab() -> None:
    """A private, disposable, real Asterisk, without root."""


@lab.command()
@click.option("--version", type=click.Choice(VERSIONS), default=VERSIONS[0], show_default=True, help="Major version.")
@click.option("--name", default="lab", show_default=True, help="Name by which to stop it and look into it.")
@click.option("--port-ami", default=0, metavar="PORT", help="AMI's port instead of a free one.")
@click.option("--port-http", default=0, metavar="PORT", help="ARI's port instead of a free one.")
@click.option("--port-sip", default=0, metavar="PORT", help="PJSIP's UDP port instead of a free one.")
@click.option("--tls", is_flag=True, help="Also AMI over TLS and HTTPS, with a self-signed certificate.")
@click.option(
    "--conf",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A .conf file whose text is appended to the lab's file of that name. May be given more than once.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the state as JSON.")
def start(
    *,
    version: str,
    name: str,
    port_ami: int,
    port_http: int,
    port_sip: int,
    tls: bool,
    conf: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Start an Asterisk and return when it is fully booted. It runs until it is stopped."""
    ports = Ports(ami=port_ami, http=port_http, sip=port_sip)
    options = Options(ports=ports, tls=tls, append={path.name: path.read_text() for path in conf})
    asterisk = Asterisk(version, name=name, options=options, daemon=True).start()
    _show([asterisk.state], as_json=as_json)


@lab.command()
@click.option("--version", "versions", type=click.Choice(VERSIONS), multiple=True, help="Only this version.")
def fetch(*, versions: tuple[str, ...]) -> None:
    """Fetch every version into the cache without starting anything."""
    for version in versions or VERSIONS:
        click.echo(provision(version).full_version)


@lab.command()
@click.option("--name", default=None, help="The instance to stop.")
@click.option("--all", "everything", is_flag=True, help="Stop every instance of this user.")
def stop(*, name: str | None, everything: bool) -> None:
    """Stop an instance and remove its folder."""
    names = [state.name for state in registry.instances()] if everything else [name or _only()]
    for each in names:
        Asterisk.attach(each).stop()
        click.echo(f"stopped {each}", err=True)


@lab.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(*, as_json: bool) -> None:
    """List the instances, their ports and users."""
    _show(registry.instances(), as_json=as_json)


@lab.command(context_settings={"ignore_unknown_options": True})
@click.option("--name", default=None, help="The instance to ask.")
@click.argument("command", nargs=-1, required=True)
def cli(*, name: str | None, command: tuple[str, ...]) -> None:
    """Run a command of Asterisk's own CLI, such as: lab cli core show channels."""
    click.echo(Asterisk.attach(name or _only()).cli(" ".join(command)), nl=False)


@lab.command()
@click.option("--name", default=None, help="The instance whose log to print.")
@click.option("--lines", default=0, help="Only so many lines from its end; 0: all.")
def logs(*, name: str | None, lines: int) -> None:
    """Print an instance's log."""
    text = Asterisk.attach(name or _only()).log.read_text(errors="replace").splitlines()
    click.echo("\n".join(text[-lines:] if lines else text))


def _only() -> str:
    """Return the name of the only instance there is."""
    names = [state.name for state in registry.instances()]
    if len(names) != 1:
        raise LabError(
            f"which one? --name is one of: {', '.join(names)}" if names else "no instance: 'lab start' makes one"
        )
    return names[0]


def _show(states: list[registry.State], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([_facts(state) for state in states], indent=2))
        return
    if not states:
        click.echo("no instances", err=True)
    for state in states:
        click.echo(_text(state))


def _facts(state: registry.State) -> dict[str, Any]:
    asterisk = Asterisk.attach(state.name)
    facts = asdict(state) | {"folder": str(state.folder), "running": state.running(), "ari_url": asterisk.ari_url}
    return facts | {"app": asterisk.app, "log": str(asterisk.log)}


def _text(state: registry.State) -> str:
    asterisk = Asterisk.attach(state.name)
    running = f"running, pid {state.process.pid}" if state.process and state.running() else "not running"
    ami = ", ".join(f"{user.name}/{user.secret}" for user in state.ami_users)
    ari = ", ".join(f"{user.name}/{user.password}" for user in state.ari_users)
    ports = state.ports
    return (
        f"{state.name}: Asterisk {state.full_version}, {running}\n"
        f"  AMI    {asterisk.host}:{ports.ami}   users: {ami}\n"
        f"  ARI    {asterisk.ari_url}   users: {ari}   app: {asterisk.app}\n"
        f"  PJSIP  udp {asterisk.host}:{ports.sip}   endpoints: alice/secret, bob/secret\n"
        f"  log    {asterisk.log}\n"
        f"  call   Channel: Local/wait@default   (docs/lab.md lists the extensions)"
    )


if __name__ == "__main__":
    sys.exit(lab())
