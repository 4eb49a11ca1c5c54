"""The states of a scan job: CREATED, RUNNING; COMPLETED, COMPLETED_WITH_ISSUES or FAILED (aws-backup.md 1.3).

The executor looks into no backup: whoever starts it hands in a scanner (`service.Scanner`). Without one every
job fails, and no recovery point is said to be clean.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, ClassVar, Final, Self

import orjson
from sqlalchemy import Connection, select

from auditor.executor.database.sql_tables import recovery_points, scan_jobs
from auditor.executor.engine.native import RETRY_MS
from auditor.executor.engine.pace import duration_ms
from auditor.executor.engine.run import EngineRun
from auditor.executor.engine.writes import PointKey
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import DriverError
from auditor.executor.service import BackupService, RoleUse, Scanner, ScanResult, ScanTarget
from auditor.executor.times import DAY_MS, seconds, to_datetime

Document = dict[str, Any]

#: For how long after it was made a scan is tried again where that may help.
RETRIED_MS: Final = DAY_MS


@dataclass(slots=True)
class ScanJob:
    """One scan of one recovery point. Times are epoch milliseconds; `next_at` is None at its end.

    `result` is a `ScanResult`, "" as long as the scan has not ended or where it failed.
    """

    TABLE: ClassVar = scan_jobs

    id: str
    scope: AccountRegion
    created: int
    resource: Document
    point_arn: str
    point_created: int
    vault_name: str
    scanner: str
    mode: str
    base_arn: str | None
    iam_role_arn: str
    scanner_role_arn: str
    next_at: int | None
    token: str | None = None
    state: str = "CREATED"
    message: str = ""
    started: int | None = None
    completed: int | None = None
    result: str = ""

    def row(self) -> Document:
        """The row of `scan_jobs`."""
        return {
            "id": self.id,
            "account_id": self.scope.account_id,
            "region": self.scope.region,
            "created": self.created,
            "completed": self.completed,
            "state": self.state,
            "message_category": "",
            "resource_arn": self.resource["arn"],
            "resource_type": self.resource["type"],
            "token": self.token,
            "next_at": self.next_at,
            "vault_name": self.vault_name,
            "recovery_point_arn": self.point_arn,
            "malware_scanner": self.scanner,
            "result": self.result,
            "work": orjson.dumps(asdict(self)),
            "document": orjson.dumps(self._document()),
        }

    def _document(self) -> Document:
        """The job as ListScanJobs lists it. CreatedBy is of jobs that a plan has made: there are none."""
        document = {
            "AccountId": self.scope.account_id,
            "ScanJobId": self.id,
            "BackupVaultName": self.vault_name,
            "BackupVaultArn": self.scope.arn(f"backup-vault:{self.vault_name}"),
            "RecoveryPointArn": self.point_arn,
            "ResourceArn": self.resource["arn"],
            "ResourceName": self.resource["name"],
            "ResourceType": self.resource["type"],
            "IamRoleArn": self.iam_role_arn,
            "ScannerRoleArn": self.scanner_role_arn,
            "MalwareScanner": self.scanner,
            "ScanMode": self.mode,
            "State": self.state,
            "CreationDate": seconds(self.created),
        }
        optional = {
            "ScanBaseRecoveryPointArn": self.base_arn,
            "CompletionDate": None if self.completed is None else seconds(self.completed),
            "StatusMessage": self.message or None,
            "ScanResult": {"ScanResultStatus": self.result} if self.result else None,
        }
        return document | {key: value for key, value in optional.items() if value is not None}

    @property
    def point(self) -> PointKey:
        """The recovery point, as what is written of it names it."""
        return self.scope.account_id, self.scope.region, self.point_arn

    @property
    def findings(self) -> list[str]:
        """What was found, as AWS Backup names it."""
        return ["MALWARE"] if self.result == ScanResult.THREATS_FOUND else []

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Read a row back."""
        work = orjson.loads(row["work"])
        return cls(**work | {"scope": AccountRegion(**work["scope"])})


def results_of(connection: Connection, scope: AccountRegion, point_arn: str) -> list[Document]:
    """ScanResults of a recovery point: of the scanner that there is, the scan that ended last."""
    columns = scan_jobs.c
    place = {"account_id": scope.account_id, "region": scope.region, "recovery_point_arn": point_arn}
    ended = select(scan_jobs).filter_by(**place).where(columns.completed.is_not(None))
    row = connection.execute(ended.order_by(columns.completed.desc(), columns.id).limit(1)).one_or_none()
    if row is None:
        return []
    job = ScanJob.from_row(row._asdict())
    return [
        {
            "MalwareScanner": job.scanner,
            "ScanJobState": job.state,
            "LastScanTimestamp": seconds(row.completed),
            "Findings": job.findings,
        }
    ]


def register(run: EngineRun, job: ScanJob) -> None:
    """Carry `job` on from wherever it stands."""
    if job.next_at is not None:
        run.at(job.next_at, partial(finish if job.state == "RUNNING" else start, run, job))


def start(run: EngineRun, job: ScanJob, now: int) -> None:
    """Begin, where somebody is there to scan and AWS Backup may assume the role."""
    run.save(job)
    now = run.now(now)
    run.set_time(now)
    try:
        _scanner(run.service)
        _check_role(run.service, job)
    except DriverError as error:
        _failed(run, job, now, error)
        return
    job.state, job.started, job.message = "RUNNING", now, ""
    job.next_at = now + duration_ms(job.id)
    run.at(job.next_at, partial(finish, run, job))


def _scanner(service: BackupService) -> Scanner:
    """Who scans; raises `DriverError` where there is nobody."""
    if service.scanner is None:
        raise DriverError("This backup service was started without a scanner: nothing was scanned.")
    return service.scanner


def _check_role(service: BackupService, job: ScanJob) -> None:
    """Raise `DriverError` where AWS Backup may not assume the role."""
    use = RoleUse(job.iam_role_arn, job.scope.account_id, job.scope.region, ())
    message = None if service.check_role is None else service.check_role(use)
    if message is not None:
        raise DriverError(message, "ACCESS_DENIED")


def finish(run: EngineRun, job: ScanJob, now: int) -> None:
    """Take down what the scanner has found. What it cannot tell is no success."""
    run.save(job)
    now = run.now(now)
    run.set_time(now)
    try:
        job.result = _scan(run, job)
    except DriverError as error:
        _failed(run, job, now, error)
        return
    if job.result == ScanResult.UNKNOWN:
        _end(run, job, now, "COMPLETED_WITH_ISSUES", "The scanner cannot tell whether there are threats.")
    else:
        _end(run, job, now, "COMPLETED", "")


def _scan(run: EngineRun, job: ScanJob) -> str:
    """Ask the scanner; raises `DriverError`."""
    scope, scanner = job.scope, _scanner(run.service)
    there = select(recovery_points.c.id).filter_by(
        account_id=scope.account_id, region=scope.region, arn=job.point_arn
    )
    with run.service.database.read() as connection:
        if job.point in run.writes.expired or connection.scalar(there) is None:
            raise DriverError(f"Recovery point {job.point_arn} was deleted during the scan.")
    created = to_datetime(job.point_created)
    target = ScanTarget(scope.account_id, scope.region, job.point_arn, job.resource["arn"], created)
    return scanner(target).value


def _failed(run: EngineRun, job: ScanJob, now: int, error: DriverError) -> None:
    """Begin again where that may help."""
    if error.transient and now + RETRY_MS <= job.created + RETRIED_MS:
        job.message, job.next_at = error.message, now + RETRY_MS
        register(run, job)
    else:
        _end(run, job, now, "FAILED", error.message)


def _end(run: EngineRun, job: ScanJob, now: int, state: str, message: str) -> None:
    """Tell it of the job, and of the recovery point if that is still there."""
    job.state, job.message = state, message
    job.completed, job.next_at = now, None
    aggregated = {"FailedScan": state != "COMPLETED", "Findings": job.findings, "LastComputed": seconds(now)}
    run.writes.note(job.point, AggregatedScanResult=aggregated)
