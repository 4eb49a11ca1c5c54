"""`auditor run-task`: a group that imports a command when it is called, as `auditor` itself."""

from typing import Final

import click

from auditor.cli.lazy import LazyGroup

#: Name -> module and the line in `auditor run-task --help`.
COMMANDS: Final = {
    "serve": ("auditor.cli.run_task_serve", "Check the plans of HCP Terraform and Terraform Enterprise."),
}


@click.command("run-task", cls=LazyGroup, commands_by_name=COMMANDS)
def command() -> None:
    """Be a run task of HCP Terraform or Terraform Enterprise."""
