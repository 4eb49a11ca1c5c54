"""`auditor executor`: a group that imports a command when it is called, as `auditor` itself."""

from importlib import import_module
from typing import Final

import click

#: Name -> module and the line in `auditor executor --help`.
COMMANDS: Final = {
    "serve": ("auditor.cli.executor_serve", "Serve the AWS Backup API, and make the backups that are due."),
    "run": ("auditor.cli.executor_run", "Make the backups that are due, once: for cron."),
    "simulate": ("auditor.cli.executor_simulate", "Show what plans will do, before anyone pushes them."),
}


class _Group(click.Group):
    """Commands by name; a command's module is imported when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        """Name the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of `cmd_name` and take its `command`."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)  # noqa: S101 -- a slip of ours, not of the user
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.command("executor", cls=_Group)
def command() -> None:
    """Run our own AWS Backup: simulate, serve, run what is due."""
