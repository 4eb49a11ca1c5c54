"""What belongs to an object of a bucket is backed up and restored with it, and restores destroy nothing."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from auditor.executor.seam.driver import DriverError
from tests.contract.drivers.bucket_world import BUCKET, HERE, REGION, BucketWorld, token

MIB = 1 << 20


def test_all_that_belongs_to_an_object_comes_back(bucket_world: BucketWorld) -> None:
    """Tags and ACLs as they are now, metadata, headers, storage class and key (aws-backup.md 1.1 row 15)."""
    key = bucket_world.clients("kms", *HERE).create_key()["KeyMetadata"]["Arn"]
    headers = {
        "CacheControl": "no-store",
        "ContentDisposition": "inline",
        "ContentEncoding": "identity",
        "ContentLanguage": "fr",
        "ContentType": "text/plain",
        "Metadata": {"author": "me"},
        "StorageClass": "STANDARD_IA",
    }
    bucket_world.put("a", "1", **headers, ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    bucket_world.back_up(1)
    tags = [{"Key": "kind", "Value": "a b/é"}, {"Key": "x", "Value": ""}]
    bucket_world.s3.put_object_tagging(Bucket="data", Key="a", Tagging={"TagSet": tags})
    bucket_world.s3.put_object_acl(Bucket="data", Key="a", ACL="public-read")
    grants = bucket_world.s3.get_object_acl(Bucket="data", Key="a")["Grants"]
    backup = bucket_world.back_up(2)
    assert backup.transferred_bytes == 0
    given_acls: list[Any] = []
    bucket_world.s3.meta.events.register(
        "provide-client-params.s3.PutObjectAcl", lambda params, **_: given_acls.append(params)
    )
    for name, more in (("plain", {}), ("same", {"RestoreACLs": "true"})):
        given = {"DestinationBucketName": name, "NewBucket": "true"} | more
        bucket_world.driver().restore(backup.arn, place=HERE, metadata=given, token="restore", tags={})
    head = bucket_world.s3.head_object(Bucket="same", Key="a")

    assert {name: head[name] for name in headers} == headers
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)
    assert bucket_world.s3.get_object_tagging(Bucket="same", Key="a")["TagSet"] == tags
    assert [(p["Bucket"], p["Key"], p["AccessControlPolicy"]["Grants"]) for p in given_acls] == [
        ("same", "a", grants)
    ]


def test_a_bucket_without_acls(bucket_world: BucketWorld) -> None:
    """Where the bucket's owner owns everything no ACL is asked for, and none can be restored."""
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    bucket_world.s3.put_bucket_ownership_controls(Bucket="data", OwnershipControls=rules)
    bucket_world.put("a", "1")
    asked: list[Any] = []
    bucket_world.s3.meta.events.register("before-call.s3.GetObjectAcl", lambda **event: asked.append(event))
    backup = bucket_world.back_up(1)

    assert (asked, bucket_world.restored(backup.arn)) == ([], {"a": "1"})
    with pytest.raises(DriverError, match="Unable to restore Access Control Lists"):
        bucket_world.restored(backup.arn, RestoreACLs="true")


@pytest.mark.parametrize("size", [5 * MIB, 5 * MIB + 1])
def test_large_objects_are_copied_in_parts(bucket_world: BucketWorld, size: int) -> None:
    """An object above CopyObject's limit is backed up and restored whole, with what belongs to it."""
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    headers = {"ContentType": "text/plain", "Metadata": {"author": "me"}}
    bucket_world.put("large", body, **headers, Tagging="kind=x")
    parts: list[str] = []
    bucket_world.s3.meta.events.register("before-call.s3.UploadPartCopy", lambda **_: parts.append("part"))
    driver = bucket_world.driver(max_copy_bytes=5 * MIB)
    backup = driver.back_up(BUCKET, vault_key_arn=None, token=token(1), tags={})
    metadata = {"DestinationBucketName": "again", "NewBucket": "true"}
    driver.restore(backup.arn, place=HERE, metadata=metadata, token="restore", tags={})
    found = bucket_world.s3.get_object(Bucket="again", Key="large")

    assert found["Body"].read() == body
    assert {name: found[name] for name in headers} == headers
    assert (found["TagCount"], len(parts)) == (1, 4 if size > 5 * MIB else 0)


def refuse(bucket_world: BucketWorld, *keys: str) -> None:
    """Have S3 refuse to copy objects into the store."""

    def before_send(request: Any, **_event: Any) -> Any:
        source = request.headers.get("x-amz-copy-source", b"")
        source = source.decode() if isinstance(source, bytes) else source
        if any(source.startswith(f"data/{key}") for key in keys):
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "Denied"}}, "CopyObject")

    bucket_world.s3.meta.events.register("before-send.s3.CopyObject", before_send)


def test_objects_that_cannot_be_copied_are_told(bucket_world: BucketWorld) -> None:
    """Such a job completes with issues; one that could copy nothing fails."""
    bucket_world.put("a", "1")
    bucket_world.put("b", "22")
    refuse(bucket_world, "a")
    backup = bucket_world.back_up(1)
    refuse(bucket_world, "b")
    bucket_world.driver().delete(backup.arn, *HERE)
    with pytest.raises(DriverError) as caught:
        bucket_world.back_up(2)

    assert (backup.size_bytes, backup.category) == (2, "ACCESS_DENIED")
    assert backup.message.startswith("1 objects were not backed up. a: An error occurred (AccessDenied)")
    assert caught.value.category == "ACCESS_DENIED"
    assert caught.value.message.startswith("No objects were backed up. a: ")


def test_archived_objects_are_left_out_and_said_so(bucket_world: BucketWorld) -> None:
    """A job that left something out is COMPLETED, and its category is not SUCCESS (aws-backup.md 1.4)."""
    bucket_world.put("a", "12345")
    bucket_world.put("old", "123", StorageClass="DEEP_ARCHIVE")
    backup = bucket_world.back_up(1)

    assert (backup.category, backup.message, backup.size_bytes) == (
        "MISCELLANEOUS",
        "1 archived objects were not backed up.",
        5,
    )
    assert bucket_world.restored(backup.arn) == {"a": "12345"}


def test_restores_destroy_nothing(bucket_world: BucketWorld) -> None:
    """What is there stays, what is behind a delete marker comes back, what is new stays."""
    bucket_world.put("changed", "1")
    bucket_world.put("deleted", "2")
    backup = bucket_world.back_up(1)
    bucket_world.put("changed", "3")
    bucket_world.remove("deleted")
    bucket_world.put("new", "4")
    bucket_world.driver().restore(backup.arn, place=HERE, metadata={}, token="restore", tags={})

    assert bucket_world.contents("data") == {"changed": "3", "deleted": "2", "new": "4"}


def test_single_objects_and_folders(bucket_world: BucketWorld) -> None:
    """ItemsToRestore names up to five objects or folders, by key or by S3 URI."""
    for key in ("a", "ab", "a/1", "a/b/2", "c"):
        bucket_world.put(key, key)
    arn = bucket_world.back_up(1).arn
    asked = (["a/"], ["a"], ["s3://data/a/b/", "c"], ["ab"])
    found = [sorted(bucket_world.restored(arn, ItemsToRestore=json.dumps(items))) for items in asked]

    assert found == [["a/1", "a/b/2"], ["a", "a/1", "a/b/2"], ["a/b/2", "c"], ["ab"]]
    for items in ([], list("abcdef"), [1]):
        with pytest.raises(DriverError, match="ItemsToRestore must"):
            bucket_world.restored(arn, ItemsToRestore=json.dumps(items))
    with pytest.raises(DriverError, match="b is not in the backup"):
        bucket_world.restored(arn, ItemsToRestore='["b"]')


def test_destinations(bucket_world: BucketWorld) -> None:
    """A destination has versioning; a new bucket is made once under a token, and never taken over."""
    bucket_world.put("a", "1")
    arn, driver = bucket_world.back_up(1).arn, bucket_world.driver()
    new = {"DestinationBucketName": "again", "NewBucket": "true"}
    where = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    bucket_world.s3.create_bucket(Bucket="plain", **where)

    for _ in range(2):
        driver.restore(arn, place=HERE, metadata=new, token="restore", tags={})
    assert bucket_world.s3.get_bucket_versioning(Bucket="again")["Status"] == "Enabled"
    assert len(bucket_world.s3.list_object_versions(Bucket="again")["Versions"]) == 1
    for metadata, words in (
        (new, "Bucket again exists already"),
        ({"DestinationBucketName": "plain"}, "versioning is not enabled on it"),
        ({"DestinationBucketName": "plain", "NewBucket": "true"}, "Bucket plain exists already"),
        ({"RestoreTime": "2026-01-05T00:00:00Z"}, "only valid for continuous"),
        ({"EncryptionType": "none"}, "EncryptionType must be"),
        ({"RestoreLatestVersionsUpTo": "0"}, "RestoreLatestVersionsUpTo must be"),
    ):
        with pytest.raises(DriverError, match=words):
            driver.restore(arn, place=HERE, metadata=metadata, token="another", tags={})
    driver.discard("arn:aws:s3:::again", *HERE)
    driver.discard("arn:aws:s3:::again", *HERE)
    assert "again" not in [bucket["Name"] for bucket in bucket_world.s3.list_buckets()["Buckets"]]
