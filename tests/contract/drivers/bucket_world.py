"""A versioned bucket, a driver that backs it up, and time."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from auditor.executor.drivers.s3 import S3Driver
from auditor.executor.seam.driver import NativeBackup
from auditor.executor.store.objects import Store
from auditor.model.organization import Resource
from tests.contract.drivers.kinds import Clients

ACCOUNT, REGION, OTHER = "123456789012", "eu-west-1", "eu-central-1"
HERE, THERE = (ACCOUNT, REGION), (ACCOUNT, OTHER)
BUCKET = Resource("arn:aws:s3:::data", ACCOUNT, REGION, "S3", "data")
STORE = f"backup-{ACCOUNT}-{REGION}"
START = datetime(2026, 1, 5, tzinfo=UTC)


def token(number: int) -> str:
    """The id of the n-th job."""
    return str(uuid5(UUID(int=0), str(number))).upper()


class BucketWorld:
    """A versioned bucket, a driver that knows nothing but the services, and time."""

    def __init__(self, clients: Clients, traveller: Any) -> None:
        self.clients = clients
        self.traveller = traveller
        self.s3 = clients("s3", *HERE)
        self.make("data")

    def make(self, name: str) -> None:
        """A versioned bucket."""
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})

    def driver(self, **limits: int) -> S3Driver:
        """A driver as a new process has it."""
        return S3Driver(self.clients, Store(self.clients, {}, **limits), lambda: datetime.now(UTC))

    def put(self, key: str, body: str | bytes, **more: Any) -> None:
        """Put an object, a second later than whatever was before."""
        self.traveller.shift(timedelta(seconds=1))
        self.s3.put_object(Bucket="data", Key=key, Body=body, **more)

    def remove(self, key: str) -> None:
        """Put a delete marker."""
        self.traveller.shift(timedelta(seconds=1))
        self.s3.delete_object(Bucket="data", Key=key)

    def back_up(self, number: int, key: str | None = None) -> NativeBackup:
        """The n-th job backs the bucket up."""
        self.traveller.shift(timedelta(seconds=1))
        return self.driver().back_up(BUCKET, vault_key_arn=key, token=token(number), tags={})

    def restored(self, arn: str, **metadata: str) -> dict[str, str]:
        """What a restore into a new bucket gives."""
        name = f"new-{uuid5(UUID(int=0), arn + json.dumps(metadata))}"
        given = {"DestinationBucketName": name, "NewBucket": "true"} | metadata
        made = self.driver().restore(arn, place=HERE, metadata=given, token="restore", tags={})
        assert made == f"arn:aws:s3:::{name}"
        return self.contents(name)

    def contents(self, bucket: str) -> dict[str, str]:
        """Every current object of a bucket."""
        found = self.s3.list_objects_v2(Bucket=bucket).get("Contents", ())
        return {
            o["Key"]: self.s3.get_object(Bucket=bucket, Key=o["Key"])["Body"].read().decode() for o in found
        }

    def stored(self) -> list[str]:
        """The names in the store."""
        found = self.s3.list_objects_v2(Bucket=STORE).get("Contents", ())
        return [item["Key"] for item in found]

    def content(self) -> list[str]:
        """The names of objects that were taken in."""
        return [name for name in self.stored() if "/content/" in name]
