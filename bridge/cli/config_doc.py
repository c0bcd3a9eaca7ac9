"""`config-doc`: prints docs/configuration.md."""

from __future__ import annotations

import click

from bridge.config.docs import markdown


@click.command("config-doc")
def config_doc() -> None:
    """Print docs/configuration.md."""
    click.echo(markdown(), nl=False)
