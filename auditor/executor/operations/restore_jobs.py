"""Restore jobs and the metadata that they take (aws-backup.md 1.1 rows 20 and 23)."""

from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, Select, insert, select

from auditor.executor.api.errors import invalid, not_found, refused
from auditor.executor.api.protocol import Page
from auditor.executor.database.database import new_id
from auditor.executor.database.holds import held_since
from auditor.executor.database.sql_tables import recovery_points, restore_jobs
from auditor.executor.engine.cold import is_cold
from auditor.executor.engine.expiry import is_managed
from auditor.executor.engine.points import is_composite
from auditor.executor.engine.restores import RestoreJob
from auditor.executor.operations.backup_jobs import recent_jobs
from auditor.executor.operations.checks import check_role
from auditor.executor.operations.paging import fetch
from auditor.executor.operations.recovery_points import find_point, refuse_other_account
from auditor.executor.operations.vaults import Params, vault_arn
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import DriverError, Restorer
from auditor.executor.service import BackupService
from auditor.executor.times import to_ms

_MAX_METADATA: Final = 100


def start_restore_job(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """StartRestoreJob: a PENDING job that the engine starts; one for each IdempotencyToken."""
    now, token = service.now_ms(), params.get("IdempotencyToken")
    if "IamRoleArn" in params:
        check_role(scope, params["IamRoleArn"])
    with service.database.write() as connection:
        place = {"account_id": scope.account_id, "region": scope.region}
        same = select(restore_jobs.c.id).filter_by(**place, token=token)
        existing = None if token is None else connection.scalar(same)
        if existing is not None:
            return {"RestoreJobId": existing}
        row = connection.execute(
            select(recovery_points).filter_by(**place, arn=params["RecoveryPointArn"])
        ).one_or_none()
        if row is None:
            raise not_found(f"Recovery point {params['RecoveryPointArn']} does not exist.")
        _check(restorer_of(service, row), row, params)
        cold = is_cold(row, held_since(connection, row.id), now)
        job = restore_job(connection, scope, row, params["Metadata"], now, cold=cold)
        job.iam_role_arn, job.token = params.get("IamRoleArn"), token
        if params.get("CopySourceTagsToRestoredResource"):
            job.tags = orjson.loads(row.tags)
        connection.execute(insert(restore_jobs).values(job.row()))
    return {"RestoreJobId": job.id}


def restore_job(
    connection: Connection,
    scope: AccountRegion,
    row: Row[Any],
    metadata: dict[str, str],
    now: int,
    *,
    cold: bool,
) -> RestoreJob:
    """A PENDING job that restores the recovery point of `row`."""
    point = orjson.loads(row.document)
    return RestoreJob(
        id=new_id(connection, scope, "restore-job").upper(),
        scope=scope,
        created=now,
        resource={"arn": row.resource_arn, "type": row.resource_type, "name": point["ResourceName"]},
        point_arn=row.arn,
        point_created=row.created,
        vault_arn=vault_arn(scope, row.vault_name),
        size_bytes=point["BackupSizeInBytes"],
        fully_managed=is_managed(row.arn),
        cold=cold,
        metadata=metadata,
        next_at=now,
    )


def restorer_of(service: BackupService, row: Row[Any]) -> Restorer:
    """What restores the recovery point of `row`; raises InvalidRequestException when nothing does."""
    driver = service.driver(row.resource_type, managed=is_managed(row.arn))
    if is_composite(row.arn):
        raise refused(f"{row.arn} is composite: restore the recovery points that are nested in it.")
    if not isinstance(driver, Restorer):
        raise refused(f"Restores of {row.resource_type} are not available in this backup service.")
    return driver


def _check(driver: Restorer, row: Row[Any], params: Params) -> None:
    metadata, kind = params["Metadata"], row.resource_type
    if row.status == "DELETING":
        raise refused(f"Recovery point {row.arn} is being deleted.")
    if params.get("ResourceType", kind) != kind:
        raise invalid(f"ResourceType: the recovery point is of type {kind}.")
    if params.get("CopySourceTagsToRestoredResource") and not driver.can_copy_tags:
        raise invalid(f"CopySourceTagsToRestoredResource is not supported for {kind}.")
    if len(metadata) > _MAX_METADATA:
        raise invalid(f"Metadata has at most {_MAX_METADATA} entries.")
    for key in driver.required_metadata:
        if not metadata.get(key):
            raise invalid(f"Restore metadata {key} is required for {kind}.")


def find_restore_job(connection: Connection, scope: AccountRegion, job_id: str) -> RestoreJob:
    """The job; raises ResourceNotFoundException."""
    query = select(restore_jobs).filter_by(account_id=scope.account_id, region=scope.region, id=job_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise not_found(f"Restore job {job_id} does not exist.")
    return RestoreJob.from_row(row._asdict())


def describe_restore_job(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """DescribeRestoreJob, however old the job is."""
    with service.database.read() as connection:
        job = find_restore_job(connection, scope, params["RestoreJobId"])
    document: Params = orjson.loads(job.row()["document"])
    return document


def get_restore_job_metadata(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """GetRestoreJobMetadata: what StartRestoreJob was given."""
    with service.database.read() as connection:
        job = find_restore_job(connection, scope, params["RestoreJobId"])
    return {"RestoreJobId": job.id, "Metadata": job.metadata}


def list_restore_jobs(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListRestoreJobs of the last 30 days, the newest first."""
    jobs = restore_jobs.c
    equal = {
        "ByResourceType": jobs.resource_type,
        "ByStatus": jobs.state,
        "ByRestoreTestingPlanArn": jobs.testing_plan_arn,
    }
    columns: Select[Any] = select(jobs.document, jobs.created, jobs.id)
    query = recent_jobs(columns, jobs, equal, service, scope, params)
    with service.database.read() as connection:
        rows, token = fetch(connection, query, [jobs.created, jobs.id], params, descending=True)
    return Page("RestoreJobs", [row.document for row in rows], token)


def list_restore_jobs_by_protected_resource(
    service: BackupService, scope: AccountRegion, params: Params
) -> Page:
    """ListRestoreJobsByProtectedResource of the last 30 days, the newest first."""
    jobs = restore_jobs.c
    equal = {"ResourceArn": jobs.resource_arn, "ByStatus": jobs.state}
    columns: Select[Any] = select(jobs.document, jobs.created, jobs.id)
    query = recent_jobs(columns, jobs, equal, service, scope, params)
    if "ByRecoveryPointCreationDateAfter" in params:
        query = query.where(jobs.point_created > to_ms(params["ByRecoveryPointCreationDateAfter"]))
    if "ByRecoveryPointCreationDateBefore" in params:
        query = query.where(jobs.point_created < to_ms(params["ByRecoveryPointCreationDateBefore"]))
    with service.database.read() as connection:
        rows, token = fetch(connection, query, [jobs.created, jobs.id], params, descending=True)
    return Page("RestoreJobs", [row.document for row in rows], token)


def get_recovery_point_restore_metadata(
    service: BackupService, scope: AccountRegion, params: Params
) -> Params:
    """GetRecoveryPointRestoreMetadata: the configuration of the resource as it was backed up."""
    row, metadata = point_metadata(service, scope, params)
    return {
        "BackupVaultArn": vault_arn(scope, row.vault_name),
        "RecoveryPointArn": row.arn,
        "RestoreMetadata": metadata,
        "ResourceType": row.resource_type,
    }


def point_metadata(
    service: BackupService, scope: AccountRegion, named: Params
) -> tuple[Row[Any], dict[str, str]]:
    """The row of the recovery point that is named, and its restore metadata as its driver reads them."""
    refuse_other_account(scope, named)
    with service.database.read() as connection:
        row = find_point(connection, scope, named["BackupVaultName"], named["RecoveryPointArn"])
    try:
        return row, restorer_of(service, row).restore_metadata(row.arn, scope.account_id, scope.region)
    except DriverError as error:
        raise not_found(f"The backup behind {row.arn} cannot be read: {error.message}") from None
