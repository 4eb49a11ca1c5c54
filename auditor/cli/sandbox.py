"""`auditor sandbox`."""

import click

from auditor.cli.kinds import whole
from auditor.cli.partition import partition_option


@click.command("sandbox")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    envvar="AUDITOR_HOST",
    help="Listen on this loopback address.",
)
@click.option(
    "--port",
    type=whole(0, 65535),
    default=4577,
    show_default=True,
    envvar="AUDITOR_PORT",
    help="Listen on this port; 0 takes a free one.",
)
@partition_option
def command(host: str, port: int, partition: str) -> None:
    """Serve a whole AWS organization on this machine.

    Prints the variables that point the aws command line, boto3 and auditor at it, and serves until Ctrl-C.
    Its time stands still until it is told to go on (docs/sandbox.md), so audit it with --as-of.
    Nothing is kept when it ends. Its signatures are not verified, so it listens on loopback only.
    """
    from auditor.cli.extras import forget_aws, require_sandbox

    require_sandbox()
    forget_aws()
    from auditor.sandbox.server import exports, serve

    serve(host, port, partition, announce=lambda facts: click.echo(exports(facts)))
