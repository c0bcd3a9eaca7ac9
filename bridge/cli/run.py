"""`ami-ari-bridge run`: the bridge, in the foreground, until SIGTERM or Ctrl-C; SIGHUP reloads."""

from __future__ import annotations

from pathlib import Path

import click

from bridge import app, telemetry
from bridge.config.load import load_config
from bridge.errors import ProblemsFound


@click.command()
@click.option(
    "--config", "path", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The configuration."
)
def run(path: Path) -> None:
    """Run the bridge until SIGTERM or Ctrl-C. SIGHUP reloads mappings, plan and limits, or refuses with the reason."""
    try:
        config = load_config(path)
        bridge = app.Bridge(config)
    except ProblemsFound as wrong:
        click.echo("\n".join(str(problem) for problem in wrong.problems), err=True)
        raise SystemExit(2) from None
    try:
        telemetry.setup(config.log.format, config.log.level, config.log.file)
        app.run(bridge, path)
    except OSError as error:
        click.echo(f"cannot start: {error}", err=True)
        raise SystemExit(1) from None
