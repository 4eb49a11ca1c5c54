"""Lists of things that nothing here can make: they are empty, so that inventories run."""

from auditor.executor.api.errors import not_found
from auditor.executor.api.protocol import Page
from auditor.executor.operations.paging import fetch_sorted
from auditor.executor.operations.vaults import Params, find_vault
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService


def _nothing(member: str, params: Params) -> Page:
    """No rows; a token that no page has given is refused."""
    rows, token = fetch_sorted([], params)
    return Page(member, [row for _, row in rows], token)


def list_backup_access_points(_service: BackupService, _scope: AccountRegion, params: Params) -> Page:
    """ListBackupAccessPoints: there are none."""
    return _nothing("BackupAccessPoints", params)


def list_backup_access_points_by_recovery_point(
    _service: BackupService, _scope: AccountRegion, params: Params
) -> Page:
    """ListBackupAccessPointsByRecoveryPoint: there are none."""
    return _nothing("BackupAccessPoints", params)


def list_backup_access_points_by_resource(
    _service: BackupService, _scope: AccountRegion, params: Params
) -> Page:
    """ListBackupAccessPointsByResource: there are none."""
    return _nothing("BackupAccessPoints", params)


def list_indexed_recovery_points(_service: BackupService, _scope: AccountRegion, params: Params) -> Page:
    """ListIndexedRecoveryPoints: there are none."""
    return _nothing("IndexedRecoveryPoints", params)


def list_restore_access_backup_vaults(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListRestoreAccessBackupVaults: there are none of a vault that is there."""
    with service.database.read() as connection:
        find_vault(connection, scope, params["BackupVaultName"])
    return _nothing("RestoreAccessBackupVaults", params)


def list_tiering_configurations(_service: BackupService, _scope: AccountRegion, params: Params) -> Page:
    """ListTieringConfigurations: there are none."""
    return _nothing("TieringConfigurations", params)


def describe_backup_access_point(_service: BackupService, _scope: AccountRegion, params: Params) -> None:
    """DescribeBackupAccessPoint: there are none."""
    raise not_found(f"Backup access point {params['AccessPointArn']} does not exist.")


def get_tiering_configuration(_service: BackupService, _scope: AccountRegion, params: Params) -> None:
    """GetTieringConfiguration: there are none."""
    raise not_found(f"Tiering configuration {params['TieringConfigurationName']} does not exist.")
