"""What is due in every account and Region, one after the other: one that fails does not stop the others."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, or_, select
from sqlalchemy.exc import SQLAlchemyError

from auditor.executor.catalog import tables
from auditor.executor.engine.scheduler import run_until
from auditor.executor.scope import Scope
from auditor.executor.service import BackupService
from auditor.executor.services.base import DriverError
from auditor.executor.serving import logs
from auditor.executor.times import to_ms
from auditor.model.arn import Arn
from auditor.model.errors import AuditorError

#: The kinds of jobs and their tables.
KINDS: Final = (
    ("backup", tables.backup_jobs),
    ("copy", tables.copy_jobs),
    ("restore", tables.restore_jobs),
)

if TYPE_CHECKING:
    from auditor.executor.serving.metrics import Metrics

#: Kind and state of jobs that changed, with how many.
Changes = Counter[tuple[str, str]]


class Engine:
    """Runs a service's engine in real time and tells what came of each job."""

    def __init__(self, service: BackupService, metrics: "Metrics | None" = None) -> None:
        self._service = service
        self._metrics = metrics

    def run(self, until: datetime, stop: Event | None = None) -> tuple[Changes, dict[Scope, str]]:
        """Run everything that is due before `until` (UTC): the jobs that changed, and failures by place.

        `stop` ends it after the account and Region at hand.
        """
        changes: Changes = Counter()
        failed: dict[Scope, str] = {}
        for scope in self._scopes():
            if stop is not None and stop.is_set():
                return changes, failed
            try:
                changes += self._run_scope(scope, until)
            except (DriverError, AuditorError, SQLAlchemyError) as failure:
                failed[scope] = str(failure)
                logs.error(
                    "engine run failed", account_id=scope.account_id, region=scope.region, reason=str(failure)
                )
            self._count(scope, failed)
        if self._metrics is not None and not failed:
            self._metrics.last_run.set(until.timestamp())
        return changes, failed

    def repeat(self, clock: Callable[[], datetime], seconds: float, stop: Event) -> None:
        """Run what is due now, and again every so many seconds until `stop`.

        An error that nobody expected sets `stop`: a service that makes no backups must not look alive.
        """
        try:
            while not stop.is_set():
                self.run(clock(), stop)
                stop.wait(seconds)
        finally:
            stop.set()

    def _count(self, scope: Scope, failed: dict[Scope, str]) -> None:
        if self._metrics is not None:
            self._metrics.runs.labels("failed" if scope in failed else "done").inc()

    def _scopes(self) -> list[Scope]:
        with self._service.catalog.read() as connection:
            arns = [
                *connection.scalars(select(tables.vaults.c.arn)),
                *connection.scalars(select(tables.plans.c.arn)),
            ]
            ran = [
                Scope(row.account_id, row.region, row.partition)
                for row in connection.execute(select(tables.progress))
            ]
        places = (Arn.parse(arn) for arn in arns)
        return sorted({Scope(arn.account_id, arn.region, arn.partition) for arn in places} | set(ran))

    def _run_scope(self, scope: Scope, until: datetime) -> Changes:
        service = self._service
        with service.catalog.read() as connection:
            before = {kind: _open(connection, table, scope) for kind, table in KINDS}
            since = _reached(connection, scope)
        run_until(service, scope.account_id, scope.region, until)
        changes: Changes = Counter()
        with service.catalog.read() as connection:
            for kind, table in KINDS:
                for row in _changed(connection, table, scope, before[kind], since, to_ms(until)):
                    changes[kind, row.state] += 1
                    self._tell(kind, row)
        return changes

    def _tell(self, kind: str, row: Any) -> None:
        if row.completed is not None and self._metrics is not None:
            self._metrics.jobs.labels(kind, row.state).inc()
        logs.info(
            f"{kind} job",
            job_id=row.id,
            state=row.state,
            category=row.message_category,
            account_id=row.account_id,
            region=row.region,
            resource_arn=row.resource_arn,
        )


def _open(connection: Connection, table: Any, scope: Scope) -> dict[str, str]:
    """The states of the jobs that wait or run, by id."""
    query = select(table.c.id, table.c.state).where(
        table.c.account_id == scope.account_id, table.c.region == scope.region, table.c.next_at.is_not(None)
    )
    return {row.id: row.state for row in connection.execute(query)}


def _reached(connection: Connection, scope: Scope) -> int:
    query = select(tables.progress.c.ran_until).filter_by(account_id=scope.account_id, region=scope.region)
    return connection.scalar(query) or 0


def _changed(
    connection: Connection, table: Any, scope: Scope, before: dict[str, str], since: int, until: int
) -> Iterator[Any]:
    """The jobs whose state is not what it was: those that were open, and those that are new."""
    here = (table.c.account_id == scope.account_id, table.c.region == scope.region)
    new = table.c.created.between(since, until)
    for row in connection.execute(
        select(table).where(*here, or_(new, table.c.id.in_(before))).order_by(table.c.created, table.c.id)
    ):
        if before.get(row.id) != row.state:
            yield row
