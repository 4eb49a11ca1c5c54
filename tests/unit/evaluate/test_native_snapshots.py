"""Snapshots that AWS Backup did not make, as protection of a volume: on, off, or open; none counts twice."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.unit.evaluate.conftest import World
from tests.unit.evaluate.test_native import (
    DATABASE,
    NOTHING_TOLD,
    UNTOLD,
    accept,
    database,
    native,
    told_line,
)
from tests.unit.evaluate.test_native_policies import TARGETS, policy
from tests.unit.evaluate.test_native_times import PARTLY, restorable

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COVERAGE = {"coverage": ["snapshot"]}
FREQUENCY = {"frequency": ["snapshot"]}
KEPT = {"coverage": ["snapshot"], "retention": ["snapshot"]}
SAID = "snapshots apart from AWS Backup"
ON = [{"kind": "snapshot", "said": SAID}]
DENIED = [("DescribeSnapshots", "AccessDeniedException", False)]


def snapshot(world: World, created: datetime, name: str = "snap-x", **row: Any) -> None:
    """One of the volume."""
    known = {"arn": f"arn:aws:ec2:{world.home}::snapshot/{name}", "resource_arn": world.volume}
    done = {"state": "completed", "created_at": created, "completed_at": created + HOUR / 2}
    world.add("native_backups", **{**known, **done, **row})


def on(world: World) -> tuple[Any, list[Any]]:
    """What is on, and what is unknown of it."""
    return native(world).get("on"), world.unknown("resource", "protection.native_on")


@pytest.mark.parametrize(("age", "on_"), [(24 * HOUR, ON), (24 * HOUR + HOUR / 100, [])])
def test_one_that_is_no_older_than_the_rpo_protects(world: World, age: timedelta, on_: list[Any]) -> None:
    """An older one tells of no later ones; it is named with its time."""
    snapshot(world, world.as_of - age)
    accept(world, COVERAGE)

    assert on(world) == (on_, [])
    newest = (world.as_of - age).isoformat().replace("+00:00", "Z")[:19]
    line = (told_line(world)[0] or "").replace(".000Z", "Z")
    assert line.startswith(f"{SAID}: on, up to {newest}" if on_ else f"{SAID}: off, the newest of {newest}")


@pytest.mark.parametrize(
    "row",
    [
        {"state": "pending"},
        {"state": "error"},
        {"made_by": "AWS Backup"},
        {"made_by": "CreateImage"},
        {"resource_arn": "arn:aws:ec2:eu-central-1:111122223333:volume/vol-ffffffff"},
        {"completed_at": World.as_of + HOUR},
        {"created_at": World.as_of + HOUR},
    ],
)
def test_one_that_does_not_count_protects_nothing(world: World, row: dict[str, Any]) -> None:
    """Not complete, AWS Backup's own, part of an image, of no volume, or later."""
    snapshot(world, world.as_of - HOUR, **row)
    accept(world, {**COVERAGE, **FREQUENCY})

    assert on(world) == ([], [])
    assert restorable(world) == [(None, [])] * 2


def test_what_a_job_of_aws_backup_made_is_not_counted_twice(world: World) -> None:
    """Also where the snapshot itself does not tell it."""
    world.backup(29)
    snapshot(world, world.night(29), "snap-29")
    accept(world, {**COVERAGE, **FREQUENCY})

    assert on(world) == ([], [])
    assert restorable(world) == [(None, [])] * 2


def test_those_of_a_lifecycle_policy_count(world: World) -> None:
    """Whoever else makes them."""
    snapshot(world, world.as_of - HOUR, made_by="Data Lifecycle Manager")
    accept(world, COVERAGE)

    assert on(world) == (ON, [])


def test_where_not_all_were_read_only_what_is_there_is_told(world: World) -> None:
    """That none was seen is no lack of one then; one that was seen is enough."""
    world.gap("native_backups", operation="DescribeSnapshots", service="ec2")
    accept(world, COVERAGE)
    assert on(world) == (None, DENIED)


@pytest.mark.parametrize("missing", [True, False])
def test_one_that_was_seen_is_enough(world: World, *, missing: bool) -> None:
    """Whether all were read, or later than as_of: it was there then."""
    snapshot(world, world.as_of - HOUR)
    if missing:
        world.gap("native_backups", operation="DescribeSnapshots", service="ec2")
    else:
        world.collected_at = world.as_of + 2 * HOUR
    accept(world, COVERAGE)

    assert on(world) == (ON, [])


def test_evidence_of_later_does_not_say_that_there_was_none(world: World) -> None:
    """It may have been deleted since."""
    world.collected_at = world.as_of + 2 * HOUR
    accept(world, COVERAGE)

    assert on(world) == (None, [("native_protection", "ReadLater", False)])


@pytest.mark.parametrize(("age", "unknown"), [(24, NOTHING_TOLD), (24.1, []), (None, NOTHING_TOLD)])
def test_of_a_volume_younger_than_the_rpo_it_is_open(
    world: World, age: float | None, unknown: list[Any]
) -> None:
    """Nothing says whether somebody will make one in time; without a time of its creation it may be one."""
    created = None if age is None else world.as_of - age * HOUR
    world.tables["resources", world.home][0]["created_at"] = created
    accept(world, COVERAGE)

    assert on(world) == (None if unknown else [], unknown)


@pytest.mark.parametrize(
    ("kept", "days", "unknown"),
    [
        ([35 * DAY, 40 * DAY + HOUR], 35, []),
        ([35 * DAY - HOUR], 34, []),
        ([35 * DAY, None], None, UNTOLD),
        ([None], None, UNTOLD),
    ],
)
def test_only_a_lock_promises_how_long_one_is_kept(
    world: World, kept: list[timedelta | None], days: int | None, unknown: list[Any]
) -> None:
    """The least of all that are there; where one has none, nothing is promised."""
    for number, one in enumerate(kept):
        made = world.as_of - (number + 1) * HOUR
        snapshot(world, made, f"snap-{number}", kept_until=None if one is None else made + one)
    accept(world, KEPT)

    said = {} if days is None else {"said": f"{SAID} ({days} days)", "retention_days": days}
    assert on(world) == ([{**ON[0], **said}], unknown)


def test_locks_that_were_not_read_are_the_gap(world: World) -> None:
    """Their call."""
    snapshot(world, world.as_of - HOUR)
    world.gap("native_backups.kept_until", operation="DescribeLockedSnapshots", service="ec2")
    accept(world, KEPT)

    assert on(world)[1] == [("DescribeLockedSnapshots", "AccessDeniedException", True)]


@pytest.mark.parametrize(
    ("nights", "facts"),
    [
        (range(30), [(23.0, []), (24.0, [])]),
        ([0, *range(2, 30)], [(23.0, []), (48.0, PARTLY)]),
        (range(2, 30), [(23.0, []), (49.0, PARTLY)]),
        (range(29), [(47.0, []), (47.0, [])]),
        ([-1], [(743.0, []), (None, [])]),
        ([], [(None, []), (None, [])]),
    ],
)
def test_the_times_of_those_that_are_left_count(world: World, nights: Any, facts: list[Any]) -> None:
    """A longer time between them is open, as what was deleted leaves no trace; one until now is not."""
    for number in nights:
        snapshot(world, world.night(number), f"snap-{number}")
    accept(world, FREQUENCY)

    assert restorable(world) == facts


@pytest.mark.parametrize(
    ("maker", "facts"),
    [("Data Lifecycle Manager", [(1.0, []), (719.0, PARTLY)]), (None, [(None, [])] * 2)],
)
def test_a_lifecycle_policy_has_the_times_of_its_snapshots(
    world: World, maker: str | None, facts: list[Any]
) -> None:
    """And of no others; where all were read, none is a fact."""
    snapshot(world, world.as_of - HOUR, made_by=maker)
    policy(world, "policy-1", TARGETS)
    accept(world, {"frequency": ["lifecycle_policy"]})

    assert restorable(world) == facts


def test_where_no_tier_accepts_them_nothing_is_told(world: World) -> None:
    """They were not asked for then."""
    snapshot(world, world.as_of - HOUR)
    accept(world, {"coverage": ["lifecycle_policy"]})

    assert all(row["kind"] != "snapshot" for row in native(world).get("told", ()))


@pytest.mark.parametrize("kind", ["db", "cluster"])
def test_manual_snapshots_of_databases_count_too(world: World, kind: str) -> None:
    """A list of their own tells them; one of before the creation is of an earlier namesake."""
    database(world)
    arn = DATABASE.replace(":db:", f":{kind}:")
    row = world.tables["resources", world.home][0]
    row |= {"arn": arn, "resource_type": {"db": "RDS", "cluster": "Aurora"}[kind]}
    row["created_at"] = world.as_of - 30 * HOUR
    accept(world, COVERAGE)
    snapshot(world, world.as_of - 31 * HOUR, "old", resource_arn=arn, state="available")
    assert on(world) == ([], [])


@pytest.mark.parametrize(
    ("provides", "on_", "unknown"),
    [
        ("native_backups.volumes", [], []),
        ("native_backups.databases", None, DENIED),
        ("native_backups", None, DENIED),
    ],
)
def test_each_list_of_snapshots_is_missed_where_it_tells(
    world: World, provides: str, on_: list[Any] | None, unknown: list[Any]
) -> None:
    """Of a database what EC2 refuses is no gap."""
    database(world)
    world.gap(provides, operation="DescribeSnapshots", service="ec2")
    accept(world, COVERAGE)

    assert on(world) == (on_, unknown)


def test_a_manual_snapshot_of_a_database_protects_it(world: World) -> None:
    """As one of a volume does; RDS calls it available."""
    database(world)
    snapshot(world, world.as_of - HOUR, resource_arn=DATABASE, state="available")
    accept(world, {**COVERAGE, **FREQUENCY})

    assert on(world) == (ON, [])
    assert restorable(world)[0] == (1.0, [])
