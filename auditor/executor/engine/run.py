"""One run of the engine: events in time order, vaults, and writes gathered into few transactions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from typing import Any, Final, Protocol

import orjson
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from auditor.derive.lock import violations
from auditor.executor.catalog import tables
from auditor.executor.catalog.declarations import declarations
from auditor.executor.catalog.settings import global_row
from auditor.executor.engine.inventory import Inventory
from auditor.executor.engine.jobs import BackupJob, CopyJob
from auditor.executor.scope import Scope
from auditor.executor.service import BackupService
from auditor.executor.services.base import DriverError, Place
from auditor.executor.times import to_datetime, to_ms
from auditor.model.plans import Lifecycle
from auditor.model.vaults import VaultLock

Row = dict[str, Any]


class Job(Protocol):
    """What the catalog keeps of any job."""

    id: str

    def row(self) -> Row:
        """The job's row."""


SetTime = Callable[[datetime], None]

#: What AWS Backup says of a job whose retention a vault's lock forbids.
OUT_OF_RANGE: Final = (
    "The retention specified in the job is not within the range specified for the target Backup Vault."
)

_FLUSH_AFTER: Final = 500


@dataclass(slots=True)
class Writes:
    """What has happened since the last transaction. Of a job only the last state is written."""

    backup_jobs: dict[str, BackupJob] = field(default_factory=dict)
    copy_jobs: dict[str, CopyJob] = field(default_factory=dict)
    restore_jobs: dict[str, Job] = field(default_factory=dict)
    tested: dict[str, int] = field(default_factory=dict)
    points: list[Row] = field(default_factory=list)
    expired: list[Row] = field(default_factory=list)
    not_deleted: list[Row] = field(default_factory=list)
    protected: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    last_executions: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.backup_jobs) + len(self.copy_jobs) + len(self.points) + len(self.expired)


class Run:
    """Events up to, and not including, `until`. `set_time` is told the time before each native call."""

    def __init__(
        self,
        service: BackupService,
        until: datetime,
        *,
        set_time: SetTime | None,
        inventory: Inventory,
    ) -> None:
        self.service = service
        self.inventory = inventory
        self.until = to_ms(until)
        self.writes = Writes()
        self.busy_until: dict[tuple[Scope, str], int] = {}
        self._set_time = set_time
        self._heap: list[tuple[int, int, Callable[[int], None]]] = []
        self._count = 0
        self._stored: set[str] = set()
        with service.catalog.read() as connection:
            self._crossing = {
                account
                for account in connection.scalars(select(tables.global_settings.c.account_id))
                if global_row(connection, account)[0]["isCrossAccountBackupEnabled"] == "true"
            }
            self._vaults = {row.arn: row._asdict() for row in connection.execute(select(tables.vaults))}

    def at(self, moment: int, event: Callable[[int], None]) -> None:
        """Have `event(moment)` called when time comes there, if that is before the run's end."""
        if moment < self.until:
            self._count += 1
            heappush(self._heap, (moment, self._count, event))

    def events(self, scopes: set[Scope], progress: Callable[[datetime], None] | None) -> None:
        """Call events in the order of time, and of their registration within a moment."""
        moment = 0
        while self._heap:
            moment, _, event = heappop(self._heap)
            event(moment)
            moment_is_done = not self._heap or self._heap[0][0] > moment
            if moment_is_done and len(self.writes) >= _FLUSH_AFTER:
                self.flush(scopes, moment + 1)
                if progress is not None:
                    progress(to_datetime(moment))
        self.flush(scopes, self.until)

    def set_time(self, moment: int) -> None:
        """Make it `moment` for whoever is asked next: native backups carry their creation date."""
        if self._set_time is not None:
            self._set_time(to_datetime(moment))

    def take_back(self, native_arn: str, job: BackupJob | CopyJob, place: Place, moment: int) -> str:
        """Delete a native backup that must not stay; gives what to say where that fails, else nothing."""
        driver = self.service.driver(job.resource["type"], managed=job.fully_managed)
        self.set_time(moment)
        try:
            driver.delete(native_arn, *place)
        except DriverError as error:
            return f" {native_arn} is left behind: {error.message}"
        return ""

    def unwritten(self, point: Row) -> bool:
        """Whether a recovery point's row waits for the next transaction, unknown to everyone else."""
        return "id" not in point and any(row is point for row in self.writes.points)

    def vault(self, arn: str) -> Mapping[str, Any] | None:
        """The vault's row, None when there is no such vault."""
        return self._vaults.get(arn)

    def crosses_accounts(self, account_id: str) -> bool:
        """Whether the account has turned cross-account backup on."""
        return account_id in self._crossing

    def known(self, job: Job) -> None:
        """Say that `job` is in the catalog already."""
        self._stored.add(job.id)

    def flush(self, scopes: set[Scope], moment: int) -> None:
        """Write everything in one transaction, with the time up to which `scopes` are done."""
        writes, self.writes = self.writes, Writes()
        with self.service.catalog.write() as connection:
            self._write_jobs(connection, tables.backup_jobs, list(writes.backup_jobs.values()))
            self._write_jobs(connection, tables.copy_jobs, list(writes.copy_jobs.values()))
            self._write_jobs(connection, tables.restore_jobs, list(writes.restore_jobs.values()))
            _execute(connection, insert(tables.recovery_points), writes.points)
            _execute(connection, _at_point(delete(tables.recovery_points)), writes.expired)
            _execute(
                connection,
                _at_point(update(tables.recovery_points)).values(
                    expire_at=None, status="EXPIRED", document=bindparam("b_document")
                ),
                writes.not_deleted,
            )
            _write_protected(connection, list(writes.protected.values()))
            _execute(
                connection,
                update(tables.plans)
                .where(tables.plans.c.id == bindparam("b_id"))
                .values(last_execution=bindparam("b_moment")),
                [{"b_id": plan, "b_moment": due} for plan, due in writes.last_executions.items()],
            )
            _execute(
                connection,
                update(declarations)
                .where(declarations.c.arn == bindparam("b_arn"))
                .values(last_run=bindparam("b_moment")),
                [{"b_arn": arn, "b_moment": due} for arn, due in writes.tested.items()],
            )
            _write_progress(connection, scopes, moment)

    def _write_jobs(self, connection: Connection, table: Any, jobs: Sequence[Job]) -> None:
        new = [job.row() for job in jobs if job.id not in self._stored]
        old = [job.row() for job in jobs if job.id in self._stored]
        self._stored.update(job.id for job in jobs)
        _execute(connection, insert(table), new)
        changing = ("completed", "state", "message_category", "next_at", "work", "document")
        _execute(
            connection,
            update(table)
            .where(table.c.id == bindparam("b_id"))
            .values({name: bindparam(f"b_{name}") for name in changing}),
            [{"b_id": row["id"]} | {f"b_{name}": row[name] for name in changing} for row in old],
        )


def _at_point(statement: Any) -> Any:
    points = tables.recovery_points.c
    return statement.where(
        points.account_id == bindparam("b_account_id"),
        points.region == bindparam("b_region"),
        points.arn == bindparam("b_arn"),
    )


def _execute(connection: Connection, statement: Any, rows: list[Row]) -> None:
    if rows:
        connection.execute(statement, rows)


def _write_protected(connection: Connection, rows: list[Row]) -> None:
    table = tables.protected_resources
    keys = [{f"b_{name}": row[name] for name in ("account_id", "region", "arn")} for row in rows]
    same = [table.c[name] == bindparam(f"b_{name}") for name in ("account_id", "region", "arn")]
    _execute(connection, delete(table).where(*same), keys)
    _execute(connection, insert(table), rows)


def _write_progress(connection: Connection, scopes: set[Scope], moment: int) -> None:
    """Time only goes forward: a run up to an earlier time leaves what was reached."""
    table = tables.progress
    for scope in sorted(scopes):
        place = {"account_id": scope.account_id, "region": scope.region}
        reached = connection.scalar(select(table.c.ran_until).filter_by(**place))
        if reached is None:
            connection.execute(insert(table).values(**place, partition=scope.partition, ran_until=moment))
        elif reached < moment:
            connection.execute(update(table).filter_by(**place).values(ran_until=moment))


def forbidden_by_lock(vault: Mapping[str, Any], lifecycle: Row | None) -> bool:
    """Whether the lock of a vault's row makes jobs with this lifecycle fail (aws-backup.md 4.7)."""
    date = vault["lock_date"]
    lock = VaultLock(
        locked=vault["locked"],
        min_retention_days=vault["min_retention_days"],
        max_retention_days=vault["max_retention_days"],
        lock_date=None if date is None else to_datetime(date),
    )
    return bool(violations(Lifecycle.from_document(lifecycle), lock))


def protected_row(scope: Scope, resource: Row, *, created: int, vault_arn: str, point_arn: str) -> Row:
    """The row of `protected_resources` after a backup."""
    document = {
        "ResourceArn": resource["arn"],
        "ResourceType": resource["type"],
        "ResourceName": resource["name"],
        "LastBackupTime": created / 1000,
        "LastBackupVaultArn": vault_arn,
        "LastRecoveryPointArn": point_arn,
    }
    return {
        "account_id": scope.account_id,
        "region": scope.region,
        "arn": resource["arn"],
        "document": orjson.dumps(document),
    }
