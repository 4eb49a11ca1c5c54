"""Backups of buckets are incremental, and what others need is never deleted."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from auditor.executor.seam.driver import NativeBackup
from auditor.executor.store.attempts import Claim
from auditor.executor.store.layout import StoreLayout
from auditor.executor.store.objects import Store, token_of_point
from auditor.executor.store.stored_points import StoredPoints
from tests.contract.drivers.bucket_world import ACCOUNT, BUCKET, HERE, OTHER, STORE, THERE, BucketWorld, token


def test_the_first_backup_is_full_and_later_ones_take_in_what_is_new(bucket_world: BucketWorld) -> None:
    """Sizes are those of the bucket, transferred is what was copied, and content lies in the store once."""
    bucket_world.put("a", "1")
    bucket_world.put("b", "22")
    made = [bucket_world.back_up(1)]
    bucket_world.put("b", "333")
    bucket_world.put("c", "4444")
    bucket_world.remove("a")
    made += [bucket_world.back_up(2), bucket_world.back_up(3)]

    assert [(b.size_bytes, b.transferred_bytes) for b in made] == [(3, 3), (7, 7), (7, 0)]
    assert len(bucket_world.content()) == 4
    assert [bucket_world.restored(b.arn) for b in made] == [{"a": "1", "b": "22"}] + 2 * [
        {"b": "333", "c": "4444"}
    ]


@pytest.mark.long
def test_each_vault_key_has_content_of_its_own(bucket_world: BucketWorld) -> None:
    """What lies under one key does not serve a backup under another; both go when deleted."""
    keys = [bucket_world.clients("kms", *HERE).create_key()["KeyMetadata"]["Arn"] for _ in range(2)]
    bucket_world.put("a", "1")
    made = [bucket_world.back_up(number, key) for number, key in enumerate(keys)]
    found = [
        bucket_world.s3.head_object(Bucket=STORE, Key=name)["SSEKMSKeyId"] for name in bucket_world.content()
    ]

    assert [(b.kms_key_arn, b.encrypted, b.transferred_bytes) for b in made] == [(k, True, 1) for k in keys]
    assert sorted(found) == sorted(keys)
    for backup in made:
        bucket_world.driver().delete(backup.arn, *HERE)
    assert bucket_world.stored() == []


def test_a_deletion_leaves_what_others_need(bucket_world: BucketWorld) -> None:
    """Content that only the deleted recovery point had goes, whatever is shared stays; twice is no error."""
    bucket_world.put("kept", "1")
    bucket_world.put("changed", "2")
    first = bucket_world.back_up(1)
    bucket_world.put("changed", "3")
    second = bucket_world.back_up(2)
    driver = bucket_world.driver()
    driver.delete(first.arn, *HERE)
    driver.delete(first.arn, *HERE)

    assert driver.find(token(1), *HERE) is None
    assert len(bucket_world.content()) == 2
    assert bucket_world.restored(second.arn) == {"kept": "1", "changed": "3"}
    driver.delete(second.arn, *HERE)
    assert bucket_world.stored() == []


def test_a_version_that_comes_back_is_kept(bucket_world: BucketWorld) -> None:
    """A recovery point between two others need not have what both have."""
    bucket_world.put("a", "old")
    first = bucket_world.back_up(1)
    bucket_world.put("a", "new")
    bucket_world.back_up(2)
    versions = bucket_world.s3.list_object_versions(Bucket="data")["Versions"]
    newest = next(v["VersionId"] for v in versions if v["IsLatest"])
    bucket_world.s3.delete_object(Bucket="data", Key="a", VersionId=newest)
    third = bucket_world.back_up(3)
    bucket_world.driver().delete(first.arn, *HERE)

    assert bucket_world.restored(third.arn) == {"a": "old"}


class Killed(BaseException):
    """The process ends."""


def kill_at(bucket_world: BucketWorld, number: int, doing: Callable[[], Any]) -> bool:
    """Do something, and be killed before the n-th change of the store; says whether it came to that."""
    count = 0

    def watch(**_event: Any) -> None:
        nonlocal count
        count += 1
        if count > number:
            raise Killed

    events = bucket_world.s3.meta.events
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


@pytest.mark.long
@pytest.mark.parametrize("then", ["again", "undo"])
def test_a_killed_backup_is_no_backup(bucket_world: BucketWorld, then: str) -> None:
    """Killed at any point, a job is not found, loses nobody's content, and leaves nothing after `undo`."""
    bucket_world.put("a", "1")
    bucket_world.put("b", "2")
    kept = bucket_world.back_up(100)
    before = bucket_world.stored()
    bucket_world.put("b", "3")
    number, killed = 0, True
    while killed:
        killed = kill_at(bucket_world, number, lambda: bucket_world.back_up(1))
        driver = bucket_world.driver()
        assert (driver.find(token(1), *HERE) is None) == killed
        if killed and then == "again":
            again = bucket_world.back_up(1)
            assert again == driver.find(token(1), *HERE)
            assert bucket_world.restored(again.arn) == {"a": "1", "b": "3"}
        driver.undo(token(1), *HERE)
        driver.undo(token(1), *HERE)
        assert bucket_world.stored() == before
        number += 1
    assert number > 4
    assert bucket_world.restored(kept.arn) == {"a": "1", "b": "2"}


@pytest.mark.long
def test_a_killed_deletion_is_repeated(bucket_world: BucketWorld) -> None:
    """Killed at any point, a deletion is carried on by the next one, and others stay whole."""
    number, killed = 0, True
    bucket_world.put("a", "1")
    bucket_world.put("b", "2")
    while killed:
        first = bucket_world.back_up(10 * number + 1)
        bucket_world.put("b", "3")
        second = bucket_world.back_up(10 * number + 2)
        before = bucket_world.stored()
        killed = kill_at(bucket_world, number, partial(bucket_world.driver().delete, first.arn, *HERE))
        bucket_world.driver().delete(first.arn, *HERE)
        assert bucket_world.restored(second.arn) == {"a": "1", "b": "3"}
        assert len(bucket_world.stored()) < len(before)
        bucket_world.driver().delete(second.arn, *HERE)
        assert bucket_world.stored() == []
        number += 1
    assert number > 4


def test_content_stays_while_a_job_may_refer_to_it(bucket_world: BucketWorld) -> None:
    """A job under way refers to content of a recovery point that is deleted meanwhile."""
    bucket_world.put("a", "1")
    first = bucket_world.back_up(1)
    driver, s3 = bucket_world.driver(), bucket_world.s3
    deleted: list[str] = []

    def delete_meanwhile(**_event: Any) -> None:
        if not deleted:
            deleted.append(first.arn)
            bucket_world.driver().delete(first.arn, *HERE)

    s3.meta.events.register("before-call.s3.GetObjectTagging", delete_meanwhile)
    second = driver.back_up(BUCKET, vault_key_arn=None, token=token(2), tags={})
    s3.meta.events.unregister("before-call.s3.GetObjectTagging", delete_meanwhile)

    assert (deleted, second.transferred_bytes) == ([first.arn], 0)
    assert bucket_world.restored(second.arn) == {"a": "1"}
    assert driver.find(token(1), *HERE) is None
    driver.delete(second.arn, *HERE)
    assert bucket_world.stored() == []


def test_a_sweep_leaves_what_a_job_begun_meanwhile_refers_to(
    bucket_world: BucketWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a sweep's look at who is there and its deletions a job begins on what is being deleted."""
    bucket_world.put("a", "1")
    bucket_world.back_up(1)
    bucket_world.put("b", "2")
    bucket_world.back_up(2)
    points, really, asked = StoredPoints(Store(bucket_world.clients, {})), StoreLayout.marked, []
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
    before = bucket_world.content()
    points.delete(HERE, token(1).lower())

    assert (len(before), bucket_world.content()) == (2, before)
    assert asked.count("attempts") > 3


@pytest.mark.parametrize(
    ("seed", "length"),
    [(0, 10), *(pytest.param(seed, 30, marks=pytest.mark.long) for seed in range(3))],
)
def test_random_histories(bucket_world: BucketWorld, seed: int, length: int) -> None:
    """Whatever is made, copied and deleted: what is left is whole, what was deleted leaves nothing."""
    choose = random.Random(seed)  # noqa: S311 -- no secret
    living: dict[str, dict[str, str]] = {}
    present: dict[str, str] = {}
    for number in range(length):
        for key in choose.sample("abcdef", 2):
            present[key] = str(number)
            bucket_world.put(key, present[key])
        if choose.random() < 0.3:
            gone = choose.choice(sorted(present))
            del present[gone]
            bucket_world.remove(gone)
        doing = choose.random()
        if doing < 0.5 or not living:
            living[bucket_world.back_up(number).arn] = dict(present)
        elif doing < 0.6:
            source = choose.choice(sorted(living))
            bucket_world.traveller.shift(timedelta(seconds=1))
            backup = NativeBackup(source, 0, encrypted=True)
            copy = bucket_world.driver().copy(
                backup, source=HERE, destination=HERE, key=None, token=token(number), tags={}
            )
            living[copy.arn] = living[source]
        else:
            gone = choose.choice(sorted(living))
            del living[gone]
            bucket_world.driver().delete(gone, *HERE)
    assert {arn: bucket_world.restored(arn) for arn in living} == living
    needed = set()
    for arn in living:
        name = f"/entries/{token_of_point(arn)}-"
        (part,) = (key for key in bucket_world.stored() if name in key and key.endswith("/000001.json"))
        entries = json.loads(bucket_world.s3.get_object(Bucket=STORE, Key=part)["Body"].read())
        needed |= {entry["content"] for entry in entries}
    assert set(bucket_world.content()) == needed
    for arn in living:
        bucket_world.driver().delete(arn, *HERE)
    assert bucket_world.stored() == []


def test_copies_are_incremental_where_they_go(bucket_world: BucketWorld) -> None:
    """A copy is whole there, and takes along only what that place has not; its source may go."""
    key = bucket_world.clients("kms", *THERE).create_key()["KeyMetadata"]["Arn"]
    bucket_world.put("a", "1", Metadata={"author": "me"}, Tagging="kind=x")
    bucket_world.put("b", "22")
    sources = [bucket_world.back_up(1)]
    bucket_world.put("b", "333")
    sources.append(bucket_world.back_up(2))
    driver = bucket_world.driver()
    copies = [
        driver.copy(source, source=HERE, destination=THERE, key=key, token=token(10 + n), tags={})
        for n, source in enumerate(sources)
    ]
    for source in sources:
        driver.delete(source.arn, *HERE)

    assert [(c.size_bytes, c.transferred_bytes, c.kms_key_arn) for c in copies] == [(3, 3, key), (4, 3, key)]
    assert [c.arn.split(":")[3] for c in copies] == [OTHER, OTHER]
    assert [driver.find(token(10 + n), *THERE) for n in range(2)] == copies
    there = bucket_world.clients("s3", *THERE)
    metadata = {"DestinationBucketName": "again", "NewBucket": "true"}
    driver.restore(copies[1].arn, place=THERE, metadata=metadata, token="restore", tags={})
    found = there.get_object(Bucket="again", Key="a")
    assert (found["Body"].read(), found["Metadata"], found["TagCount"]) == (b"1", {"author": "me"}, 1)
    for copy in copies:
        driver.delete(copy.arn, *THERE)
    assert there.list_objects_v2(Bucket=f"backup-{ACCOUNT}-{OTHER}")["KeyCount"] == 0
