"""`auditor executor`: a group that imports a command when it is called, as `auditor` itself."""

from typing import Final

import click

from auditor.cli.lazy import LazyGroup

#: Name -> module and the line in `auditor executor --help`.
COMMANDS: Final = {
    "serve": ("auditor.cli.executor_serve", "Serve the AWS Backup API, and make the backups that are due."),
    "run": ("auditor.cli.executor_run", "Make the backups that are due, once: for cron."),
    "migrate": ("auditor.cli.executor_migrate", "Change the layout of the database."),
    "simulate": ("auditor.cli.executor_simulate", "Show what plans will do, before anyone pushes them."),
}


@click.command("executor", cls=LazyGroup, commands_by_name=COMMANDS)
def command() -> None:
    """Run our own AWS Backup: simulate, serve, run what is due."""
