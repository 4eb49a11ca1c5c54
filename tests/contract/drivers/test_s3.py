"""Backups of buckets: incremental, with all that belongs to an object, and never deleted wrongly."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid5

import pytest
import time_machine
from botocore.exceptions import ClientError

from auditor.executor.drivers.s3 import S3Driver
from auditor.executor.seam.driver import DriverError, NativeBackup
from auditor.executor.store.attempts import Claim
from auditor.executor.store.layout import StoreLayout
from auditor.executor.store.objects import Store, token_of_point
from auditor.executor.store.stored_points import StoredPoints
from auditor.model.organization import Resource

Clients = Callable[[str, str, str], Any]

ACCOUNT, REGION, OTHER = "123456789012", "eu-west-1", "eu-central-1"
HERE, THERE = (ACCOUNT, REGION), (ACCOUNT, OTHER)
BUCKET = Resource("arn:aws:s3:::data", ACCOUNT, REGION, "S3", "data")
STORE = f"backup-{ACCOUNT}-{REGION}"
START = datetime(2026, 1, 5, tzinfo=UTC)
MIB = 1 << 20


def token(number: int) -> str:
    """The id of the n-th job."""
    return str(uuid5(UUID(int=0), str(number))).upper()


class World:
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


@pytest.fixture
def world(clients: Clients) -> Iterator[World]:
    """An empty bucket."""
    with time_machine.travel(START, tick=False) as traveller:
        yield World(clients, traveller)


def test_the_first_backup_is_full_and_later_ones_take_in_what_is_new(world: World) -> None:
    """Sizes are those of the bucket, transferred is what was copied, and content lies in the store once."""
    world.put("a", "1")
    world.put("b", "22")
    made = [world.back_up(1)]
    world.put("b", "333")
    world.put("c", "4444")
    world.remove("a")
    made += [world.back_up(2), world.back_up(3)]

    assert [(b.size_bytes, b.transferred_bytes) for b in made] == [(3, 3), (7, 7), (7, 0)]
    assert len(world.content()) == 4
    assert [world.restored(b.arn) for b in made] == [{"a": "1", "b": "22"}] + 2 * [{"b": "333", "c": "4444"}]


def test_each_vault_key_has_content_of_its_own(world: World) -> None:
    """What lies under one key does not serve a backup under another; both go when deleted."""
    keys = [world.clients("kms", *HERE).create_key()["KeyMetadata"]["Arn"] for _ in range(2)]
    world.put("a", "1")
    made = [world.back_up(number, key) for number, key in enumerate(keys)]
    found = [world.s3.head_object(Bucket=STORE, Key=name)["SSEKMSKeyId"] for name in world.content()]

    assert [(b.kms_key_arn, b.encrypted, b.transferred_bytes) for b in made] == [(k, True, 1) for k in keys]
    assert sorted(found) == sorted(keys)
    for backup in made:
        world.driver().delete(backup.arn, *HERE)
    assert world.stored() == []


def test_a_deletion_leaves_what_others_need(world: World) -> None:
    """Content that only the deleted recovery point had goes, whatever is shared stays; twice is no error."""
    world.put("kept", "1")
    world.put("changed", "2")
    first = world.back_up(1)
    world.put("changed", "3")
    second = world.back_up(2)
    driver = world.driver()
    driver.delete(first.arn, *HERE)
    driver.delete(first.arn, *HERE)

    assert driver.find(token(1), *HERE) is None
    assert len(world.content()) == 2
    assert world.restored(second.arn) == {"kept": "1", "changed": "3"}
    driver.delete(second.arn, *HERE)
    assert world.stored() == []


def test_a_version_that_comes_back_is_kept(world: World) -> None:
    """A recovery point between two others need not have what both have."""
    world.put("a", "old")
    first = world.back_up(1)
    world.put("a", "new")
    world.back_up(2)
    versions = world.s3.list_object_versions(Bucket="data")["Versions"]
    newest = next(v["VersionId"] for v in versions if v["IsLatest"])
    world.s3.delete_object(Bucket="data", Key="a", VersionId=newest)
    third = world.back_up(3)
    world.driver().delete(first.arn, *HERE)

    assert world.restored(third.arn) == {"a": "old"}


class Killed(BaseException):
    """The process ends."""


def kill_at(world: World, number: int, doing: Callable[[], Any]) -> bool:
    """Do something, and be killed before the n-th change of the store; says whether it came to that."""
    count = 0

    def watch(**_event: Any) -> None:
        nonlocal count
        count += 1
        if count > number:
            raise Killed

    events = world.s3.meta.events
    names = ("PutObject", "CopyObject", "DeleteObject", "DeleteObjects")
    for name in names:
        events.register_first(f"before-parameter-build.s3.{name}", watch)
    try:
        doing()
    except Killed:
        return True
    finally:
        for name in names:
            events.unregister(f"before-parameter-build.s3.{name}", watch)
    return False


@pytest.mark.parametrize("then", ["again", "undo"])
def test_a_killed_backup_is_no_backup(world: World, then: str) -> None:
    """Killed at any point, a job is not found, loses nobody's content, and leaves nothing after `undo`."""
    world.put("a", "1")
    world.put("b", "2")
    kept = world.back_up(100)
    before = world.stored()
    world.put("b", "3")
    number, killed = 0, True
    while killed:
        killed = kill_at(world, number, lambda: world.back_up(1))
        driver = world.driver()
        assert (driver.find(token(1), *HERE) is None) == killed
        if killed and then == "again":
            again = world.back_up(1)
            assert again == driver.find(token(1), *HERE)
            assert world.restored(again.arn) == {"a": "1", "b": "3"}
        driver.undo(token(1), *HERE)
        driver.undo(token(1), *HERE)
        assert world.stored() == before
        number += 1
    assert number > 4
    assert world.restored(kept.arn) == {"a": "1", "b": "2"}


def test_a_killed_deletion_is_repeated(world: World) -> None:
    """Killed at any point, a deletion is carried on by the next one, and others stay whole."""
    number, killed = 0, True
    world.put("a", "1")
    world.put("b", "2")
    while killed:
        first = world.back_up(10 * number + 1)
        world.put("b", "3")
        second = world.back_up(10 * number + 2)
        before = world.stored()
        killed = kill_at(world, number, partial(world.driver().delete, first.arn, *HERE))
        world.driver().delete(first.arn, *HERE)
        assert world.restored(second.arn) == {"a": "1", "b": "3"}
        assert len(world.stored()) < len(before)
        world.driver().delete(second.arn, *HERE)
        assert world.stored() == []
        number += 1
    assert number > 4


def test_content_stays_while_a_job_may_refer_to_it(world: World) -> None:
    """A job under way refers to content of a recovery point that is deleted meanwhile."""
    world.put("a", "1")
    first = world.back_up(1)
    driver, s3 = world.driver(), world.s3
    deleted: list[str] = []

    def delete_meanwhile(**_event: Any) -> None:
        if not deleted:
            deleted.append(first.arn)
            world.driver().delete(first.arn, *HERE)

    s3.meta.events.register("before-call.s3.GetObjectTagging", delete_meanwhile)
    second = driver.back_up(BUCKET, vault_key_arn=None, token=token(2), tags={})
    s3.meta.events.unregister("before-call.s3.GetObjectTagging", delete_meanwhile)

    assert (deleted, second.transferred_bytes) == ([first.arn], 0)
    assert world.restored(second.arn) == {"a": "1"}
    assert driver.find(token(1), *HERE) is None
    driver.delete(second.arn, *HERE)
    assert world.stored() == []


def test_a_sweep_leaves_what_a_job_begun_meanwhile_refers_to(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a sweep's look at who is there and its deletions a job begins on what is being deleted."""
    world.put("a", "1")
    world.back_up(1)
    world.put("b", "2")
    world.back_up(2)
    points, really, asked = StoredPoints(Store(world.clients, {})), StoreLayout.marked, []
    second = points.find(HERE, token(2).lower())
    assert second is not None
    points.give_up(HERE, second)
    third = replace(second, claim=Claim(token(3).lower(), None), created=second.created + 1)
    job = points.attempting(HERE, third)

    def marked(self: StoreLayout, place: Any, group: str, kind: str) -> list[str]:
        found = really(self, place, group, kind)
        asked.append(kind)
        if asked.count("attempts") == 2 and kind == "attempts":
            asked.append("attempts")
            job.__enter__()
            points.layout.write(HERE, second, "OVER")
        return found

    monkeypatch.setattr(StoreLayout, "marked", marked)
    before = world.content()
    points.delete(HERE, token(1).lower())

    assert (len(before), world.content()) == (2, before)
    assert asked.count("attempts") > 3


@pytest.mark.parametrize(
    ("seed", "length"),
    [(0, 10), *(pytest.param(seed, 30, marks=pytest.mark.long) for seed in range(3))],
)
def test_random_histories(world: World, seed: int, length: int) -> None:
    """Whatever is made, copied and deleted: what is left is whole, what was deleted leaves nothing."""
    choose = random.Random(seed)  # noqa: S311 -- no secret
    living: dict[str, dict[str, str]] = {}
    present: dict[str, str] = {}
    for number in range(length):
        for key in choose.sample("abcdef", 2):
            present[key] = str(number)
            world.put(key, present[key])
        if choose.random() < 0.3:
            gone = choose.choice(sorted(present))
            del present[gone]
            world.remove(gone)
        doing = choose.random()
        if doing < 0.5 or not living:
            living[world.back_up(number).arn] = dict(present)
        elif doing < 0.6:
            source = choose.choice(sorted(living))
            world.traveller.shift(timedelta(seconds=1))
            backup = NativeBackup(source, 0, encrypted=True)
            copy = world.driver().copy(
                backup, source=HERE, destination=HERE, key=None, token=token(number), tags={}
            )
            living[copy.arn] = living[source]
        else:
            gone = choose.choice(sorted(living))
            del living[gone]
            world.driver().delete(gone, *HERE)
    assert {arn: world.restored(arn) for arn in living} == living
    needed = set()
    for arn in living:
        name = f"/entries/{token_of_point(arn)}-"
        (part,) = (key for key in world.stored() if name in key and key.endswith("/000001.json"))
        entries = json.loads(world.s3.get_object(Bucket=STORE, Key=part)["Body"].read())
        needed |= {entry["content"] for entry in entries}
    assert set(world.content()) == needed
    for arn in living:
        world.driver().delete(arn, *HERE)
    assert world.stored() == []


def test_copies_are_incremental_where_they_go(world: World) -> None:
    """A copy is whole there, and takes along only what that place has not; its source may go."""
    key = world.clients("kms", *THERE).create_key()["KeyMetadata"]["Arn"]
    world.put("a", "1", Metadata={"author": "me"}, Tagging="kind=x")
    world.put("b", "22")
    sources = [world.back_up(1)]
    world.put("b", "333")
    sources.append(world.back_up(2))
    driver = world.driver()
    copies = [
        driver.copy(source, source=HERE, destination=THERE, key=key, token=token(10 + n), tags={})
        for n, source in enumerate(sources)
    ]
    for source in sources:
        driver.delete(source.arn, *HERE)

    assert [(c.size_bytes, c.transferred_bytes, c.kms_key_arn) for c in copies] == [(3, 3, key), (4, 3, key)]
    assert [c.arn.split(":")[3] for c in copies] == [OTHER, OTHER]
    assert [driver.find(token(10 + n), *THERE) for n in range(2)] == copies
    there = world.clients("s3", *THERE)
    metadata = {"DestinationBucketName": "again", "NewBucket": "true"}
    driver.restore(copies[1].arn, place=THERE, metadata=metadata, token="restore", tags={})
    found = there.get_object(Bucket="again", Key="a")
    assert (found["Body"].read(), found["Metadata"], found["TagCount"]) == (b"1", {"author": "me"}, 1)
    for copy in copies:
        driver.delete(copy.arn, *THERE)
    assert there.list_objects_v2(Bucket=f"backup-{ACCOUNT}-{OTHER}")["KeyCount"] == 0


def test_all_that_belongs_to_an_object_comes_back(world: World) -> None:
    """Tags and ACLs as they are now, metadata, headers, storage class and key (aws-backup.md 1.1 row 15)."""
    key = world.clients("kms", *HERE).create_key()["KeyMetadata"]["Arn"]
    headers = {
        "CacheControl": "no-store",
        "ContentDisposition": "inline",
        "ContentEncoding": "identity",
        "ContentLanguage": "fr",
        "ContentType": "text/plain",
        "Metadata": {"author": "me"},
        "StorageClass": "STANDARD_IA",
    }
    world.put("a", "1", **headers, ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    world.back_up(1)
    tags = [{"Key": "kind", "Value": "a b/é"}, {"Key": "x", "Value": ""}]
    world.s3.put_object_tagging(Bucket="data", Key="a", Tagging={"TagSet": tags})
    world.s3.put_object_acl(Bucket="data", Key="a", ACL="public-read")
    grants = world.s3.get_object_acl(Bucket="data", Key="a")["Grants"]
    backup = world.back_up(2)
    assert backup.transferred_bytes == 0
    given_acls: list[Any] = []
    world.s3.meta.events.register(
        "provide-client-params.s3.PutObjectAcl", lambda params, **_: given_acls.append(params)
    )
    for name, more in (("plain", {}), ("same", {"RestoreACLs": "true"})):
        given = {"DestinationBucketName": name, "NewBucket": "true"} | more
        world.driver().restore(backup.arn, place=HERE, metadata=given, token="restore", tags={})
    head = world.s3.head_object(Bucket="same", Key="a")

    assert {name: head[name] for name in headers} == headers
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)
    assert world.s3.get_object_tagging(Bucket="same", Key="a")["TagSet"] == tags
    assert [(p["Bucket"], p["Key"], p["AccessControlPolicy"]["Grants"]) for p in given_acls] == [
        ("same", "a", grants)
    ]


def test_a_bucket_without_acls(world: World) -> None:
    """Where the bucket's owner owns everything no ACL is asked for, and none can be restored."""
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    world.s3.put_bucket_ownership_controls(Bucket="data", OwnershipControls=rules)
    world.put("a", "1")
    asked: list[Any] = []
    world.s3.meta.events.register("before-call.s3.GetObjectAcl", lambda **event: asked.append(event))
    backup = world.back_up(1)

    assert (asked, world.restored(backup.arn)) == ([], {"a": "1"})
    with pytest.raises(DriverError, match="Unable to restore Access Control Lists"):
        world.restored(backup.arn, RestoreACLs="true")


@pytest.mark.parametrize("size", [5 * MIB, 5 * MIB + 1])
def test_large_objects_are_copied_in_parts(world: World, size: int) -> None:
    """An object above CopyObject's limit is backed up and restored whole, with what belongs to it."""
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    headers = {"ContentType": "text/plain", "Metadata": {"author": "me"}}
    world.put("large", body, **headers, Tagging="kind=x")
    parts: list[str] = []
    world.s3.meta.events.register("before-call.s3.UploadPartCopy", lambda **_: parts.append("part"))
    driver = world.driver(max_copy_bytes=5 * MIB)
    backup = driver.back_up(BUCKET, vault_key_arn=None, token=token(1), tags={})
    metadata = {"DestinationBucketName": "again", "NewBucket": "true"}
    driver.restore(backup.arn, place=HERE, metadata=metadata, token="restore", tags={})
    found = world.s3.get_object(Bucket="again", Key="large")

    assert found["Body"].read() == body
    assert {name: found[name] for name in headers} == headers
    assert (found["TagCount"], len(parts)) == (1, 4 if size > 5 * MIB else 0)


def refuse(world: World, *keys: str) -> None:
    """Have S3 refuse to copy objects into the store."""

    def before_send(request: Any, **_event: Any) -> Any:
        source = request.headers.get("x-amz-copy-source", b"")
        source = source.decode() if isinstance(source, bytes) else source
        if any(source.startswith(f"data/{key}") for key in keys):
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "Denied"}}, "CopyObject")

    world.s3.meta.events.register("before-send.s3.CopyObject", before_send)


def test_objects_that_cannot_be_copied_are_told(world: World) -> None:
    """Such a job completes with issues; one that could copy nothing fails."""
    world.put("a", "1")
    world.put("b", "22")
    refuse(world, "a")
    backup = world.back_up(1)
    refuse(world, "b")
    world.driver().delete(backup.arn, *HERE)
    with pytest.raises(DriverError) as caught:
        world.back_up(2)

    assert (backup.size_bytes, backup.category) == (2, "ACCESS_DENIED")
    assert backup.message.startswith("1 objects were not backed up. a: An error occurred (AccessDenied)")
    assert caught.value.category == "ACCESS_DENIED"
    assert caught.value.message.startswith("No objects were backed up. a: ")


def test_archived_objects_are_left_out_and_said_so(world: World) -> None:
    """A job that left something out is COMPLETED, and its category is not SUCCESS (aws-backup.md 1.4)."""
    world.put("a", "12345")
    world.put("old", "123", StorageClass="DEEP_ARCHIVE")
    backup = world.back_up(1)

    assert (backup.category, backup.message, backup.size_bytes) == (
        "MISCELLANEOUS",
        "1 archived objects were not backed up.",
        5,
    )
    assert world.restored(backup.arn) == {"a": "12345"}


def test_restores_destroy_nothing(world: World) -> None:
    """What is there stays, what is behind a delete marker comes back, what is new stays."""
    world.put("changed", "1")
    world.put("deleted", "2")
    backup = world.back_up(1)
    world.put("changed", "3")
    world.remove("deleted")
    world.put("new", "4")
    world.driver().restore(backup.arn, place=HERE, metadata={}, token="restore", tags={})

    assert world.contents("data") == {"changed": "3", "deleted": "2", "new": "4"}


def test_single_objects_and_folders(world: World) -> None:
    """ItemsToRestore names up to five objects or folders, by key or by S3 URI."""
    for key in ("a", "ab", "a/1", "a/b/2", "c"):
        world.put(key, key)
    arn = world.back_up(1).arn
    asked = (["a/"], ["a"], ["s3://data/a/b/", "c"], ["ab"])
    found = [sorted(world.restored(arn, ItemsToRestore=json.dumps(items))) for items in asked]

    assert found == [["a/1", "a/b/2"], ["a", "a/1", "a/b/2"], ["a/b/2", "c"], ["ab"]]
    for items in ([], list("abcdef"), [1]):
        with pytest.raises(DriverError, match="ItemsToRestore must"):
            world.restored(arn, ItemsToRestore=json.dumps(items))
    with pytest.raises(DriverError, match="b is not in the backup"):
        world.restored(arn, ItemsToRestore='["b"]')


def test_destinations(world: World) -> None:
    """A destination has versioning; a new bucket is made once under a token, and never taken over."""
    world.put("a", "1")
    arn, driver = world.back_up(1).arn, world.driver()
    new = {"DestinationBucketName": "again", "NewBucket": "true"}
    where = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    world.s3.create_bucket(Bucket="plain", **where)

    for _ in range(2):
        driver.restore(arn, place=HERE, metadata=new, token="restore", tags={})
    assert world.s3.get_bucket_versioning(Bucket="again")["Status"] == "Enabled"
    assert len(world.s3.list_object_versions(Bucket="again")["Versions"]) == 1
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
    assert "again" not in [bucket["Name"] for bucket in world.s3.list_buckets()["Buckets"]]
