"""Backup and copy jobs: what they are while the engine carries them on, and their rows in the database.

States: aws-backup.md 4.4. Times are whole milliseconds since 1970, UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self

import orjson

from auditor.executor.database.sql_tables import backup_jobs, copy_jobs
from auditor.executor.engine.job_rows import (
    common_of,
    fields_of,
    lock_of,
    resource_key_of,
    row_of,
    vault_type_of,
)
from auditor.executor.engine.points import COMPOSITE_TYPES, is_composite
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import NativeBackup, Place
from auditor.executor.times import seconds
from auditor.model.arn import Arn

Document = dict[str, Any]

#: The ends of a job that leave no recovery point.
UNDONE: Final = frozenset({"FAILED", "EXPIRED", "ABORTED"})


@dataclass(slots=True)
class BackupJob:
    """One backup of one resource. `next_at` is when the engine looks at it again, None when it has ended.

    `begun` says that the service was asked for the backup and its answer is not known. `doubtful` says that
    this was so when a later run took the job up: the call may still be carried out. `continuous` asks for a
    continuous backup; `issue` is why there is a snapshot instead. `advanced` are the BackupOptions by
    resource type.

    `vault` is the one that the job found at its last look (`arrivals`). `air_gapped` is the ARN of the
    logically air-gapped vault that is the rule's primary target; the recovery point of a `temporary` job goes
    when its copy is there (`air_gap`). A copy of a temporary recovery point has the ARN too.

    The other fields are those of composite jobs. A nested job names its parent, the composite recovery point
    that its own will belong to, and what the stack calls its resource (`member`). A parent names the
    resources that it has to leave out, each with the category of the reason; the plan's selection says which
    are left out on purpose.
    """

    TABLE: ClassVar = backup_jobs

    id: str
    scope: AccountRegion
    created: int
    resource: Document
    vault_name: str
    iam_role_arn: str
    start_by: int
    completion_window: int
    next_at: int | None
    lifecycle: Document | None = None
    tags: dict[str, str] = field(default_factory=dict)
    point_tags: dict[str, str] = field(default_factory=dict)
    copies: list[Document] = field(default_factory=list)
    created_by: Document | None = None
    token: str | None = None
    state: str = "CREATED"
    message: str = ""
    category: str = ""
    started: int | None = None
    completed: int | None = None
    fully_managed: bool = False
    begun: bool = False
    doubtful: bool = False
    left_behind: str = ""
    native: NativeBackup | None = None
    continuous: bool = False
    issue: str = ""
    parent_job_id: str | None = None
    parent_point_arn: str | None = None
    member: str | None = None
    left_out: dict[str, str] = field(default_factory=dict)
    selection_id: str | None = None
    advanced: dict[str, dict[str, str]] = field(default_factory=dict)
    vault: Document | None = None
    air_gapped: str | None = None
    temporary: bool = False

    def row(self) -> Document:
        """The row of `backup_jobs`."""
        return row_of(self) | {"vault_name": self.vault_name, "document": orjson.dumps(self._document())}

    def _document(self) -> Document:
        """The job as ListBackupJobs lists it."""
        document = common_of(self) | {
            "BackupJobId": self.id,
            "BackupVaultName": self.vault_name,
            "BackupVaultArn": self.scope.arn(f"backup-vault:{self.vault_name}"),
            "VaultType": vault_type_of(self),
            "StartBy": seconds(self.start_by),
            "InitiationDate": seconds(self.created),
            "PercentDone": "100.0" if self.state == "COMPLETED" else "0.0",
        }
        if self.vault is not None:
            document["VaultLockState"] = lock_of(self.vault)
        if self.lifecycle:
            document["RecoveryPointLifecycle"] = self.lifecycle
        if self.options:
            document["BackupOptions"] = self.options
        if self.native is not None and not self.is_undone:
            document |= {
                "RecoveryPointArn": self.native.arn,
                "BackupSizeInBytes": self.native.size_bytes,
                "BytesTransferred": self._transferred(self.native),
                "IsEncrypted": self.native.encrypted,
            }
            if self.native.kms_key_arn is not None:
                document["EncryptionKeyArn"] = self.native.kms_key_arn
        return document

    @property
    def options(self) -> dict[str, str]:
        """BackupOptions of the resource's type."""
        return self.advanced.get(self.resource["type"], {})

    @staticmethod
    def _transferred(native: NativeBackup) -> int:
        """The bytes that were moved; where the service does not tell, the whole size."""
        return native.size_bytes if native.transferred_bytes is None else native.transferred_bytes

    @property
    def is_undone(self) -> bool:
        """Whether the job has ended without a recovery point."""
        return self.state in UNDONE

    @property
    def is_parent(self) -> bool:
        """Whether other jobs do its work."""
        return self.resource["type"] in COMPOSITE_TYPES and self.parent_job_id is None

    @property
    def resource_key(self) -> str:
        """The resource on which only one job may run at a time."""
        return resource_key_of(self)

    @property
    def place(self) -> Place:
        """Where the native backup lies."""
        return self.scope.account_id, self.scope.region

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Read a row back."""
        return cls(**fields_of(row))


@dataclass(slots=True)
class CopyJob:
    """One copy of a recovery point: a job of the source's account and Region. Fields as of a `BackupJob`."""

    TABLE: ClassVar = copy_jobs

    id: str
    scope: AccountRegion
    created: int
    resource: Document
    source_vault_arn: str
    destination_vault_arn: str
    iam_role_arn: str
    source: NativeBackup
    source_created: int
    fully_managed: bool
    next_at: int | None
    lifecycle: Document | None = None
    tags: dict[str, str] = field(default_factory=dict)
    created_by: Document | None = None
    backup_job_id: str | None = None
    token: str | None = None
    state: str = "CREATED"
    message: str = ""
    category: str = ""
    started: int | None = None
    completed: int | None = None
    begun: bool = False
    doubtful: bool = False
    left_behind: str = ""
    native: NativeBackup | None = None
    parent_job_id: str | None = None
    parent_point_arn: str | None = None
    member: str | None = None
    left_out: dict[str, str] = field(default_factory=dict)
    vault: Document | None = None
    air_gapped: str | None = None

    def row(self) -> Document:
        """The row of `copy_jobs`."""
        return row_of(self) | {
            "destination_vault_arn": self.destination_vault_arn,
            "source_recovery_point_arn": self.source.arn,
            "document": orjson.dumps(self._document()),
        }

    def _document(self) -> Document:
        """The job as ListCopyJobs lists it."""
        document = common_of(self) | {
            "CopyJobId": self.id,
            "SourceBackupVaultArn": self.source_vault_arn,
            "SourceRecoveryPointArn": self.source.arn,
            "DestinationBackupVaultArn": self.destination_vault_arn,
            "DestinationVaultType": vault_type_of(self),
        }
        optional: Document = {
            "CompositeMemberIdentifier": self.member,
            "CreatedByBackupJobId": self.backup_job_id,
            "DestinationRecoveryPointLifecycle": self.lifecycle,
            "DestinationVaultLockState": None if self.vault is None else lock_of(self.vault),
        }
        if self.native is not None and not self.is_undone:
            optional |= {
                "DestinationRecoveryPointArn": self.native.arn,
                "DestinationEncryptionKeyArn": self.native.kms_key_arn,
                "BackupSizeInBytes": self.native.size_bytes,
            }
        return document | {key: value for key, value in optional.items() if value is not None}

    @property
    def is_undone(self) -> bool:
        """Whether the job has ended without a recovery point."""
        return self.state in UNDONE

    @property
    def is_parent(self) -> bool:
        """Whether other jobs do its work."""
        return is_composite(self.source.arn)

    @property
    def resource_key(self) -> str:
        """The resource on which only one job may run at a time."""
        return resource_key_of(self)

    @property
    def destination(self) -> AccountRegion:
        """The account and Region of the destination vault."""
        arn = Arn.parse(self.destination_vault_arn)
        return AccountRegion(arn.account_id, arn.region, arn.partition)

    @property
    def place(self) -> Place:
        """Where the native copy lies."""
        return self.destination.account_id, self.destination.region

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Read a row back."""
        found = fields_of(row)
        return cls(**found | {"source": NativeBackup(**found["source"])})
