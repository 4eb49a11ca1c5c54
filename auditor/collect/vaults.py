"""Vaults with their locks and access policies, the recovery points in them, and the keys of both.

Recovery points are read vault by vault, 1,000 a page: the only listing whose calls do not grow with the
resources. They keep the order of the API within their vault; vaults are read by name.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

import pyarrow.compute as pc

from auditor.aws.failures import MALFORMED
from auditor.aws.items import SECONDS, arn, days, member, optional
from auditor.collect.backup_tags import TAG_ACTIONS, write_point_tags, write_tags
from auditor.collect.collector import Collector, Scope
from auditor.collect.columns import known_old, layout, names_image, table_of, without_never
from auditor.collect.keys import KEY_ACTIONS, KEY_TABLES, read_keys
from auditor.collect.tagged import TAGGED_ACTIONS
from auditor.collect.totals import vault_totals
from auditor.evidence.table_schemas import BACKUP_TAGS
from auditor.model.key_managers import OWNED_BY_AWS

_VAULTS: Final = ("backup_vaults",)
_POINTS: Final = ("recovery_points",)
_POLICIES: Final = ("vault_policies",)
#: Without these nothing can be made of a recovery point.
_NEEDED: Final = ("arn", "vault_arn", "resource_arn", "status", "created_at")

_POINT_COLUMNS: Final = {
    "arn": "RecoveryPointArn",
    "vault_arn": "BackupVaultArn",
    "resource_arn": "ResourceArn",
    "resource_type": "ResourceType",
    "status": "Status",
    "created_at": "CreationDate",
    "completed_at": "CompletionDate",
    "delete_after_days": "Lifecycle.DeleteAfterDays",
    "delete_after_event": "Lifecycle.DeleteAfterEvent",
    "delete_at": "CalculatedLifecycle.DeleteAt",
    "move_to_cold_at": "CalculatedLifecycle.MoveToColdStorageAt",
    "encrypted": "IsEncrypted",
    "encryption_key_arn": "EncryptionKeyArn",
    "encryption_key_type": "EncryptionKeyType",
    "source_vault_arn": "SourceBackupVaultArn",
    "plan_id": "CreatedBy.BackupPlanId",
    "rule_id": "CreatedBy.BackupRuleId",
    "size_bytes": "BackupSizeInBytes",
    "is_parent": "IsParent",
    "parent_arn": "ParentRecoveryPointArn",
    "scanned_at": "AggregatedScanResult.LastComputed",
    "scan_failed": "AggregatedScanResult.FailedScan",
    "scan_findings": "AggregatedScanResult.Findings",
}


def _read(scope: Scope) -> None:
    pages = scope.pages(
        "backup",
        "ListBackupVaults",
        "BackupVaultList",
        provides=_VAULTS + _POINTS + KEY_TABLES + _POLICIES,
        MaxResults=1000,
    )
    counts: dict[str, Any] = {}
    vaults = sorted((row for rows in pages.made(partial(_row, counts)) for row in rows), key=_name)
    scope.totals.extend(vault_totals(vaults, counts))
    scope.write("backup_vaults", table_of("backup_vaults", vaults))
    write_tags(scope, [vault["arn"] for vault in vaults])
    write_point_tags(scope)
    if "vault_policies" in scope.tables:
        _read_policies(scope, vaults)
    if not {*_POINTS, *KEY_TABLES}.intersection(scope.tables):
        return
    keys: set[str] = {
        vault["encryption_key_arn"]
        for vault in vaults
        if vault["encryption_key_arn"] and vault["encryption_key_type"] != OWNED_BY_AWS
    }
    for vault in vaults:
        keys |= _read_points(scope, _name(vault))
    if "keys" in scope.tables:
        read_keys(scope, sorted(keys))


def _name(vault: Mapping[str, Any]) -> str:
    return str(vault["name"])


def _row(counts: dict[str, Any], vault: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Make the row of a vault; `counts` takes what AWS says of its recovery points."""
    row = {
        "arn": arn(vault, "BackupVaultArn"),
        "name": member(vault, "BackupVaultName"),
        "vault_type": optional(vault, "VaultType"),
        "created_at": optional(vault, "CreationDate", SECONDS),
        "encryption_key_arn": optional(vault, "EncryptionKeyArn"),
        "encryption_key_type": optional(vault, "EncryptionKeyType"),
        "locked": optional(vault, "Locked", bool),
        "min_retention_days": days(vault, "MinRetentionDays"),
        "max_retention_days": days(vault, "MaxRetentionDays"),
        "lock_date": optional(vault, "LockDate", SECONDS),
    }
    counts[row["name"]] = vault.get("NumberOfRecoveryPoints")
    yield row


def _read_policies(scope: Scope, vaults: Iterable[Mapping[str, Any]]) -> None:
    """Ask for the access policy of each vault: a vault without one has a row of its own, one unread has none.

    AWS Backup answers ResourceNotFoundException where there is no policy (aws-backup.md 1.1 row 12).
    """
    operation, rows = "GetBackupVaultAccessPolicy", []
    absent = ("ResourceNotFoundException",)
    for vault in vaults:
        name = _name(vault)
        answer = scope.ask("backup", operation, provides=_POLICIES, absent=absent, BackupVaultName=name)
        if answer is None:
            continue
        try:
            document = member(answer, "Policy") if answer else None
        except MALFORMED as error:
            scope.not_understood("backup", operation, f"The policy of {vault['arn']}", error, _POLICIES)
        else:
            rows.append({"vault_arn": vault["arn"], "document": document})
    scope.write("vault_policies", table_of("vault_policies", rows))


def _read_points(scope: Scope, vault_name: str) -> set[str]:
    """Write the recovery points of a vault and give back the keys that they name."""
    keys: set[str | None] = set()
    pages = scope.pages(
        "backup",
        "ListRecoveryPointsByBackupVault",
        "RecoveryPoints",
        provides=_POINTS + KEY_TABLES,
        BackupVaultName=vault_name,
        MaxResults=1000,
    )
    for points in pages.rows("recovery_points", _POINT_COLUMNS, _NEEDED):
        scope.old.update(known_old(points, scope.old_until))
        if names_image(points["arn"]):
            scope.imaged.set()
        column = points.schema.get_field_index("delete_after_days")
        kept = without_never(points.column(column))
        scope.write("recovery_points", points.set_column(column, points.schema.field(column), kept))
        keys.update(pc.unique(points["encryption_key_arn"]).to_pylist())
    return {key for key in keys if key}


VAULTS: Final = Collector(
    name="vaults",
    provides=(*_VAULTS, *_POINTS, *KEY_TABLES, *_POLICIES, BACKUP_TAGS),
    actions=(
        *KEY_ACTIONS,
        *TAG_ACTIONS,
        *TAGGED_ACTIONS,
        "backup:GetBackupVaultAccessPolicy",
        "backup:ListBackupVaults",
        "backup:ListRecoveryPointsByBackupVault",
    ),
    read=_read,
    layouts={
        "ListRecoveryPointsByBackupVaultOutput": layout("RecoveryPoints", "recovery_points", _POINT_COLUMNS)
    },
)
