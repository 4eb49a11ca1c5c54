"""File systems of FSx, and the volumes of those of NetApp ONTAP, which are backed up one by one.

FSx backs up Lustre, Windows and OpenZFS by the file system and ONTAP by the volume. It makes no backup of a
Lustre file system for scratch, nor of one that is linked to a data repository, nor of volumes that mirror
others or are the root of a storage virtual machine (aws-backup.md 1.2). What cannot be backed up is left
out. The data repository associations of Lustre file systems are listed once, page by page, where there is
one that may have some. Where that list is not whole, what may have some is left out: there is a gap then.

Volumes are asked for by file system, and only of ONTAP. DescribeVolumes does not answer their tags, though
its model has them: the Resource Groups Tagging API tells those.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from auditor.aws.items import arn, member, name_tag, optional, tags
from auditor.collect.collector import Scope
from auditor.collect.native import own_backups
from auditor.model.resource_types.row import OwnBackups

#: What the configuration of a file system says of its automatic backups.
_OWN: Final = OwnBackups("AutomaticBackupRetentionDays", window="DailyAutomaticBackupStartTime")
#: The configurations, by the type of the file system.
_ABOUT: Final = {
    "WINDOWS": "WindowsConfiguration",
    "OPENZFS": "OpenZFSConfiguration",
    "LUSTRE": "LustreConfiguration",
    "ONTAP": "OntapConfiguration",
}
#: What is backed up by the file system.
_WHOLE: Final = ("WINDOWS", "OPENZFS")


def rows(scope: Scope, item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give a file system that can be backed up and is not being deleted; of ONTAP its volumes."""
    kind = member(item, "FileSystemType")
    if item.get("Lifecycle") == "DELETING":
        return
    if kind == "ONTAP":
        chosen = [{"Name": "file-system-id", "Values": [member(item, "FileSystemId")]}]
        volumes = scope.pages(
            "fsx", "DescribeVolumes", "Volumes", provides=("resources",), Filters=chosen, MaxResults=100
        )
        for found in volumes.made(_volume):
            for row in found:
                yield _backed_up(scope, item, row)
    elif kind == "LUSTRE":
        about = member(item, "LustreConfiguration", dict)
        if "SCRATCH" in member(about, "DeploymentType") or about.get("DataRepositoryConfiguration"):
            return
        linked = scope.associations.answer(partial(_linked, scope))
        if linked is not None and member(item, "FileSystemId") not in linked:
            yield _backed_up(scope, item, _row(item))
    elif kind in _WHOLE:
        yield _backed_up(scope, item, _row(item))
    else:
        raise ValueError(f"its FileSystemType {kind} is not known")


def _linked(scope: Scope) -> Mapping[str, Any] | None:
    """The ids of the Lustre file systems with a data repository association; None: not all are known."""
    listed = scope.pages(
        "fsx", "DescribeDataRepositoryAssociations", "Associations", provides=("resources",), MaxResults=25
    )
    found = {name: None for names in listed.made(_associated) for name in names}
    return found if listed.complete else None


def _associated(item: Mapping[str, Any]) -> Iterator[str]:
    """The file system of an association; one that failed for good links nothing, some are of file caches."""
    if optional(item, "FileCacheId") is None and member(item, "Lifecycle") != "FAILED":
        yield member(item, "FileSystemId")


def _volume(item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    about = member(item, "OntapConfiguration", dict)
    mirrors = about.get("OntapVolumeType", "RW") != "RW"
    if not (mirrors or about.get("StorageVirtualMachineRoot") or item.get("Lifecycle") == "DELETING"):
        yield _row(item)


def _backed_up(scope: Scope, file_system: Mapping[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """The row with its file system's type and the backups that FSx makes: of ONTAP those of all volumes."""
    kind = file_system["FileSystemType"]
    about = file_system.get(_ABOUT[kind]) or {}
    own = own_backups(scope, row["arn"], about, _OWN, ("fsx", "DescribeFileSystems"))
    return {**row, "file_system_type": kind, **own}


def _row(item: Mapping[str, Any]) -> dict[str, Any]:
    row = {
        "arn": arn(item, "ResourceARN"),
        "resource_type": "FSx",
        "name": name_tag(item, "Tags") or optional(item, "Name") or "",
        "created_at": item.get("CreationTime"),
    }
    if item.get("Tags") is not None:
        row["tags"] = tags(item, "Tags")
    key = optional(item, "KmsKeyId")
    return row if key is None else {**row, "encrypted": True, "kms_key_arn": key if ":" in key else None}
