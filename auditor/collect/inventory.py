"""What could be backed up: EBS, EC2, RDS, Aurora, S3 and DynamoDB, with tags. Calls grow with pages only.

One collector, because the rows of all types go into one table, in this order. Creation dates:

- An instance's LaunchTime is its last start. What was attached first (its primary network interface, its root
  volume) tells when it was made: the earliest of all these times is the creation or shortly after it.
- A database that is being created has none yet: null.
- S3 gives a bucket's date, which "can change when making changes to your bucket, such as editing its bucket
  policy" (API reference, Bucket): a later date than the creation is possible.
- ListTables gives none. A table that a job or a recovery point names was there by then. One without any sign
  from the period's first day or before is described: its age tells since when a backup was due. So the calls
  grow with new tables and with those that nobody backs up, not with all.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditor.aws.failures import MALFORMED
from auditor.aws.items import SECONDS, arn, member, tags
from auditor.collect.collector import Collector, Scope
from auditor.collect.columns import table_of
from auditor.evidence.tables import AGES

_RESOURCES: Final = ("resources",)
_AGES: Final = (AGES,)

_GONE: Final = frozenset({"deleted", "deleting", "shutting-down", "terminated"})

#: DB cluster engines that AWS Backup calls "RDS" (Multi-AZ DB clusters); the other ones are Aurora, or
#: Neptune and DocumentDB, which the RDS API lists too and this release does not read.
_MULTI_AZ: Final = frozenset({"mysql", "postgres"})
_OTHERS: Final = frozenset({"docdb", "neptune"})

_Item = Mapping[str, Any]


def _read(scope: Scope) -> None:
    listed = (
        scope.pages("ec2", "DescribeVolumes", "Volumes", provides=_RESOURCES, MaxResults=500),
        scope.pages("ec2", "DescribeInstances", "Reservations", provides=_RESOURCES, MaxResults=1000),
        scope.pages("rds", "DescribeDBInstances", "DBInstances", provides=_RESOURCES, MaxRecords=100),
        scope.pages("rds", "DescribeDBClusters", "DBClusters", provides=_RESOURCES, MaxRecords=100),
    )
    makers = (
        lambda item: _volume(scope, item),
        lambda item: _instances(scope, item),
        _database,
        _cluster,
    )
    for pages, make in zip(listed, makers, strict=True):
        pages.write("resources", make)
    _read_tagged(scope)


def _volume(scope: Scope, volume: _Item) -> Iterator[_Item]:
    if volume.get("State") not in _GONE:
        yield {
            "arn": scope.arn("ec2", f"volume/{member(volume, 'VolumeId')}"),
            "resource_type": "EBS",
            "name": _name_tag(volume),
            "created_at": volume.get("CreateTime"),
            "tags": tags(volume, "Tags"),
            "encrypted": volume.get("Encrypted"),
            "kms_key_arn": _key_arn(volume.get("KmsKeyId")),
        }


def _instances(scope: Scope, reservation: _Item) -> Iterator[_Item]:
    for instance in reservation["Instances"]:
        if instance.get("State", {}).get("Name") not in _GONE:
            yield {
                "arn": scope.arn("ec2", f"instance/{member(instance, 'InstanceId')}"),
                "resource_type": "EC2",
                "name": _name_tag(instance),
                "created_at": _first_seen(instance),
                "tags": tags(instance, "Tags"),
            }


def _database(database: _Item) -> Iterator[_Item]:
    """Members of a cluster are left out: the cluster is what is backed up."""
    if not database.get("DBClusterIdentifier") and database.get("DBInstanceStatus") not in _GONE:
        yield _row_of(database, "DBInstance", "RDS", database.get("InstanceCreateTime"))


def _cluster(cluster: _Item) -> Iterator[_Item]:
    kind = _cluster_type(member(cluster, "Engine"))
    if kind and cluster.get("Status") not in _GONE:
        yield _row_of(cluster, "DBCluster", kind, cluster.get("ClusterCreateTime"))


def _cluster_type(engine: str) -> str | None:
    if engine.startswith("aurora"):
        return "Aurora"
    if engine in _MULTI_AZ:
        return "RDS"
    if engine not in _OTHERS:
        raise ValueError(f"its Engine {engine} is not known")
    return None


def _row_of(database: _Item, prefix: str, kind: str, created: float | None) -> _Item:
    return {
        "arn": arn(database, f"{prefix}Arn"),
        "resource_type": kind,
        "name": member(database, f"{prefix}Identifier"),
        "created_at": created,
        "tags": tags(database, "TagList"),
        "encrypted": database.get("StorageEncrypted"),
        "kms_key_arn": _key_arn(database.get("KmsKeyId")),
    }


def _read_tagged(scope: Scope) -> None:
    """Read DynamoDB tables and S3 buckets, whose lists have no tags: those come from the tagging API.

    It returns only what is tagged or was once, so the lists come first; where they are empty it is not asked.
    Where its pages were not all answered, the tags of what it did not name are unknown: null.
    """
    lists = {"provides": _RESOURCES}
    buckets = scope.pages("s3", "ListBuckets", "Buckets", BucketRegion=scope.region, MaxBuckets=1000, **lists)
    tables = scope.pages("dynamodb", "ListTables", "TableNames", Limit=100, **lists)
    found = [row for rows in buckets.made(lambda item: _bucket(scope, item)) for row in rows]
    listed = [row for rows in tables.made(lambda name: _table(scope, name)) for row in rows]
    if not found and not listed:
        return
    mappings = scope.pages(
        "resourcegroupstaggingapi",
        "GetResources",
        "ResourceTagMappingList",
        provides=_RESOURCES,
        ResourceTypeFilters=["dynamodb:table", "s3"],
        ResourcesPerPage=100,
    )
    tagged = {row["arn"]: row["tags"] for rows in mappings.made(_tags) for row in rows}
    untagged = () if mappings.complete else None
    for row in (*found, *listed):
        row["tags"] = tagged.get(row["arn"], untagged)
    scope.write("resources", table_of("resources", found))
    scope.waiting.extend(listed)


def _bucket(scope: Scope, bucket: _Item) -> Iterator[dict[str, Any]]:
    name = member(bucket, "Name")
    yield {
        "arn": f"arn:{scope.partition}:s3:::{name}",
        "resource_type": "S3",
        "name": name,
        "created_at": bucket.get("CreationDate"),
    }


def _table(scope: Scope, name: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(name, str) or not name:
        raise TypeError("a table's name is no text")
    yield {"arn": scope.arn("dynamodb", f"table/{name}"), "resource_type": "DynamoDB", "name": name}


def _tags(mapping: _Item) -> Iterator[_Item]:
    member(mapping, "Tags", list)  # always there, be it empty
    yield {"arn": arn(mapping, "ResourceARN"), "tags": tags(mapping, "Tags")}


def _write_tables(scope: Scope) -> None:
    """Write the DynamoDB tables, each with its creation where nothing else tells its age."""
    asked = AGES in scope.tables
    dated = (
        _described(scope, row) if asked and row["arn"] not in scope.old else row for row in scope.waiting
    )
    rows = [row for row in dated if row is not None]
    scope.write("resources", table_of("resources", rows))


def _described(scope: Scope, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The row with the table's creation; None where the table is gone. Unanswered, it stays as it is."""
    operation = "DescribeTable"
    answer = scope.ask(
        "dynamodb", operation, provides=_AGES, absent=("ResourceNotFoundException",), TableName=row["name"]
    )
    if answer is None:
        return row
    if not answer:
        return None
    try:
        table = member(answer, "Table", dict)
        if table.get("TableStatus") == "DELETING":
            return None
        return {**row, "created_at": member(table, "CreationDateTime", SECONDS)}
    except MALFORMED as error:
        scope.not_understood("dynamodb", operation, f"The table {row['arn']}", error, _AGES)
        return row


def _name_tag(item: _Item) -> str:
    return next((tag.get("Value") or "" for tag in item.get("Tags", ()) if tag["Key"] == "Name"), "")


def _key_arn(key: str | None) -> str | None:
    return key if key and key.startswith("arn:") else None


def _first_seen(instance: _Item) -> float | None:
    times = [instance.get("LaunchTime")]
    times += [disk.get("Ebs", {}).get("AttachTime") for disk in instance.get("BlockDeviceMappings", ())]
    times += [card.get("Attachment", {}).get("AttachTime") for card in instance.get("NetworkInterfaces", ())]
    return min((time for time in times if time is not None), default=None)


INVENTORY: Final = Collector(
    name="inventory",
    provides=_RESOURCES,
    actions=(
        "dynamodb:DescribeTable",
        "dynamodb:ListTables",
        "ec2:DescribeInstances",
        "ec2:DescribeVolumes",
        "rds:DescribeDBClusters",
        "rds:DescribeDBInstances",
        "s3:ListAllMyBuckets",
        "tag:GetResources",
    ),
    read=_read,
    finish=_write_tables,
)
