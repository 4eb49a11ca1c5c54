"""The backups that anybody has in a service itself: snapshots of EBS and RDS (aws-backup.md 6.4, 6.7).

They are listed page by page, where a tier accepts them; how long locks keep them where it accepts them for
retention.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from auditor.aws.items import SECONDS, member, optional
from auditor.aws.items import arn as arn_of
from auditor.collect.collector import Collector, Row, Scope
from auditor.evidence.native_tables import BACKUPS, DATABASE_SNAPSHOTS, KEPT_UNTIL
from auditor.model.arn import place_of
from auditor.model.native import AWS_BACKUP, IMAGE, LIFECYCLE_MANAGER

#: How EC2 describes the snapshots of an image, and of a copy of one.
_OF_IMAGE: Final = re.compile(r"Created by CreateImage\(|Copied for DestinationAmi ")
#: How AWS Backup describes and tags what it makes.
_OF_BACKUP: Final = "This snapshot is created by the AWS Backup service"
_BACKUP_TAG: Final = "aws:backup:"
_POLICY_TAG: Final = "aws:dlm:lifecycle-policy-id"


def _read(scope: Scope) -> None:
    kept = _locks(scope) if KEPT_UNTIL in scope.tables else {}
    listed = scope.pages(
        "ec2", "DescribeSnapshots", "Snapshots", provides=(BACKUPS,), OwnerIds=["self"], MaxResults=1000
    )
    listed.write(BACKUPS, partial(_snapshot, scope, kept))
    if DATABASE_SNAPSHOTS in scope.tables:
        for operation, (items, row) in _OF_DATABASES.items():
            listed = scope.pages(
                "rds",
                operation,
                items,
                provides=(DATABASE_SNAPSHOTS,),
                SnapshotType="manual",
                MaxRecords=100,
            )
            listed.write(BACKUPS, partial(row, scope))


def _locks(scope: Scope) -> Mapping[str, float]:
    """Until when the account's locked snapshots are kept, seconds since the epoch, by id."""
    listed = scope.pages(
        "ec2", "DescribeLockedSnapshots", "Snapshots", provides=(KEPT_UNTIL,), MaxResults=1000
    )
    return dict(pair for found in listed.made(_lock) for pair in found)


def _lock(item: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    yield member(item, "SnapshotId"), member(item, "LockExpiresOn", SECONDS)


def _snapshot(scope: Scope, kept: Mapping[str, float], item: Mapping[str, Any]) -> Iterator[Row]:
    name = member(item, "SnapshotId")
    yield {
        "arn": f"arn:{scope.partition}:ec2:{scope.region}::snapshot/{name}",
        "resource_arn": scope.arn("ec2", f"volume/{member(item, 'VolumeId')}"),
        "state": member(item, "State"),
        "created_at": member(item, "StartTime", SECONDS),
        "completed_at": optional(item, "CompletionTime", SECONDS),
        "made_by": _maker(item),
        "storage": optional(item, "StorageTier"),
        "kept_until": kept.get(name),
    }


def _maker(item: Mapping[str, Any]) -> str | None:
    """Who made a snapshot, so far as it tells that. Nobody but AWS can set a tag that begins with aws:."""
    keys = [member(tag, "Key") for tag in optional(item, "Tags", list) or ()]
    said = item.get("Description") or ""
    if said.startswith(_OF_BACKUP) or any(key.startswith(_BACKUP_TAG) for key in keys):
        return AWS_BACKUP
    if _OF_IMAGE.match(said):
        return IMAGE
    return LIFECYCLE_MANAGER if _POLICY_TAG in keys else None


def _of_instance(scope: Scope, item: Mapping[str, Any]) -> Iterator[Row]:
    """A manual snapshot of an instance that was here when it was made; a copy is of its original's time."""
    source = optional(item, "SourceDBSnapshotIdentifier")
    if source is not None and place_of(source) != (scope.account_id, scope.region):
        return
    first = optional(item, "OriginalSnapshotCreateTime", SECONDS)
    if first is None and source is None:
        first = optional(item, "SnapshotCreateTime", SECONDS)
    yield from _of_database(scope, item, ("DBSnapshotArn", "db", "DBInstanceIdentifier"), first)


def _of_cluster(scope: Scope, item: Mapping[str, Any]) -> Iterator[Row]:
    """A manual snapshot of a cluster; of which time a copy is, is not told."""
    if optional(item, "SourceDBClusterSnapshotArn") is None:
        made = optional(item, "SnapshotCreateTime", SECONDS)
        yield from _of_database(scope, item, ("DBClusterSnapshotArn", "cluster", "DBClusterIdentifier"), made)


def _of_database(
    scope: Scope, item: Mapping[str, Any], members: tuple[str, str, str], time: float | None
) -> Iterator[Row]:
    """The row of a snapshot by the member with its ARN, the word for its source, and that one's name."""
    arn, word, name = members
    row = {
        "arn": arn_of(item, arn),
        "resource_arn": scope.arn("rds", f"{word}:{member(item, name)}"),
        "state": member(item, "Status"),
        "created_at": time,
    }
    if time is not None:  # one that is being made has none
        yield row


#: By the operation that lists the snapshots of databases: the list in its pages, and the row of an item.
_OF_DATABASES: Final = {
    "DescribeDBSnapshots": ("DBSnapshots", _of_instance),
    "DescribeDBClusterSnapshots": ("DBClusterSnapshots", _of_cluster),
}

NATIVE_BACKUPS: Final = Collector(
    name="snapshots",
    provides=(BACKUPS,),
    actions=(
        "ec2:DescribeLockedSnapshots",
        "ec2:DescribeSnapshots",
        "rds:DescribeDBClusterSnapshots",
        "rds:DescribeDBSnapshots",
    ),
    read=_read,
)
