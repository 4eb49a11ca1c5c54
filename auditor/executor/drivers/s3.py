"""S3 buckets: their objects with tags, ACLs and metadata (aws-backup.md 4.10).

The first backup of a bucket under a vault's key takes in every object, each later one what is new
(aws-backup.md 1.1 row 15).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Final

from auditor.executor.drivers.restores import UntaggedRestorer
from auditor.executor.drivers.s3_continuous import Journals, at, check_versioning
from auditor.executor.drivers.s3_delivery import Delivery
from auditor.executor.drivers.s3_intake import Intake, KnownEntries, ObjectSource
from auditor.executor.drivers.s3_restore import RestoreRequest, iso, open_destination, restore_into
from auditor.executor.drivers.stored import StoredDriver, not_stored
from auditor.executor.seam.calls import flag, name_of, pages, tags_by_arn, test_name
from auditor.executor.seam.continuous import LOOK_MS, continuous_arn
from auditor.executor.seam.driver import Clients, NativeBackup, Place
from auditor.executor.store.attempts import Claim
from auditor.executor.store.buckets import Bucket, Entry
from auditor.executor.store.layout import StoredPoint, content_of, group_of
from auditor.executor.store.objects import (
    Store,
    bucket_name,
    recovery_point_arn,
    stored_backup,
    token_of_point,
)
from auditor.executor.store.stored_points import StoredPoints
from auditor.model.organization import Resource

_PAGE: Final = 1000
#: What belongs to objects and an option of its name, as `BackupACLs`, may disable.
_PARTS: Final = ("ACLs", "ObjectTags")


class S3Driver(StoredDriver, UntaggedRestorer, Delivery):
    """Backs up the current objects of buckets, incrementally."""

    resource_type = "S3"
    copies_continuous = True
    keeps_released = True
    look_ms: int | None = LOOK_MS
    required_metadata = ()

    def __init__(
        self, clients: Clients, store: Store, clock: Callable[[], datetime], left_out: str = ""
    ) -> None:
        self._points = StoredPoints(store)
        super().__init__(clients, store, self._points)
        self._journals = Journals(store, self._points, clock)
        self._clock = clock
        self._left_out = left_out

    def with_options(self, options: Mapping[str, str]) -> "S3Driver":
        """Leave out what an option disables."""
        left_out = " ".join(part for part in _PARTS if options.get(f"Backup{part}") == "disabled")
        return S3Driver(self._clients, self._store, self._clock, left_out) if left_out else self

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """Buckets of the Region but the store's own. Their date changes with their settings: none given."""
        client = self._clients("s3", account_id, region)
        buckets = [b["Name"] for b in pages(client, "list_buckets", "Buckets", BucketRegion=region)]
        ours = bucket_name(account_id, region)
        arns = {f"arn:{client.meta.partition}:s3:::{name}": name for name in buckets if name != ours}
        tags = tags_by_arn(self._clients, account_id, region, "s3") if arns else {}
        return [
            Resource(arn, account_id, region, self.resource_type, name, None, tags.get(arn, {}))
            for arn, name in arns.items()
        ]

    def _take_in(self, place: Place, resource: Resource, key: str | None, token: str, /) -> NativeBackup:
        """Take in every current object that can be read and is not in the store."""
        bucket = Bucket(self._clients("s3", *place), name_of(resource.arn))
        check_versioning(bucket)
        moment = self._clock()
        name = f"{bucket.name}-{moment:%Y%m%d%H%M%S}-{token.lower()}"
        backup = stored_backup(recovery_point_arn(bucket.client, place, name), 0, key)
        point = _point(bucket, backup, token, moment, self._left_out)
        current = (
            [entry for entry in page if entry.latest and not entry.marker] for page in bucket.versions()
        )
        return self._make(place, point, current, source_of(bucket, point))

    def _copy(
        self, backup: NativeBackup, source: Place, destination: Place, key: str | None, token: str, /
    ) -> NativeBackup:
        """Take in every object of the recovery point that is not in the destination's store."""
        original = self._point(backup.arn, source)
        stamp = f"{datetime.fromtimestamp(original.created / 1000, self._clock().tzinfo):%Y%m%d%H%M%S}"
        name = f"{original.bucket}-{stamp}-{token.lower()}"
        arn = recovery_point_arn(self._clients("s3", *destination), destination, name)
        point = replace(
            original,
            claim=Claim(token.lower(), key),
            group=group_of(original.bucket, key),
            backup=stored_backup(arn, 0, key),
            edition="",
            parts=0,
            continuous=None,
        )
        store = bucket_name(*source)
        stored = ObjectSource(
            address=lambda entry: {"Bucket": store, "Key": entry.content},
            described=lambda entry: entry,
            key_of=lambda entry: entry.kms_key,
        )
        entries = self._points.layout.entries(source, original)
        if original.continuous is not None:
            entries = at(entries, original.continuous.until // 1000)
        made = self._make(destination, point, _pages(entries), stored)
        return replace(made, message=backup.message, category=backup.category) if backup.message else made

    def start(self, resource: Resource, *, vault_key_arn: str | None, token: str, days: int) -> NativeBackup:
        """Take in every version of every object."""
        place = (resource.account_id, resource.region)
        found = self.find(token, *place)
        if found is not None:
            return found
        bucket = Bucket(self._clients("s3", *place), name_of(resource.arn))
        arn = continuous_arn(bucket.client.meta.partition, *place, f"{bucket.name}-{token.lower()}")
        backup = stored_backup(arn, 0, vault_key_arn)
        point = _point(bucket, backup, token, self._clock(), self._left_out)
        return self._journals.begin(place, point, bucket, source_of(bucket, point), days).backup

    def renew(self, arn: str, resource: Resource, days: int) -> NativeBackup | None:
        """Look at the bucket; another retention, or other options, take another recovery point."""
        place = (resource.account_id, resource.region)
        point = self._point(arn, place)
        if point.continuous is None or point.continuous.days != days or point.left_out != self._left_out:
            return None
        return self._look(point, place).backup

    def refresh(self, arn: str, account_id: str, region: str) -> None:
        """Take in new versions and delete markers."""
        self._look(self._point(arn, (account_id, region)), (account_id, region))

    def restore_metadata(self, arn: str, account_id: str, region: str) -> dict[str, str]:
        """The bucket's name, and the times that a continuous recovery point can be restored to."""
        point = self._point(arn, (account_id, region))
        if point.continuous is None:
            return {"BucketName": point.bucket}
        since, until = iso(point.continuous.since), iso(point.continuous.until)
        return {"BucketName": point.bucket, "EarliestRestorableTime": since, "LatestRestorableTime": until}

    def _restore(self, arn: str, place: Place, metadata: Mapping[str, str], token: str, /) -> str:
        """Put objects back into DestinationBucketName, or the original bucket, where they are not there."""
        point = self._point(arn, place)
        request = RestoreRequest.read(metadata, point)
        client, name = self._clients("s3", *place), metadata.get("DestinationBucketName", point.bucket)
        bucket = open_destination(client, place, name, new=flag(metadata, "NewBucket"), token=token)
        restore_into(self._store, place, bucket, request, self._points.layout.entries(place, point))
        return f"arn:{client.meta.partition}:s3:::{name}"

    def infer(self, arn: str, place: Place, token: str) -> dict[str, str]:
        """A new bucket, and the latest time of a continuous recovery point."""
        new = {"DestinationBucketName": test_name(token), "NewBucket": "true"}
        continuous = self._point(arn, place).continuous
        return new if continuous is None else new | {"RestoreTime": iso(continuous.until)}

    def discard(self, arn: str, account_id: str, region: str) -> None:
        """Delete the bucket with all versions of its objects."""
        Bucket(self._clients("s3", account_id, region), name_of(arn)).discard()

    def _make(
        self, place: Place, point: StoredPoint, current: Iterable[list[Entry]], source: ObjectSource
    ) -> NativeBackup:
        """Make the recovery point of `point` with the objects of `current`."""
        with self._points.attempting(place, point) as begun:
            made = self._taken(place, begun, current, source)
            self._points.publish(place, made)
        self._points.sweep(place, made.group)
        return made.backup

    def _taken(
        self, place: Place, point: StoredPoint, current: Iterable[list[Entry]], source: ObjectSource
    ) -> StoredPoint:
        """`point` with what was taken in for it."""
        layout, base = self._points.layout, self._points.newest(place, point)
        known = KnownEntries(() if base is None else layout.entries(place, base))
        prefix = content_of(point.group, point.edition)
        intake = Intake(self._store, place, prefix, point.claim.kms_key, source)
        taken = (
            entry
            for page in current
            if page
            for entry in intake.take(page, known.up_to(page[-1].key))
            if entry.content
        )
        parts = layout.write_entries(place, point, taken)
        intake.check()
        return replace(point, parts=parts, backup=intake.told(point.backup, intake.size))

    def _look(self, point: StoredPoint, place: Place) -> StoredPoint:
        bucket = Bucket(self._clients("s3", *place), point.bucket)
        return self._journals.refresh(place, point, bucket, source_of(bucket, point))

    def _point(self, arn: str, place: Place) -> StoredPoint:
        point = self._points.find(place, token_of_point(arn))
        if point is None:
            raise not_stored(arn)
        return point


def _point(bucket: Bucket, backup: NativeBackup, token: str, moment: datetime, left_out: str) -> StoredPoint:
    """A recovery point to be made."""
    return StoredPoint(
        claim=Claim(token.lower(), backup.kms_key_arn),
        group=group_of(bucket.name, backup.kms_key_arn),
        bucket=bucket.name,
        created=round(moment.timestamp() * 1000),
        has_acls="ACLs" not in left_out.split() and bucket.has_acls(),
        backup=backup,
        left_out=left_out,
    )


def source_of(bucket: Bucket, point: StoredPoint) -> ObjectSource:
    """A bucket as where the objects of `point` come from."""
    has_tags = "ObjectTags" not in point.left_out.split()
    return ObjectSource(
        address=lambda entry: {"Bucket": bucket.name, "Key": entry.key, "VersionId": entry.version},
        described=lambda entry: replace(
            entry,
            tags=bucket.tags(entry) if has_tags else {},
            grants=bucket.grants(entry) if point.has_acls else None,
        ),
        key_of=bucket.kms_key,
    )


def _pages(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    found = iter(entries)
    while page := list(islice(found, _PAGE)):
        yield page
