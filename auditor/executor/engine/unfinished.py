"""Take up work that an earlier run, or another executor, has begun."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, and_, func, select, tuple_

from auditor.executor.database import sql_tables
from auditor.executor.database.holds import not_held
from auditor.executor.engine import backups, copies, native, restores, scans
from auditor.executor.engine.expiry import watch
from auditor.executor.engine.jobs import BackupJob, CopyJob
from auditor.executor.engine.run import EngineRun
from auditor.executor.engine.writes import AnyJob
from auditor.executor.scope import AccountRegion

#: The kinds of jobs: their tables, how a row is read and how the job is carried on.
_KINDS: Final[tuple[tuple[Table, Callable[[Any], Any], Callable[[EngineRun, Any], None]], ...]] = (
    (sql_tables.backup_jobs, BackupJob.from_row, backups.register),
    (sql_tables.copy_jobs, CopyJob.from_row, copies.register),
    (sql_tables.restore_jobs, restores.RestoreJob.from_row, restores.register),
    (sql_tables.scan_jobs, scans.ScanJob.from_row, scans.register),
)


#: How many of the recovery points of an account and Region that are due are in memory at a time.
PAGE: Final = 1000


def reload(run: EngineRun, job: AnyJob) -> None:
    """Carry on a job that somebody else has changed, as it is now."""
    for table, from_row, register in _KINDS:
        row = _row(run, job) if job.TABLE is table else None
        if row is not None:
            found = from_row(row)
            run.known(found, row["version"])
            register(run, found)


def give_back(run: EngineRun, job: AnyJob) -> None:
    """Delete what was made for a job that another executor has finished meanwhile, as nobody knows it."""
    row = _row(run, job)
    if row is not None and isinstance(job, BackupJob | CopyJob):
        native.give_back(run, job, type(job).from_row(row).native)


def _row(run: EngineRun, job: AnyJob) -> dict[str, Any] | None:
    with run.service.database.read() as connection:
        row = connection.execute(select(job.TABLE).filter_by(id=job.id)).one_or_none()
    return None if row is None else row._asdict()


def register_unfinished(run: EngineRun, connection: Connection, scope: AccountRegion) -> None:
    """Jobs that wait or run, and recovery points that will expire before the run's end.

    A job that runs beyond the run's end keeps its resource from any other.
    """
    place = {"account_id": scope.account_id, "region": scope.region}
    for table, from_row, register in _KINDS:
        query = select(table).where(table.c.next_at >= 0).filter_by(**place)
        for row in connection.execute(query.order_by(table.c.created, table.c.id)).all():
            job = from_row(row._asdict())
            run.known(job, row.version)
            register(run, job)
    _DuePoints(run, connection, scope).register_page(connection)


class _DuePoints:
    """The recovery points of an account and Region that expire before a run's end, in that order.

    A page of them is in memory at a time: after the last point of one comes the event that reads the next.
    They share a turn, so that events come in the order in which they would if all were registered at once. A
    point that the run itself makes is watched by its maker: only those that were there before are read.
    """

    def __init__(self, run: EngineRun, connection: Connection, scope: AccountRegion) -> None:
        points = sql_tables.recovery_points.c
        newest = connection.scalar(select(func.max(points.id))) or 0
        due = and_(points.expire_at < run.until, points.id <= newest, not_held())
        place = {"account_id": scope.account_id, "region": scope.region}
        self._run = run
        self._turn = run.new_turn()
        self._order = (points.expire_at, points.created, points.id)
        self._query = select(sql_tables.recovery_points).where(due).filter_by(**place).order_by(*self._order)

    def register_page(self, connection: Connection, after: Row[Any] | None = None) -> None:
        """Watch the first points, or those that come after the one of a row."""
        query = self._query
        if after is not None:
            last = [getattr(after, column.name) for column in self._order]
            query = query.where(self._order[0] >= last[0], tuple_(*self._order) > tuple_(*last))
        rows = connection.execute(query.limit(PAGE)).all()
        with self._run.in_turn(self._turn):
            for row in rows:
                watch(self._run, row._asdict())
            if len(rows) == PAGE:
                self._run.at(rows[-1].expire_at, partial(self._next_page, rows[-1]))

    def _next_page(self, after: Row[Any], _now: int) -> None:
        with self._run.service.database.read() as connection:
            self.register_page(connection, after)
