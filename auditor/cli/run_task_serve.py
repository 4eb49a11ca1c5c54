"""`auditor run-task serve`."""

import sys
import time
from pathlib import Path

import click

from auditor.files import read, reason
from auditor.model.errors import UsageError

#: Characters of a key that nobody guesses: HCP Terraform takes any text.
_SHORTEST = 16


@click.command("serve")
@click.option(
    "--hmac-key-file",
    "key_file",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    envvar="AUDITOR_RUN_TASK_HMAC_KEY_FILE",
    show_envvar=True,
    help="A file with the HMAC key of the run task; what is not signed with it is refused.",
)
@click.option(
    "--terraform-url",
    "terraform",
    multiple=True,
    default=("https://app.terraform.io",),
    show_default=True,
    metavar="URL",
    envvar="AUDITOR_RUN_TASK_TERRAFORM_URL",
    show_envvar=True,
    help="Where the runs are: plans are read and verdicts told nowhere else; may be given several times.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    envvar="AUDITOR_RUN_TASK_HOST",
    show_envvar=True,
    help="The address that it listens on.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    envvar="AUDITOR_RUN_TASK_PORT",
    show_envvar=True,
    help="The port that it listens on; 0 takes a free one.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    envvar="AUDITOR_RUN_TASK_WORKERS",
    show_envvar=True,
    help="How many plans are checked at a time.",
)
@click.option(
    "--seconds",
    type=click.IntRange(1, 540),
    default=300,
    show_default=True,
    envvar="AUDITOR_RUN_TASK_SECONDS",
    show_envvar=True,
    help="How long a check may take; a run task that says nothing for ten minutes is in error.",
)
@click.option(
    "--mebibytes",
    type=click.IntRange(512),
    default=4096,
    show_default=True,
    envvar="AUDITOR_RUN_TASK_MEBIBYTES",
    show_envvar=True,
    help="How much address space a check may take.",
)
@click.option(
    "--details-url",
    default="",
    metavar="URL",
    envvar="AUDITOR_RUN_TASK_DETAILS_URL",
    show_envvar=True,
    help="Where people read more about this check; a link in the run.",
)
@click.option(
    "--pass-unjudged",
    is_flag=True,
    envvar="AUDITOR_RUN_TASK_PASS_UNJUDGED",
    show_envvar=True,
    help="Let a plan pass in which nothing could be judged, as it declares nothing of AWS Backup's concern.",
)
def command(
    *,
    key_file: Path,
    terraform: tuple[str, ...],
    host: str,
    port: int,
    workers: int,
    seconds: int,
    mebibytes: int,
    details_url: str,
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

    origins, key = Installations.of(terraform), _key(key_file)
    if details_url and not details_url.startswith("https://"):
        raise UsageError(f"--details-url {details_url} is no link; write one that begins with https://.")
    checks = PlanCheck(seconds, mebibytes, pass_unjudged)
    checks.check_options()
    logs.write_to(sys.stderr)
    tasks = RunTaskServer(key, origins, checks.judge, time.sleep, workers=workers, details=details_url)
    try:
        server = Server(tasks, host, port)
        click.echo(server.endpoint)
        logs.info("serving", endpoint=server.endpoint, terraform=sorted(origins.allowed))
        server.serve()
    finally:
        tasks.close()
    logs.info("stopped")


def _key(file: Path) -> bytes:
    """The key: what stands in the file, without the end of its line."""
    try:
        key = read(file, 1 << 12).rstrip(b"\r\n")
    except OSError as error:
        raise UsageError(f"--hmac-key-file {file}: {reason(error)}; name a file with the key.") from None
    if len(key) < _SHORTEST:
        raise UsageError(f"--hmac-key-file {file}: a key has {_SHORTEST} characters or more; make a new one.")
    return key
