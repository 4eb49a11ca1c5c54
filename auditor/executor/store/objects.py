"""Where fully managed backups lie: a bucket for each account and Region.

Several executors may write some objects at once. The ETag is such an object's version: it is replaced or
deleted only while it still has the ETag that was read. General-purpose buckets can do so in every Region
(Amazon S3 User Guide, "Add preconditions to S3 operations with conditional requests").
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from botocore.exceptions import BotoCoreError, ClientError, IncompleteReadError

from auditor.executor.seam.calls import call, driver_error, error_code, found_once, tag_list
from auditor.executor.seam.driver import Clients, DriverError, NativeBackup, Place
from auditor.executor.store.buckets import MAX_COPY_BYTES, copy_object, delete_keys

_DELETE_AT_ONCE: Final = 1000
#: The storage class of what is cold: kept for 90 days at least, as AWS Backup's cold storage is.
_COLD: Final = "GLACIER_IR"
#: The length of a token, with which the name of every stored recovery point ends.
_TOKEN: Final = 36

#: What S3 answers when an object is not, or no more, what a conditional request expects.
_CHANGED: Final = frozenset({"PreconditionFailed", "NoSuchKey"})
#: What it answers when two conditional requests meet: nothing was done.
_CONFLICT: Final = "ConditionalRequestConflict"


class ChangedError(DriverError):
    """An object is not what it was when it was read."""


def bucket_name(account_id: str, region: str) -> str:
    """The store's bucket."""
    return f"backup-{account_id}-{region}"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object below a prefix; `name` is what follows the prefix."""

    name: str
    size: int


class Store:
    """Objects by key. Buckets are made when needed, closed to the public and tagged."""

    def __init__(
        self, clients: Clients, tags: Mapping[str, str], *, max_copy_bytes: int = MAX_COPY_BYTES
    ) -> None:
        self._clients = clients
        self._max_copy_bytes = max_copy_bytes
        self._tags = tags
        self._known: set[Place] = set()

    def put(self, place: Place, key: str, body: bytes, *, kms_key: str | None) -> None:
        """Store `body` under the vault's key, or S3's own without one."""
        target = {"Bucket": self._bucket(place), "Key": key, **encrypted_with(kms_key)}
        _write(self._client(place), "put_object", Body=body, **target)

    def put_json(self, place: Place, key: str, document: Any, *, kms_key: str | None) -> int:
        """Store `document` as JSON and give its size in bytes; binary values become base64."""
        body = json_bytes(document)
        self.put(place, key, body, kms_key=kms_key)
        return len(body)

    def put_version(self, place: Place, key: str, document: Any, *, version: str, kms_key: str | None) -> str:
        """Store `document` in place of the version with the ETag `version`, "" for none; gives the new ETag.

        Raises `ChangedError` where another version is there. When a request is sent twice because the first
        answer was lost, finding our own document there is a success. A conflict with another request is
        transient.
        """
        body, bucket = json_bytes(document), self._bucket(place)
        condition = {"IfMatch": version} if version else {"IfNoneMatch": "*"}
        target = {"Bucket": bucket, "Key": key, **condition, **encrypted_with(kms_key)}
        try:
            return str(_write(self._client(place), "put_object", Body=body, **target)["ETag"])
        except DriverError as error:
            code = error_code(error.__cause__)
            if isinstance(error.__cause__, ClientError) and code not in {*_CHANGED, _CONFLICT}:
                raise
            found = self.find_version(place, key)
            if found is not None and found[0] == orjson.loads(body):
                return found[1]
            if code in _CHANGED:
                raise ChangedError(error.message) from error
            raise DriverError(error.message, error.category, transient=True) from error

    def delete_version(self, place: Place, key: str, version: str) -> None:
        """Delete an object unless it is not, or no more, the version with that ETag; raises `DriverError`."""
        where = {"Bucket": bucket_name(*place), "Key": key}
        try:
            call(self._client(place), "delete_object", **where, IfMatch=version)
        except DriverError as error:
            code = error_code(error.__cause__)
            if code == _CONFLICT:
                raise DriverError(error.message, error.category, transient=True) from error
            if code not in _CHANGED:
                raise

    def get(self, place: Place, key: str) -> tuple[bytes, str]:
        """An object and its ETag; raises `DriverError`, a transient one where the connection broke."""
        try:
            answer = self._client(place).get_object(Bucket=bucket_name(*place), Key=key)
            return answer["Body"].read(), answer["ETag"]
        except IncompleteReadError as error:
            raise DriverError(str(error), transient=True) from error
        except (ClientError, BotoCoreError) as error:
            raise driver_error(error, repeatable=True) from error

    def get_json(self, place: Place, key: str) -> Any:
        """What `put_json` stored."""
        return orjson.loads(self.get(place, key)[0])

    def find_version(self, place: Place, key: str) -> tuple[Any, str] | None:
        """A document that was stored as JSON and its ETag; None where there is nothing, or no store yet."""
        try:
            body, version = self.get(place, key)
        except DriverError as error:
            if error_code(error.__cause__) in {"NoSuchKey", "NoSuchBucket"}:
                return None
            raise
        return orjson.loads(body), version

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

    def archive(self, place: Place, prefix: str, *, kms_key: str | None) -> None:
        """Move everything below `prefix` to S3's storage class for archives that are read at once."""
        bucket, client = bucket_name(*place), self._client(place)
        for item in self._listed(place, "Contents", prefix):
            if item.get("StorageClass") != _COLD:
                here = {"Bucket": bucket, "Key": item["Key"]}
                target = {**here, "StorageClass": _COLD, **encrypted_with(kms_key)}
                copy_object(client, here, item["Size"], self._max_copy_bytes, **target)

    def delete(self, place: Place, prefix: str) -> None:
        """Delete everything below `prefix`."""
        self.delete_keys(place, [f"{prefix}/{item.name}" for item in self.below(place, prefix)])

    def delete_keys(self, place: Place, keys: Sequence[str]) -> None:
        """Delete objects; those that are gone already are a success. Raises `DriverError`."""
        for start in range(0, len(keys), _DELETE_AT_ONCE):
            batch = [{"Key": key} for key in keys[start : start + _DELETE_AT_ONCE]]
            delete_keys(self._client(place), bucket_name(*place), batch)

    def below(self, place: Place, prefix: str) -> Iterator[StoredObject]:
        """The objects below `prefix` in the order of their names; none where there is no store yet."""
        for item in self._listed(place, "Contents", prefix):
            yield StoredObject(item["Key"].removeprefix(f"{prefix}/"), item["Size"])

    def folders(self, place: Place, prefix: str) -> set[str]:
        """What follows `prefix` up to the next slash, of the objects below it."""
        found = self._listed(place, "CommonPrefixes", prefix, Delimiter="/")
        return {item["Prefix"].removeprefix(f"{prefix}/").removesuffix("/") for item in found}

    def present(self, arns: Iterable[str], place: Place) -> set[str]:
        """Those of the recovery points `arns` whose describing document is still in the store."""
        where = {"Bucket": bucket_name(*place), "Delimiter": "/"}
        found = found_once(
            self._client(place), "list_objects_v2", "CommonPrefixes", {"NoSuchBucket"}, **where
        )
        names = {item["Prefix"].removesuffix("/") for item in found}
        return {arn for arn in arns if token_of_point(arn) in names}

    def _listed(self, place: Place, member: str, prefix: str, **more: str) -> list[dict[str, Any]]:
        where = {"Bucket": bucket_name(*place), "Prefix": f"{prefix}/", **more}
        return found_once(self._client(place), "list_objects_v2", member, {"NoSuchBucket"}, **where)

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
            _write(client, "create_bucket", Bucket=bucket, **where)
        except DriverError as error:
            if error_code(error.__cause__) != "BucketAlreadyOwnedByYou":
                raise
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


def token_of_point(arn: str) -> str:
    """The token under which the recovery point was made, in small letters."""
    return prefix_of(arn)[-_TOKEN:]


def stored_backup(arn: str, size_bytes: int, kms_key: str | None) -> NativeBackup:
    """A stored recovery point's backup: S3 encrypts it under the vault's key, or its own without an ARN."""
    return NativeBackup(arn, size_bytes, encrypted=True, kms_key_arn=kms_key)


def encrypted_with(kms_key: str | None) -> dict[str, str]:
    """The parameters of an object under a key of KMS, or under S3's own without one."""
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}


def json_bytes(document: Any) -> bytes:
    """`document` as it is stored; binary values become base64."""
    return orjson.dumps(document, default=_plain)


def _write(client: Any, operation: str, **params: Any) -> dict[str, Any]:
    """Make a call that can safely be repeated, as it stores the same again. Raises `DriverError`."""
    try:
        answer: dict[str, Any] = getattr(client, operation)(**params)
    except (ClientError, BotoCoreError) as error:
        raise driver_error(error, repeatable=True) from error
    return answer


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    raise TypeError(type(value).__name__)
