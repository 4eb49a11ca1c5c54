"""One run of the engine: events in the order of time, vaults, and writes gathered into few transactions."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import Any, Final

import orjson
from sqlalchemy import Connection, select

from auditor.derive.lock import violations
from auditor.executor.database import sql_tables
from auditor.executor.database.settings import global_row
from auditor.executor.engine.inventory import ListedResources
from auditor.executor.engine.resource_queues import ResourceQueues
from auditor.executor.engine.writes import AnyJob, ChangedMeanwhileError, Row, Writes, write_progress
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.times import to_datetime, to_ms
from auditor.model.plans import Lifecycle
from auditor.model.vaults import VaultLock

SetTime = Callable[[datetime], None]


#: Says in a transaction whether the run's accounts and Regions are still its own.
Fence = Callable[[Connection], bool]

#: `report(event, **fields)`: told what a run has found out that is no job's, as a line of the log has it.
Report = Callable[..., None]

#: What AWS Backup says of a job whose retention a vault's lock forbids.
OUT_OF_RANGE: Final = (
    "The retention specified in the job is not within the range specified for the target Backup Vault."
)


class LeaseLostError(Exception):
    """Another executor has taken the work over, so this run must stop."""


class EngineRun:
    """Events up to, and not including, `until`. `set_time` is told the time before each native call.

    With a `batch` of 1 each change is in the database before the next native call is made: killed at any
    moment, nothing is lost and nothing is made twice. A larger batch gathers that many changes in memory: for
    virtual time, where the resources are gone with the process and nobody else uses the database meanwhile.
    """

    def __init__(
        self,
        service: BackupService,
        until: datetime,
        *,
        set_time: SetTime | None,
        inventory: ListedResources,
        batch: int = 1,
        fence: Fence | None = None,
        report: Report | None = None,
    ) -> None:
        self.service = service
        self.report = report or (lambda _event, **_fields: None)
        self.inventory = inventory
        self.until = to_ms(until)
        self.durable = batch == 1
        self.writes = Writes()
        self.resource_queues = ResourceQueues()
        self.failures: dict[AccountRegion, str] = {}
        #: When continuous recovery points end whose end this run has put off.
        self.ends: dict[tuple[str, str, str], int] = {}
        self._held_back: dict[AccountRegion, int] = {}
        self._set_time = set_time
        self._batch = batch
        self._fence = fence
        self._scopes: set[AccountRegion] = set()
        self._reached = 0
        #: Moment, turn within it, and number of each event; most have a turn of their own.
        self._heap: list[tuple[int, int, int, Callable[[int], None]]] = []
        self._count = 0
        self._turn = 0
        self._versions: dict[str, int] = {}
        self._made_before: set[str] = set()
        with service.database.read() as connection:
            rows = () if self.durable else connection.execute(select(sql_tables.vaults))
            self._vaults = {row.arn: row._asdict() for row in rows}

    def at(self, moment: int, event: Callable[[int], None]) -> None:
        """Have `event(moment)` called when time comes there, if that is before the run's end."""
        if moment < self.until:
            self._count += 1
            heappush(self._heap, (moment, self._turn or self._count, self._count, event))

    def new_turn(self) -> int:
        """A turn within every moment: after what is registered already, before what will be."""
        self._count += 1
        return self._count

    @contextmanager
    def in_turn(self, turn: int) -> Iterator[None]:
        """Have what is registered meanwhile come in a turn that was given before."""
        self._turn = turn
        try:
            yield
        finally:
            self._turn = 0

    def events(self, scopes: set[AccountRegion], reload: Callable[[AnyJob], None]) -> None:
        """Call events in the order of time, and of their registration within a moment.

        A job that somebody else has changed meanwhile is left as it is in the database and given to `reload`.
        Later events that the losing event has registered are taken back.
        """
        self._scopes = scopes
        while self._heap:
            moment, _, _, event = heappop(self._heap)
            self._reached, known = moment, self._count
            try:
                event(moment)
                moment_is_done = not self._heap or self._heap[0][0] > moment
                full = not self.writes.is_empty if self.durable else len(self.writes) >= self._batch
                if full and (self.durable or moment_is_done):
                    self._reached = moment + 1 if moment_is_done else moment
                    self.flush()
            except ChangedMeanwhileError:
                if not self.durable:
                    raise
                self._heap = [entry for entry in self._heap if entry[2] <= known]
                heapify(self._heap)
                lost, self.writes = self.writes, Writes()
                for job in lost.jobs.values():
                    reload(job)
        self._reached = self.until
        self.flush()

    def now(self, moment: int) -> int:
        """The time at `moment` of the run, epoch ms: what is made late is dated when it is made."""
        return max(moment, self.service.now_ms())

    def set_time(self, moment: int) -> None:
        """Make it `moment` for whoever is asked next: native backups carry their creation date."""
        if self._set_time is not None:
            self._set_time(to_datetime(moment))

    def save(self, job: AnyJob) -> None:
        """Have the next transaction write `job` as it is then."""
        self.writes.jobs[job.id] = job

    def add_point(self, row: Row) -> None:
        """Have the next transaction insert the row of a recovery point, sealed."""
        seals = self.service.database.seals
        if seals is not None:
            row["seal"] = seals.of_point(row)
        self.writes.points[row["account_id"], row["region"], row["arn"]] = row

    def change_point(self, row: Row) -> None:
        """Have the next transaction write what has changed of a continuous recovery point."""
        key = (row["account_id"], row["region"], row["arn"])
        self.ends[key] = row["expire_at"]
        if key in self.writes.points:
            self.writes.points[key] |= row
        else:
            self.writes.changed[key] = row

    def known(self, job: AnyJob, version: int) -> None:
        """Say that `job` is in the database already."""
        self._versions[job.id] = version

    def made_before(self, job_ids: Iterable[str]) -> None:
        """Say that earlier runs have made these jobs."""
        self._made_before.update(job_ids)

    def is_made(self, job_id: str) -> bool:
        """Whether an earlier run, one that was cut off, has made the job."""
        return job_id in self._made_before

    def hold_back(self, scope: AccountRegion, moment: int, window_ms: int, reason: str) -> None:
        """Say that some of what is due at `moment` in `scope` could not be found out.

        The next run does it again, as long as a job that starts within `window_ms` would not be too late.
        """
        self.tell(scope, reason)
        if self.now(moment) < moment + window_ms:
            self._held_back.setdefault(scope, moment)

    def tell(self, scope: AccountRegion, reason: str) -> None:
        """Say why not everything that was due could be done, once for each reason."""
        told = self.failures.get(scope)
        if told is None:
            self.failures[scope] = reason
        elif reason not in told:
            self.failures[scope] = f"{told.rstrip('.')}; {reason}"

    def vault(self, arn: str) -> Mapping[str, Any] | None:
        """The vault's row, None when there is no such vault."""
        if not self.durable:
            return self._vaults.get(arn)
        with self.service.database.read() as connection:
            row = connection.execute(select(sql_tables.vaults).filter_by(arn=arn)).one_or_none()
        return None if row is None else row._asdict()

    def crosses_accounts(self, account_id: str) -> bool:
        """Whether the account has turned cross-account backup on."""
        with self.service.database.read() as connection:
            return global_row(connection, account_id)[0]["isCrossAccountBackupEnabled"] == "true"

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction on the database of who still has the work; raises `LeaseLostError`."""
        with self.service.database.write() as connection:
            if self._fence is not None and not self._fence(connection):
                raise LeaseLostError
            yield connection

    def flush(self) -> None:
        """Write everything in one transaction, with the time up to which the run's places are done.

        Raises:
            ChangedMeanwhileError: what is written builds on what is no longer so; it stays in `writes`.
            LeaseLostError: another executor has the work now.
        """
        with self.transaction() as connection:
            self.writes.write(connection, self._versions, self.service.now_ms())
            reached = {
                scope: min(self._reached, self._held_back.get(scope, self._reached)) for scope in self._scopes
            }
            write_progress(connection, reached)
        for job in self.writes.jobs.values():
            version = self._versions.pop(job.id, -1) + 1
            if job.next_at is not None:
                self._versions[job.id] = version
        self.writes = Writes()


def forbidden_by_lock(vault: Mapping[str, Any], lifecycle: Row | None) -> bool:
    """Whether the lock of a vault's row makes jobs with this lifecycle fail (aws-backup.md 4.7)."""
    if not vault["locked"]:
        return False
    date = vault["lock_date"]
    lock = VaultLock(
        locked=vault["locked"],
        min_retention_days=vault["min_retention_days"],
        max_retention_days=vault["max_retention_days"],
        lock_date=None if date is None else to_datetime(date),
    )
    return bool(violations(Lifecycle.from_document(lifecycle), lock))


def protected_row(
    scope: AccountRegion, resource: Row, *, created: int, vault_arn: str, point_arn: str
) -> Row:
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
