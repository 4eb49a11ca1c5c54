"""Copy jobs: on demand, and what became of those of the last 30 days (aws-backup.md 1.1 row 26, 4.12)."""

from typing import Any

import orjson
from sqlalchemy import Select, insert, select

from auditor.executor.api.errors import invalid, not_found, refused
from auditor.executor.api.protocol import Page
from auditor.executor.database.database import new_id
from auditor.executor.database.holds import held_since
from auditor.executor.database.sql_tables import copy_jobs
from auditor.executor.engine import arrivals
from auditor.executor.engine.cold import is_cold
from auditor.executor.engine.expiry import is_managed
from auditor.executor.engine.jobs import CopyJob
from auditor.executor.engine.points import copied_lifecycle
from auditor.executor.operations.backup_jobs import recent_jobs
from auditor.executor.operations.checks import check_role, check_vault_arn
from auditor.executor.operations.composites import with_children
from auditor.executor.operations.paging import fetch
from auditor.executor.operations.recovery_points import find_point
from auditor.executor.operations.rules import check_lifecycle
from auditor.executor.operations.vaults import Params, vault_arn
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.continuous import is_continuous
from auditor.executor.seam.driver import NativeBackup
from auditor.executor.service import BackupService
from auditor.executor.times import from_seconds, seconds


def start_copy_job(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """StartCopyJob: a CREATED job that the engine starts; without a lifecycle it inherits the source's."""
    check_vault_arn(scope, params["DestinationBackupVaultArn"])
    check_lifecycle(params.get("Lifecycle"))
    check_role(scope, params["IamRoleArn"])
    now, token = service.now_ms(), params.get("IdempotencyToken")
    with service.database.write() as connection:
        same = select(copy_jobs).filter_by(account_id=scope.account_id, region=scope.region, token=token)
        existing = None if token is None else connection.execute(same).one_or_none()
        if existing is not None:
            return _started(CopyJob.from_row(existing._asdict()))
        row = find_point(connection, scope, params["SourceBackupVaultName"], params["RecoveryPointArn"])
        if is_continuous(row.arn):
            raise refused(f"{row.arn} is a continuous backup: only the copy actions of its rule copy it.")
        if is_cold(row, held_since(connection, row.id), now):
            raise refused(f"{row.arn} is in cold storage, from which nothing can be copied.")
        point = orjson.loads(row.document)
        lifecycle = copied_lifecycle(params.get("Lifecycle"), point.get("Lifecycle"))
        if arrivals.is_over(lifecycle, row.created, now):
            raise invalid("The retention of the copy is over already: it counts from the source's creation.")
        job = CopyJob(
            id=new_id(connection, scope, "copy-job").upper(),
            scope=scope,
            created=now,
            resource={"arn": row.resource_arn, "type": row.resource_type, "name": point["ResourceName"]},
            source_vault_arn=vault_arn(scope, row.vault_name),
            destination_vault_arn=params["DestinationBackupVaultArn"],
            iam_role_arn=params["IamRoleArn"],
            source=NativeBackup(
                row.arn, point["BackupSizeInBytes"], point["IsEncrypted"], point.get("EncryptionKeyArn")
            ),
            source_created=from_seconds(point["CreationDate"]),
            fully_managed=is_managed(row.arn),
            next_at=now,
            lifecycle=lifecycle,
            tags=orjson.loads(row.tags),
            token=token,
        )
        connection.execute(insert(copy_jobs).values(job.row()))
    return _started(job)


def _started(job: CopyJob) -> Params:
    return {"CopyJobId": job.id, "CreationDate": seconds(job.created), "IsParent": job.is_parent}


def describe_copy_job(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """DescribeCopyJob, however old the job is."""
    query = select(copy_jobs.c.document).filter_by(
        account_id=scope.account_id, region=scope.region, id=params["CopyJobId"]
    )
    with service.database.read() as connection:
        document = connection.scalar(query)
        if document is None:
            raise not_found(f"Copy job {params['CopyJobId']} does not exist.")
        (counted,) = with_children(connection, copy_jobs, [document], "CopyJobId")
    return {"CopyJob": orjson.loads(counted)}


def list_copy_jobs(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListCopyJobs of the last 30 days, the newest first."""
    jobs = copy_jobs.c
    equal = {
        "ByResourceArn": jobs.resource_arn,
        "ByState": jobs.state,
        "ByDestinationVaultArn": jobs.destination_vault_arn,
        "ByResourceType": jobs.resource_type,
        "ByMessageCategory": jobs.message_category,
        "BySourceRecoveryPointArn": jobs.source_recovery_point_arn,
    }
    columns: Select[Any] = select(jobs.document, jobs.created, jobs.id)
    query = recent_jobs(columns, jobs, equal, service, scope, params)
    with service.database.read() as connection:
        rows, token = fetch(connection, query, [jobs.created, jobs.id], params, descending=True)
        documents = with_children(connection, copy_jobs, [row.document for row in rows], "CopyJobId")
    return Page("CopyJobs", documents, token)
