"""Continuous backups of buckets: every second of the retention can be restored, and nothing else is kept."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
import time_machine

from auditor.executor.drivers.s3 import S3Driver
from auditor.executor.seam.continuous import LOOK_MS, ContinuousDriver, is_continuous
from auditor.executor.seam.driver import DriverError, NativeBackup
from auditor.executor.store.objects import Store
from auditor.model.organization import Resource

Clients = Callable[[str, str, str], Any]
Contents = dict[str, str]

ACCOUNT, REGION = "123456789012", "eu-west-1"
HERE = (ACCOUNT, REGION)
BUCKET = Resource("arn:aws:s3:::data", ACCOUNT, REGION, "S3", "data")
STORE = f"backup-{ACCOUNT}-{REGION}"
START = datetime(2026, 1, 5, tzinfo=UTC)
SECOND, LOOK = timedelta(seconds=1), timedelta(milliseconds=LOOK_MS)


def token(number: int) -> str:
    """The id of the n-th job."""
    return str(uuid5(UUID(int=0), str(number))).upper()


class Journey:
    """A versioned bucket, its continuous backup, and what the bucket had in each second."""

    def __init__(self, clients: Clients, traveller: Any) -> None:
        self.clients, self.traveller = clients, traveller
        self.s3 = clients("s3", *HERE)
        where = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
        self.s3.create_bucket(Bucket="data", **where)
        self.version("Enabled")
        self.contents: Contents = {}
        self.history: list[tuple[datetime, Contents]] = []
        self.arn = ""

    def version(self, status: str) -> None:
        """Set the bucket's versioning."""
        self.s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": status})

    def driver(self) -> S3Driver:
        """A driver as a new process has it."""
        return S3Driver(self.clients, Store(self.clients, {}), lambda: datetime.now(UTC))

    def put(self, key: str, body: str) -> None:
        """Put an object in a second of its own."""
        self.traveller.shift(SECOND)
        self.s3.put_object(Bucket="data", Key=key, Body=body.encode())
        self.contents = self.contents | {key: body}
        self.history.append((datetime.now(UTC), self.contents))

    def remove(self, key: str) -> None:
        """Put a delete marker in a second of its own."""
        self.traveller.shift(SECOND)
        self.s3.delete_object(Bucket="data", Key=key)
        self.contents = {k: v for k, v in self.contents.items() if k != key}
        self.history.append((datetime.now(UTC), self.contents))

    def begin(self, number: int = 1, days: int = 35) -> NativeBackup:
        """The n-th job begins the continuous backup."""
        self.traveller.shift(SECOND)
        made = self.driver().start(BUCKET, vault_key_arn=None, token=token(number), days=days)
        self.arn = made.arn
        return made

    def look(self, after: timedelta = LOOK + SECOND) -> None:
        """Look, some time later."""
        self.traveller.shift(after)
        self.driver().refresh(self.arn, *HERE)

    def had(self, moment: datetime) -> Contents:
        """What the bucket had at a time."""
        return next((contents for at, contents in reversed(self.history) if at <= moment), {})

    def restored(self, moment: datetime, arn: str = "", **more: str) -> Contents:
        """What a restore to a time gives."""
        name = f"new-{uuid4()}"
        metadata = {"DestinationBucketName": name, "NewBucket": "true"} | more
        metadata["RestoreTime"] = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        self.driver().restore(arn or self.arn, place=HERE, metadata=metadata, token="restore", tags={})
        return self.read(name)

    def read(self, bucket: str) -> Contents:
        """Every current object of a bucket."""
        keys = [item["Key"] for item in self.s3.list_objects_v2(Bucket=bucket).get("Contents", ())]
        return {key: self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys}

    def window(self) -> tuple[datetime, datetime]:
        """The first and the last restorable time."""
        metadata = self.driver().restore_metadata(self.arn, *HERE)
        first, last = (metadata[f"{which}RestorableTime"] for which in ("Earliest", "Latest"))
        return datetime.fromisoformat(first), datetime.fromisoformat(last)

    def stored(self) -> list[str]:
        """The names in the store."""
        found = self.s3.list_objects_v2(Bucket=STORE).get("Contents", ())
        return [item["Key"] for item in found]

    def content(self) -> list[str]:
        """The names of versions that were taken in."""
        return [name for name in self.stored() if "/content/" in name]


@pytest.fixture
def journey(clients: Clients) -> Iterator[Journey]:
    """An empty bucket."""
    with time_machine.travel(START, tick=False) as traveller:
        yield Journey(clients, traveller)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_every_second_can_be_restored(journey: Journey, seed: int) -> None:
    """Whatever was written, overwritten and deleted between looks, each second gives what was there."""
    choose = random.Random(seed)  # noqa: S311 -- no secret
    journey.put("a", "first")
    journey.begin()
    for number in range(40):
        key = choose.choice("abc/de")
        if choose.random() < 0.7 or key not in journey.contents:
            journey.put(key, str(number))
        else:
            journey.remove(key)
        if choose.random() < 0.2:
            journey.look()
    journey.look()
    first, last = journey.window()
    seconds = [at + delta for at, _ in journey.history for delta in (-SECOND, timedelta())]
    asked = [moment for moment in seconds if first <= moment <= last]

    assert (first, last) == (START + timedelta(seconds=1), datetime.now(UTC) - SECOND)
    assert len(asked) > 75
    for moment in choose.sample(asked, 12):
        assert journey.restored(moment) == journey.had(moment)


def test_the_window_grows_with_each_look_and_moves_with_the_retention(journey: Journey) -> None:
    """A look within 15 minutes of the last one does nothing; times outside the window are refused."""
    assert isinstance(journey.driver(), ContinuousDriver)
    journey.put("a", "1")
    made = journey.begin(days=1)
    begun = datetime.now(UTC) - SECOND
    journey.look(LOOK - 2 * SECOND)
    windows = [journey.window()]
    journey.look(SECOND)
    windows.append(journey.window())
    journey.look(timedelta(days=1))
    windows.append(journey.window())
    last = datetime.now(UTC) - SECOND

    assert (is_continuous(made.arn), made.size_bytes, made.transferred_bytes) == (True, 1, 1)
    assert windows == [
        (begun, begun),
        (begun, begun + LOOK - SECOND),
        (last - timedelta(days=1), last),
    ]
    for moment in (last + SECOND, last - timedelta(days=1) - SECOND):
        with pytest.raises(DriverError, match="RestoreTime must be between"):
            journey.restored(moment)
    with pytest.raises(DriverError, match="RestoreTime is required"):
        journey.driver().restore(journey.arn, place=HERE, metadata={}, token="restore", tags={})


def test_versions_deleted_for_good(journey: Journey) -> None:
    """A version that is deleted for good is not there any more from the next look on, but was before."""
    journey.put("a", "old")
    journey.begin()
    journey.put("a", "new")
    journey.look()
    newest = journey.s3.head_object(Bucket="data", Key="a")["VersionId"]
    before = datetime.now(UTC) - SECOND
    journey.s3.delete_object(Bucket="data", Key="a", VersionId=newest)
    journey.look()
    journey.look()

    assert journey.restored(before) == {"a": "new"}
    assert journey.restored(journey.window()[1]) == {"a": "old"}


def test_an_upload_that_was_not_there_yet(journey: Journey) -> None:
    """An object dated before a look that did not see it does not change what that time is restored to."""
    journey.put("a", "1")
    journey.begin()
    at = datetime.now(UTC)
    journey.look()
    before = journey.window()[1]
    journey.traveller.move_to(at)
    journey.s3.put_object(Bucket="data", Key="late", Body=b"2")
    journey.traveller.move_to(before + SECOND)
    journey.look()

    assert journey.restored(before) == {"a": "1"}
    assert journey.restored(before + SECOND) == {"a": "1", "late": "2"}


@pytest.mark.long
def test_what_no_restorable_second_needs_goes(journey: Journey) -> None:
    """A version that the bucket has no more goes a retention after it was overwritten; the rest stays."""
    journey.put("a", "1")
    journey.put("b", "kept")
    journey.begin(days=2)
    for number in range(5):
        journey.put("a", str(number))
        journey.look(timedelta(days=1))
        noncurrent = [
            {"Key": v["Key"], "VersionId": v["VersionId"]}
            for v in journey.s3.list_object_versions(Bucket="data")["Versions"]
            if not v["IsLatest"]
        ]
        journey.s3.delete_objects(Bucket="data", Delete={"Objects": noncurrent})
    first, last = journey.window()

    assert last - first == timedelta(days=2)
    for moment in (first, first + timedelta(days=1), first + timedelta(days=1, seconds=1), last):
        assert journey.restored(moment) == journey.had(moment)
    assert (journey.had(first)["a"], journey.had(last)["a"]) == ("3", "4")
    assert len(journey.content()) == 3
    journey.driver().delete(journey.arn, *HERE)
    assert journey.stored() == []


def test_periodic_and_continuous_backups_share_content(journey: Journey) -> None:
    """Either is incremental on the other, and each outlives the other (aws-backup.md 1.1 row 15)."""
    journey.put("a", "1")
    journey.begin()
    driver = journey.driver()
    periodic = driver.back_up(BUCKET, vault_key_arn=None, token=token(2), tags={})
    copy = driver.copy(
        NativeBackup(journey.arn, 1, encrypted=True),
        source=HERE,
        destination=HERE,
        key=None,
        token=token(3),
        tags={},
    )
    assert [periodic.transferred_bytes, copy.transferred_bytes, is_continuous(copy.arn)] == [0, 0, False]
    driver.delete(journey.arn, *HERE)
    for made in (periodic, copy):
        name = f"new-{uuid4()}"
        metadata = {"DestinationBucketName": name, "NewBucket": "true"}
        driver.restore(made.arn, place=HERE, metadata=metadata, token="restore", tags={})
        assert journey.read(name) == {"a": "1"}
    assert journey.begin(4).transferred_bytes == 0
    for arn in (periodic.arn, copy.arn, journey.arn):
        driver.delete(arn, *HERE)
    assert journey.stored() == []


def test_another_retention_takes_another_recovery_point(journey: Journey) -> None:
    """With the same retention a continuous backup goes on; another begins with the content of the first."""
    journey.put("a", "1")
    first = journey.begin()
    journey.put("b", "22")
    journey.traveller.shift(LOOK)
    driver = journey.driver()
    same = driver.renew(first.arn, BUCKET, 35)
    assert same is not None
    assert (same.arn, same.size_bytes) == (first.arn, 3)
    assert driver.renew(first.arn, BUCKET, 34) is None
    second = journey.begin(2, days=34)
    assert (second.arn != first.arn, second.transferred_bytes) == (True, 0)
    assert (driver.find(token(2), *HERE), driver.find(token(3), *HERE)) == (second, None)
    assert driver.settled(second.arn, *HERE)


def test_a_bucket_that_loses_its_versioning_stops(journey: Journey) -> None:
    """The look says why; what was captured can still be restored."""
    journey.put("a", "1")
    journey.begin()
    journey.version("Suspended")
    with pytest.raises(DriverError) as caught:
        journey.look()

    assert caught.value.category == "FEATURE_NOT_ENABLED"
    assert journey.restored(journey.window()[1]) == {"a": "1"}


def test_an_empty_bucket_fails(journey: Journey) -> None:
    """A first continuous backup without objects fails (aws-backup.md 4.5) and leaves nothing."""
    with pytest.raises(DriverError, match="No objects were backed up"):
        journey.begin()
    assert journey.stored() == []


class Killed(BaseException):
    """The process ends."""


def test_a_killed_look_loses_nothing(journey: Journey) -> None:
    """Killed at any change of the store, the backup is as it was or as it will be."""
    journey.put("a", "1")
    journey.begin(days=1)
    events = journey.s3.meta.events
    names = [
        f"before-parameter-build.s3.{name}"
        for name in ("PutObject", "CopyObject", "DeleteObjects", "DeleteObject")
    ]
    number, killed = 0, True
    while killed:
        journey.put("a", str(number))
        journey.put("b", str(number))
        journey.remove("b")
        left = number

        def watch(**_event: Any) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed

        for name in names:
            events.register_first(name, watch)
        killed = False
        try:
            journey.look(timedelta(days=1, hours=1))
        except Killed:
            killed = True
        finally:
            for name in names:
                events.unregister(name, watch)
        journey.driver().refresh(journey.arn, *HERE)
        assert journey.restored(journey.window()[1]) == {"a": str(number)}
        number += 1
    assert number > 5
    journey.driver().delete(journey.arn, *HERE)
    assert journey.stored() == []


def test_several_versions(journey: Journey) -> None:
    """RestoreLatestVersionsUpTo brings back more than the newest, which stays the newest."""
    for body in ("1", "2", "3"):
        journey.put("a", body)
    journey.put("gone", "4")
    journey.begin()
    journey.remove("gone")
    journey.look()
    found = {}
    for asked in ("1", "2", "9", "all"):
        name = f"versions-{asked}"
        metadata = {
            "DestinationBucketName": name,
            "NewBucket": "true",
            "RestoreTime": f"{journey.window()[1]:%Y-%m-%dT%H:%M:%SZ}",
            "RestoreLatestVersionsUpTo": asked,
        }
        journey.driver().restore(journey.arn, place=HERE, metadata=metadata, token="restore", tags={})
        versions = journey.s3.list_object_versions(Bucket=name)["Versions"]
        found[asked] = (len(versions), journey.read(name))

    assert found == {n: (count, {"a": "3"}) for n, count in (("1", 1), ("2", 2), ("9", 3), ("all", 3))}


def test_a_look_at_what_is_being_deleted(journey: Journey) -> None:
    """A continuous backup that is deleted during a look stays deleted."""
    journey.put("a", "1")
    journey.begin()
    journey.put("b", "2")
    deleted: list[str] = []

    def delete(**_event: Any) -> None:
        if not deleted:
            deleted.append(journey.arn)
            journey.driver().delete(journey.arn, *HERE)

    journey.s3.meta.events.register("before-call.s3.GetObjectTagging", delete)
    with pytest.raises(DriverError) as caught:
        journey.look()

    assert (deleted, caught.value.category) == ([journey.arn], "RESOURCE_NOT_FOUND")
    assert journey.driver().find(token(1), *HERE) is None
