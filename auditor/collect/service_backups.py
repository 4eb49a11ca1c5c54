"""Backups that RDS and its like, Redshift, FSx and DynamoDB list themselves (aws-backup.md 6.7, 6.8).

Of a copy of which it is not told of which time it is there is no row, nor of one whose source lies elsewhere.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from auditor.aws.items import SECONDS, member, optional
from auditor.aws.items import arn as arn_of
from auditor.aws.items import tags as tags_of
from auditor.collect.collector import Row, Scope
from auditor.evidence.native_tables import BACKUPS
from auditor.model.arn import place_of
from auditor.model.native import AUTOMATIC, AWS_BACKUP

Item = Mapping[str, Any]
#: Makes rows of an item.
Rows = Callable[[Scope, Item], Iterator[Row]]
#: How the names of the snapshots begin that AWS Backup makes (aws-backup.md 4.11).
_OF_BACKUP: Final = "awsbackup"
#: Who made a backup of FSx, by its type; AWS Backup's are not asked for.
_OF_FSX: Final = {"USER_INITIATED": None, "AUTOMATIC": AUTOMATIC}
_OF_REDSHIFT: Final = {"manual": None, "automated": AUTOMATIC}


@dataclass(frozen=True, slots=True)
class BackupList:
    """A list of backups: service and operation, the list in its pages, and the rows of an item.

    `tagged` are the rows of its tags. A list that is asked for these alone has no `rows`.
    """

    call: tuple[str, str]
    items: str
    rows: Rows | None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tagged: Rows | None = None


def _tagged(arn: str, tags: str) -> Rows:
    """Give the row of the tags of an item by the members with its ARN and its tags.

    One that lacks the latter, be it empty, has no row: whether it has tags is not told.
    """

    def row(_scope: Scope, item: Item) -> Iterator[Row]:
        if optional(item, tags, list) is not None:
            yield {"arn": arn_of(item, arn), "tags": tags_of(item, tags)}

    return row


def _of_instance(scope: Scope, item: Item) -> Iterator[Row]:
    """A manual snapshot of an instance that was here when it was made; a copy is of its original's time."""
    source = optional(item, "SourceDBSnapshotIdentifier")
    if source is not None and place_of(source) != (scope.account_id, scope.region):
        return
    first = optional(item, "OriginalSnapshotCreateTime", SECONDS)
    if first is None and source is None:
        first = optional(item, "SnapshotCreateTime", SECONDS)
    yield from _of_database(scope, item, ("DBSnapshotArn", "db", "DBInstanceIdentifier"), first)


def _of_cluster(scope: Scope, item: Item) -> Iterator[Row]:
    """A manual snapshot of a cluster; of which time a copy is, is not told."""
    if optional(item, "SourceDBClusterSnapshotArn") is None:
        made = optional(item, "SnapshotCreateTime", SECONDS)
        yield from _of_database(scope, item, ("DBClusterSnapshotArn", "cluster", "DBClusterIdentifier"), made)


def _of_database(
    scope: Scope, item: Item, members: tuple[str, str, str], time: float | None
) -> Iterator[Row]:
    """The row of a snapshot by the member with its ARN, the word for its source, and that one's name."""
    arn, word, name = members
    row = {
        "arn": arn_of(item, arn),
        "resource_arn": scope.arn("rds", f"{word}:{member(item, name)}"),
        "state": member(item, "Status"),
        "created_at": time,
    }
    row["made_by"] = AWS_BACKUP if row["arn"].rpartition("snapshot:")[2].startswith(_OF_BACKUP) else None
    if time is not None:  # one that is being made has none
        yield row


def _of_warehouse(scope: Scope, item: Item) -> Iterator[Row]:
    """A snapshot of a cluster of Redshift, whoever made it; one from another Region is of another cluster."""
    name, cluster = member(item, "SnapshotIdentifier"), member(item, "ClusterIdentifier")
    made_by = _OF_REDSHIFT[member(item, "SnapshotType")]
    row = {
        "arn": scope.arn("redshift", f"snapshot:{cluster}/{name}"),
        "resource_arn": scope.arn("redshift", f"cluster:{cluster}"),
        "state": member(item, "Status"),
        "created_at": optional(item, "SnapshotCreateTime", SECONDS),
        "made_by": AWS_BACKUP if name.startswith(_OF_BACKUP) else made_by,
    }
    own = optional(item, "OwnerAccount") in (None, scope.account_id)
    if own and optional(item, "SourceRegion") in (None, scope.region) and row["created_at"] is not None:
        yield row


def _tags_of_warehouse(scope: Scope, item: Item) -> Iterator[Row]:
    name, cluster = member(item, "SnapshotIdentifier"), member(item, "ClusterIdentifier")
    if optional(item, "Tags", list) is not None:
        yield {"arn": scope.arn("redshift", f"snapshot:{cluster}/{name}"), "tags": tags_of(item, "Tags")}


def _of_namespace(_scope: Scope, item: Item) -> Iterator[Row]:
    """A snapshot of a namespace of Redshift Serverless, which may be one of another Region."""
    of_backup = member(item, "snapshotName").startswith(_OF_BACKUP)
    row = {
        "arn": arn_of(item, "snapshotArn"),
        "resource_arn": arn_of(item, "namespaceArn"),
        "state": member(item, "status"),
        "created_at": optional(item, "snapshotCreateTime", SECONDS),
        "made_by": AWS_BACKUP if of_backup else None,
    }
    if row["created_at"] is not None:
        yield row


def _of_file_system(_scope: Scope, item: Item) -> Iterator[Row]:
    """A backup of a file system of FSx, or of a volume; of which time a copy is, is not told."""
    source = {"FILE_SYSTEM": "FileSystem", "VOLUME": "Volume"}[item.get("ResourceType") or "FILE_SYSTEM"]
    row = {
        "arn": arn_of(item, "ResourceARN"),
        "resource_arn": arn_of(member(item, source, dict), "ResourceARN"),
        "state": member(item, "Lifecycle"),
        "created_at": member(item, "CreationTime", SECONDS),
        "made_by": _OF_FSX[member(item, "Type")],
    }
    if optional(item, "SourceBackupId") is None:
        yield row


def _of_table(_scope: Scope, item: Item) -> Iterator[Row]:
    """A backup of a table of DynamoDB that somebody took."""
    if member(item, "BackupType") != "USER":
        return
    yield {
        "arn": arn_of(item, "BackupArn"),
        "resource_arn": arn_of(item, "TableArn"),
        "state": member(item, "BackupStatus"),
        "created_at": member(item, "BackupCreationDateTime", SECONDS),
    }


_MANUAL: Final = {"SnapshotType": "manual", "MaxRecords": 100}
#: By the word of a gap's `provides`.
LISTS: Final[Mapping[str, tuple[BackupList, ...]]] = {
    f"{BACKUPS}.databases": (
        BackupList(("rds", "DescribeDBSnapshots"), "DBSnapshots", _of_instance, _MANUAL),
        BackupList(("rds", "DescribeDBClusterSnapshots"), "DBClusterSnapshots", _of_cluster, _MANUAL),
        BackupList(
            ("rds", "DescribeDBSnapshots"),
            "DBSnapshots",
            None,
            {"SnapshotType": "awsbackup", "MaxRecords": 100},
            _tagged("DBSnapshotArn", "TagList"),
        ),
        # no type: AWS Backup's own does not apply to Aurora
        BackupList(
            ("rds", "DescribeDBClusterSnapshots"),
            "DBClusterSnapshots",
            None,
            {"MaxRecords": 100},
            _tagged("DBClusterSnapshotArn", "TagList"),
        ),
    ),
    f"{BACKUPS}.dynamodb": (
        BackupList(
            ("dynamodb", "ListBackups"), "BackupSummaries", _of_table, {"BackupType": "USER", "Limit": 100}
        ),
    ),
    f"{BACKUPS}.fsx": (
        BackupList(
            ("fsx", "DescribeBackups"),
            "Backups",
            _of_file_system,
            {"Filters": [{"Name": "backup-type", "Values": [*_OF_FSX]}], "MaxResults": 100},
        ),
        BackupList(
            ("fsx", "DescribeBackups"),
            "Backups",
            None,
            {"Filters": [{"Name": "backup-type", "Values": ["AWS_BACKUP"]}], "MaxResults": 100},
            _tagged("ResourceARN", "Tags"),
        ),
    ),
    f"{BACKUPS}.redshift": (
        BackupList(
            ("redshift", "DescribeClusterSnapshots"),
            "Snapshots",
            _of_warehouse,
            {"MaxRecords": 100},
            _tags_of_warehouse,
        ),
    ),
    f"{BACKUPS}.redshift_serverless": (
        BackupList(("redshift-serverless", "ListSnapshots"), "snapshots", _of_namespace, {"maxResults": 100}),
    ),
}
