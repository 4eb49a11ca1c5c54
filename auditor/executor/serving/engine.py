"""What is due in every account and Region, one after the other: one that fails does not stop the others."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from auditor.executor.catalog import leases, tables
from auditor.executor.engine.run import LeaseLostError
from auditor.executor.engine.scheduler import run_until
from auditor.executor.scope import Scope
from auditor.executor.service import BackupService
from auditor.executor.services.base import DriverError
from auditor.executor.serving import logs
from auditor.executor.times import to_ms
from auditor.model.arn import Arn
from auditor.model.errors import AuditorError

#: How long a place stays with an engine that is not heard of any more.
LEASE_MS: Final = 60_000

#: How many ids one query names: databases have a limit.
_AT_ONCE: Final = 1000

#: The one engine on a catalog that processes do not share: after its end the next one is it again.
_ALONE: Final = "alone"

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
    """Runs a service's engine in real time and tells what came of each job.

    Accounts and Regions are leased one by one, so that several engines on one catalog share them. A lease is
    renewed while its work goes on and ends by itself some time after its engine was killed.
    """

    def __init__(
        self, service: BackupService, metrics: "Metrics | None" = None, *, lease_ms: int = LEASE_MS
    ) -> None:
        self._service = service
        self._metrics = metrics
        self._lease_ms = lease_ms
        self._worker = str(uuid4()) if service.catalog.is_shared else _ALONE

    def run(self, until: datetime, stop: Event | None = None) -> tuple[Changes, dict[Scope, str]]:
        """Run everything that is due before `until` (UTC): the jobs that changed, and failures by place.

        What another engine is at is left to it. `stop` ends the run after the account and Region at hand.
        """
        changes: Changes = Counter()
        failed: dict[Scope, str] = {}
        left = {(scope.account_id, scope.region): scope for scope in self._scopes()}
        while left and not (stop is not None and stop.is_set()):
            place = leases.claim_one(
                self._service.catalog, left.keys(), self._worker, self._service.now_ms(), self._lease_ms
            )
            if place is None:
                break
            scope = left.pop(place)
            try:
                changed, reason = self._run_leased(scope, until)
            except LeaseLostError:
                logs.info("lease lost", account_id=scope.account_id, region=scope.region)
                continue
            changes += changed
            if reason is not None:
                failed[scope] = reason
                logs.error(
                    "engine run failed", account_id=scope.account_id, region=scope.region, reason=reason
                )
            leases.release(self._service.catalog, place, self._worker)
            self._count(scope, failed)
        if self._metrics is not None and not failed:
            self._metrics.last_run.set(until.timestamp())
        return changes, failed

    def _renew(self, connection: Connection, scope: Scope) -> bool:
        place = (scope.account_id, scope.region)
        return leases.renew(connection, [place], self._worker, self._service.now_ms(), self._lease_ms)

    @contextmanager
    def _renewing(self, scope: Scope) -> Iterator[None]:
        """Renew the lease while a single call to a service takes its time."""
        done = Event()

        def renew() -> None:
            while not done.wait(self._lease_ms / 3000):
                with self._service.catalog.claim() as connection:
                    if not self._renew(connection, scope):
                        return

        thread = Thread(target=renew, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

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

    def _run_leased(self, scope: Scope, until: datetime) -> tuple[Changes, str | None]:
        """Run a place: the jobs that changed, and why not all of it could be run."""
        service, reason = self._service, None
        with service.catalog.read() as connection:
            before = {kind: _open(connection, table, scope) for kind, table in KINDS}
            since = _reached(connection, scope)
        try:
            with self._renewing(scope):
                run_until(service, scope, until, fence=lambda connection: self._renew(connection, scope))
        except (DriverError, AuditorError, SQLAlchemyError) as failure:
            reason = str(failure)
        changes: Changes = Counter()
        with service.catalog.read() as connection:
            for kind, table in KINDS:
                for row in _changed(connection, table, scope, before[kind], since, to_ms(until)):
                    changes[kind, row.state] += 1
                    self._tell(kind, row)
        return changes, reason

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
    here = select(table).where(table.c.account_id == scope.account_id, table.c.region == scope.region)
    still = _open(connection, table, scope)
    ids = iter([job_id for job_id, state in before.items() if still.get(job_id) != state])
    rows = {row.id: row for row in connection.execute(here.where(table.c.created.between(since, until)))}
    while some := list(islice(ids, _AT_ONCE)):
        rows |= {row.id: row for row in connection.execute(here.where(table.c.id.in_(some)))}
    for row in sorted(rows.values(), key=lambda one: (one.created, one.id)):
        if before.get(row.id) != row.state:
            yield row
