"""What could be backed up: EBS, EC2, RDS, Aurora, DynamoDB and S3, with tags. Calls grow with pages only.

One collector, because the rows of all types go into one table, in this order. Creation dates:

- An instance's LaunchTime is its last start. What was attached first (its primary network interface, its root
  volume) tells when it was made: the earliest of all these times is the creation or shortly after it.
- S3 gives a bucket's date, which "can change when making changes to your bucket, such as editing its bucket
  policy" (API reference, Bucket): a later date than the creation is possible.
- ListTables gives none and a DescribeTable for each table is what we do not do: null.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditor.collect.collector import Collector, Scope
from auditor.collect.columns import table_of

_RESOURCES: Final = ("resources",)

_GONE: Final = frozenset({"deleted", "deleting", "shutting-down", "terminated"})

#: DB cluster engines that AWS Backup calls "RDS" (Multi-AZ DB clusters); the other ones are Aurora, or
#: Neptune and DocumentDB, which the RDS API lists too and this release does not read.
_MULTI_AZ: Final = frozenset({"mysql", "postgres"})

_Item = Mapping[str, Any]


def _read(scope: Scope) -> None:
    for pages in (_volumes(scope), _instances(scope), _databases(scope), _clusters(scope), _tagged(scope)):
        for items in pages:
            scope.write("resources", table_of("resources", items))


def _volumes(scope: Scope) -> Iterator[list[_Item]]:
    for page in scope.pages("ec2", "DescribeVolumes", "Volumes", provides=_RESOURCES, MaxResults=500):
        yield [
            {
                "arn": scope.arn("ec2", f"volume/{volume['VolumeId']}"),
                "resource_type": "EBS",
                "name": _name_tag(volume),
                "created_at": volume.get("CreateTime"),
                "tags": volume.get("Tags", ()),
                "encrypted": volume.get("Encrypted"),
                "kms_key_arn": _key_arn(volume.get("KmsKeyId")),
            }
            for volume in page
            if volume.get("State") not in _GONE
        ]


def _instances(scope: Scope) -> Iterator[list[_Item]]:
    for page in scope.pages("ec2", "DescribeInstances", "Reservations", provides=_RESOURCES, MaxResults=1000):
        yield [
            {
                "arn": scope.arn("ec2", f"instance/{instance['InstanceId']}"),
                "resource_type": "EC2",
                "name": _name_tag(instance),
                "created_at": _first_seen(instance),
                "tags": instance.get("Tags", ()),
            }
            for reservation in page
            for instance in reservation["Instances"]
            if instance.get("State", {}).get("Name") not in _GONE
        ]


def _databases(scope: Scope) -> Iterator[list[_Item]]:
    """Members of a cluster are left out: the cluster is what is backed up."""
    for page in scope.pages("rds", "DescribeDBInstances", "DBInstances", provides=_RESOURCES, MaxRecords=100):
        yield [
            _database(database, "DBInstance", "RDS", database.get("InstanceCreateTime"))
            for database in page
            if not database.get("DBClusterIdentifier")
        ]


def _clusters(scope: Scope) -> Iterator[list[_Item]]:
    for page in scope.pages("rds", "DescribeDBClusters", "DBClusters", provides=_RESOURCES, MaxRecords=100):
        kinds = [(cluster, _cluster_type(cluster["Engine"])) for cluster in page]
        yield [
            _database(cluster, "DBCluster", kind, cluster.get("ClusterCreateTime"))
            for cluster, kind in kinds
            if kind
        ]


def _cluster_type(engine: str) -> str | None:
    if engine.startswith("aurora"):
        return "Aurora"
    return "RDS" if engine in _MULTI_AZ else None


def _database(database: _Item, prefix: str, kind: str, created: float | None) -> _Item:
    return {
        "arn": database[f"{prefix}Arn"],
        "resource_type": kind,
        "name": database[f"{prefix}Identifier"],
        "created_at": created,
        "tags": database.get("TagList", ()),
        "encrypted": database.get("StorageEncrypted"),
        "kms_key_arn": _key_arn(database.get("KmsKeyId")),
    }


def _tagged(scope: Scope) -> Iterator[list[_Item]]:
    """Read DynamoDB tables and S3 buckets, whose lists have no tags: those come from the tagging API.

    It returns only what is tagged or was once, so the lists are read too. Where its pages were not all
    answered, the tags of what it did not name are unknown: null.
    """
    mappings = scope.pages(
        "resourcegroupstaggingapi",
        "GetResources",
        "ResourceTagMappingList",
        provides=_RESOURCES,
        ResourceTypeFilters=["dynamodb:table", "s3"],
        ResourcesPerPage=100,
    )
    tags = {item["ResourceARN"]: item.get("Tags", ()) for item in mappings.items()}
    untagged = () if mappings.complete else None
    for page in scope.pages("dynamodb", "ListTables", "TableNames", provides=_RESOURCES, Limit=100):
        arns = {name: scope.arn("dynamodb", f"table/{name}") for name in page}
        yield [
            {"arn": arn, "resource_type": "DynamoDB", "name": name, "tags": tags.get(arn, untagged)}
            for name, arn in arns.items()
        ]
    for page in scope.pages(
        "s3", "ListBuckets", "Buckets", provides=_RESOURCES, BucketRegion=scope.region, MaxBuckets=1000
    ):
        yield [
            {
                "arn": (arn := f"arn:{scope.partition}:s3:::{bucket['Name']}"),
                "resource_type": "S3",
                "name": bucket["Name"],
                "created_at": bucket.get("CreationDate"),
                "tags": tags.get(arn, untagged),
            }
            for bucket in page
        ]


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
        "dynamodb:ListTables",
        "ec2:DescribeInstances",
        "ec2:DescribeVolumes",
        "rds:DescribeDBClusters",
        "rds:DescribeDBInstances",
        "s3:ListAllMyBuckets",
        "tag:GetResources",
    ),
    read=_read,
)
