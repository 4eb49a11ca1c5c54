"""One contract for every driver: list, back up, copy to another Region, delete, against moto."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from auditor.executor.drivers import make_drivers
from auditor.executor.seam.driver import Driver, DriverError, NativeBackup
from auditor.model.organization import Resource
from tests.contract.drivers.kinds import Kind

Clients = Callable[[str, str, str], Any]

ACCOUNT = "123456789012"
TAGS = {"backup-tier": "gold", "Name": "data"}
JOB = "0A1B2C3D-0000-4000-8000-00000000000A"
COPY = "9A8B7C6D-0000-4000-8000-00000000000B"
REGIONS = {"aws": ("eu-west-1", "eu-central-1"), "aws-cn": ("cn-north-1", "cn-northwest-1")}


@pytest.mark.parametrize("partition", REGIONS)
def test_backup_copy_delete(
    kind: Kind, partition: str, clients: Clients, driver_of: Callable[..., Driver]
) -> None:
    """A resource is listed with its tags; its backup and copy are there, encrypted as said, until deleted."""
    region, other = REGIONS[partition]
    keys = {r: clients("kms", ACCOUNT, r).create_key()["KeyMetadata"]["Arn"] for r in (region, other)}
    kind.make(clients, region, keys[region])
    driver = driver_of(kind.resource_type, managed=kind.managed)

    found = [r for r in driver.discover(ACCOUNT, region) if r.tags == TAGS]
    assert [(r.resource_type, r.account_id, r.region, r.name) for r in found] == [
        (kind.resource_type, ACCOUNT, region, "data")
    ]
    backup = driver.back_up(found[0], vault_key_arn=keys[region], token=JOB, tags=TAGS)
    assert re.fullmatch(kind.arn.format(p=partition, r=region, a=ACCOUNT), backup.arn)
    assert kind.exists(clients, region, backup.arn)
    assert driver.can_copy is kind.copied
    if kind.copied:
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


def test_missing_resource_is_a_driver_error(kind: Kind, driver_of: Callable[..., Driver]) -> None:
    """A resource that has gone away fails the job with the service's words."""
    driver = driver_of(kind.resource_type, managed=kind.managed)
    last = {"EBS": "vol-0123456789abcdef0", "EC2": "i-0123456789abcdef0"}.get(kind.resource_type, "gone")
    resource = Resource(f"arn:aws:x:eu-west-1:{ACCOUNT}:y/{last}", ACCOUNT, "eu-west-1", kind.resource_type)

    with pytest.raises(DriverError):
        driver.back_up(resource, vault_key_arn=None, token=JOB, tags={})


def test_bucket_without_versioning_fails(clients: Clients, driver_of: Callable[..., Driver]) -> None:
    """Versioning is a precondition of S3 backups (aws-backup.md 4.10)."""
    s3 = clients("s3", ACCOUNT, "eu-west-1")
    s3.create_bucket(Bucket="plain", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    driver = driver_of("S3", managed=True)
    (resource,) = driver.discover(ACCOUNT, "eu-west-1")

    with pytest.raises(DriverError) as caught:
        driver.back_up(resource, vault_key_arn=None, token=JOB, tags={})
    assert (caught.value.message, caught.value.category) == (
        "Bucket plain cannot be backed up: versioning is not enabled on it.",
        "FEATURE_NOT_ENABLED",
    )


def test_store_is_closed_and_tagged_and_never_backed_up(
    clients: Clients, kinds: dict[str, Kind], now: datetime
) -> None:
    """The store's bucket is no resource; it is closed to the public and carries the tags asked for."""
    kinds["S3-managed"].make(clients, "eu-west-1", "")
    drivers = make_drivers(clients, lambda: now, store_tags={"backup-tier": "exempt"})
    driver = next(d for d in drivers if d.resource_type == "S3")
    (resource,) = driver.discover(ACCOUNT, "eu-west-1")
    driver.back_up(resource, vault_key_arn=None, token=JOB, tags={})
    s3, bucket = clients("s3", ACCOUNT, "eu-west-1"), f"backup-{ACCOUNT}-eu-west-1"

    assert [r.name for r in driver.discover(ACCOUNT, "eu-west-1")] == ["data"]
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "backup-tier", "Value": "exempt"}]
    closed = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(closed.values()) == {True}


def test_unencrypted_volume_stays_unencrypted(clients: Clients, driver_of: Callable[..., Driver]) -> None:
    """A snapshot inherits its volume's encryption; a copy under a vault key is encrypted."""
    ec2 = clients("ec2", ACCOUNT, "eu-west-1")
    ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1)
    key = clients("kms", ACCOUNT, "eu-central-1").create_key()["KeyMetadata"]["Arn"]
    driver = driver_of("EBS")
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


@pytest.mark.parametrize("key", [None, f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/of-the-vault"])
def test_large_tables_take_several_pages(
    clients: Clients, kinds: dict[str, Kind], driver_of: Callable[..., Driver], key: str | None
) -> None:
    """A table larger than a page is stored as several objects under the vault's key, and every item once."""
    kinds["DynamoDB-managed"].make(clients, "eu-west-1", "")
    dynamodb, s3 = clients("dynamodb", ACCOUNT, "eu-west-1"), clients("s3", ACCOUNT, "eu-west-1")
    for number in range(6):
        item = {"id": {"S": f"big-{number}"}, "text": {"S": "x" * 390_000}}
        dynamodb.put_item(TableName="data", Item=item)
    driver = driver_of("DynamoDB", managed=True)
    (resource,) = driver.discover(ACCOUNT, "eu-west-1")
    backup = driver.back_up(resource, vault_key_arn=key, token=JOB, tags={})

    bucket, prefix = f"backup-{ACCOUNT}-eu-west-1", backup.arn.rsplit(":", 1)[1]
    paths = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/")["Contents"]]
    names = [path.rsplit("/", 1)[1] for path in paths]
    objects = [s3.get_object(Bucket=bucket, Key=path) for path in paths]
    *pages, claim = [json.loads(one["Body"].read()) for one in objects]
    assert (backup.kms_key_arn, {one.get("SSEKMSKeyId") for one in objects}) == (key, {key})
    stored = claim["about"]
    items = [item for page in pages for item in page] + stored["items"]
    assert names == [*(f"items-{number + 1:06d}.json" for number in range(len(names) - 1)), "job.json"]
    assert len(names) > 2
    assert (stored["table"]["TableName"], stored["further_pages"]) == ("data", len(names) - 1)
    assert sorted(item["id"]["S"] for item in items) == ["0", "1", "2", *(f"big-{n}" for n in range(6))]
