"""Restores of buckets, single objects and folders, as they were at a given time.

The metadata are AWS Backup's: DestinationBucketName, NewBucket, ItemsToRestore, RestoreTime,
RestoreLatestVersionsUpTo, RestoreACLs, EncryptionType and KMSKey. A restore puts nothing in place of an
object that is there, and deletes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, islice
from typing import Any, Final

import orjson

from auditor.executor.drivers.s3_continuous import was_there
from auditor.executor.drivers.s3_intake import WORKERS
from auditor.executor.seam.calls import JOB_TAG, call, error_code, flag, tag_map
from auditor.executor.seam.driver import DriverError, Place
from auditor.executor.store.buckets import UNREADABLE, Bucket, Entry, tagging
from auditor.executor.store.layout import StoredPoint
from auditor.executor.store.objects import Store, encrypted_with
from auditor.model.arn import Arn
from auditor.threads import in_parallel

#: AWS Backup restores at most five objects or folders in one job.
_MAX_ITEMS: Final = 5
_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class RestoreRequest:
    """What restore metadata ask for. `time` is in whole seconds since 1970, UTC."""

    items: list[str] | None
    time: int | None
    versions: int | None
    acls: bool
    encryption: str
    kms_key: str | None

    @classmethod
    def read(cls, metadata: Mapping[str, str], point: StoredPoint) -> "RestoreRequest":
        """Read metadata for a recovery point; raises `DriverError`."""
        acls = flag(metadata, "RestoreACLs")
        if acls and not point.has_acls:
            message = (
                "Unable to restore Access Control Lists (ACLs) for bucket because backup was created with "
                "the 'BackupACLs' option disabled. Please proceed with restoring without ACLs"
            )
            raise DriverError(message, "INVALID_STATE")
        encryption = metadata.get("EncryptionType", "original")
        if encryption not in {"original", "SSE-S3", "SSE-KMS"}:
            raise DriverError("EncryptionType must be original, SSE-S3 or SSE-KMS.", "INVALID_STATE")
        return cls(
            _items(metadata, point.bucket),
            _time(metadata, point),
            _versions(metadata),
            acls,
            encryption,
            metadata.get("KMSKey"),
        )

    def chosen(self, entries: Iterable[Entry]) -> Iterator[list[Entry]]:
        """The versions to restore of each key, the oldest first. Raises `DriverError`."""
        waiting = set(self.items or ())
        for key, found in groupby(entries, key=lambda entry: entry.key):
            named = [item for item in self.items or () if _names(item, key)]
            there = [entry for entry in found if self.time is None or was_there(entry, self.time)]
            if (self.items is not None and not named) or not there or there[0].marker:
                continue
            waiting -= set(named)
            objects = (entry for entry in there if not entry.marker and _was_read(entry))
            versions = list(islice(objects, self.versions))
            missing = next((entry for entry in versions if not entry.content), None)
            if missing is not None:
                message = f"Version {missing.version} of {key} could not be backed up."
                raise DriverError(message, "INVALID_STATE")
            yield versions[::-1]
        if waiting:
            raise DriverError(f"{min(waiting)} is not in the backup.", "RESOURCE_NOT_FOUND")

    def encrypted(self, entry: Entry, place: Place) -> dict[str, str]:
        """The encryption of a restored object; raises `DriverError` for a key of another Region."""
        if self.encryption == "SSE-S3":
            return {"ServerSideEncryption": "AES256"}
        if self.encryption == "SSE-KMS":
            return encrypted_with(self.kms_key) or {"ServerSideEncryption": "aws:kms"}
        if entry.kms_key and Arn.parse(entry.kms_key).region != place[1]:
            message = (
                "The original encryption cannot be used in another Region; choose another EncryptionType."
            )
            raise DriverError(message, "KMS_KEY_ERROR")
        return encrypted_with(entry.kms_key)


def restore_into(
    store: Store, place: Place, bucket: Bucket, request: RestoreRequest, entries: Iterable[Entry]
) -> None:
    """Put back what is asked for into `bucket`, many objects at a time."""

    def put_back(versions: list[Entry]) -> None:
        if not versions or bucket.has(versions[0].key):
            return
        for entry in versions:
            target: dict[str, Any] = {"Bucket": bucket.name, "Key": entry.key}
            target |= {"Tagging": tagging(entry.tags), "StorageClass": entry.storage_class}
            store.give_out(place, entry.content, entry.size, **target, **request.encrypted(entry, place))
            if request.acls and entry.grants is not None:
                bucket.grant(entry.key, entry.grants)

    chosen = request.chosen(entries)
    while batch := list(islice(chosen, _AT_ONCE)):
        in_parallel(put_back, batch, workers=WORKERS)


def open_destination(client: Any, place: Place, name: str, *, new: bool, token: str) -> Bucket:
    """The bucket to restore into, made for `new` unless that was done under `token` before.

    It needs versioning, which a new one gets. Raises `DriverError`.
    """
    bucket = Bucket(client, name)
    if new:
        _make(client, place, name, token)
    elif bucket.versioning() != "Enabled":
        message = f"Bucket {name} cannot be restored into: versioning is not enabled on it."
        raise DriverError(message, "FEATURE_NOT_ENABLED")
    return bucket


def _make(client: Any, place: Place, name: str, token: str) -> None:
    try:
        found = tag_map(call(client, "get_bucket_tagging", Bucket=name)["TagSet"])
    except DriverError as error:
        if error_code(error.__cause__) != "NoSuchBucket":
            raise DriverError(f"Bucket {name} exists already: {error.message}", "INVALID_STATE") from error
        where = {"CreateBucketConfiguration": {"LocationConstraint": place[1]}}
        call(client, "create_bucket", Bucket=name, **({} if place[1] == "us-east-1" else where))
        mark = {"TagSet": [{"Key": JOB_TAG, "Value": token}]}
        call(client, "put_bucket_tagging", Bucket=name, Tagging=mark)
    else:
        if found.get(JOB_TAG) != token:
            raise DriverError(f"Bucket {name} exists already.", "INVALID_STATE")
    enabled = {"Status": "Enabled"}
    call(client, "put_bucket_versioning", Bucket=name, VersioningConfiguration=enabled)


def _items(metadata: Mapping[str, str], bucket: str) -> list[str] | None:
    """The objects and folders that ItemsToRestore names, as keys; None without it."""
    if "ItemsToRestore" not in metadata:
        return None
    try:
        wanted = orjson.loads(metadata["ItemsToRestore"])
    except orjson.JSONDecodeError:
        wanted = None
    if not isinstance(wanted, list) or not all(isinstance(item, str) for item in wanted):
        raise DriverError("ItemsToRestore must be a JSON list of object keys.", "INVALID_STATE")
    if not 1 <= len(wanted) <= _MAX_ITEMS:
        raise DriverError(f"ItemsToRestore must name 1 to {_MAX_ITEMS} objects.", "INVALID_STATE")
    return [item.removeprefix(f"s3://{bucket}/") for item in wanted]


def _names(item: str, key: str) -> bool:
    """Whether an item of ItemsToRestore is the object `key` or a folder that it is in."""
    return key == item or key.startswith(f"{item.removesuffix('/')}/")


def _time(metadata: Mapping[str, str], point: StoredPoint) -> int | None:
    """RestoreTime in seconds: needed for a continuous recovery point, and only valid for one."""
    text, continuous = metadata.get("RestoreTime"), point.continuous
    if continuous is None:
        if text is not None:
            message = "RestoreTime is only valid for continuous recovery points."
            raise DriverError(message, "INVALID_STATE")
        return None
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        message = "RestoreTime is required for a continuous recovery point, as 2021-11-27T03:30:27Z."
        raise DriverError(message, "INVALID_STATE") from None
    time = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    if not continuous.since // 1000 <= time <= continuous.until // 1000:
        first, last = (iso(ms) for ms in (continuous.since, continuous.until))
        raise DriverError(f"RestoreTime must be between {first} and {last}.", "INVALID_STATE")
    return time


def iso(ms: int) -> str:
    """Milliseconds since 1970 as AWS Backup's restore metadata have times: 2021-11-27T03:30:27Z."""
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _versions(metadata: Mapping[str, str]) -> int | None:
    """How many versions RestoreLatestVersionsUpTo asks for, None for all."""
    text = metadata.get("RestoreLatestVersionsUpTo", "1")
    if text == "all":
        return None
    if not text.isdecimal() or int(text) < 1:
        message = "RestoreLatestVersionsUpTo must be a positive whole number or all."
        raise DriverError(message, "INVALID_STATE")
    return int(text)


def _was_read(entry: Entry) -> bool:
    return bool(entry.content) or entry.storage_class not in UNREADABLE
