"""The seam between the engine and a service that is backed up."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

from auditor.model.organization import Resource

#: `clients(service, account_id, region)`: a boto3-compatible client, e.g. clients("ec2", "111122223333",
#: "eu-west-1").
Clients = Callable[[str, str, str], Any]

#: An account id and a Region.
Place = tuple[str, str]


class DriverError(Exception):
    """A service refused or failed. The message becomes the job's StatusMessage.

    `category` is AWS's MessageCategory for the job (aws-backup.md 1.4). `transient` says that the service did
    nothing and may be asked again later.
    """

    def __init__(self, message: str, category: str = "FATAL_ERROR", *, transient: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.category = category
        self.transient = transient


@dataclass(frozen=True, slots=True)
class NativeBackup:
    """What a service made. `arn` is the recovery point's ARN (aws-backup.md 4.11).

    `kms_key_arn` is the key that really encrypts it, None when there is none or when AWS owns the key. A
    `category` other than SUCCESS is a job that completed with issues (aws-backup.md 1.4), explained by
    `message`. `transferred_bytes` is what was really moved, None where the service does not tell.
    """

    arn: str
    size_bytes: int
    encrypted: bool
    kms_key_arn: str | None = None
    message: str = ""
    category: str = "SUCCESS"
    transferred_bytes: int | None = None


class Driver(Protocol):
    """One resource type. Drivers keep no state that another process would need.

    `fully_managed` types are stored by the executor itself under the vault's key and have recovery-point ARNs
    of AWS Backup; the others are native backups of the service under the source's key (aws-backup.md 1.1
    row 11). A type may have one driver of either kind: the Region's ResourceTypeManagementPreference decides
    (aws-backup.md 1.1 row 21).
    """

    resource_type: str
    fully_managed: bool
    can_copy: bool

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """Every resource of this type, with its tags."""

    def back_up(
        self, resource: Resource, *, vault_key_arn: str | None, token: str, tags: Mapping[str, str]
    ) -> NativeBackup:
        """Make a backup. `token` is unique to the job and safe in names; raises `DriverError`."""

    def copy(
        self,
        backup: NativeBackup,
        *,
        source: Place,
        destination: Place,
        key: str | None,
        token: str,
        tags: Mapping[str, str],
    ) -> NativeBackup:
        """Copy `backup` to another place under the destination vault's `key`; raises `DriverError`."""

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """Delete the backup `arn`; one that is gone already is a success. Raises `DriverError`."""

    def find(self, token: str, account_id: str, region: str) -> NativeBackup | None:
        """What `back_up` or `copy` made here under `token`, as they gave it; None where it is not whole.

        What the service is still making counts, what it failed to make does not. The engine asks when it does
        not know whether a call was made: it was killed, or the connection broke. Raises `DriverError`.
        """

    def settled(self, arn: str, account_id: str, region: str) -> bool:
        """Whether the backup `arn` is complete. Raises `DriverError` when its making failed or it is gone.

        A transient error says neither: ask again.
        """

    def undo(self, token: str, account_id: str, region: str) -> None:
        """Delete whatever was made here under `token`, whole or in part. Raises `DriverError`."""


@runtime_checkable
class Restorer(Protocol):
    """A driver that restores too. Restores make new resources and leave the source alone.

    `required_metadata` are the restore metadata without which no restore can be (API StartRestoreJob);
    `can_copy_tags` says whether CopySourceTagsToRestoredResource is supported (aws-backup.md 1.1 row 23).
    """

    required_metadata: tuple[str, ...]
    can_copy_tags: bool

    def restore_metadata(self, arn: str, account_id: str, region: str) -> dict[str, str]:
        """The configuration that the backup `arn` was made of; raises `DriverError`."""

    def restore(
        self, arn: str, *, place: Place, metadata: Mapping[str, str], token: str, tags: Mapping[str, str]
    ) -> str:
        """Restore the backup `arn` as `metadata` says; gives the new ARN. Raises `DriverError`.

        Asked again under the same `token` it gives what the first call made, and makes nothing more. What
        somebody else made under the name that the metadata ask for is an error.
        """

    def infer(self, arn: str, place: Place, token: str) -> dict[str, str]:
        """The least metadata for a restore of `arn` under a new name, which follows from `token`."""

    def discard(self, arn: str, account_id: str, region: str) -> None:
        """Delete what `restore` made; it is a success where that is gone already. Raises `DriverError`."""


#: What a listed backup may be, of AWS Backup's words for recovery points (aws-backup.md 4.4): PARTIAL is what
#: is there and not whole, and will not become so.
ListedStatus = Literal["COMPLETED", "CREATING", "DELETING", "PARTIAL"]


@dataclass(frozen=True, slots=True)
class ListedBackup:
    """A native backup that an account has in a Region, whoever made it.

    `native` has the ARN that `Driver.find` gives; its key is None where it takes a call of its own to know
    it. `resource_arn` is what it was made of, None where the service does not tell, as of copies from another
    place; `resource_name` is "" where it does not tell. `created` is UTC, None where the service has only
    just begun. `token` is the id of the executor's job that made it, of whatever database; None where
    somebody else made it. `message` says why a backup is PARTIAL.
    """

    native: NativeBackup
    resource_arn: str | None
    created: datetime | None
    status: ListedStatus
    message: str = ""
    resource_name: str = ""
    token: str | None = None


@runtime_checkable
class Optioned(Protocol):
    """A driver whose type has backup options (API BackupOptions)."""

    def with_options(self, options: Mapping[str, str]) -> Driver:
        """The driver of backups with these options."""


@runtime_checkable
class Delivering(Protocol):
    """A driver whose service keeps files."""

    def deliver(self, body: bytes, *, place: Place, bucket: str, key: str) -> None:
        """Put a file into a bucket of the account; raises `DriverError`."""


@runtime_checkable
class Duplicating(Protocol):
    """A driver whose service makes a second backup when it is asked again under one token."""

    def delete_duplicates(self, token: str, arn: str, account_id: str, region: str) -> None:
        """Delete what was made here under `token` besides `arn`. Raises `DriverError`."""


@runtime_checkable
class Present(Protocol):
    """A driver that can tell which of many backups are there, by lists and not by a call for each."""

    def present(self, arns: Collection[str], account_id: str, region: str) -> set[str]:
        """Those of the recovery points `arns` of the type whose backups are there. Raises `DriverError`."""


@runtime_checkable
class Archiver(Protocol):
    """A driver whose backups can lie in a colder storage tier."""

    def archive(self, arn: str, account_id: str, region: str) -> None:
        """Move the backup `arn` to the colder tier; one that is there is a success. Raises `DriverError`."""

    def is_readable(self, arn: str, account_id: str, region: str) -> bool:
        """Whether a backup in the colder tier can be restored now; where it cannot, that is asked for.

        Raises `DriverError`.
        """


@runtime_checkable
class NativeLocker(Protocol):
    """A driver whose service can keep everyone, the root user too, from deleting a backup."""

    def lock(
        self, until: Mapping[str, datetime | None], account_id: str, region: str
    ) -> Mapping[str, str | None]:
        """Lock backups (ARNs) until a time (UTC) that nobody can bring nearer, None: for as long as may be.

        What is locked for as long already stays as it is. Gives the ARNs of which the service refused it, and
        its words; None for those that later calls carry on. Raises `DriverError` where nothing is known.
        """


@runtime_checkable
class Lister(Protocol):
    """A driver of native backups that can tell every one there is."""

    def backups(
        self, account_id: str, region: str, resource_arn: str | None = None
    ) -> Iterator[ListedBackup]:
        """Every native backup of the type here, or those of one resource of this type and place.

        Made by anyone, in no order, each once. Raises `DriverError`, also while it is read.
        """


@dataclass(frozen=True, slots=True)
class Member:
    """A resource within a composite one, whose service calls it `name`, its type `kind` and itself `id`.

    `resource_type` is AWS Backup's word for it. `id` is its ARN, or what ends the ARN.
    """

    name: str
    kind: str
    resource_type: str
    id: str


@runtime_checkable
class Composite(Protocol):
    """A driver of resources that are made of others. `back_up` stores what is none of theirs."""

    def members(self, resource: Resource) -> list[Member]:
        """What of `resource` AWS Backup backs up; raises `DriverError`."""
