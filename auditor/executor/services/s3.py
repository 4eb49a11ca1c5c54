"""S3 buckets: their objects copied with tags and metadata (aws-backup.md 4.10)."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import orjson

from auditor.executor.services.aws import call, delete_once, flag, name_of, pages, tags_by_arn, test_name
from auditor.executor.services.base import Clients, DriverError, NativeBackup, Place
from auditor.executor.services.store import (
    MAX_COPY_BYTES,
    Store,
    bucket_name,
    encrypted_with,
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
    can_copy_tags = False
    required_metadata = ()

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
        self.undo(token, *place)
        moment = self._clock()
        name = f"{bucket}-{moment:%Y%m%d%H%M%S}-{token[:8].lower()}"
        self._store.put_json(place, f"jobs/{token.lower()}/name.json", name, kms_key=vault_key_arn)
        for item in objects:
            key = f"{name}/objects/{item['Key']}"
            self._store.take_in(place, key, bucket=bucket, source_key=item["Key"], kms_key=vault_key_arn)
        skipped = len(found) - len(objects)
        issues = {"message": f"{skipped} archived objects were not backed up.", "category": "MISCELLANEOUS"}
        arn = recovery_point_arn(client, place, name)
        size = sum(item["Size"] for item in objects)
        backup = stored_backup(arn, size, vault_key_arn, **(issues if skipped else {}))
        manifest = _manifest(bucket, moment, objects) | {"backup": asdict(backup)}
        self._store.put_json(place, f"{name}/manifest.json", manifest, kms_key=vault_key_arn)
        return backup

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
        self.undo(token, *destination)
        prefix = prefix_of(backup.arn)
        name = f"{prefix.rsplit('-', 1)[0]}-{token[:8].lower()}"
        self._store.put_json(destination, f"jobs/{token.lower()}/name.json", name, kms_key=key)
        manifest = self._store.get_json(source, f"{prefix}/manifest.json")
        for item in manifest["objects"]:
            stored = f"{prefix}/objects/{item['key']}"
            self._store.take_in(
                destination,
                f"{name}/objects/{item['key']}",
                bucket=bucket_name(*source),
                source_key=stored,
                kms_key=key,
            )
        arn = recovery_point_arn(self._clients("s3", *destination), destination, name)
        made = stored_backup(arn, backup.size_bytes, key)
        document = manifest | {"backup": asdict(made)}
        self._store.put_json(destination, f"{name}/manifest.json", document, kms_key=key)
        return made

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """Delete the recovery point's objects and manifest."""
        self._store.delete((account_id, region), prefix_of(arn))

    def find(self, token: str, account_id: str, region: str) -> NativeBackup | None:
        """What the manifest says that was made under `token`."""
        name = self._name(token, (account_id, region))
        manifest = name and self._manifest((account_id, region), name)
        return NativeBackup(**manifest["backup"]) if manifest else None

    def settled(self, arn: str, account_id: str, region: str) -> bool:
        """A recovery point is complete when it is there: its manifest is written last."""
        if self._manifest((account_id, region), prefix_of(arn)) is None:
            raise DriverError(f"Recovery point {arn} is not in the store.", "RESOURCE_NOT_FOUND")
        return True

    def undo(self, token: str, account_id: str, region: str) -> None:
        """Delete what lies under the name that was chosen for `token`."""
        name = self._name(token, (account_id, region))
        if name is not None:
            self._store.delete((account_id, region), name)
            self._store.delete((account_id, region), f"jobs/{token.lower()}")

    def _name(self, token: str, place: Place) -> str | None:
        job = self._store.find_json(place, f"jobs/{token.lower()}/name.json")
        return None if job is None else str(job)

    def _manifest(self, place: Place, name: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._store.find_json(place, f"{name}/manifest.json")
        return found

    def restore_metadata(self, arn: str, account_id: str, region: str) -> dict[str, str]:
        """The bucket's name and the number of its objects."""
        manifest = self._store.get_json((account_id, region), f"{prefix_of(arn)}/manifest.json")
        return {"BucketName": manifest["bucket"], "ObjectCount": str(len(manifest["objects"]))}

    def restore(
        self,
        arn: str,
        *,
        place: Place,
        metadata: Mapping[str, str],
        token: str,  # noqa: ARG002 -- the bucket is named, and copying twice changes nothing
        tags: Mapping[str, str],  # noqa: ARG002 -- tags of buckets are not copied (aws-backup.md 1.1 row 23)
    ) -> str:
        """Copy every object, or those of ItemsToRestore, into DestinationBucketName or the original bucket.

        NewBucket "true" makes the bucket first. EncryptionType is "SSE-KMS" with KMSKey, or else S3's own.
        """
        client, prefix = self._clients("s3", *place), prefix_of(arn)
        manifest = self._store.get_json(place, f"{prefix}/manifest.json")
        keys = _chosen(metadata, [item["key"] for item in manifest["objects"]])
        bucket = metadata.get("DestinationBucketName", manifest["bucket"])
        if flag(metadata, "NewBucket"):
            where = {"CreateBucketConfiguration": {"LocationConstraint": place[1]}}
            call(client, "create_bucket", Bucket=bucket, **({} if place[1] == "us-east-1" else where))
        kms_key = metadata.get("KMSKey") if metadata.get("EncryptionType") == "SSE-KMS" else None
        for key in keys:
            stored = f"{prefix}/objects/{key}"
            self._store.give_out(place, stored, bucket=bucket, target_key=key, **encrypted_with(kms_key))
        return f"arn:{client.meta.partition}:s3:::{bucket}"

    def infer(self, arn: str, place: Place, token: str) -> dict[str, str]:
        """A new bucket."""
        del arn, place
        return {"DestinationBucketName": test_name(token), "NewBucket": "true"}

    def discard(self, arn: str, account_id: str, region: str) -> None:
        """Delete the bucket with its objects."""
        client, bucket = self._clients("s3", account_id, region), name_of(arn)
        for item in pages(client, "list_objects_v2", "Contents", Bucket=bucket):
            call(client, "delete_object", Bucket=bucket, Key=item["Key"])
        delete_once(client, "delete_bucket", {"NoSuchBucket"}, Bucket=bucket)


def _chosen(metadata: Mapping[str, str], keys: list[str]) -> list[str]:
    """The keys that ItemsToRestore, a JSON list, names; every key without it."""
    if "ItemsToRestore" not in metadata:
        return keys
    try:
        wanted = orjson.loads(metadata["ItemsToRestore"])
    except orjson.JSONDecodeError:
        wanted = None
    if not isinstance(wanted, list):
        raise DriverError("ItemsToRestore must be a JSON list of object keys.", "INVALID_STATE")
    absent = [str(key) for key in wanted if key not in set(keys)]
    if absent:
        raise DriverError(f"{absent[0]} is not in the backup.", "RESOURCE_NOT_FOUND")
    return wanted


def _manifest(bucket: str, moment: datetime, objects: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "bucket": bucket,
        "created": moment.isoformat(),
        "objects": [
            {"key": item["Key"], "size": item["Size"], "etag": item.get("ETag", "")} for item in objects
        ],
    }
