"""Scans of recovery points for malware, on demand (aws-backup.md 1.3)."""

from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, insert, select

from auditor.executor.api.errors import invalid, missing, not_found, refused
from auditor.executor.api.protocol import Page
from auditor.executor.database.database import new_id
from auditor.executor.database.holds import held_since
from auditor.executor.database.sql_tables import scan_jobs
from auditor.executor.engine.cold import is_cold
from auditor.executor.engine.scans import ScanJob
from auditor.executor.operations.backup_jobs import recent_jobs
from auditor.executor.operations.checks import check_role
from auditor.executor.operations.paging import fetch
from auditor.executor.operations.recovery_points import find_point
from auditor.executor.operations.vaults import Params
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.continuous import is_continuous
from auditor.executor.service import BackupService
from auditor.executor.times import seconds
from auditor.model.malware_scans import SCANNED, offers_scans


def start_scan_job(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """StartScanJob: a CREATED job; whoever starts the executor hands in what scans, else the job fails."""
    if not offers_scans(scope.partition):
        raise refused(f"Recovery points are not scanned for malware in the partition {scope.partition}.")
    check_role(scope, params["IamRoleArn"])
    check_role(scope, params["ScannerRoleArn"], "ScannerRoleArn")
    if "ContinuousScanEndTime" in params:
        raise invalid("ContinuousScanEndTime: continuous backups are not scanned in this backup service.")
    now, token = service.now_ms(), params.get("IdempotencyToken")
    with service.database.write() as connection:
        same = select(scan_jobs).filter_by(account_id=scope.account_id, region=scope.region, token=token)
        existing = None if token is None else connection.execute(same).one_or_none()
        if existing is not None:
            return {"ScanJobId": existing.id, "CreationDate": seconds(existing.created)}
        row = find_point(connection, scope, params["BackupVaultName"], params["RecoveryPointArn"])
        _check_point(row, cold=is_cold(row, held_since(connection, row.id), now))
        _check_base(connection, scope, row, params)
        job = ScanJob(
            id=new_id(connection, scope, "scan-job").upper(),
            scope=scope,
            created=now,
            resource={
                "arn": row.resource_arn,
                "type": row.resource_type,
                "name": orjson.loads(row.document)["ResourceName"],
            },
            point_arn=row.arn,
            point_created=row.created,
            vault_name=row.vault_name,
            scanner=params["MalwareScanner"],
            mode=params["ScanMode"],
            base_arn=params.get("ScanBaseRecoveryPointArn"),
            iam_role_arn=params["IamRoleArn"],
            scanner_role_arn=params["ScannerRoleArn"],
            next_at=now,
            token=token,
        )
        connection.execute(insert(scan_jobs).values(job.row()))
    return {"ScanJobId": job.id, "CreationDate": seconds(now)}


def _check_point(row: Row[Any], *, cold: bool) -> None:
    """Refuse what GuardDuty does not scan, and continuous backups."""
    if row.resource_type not in SCANNED:
        raise invalid(f"Recovery points of {row.resource_type} are not scanned: {', '.join(SCANNED)} are.")
    if is_continuous(row.arn):
        raise refused(f"{row.arn} is a continuous backup: these are not scanned in this backup service.")
    if row.status == "DELETING":
        raise refused(f"Recovery point {row.arn} is being deleted.")
    if cold:
        raise refused(f"{row.arn} is in cold storage, where nothing is scanned.")


def _check_base(connection: Connection, scope: AccountRegion, row: Row[Any], params: Params) -> None:
    """An incremental scan begins at an earlier recovery point of the resource that was scanned."""
    base = params.get("ScanBaseRecoveryPointArn")
    if params["ScanMode"] == "FULL_SCAN":
        if base is not None:
            raise invalid("ScanBaseRecoveryPointArn is for INCREMENTAL_SCAN.")
        return
    if base is None:
        raise missing("ScanBaseRecoveryPointArn is required for INCREMENTAL_SCAN.")
    same = {"account_id": scope.account_id, "region": scope.region, "recovery_point_arn": base}
    scanned = connection.execute(select(scan_jobs).filter_by(**same, state="COMPLETED").limit(1)).first()
    if scanned is None:
        raise refused(f"ScanBaseRecoveryPointArn: {base[:200]} was not scanned.")
    job = ScanJob.from_row(scanned._asdict())
    if job.resource["arn"] != row.resource_arn or job.point_created >= row.created:
        raise refused("ScanBaseRecoveryPointArn must be an earlier recovery point of the same resource.")


def describe_scan_job(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """DescribeScanJob, however old the job is."""
    query = select(scan_jobs.c.document).filter_by(
        account_id=scope.account_id, region=scope.region, id=params["ScanJobId"]
    )
    with service.database.read() as connection:
        document = connection.scalar(query)
    if document is None:
        raise not_found(f"Scan job {params['ScanJobId']} does not exist.")
    job: Params = orjson.loads(document)
    return job


def list_scan_jobs(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListScanJobs of the last 30 days, the newest first."""
    jobs = scan_jobs.c
    equal = {
        "ByBackupVaultName": jobs.vault_name,
        "ByMalwareScanner": jobs.malware_scanner,
        "ByRecoveryPointArn": jobs.recovery_point_arn,
        "ByResourceArn": jobs.resource_arn,
        "ByResourceType": jobs.resource_type,
        "ByScanResultStatus": jobs.result,
        "ByState": jobs.state,
    }
    columns: Select[Any] = select(jobs.document, jobs.created, jobs.id)
    query = recent_jobs(columns, jobs, equal, service, scope, params)
    with service.database.read() as connection:
        rows, token = fetch(connection, query, [jobs.created, jobs.id], params, descending=True)
    return Page("ScanJobs", [row.document for row in rows], token)
