"""Backup vaults (aws-backup.md 1.1 rows 10-12)."""

from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, delete, func, insert, select

from auditor.executor.api.errors import already_exists, limit_exceeded, not_found, refused
from auditor.executor.api.protocol import Page
from auditor.executor.database import keys
from auditor.executor.database.notifications import vault_notifications
from auditor.executor.database.sql_tables import STANDARD, recovery_points, vaults
from auditor.executor.operations.checks import check_key, check_tags
from auditor.executor.operations.paging import fetch
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.times import optional_seconds, seconds

Params = dict[str, Any]

MAX_VAULTS: Final = 300


def find_vault(connection: Connection, scope: AccountRegion, name: str) -> Row[Any]:
    """The vault's row; raises ResourceNotFoundException."""
    row = connection.execute(select(vaults).where(vaults.c.arn == vault_arn(scope, name))).one_or_none()
    if row is None:
        raise not_found(f"Backup vault {name} does not exist.")
    return row


def vault_arn(scope: AccountRegion, name: str) -> str:
    """The ARN of the vault `name`."""
    return scope.arn(f"backup-vault:{name}")


def create_backup_vault(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """CreateBackupVault. The same CreatorRequestId answers the vault that it made before."""
    return make_vault(service, scope, params, {"vault_type": STANDARD, "locked": False})


def make_vault(service: BackupService, scope: AccountRegion, params: Params, kind: Params) -> Params:
    """A new vault with the columns of its `kind`, its type and its lock.

    Raises AlreadyExistsException for a name that is taken, unless the same request has made that vault.
    """
    name, request_id = params["BackupVaultName"], params.get("CreatorRequestId")
    key = params.get("EncryptionKeyArn")
    check_key(scope, key)
    check_tags(params.get("BackupVaultTags", {}))
    arn, now = vault_arn(scope, name), service.now_ms()
    own = None if key is not None else _own_key(service, scope)
    with service.database.write() as connection:
        existing = connection.execute(select(vaults).where(vaults.c.arn == arn)).one_or_none()
        if existing is not None:
            same = request_id is not None and existing.creator_request_id == request_id
            if not same or existing.vault_type != kind["vault_type"]:
                raise already_exists(
                    "Backup vault with the same name already exists",
                    arn=arn,
                    creator_request_id=existing.creator_request_id or "",
                )
            now = existing.created
        else:
            _check_quota(connection, scope)
            connection.execute(
                insert(vaults).values(
                    arn=arn,
                    account_id=scope.account_id,
                    region=scope.region,
                    name=name,
                    created=now,
                    creator_request_id=request_id,
                    encryption_key_arn=key,
                    own_key_arn=None if own is None else keys.known(connection, scope) or own,
                    tags=orjson.dumps(params.get("BackupVaultTags", {})),
                    **kind,
                )
            )
            service.database.seal_vault(connection, arn)
    return {"BackupVaultName": name, "BackupVaultArn": arn, "CreationDate": seconds(now)}


def _own_key(service: BackupService, scope: AccountRegion) -> str:
    """The ARN of AWS's own key: that of the place's other vaults, else KMS's, else a derived one."""
    with service.database.read() as connection:
        known = keys.known(connection, scope)
    return known or service.own_key(scope) or keys.derived(scope)


def _check_quota(connection: Connection, scope: AccountRegion) -> None:
    count = connection.scalar(
        select(func.count())
        .select_from(vaults)
        .where(vaults.c.account_id == scope.account_id, vaults.c.region == scope.region)
    )
    if count is not None and count >= MAX_VAULTS:
        raise limit_exceeded(f"An account has at most {MAX_VAULTS} vaults in a Region.")


def describe_backup_vault(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """DescribeBackupVault of this account."""
    name = params["BackupVaultName"]
    if params.get("BackupVaultAccountId", scope.account_id) != scope.account_id:
        raise not_found(f"Backup vault {name} of another account is not shared with this one.")
    with service.database.read() as connection:
        return _vault_item(connection, find_vault(connection, scope, name))


def _vault_item(connection: Connection, row: Row[Any]) -> Params:
    """The vault as ListBackupVaults and DescribeBackupVault give it, with AWS's own key where it has none."""
    points = recovery_points.c
    count = connection.scalar(
        select(func.count()).where(
            points.account_id == row.account_id, points.region == row.region, points.vault_name == row.name
        )
    )
    customer_key = row.encryption_key_arn is not None
    return without_none(
        {
            "BackupVaultName": row.name,
            "BackupVaultArn": row.arn,
            "VaultType": row.vault_type,
            "VaultState": "AVAILABLE",
            "EncryptionKeyArn": row.encryption_key_arn or row.own_key_arn,
            "EncryptionKeyType": "CUSTOMER_MANAGED_KMS_KEY" if customer_key else "AWS_OWNED_KMS_KEY",
            "CreationDate": seconds(row.created),
            "CreatorRequestId": row.creator_request_id,
            "NumberOfRecoveryPoints": count,
            "Locked": row.locked,
            "MinRetentionDays": row.min_retention_days,
            "MaxRetentionDays": row.max_retention_days,
            "LockDate": optional_seconds(row.lock_date),
        }
    )


def without_none(document: Params) -> Params:
    """`document` without its members that are None: the API leaves them out."""
    return {key: value for key, value in document.items() if value is not None}


def list_backup_vaults(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListBackupVaults by name. No restore-access vaults exist here, and none is shared."""
    query = select(vaults).where(vaults.c.account_id == scope.account_id, vaults.c.region == scope.region)
    if "ByVaultType" in params:
        query = query.where(vaults.c.vault_type == params["ByVaultType"])
    if params.get("ByShared"):
        return Page("BackupVaultList", [])
    with service.database.read() as connection:
        rows, token = fetch(connection, query, [vaults.c.name], params)
        return Page("BackupVaultList", [orjson.dumps(_vault_item(connection, row)) for row in rows], token)


def delete_backup_vault(service: BackupService, scope: AccountRegion, params: Params) -> None:
    """DeleteBackupVault, refused while it holds recovery points, locked or not (aws-backup.md 4.7)."""
    with service.database.write() as connection:
        row = find_vault(connection, scope, params["BackupVaultName"])
        if _vault_item(connection, row)["NumberOfRecoveryPoints"]:
            raise refused("Backup vault cannot be deleted because it contains recovery points.")
        connection.execute(delete(vault_notifications).filter_by(vault_arn=row.arn))
        connection.execute(delete(vaults).where(vaults.c.arn == row.arn))
        service.database.seal_vault(connection, row.arn)
