"""S3 buckets: their objects copied with tags and metadata (aws-backup.md 4.10)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from auditor.executor.services.aws import call, name_of, pages, tags_by_arn
from auditor.executor.services.base import Clients, DriverError, NativeBackup, Place
from auditor.executor.services.store import (
    MAX_COPY_BYTES,
    Store,
    bucket_name,
    prefix_of,
    recovery_point_arn,
    stored_backup,
)
from auditor.model.organization import Resource

#: Storage classes that AWS Backup leaves out: they cannot be read at once.
_UNREADABLE: Final = ("GLACIER", "DEEP_ARCHIVE")


class S3Driver:
    """Backs up the current objects of buckets. Each recovery point is whole in itself."""

    resource_type = "S3"
    fully_managed = True
    can_copy = True

    def __init__(self, clients: Clients, store: Store, clock: Callable[[], datetime]) -> None:
        self._clients = clients
        self._store = store
        self._clock = clock

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

    def back_up(
        self,
        resource: Resource,
        *,
        vault_key_arn: str | None,
        token: str,
        tags: Mapping[str, str],  # noqa: ARG002 -- the catalog keeps a stored recovery point's tags
    ) -> NativeBackup:
        """Copy every readable object, then a manifest: a prefix without one is no backup."""
        place, bucket = (resource.account_id, resource.region), name_of(resource.arn)
        client = self._clients("s3", *place)
        if call(client, "get_bucket_versioning", Bucket=bucket).get("Status") != "Enabled":
            message = f"Bucket {bucket} cannot be backed up: versioning is not enabled on it."
            raise DriverError(message, "FEATURE_NOT_ENABLED")
        found = pages(client, "list_objects_v2", "Contents", Bucket=bucket)
        objects = [item for item in found if item.get("StorageClass") not in _UNREADABLE]
        for item in objects:
            if item["Size"] > MAX_COPY_BYTES:
                raise DriverError(f"Object {item['Key']} is larger than 5 GiB.", "RESOURCE_NOT_SUPPORTED")
        moment = self._clock()
        name = f"{bucket}-{moment:%Y%m%d%H%M%S}-{token[:8].lower()}"
        for item in objects:
            key = f"{name}/objects/{item['Key']}"
            self._store.take_in(place, key, bucket=bucket, source_key=item["Key"], kms_key=vault_key_arn)
        self._store.put_json(
            place, f"{name}/manifest.json", _manifest(bucket, moment, objects), kms_key=vault_key_arn
        )
        skipped = len(found) - len(objects)
        issues = {"message": f"{skipped} archived objects were not backed up.", "category": "MISCELLANEOUS"}
        arn = recovery_point_arn(client, place, name)
        size = sum(item["Size"] for item in objects)
        return stored_backup(arn, size, vault_key_arn, **(issues if skipped else {}))

    def copy(
        self,
        backup: NativeBackup,
        *,
        source: Place,
        destination: Place,
        key: str | None,
        token: str,
        tags: Mapping[str, str],  # noqa: ARG002 -- the catalog keeps a stored recovery point's tags
    ) -> NativeBackup:
        """Copy the recovery point's objects and manifest."""
        prefix = prefix_of(backup.arn)
        name = f"{prefix.rsplit('-', 1)[0]}-{token[:8].lower()}"
        self._store.copy(prefix, source=source, to_prefix=name, destination=destination, kms_key=key)
        arn = recovery_point_arn(self._clients("s3", *destination), destination, name)
        return stored_backup(arn, backup.size_bytes, key)

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """Delete the recovery point's objects and manifest."""
        self._store.delete((account_id, region), prefix_of(arn))


def _manifest(bucket: str, moment: datetime, objects: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "bucket": bucket,
        "created": moment.isoformat(),
        "objects": [
            {"key": item["Key"], "size": item["Size"], "etag": item.get("ETag", "")} for item in objects
        ],
    }
