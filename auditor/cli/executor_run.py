"""`auditor executor run`."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from auditor.cli.executor_service import now, open_service, service_options
from auditor.config import kinds
from auditor.model.errors import ExitCode


class _Moment(click.ParamType[datetime]):
    """`now`, or a time with its zone or a day that is not in the future."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read the time."""
        current = now()
        if isinstance(value, datetime):
            return value
        if value == "now":
            return current
        try:
            moment: datetime = kinds.moment().one(value)
        except ValueError as error:
            self.fail(f"it {error}; or write now", param, ctx)
        if moment > current:
            self.fail(f"{value} is in the future; `executor simulate` shows what will be", param, ctx)
        return moment


@click.command("run")
@service_options
@click.option(
    "--until",
    type=_Moment(),
    default="now",
    show_default=True,
    envvar="AUDITOR_UNTIL",
    show_envvar=True,
    metavar="TIME",
    help="Make what was due before this time: now, a time in RFC 3339, or a day, which means its end in UTC.",
)
@click.option(
    "--credentials",
    type=click.Path(path_type=Path),
    envvar="AUDITOR_CREDENTIALS",
    show_envvar=True,
    help="The file that `executor serve` has, for the organization that it names.",
)
def command(
    *,
    database: str,
    role_name: str,
    external_id: str | None,
    mounts: tuple[tuple[str, Path], ...],
    gateways: bool,
    accept_edits: bool,
    workers: int,
    until: datetime,
    credentials: Path | None,
) -> int:
    """Make the backups that are due, once: for cron.

    Carries on every job, copy and expiry of the database, account by account; a second run at the same time
    changes nothing. Prints the jobs that changed on stdout and one JSON object an event on stderr. Exits with
    1 when an account or Region could not be run; the others were.
    """
    from auditor.cli.extras import require_executor

    require_executor()
    from auditor.executor.serving import logs
    from auditor.executor.serving.credentials import CredentialsFile, load_credentials
    from auditor.executor.serving.notifier import Notifier
    from auditor.executor.serving.worker import ExecutorWorker

    keys = CredentialsFile({}, None) if credentials is None else load_credentials(credentials)
    logs.write_to(sys.stderr)
    with open_service(
        database,
        role_name,
        external_id,
        keys.membership,
        mounts=mounts,
        gateways=gateways,
        credentials=credentials,
        accept_edits=accept_edits,
    ) as (service, clients):
        changes, failed = ExecutorWorker(service, workers=workers).run(until)
        Notifier(service, clients).publish()
    for (kind, state), count in sorted(changes.items()):
        click.echo(f"{kind} {state} {count}")
    return ExitCode.COULD_NOT_RUN if failed else ExitCode.COMPLIANT
