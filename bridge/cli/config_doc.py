"""`config-doc`: prints docs/configuration.md."""

from __future__ import annotations

from pathlib import Path

import click

from bridge.config.docs import markdown

MINIMAL = Path(__file__).resolve().parent.parent.parent / "examples" / "minimal.yaml"


@click.command("config-doc")
def config_doc() -> None:
    """Print docs/configuration.md."""
    click.echo(markdown(MINIMAL.read_text(encoding="utf-8")), nl=False)
