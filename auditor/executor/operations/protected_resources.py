"""Resources that were backed up at least once, even if no recovery point is left (aws-backup.md 1.4)."""

from typing import Any

import orjson
from sqlalchemy import Row, select

from auditor.executor.api.errors import not_found
from auditor.executor.api.protocol import Page
from auditor.executor.database.sql_tables import protected_resources, recovery_points, restore_jobs
from auditor.executor.operations.paging import fetch
from auditor.executor.operations.recovery_points import refuse_other_account
from auditor.executor.operations.vaults import Params, find_vault
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.times import MINUTE_MS, seconds


def list_protected_resources(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListProtectedResources by ARN."""
    columns = protected_resources.c
    query = select(protected_resources).filter_by(account_id=scope.account_id, region=scope.region)
    with service.database.read() as connection:
        rows, token = fetch(connection, query, [columns.arn], params)
    return Page("Results", [row.document for row in rows], token)


def list_protected_resources_by_backup_vault(
    service: BackupService, scope: AccountRegion, params: Params
) -> Page:
    """ListProtectedResourcesByBackupVault: by ARN, each with its newest recovery point in the vault."""
    refuse_other_account(scope, params)
    points, others = recovery_points.c, recovery_points.alias().c
    here = {"account_id": scope.account_id, "region": scope.region, "vault_name": params["BackupVaultName"]}
    newest = (
        select(others.document)
        .where(*(others[name] == value for name, value in here.items()))
        .where(others.resource_arn == points.resource_arn)
        .order_by(others.created.desc(), others.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(points.resource_arn, newest.label("document")).filter_by(**here).group_by(points.resource_arn)
    )
    with service.database.read() as connection:
        find_vault(connection, scope, params["BackupVaultName"])
        rows, token = fetch(connection, query, [points.resource_arn], params)
    return Page("Results", [orjson.dumps(_of_point(row.document)) for row in rows], token)


def _of_point(document: bytes) -> Params:
    point = orjson.loads(document)
    return {name: point[name] for name in ("ResourceArn", "ResourceType", "ResourceName")} | {
        "LastBackupTime": point["CreationDate"],
        "LastBackupVaultArn": point["BackupVaultArn"],
        "LastRecoveryPointArn": point["RecoveryPointArn"],
    }


def describe_protected_resource(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """DescribeProtectedResource, with its latest completed restore."""
    place = {"account_id": scope.account_id, "region": scope.region}
    query = select(protected_resources.c.document).filter_by(**place, arn=params["ResourceArn"])
    restored = select(restore_jobs).filter_by(**place, resource_arn=params["ResourceArn"], state="COMPLETED")
    with service.database.read() as connection:
        document = connection.scalar(query)
        latest = connection.execute(restored.order_by(restore_jobs.c.completed.desc()).limit(1)).one_or_none()
    if document is None:
        raise not_found(f"Resource {params['ResourceArn']} was never backed up.")
    resource: Params = orjson.loads(document)
    return resource if latest is None else resource | _restored(latest)


def _restored(job: Row[Any]) -> Params:
    return {
        "LatestRestoreExecutionTimeMinutes": (job.completed - job.created) // MINUTE_MS,
        "LatestRestoreJobCreationDate": seconds(job.created),
        "LatestRestoreRecoveryPointCreationDate": seconds(job.point_created),
    }
