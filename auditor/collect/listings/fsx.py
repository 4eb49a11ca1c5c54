"""File systems of FSx, and the volumes of those of NetApp ONTAP, which are backed up one by one.

FSx backs up Lustre, Windows and OpenZFS by the file system and ONTAP by the volume. It makes no backup of a
Lustre file system for scratch, nor of one that is linked to a data repository, nor of volumes that mirror
others or are the root of a storage virtual machine (FSx API reference, CreateBackup; ONTAP user guide,
"Protecting your data with volume backups"). What cannot be backed up is left out; but DescribeFileSystems
does not tell the data repository associations of a Lustre file system, so one with these is not.

Volumes are asked for by file system, and only of ONTAP. DescribeVolumes does not answer their tags, though
its model has them: the Resource Groups Tagging API tells those.
"""

from collections.abc import Iterator, Mapping
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
        if "SCRATCH" not in member(about, "DeploymentType") and not about.get("DataRepositoryConfiguration"):
            yield _backed_up(scope, item, _row(item))
    elif kind in _WHOLE:
        yield _backed_up(scope, item, _row(item))
    else:
        raise ValueError(f"its FileSystemType {kind} is not known")


def _volume(item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    about = member(item, "OntapConfiguration", dict)
    mirrors = about.get("OntapVolumeType", "RW") != "RW"
    if not (mirrors or about.get("StorageVirtualMachineRoot") or item.get("Lifecycle") == "DELETING"):
        yield _row(item)


def _backed_up(scope: Scope, file_system: Mapping[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """The row with the backups that FSx makes: of ONTAP those of all volumes, as their file system says."""
    about = file_system.get(_ABOUT[file_system["FileSystemType"]]) or {}
    return row | own_backups(scope, row["arn"], about, _OWN, ("fsx", "DescribeFileSystems"))


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
