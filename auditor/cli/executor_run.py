"""`auditor executor run`."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Unpack

import click

from auditor.cli.executor_service import ServiceOptions, now, open_service
from auditor.cli.program_options import program_options
from auditor.model.errors import ExitCode


@click.command("run")
@program_options("executor run")
def command(
    *,
    workers: int,
    until: datetime | str,
    credentials: Path | None,
    **options: Unpack[ServiceOptions],
) -> int:
    """Make the backups that are due, once: for cron.

    Carries on every job, copy and expiry of the database, account by account; a second run at the same time
    changes nothing. Prints the jobs that changed on stdout and one JSON object an event on stderr. Exits with
    1 when an account or Region could not be run; the others were.
    """
    from auditor.cli.extras import require_executor

    require_executor()
    from auditor.executor.serving.credentials import CredentialsFile, load_credentials
    from auditor.executor.serving.notifier import Notifier
    from auditor.executor.serving.worker import ExecutorWorker
    from auditor.serving import logs

    moment = _due(until)
    keys = CredentialsFile({}, None) if credentials is None else load_credentials(credentials)
    logs.write_to(sys.stderr)
    with open_service(keys.membership, credentials, **options) as (service, clients):
        changes, failed = ExecutorWorker(service, workers=workers).run(moment)
        Notifier(service, clients).publish()
    for (kind, state), count in sorted(changes.items()):
        click.echo(f"{kind} {state} {count}")
    return ExitCode.COULD_NOT_RUN if failed else ExitCode.COMPLIANT


def _due(until: datetime | str) -> datetime:
    """The time before which everything is due: now, or one that is not in the future."""
    current = now()
    if not isinstance(until, datetime):
        return current
    if until > current:
        raise click.BadParameter(
            f"{until:%FT%TZ} is in the future; `executor simulate` shows what will be", param_hint="'--until'"
        )
    return until
