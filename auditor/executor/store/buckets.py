"""Objects of buckets: their versions, their tags, ACLs and encryption, and copies of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from heapq import merge
from typing import Any, Final
from urllib.parse import urlencode

from botocore.exceptions import BotoCoreError, ClientError
from s3transfer.manager import TransferConfig, TransferManager

from auditor.executor.seam.calls import call, driver_error, error_code, tag_map
from auditor.executor.seam.driver import DriverError

#: CopyObject's own limit; larger objects are copied in parts.
MAX_COPY_BYTES: Final = 5 << 30
_PART_BYTES: Final = 1 << 30

#: Storage classes that AWS Backup leaves out: they cannot be read at once (aws-backup.md 4.10).
UNREADABLE: Final = ("GLACIER", "DEEP_ARCHIVE")

#: What belongs to an object's content. CopyObject takes it along by itself, a copy in parts does not.
_HEADERS: Final = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
    "Metadata",
    "WebsiteRedirectLocation",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A version of an object, or a delete marker. Times are milliseconds since 1970, UTC.

    `appeared` is from when on the bucket is known to have had it, which is later than `modified` for an
    upload in parts that took long. `content` is the key in the store under which the object lies; a version
    that could not be taken in has neither content nor marker. `kms_key` is what encrypts the original, ""
    where that is a key of S3's own. `grants` is None where the bucket has no ACLs. `gone` is when the version
    was first missed in the bucket: somebody has deleted it for good.
    """

    key: str
    version: str
    modified: int
    appeared: int = 0
    etag: str = ""
    size: int = 0
    storage_class: str = "STANDARD"
    latest: bool = True
    marker: bool = False
    content: str = ""
    kms_key: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    grants: list[dict[str, Any]] | None = None
    gone: int | None = None

    @property
    def identity(self) -> tuple[str, str, int, str]:
        """What two looks at one version have in common. A version's content never changes."""
        return self.key, self.version, self.modified, self.etag

    @property
    def digest(self) -> str:
        """The identity as a name."""
        return sha256("\0".join(map(str, self.identity)).encode()).hexdigest()[:40]


class Bucket:
    """A bucket that is backed up or restored into."""

    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        self.name = name

    def versioning(self) -> str:
        """`Enabled`, `Suspended`, or "" where it never was."""
        return str(call(self.client, "get_bucket_versioning", Bucket=self.name).get("Status", ""))

    def has_acls(self) -> bool:
        """Whether objects have ACLs; `BucketOwnerEnforced` turns them off."""
        try:
            answer = call(self.client, "get_bucket_ownership_controls", Bucket=self.name)
        except DriverError as error:
            if error_code(error.__cause__) == "OwnershipControlsNotFoundError":
                return True
            raise
        rules = answer["OwnershipControls"]["Rules"]
        return all(rule["ObjectOwnership"] != "BucketOwnerEnforced" for rule in rules)

    def versions(self) -> Iterator[list[Entry]]:
        """Every version and delete marker in the order of keys; of a key the newest first, all in one page.

        S3 lists versions apart from delete markers: which of the two came first within a second is not told,
        except for the newest.
        """
        held: list[Entry] = []
        for page in self._pages("list_object_versions"):
            versions = (_entry(item) for item in page.get("Versions", ()))
            markers = (_entry(item, marker=True) for item in page.get("DeleteMarkers", ()))
            held += merge(versions, markers, key=lambda entry: (entry.key, not entry.latest, -entry.modified))
            last = held[-1].key if held else ""
            whole = [entry for entry in held if entry.key != last]
            if whole:
                yield whole
            held = [entry for entry in held if entry.key == last]
        if held:
            yield held

    def has(self, key: str) -> bool:
        """Whether there is an object, and no delete marker before it."""
        try:
            call(self.client, "head_object", Bucket=self.name, Key=key)
        except DriverError as error:
            if error_code(error.__cause__) in {"404", "NoSuchKey"}:
                return False
            raise
        return True

    def kms_key(self, entry: Entry) -> str:
        """The key of KMS that encrypts a version, "" where it is a key of S3's own."""
        head = call(self.client, "head_object", Bucket=self.name, Key=entry.key, VersionId=entry.version)
        return str(head.get("SSEKMSKeyId", ""))

    def tags(self, entry: Entry) -> dict[str, str]:
        """A version's tags: they change without a new version."""
        where = {"Bucket": self.name, "Key": entry.key, "VersionId": entry.version}
        return tag_map(call(self.client, "get_object_tagging", **where)["TagSet"])

    def grants(self, entry: Entry) -> list[dict[str, Any]]:
        """A version's ACL: it changes without a new version."""
        where = {"Bucket": self.name, "Key": entry.key, "VersionId": entry.version}
        return list(call(self.client, "get_object_acl", **where)["Grants"])

    def grant(self, key: str, grants: list[dict[str, Any]]) -> None:
        """Give the newest version of `key` an ACL; who owns the object stays."""
        owner = call(self.client, "get_object_acl", Bucket=self.name, Key=key)["Owner"]
        policy = {"Owner": owner, "Grants": grants}
        call(self.client, "put_object_acl", Bucket=self.name, Key=key, AccessControlPolicy=policy)

    def discard(self) -> None:
        """Delete the bucket with every version and delete marker; one that is gone already is a success."""
        try:
            for page in self._pages("list_object_versions"):
                found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                keys = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
                delete_keys(self.client, self.name, keys)
            call(self.client, "delete_bucket", Bucket=self.name)
        except DriverError as error:
            if error_code(error.__cause__) != "NoSuchBucket":
                raise

    def _pages(self, operation: str) -> Iterator[dict[str, Any]]:
        try:
            yield from self.client.get_paginator(operation).paginate(Bucket=self.name)
        except (ClientError, BotoCoreError) as error:
            raise driver_error(error) from error


def copy_object(
    client: Any, source: Mapping[str, str], size: int, limit: int = MAX_COPY_BYTES, **target: Any
) -> None:
    """Copy an object of `size` bytes with all that belongs to it but its tags, ACL and storage class.

    `source` is a CopySource; `target` has the parameters of CopyObject: Bucket, Key, Tagging, StorageClass,
    encryption. An object above `limit` bytes is copied in parts. Raises `DriverError`.
    """
    target = {"Tagging": "", **target}
    if size <= limit:
        call(client, "copy_object", CopySource=dict(source), TaggingDirective="REPLACE", **target)
        return
    head = call(client, "head_object", **source)
    extra = {name: head[name] for name in _HEADERS if name in head} | target
    extra |= {"MetadataDirective": "REPLACE", "TaggingDirective": "REPLACE"}
    bucket, key = extra.pop("Bucket"), extra.pop("Key")
    parts = TransferConfig(multipart_threshold=1, multipart_chunksize=min(_PART_BYTES, limit))
    try:
        with TransferManager(client, parts) as transfers:
            transfers.copy(dict(source), bucket, key, extra_args=extra).result()
    except (ClientError, BotoCoreError) as error:
        raise driver_error(error) from error


def delete_keys(client: Any, bucket: str, keys: list[dict[str, str]]) -> None:
    """DeleteObjects, at most 1,000; raises `DriverError` where one could not be deleted."""
    if not keys:
        return
    answer = call(client, "delete_objects", Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
    for error in answer.get("Errors", ()):
        raise DriverError(f"{error['Key']}: {error['Message']}", "ACCESS_DENIED")


def tagging(tags: Mapping[str, str]) -> str:
    """Tags as the parameter Tagging takes them."""
    return urlencode(tags)


def _entry(item: Mapping[str, Any], *, marker: bool = False) -> Entry:
    modified = round(item["LastModified"].timestamp() * 1000)
    return Entry(
        key=item["Key"],
        version=item["VersionId"],
        modified=modified,
        appeared=modified,
        etag=item.get("ETag", ""),
        size=item.get("Size", 0),
        storage_class=item.get("StorageClass") or "STANDARD",
        latest=item["IsLatest"],
        marker=marker,
    )
