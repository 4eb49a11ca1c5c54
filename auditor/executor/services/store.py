"""Where fully managed backups lie: a bucket for each account and Region, a prefix for each recovery point."""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from botocore.exceptions import ClientError

from auditor.executor.services.aws import call, driver_error, error_code, pages, tag_list
from auditor.executor.services.base import Clients, DriverError, NativeBackup, Place
from auditor.executor.services.s3_objects import MAX_COPY_BYTES, copy_object, delete_keys

_DELETE_AT_ONCE: Final = 1000


def bucket_name(account_id: str, region: str) -> str:
    """The store's bucket."""
    return f"backup-{account_id}-{region}"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object below a prefix; `name` is what follows the prefix."""

    name: str
    size: int


class Store:
    """Objects under `<recovery point>/…`. Buckets are made when needed, closed to the public and tagged."""

    def __init__(
        self, clients: Clients, tags: Mapping[str, str], *, max_copy_bytes: int = MAX_COPY_BYTES
    ) -> None:
        self._clients = clients
        self._max_copy_bytes = max_copy_bytes
        self._tags = tags
        self._known: set[Place] = set()

    def put(self, place: Place, key: str, body: bytes, *, kms_key: str | None) -> None:
        """Store `body` under the vault's key, or S3's own without one."""
        bucket = self._bucket(place)
        call(self._client(place), "put_object", Bucket=bucket, Key=key, Body=body, **encrypted_with(kms_key))

    def put_json(self, place: Place, key: str, document: Any, *, kms_key: str | None) -> int:
        """Store `document` as JSON and give its size in bytes; binary values become base64."""
        body = orjson.dumps(document, default=_plain)
        self.put(place, key, body, kms_key=kms_key)
        return len(body)

    def get_json(self, place: Place, key: str) -> Any:
        """What `put_json` stored."""
        answer = call(self._client(place), "get_object", Bucket=bucket_name(*place), Key=key)
        return orjson.loads(answer["Body"].read())

    def find_json(self, place: Place, key: str) -> Any | None:
        """What `put_json` stored; None where there is nothing, or no store yet."""
        try:
            return self.get_json(place, key)
        except DriverError as error:
            if error_code(error.__cause__) in {"NoSuchKey", "NoSuchBucket"}:
                return None
            raise

    def take_in(
        self, place: Place, key: str, source: Mapping[str, str], size: int, *, kms_key: str | None
    ) -> None:
        """Copy an object of `size` bytes, named as in CopySource, with its metadata into the store."""
        target = {"Bucket": self._bucket(place), "Key": key, **encrypted_with(kms_key)}
        copy_object(self._client(place), source, size, self._max_copy_bytes, **target)

    def copy(
        self, prefix: str, *, source: Place, to_prefix: str, destination: Place, kms_key: str | None
    ) -> None:
        """Copy everything below `prefix` into another account's or Region's store."""
        bucket = bucket_name(*source)
        found = list(self.below(source, prefix))
        if not found:
            raise DriverError(f"Nothing is stored below {prefix}.", "RESOURCE_NOT_FOUND")
        for item in found:
            stored = {"Bucket": bucket, "Key": f"{prefix}/{item.name}"}
            self.take_in(destination, f"{to_prefix}/{item.name}", stored, item.size, kms_key=kms_key)

    def give_out(self, place: Place, key: str, size: int, **target: Any) -> None:
        """Copy a stored object with its metadata; `target` has the parameters of CopyObject."""
        source = {"Bucket": bucket_name(*place), "Key": key}
        copy_object(self._client(place), source, size, self._max_copy_bytes, **target)

    def delete(self, place: Place, prefix: str) -> None:
        """Delete everything below `prefix`."""
        self.delete_keys(place, [f"{prefix}/{item.name}" for item in self.below(place, prefix)])

    def delete_keys(self, place: Place, keys: Sequence[str]) -> None:
        """Delete objects; those that are gone already are a success. Raises `DriverError`."""
        for start in range(0, len(keys), _DELETE_AT_ONCE):
            batch = [{"Key": key} for key in keys[start : start + _DELETE_AT_ONCE]]
            delete_keys(self._client(place), bucket_name(*place), batch)

    def below(self, place: Place, prefix: str) -> Iterator[StoredObject]:
        """The objects below `prefix`."""
        client = self._client(place)
        for item in pages(
            client, "list_objects_v2", "Contents", Bucket=bucket_name(*place), Prefix=f"{prefix}/"
        ):
            yield StoredObject(item["Key"].removeprefix(f"{prefix}/"), item["Size"])

    def _client(self, place: Place) -> Any:
        return self._clients("s3", *place)

    def _bucket(self, place: Place) -> str:
        bucket = bucket_name(*place)
        if place not in self._known:
            self._make(place, bucket)
            self._known.add(place)
        return bucket

    def _make(self, place: Place, bucket: str) -> None:
        client = self._client(place)
        where = (
            {} if place[1] == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": place[1]}}
        )
        try:
            client.create_bucket(Bucket=bucket, **where)
        except ClientError as error:
            if error_code(error) != "BucketAlreadyOwnedByYou":
                raise driver_error(error) from error
            return
        closed = dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        )
        call(client, "put_public_access_block", Bucket=bucket, PublicAccessBlockConfiguration=closed)
        if self._tags:
            call(client, "put_bucket_tagging", Bucket=bucket, Tagging={"TagSet": tag_list(self._tags)})


def recovery_point_arn(client: Any, place: Place, name: str) -> str:
    """The ARN of a recovery point that the executor stores itself (aws-backup.md 4.11)."""
    return f"arn:{client.meta.partition}:backup:{place[1]}:{place[0]}:recovery-point:{name}"


def prefix_of(arn: str) -> str:
    """The prefix under which the recovery point lies."""
    return arn.rsplit(":", 1)[-1]


def stored_backup(arn: str, size_bytes: int, kms_key: str | None) -> NativeBackup:
    """S3 encrypts all that it stores: under the vault's key, or under one of its own that has no ARN."""
    return NativeBackup(arn, size_bytes, encrypted=True, kms_key_arn=kms_key)


def encrypted_with(kms_key: str | None) -> dict[str, str]:
    """The parameters of an object under a key of KMS, or under S3's own without one."""
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    raise TypeError(type(value).__name__)
