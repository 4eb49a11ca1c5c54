"""S3 Object Lock of what is stored: nobody deletes what a locked recovery point needs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from auditor.executor.seam.driver import DriverError
from auditor.executor.store import object_locks
from auditor.executor.store.object_locks import ObjectLocks
from auditor.executor.store.objects import token_of_point
from tests.contract.drivers.bucket_world import HERE, REGION, STORE
from tests.contract.drivers.kinds import Clients
from tests.contract.drivers.stored_resources import BucketCase, Case, StackCase, TableCase, TreeCase

END = datetime(2126, 6, 1, tzinfo=UTC)
LATER = END + timedelta(days=1)
CASES = (BucketCase, TreeCase, TableCase, StackCase)


@pytest.fixture
def s3(clients: Clients) -> Any:
    """S3 with a store that takes locks: AWS lets one be changed into such, moto does not."""
    made = clients("s3", *HERE)
    where = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    made.create_bucket(Bucket=STORE, ObjectLockEnabledForBucket=True, **where)
    return made


def locks(s3: Any) -> dict[str, datetime | None]:
    """Until when each object of the store is locked in compliance mode."""
    found = {}
    for item in s3.list_objects_v2(Bucket=STORE).get("Contents", ()):
        head = s3.head_object(Bucket=STORE, Key=item["Key"])
        assert head.get("ObjectLockMode") in {None, "COMPLIANCE"}
        found[item["Key"]] = head.get("ObjectLockRetainUntilDate")
    return found


def needed(s3: Any) -> dict[str, datetime | None]:
    """The locks of what recovery points need: all that is stored but the names of attempts."""
    return {key: end for key, end in locks(s3).items() if "/attempts/" not in key}


def delete_everything(s3: Any) -> int:
    """Delete each version that S3 lets go, as its owner might; gives how many it refused to."""
    return sum(is_refused(s3, version) for version in s3.list_object_versions(Bucket=STORE)["Versions"])


def is_refused(s3: Any, version: dict[str, Any]) -> bool:
    """Whether S3 refuses to delete a version."""
    try:
        s3.delete_object(Bucket=STORE, Key=version["Key"], VersionId=version["VersionId"])
    except ClientError as refused:
        return bool(refused.response["Error"]["Code"] == "AccessDenied")
    return False


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_what_a_locked_recovery_point_needs_stays(
    s3: Any, clients: Clients, tmp_path: Path, case: type[Case]
) -> None:
    """Whoever deletes it puts a delete marker before it at most; without that it can be restored."""
    world = case(clients, tmp_path)
    world.change("first")
    point = world.back_up(1).arn
    assert set(locks(s3).values()) == {None}
    assert world.driver().lock({point: END}, *HERE) == {}
    assert set(needed(s3).values()) == {END}

    assert delete_everything(s3) == len(needed(s3))
    for key in world.stored():
        s3.delete_object(Bucket=STORE, Key=key)
    assert world.stored() == []
    with pytest.raises(DriverError, match="is not stored whole"):
        world.driver().settled(point, *HERE)
    for marker in s3.list_object_versions(Bucket=STORE)["DeleteMarkers"]:
        s3.delete_object(Bucket=STORE, Key=marker["Key"], VersionId=marker["VersionId"])
    assert world.driver().settled(point, *HERE)
    assert world.text(point) == "first"


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_what_recovery_points_share_is_locked_for_the_longest(
    s3: Any, clients: Clients, tmp_path: Path, case: type[Case]
) -> None:
    """Longer and never shorter; what is only the other one's is not locked. Without an end: a century."""
    world = case(clients, tmp_path)
    world.change("first")
    first = world.back_up(1).arn
    one = set(needed(s3))
    second = world.back_up_changed(2).arn
    assert world.driver().lock({second: LATER}, *HERE) == {}
    both = {key for key, end in needed(s3).items() if end is not None and key in one}
    assert world.driver().lock({first: END}, *HERE) == {}
    assert {end for key, end in needed(s3).items() if key in both or key not in one} == {LATER}
    assert {end for key, end in needed(s3).items() if key in one - both} == {END}
    assert world.driver().lock({first: None}, *HERE) == {}
    assert needed(s3)[f"{token_of_point(first)}/job.json"] == END


ARN = "arn:aws:backup:eu-west-1:123456789012:recovery-point:00000000-0000-0000-0000-00000000000"


def stored(s3: Any, arn: str, count: int) -> list[str]:
    """Put a recovery point's claim and `count` more objects; gives the keys of these."""
    token = token_of_point(arn)
    keys = [f"groups/{token}/{number}" for number in range(count)]
    for key in (*keys, f"{token}/job.json"):
        s3.put_object(Bucket=STORE, Key=key, Body=b"")
    return keys


@pytest.mark.parametrize("new", [False, True])
def test_many_objects_are_locked_by_and_by(s3: Any, clients: Clients, *, new: bool) -> None:
    """Some in each run, the claim last, in a `new` process too; then it asks about the claim, or nothing."""
    arn = f"{ARN}1"
    keys = stored(s3, arn, 5)
    asked: list[str] = []
    s3.meta.events.register("before-call.s3", lambda model, **_: asked.append(model.name))
    made = ObjectLocks(clients, a_run=2)
    runs = []
    for _ in range(4):
        made = ObjectLocks(clients, a_run=2) if new else made
        left = made.lock(HERE, {arn: END}, lambda _: keys)
        runs.append((left, asked.count("PutObjectRetention")))
    assert runs == [({arn: None}, 2), ({arn: None}, 4), ({}, 6), ({}, 6)]
    assert set(locks(s3).values()) == {END}

    asked.clear()
    assert made.lock(HERE, {arn: END}, lambda _: keys) == {}
    assert asked == []
    assert ObjectLocks(clients).lock(HERE, {arn: END}, lambda _: pytest.fail("it is locked")) == {}
    assert asked.count("HeadObject") == 1


def test_each_recovery_point_has_its_share_of_a_run(s3: Any, clients: Clients) -> None:
    """A large one holds up no small one; what one leaves the next ones have."""
    sizes = {f"{ARN}1": 9, f"{ARN}2": 0, f"{ARN}3": 2, f"{ARN}4": 9}
    keys = {token_of_point(arn): stored(s3, arn, size) for arn, size in sizes.items()}
    made = ObjectLocks(clients, a_run=8)
    seen = []
    for _ in range(4):
        left = made.lock(HERE, dict.fromkeys(sizes, END), keys.__getitem__)
        found = locks(s3)
        done = [sum(found[key] is not None for key in own) for own in keys.values()]
        seen.append((done, [int(arn[-1]) for arn, reason in left.items() if reason is None]))
    assert seen == [
        ([2, 0, 2, 3], [1, 3, 4]),
        ([4, 0, 2, 8], [1, 4]),
        ([8, 0, 2, 9], [1]),
        ([9, 0, 2, 9], []),
    ]


def test_one_that_is_to_be_locked_for_longer_begins_anew(s3: Any, clients: Clients) -> None:
    """Also what an earlier run has locked until the earlier time."""
    keys = stored(s3, f"{ARN}1", 3)
    made = ObjectLocks(clients, a_run=2)
    assert made.lock(HERE, {f"{ARN}1": END}, lambda _: keys) == {f"{ARN}1": None}
    assert made.lock(HERE, {f"{ARN}1": LATER}, lambda _: keys) == {f"{ARN}1": None}
    assert made.lock(HERE, {f"{ARN}1": LATER}, lambda _: keys) == {}
    assert set(locks(s3).values()) == {LATER}


def test_what_is_not_named_any_more_is_forgotten(s3: Any, clients: Clients) -> None:
    """Here, and not what is elsewhere."""
    for number in (1, 2):
        stored(s3, f"{ARN}{number}", 0)
    asked: list[str] = []
    s3.meta.events.register("before-call.s3", lambda model, **_: asked.append(model.name))
    made = ObjectLocks(clients)
    both = {f"{ARN}1": END, f"{ARN}2": END}
    heads = []
    for until in (both, both, {f"{ARN}1": END}, both):
        asked.clear()
        assert made.lock(HERE, until, lambda _: ()) == {}
        heads.append(asked.count("HeadObject"))
    assert heads == [2, 0, 0, 1]


def test_what_s3_refuses_is_said_and_the_others_are_locked(s3: Any, clients: Clients, tmp_path: Path) -> None:
    """In S3's own words, and asked for again."""
    world = StackCase(clients, tmp_path)
    first, second = world.back_up(1).arn, world.back_up_changed(2).arn
    s3.delete_object(Bucket=STORE, Key=f"{token_of_point(first)}/job.json")
    driver = world.driver()
    for _ in range(2):
        assert list(driver.lock({first: END, second: END}, *HERE)) == [first]
    assert needed(s3)[f"{token_of_point(second)}/job.json"] == END


RETENTION = {"Mode": "COMPLIANCE", "RetainUntilDate": END}


@pytest.mark.parametrize("ours", [True, False])
def test_a_store_that_is_there_is_made_lockable(clients: Clients, *, ours: bool) -> None:
    """First old versions are removed by a rule beside the owner's, then there are versions, then locks."""
    s3 = clients("s3", *HERE)
    owners = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "x"}, "Expiration": {"Days": 1}}
    rules = [owners, dict(object_locks._RULE)] if ours else [owners]
    here = {"Bucket": STORE}
    with Stubber(s3) as stubs:
        stubs.add_response("get_bucket_lifecycle_configuration", {"Rules": rules}, here)
        if not ours:
            both = {"Rules": [owners, dict(object_locks._RULE)]}
            put = here | {"LifecycleConfiguration": both}
            stubs.add_response("put_bucket_lifecycle_configuration", {}, put)
        missing = "ObjectLockConfigurationNotFoundError"
        stubs.add_client_error("get_object_lock_configuration", missing, expected_params=here)
        versions = here | {"VersioningConfiguration": {"Status": "Enabled"}}
        stubs.add_response("put_bucket_versioning", {}, versions)
        enabled = here | {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}
        stubs.add_response("put_object_lock_configuration", {}, enabled)
        stubs.add_response("head_object", {}, here | {"Key": "x/job.json"})
        stubs.add_response("put_object_retention", {}, here | {"Key": "x/job.json", "Retention": RETENTION})
        assert ObjectLocks(clients).lock(HERE, {"x": END}, lambda _: ()) == {}
        stubs.assert_no_pending_responses()


def test_a_store_that_takes_no_locks_is_said_to_take_none(clients: Clients, tmp_path: Path) -> None:
    """Moto's, which was made without."""
    world = StackCase(clients, tmp_path)
    point = world.back_up(1).arn
    with pytest.raises(DriverError, match="Bucket needs to be empty"):
        world.driver().lock({point: END}, *HERE)
