"""`auditor sandbox`."""

import signal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from auditor.cli.program_options import program_options


@click.command("sandbox")
@program_options("sandbox")
def command(host: str, port: int, partition: str) -> None:
    """Serve a whole AWS organization on this machine.

    Prints the variables that point the aws command line, boto3 and auditor at it, and serves until Ctrl-C.
    They make auditor push and audit by the sample's policies, waivers and attestations, too.
    Its time stands still until it is told to go on (docs/sandbox.md), so audit it with --as-of.
    Nothing is kept when it ends. Its signatures are not verified, so it listens on loopback only.
    """
    from auditor.cli.extras import forget_aws, require_sandbox

    require_sandbox()
    forget_aws()
    from auditor.sandbox.server import exports, serve
    from auditor.sandbox.settings import write_settings

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: the folder goes
    with TemporaryDirectory(prefix="auditor-sandbox-") as folder:

        def announce(facts: dict[str, Any]) -> None:
            click.echo(exports(facts, write_settings(Path(folder), facts)))

        serve(host, port, partition, announce=announce)
