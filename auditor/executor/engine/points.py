"""Recovery points: their rows and calculated dates (aws-backup.md 4.3)."""

from typing import Any, Final
from zlib import crc32

import orjson

from auditor.executor.database.sql_tables import STANDARD
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import NativeBackup
from auditor.executor.times import DAY_MS, seconds
from auditor.model.plans import NEVER, Lifecycle
from auditor.model.resource_types import TYPES

Document = dict[str, Any]

#: Types whose own backups can move to cold storage. Of types that are fully managed these are recovery points
#: of AWS Backup; for all others it ignores that part of a lifecycle.
COLD_TYPES: Final = frozenset(row.name for row in TYPES.values() if row.cold and row.management == "never")

#: What begins the message of a transition to cold storage that does not happen.
_IGNORED: Final = "MoveToColdStorageAfterDays was ignored"

#: Types whose backup is a composite recovery point with others nested in it (aws-backup.md 4.13).
COMPOSITE_TYPES: Final = frozenset({"CloudFormation"})

#: The states of continuous recovery points before their end (aws-backup.md 4.4).
CONTINUOUS: Final = ("AVAILABLE", "STOPPED")

#: AWS Backup deletes at a random moment within 8 hours after expiry; here it is the same moment in every run.
EXPIRY_SPREAD_MS: Final = 8 * 60 * 60_000


def recovery_point_row(
    scope: AccountRegion,
    native: NativeBackup,
    *,
    vault: Document,
    resource: Document,
    created: int,
    initiated: int,
    completed: int,
    lifecycle: Document | None,
    iam_role_arn: str,
    created_by: Document | None,
    tags: dict[str, str],
    fully_managed: bool,
    source_vault_arn: str | None = None,
    status: str = "COMPLETED",
    parent_arn: str | None = None,
    member: str | None = None,
) -> Document:
    """The database's row of a new recovery point.

    `vault` has name, arn, encryption_key_arn and, unless standard, vault_type; `resource` has arn, type and
    name. Times are epoch ms. `parent_arn` is the composite that it is nested in, under the name `member`.
    """
    document = _document(native, vault, resource) | {
        "IamRoleArn": iam_role_arn,
        "Status": status,
        "CreationDate": seconds(created),
        "InitiationDate": seconds(initiated),
        "CompletionDate": seconds(completed),
    }
    optional = {
        "SourceBackupVaultArn": source_vault_arn,
        "CreatedBy": created_by,
        "EncryptionKeyArn": native.kms_key_arn,
        "StatusMessage": native.message or None,
        "ParentRecoveryPointArn": parent_arn,
        "CompositeMemberIdentifier": member,
    }
    document |= {key: value for key, value in optional.items() if value is not None}
    if fully_managed:
        document["EncryptionKeyType"] = _key_type(vault)
    row: Document = {
        "account_id": scope.account_id,
        "region": scope.region,
        "arn": native.arn,
        "vault_name": vault["name"],
        "resource_arn": resource["arn"],
        "resource_type": resource["type"],
        "plan_id": (created_by or {}).get("BackupPlanId"),
        "created": created,
        "status": status,
        "parent_arn": parent_arn,
        "tags": orjson.dumps(tags),
        "seal": None,
    }
    columns = with_lifecycle(document, row, lifecycle, fully_managed=fully_managed)
    if lifecycle and "MoveToColdStorageAfterDays" in lifecycle:
        columns = with_what_is_ignored(columns, resource["type"])
    return row | columns


def _document(native: NativeBackup, vault: Document, resource: Document) -> Document:
    """What every recovery point has, but its dates."""
    return {
        "RecoveryPointArn": native.arn,
        "BackupVaultName": vault["name"],
        "BackupVaultArn": vault["arn"],
        "ResourceArn": resource["arn"],
        "ResourceType": resource["type"],
        "ResourceName": resource["name"],
        "BackupSizeInBytes": native.size_bytes,
        "IsEncrypted": native.encrypted,
        "IsParent": is_composite(native.arn),
        "VaultType": vault.get("vault_type", STANDARD),
    }


def _key_type(vault: Document) -> str:
    return "AWS_OWNED_KMS_KEY" if vault["encryption_key_arn"] is None else "CUSTOMER_MANAGED_KMS_KEY"


def with_lifecycle(
    document: Document, row: Document, lifecycle: Document | None, *, fully_managed: bool
) -> Document:
    """The columns that follow from a lifecycle: `document`, `cold_at`, `expire_at`.

    `row` has arn, resource_type and created.
    """
    days, created = Lifecycle.from_document(lifecycle), int(row["created"])
    cold = (
        days.move_to_cold_after_days
        if _has_cold_storage(row["resource_type"], lifecycle, fully_managed=fully_managed)
        else None
    )
    document = {k: v for k, v in document.items() if k not in {"Lifecycle", "CalculatedLifecycle"}}
    if lifecycle:
        document["Lifecycle"] = lifecycle
    cold_at = None if cold is None else created + cold * DAY_MS
    delete_at = None if days.delete_after_days is None else created + days.delete_after_days * DAY_MS
    dates = {"MoveToColdStorageAt": cold_at, "DeleteAt": delete_at}
    calculated = {key: seconds(ms) for key, ms in dates.items() if ms is not None}
    if calculated:
        document["CalculatedLifecycle"] = calculated
    spread = crc32(row["arn"].encode()) % EXPIRY_SPREAD_MS
    return {
        "document": orjson.dumps(document),
        "cold_at": cold_at,
        "expire_at": None if delete_at is None else delete_at + spread,
    }


def copied_lifecycle(own: Document | None, source: Document | None) -> Document | None:
    """The lifecycle of a copy: its own, or that of its source.

    One that names no deletion, or only says that it has none of its own (DeleteAfterDays -1), ends with its
    source (aws-backup.md 4.3). -1 for MoveToColdStorageAfterDays and DeleteAfterDays takes both away (API
    CopyAction).
    """
    source = {name: days for name, days in (source or {}).items() if name != "DeleteAfterEvent"}
    if not own:
        return source or None
    if _days(own, "DeleteAfterDays") == _days(own, "MoveToColdStorageAfterDays") == NEVER:
        return dict(own)
    kept = {name: days for name, days in own.items() if (name, days) != ("DeleteAfterDays", NEVER)}
    inherited = {name: days for name, days in source.items() if name == "DeleteAfterDays"}
    return {**inherited, **kept} or dict(own)


def _days(lifecycle: Document, name: str) -> int | None:
    days: int | None = lifecycle.get(name)
    return days


def with_what_is_ignored(columns: Document, resource_type: str) -> Document:
    """The columns of `with_lifecycle` where a transition that the type does not have is said to be ignored.

    AWS Backup ignores it without a word (API Lifecycle).
    """
    document = orjson.loads(columns["document"])
    asked = document.get("Lifecycle", {}).get("MoveToColdStorageAfterDays")
    said = document.pop("StatusMessage", "").partition(_IGNORED)[0].rstrip()
    if asked not in {None, -1} and columns["cold_at"] is None:
        hint = (
            "OptInToArchiveForSupportedResources is not set"
            if resource_type in COLD_TYPES
            else "no such tier"
        )
        said = f"{said} {_IGNORED} of {resource_type}: {hint}.".lstrip()
    if said:
        document["StatusMessage"] = said
    return columns | {"document": orjson.dumps(document)}


def _has_cold_storage(resource_type: str, lifecycle: Document | None, *, fully_managed: bool) -> bool:
    """EBS needs the opt-in to its archive, DynamoDB full management (aws-backup.md 1.2).

    Of a stack nothing could be moved: what is nested in its composite has a lifecycle of its own.
    """
    if resource_type in COLD_TYPES:
        return bool((lifecycle or {}).get("OptInToArchiveForSupportedResources"))
    if resource_type in COMPOSITE_TYPES or resource_type not in TYPES:
        return False
    return fully_managed and bool(TYPES[resource_type].cold)


def is_composite(recovery_point_arn: str) -> bool:
    """Whether the recovery point is a group of others and no backup itself."""
    return ":recovery-point:composite:" in recovery_point_arn
