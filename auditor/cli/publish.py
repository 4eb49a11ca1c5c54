"""`auditor publish`: a group that imports a command when it is called, as `auditor` itself."""

from typing import Final

import click

from auditor.cli.lazy import LazyGroup

#: Name -> module and the line in `auditor publish --help`.
COMMANDS: Final = {
    "security-hub": ("auditor.cli.publish_security_hub", "Send the findings of RUN to AWS Security Hub."),
}


@click.command("publish", cls=LazyGroup, commands_by_name=COMMANDS)
def command() -> None:
    """Send the findings of RUN to where they are collected."""
