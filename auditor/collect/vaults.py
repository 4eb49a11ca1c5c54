"""Vaults with their locks and access policies, the recovery points in them, and the keys that these name.

Recovery points are read vault by vault, 1,000 a page: the only listing whose calls do not grow with the
resources. They keep the order of the API within their vault; vaults are read by name. The listing does not
tell the storage class: null.
"""

from collections.abc import Iterable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from auditor.collect.collector import Collector, Scope
from auditor.collect.columns import table_of

_VAULTS: Final = ("backup_vaults",)
_POINTS: Final = ("recovery_points",)
_KEYS: Final = ("keys",)

#: AWS Backup's "never expires" where the API writes it (aws-backup.md 4.3).
_NEVER: Final = -1

_VAULT_COLUMNS: Final = {
    "arn": "BackupVaultArn",
    "name": "BackupVaultName",
    "vault_type": "VaultType",
    "created_at": "CreationDate",
    "encryption_key_arn": "EncryptionKeyArn",
    "locked": "Locked",
    "min_retention_days": "MinRetentionDays",
    "max_retention_days": "MaxRetentionDays",
    "lock_date": "LockDate",
    "access_policy": "Policy",
}
_POINT_COLUMNS: Final = {
    "arn": "RecoveryPointArn",
    "vault_arn": "BackupVaultArn",
    "resource_arn": "ResourceArn",
    "resource_type": "ResourceType",
    "status": "Status",
    "created_at": "CreationDate",
    "completed_at": "CompletionDate",
    "delete_after_days": "Lifecycle.DeleteAfterDays",
    "delete_at": "CalculatedLifecycle.DeleteAt",
    "move_to_cold_at": "CalculatedLifecycle.MoveToColdStorageAt",
    "storage_class": "StorageClass",
    "encrypted": "IsEncrypted",
    "encryption_key_arn": "EncryptionKeyArn",
    "encryption_key_type": "EncryptionKeyType",
    "source_vault_arn": "SourceBackupVaultArn",
    "plan_id": "CreatedBy.BackupPlanId",
    "rule_id": "CreatedBy.BackupRuleId",
    "size_bytes": "BackupSizeInBytes",
    "is_parent": "IsParent",
    "parent_arn": "ParentRecoveryPointArn",
}


def _read(scope: Scope) -> None:
    pages = scope.pages(
        "backup", "ListBackupVaults", "BackupVaultList", provides=_VAULTS + _POINTS + _KEYS, MaxResults=1000
    )
    vaults = sorted(pages.items(), key=_name)
    for vault in vaults:
        answer = scope.ask(
            "backup",
            "GetBackupVaultAccessPolicy",
            provides=_VAULTS,
            absent=("ResourceNotFoundException",),
            BackupVaultName=_name(vault),
        )
        vault["Policy"] = (answer or {}).get("Policy")
    rows = scope.write("backup_vaults", vaults, _VAULT_COLUMNS)
    keys = _named(rows)
    for vault in vaults:
        keys |= _read_points(scope, _name(vault))
    _read_keys(scope, sorted(keys))


def _name(vault: dict[str, str]) -> str:
    return vault["BackupVaultName"]


def _read_points(scope: Scope, vault_name: str) -> set[str]:
    """Write the recovery points of a vault and give back the keys that they name."""
    keys: set[str] = set()
    pages = scope.pages(
        "backup",
        "ListRecoveryPointsByBackupVault",
        "RecoveryPoints",
        provides=_POINTS + _KEYS,
        BackupVaultName=vault_name,
        MaxResults=1000,
    )
    for page in pages:
        points = table_of("recovery_points", page, _POINT_COLUMNS)
        column = points.schema.get_field_index("delete_after_days")
        days = points.column(column)
        kept = pc.if_else(pc.equal(days, _NEVER), pa.scalar(None, pa.int64()), days)
        points = points.set_column(column, points.schema.field(column), kept)
        scope.writer.write("recovery_points", points, scope.account_id, scope.region)
        keys |= _named(points)
    return keys


def _named(rows: pa.Table) -> set[str]:
    return {key for key in pc.unique(rows["encryption_key_arn"]).to_pylist() if key}


def _read_keys(scope: Scope, keys: Iterable[str]) -> None:
    """Ask KMS once for each key. One that KMS does not know (any more) has no manager: null."""
    rows = []
    for key in keys:
        answer = scope.ask("kms", "DescribeKey", provides=_KEYS, absent=("NotFoundException",), KeyId=key)
        if answer is not None:
            rows.append({"Arn": key, "KeyManager": answer.get("KeyMetadata", {}).get("KeyManager")})
    scope.write("keys", rows, {"arn": "Arn", "key_manager": "KeyManager"})


VAULTS: Final = Collector(
    name="vaults",
    provides=_VAULTS + _POINTS + _KEYS,
    actions=(
        "backup:GetBackupVaultAccessPolicy",
        "backup:ListBackupVaults",
        "backup:ListRecoveryPointsByBackupVault",
        "kms:DescribeKey",
    ),
    read=_read,
)
