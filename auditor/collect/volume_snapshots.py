"""Snapshots of volumes and images: who made each, its lock, its tags (aws-backup.md 2.2, 6.4)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditor.aws.items import SECONDS, member, optional, tags
from auditor.collect.collector import Row, Scope
from auditor.evidence.native_tables import KEPT_UNTIL
from auditor.model.native import AWS_BACKUP, IMAGE, LIFECYCLE_MANAGER

#: How EC2 describes the snapshots of an image, and of a copy of one.
_OF_IMAGE: Final = re.compile(r"Created by CreateImage\(|Copied for DestinationAmi ")
#: How AWS Backup describes and tags what it makes.
_OF_BACKUP: Final = "This snapshot is created by the AWS Backup service"
_BACKUP_TAG: Final = "aws:backup:"
_POLICY_TAG: Final = "aws:dlm:lifecycle-policy-id"


def locks(scope: Scope) -> Mapping[str, float]:
    """Until when the account's locked snapshots are kept, seconds since the epoch, by id."""
    listed = scope.pages(
        "ec2", "DescribeLockedSnapshots", "Snapshots", provides=(KEPT_UNTIL,), MaxResults=1000
    )
    return dict(pair for found in listed.made(_lock) for pair in found)


def _lock(item: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    yield member(item, "SnapshotId"), member(item, "LockExpiresOn", SECONDS)


def snapshot(scope: Scope, item: Mapping[str, Any], kept: Mapping[str, float]) -> Iterator[Row]:
    """The row of a snapshot; `kept` as `locks` gives it."""
    name = member(item, "SnapshotId")
    yield {
        "arn": arn_of(scope, "snapshot", name),
        "resource_arn": scope.arn("ec2", f"volume/{member(item, 'VolumeId')}"),
        "state": member(item, "State"),
        "created_at": member(item, "StartTime", SECONDS),
        "completed_at": optional(item, "CompletionTime", SECONDS),
        "made_by": _maker(item),
        "storage": optional(item, "StorageTier"),
        "kept_until": kept.get(name),
    }


def snapshot_tags(scope: Scope, item: Mapping[str, Any]) -> Iterator[Row]:
    """The row of the tags of a snapshot. EC2 names no list where there are none."""
    yield {"arn": arn_of(scope, "snapshot", member(item, "SnapshotId")), "tags": tags(item, "Tags")}


def image_tags(scope: Scope, item: Mapping[str, Any]) -> Iterator[Row]:
    """The same of an image."""
    yield {"arn": arn_of(scope, "image", member(item, "ImageId")), "tags": tags(item, "Tags")}


def arn_of(scope: Scope, kind: str, name: str) -> str:
    """The ARN of a "snapshot" or an "image" by its id: it has no account."""
    return f"arn:{scope.partition}:ec2:{scope.region}::{kind}/{name}"


def _maker(item: Mapping[str, Any]) -> str | None:
    """Who made a snapshot, so far as it tells that. Nobody but AWS can set a tag that begins with aws:."""
    keys = [member(tag, "Key") for tag in optional(item, "Tags", list) or ()]
    said = item.get("Description") or ""
    if said.startswith(_OF_BACKUP) or any(key.startswith(_BACKUP_TAG) for key in keys):
        return AWS_BACKUP
    if _OF_IMAGE.match(said):
        return IMAGE
    return LIFECYCLE_MANAGER if _POLICY_TAG in keys else None
