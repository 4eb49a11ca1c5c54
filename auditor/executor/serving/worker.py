"""Run what is due in each account and Region in turn: one that fails does not stop the others."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import islice
from os import getpid
from socket import gethostname
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from auditor.aws.failures import CALL_ERRORS
from auditor.executor.database import leases, sql_tables
from auditor.executor.database.places import places
from auditor.executor.engine.reconcile import BACK, UNFINISHED
from auditor.executor.engine.run import LeaseLostError
from auditor.executor.engine.scheduler import run_until
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import DriverError
from auditor.executor.service import BackupService
from auditor.executor.times import to_ms
from auditor.model.errors import AuditorError
from auditor.serving import logs
from auditor.threads import in_parallel

#: How long a place stays with a worker that is not heard of any more.
LEASE_MS: Final = 60_000

#: By how much clocks of several machines may differ without a word.
BEHIND_MS: Final = 5_000

#: How many ids one query names: databases have a limit.
_AT_ONCE: Final = 1000

if TYPE_CHECKING:
    from auditor.executor.serving.metrics import Metrics

#: Kind and state of jobs that changed, with how many.
Changes = Counter[tuple[str, str]]


class ExecutorWorker:
    """Runs a service's engine in real time and logs how each job changed.

    Accounts and Regions are leased one by one, so that several executors on one database share them, and so
    do the `workers` (threads) of one. A lease is renewed while its work goes on and ends by itself some time
    after its worker was killed.
    """

    def __init__(
        self,
        service: BackupService,
        metrics: "Metrics | None" = None,
        *,
        workers: int = 1,
        lease_ms: int = LEASE_MS,
    ) -> None:
        self._service = service
        self._metrics = metrics
        self._lease_ms = lease_ms
        name = f"{gethostname()}:{getpid()}:{uuid4()}"  # who reads of a lease finds the process by it
        self._workers = [f"{name}/{number}" for number in range(workers)]
        if not service.database.is_shared:
            leases.release_all(service.database)

    def run(self, until: datetime, stop: Event | None = None) -> tuple[Changes, dict[AccountRegion, str]]:
        """Run everything that is due before `until` (UTC): the jobs that changed, and failures by place.

        Places that another worker works on are left to it. `stop` ends the run after the places at hand.
        """
        behind = self._service.behind_ms()
        if behind > BEHIND_MS:
            logs.error("clock set back", behind_seconds=behind / 1000)
        with self._service.database.read() as connection:
            left = {(scope.account_id, scope.region): scope for scope in sorted(places(connection))}
        work = partial(self._work, left, until, stop or Event())
        if len(self._workers) == 1:
            results = [work(self._workers[0])]
        else:
            results = in_parallel(work, self._workers, workers=len(self._workers))
        changes = sum((changed for changed, _ in results), Counter())
        failed = {scope: reason for _, failures in results for scope, reason in failures.items()}
        if self._metrics is not None and not failed:
            self._metrics.last_run.set(until.timestamp())
        return changes, failed

    def _work(
        self, left: dict[leases.PlaceKey, AccountRegion], until: datetime, stop: Event, worker: str
    ) -> tuple[Changes, dict[AccountRegion, str]]:
        """Run one place of `left` after the other, until all that are left are being run by others."""
        changes: Changes = Counter()
        failed: dict[AccountRegion, str] = {}
        database = self._service.database
        while not stop.is_set():
            free = list(left)
            place = leases.claim_one(database, free, worker, self._service.now_ms(), self._lease_ms)
            if place is None:
                break
            scope = left.pop(place, None)
            if scope is None:  # another thread has just done it
                leases.release(database, place, worker)
                continue
            try:
                changed, reason = self._run_leased(scope, until, worker)
            except LeaseLostError:
                logs.info("lease lost", account_id=scope.account_id, region=scope.region)
                continue
            changes += changed
            if reason is not None:
                failed[scope] = reason
            leases.release(database, place, worker)
            self._count(scope, failed)
        return changes, failed

    def _renew(self, connection: Connection, scope: AccountRegion, worker: str) -> bool:
        place = (scope.account_id, scope.region)
        return leases.renew(connection, [place], worker, self._service.now_ms(), self._lease_ms)

    @contextmanager
    def _renewing(self, scope: AccountRegion, worker: str) -> Iterator[None]:
        """Renew the lease while a single call to a service takes its time."""
        done = Event()

        def renew() -> None:
            while not done.wait(self._lease_ms / 3000):
                try:
                    with self._service.database.claim() as connection:
                        if not self._renew(connection, scope, worker):
                            return
                except SQLAlchemyError as error:  # the next renewal may come in time
                    logs.error("lease not renewed", account_id=scope.account_id, reason=str(error))

        thread = Thread(target=renew, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def repeat(self, clock: Callable[[], datetime], seconds: float, stop: Event) -> None:
        """Run what is due now, and again every so many seconds until `stop`.

        An unexpected error outside of any account and Region sets `stop`: a service that makes no backups
        must not look alive.
        """
        try:
            while not stop.is_set():
                try:
                    self.run(clock(), stop)
                except SQLAlchemyError as error:  # the database is away, for a while
                    logs.error("engine run failed", reason=" ".join(str(error).split()))
                stop.wait(seconds)
        finally:
            stop.set()

    def _count(self, scope: AccountRegion, failed: dict[AccountRegion, str]) -> None:
        if self._metrics is not None:
            self._metrics.runs.labels("failed" if scope in failed else "done").inc()

    def _run_leased(self, scope: AccountRegion, until: datetime, worker: str) -> tuple[Changes, str | None]:
        """Run a place: the jobs that changed, and why not all of it could be run.

        An unexpected error stops this place alone, too: the next run takes up what was begun there, as after
        a kill.
        """
        service, reason = self._service, None
        with service.database.read() as connection:
            since = _reached(connection, scope)
            before = {
                kind: _open(connection, table, scope) | _since(connection, table, scope, since)
                for kind, table in sql_tables.JOB_KINDS
            }
        try:
            with self._renewing(scope, worker):
                run_until(
                    service,
                    scope,
                    until,
                    fence=lambda connection: self._renew(connection, scope, worker),
                    report=self._report,
                )
        except LeaseLostError:
            raise
        except (DriverError, AuditorError, SQLAlchemyError, *CALL_ERRORS) as failure:
            reason = _told(scope, str(failure))
        except Exception as bug:  # noqa: BLE001 -- the border: it is the failure of one place, and logged
            reason = _told(scope, f"unexpected error, {type(bug).__name__}: {bug}; report it", trace=True)
        changes: Changes = Counter()
        with service.database.read() as connection:
            for kind, table in sql_tables.JOB_KINDS:
                for row in _changed(connection, table, scope, before[kind], since, to_ms(until)):
                    changes[kind, row.state] += 1
                    self._tell(kind, row)
        return changes, reason

    def _report(self, event: str, **fields: Any) -> None:
        """Log which backups others have deleted, and which ones their service did not lock."""
        (logs.info if event in {BACK, UNFINISHED} else logs.error)(event, **fields)
        if self._metrics is not None and "resource_type" in fields:
            self._metrics.reconciled.labels(
                event, fields["resource_type"], str(fields["locked"]).lower()
            ).inc()

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


def _told(scope: AccountRegion, reason: str, *, trace: bool = False) -> str:
    """Log why a place could not be run; gives `reason`."""
    logs.error(
        "engine run failed", trace=trace, account_id=scope.account_id, region=scope.region, reason=reason
    )
    return reason


def _open(connection: Connection, table: Any, scope: AccountRegion) -> dict[str, str]:
    """The states of the jobs that wait or run, by id."""
    query = select(table.c.id, table.c.state).where(
        table.c.account_id == scope.account_id, table.c.region == scope.region, table.c.next_at >= 0
    )
    return {row.id: row.state for row in connection.execute(query)}


def _since(connection: Connection, table: Any, scope: AccountRegion, since: int) -> dict[str, str]:
    """The states of the jobs that were made since then, by id."""
    query = select(table.c.id, table.c.state).filter_by(account_id=scope.account_id, region=scope.region)
    return {row.id: row.state for row in connection.execute(query.where(table.c.created >= since))}


def _reached(connection: Connection, scope: AccountRegion) -> int:
    query = select(sql_tables.progress.c.ran_until).filter_by(
        account_id=scope.account_id, region=scope.region
    )
    return connection.scalar(query) or 0


def _changed(
    connection: Connection, table: Any, scope: AccountRegion, before: dict[str, str], since: int, until: int
) -> Iterator[Any]:
    """The jobs whose state is not what it was: those that were open, and those that are new."""
    here = select(table).where(table.c.account_id == scope.account_id, table.c.region == scope.region)
    still = _open(connection, table, scope) | _since(connection, table, scope, since)
    ids = iter([job_id for job_id, state in before.items() if still.get(job_id) != state])
    rows = {row.id: row for row in connection.execute(here.where(table.c.created.between(since, until)))}
    while some := list(islice(ids, _AT_ONCE)):
        rows |= {row.id: row for row in connection.execute(here.where(table.c.id.in_(some)))}
    for row in sorted(rows.values(), key=lambda one: (one.created, one.id)):
        if before.get(row.id) != row.state:
            yield row
