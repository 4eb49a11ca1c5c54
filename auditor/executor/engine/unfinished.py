"""Work that an earlier run, or another executor, has begun."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, Table, and_, select

from auditor.executor.catalog import tables
from auditor.executor.catalog.holds import not_held
from auditor.executor.engine import backups, copies, native, restores
from auditor.executor.engine.expiry import watch
from auditor.executor.engine.jobs import BackupJob, CopyJob
from auditor.executor.engine.run import Run
from auditor.executor.engine.writes import Job
from auditor.executor.scope import Scope

#: The kinds of jobs: their tables, how a row is read and how the job is carried on.
_KINDS: Final[tuple[tuple[Table, Callable[[Any], Any], Callable[[Run, Any], None]], ...]] = (
    (tables.backup_jobs, BackupJob.from_row, backups.register),
    (tables.copy_jobs, CopyJob.from_row, copies.register),
    (tables.restore_jobs, restores.RestoreJob.from_row, restores.register),
)


def reload(run: Run, job: Job) -> None:
    """Carry on a job that somebody else has changed, as it is now."""
    for table, from_row, register in _KINDS:
        row = _row(run, job) if job.TABLE is table else None
        if row is not None:
            found = from_row(row)
            run.known(found, row["version"])
            register(run, found)


def give_back(run: Run, job: Job) -> None:
    """What was made for a job that another executor has made meanwhile is known to nobody: it goes."""
    row = _row(run, job)
    if row is not None and isinstance(job, BackupJob | CopyJob):
        native.give_back(run, job, type(job).from_row(row).native)


def _row(run: Run, job: Job) -> dict[str, Any] | None:
    with run.service.catalog.read() as connection:
        row = connection.execute(select(job.TABLE).filter_by(id=job.id)).one_or_none()
    return None if row is None else row._asdict()


def register_unfinished(run: Run, connection: Connection, scope: Scope) -> None:
    """Jobs that wait or run, and recovery points that will expire before the run's end.

    A job that runs beyond the run's end keeps its resource from any other.
    """
    place = {"account_id": scope.account_id, "region": scope.region}
    for table, from_row, register in _KINDS:
        for row in _rows(connection, table, table.c.next_at >= 0, place):
            job = from_row(row)
            run.known(job, row["version"])
            register(run, job)
    due = and_(tables.recovery_points.c.expire_at < run.until, not_held())
    for row in _rows(connection, tables.recovery_points, due, place):
        watch(run, row)


def _rows(connection: Connection, table: Any, condition: Any, place: dict[str, str]) -> list[dict[str, Any]]:
    query = select(table).where(condition).filter_by(**place).order_by(table.c.created, table.c.id)
    return [row._asdict() for row in connection.execute(query)]
