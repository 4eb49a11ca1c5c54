"""Backups on demand, and the backup jobs of the last 30 days (aws-backup.md 1.1 rows 22 and 26)."""

from typing import Any, Final

import orjson
from sqlalchemy import Column, Select, insert, select

from auditor.executor.api.errors import invalid, not_found, refused
from auditor.executor.api.protocol import Page
from auditor.executor.database.database import new_id
from auditor.executor.database.settings import management
from auditor.executor.database.sql_tables import AIR_GAPPED, backup_jobs
from auditor.executor.engine import air_gap, arrivals
from auditor.executor.engine.jobs import BackupJob
from auditor.executor.operations.checks import check_role
from auditor.executor.operations.composites import stop, stop_children, with_children
from auditor.executor.operations.options import check_options
from auditor.executor.operations.organization import accounts
from auditor.executor.operations.paging import fetch
from auditor.executor.operations.rules import (
    check_air_gapped,
    check_lifecycle,
    check_point_tags,
    check_windows,
)
from auditor.executor.operations.vaults import Params, find_vault
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import DriverError
from auditor.executor.service import BackupService
from auditor.executor.times import DAY_MS, MINUTE_MS, seconds, to_ms
from auditor.model.organization import Resource
from auditor.model.plans import DEFAULT_COMPLETION_WINDOW_MINUTES, DEFAULT_START_WINDOW_MINUTES
from auditor.model.resource_types import type_of_arn

#: How long jobs are listed.
HISTORY_DAYS: Final = 30


def start_backup_job(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """StartBackupJob: a CREATED job that the engine starts; one for each IdempotencyToken."""
    _refuse_unavailable(params)
    start = params.get("StartWindowMinutes", DEFAULT_START_WINDOW_MINUTES)
    completion = params.get("CompleteWindowMinutes", DEFAULT_COMPLETION_WINDOW_MINUTES)
    check_windows(start, completion)
    check_air_gapped(params.get("LogicallyAirGappedBackupVaultArn"), scope)
    check_lifecycle(params.get("Lifecycle"))
    check_point_tags(params.get("RecoveryPointTags", {}))
    check_role(scope, params["IamRoleArn"])
    resource = _resource(service, scope, params["ResourceArn"])
    check_options(resource.resource_type, params.get("BackupOptions", {}))
    now, token = service.now_ms(), params.get("IdempotencyToken")
    with service.database.write() as connection:
        vault = find_vault(connection, scope, params["BackupVaultName"])
        if vault.vault_type == AIR_GAPPED:
            raise invalid("A logically air-gapped vault is named by LogicallyAirGappedBackupVaultArn.")
        same = select(backup_jobs).filter_by(account_id=scope.account_id, region=scope.region, token=token)
        existing = None if token is None else connection.execute(same).one_or_none()
        if existing is not None:
            return _started(BackupJob.from_row(existing._asdict()))
        managed = management(connection, scope, service.optional_management())
        job = BackupJob(
            id=new_id(connection, scope, "backup-job").upper(),
            scope=scope,
            created=now,
            resource={"arn": resource.arn, "type": resource.resource_type, "name": resource.name},
            vault_name=params["BackupVaultName"],
            iam_role_arn=params["IamRoleArn"],
            start_by=now + start * MINUTE_MS,
            completion_window=completion * MINUTE_MS,
            next_at=now,
            lifecycle=params.get("Lifecycle"),
            point_tags=params.get("RecoveryPointTags", {}),
            token=token,
            advanced={resource.resource_type: params.get("BackupOptions", {})},
            fully_managed=managed.get(resource.resource_type, True),
        )
        air_gap.aim(service, job, params.get("LogicallyAirGappedBackupVaultArn"))
        if job.vault_name == vault.name:
            arrivals.remember_vault(job, vault._asdict())
        connection.execute(insert(backup_jobs).values(job.row()))
    return _started(job)


def _started(job: BackupJob) -> Params:
    return {"BackupJobId": job.id, "CreationDate": seconds(job.created), "IsParent": job.is_parent}


def _refuse_unavailable(params: Params) -> None:
    if params.get("Index") == "ENABLED":
        raise invalid("Index is not available in this backup service.")


def _resource(service: BackupService, scope: AccountRegion, arn: str) -> Resource:
    """The resource as its service lists it now."""
    kind = type_of_arn(arn)
    if kind not in service.resource_types:
        raise invalid(f"{arn[:200]} is not a resource that this backup service backs up.")
    try:
        found = service.driver(kind).discover(scope.account_id, scope.region)
    except DriverError as error:
        raise invalid(f"{arn} could not be looked up: {error.message}") from None
    for resource in found:
        if resource.arn == arn:
            return resource
    raise not_found(f"Resource {arn} does not exist.")


#: Types whose backups cannot be stopped once they are asked for (API StopBackupJob).
UNSTOPPABLE: Final = frozenset(
    {"Aurora", "DocumentDB", "FSx", "Neptune", "RDS", "SAP HANA on Amazon EC2"},
)


def stop_backup_job(service: BackupService, scope: AccountRegion, params: Params) -> None:
    """StopBackupJob: the job is ABORTING until the engine has taken back what was begun.

    The nested jobs of a composite one are stopped with it.
    """
    job_id = params["BackupJobId"]
    with service.database.write() as connection:
        query = select(backup_jobs).filter_by(account_id=scope.account_id, region=scope.region, id=job_id)
        row = connection.execute(query).one_or_none()
        if row is None:
            raise not_found(f"Backup job {job_id} does not exist.")
        if row.resource_type in UNSTOPPABLE:
            raise refused(f"Backup jobs of {row.resource_type} cannot be stopped.")
        job = BackupJob.from_row(row._asdict())
        if job.completed is not None:
            raise refused(f"Backup job {job_id} is {job.state} and cannot be stopped.")
        if job.state != "ABORTING":
            stop(connection, row, service.now_ms())
            stop_children(connection, job, service.now_ms(), UNSTOPPABLE)


def describe_backup_job(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """DescribeBackupJob, however old the job is."""
    query = select(backup_jobs.c.document).filter_by(
        account_id=scope.account_id, region=scope.region, id=params["BackupJobId"]
    )
    with service.database.read() as connection:
        document = connection.scalar(query)
        if document is None:
            raise not_found(f"Backup job {params['BackupJobId']} does not exist.")
        (counted,) = with_children(connection, backup_jobs, [document], "BackupJobId")
    job: Params = orjson.loads(counted)
    return job


def list_backup_jobs(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListBackupJobs of the last 30 days, the newest first."""
    jobs = backup_jobs.c
    equal = {
        "ByResourceArn": jobs.resource_arn,
        "ByState": jobs.state,
        "ByBackupVaultName": jobs.vault_name,
        "ByResourceType": jobs.resource_type,
        "ByMessageCategory": jobs.message_category,
    }
    columns: Select[Any] = select(jobs.document, jobs.created, jobs.id)
    query = recent_jobs(columns, jobs, equal, service, scope, params)
    with service.database.read() as connection:
        rows, token = fetch(connection, query, [jobs.created, jobs.id], params, descending=True)
    return Page("BackupJobs", [row.document for row in rows], token)


def recent_jobs(
    query: Select[Any],
    jobs: Any,
    equal: dict[str, Column[str]],
    service: BackupService,
    scope: AccountRegion,
    params: Params,
) -> Select[Any]:
    """`query` on a table of jobs narrowed to the last 30 days, the accounts and the filters in `params`.

    Accounts whose jobs the caller may not see are refused, never left out in silence.
    """
    query = query.where(
        jobs.account_id.in_(accounts(service, scope, params.get("ByAccountId"))),
        jobs.region == scope.region,
        jobs.created >= service.now_ms() - HISTORY_DAYS * DAY_MS,
    )
    for name, column in (equal | {"ByParentJobId": jobs.parent_job_id}).items():
        if params.get(name, "*") != "*":
            query = query.where(column == params[name])
    ranges = (
        ("ByCreatedAfter", "ByCreatedBefore", jobs.created),
        ("ByCompleteAfter", "ByCompleteBefore", jobs.completed),
    )
    for after, before, column in ranges:
        if after in params:
            query = query.where(column > to_ms(params[after]))
        if before in params:
            query = query.where(column < to_ms(params[before]))
    return query
