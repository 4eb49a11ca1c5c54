"""One contract for every driver: list, back up, copy to another Region, delete, against moto."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from auditor.executor.services import make_drivers
from auditor.executor.services.base import Driver, DriverError, NativeBackup
from auditor.model.organization import Resource

Clients = Callable[[str, str, str], Any]

ACCOUNT = "123456789012"
TAGS = {"backup-tier": "gold", "Name": "data"}
TAG_LIST = [{"Key": key, "Value": value} for key, value in TAGS.items()]
JOB = "0A1B2C3D-0000-4000-8000-00000000000A"
COPY = "9A8B7C6D-0000-4000-8000-00000000000B"
REGIONS = {"aws": ("eu-west-1", "eu-central-1"), "aws-cn": ("cn-north-1", "cn-northwest-1")}


@dataclass(frozen=True)
class Kind:
    """One driver and how a resource of its type comes to be."""

    resource_type: str
    make: Callable[[Clients, str, str], None]
    arn: str
    exists: Callable[[Clients, str, str], bool]
    managed: bool = False


def make_volume(clients: Clients, region: str, key: str) -> None:
    """An encrypted EBS volume."""
    clients("ec2", ACCOUNT, region).create_volume(
        AvailabilityZone=f"{region}a",
        Size=10,
        Encrypted=True,
        KmsKeyId=key,
        TagSpecifications=[{"ResourceType": "volume", "Tags": TAG_LIST}],
    )


def make_instance(clients: Clients, region: str, _key: str) -> None:
    """An instance with a root volume."""
    ec2 = clients("ec2", ACCOUNT, region)
    image = ec2.register_image(Name="base")["ImageId"]
    ec2.run_instances(
        ImageId=image,
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": TAG_LIST}],
    )


def make_database(clients: Clients, region: str, key: str) -> None:
    """An encrypted database."""
    clients("rds", ACCOUNT, region).create_db_instance(
        DBInstanceIdentifier="data",
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        StorageEncrypted=True,
        KmsKeyId=key,
        MasterUsername="admin1",
        MasterUserPassword="password1",
        Tags=TAG_LIST,
    )


def make_cluster(clients: Clients, region: str, key: str) -> None:
    """An encrypted Aurora cluster with an instance, which is no resource of its own."""
    rds = clients("rds", ACCOUNT, region)
    rds.create_db_cluster(
        DBClusterIdentifier="data",
        Engine="aurora-postgresql",
        StorageEncrypted=True,
        KmsKeyId=key,
        MasterUsername="admin1",
        MasterUserPassword="password1",
        Tags=TAG_LIST,
    )
    rds.create_db_instance(
        DBInstanceIdentifier="data-1",
        DBClusterIdentifier="data",
        Engine="aurora-postgresql",
        DBInstanceClass="db.r6g.large",
    )


def make_table(clients: Clients, region: str, _key: str) -> None:
    """A table with items, binary ones among them."""
    dynamodb = clients("dynamodb", ACCOUNT, region)
    dynamodb.create_table(
        TableName="data",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=TAG_LIST,
    )
    for number in range(3):
        dynamodb.put_item(TableName="data", Item={"id": {"S": str(number)}, "blob": {"B": b"\x00\xff"}})


def make_bucket(clients: Clients, region: str, _key: str) -> None:
    """A versioned bucket with an awkward key."""
    s3 = clients("s3", ACCOUNT, region)
    s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": region})
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket="data", Tagging={"TagSet": TAG_LIST})
    s3.put_object(Bucket="data", Key="a/b c+é", Body=b"12345", Metadata={"author": "me"}, Tagging="kind=x")


def snapshot_exists(clients: Clients, region: str, arn: str) -> bool:
    """Whether the snapshot is there with its tags."""
    ec2 = clients("ec2", ACCOUNT, region)
    found = ec2.describe_snapshots(Filters=[{"Name": "snapshot-id", "Values": [arn.split("/")[1]]}])[
        "Snapshots"
    ]
    return [{t["Key"]: t["Value"] for t in snapshot["Tags"]} for snapshot in found] == [TAGS]


def image_exists(clients: Clients, region: str, arn: str) -> bool:
    """Whether the image is there."""
    ec2 = clients("ec2", ACCOUNT, region)
    return bool(ec2.describe_images(Filters=[{"Name": "image-id", "Values": [arn.split("/")[1]]}])["Images"])


def db_snapshot_exists(clients: Clients, region: str, arn: str) -> bool:
    """Whether the snapshot is there with its tags."""
    found = clients("rds", ACCOUNT, region).describe_db_snapshots()["DBSnapshots"]
    return arn in [snapshot["DBSnapshotArn"] for snapshot in found if snapshot["TagList"] == TAG_LIST]


def cluster_snapshot_exists(clients: Clients, region: str, arn: str) -> bool:
    """Whether the snapshot is there with its tags."""
    found = clients("rds", ACCOUNT, region).describe_db_cluster_snapshots()["DBClusterSnapshots"]
    return arn in [snapshot["DBClusterSnapshotArn"] for snapshot in found if snapshot["TagList"] == TAG_LIST]


def table_backup_exists(clients: Clients, region: str, arn: str) -> bool:
    """Whether the backup is there."""
    found = clients("dynamodb", ACCOUNT, region).list_backups()["BackupSummaries"]
    return arn in [backup["BackupArn"] for backup in found]


def stored(clients: Clients, region: str, arn: str) -> list[str]:
    """The names stored for a recovery point."""
    prefix = arn.rsplit(":", 1)[1]
    page = clients("s3", ACCOUNT, region).list_objects_v2(
        Bucket=f"backup-{ACCOUNT}-{region}", Prefix=f"{prefix}/"
    )
    return [item["Key"].removeprefix(f"{prefix}/") for item in page.get("Contents", [])]


def stored_table_exists(clients: Clients, region: str, arn: str) -> bool:
    """Whether the table is stored whole."""
    return stored(clients, region, arn) == ["table.json"]


def stored_bucket_exists(clients: Clients, region: str, arn: str) -> bool:
    """Whether the bucket is stored whole."""
    return stored(clients, region, arn) == ["manifest.json", "objects/a/b c+é"]


KINDS = (
    Kind("EBS", make_volume, r"arn:{p}:ec2:{r}::snapshot/snap-[0-9a-f]+", snapshot_exists),
    Kind("EC2", make_instance, r"arn:{p}:ec2:{r}::image/ami-[0-9a-f]+", image_exists),
    Kind("RDS", make_database, r"arn:{p}:rds:{r}:{a}:snapshot:awsbackup-job-.+", db_snapshot_exists),
    Kind(
        "Aurora",
        make_cluster,
        r"arn:{p}:rds:{r}:{a}:cluster-snapshot:awsbackup-job-.+",
        cluster_snapshot_exists,
    ),
    Kind("DynamoDB", make_table, r"arn:{p}:dynamodb:{r}:{a}:table/data/backup/.+", table_backup_exists),
    Kind(
        "DynamoDB",
        make_table,
        r"arn:{p}:backup:{r}:{a}:recovery-point:[0-9a-f-]{{36}}",
        stored_table_exists,
        managed=True,
    ),
    Kind(
        "S3",
        make_bucket,
        r"arn:{p}:backup:{r}:{a}:recovery-point:data-20260105050300-.{{8}}",
        stored_bucket_exists,
        managed=True,
    ),
)


def kind_id(kind: Kind) -> str:
    """The name of a case."""
    return f"{kind.resource_type}{'-managed' if kind.managed else ''}"


def driver_of(clients: Clients, kind: Kind, now: datetime) -> Driver:
    """The driver that a case is about."""
    found = {(d.resource_type, d.fully_managed): d for d in make_drivers(clients, lambda: now)}
    return found[kind.resource_type, kind.managed]


@pytest.mark.parametrize("partition", REGIONS)
@pytest.mark.parametrize("kind", KINDS, ids=kind_id)
def test_backup_copy_delete(kind: Kind, partition: str, clients: Clients, now: datetime) -> None:
    """A resource is listed with its tags; its backup and copy are there, encrypted as said, until deleted."""
    region, other = REGIONS[partition]
    keys = {r: clients("kms", ACCOUNT, r).create_key()["KeyMetadata"]["Arn"] for r in (region, other)}
    kind.make(clients, region, keys[region])
    driver = driver_of(clients, kind, now)

    found = [r for r in driver.discover(ACCOUNT, region) if r.tags == TAGS]
    assert [(r.resource_type, r.account_id, r.region, r.name) for r in found] == [
        (kind.resource_type, ACCOUNT, region, "data")
    ]
    backup = driver.back_up(found[0], vault_key_arn=keys[region], token=JOB, tags=TAGS)
    assert re.fullmatch(kind.arn.format(p=partition, r=region, a=ACCOUNT), backup.arn)
    assert kind.exists(clients, region, backup.arn)
    if driver.can_copy:
        check_copy(driver, kind, clients, backup, (region, other), keys[other])
    driver.delete(backup.arn, ACCOUNT, region)
    assert not kind.exists(clients, region, backup.arn)
    driver.delete(backup.arn, ACCOUNT, region)


def check_copy(
    driver: Driver, kind: Kind, clients: Clients, backup: NativeBackup, regions: tuple[str, str], key: str
) -> None:
    """The copy is in the other Region, outlives its source and goes when deleted."""
    region, other = regions
    copy = driver.copy(
        backup, source=(ACCOUNT, region), destination=(ACCOUNT, other), key=key, token=COPY, tags=TAGS
    )
    partition = copy.arn.split(":")[1]
    assert re.fullmatch(kind.arn.format(p=partition, r=other, a=ACCOUNT), copy.arn)
    driver.delete(backup.arn, ACCOUNT, region)
    assert kind.exists(clients, other, copy.arn)
    assert copy.size_bytes == backup.size_bytes
    if kind.resource_type != "EC2":
        assert (copy.encrypted, copy.kms_key_arn) == (True, key)
    driver.delete(copy.arn, ACCOUNT, other)
    assert not kind.exists(clients, other, copy.arn)


@pytest.mark.parametrize("kind", KINDS, ids=kind_id)
def test_missing_resource_is_a_driver_error(kind: Kind, clients: Clients, now: datetime) -> None:
    """A resource that has gone away fails the job with the service's words."""
    driver = driver_of(clients, kind, now)
    last = {"EBS": "vol-0123456789abcdef0", "EC2": "i-0123456789abcdef0"}.get(kind.resource_type, "gone")
    resource = Resource(f"arn:aws:x:eu-west-1:{ACCOUNT}:y/{last}", ACCOUNT, "eu-west-1", kind.resource_type)

    with pytest.raises(DriverError):
        driver.back_up(resource, vault_key_arn=None, token=JOB, tags={})


def test_bucket_without_versioning_fails(clients: Clients, now: datetime) -> None:
    """Versioning is a precondition of S3 backups (aws-backup.md 4.10)."""
    s3 = clients("s3", ACCOUNT, "eu-west-1")
    s3.create_bucket(Bucket="plain", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    driver = driver_of(clients, KINDS[-1], now)
    (resource,) = driver.discover(ACCOUNT, "eu-west-1")

    with pytest.raises(DriverError) as caught:
        driver.back_up(resource, vault_key_arn=None, token=JOB, tags={})
    assert (caught.value.message, caught.value.category) == (
        "Bucket plain cannot be backed up: versioning is not enabled on it.",
        "FEATURE_NOT_ENABLED",
    )


def test_store_is_closed_and_tagged_and_never_backed_up(clients: Clients, now: datetime) -> None:
    """The store's bucket is no resource; it is closed to the public and carries the tags asked for."""
    make_bucket(clients, "eu-west-1", "")
    drivers = make_drivers(clients, lambda: now, store_tags={"backup-tier": "exempt"})
    driver = next(d for d in drivers if d.resource_type == "S3")
    (resource,) = driver.discover(ACCOUNT, "eu-west-1")
    driver.back_up(resource, vault_key_arn=None, token=JOB, tags={})
    s3, bucket = clients("s3", ACCOUNT, "eu-west-1"), f"backup-{ACCOUNT}-eu-west-1"

    assert [r.name for r in driver.discover(ACCOUNT, "eu-west-1")] == ["data"]
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "backup-tier", "Value": "exempt"}]
    closed = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(closed.values()) == {True}


def test_unencrypted_volume_stays_unencrypted(clients: Clients, now: datetime) -> None:
    """A snapshot inherits its volume's encryption; a copy under a vault key is encrypted."""
    ec2 = clients("ec2", ACCOUNT, "eu-west-1")
    ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1)
    key = clients("kms", ACCOUNT, "eu-central-1").create_key()["KeyMetadata"]["Arn"]
    driver = driver_of(clients, KINDS[0], now)
    (resource,) = driver.discover(ACCOUNT, "eu-west-1")

    backup = driver.back_up(resource, vault_key_arn=key, token=JOB, tags={})
    copy = driver.copy(
        backup,
        source=(ACCOUNT, "eu-west-1"),
        destination=(ACCOUNT, "eu-central-1"),
        key=key,
        token=COPY,
        tags={},
    )
    assert [(b.encrypted, b.kms_key_arn) for b in (backup, copy)] == [(False, None), (True, key)]


def test_large_tables_take_several_pages(clients: Clients, now: datetime) -> None:
    """A table larger than a page is stored as several objects, and every item once."""
    make_table(clients, "eu-west-1", "")
    dynamodb, s3 = clients("dynamodb", ACCOUNT, "eu-west-1"), clients("s3", ACCOUNT, "eu-west-1")
    for number in range(6):
        item = {"id": {"S": f"big-{number}"}, "text": {"S": "x" * 390_000}}
        dynamodb.put_item(TableName="data", Item=item)
    driver = driver_of(clients, KINDS[5], now)
    (resource,) = driver.discover(ACCOUNT, "eu-west-1")
    backup = driver.back_up(resource, vault_key_arn=None, token=JOB, tags={})

    names = stored(clients, "eu-west-1", backup.arn)
    bucket, prefix = f"backup-{ACCOUNT}-eu-west-1", backup.arn.rsplit(":", 1)[1]
    read = [json.loads(s3.get_object(Bucket=bucket, Key=f"{prefix}/{name}")["Body"].read()) for name in names]
    items = [item for page in read[:-1] for item in page] + read[-1]["items"]
    assert names == [*(f"items-{number + 1:06d}.json" for number in range(len(names) - 1)), "table.json"]
    assert len(names) > 2
    assert (read[-1]["table"]["TableName"], read[-1]["further_pages"]) == ("data", len(names) - 1)
    assert sorted(item["id"]["S"] for item in items) == ["0", "1", "2", *(f"big-{n}" for n in range(6))]


def test_archived_objects_are_left_out_and_said_so(clients: Clients, now: datetime) -> None:
    """A job that left something out is COMPLETED, and its category is not SUCCESS (aws-backup.md 1.4)."""
    make_bucket(clients, "eu-west-1", "")
    s3 = clients("s3", ACCOUNT, "eu-west-1")
    s3.put_object(Bucket="data", Key="old", Body=b"123", StorageClass="DEEP_ARCHIVE")
    driver = driver_of(clients, KINDS[-1], now)
    (resource,) = driver.discover(ACCOUNT, "eu-west-1")
    backup = driver.back_up(resource, vault_key_arn=None, token=JOB, tags={})

    assert stored_bucket_exists(clients, "eu-west-1", backup.arn)
    assert (backup.category, backup.message, backup.size_bytes) == (
        "MISCELLANEOUS",
        "1 archived objects were not backed up.",
        5,
    )


def test_stored_objects_keep_tags_and_metadata(clients: Clients, now: datetime) -> None:
    """What belongs to an object comes along (aws-backup.md 1.1 row 15)."""
    make_bucket(clients, "eu-west-1", "")
    key = clients("kms", ACCOUNT, "eu-west-1").create_key()["KeyMetadata"]["Arn"]
    driver = driver_of(clients, KINDS[-1], now)
    (resource,) = driver.discover(ACCOUNT, "eu-west-1")
    backup = driver.back_up(resource, vault_key_arn=key, token=JOB, tags={})
    where = {
        "Bucket": f"backup-{ACCOUNT}-eu-west-1",
        "Key": f"{backup.arn.rsplit(':', 1)[1]}/objects/a/b c+é",
    }
    s3 = clients("s3", ACCOUNT, "eu-west-1")
    found = s3.get_object(**where)

    assert (found["Body"].read(), found["Metadata"], found["SSEKMSKeyId"]) == (
        b"12345",
        {"author": "me"},
        key,
    )
    assert s3.get_object_tagging(**where)["TagSet"] == [{"Key": "kind", "Value": "x"}]
