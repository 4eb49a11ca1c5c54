"""The option --partition of the sandbox's commands."""

from typing import Final

import click

PARTITIONS: Final = ("aws", "aws-cn", "aws-us-gov")

partition_option = click.option(
    "--partition",
    type=click.Choice(PARTITIONS),
    default="aws",
    show_default=True,
    envvar="AUDITOR_PARTITION",
    help="The AWS partition of the organization.",
)
