"""FSx file systems: FSx's own backups under the file system's key (aws-backup.md 1.1 row 11).

FSx copies backups to other Regions of the same account; AWS Backup alone copies them to other accounts. File
systems of NetApp ONTAP are backed up by their volumes, which are not looked for here.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

import orjson

from auditor.executor.drivers.listing import named, of_resource, status_of, token_of
from auditor.executor.drivers.native import NativeDriver
from auditor.executor.seam.calls import (
    GIBIBYTE,
    JOB_TAG,
    MAX_TAGS,
    call,
    check_settled,
    delete_once,
    found_once,
    marked,
    name_of,
    pages,
    tag_list,
    tag_map,
    whole,
)
from auditor.executor.seam.driver import Clients, DriverError, ListedBackup, NativeBackup, Place
from auditor.model.organization import Resource

_TYPES: Final = ("LUSTRE", "WINDOWS", "OPENZFS")
#: The configuration of a file system, by its type.
_CONFIGURATIONS: Final = {
    "LUSTRE": "LustreConfiguration",
    "WINDOWS": "WindowsConfiguration",
    "OPENZFS": "OpenZFSConfiguration",
}
_COMPLETE: Final = frozenset({"AVAILABLE"})
_MAKING: Final = frozenset({"CREATING", "PENDING", "TRANSFERRING", "COPYING"})
_DELETED: Final = frozenset({"DELETED"})
_NO_BACKUP: Final = frozenset({"BackupNotFound"})
_NO_FILE_SYSTEM: Final = frozenset({"FileSystemNotFound"})
_TEXTS: Final = ("StorageType", "KmsKeyId", "FileSystemTypeVersion", "NetworkType")
_DOCUMENTS: Final = ("SubnetIds", "SecurityGroupIds", *_CONFIGURATIONS.values())


class FsxDriver(NativeDriver):
    """Backs up file systems. A backup is known by a tag; FSx makes one for a token (ClientRequestToken)."""

    resource_type = "FSx"
    required_metadata = ("SubnetIds",)

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """List the file systems that have backups of their own."""
        client = self._clients("fsx", account_id, region)
        resources = []
        for found in pages(client, "describe_file_systems", "FileSystems"):
            if found["FileSystemType"] in _TYPES:
                tags, created = tag_map(found.get("Tags")), found.get("CreationTime")
                place = (account_id, region, self.resource_type, tags.get("Name", ""))
                resources.append(Resource(found["ResourceARN"], *place, created, tags))
        return resources

    def _back_up(self, resource: Resource, token: str, tags: Mapping[str, str], /) -> NativeBackup:
        """Have FSx make a backup (CreateBackup)."""
        client = self._clients("fsx", resource.account_id, resource.region)
        marks = _marks(tags, _mark(token, None))
        made = call(
            client,
            "create_backup",
            FileSystemId=name_of(resource.arn),
            ClientRequestToken=token,
            Tags=marks,
        )
        return _native(made["Backup"])

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
        """CopyBackup, under FSx's own key of the Region without a vault key."""
        if source[0] != destination[0]:
            message = f"{backup.arn} cannot be copied: FSx copies backups within an account only."
            raise DriverError(message, "RESOURCE_NOT_SUPPORTED")
        client, encryption = self._clients("fsx", *destination), {"KmsKeyId": key} if key else {}
        source_id = name_of(backup.arn)
        made = call(
            client,
            "copy_backup",
            SourceBackupId=source_id,
            SourceRegion=source[1],
            ClientRequestToken=token,
            Tags=_marks(tags, _mark(token, source_id)),
            **encryption,
        )
        return _native(made["Backup"])

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """Delete the backup (DeleteBackup)."""
        client = self._clients("fsx", account_id, region)
        delete_once(client, "delete_backup", _NO_BACKUP, BackupId=name_of(arn))

    def find(self, token: str, account_id: str, region: str) -> NativeBackup | None:
        """The backup that has the tag of `token`."""
        backup = self._made(token, account_id, region)
        return _native(backup) if backup and backup["Lifecycle"] in _COMPLETE | _MAKING else None

    def backups(
        self, account_id: str, region: str, resource_arn: str | None = None
    ) -> Iterator[ListedBackup]:
        """Backups that somebody asked for, automatic ones, and those of AWS Backup."""
        client = self._clients("fsx", account_id, region)
        filters = [] if resource_arn is None else named("file-system-id", [name_of(resource_arn)])
        told = found_once(client, "describe_backups", "Backups", _NO_FILE_SYSTEM, Filters=filters)
        found = (
            backup
            for backup in told
            if backup.get("FileSystem", {}).get("FileSystemType") in _TYPES
            and backup["Lifecycle"] not in _DELETED
        )
        listed = (_listed(client, (account_id, region), backup) for backup in found)
        return of_resource(listed, resource_arn)

    def settled(self, arn: str, account_id: str, region: str) -> bool:
        """Whether the backup's state is `AVAILABLE`."""
        client = self._clients("fsx", account_id, region)
        found = found_once(client, "describe_backups", "Backups", _NO_BACKUP, BackupIds=[name_of(arn)])
        backup = found[0] if found else {}
        state, reason = backup.get("Lifecycle"), backup.get("FailureDetails", {}).get("Message", "")
        return check_settled(arn, state, complete=_COMPLETE, making=_MAKING, reason=reason)

    def undo(self, token: str, account_id: str, region: str) -> None:
        """Delete the backup that has the tag of `token`."""
        backup = self._made(token, account_id, region)
        if backup:
            self.delete(backup["ResourceARN"], account_id, region)

    def restore_metadata(self, arn: str, account_id: str, region: str) -> dict[str, str]:
        """The file system as it was; lists are JSON."""
        client = self._clients("fsx", account_id, region)
        (backup,) = pages(client, "describe_backups", "Backups", BackupIds=[name_of(arn)])
        source = backup["FileSystem"]
        keys = ("FileSystemId", "FileSystemType", "StorageType", "StorageCapacity")
        found = {key: str(source[key]) for key in keys if source.get(key)}
        return found | {"SubnetIds": orjson.dumps(source.get("SubnetIds", [])).decode()}

    def restore(
        self, arn: str, *, place: Place, metadata: Mapping[str, str], token: str, tags: Mapping[str, str]
    ) -> str:
        """CreateFileSystemFromBackup, which makes one file system for `token` (ClientRequestToken)."""
        params: dict[str, Any] = {key: metadata[key] for key in _TEXTS if key in metadata}
        params |= {key: _document(metadata, key) for key in _DOCUMENTS if key in metadata}
        if "StorageCapacity" in metadata:
            params["StorageCapacity"] = whole(metadata, "StorageCapacity")
        if tags:
            params["Tags"] = tag_list(tags)
        client = self._clients("fsx", *place)
        answer = call(
            client,
            "create_file_system_from_backup",
            BackupId=name_of(arn),
            ClientRequestToken=token,
            **params,
        )
        return str(answer["FileSystem"]["ResourceARN"])

    def infer(self, arn: str, place: Place, token: str) -> dict[str, str]:
        """Give the subnets of the source."""
        del token
        return {"SubnetIds": self.restore_metadata(arn, *place)["SubnetIds"]}

    def discard(self, arn: str, account_id: str, region: str) -> None:
        """Delete the restored file system without a last backup (DeleteFileSystem)."""
        client, name = self._clients("fsx", account_id, region), {"FileSystemId": name_of(arn)}
        for found in found_once(
            client, "describe_file_systems", "FileSystems", _NO_FILE_SYSTEM, FileSystemIds=[name_of(arn)]
        ):
            configuration = {_CONFIGURATIONS[found["FileSystemType"]]: {"SkipFinalBackup": True}}
            delete_once(client, "delete_file_system", _NO_FILE_SYSTEM, **name, **configuration)

    def _made(self, token: str, account_id: str, region: str) -> dict[str, Any] | None:
        found = pages(self._clients("fsx", account_id, region), "describe_backups", "Backups")
        made = [backup for backup in found if _token(backup) == token]
        return min(made, key=lambda backup: backup["CreationTime"], default=None)


def _marks(tags: Mapping[str, str], mark: str) -> list[dict[str, str]]:
    """The backup's tags with the executor's own, without which it would not be found again."""
    if len(tags) >= MAX_TAGS:
        message = f"The backup would have more than {MAX_TAGS} tags: one is the executor's own."
        raise DriverError(message, "LIMIT_EXCEEDED")
    return tag_list(marked(tags, mark))


def _mark(token: str, source_id: str | None) -> str:
    """The tag of what is made under `token`; that of a copy names its source.

    Whoever copies either with its tags has another source: that copy is nobody's here.
    """
    return token if source_id is None else f"{token} of {source_id}"


def _token(backup: Mapping[str, Any]) -> str | None:
    """The job that made a backup."""
    form = partial(_mark, source_id=backup.get("SourceBackupId"))
    return token_of(tag_map(backup.get("Tags")).get(JOB_TAG, ""), form)


def _listed(client: Any, place: Place, backup: Mapping[str, Any]) -> ListedBackup:
    """The backup; a copy from another Region is of no file system of this one."""
    system = f"file-system/{backup['FileSystem']['FileSystemId']}"
    arn = f"arn:{client.meta.partition}:fsx:{place[1]}:{place[0]}:{system}"
    status, message = status_of(backup["Lifecycle"], complete=_COMPLETE, making=_MAKING)
    return ListedBackup(
        _native(backup),
        arn if backup.get("SourceBackupRegion") in {None, place[1]} else None,
        backup["CreationTime"],
        status,
        backup.get("FailureDetails", {}).get("Message") or message,
        token=_token(backup),
    )


def _document(metadata: Mapping[str, str], key: str) -> Any:
    try:
        return orjson.loads(metadata[key])
    except orjson.JSONDecodeError:
        raise DriverError(f"Restore metadata {key} must be JSON.", "INVALID_STATE") from None


def _native(backup: Mapping[str, Any]) -> NativeBackup:
    """FSx encrypts every file system."""
    capacity = int(backup.get("FileSystem", {}).get("StorageCapacity") or 0) * GIBIBYTE
    size = int(backup.get("SizeInBytes") or capacity)
    return NativeBackup(backup["ResourceARN"], size, encrypted=True, kms_key_arn=backup.get("KmsKeyId"))
