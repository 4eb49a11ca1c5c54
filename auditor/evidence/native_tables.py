"""The tables of what protects resources apart from AWS Backup, and what of them a gap can leave unknown."""

from typing import Final

import pyarrow as pa

from auditor.evidence.column_types import TEXT, TIME, table_schema

#: What protects resources apart from AWS Backup.
NATIVE: Final = "native_protection"
#: The backups that anybody has in the services themselves.
BACKUPS: Final = "native_backups"
LIFECYCLE_POLICIES: Final = "lifecycle_policies"

NATIVE_TABLES: Final = {
    # what protects a resource apart from AWS Backup, a row for each kind (`NativeKind`) that is told; enabled
    # is false where it is told that there is none. Of backups retention_days says for how long they are kept,
    # earliest_at to newest_at what can be restored, schedule when they are made, in the service's words; each
    # null where that is not told. source is the service and operation that told it
    NATIVE: table_schema(
        arn=TEXT,
        kind=TEXT,
        enabled=pa.bool_(),
        retention_days=pa.int64(),
        earliest_at=TIME,
        newest_at=TIME,
        schedule=TEXT,
        source=TEXT,
    ),
    # the backups of resources that anybody has in the service itself, a row each: of volumes their snapshots,
    # AWS Backup's among them, of others those that somebody took, of Redshift and FSx automatic ones
    # too. created_at is the time that it is of; made_by is null where nothing tells who made it; kept_until
    # is until when a lock keeps it, null where none does, or that was not read
    BACKUPS: table_schema(
        arn=TEXT,
        resource_arn=TEXT,
        state=TEXT,
        created_at=TIME,
        completed_at=TIME,
        made_by=TEXT,
        storage=TEXT,
        kept_until=TIME,
    ),
    # of Data Lifecycle Manager; state is ENABLED, DISABLED or ERROR. document is PolicyDetails and
    # DefaultPolicy of the API's LifecyclePolicy as JSON, null where it is not ENABLED, or was not read (there
    # is a gap then)
    LIFECYCLE_POLICIES: table_schema(policy_id=TEXT, state=TEXT, document=TEXT),
}

NATIVE_NEEDED: Final = {
    NATIVE: ("arn", "kind", "enabled", "source"),
    BACKUPS: ("arn", "resource_arn", "state", "created_at"),
    LIFECYCLE_POLICIES: ("policy_id", "state"),
}

#: In a gap's `provides`: what there is is known, but not from when on instances of RDS can be restored.
EARLIEST: Final = f"{NATIVE}.earliest_at"
#: The same of buckets: which have Versioning is known, but not when their versions end.
VERSIONS_KEPT: Final = f"{NATIVE}.versions_kept"
VOLUME_SNAPSHOTS: Final = f"{BACKUPS}.volumes"
#: The same of each list of backups: the types whose backups it tells, and its calls.
BACKUP_LISTS: Final = {
    VOLUME_SNAPSHOTS: (("EBS",), "ec2:DescribeSnapshots"),
    f"{BACKUPS}.databases": (
        ("RDS", "Aurora", "DocumentDB", "Neptune"),
        "rds:DescribeDBSnapshots, rds:DescribeDBClusterSnapshots",
    ),
    f"{BACKUPS}.dynamodb": (("DynamoDB",), "dynamodb:ListBackups"),
    f"{BACKUPS}.fsx": (("FSx",), "fsx:DescribeBackups"),
    f"{BACKUPS}.redshift": (("Redshift",), "redshift:DescribeClusterSnapshots"),
    f"{BACKUPS}.redshift_serverless": (("Redshift Serverless",), "redshift-serverless:ListSnapshots"),
}
#: Those that tell the times of automatic backups too.
AUTOMATIC_LISTS: Final = (f"{BACKUPS}.fsx", f"{BACKUPS}.redshift")
#: The same of backups: they are known, but not for how long any of them is locked.
KEPT_UNTIL: Final = f"{BACKUPS}.kept_until"
#: What takes calls of its own is asked where a tier accepts that kind of protection. By the kind, in the
#: words of a gap's `provides`:
NATIVE_ASKED: Final = {
    "point_in_time_recovery": f"{NATIVE}.point_in_time_recovery",
    "lifecycle_policy": LIFECYCLE_POLICIES,
    "snapshot": BACKUPS,
    **{kind: f"{NATIVE}.{kind}" for kind in ("versioning", "object_lock", "replication")},
}
#: All of these words.
NATIVE_WORDS: Final = frozenset((EARLIEST, VERSIONS_KEPT, KEPT_UNTIL, *BACKUP_LISTS, *NATIVE_ASKED.values()))
