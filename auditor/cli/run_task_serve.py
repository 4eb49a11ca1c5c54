"""`auditor run-task serve`."""

import sys
import time
from pathlib import Path

import click

from auditor.cli.program_options import program_options
from auditor.files import reason, secret
from auditor.model.errors import UsageError

#: Characters of a key that nobody guesses: HCP Terraform takes any text.
_SHORTEST = 16


@click.command("serve")
@program_options("run-task serve")
def command(
    *,
    hmac_key_file: Path,
    terraform_url: tuple[str, ...],
    host: str,
    port: int,
    workers: int,
    seconds: int,
    mebibytes: int,
    details_url: str | None,
    pass_unjudged: bool,
) -> None:
    """Check the plans of runs of HCP Terraform and Terraform Enterprise.

    Each plan is checked as by `auditor check`, whose options are read from their variables, such as
    AUDITOR_CHECK_UNIT and AUDITOR_FAIL_ON, and from auditor.yaml in the current folder. Prints its address on
    stdout and one JSON object an event on stderr. Put a proxy with TLS before it. SIGTERM and Ctrl-C let
    begun checks end.
    """
    from auditor.cli.extras import require_run_task

    require_run_task()
    from auditor.cli.run_task_plans import PlanCheck
    from auditor.hosts.run_task import Installations
    from auditor.hosts.run_task_server import RunTaskServer
    from auditor.serving import logs
    from auditor.serving.server import Server

    origins, key = Installations.of(terraform_url), _key(hmac_key_file)
    checks = PlanCheck(seconds, mebibytes, pass_unjudged)
    checks.check_options()
    logs.write_to(sys.stderr)
    tasks = RunTaskServer(key, origins, checks.judge, time.sleep, workers=workers, details=details_url or "")
    try:
        server = Server(tasks, host, port)
        click.echo(server.endpoint)
        logs.info("serving", endpoint=server.endpoint, terraform=sorted(origins.allowed))
        server.serve()
    finally:
        tasks.close()
    logs.info("stopped")


def _key(file: Path) -> bytes:
    """The key: what stands in the file, without the end of its line.

    Raises:
        UsageError: everyone may read it, it cannot be read, or its key is too short.
    """
    try:
        key = secret(file).rstrip(b"\r\n")
    except OSError as error:
        raise UsageError(f"--hmac-key-file {file}: {reason(error)}; name a file with the key.") from None
    if len(key) < _SHORTEST:
        raise UsageError(f"--hmac-key-file {file}: a key has {_SHORTEST} characters or more; make a new one.")
    return key
