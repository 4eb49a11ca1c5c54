"""What keeps recovery points beyond their time: failed deletions, resources that are gone, locks for good."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.evaluate.conftest import ACCOUNT, World

GONE = "arn:aws:ec2:eu-central-1:111122223333:volume/vol-gone"
OTHER = "444455556666"
LATER = timedelta(days=5)


def fact(world: World, name: str, region: str | None = None) -> list[Any]:
    """One fact of every recovery point of a Region; None where it is absent."""
    return [one["recovery_point"].get(name) for one in world.facts("recovery_point", region)]


def endless(world: World, resource: str, **row: Any) -> None:
    """A recovery point without an end."""
    never = {"delete_at": None, "delete_after_days": None, "resource_arn": resource}
    world.point("snap", world.night(3), **{**never, **row})


def test_one_that_could_not_be_deleted_is_expired(world: World) -> None:
    """Whatever its dates; one past its end that nobody tried to delete is held by something, and is not."""
    over: dict[str, Any] = {"delete_at": world.as_of - timedelta(days=9)}
    world.point("a", world.night(1), status="EXPIRED", **over)
    world.point("b", world.night(1), status="COMPLETED", **over)
    world.point("c", world.night(1), status="DELETING", **over)
    assert fact(world, "expired") == [True, False, False]


@pytest.mark.parametrize(
    ("ended", "expired", "unknown"),
    [
        (timedelta(hours=-25), True, []),
        (timedelta(hours=-24), None, [("recovery points", "ReadLater", False)]),
        (timedelta(hours=-1), None, [("recovery points", "ReadLater", False)]),
        (timedelta(hours=0), False, []),
        (timedelta(hours=1), False, []),
    ],
)
def test_of_the_past_what_is_expired_by_now(
    world: World,
    ended: timedelta,
    expired: bool | None,  # noqa: FBT001 -- a case
    unknown: list[Any],
) -> None:
    """It was so a day after its end, and not before its end; in between nobody knows."""
    world.collected_at = world.as_of + LATER
    world.point("a", world.night(1), status="EXPIRED", delete_at=world.as_of + ended)
    assert fact(world, "expired") == [expired]
    assert world.unknown("recovery_point", "recovery_point.expired") == unknown


@pytest.mark.parametrize(
    ("resource", "kind", "row", "gone"),
    [
        (World.volume, "EBS", {}, False),
        (GONE, "EBS", {}, True),
        (GONE, "A type of tomorrow", {}, None),
        (GONE, "EBS", {"source_vault_arn": World.far_vault}, True),
        ("arn:aws:s3:::gone", "S3", {}, True),
        ("arn:aws:s3:::gone", "S3", {"source_vault_arn": World.far_vault}, True),
        (None, "EBS", {}, None),
    ],
    ids=["there", "gone", "not listed", "a copy", "a bucket", "a bucket's copy", "not told"],
)
def test_a_resource_is_gone_where_its_inventory_lacks_it(
    world: World,
    resource: str | None,
    kind: str,
    row: dict[str, Any],
    gone: bool | None,  # noqa: FBT001 -- a case
) -> None:
    """Of the types that inventories list, and where its ARN or its vault says where it was."""
    endless(world, resource or "", resource_type=kind, **row, **({} if resource else {"resource_arn": None}))
    assert fact(world, "resource_gone") == [gone]
    assert world.unknown("recovery_point", "recovery_point.resource_gone") == []


def test_behind_a_gap_no_resource_is_gone(world: World) -> None:
    """Only for what has no end is that asked."""
    endless(world, GONE)
    world.gap("resources")
    assert fact(world, "resource_gone") == [None]
    assert world.unknown("recovery_point", "recovery_point.resource_gone") == [
        ("ListX", "AccessDeniedException", False)
    ]


BUCKET = "arn:aws:s3:::gone"
LISTED = [("ListBuckets", "AccessDeniedException", False)]


@pytest.mark.parametrize(
    ("gap", "account_id", "source", "unknown"),
    [
        ({}, ACCOUNT, None, LISTED),
        ({"region": "eu-west-1"}, ACCOUNT, None, LISTED),
        ({"service": "ec2", "operation": "DescribeInstances"}, ACCOUNT, None, []),
        ({"service": "resourcegroupstaggingapi", "operation": "GetResources"}, ACCOUNT, None, []),
        ({}, OTHER, None, []),
        ({}, OTHER, f"arn:aws:backup:eu-central-1:{OTHER}:backup-vault:main", LISTED),
    ],
    ids=[
        "here",
        "in another Region",
        "other types",
        "tags",
        "in another account",
        "where it was copied from",
    ],
)
def test_a_bucket_is_hidden_where_its_account_was_not_asked_for_buckets(
    world: World, gap: dict[str, str], account_id: str, source: str | None, unknown: list[Any]
) -> None:
    """Its ARN names no place: it is in the account of the vault that it was copied from, else of its own."""
    call = {"service": "s3", "operation": "ListBuckets", "region": world.home, **gap}
    told = {"gap_id": "g", "account_id": account_id, "error": "AccessDeniedException", "message": "no"}
    world.add("gaps", **told, **call, provides=["resources"])
    world.add("resources", arn="arn:aws:s3:::there", resource_type="S3", tags={})
    endless(world, BUCKET, resource_type="S3", source_vault_arn=source)
    assert fact(world, "resource_gone") == [None if unknown else True]
    assert world.unknown("recovery_point", "recovery_point.resource_gone") == unknown


def test_each_recovery_point_names_its_own_gaps(world: World) -> None:
    """A bucket may be in any Region of its account, a volume in its own."""
    world.gap("resources", region=world.away)
    endless(world, BUCKET, resource_type="S3")
    endless(world, GONE.replace("central", "north"))
    endless(world, GONE)
    assert fact(world, "resource_gone") == [None, None, True]
    named = [world.unknown("recovery_point", "recovery_point.resource_gone", index) for index in range(3)]
    unread = ("ListRecoveryPointsByBackupVault", "NotRead", False)
    assert named == [[unread, ("ListX", "AccessDeniedException", False)], [unread], []]


def test_what_has_an_end_asks_for_no_resource(world: World) -> None:
    """No gap is cited for it."""
    world.point("snap", world.night(3), resource_arn=GONE)
    world.gap("resources")
    assert fact(world, "resource_gone") == [None]
    assert world.unknown("recovery_point", "recovery_point.resource_gone") == []


def test_of_the_past_a_resource_that_is_gone_by_now_may_have_been_there(world: World) -> None:
    """One that is there was there."""
    world.collected_at = world.as_of + LATER
    endless(world, GONE)
    endless(world, world.volume)
    assert fact(world, "resource_gone") == [None, False]
    assert world.unknown("recovery_point", "recovery_point.resource_gone") == [
        ("resources", "ReadLater", False)
    ]


@pytest.mark.parametrize(
    ("lock", "held"),
    [
        ({"locked": False}, False),
        ({"locked": True}, False),
        ({"locked": True, "after": 0}, True),
        ({"locked": True, "after": 1}, False),
        ({"locked": True, "vault_type": "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"}, True),
    ],
)
def test_only_a_compliance_lock_in_force_keeps_for_good(
    world: World,
    lock: dict[str, Any],
    held: bool,  # noqa: FBT001 -- a case
) -> None:
    """A governance lock, and a compliance lock before its date, can be taken away."""
    after = lock.pop("after", None)
    date: dict[str, Any] = {} if after is None else {"lock_date": world.as_of + timedelta(seconds=after)}
    world.add("backup_vaults", arn=world.vault, name="main", **lock, **date)
    world.point("snap", world.night(3))
    assert fact(world, "locked_for_good") == [held]


def test_the_lock_of_a_vault_that_was_not_listed_is_not_known(world: World) -> None:
    """Nothing is said of it."""
    world.point("snap", world.night(3))
    assert fact(world, "locked_for_good") == [None]
