"""Vault locks: governance without, compliance with ChangeableForDays (aws-backup.md 4.7)."""

from typing import Any, Final

from sqlalchemy import Connection, Row, update

from auditor.executor.api.errors import invalid, refused
from auditor.executor.database.sql_tables import vaults
from auditor.executor.operations.vaults import Params, find_vault
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.times import DAY_MS

MAX_DAYS: Final = 36_500
MIN_GRACE_DAYS: Final = 3


def put_backup_vault_lock_configuration(service: BackupService, scope: AccountRegion, params: Params) -> None:
    """PutBackupVaultLockConfiguration; refused for everyone on and after the lock date."""
    low, high = params.get("MinRetentionDays"), params.get("MaxRetentionDays")
    grace = params.get("ChangeableForDays")
    _check(low, high, grace)
    now = service.now_ms()
    with service.database.write() as connection:
        row = find_vault(connection, scope, params["BackupVaultName"])
        _refuse_edited(service, connection, row)
        _refuse_immutable(row, now)
        connection.execute(
            update(vaults)
            .where(vaults.c.arn == row.arn)
            .values(
                locked=True,
                min_retention_days=low,
                max_retention_days=high,
                lock_date=None if grace is None else now + grace * DAY_MS,
            )
        )
        service.database.seal_vault(connection, row.arn)


def _check(low: int | None, high: int | None, grace: int | None) -> None:
    if low is not None and not 1 <= low <= MAX_DAYS:
        raise invalid(f"MinRetentionDays must be between 1 and {MAX_DAYS}.")
    if high is not None and not 1 <= high <= MAX_DAYS:
        raise invalid(f"MaxRetentionDays must be between 1 and {MAX_DAYS}.")
    if low is not None and high is not None and low > high:
        raise invalid("MinRetentionDays must not be greater than MaxRetentionDays.")
    if grace is not None and not MIN_GRACE_DAYS <= grace <= MAX_DAYS:
        raise invalid(f"ChangeableForDays must be between {MIN_GRACE_DAYS} and {MAX_DAYS}.")


def delete_backup_vault_lock_configuration(
    service: BackupService, scope: AccountRegion, params: Params
) -> None:
    """DeleteBackupVaultLockConfiguration; refused for everyone on and after the lock date."""
    with service.database.write() as connection:
        row = find_vault(connection, scope, params["BackupVaultName"])
        _refuse_edited(service, connection, row)
        _refuse_immutable(row, service.now_ms())
        connection.execute(
            update(vaults)
            .where(vaults.c.arn == row.arn)
            .values(locked=False, min_retention_days=None, max_retention_days=None, lock_date=None)
        )
        service.database.seal_vault(connection, row.arn)


def _refuse_edited(service: BackupService, connection: Connection, row: Row[Any]) -> None:
    """Refuse to change a lock that somebody has edited in the database."""
    seals = service.database.seals
    if seals is not None and not seals.fits(connection, row):
        raise refused(f"The lock of backup vault {row.name} was edited in the database.")


def _refuse_immutable(row: Row[Any], now_ms: int) -> None:
    if row.lock_date is not None and row.lock_date <= now_ms:
        raise refused(f"Backup vault {row.name} is locked: its lock can be neither changed nor deleted.")
