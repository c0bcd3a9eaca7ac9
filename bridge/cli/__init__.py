"""The command line: `ami-ari-bridge`. Results go to stdout, everything else to stderr.

Exit codes: 0 all is well; 1 problems were found, or the work failed; 2 the command line is wrong (for `run`, the
configuration too); 3 Asterisk cannot be reached; 130 interrupted.
"""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click

from bridge import __version__
from bridge.errors import ProblemsFound, UpstreamUnavailable

PROBLEMS = 1
UNREACHABLE = 3

# name -> (module, attribute, one line of help); imported only when called for.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "run": ("bridge.cli.run", "run", "Run the bridge."),
    "check": ("bridge.cli.check", "check", "Check configuration, mappings and plan; with --connect, Asterisk too."),
    "explain": ("bridge.cli.explain", "explain", "Show what would become of an action, without doing it."),
    "coverage": ("bridge.cli.coverage", "coverage", "Show which actions can travel over ARI, and how faithfully."),
    "demo": ("bridge.cli.demo", "demo", "Play a legacy conversation through the bridge before a real Asterisk."),
    "lab": ("bridge.cli.lab", "lab", "Start and stop private, real Asterisks."),
    "config-doc": ("bridge.cli.config_doc", "config_doc", "Print docs/configuration.md."),
}
HIDDEN = {"config-doc"}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, so that none pays for another's imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands that are there, in the order of the table."""
        return [name for name, (module, _, _) in COMMANDS.items() if name not in HIDDEN and _exists(module)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS or not _exists(COMMANDS[cmd_name][0]):
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in `--help`, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][2]) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run; what is wrong with files or with Asterisk is told without a trace."""
        try:
            return super().invoke(ctx)
        except ProblemsFound as error:
            for problem in error.problems:
                click.echo(str(problem), err=True)
            ctx.exit(PROBLEMS)
        except UpstreamUnavailable as error:
            click.echo(str(error), err=True)
            ctx.exit(UNREACHABLE)


def _exists(module: str) -> bool:
    return find_spec(module) is not None


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 well, 1 problems or failure, 2 wrong command line (run: or configuration), 3 no Asterisk.",
)
@click.version_option(__version__, prog_name="ami-ari-bridge")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Carry unmodified AMI applications over to ARI, action by action."""
    if os.environ.get("NO_COLOR"):
        ctx.color = False
