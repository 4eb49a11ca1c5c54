"""The states of a restore job: PENDING, RUNNING; COMPLETED or FAILED (aws-backup.md 4.4)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, ClassVar, Final, Self

import orjson

from auditor.executor.database.sql_tables import restore_jobs
from auditor.executor.engine import roles
from auditor.executor.engine.native import RETRY_MS
from auditor.executor.engine.pace import duration_ms
from auditor.executor.engine.run import EngineRun
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import Archiver, DriverError, Restorer
from auditor.executor.seam.permissions import Act, Task
from auditor.executor.times import DAY_MS, seconds

Document = dict[str, Any]

#: For how long a restore waits for data in cold storage: EC2 says up to 72 hours (EBS Snapshots Archive).
COLD_MS: Final = 4 * DAY_MS

#: For how long after it was made a restore is begun again where that may help.
RETRIED_MS: Final = DAY_MS


@dataclass(slots=True)
class RestoreJob:
    """One restore of one recovery point. Times are epoch milliseconds; `next_at` is None at its end."""

    TABLE: ClassVar = restore_jobs

    id: str
    scope: AccountRegion
    created: int
    resource: Document
    point_arn: str
    point_created: int
    vault_arn: str
    size_bytes: int
    fully_managed: bool
    cold: bool
    metadata: dict[str, str]
    next_at: int | None
    iam_role_arn: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    testing_plan_arn: str | None = None
    validation_ms: int = 0
    validation: str | None = None
    validation_message: str | None = None
    token: str | None = None
    state: str = "PENDING"
    message: str = ""
    category: str = ""
    started: int | None = None
    completed: int | None = None
    made: str | None = None
    deletion: str | None = None
    deletion_message: str | None = None

    @property
    def ends_at(self) -> int:
        """When a job that runs is done."""
        return (self.started or self.created) + duration_ms(self.id)

    def row(self) -> Document:
        """The row of `restore_jobs`."""
        return {
            "id": self.id,
            "account_id": self.scope.account_id,
            "region": self.scope.region,
            "created": self.created,
            "completed": self.completed,
            "state": self.state,
            "message_category": self.category,
            "resource_arn": self.resource["arn"],
            "resource_type": self.resource["type"],
            "token": self.token,
            "next_at": self.next_at,
            "point_created": self.point_created,
            "testing_plan_arn": self.testing_plan_arn,
            "work": orjson.dumps(asdict(self)),
            "document": orjson.dumps(self._document()),
        }

    def _document(self) -> Document:
        """The job as ListRestoreJobs lists it."""
        document = {
            "AccountId": self.scope.account_id,
            "RestoreJobId": self.id,
            "RecoveryPointArn": self.point_arn,
            "SourceResourceArn": self.resource["arn"],
            "BackupVaultArn": self.vault_arn,
            "CreationDate": seconds(self.created),
            "Status": self.state,
            "PercentDone": "100.00%" if self.state == "COMPLETED" else "0.00%",
            "BackupSizeInBytes": self.size_bytes,
            "ResourceType": self.resource["type"],
            "RecoveryPointCreationDate": seconds(self.point_created),
            "IsParent": False,
        }
        optional = {
            "CompletionDate": None if self.completed is None else seconds(self.completed),
            "StatusMessage": self.message or None,
            "IamRoleArn": self.iam_role_arn,
            "CreatedResourceArn": self.made,
            "CreatedBy": self.testing_plan_arn and {"RestoreTestingPlanArn": self.testing_plan_arn},
            "ValidationStatus": self.validation,
            "ValidationStatusMessage": self.validation_message,
            "DeletionStatus": self.deletion,
            "DeletionStatusMessage": self.deletion_message,
        }
        return document | {key: value for key, value in optional.items() if value is not None}

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Read a row back."""
        work = orjson.loads(row["work"])
        return cls(**work | {"scope": AccountRegion(**work["scope"])})


def register(run: EngineRun, job: RestoreJob) -> None:
    """Carry `job` on from wherever it stands."""
    if job.next_at is not None:
        step = {"RUNNING": finish, "COMPLETED": settle}.get(job.state, start)
        if job.state == "PENDING" and roles.are_asked(run, job.next_at):
            roles.expect(run.service, job.iam_role_arn, _task(job))
        run.at(job.next_at, partial(step, run, job))


def start(run: EngineRun, job: RestoreJob, now: int) -> None:
    """Have the driver restore; what it makes is announced when the job is done."""
    run.save(job)
    now = run.now(now)
    driver = run.service.driver(job.resource["type"], managed=job.fully_managed)
    run.set_time(now)
    if not isinstance(driver, Restorer):
        _end(job, "FAILED", now, f"Restores of {job.resource['type']} are not available.")
        return
    place = (job.scope.account_id, job.scope.region)
    try:
        if job.testing_plan_arn is not None:
            job.metadata = driver.infer(job.point_arn, place, job.id) | job.metadata
        roles.check(run.service, job.iam_role_arn, _task(job))
        if job.cold and isinstance(driver, Archiver) and not driver.is_readable(job.point_arn, *place):
            _wait(run, job, now)
            return
        metadata = _Metadata(job.metadata)
        job.made = driver.restore(job.point_arn, place=place, metadata=metadata, token=job.id, tags=job.tags)
    except DriverError as error:
        _failed(run, job, now, error)
        return
    job.state, job.started, job.message = "RUNNING", now, _without_effect(driver, job, metadata)
    job.next_at = job.ends_at
    run.at(job.next_at, partial(finish, run, job))


class _Metadata(dict[str, str]):
    """Restore metadata that remember which of them the driver has asked for.

    A driver reads all that it knows before it looks whether it has restored under the token already.
    """

    def __init__(self, metadata: Mapping[str, str]) -> None:
        super().__init__(metadata)
        self.asked: set[object] = set()

    def __contains__(self, key: object) -> bool:
        self.asked.add(key)
        return super().__contains__(key)

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Give the value, or `default` where there is none."""
        self.asked.add(key)
        return super().get(key, default)


def _without_effect(driver: Restorer, job: RestoreJob, metadata: _Metadata) -> str:
    """What to say of metadata that the driver has not asked for; "" where there are none.

    Nothing is said of what GetRecoveryPointRestoreMetadata tells of the source, and of AWS Backup's own.
    """
    left = [key for key in metadata if key not in metadata.asked and not key.startswith("aws:backup:")]
    if not left:
        return ""
    try:
        told = driver.restore_metadata(job.point_arn, job.scope.account_id, job.scope.region)
    except DriverError:
        told = {}
    named = ", ".join(sorted(key for key in left if told.get(key) != metadata[key]))
    return f"These restore metadata have no effect in this backup service: {named}." if named else ""


def _wait(run: EngineRun, job: RestoreJob, now: int) -> None:
    """Look again soon whether what lies in cold storage can be read, for some days."""
    if now + RETRY_MS <= job.created + COLD_MS:
        job.message, job.next_at = "The recovery point is brought back from cold storage.", now + RETRY_MS
        run.at(job.next_at, partial(start, run, job))
    else:
        _end(job, "FAILED", now, "The recovery point was not brought back from cold storage in time.")


def _task(job: RestoreJob) -> Task:
    """What the job does with its role."""
    return Task(
        Act.RESTORE,
        job.scope,
        job.resource["type"],
        job.resource["arn"],
        managed=job.fully_managed,
        backup_arn=job.point_arn,
        metadata=job.metadata,
    )


def _failed(run: EngineRun, job: RestoreJob, now: int, error: DriverError) -> None:
    """Begin again where that may help: under the same token nothing is restored twice."""
    if error.transient and now + RETRY_MS <= job.created + RETRIED_MS:
        job.message, job.next_at = error.message, now + RETRY_MS
        run.at(job.next_at, partial(start, run, job))
    else:
        _end(job, "FAILED", now, error.message)


def finish(run: EngineRun, job: RestoreJob, now: int) -> None:
    """The resource is there."""
    run.save(job)
    now = run.now(now)
    _end(job, "COMPLETED", now, job.message)
    place = (job.scope.account_id, job.scope.region, job.point_arn)
    run.writes.note(place, LastRestoreTime=seconds(now))
    if job.testing_plan_arn is not None:
        job.validation = "VALIDATING" if job.validation_ms else None
        job.next_at = now + job.validation_ms
        run.at(job.next_at, partial(settle, run, job))


def settle(run: EngineRun, job: RestoreJob, now: int) -> None:
    """The end of a test: without a result its validation has timed out; what was restored is deleted."""
    run.save(job)
    now = run.now(now)
    job.next_at = None
    if job.validation == "VALIDATING":
        job.validation = "TIMED_OUT"
    driver = run.service.driver(job.resource["type"], managed=job.fully_managed)
    run.set_time(now)
    try:
        if isinstance(driver, Restorer) and job.made is not None:
            driver.discard(job.made, job.scope.account_id, job.scope.region)
        job.deletion = "SUCCESSFUL"
    except DriverError as error:
        job.deletion, job.deletion_message = "FAILED", error.message


def _end(job: RestoreJob, state: str, now: int, message: str) -> None:
    job.state, job.message = state, message
    job.completed, job.next_at = now, None
