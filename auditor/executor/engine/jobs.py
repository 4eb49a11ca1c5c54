"""Backup and copy jobs: what they are while the engine carries them on, and their rows in the catalog.

States: aws-backup.md 4.4. Times are whole milliseconds since 1970, UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self

import orjson

from auditor.executor.catalog.tables import backup_jobs, copy_jobs
from auditor.executor.engine.points import COMPOSITE_TYPES, is_composite
from auditor.executor.scope import Scope
from auditor.executor.services.base import NativeBackup, Place
from auditor.executor.times import seconds
from auditor.model.arn import Arn

Document = dict[str, Any]

#: The ends of a job that leave no recovery point.
UNDONE: Final = frozenset({"FAILED", "EXPIRED", "ABORTED"})


@dataclass(slots=True)
class BackupJob:
    """One backup of one resource. `next_at` is when the engine looks at it again, None when it has ended.

    `begun` says that the service was asked for the backup and its answer is not known, `doubtful` that this
    was so when somebody went on with the job: the call may still be carried out. `continuous` asks for
    a continuous backup; `issue` is why there is a snapshot instead. `advanced` are the
    BackupOptions by resource type.

    The last fields are those of composite jobs. A nested job names its parent, the composite recovery point
    that its own will belong to, and what the stack calls its resource (`member`). A parent names the
    resources that it has to leave out, each with the category of the reason; the plan's selection says which
    are left out on purpose.
    """

    TABLE: ClassVar = backup_jobs

    id: str
    scope: Scope
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

    def row(self) -> Document:
        """The row of `backup_jobs`."""
        return _row(self) | {"vault_name": self.vault_name, "document": orjson.dumps(self._document())}

    def _document(self) -> Document:
        """The job as ListBackupJobs lists it."""
        document = _common(self) | {
            "BackupJobId": self.id,
            "BackupVaultName": self.vault_name,
            "BackupVaultArn": self.scope.arn(f"backup-vault:{self.vault_name}"),
            "VaultType": "BACKUP_VAULT",
            "StartBy": seconds(self.start_by),
            "InitiationDate": seconds(self.created),
            "PercentDone": "100.0" if self.state == "COMPLETED" else "0.0",
        }
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
        """Where the service does not tell, all of it."""
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
    def lane(self) -> str:
        """What one job at a time may run on."""
        return _lane(self)

    @property
    def place(self) -> Place:
        """Where the native backup lies."""
        return self.scope.account_id, self.scope.region

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Read a row back."""
        return cls(**_fields(row))


@dataclass(slots=True)
class CopyJob:
    """One copy of a recovery point: a job of the source's account and Region. Fields as of a `BackupJob`."""

    TABLE: ClassVar = copy_jobs

    id: str
    scope: Scope
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

    def row(self) -> Document:
        """The row of `copy_jobs`."""
        return _row(self) | {
            "destination_vault_arn": self.destination_vault_arn,
            "source_recovery_point_arn": self.source.arn,
            "document": orjson.dumps(self._document()),
        }

    def _document(self) -> Document:
        """The job as ListCopyJobs lists it."""
        document = _common(self) | {
            "CopyJobId": self.id,
            "SourceBackupVaultArn": self.source_vault_arn,
            "SourceRecoveryPointArn": self.source.arn,
            "DestinationBackupVaultArn": self.destination_vault_arn,
            "DestinationVaultType": "BACKUP_VAULT",
        }
        optional: Document = {
            "CompositeMemberIdentifier": self.member,
            "CreatedByBackupJobId": self.backup_job_id,
            "DestinationRecoveryPointLifecycle": self.lifecycle,
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
    def lane(self) -> str:
        """What one job at a time may run on."""
        return _lane(self)

    @property
    def destination(self) -> Scope:
        """The account and Region of the destination vault."""
        arn = Arn.parse(self.destination_vault_arn)
        return Scope(arn.account_id, arn.region, arn.partition)

    @property
    def place(self) -> Place:
        """Where the native copy lies."""
        return self.destination.account_id, self.destination.region

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Read a row back."""
        fields = _fields(row)
        return cls(**fields | {"source": NativeBackup(**fields["source"])})


def _lane(job: BackupJob | CopyJob) -> str:
    """The resource; a composite job leaves it to those below it."""
    arn: str = job.resource["arn"]
    return f"composite:{arn}" if job.is_parent else arn


def _common(job: BackupJob | CopyJob) -> Document:
    """The members that both kinds of job have."""
    document = {
        "AccountId": job.scope.account_id,
        "ResourceArn": job.resource["arn"],
        "ResourceType": job.resource["type"],
        "ResourceName": job.resource["name"],
        "IamRoleArn": job.iam_role_arn,
        "State": job.state,
        "CreationDate": seconds(job.created),
        "IsParent": job.is_parent,
    }
    optional = {
        "ParentJobId": job.parent_job_id,
        "CreatedBy": job.created_by,
        "CompletionDate": None if job.completed is None else seconds(job.completed),
        "StatusMessage": job.message + job.left_behind or None,
        "MessageCategory": job.category or None,
    }
    return document | {key: value for key, value in optional.items() if value is not None}


def _row(job: BackupJob | CopyJob) -> Document:
    """The columns that both tables have; `work` holds every field."""
    return {
        "id": job.id,
        "account_id": job.scope.account_id,
        "region": job.scope.region,
        "created": job.created,
        "completed": job.completed,
        "state": job.state,
        "message_category": job.category,
        "resource_arn": job.resource["arn"],
        "resource_type": job.resource["type"],
        "token": job.token,
        "next_at": job.next_at,
        "parent_job_id": job.parent_job_id,
        "work": orjson.dumps(job),
    }


def _fields(row: Mapping[str, Any]) -> Document:
    work: Document = orjson.loads(row["work"])
    native = work["native"]
    return work | {
        "scope": Scope(**work["scope"]),
        "native": None if native is None else NativeBackup(**native),
    }
