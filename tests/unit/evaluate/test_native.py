"""What protects a resource apart from AWS Backup, as facts: on, off, not told, and not told of then."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.evaluate.native import lines
from auditor.model.policy import Tiers
from tests.unit.evaluate.conftest import ACCOUNT, GOLD, TIERS, World

DATABASE = f"arn:aws:rds:eu-central-1:{ACCOUNT}:db:orders"
ACCEPTING = {"coverage": ["automated_backups"]}
#: Of what is there, there may be more; or nothing is there, and it is not known at all.
UNTOLD = [("native_protection", "Untold", True)]
NOTHING_TOLD = [("native_protection", "Untold", False)]
NEWEST = datetime(2026, 2, 8, 23, 55, tzinfo=UTC)


def accept(world: World, native: Mapping[str, Any]) -> None:
    """Let the tier gold accept it."""
    world.tiers = Tiers({**TIERS.tiers, "gold": {**GOLD, "native": native}}, TIERS.assignment, TIERS.default)


def database(world: World, **row: Any) -> None:
    """A database of the tier gold in place of the volume, and what is told of its automated backups."""
    created = world.start - timedelta(days=100)
    world.tables.pop(("resources", world.home))
    world.add(
        "resources",
        arn=DATABASE,
        resource_type="RDS",
        name="orders",
        tags={"tier": "gold"},
        created_at=created,
    )
    if row:
        told = {"arn": DATABASE, "kind": "automated_backups", "source": "rds:DescribeDBInstances"}
        world.add("native_protection", **told, **row)


def native(world: World) -> Mapping[str, Any]:
    """The facts on it."""
    protection = world.facts("resource")[0]["protection"]
    return {name[7:]: value for name, value in protection.items() if name.startswith("native_")}


def told_line(world: World) -> list[str | None]:
    """What the population says."""
    assert world.opened is not None
    return list(lines(next(one for one in world.opened.inventories if one.scope.region == world.home)))


def test_what_is_on_is_said_with_its_days(world: World) -> None:
    """With times and call beside it, for findings."""
    database(world, enabled=True, retention_days=7, newest_at=NEWEST, schedule="03:00-03:30")
    accept(world, ACCEPTING)

    assert native(world) == {
        "on": [{"kind": "automated_backups", "said": "automated backups (7 days)", "retention_days": 7}],
        "told": [
            {
                "kind": "automated_backups",
                "enabled": True,
                "retention_days": 7,
                "newest": "2026-02-08T23:55:00Z",
                "schedule": "03:00-03:30",
                "source": "rds:DescribeDBInstances",
            }
        ],
    }
    assert told_line(world) == ["automated backups (7 days): on, up to 2026-02-08T23:55:00Z"]
    assert world.unknown("resource", "protection.native_on") == []


def test_what_is_off_is_told_as_nothing(world: World) -> None:
    """Told to be off is not the same as not told; a time that RDS tells all the same is of no use."""
    database(world, enabled=False, retention_days=0, newest_at=NEWEST)
    accept(world, ACCEPTING)

    assert native(world)["on"] == []
    assert told_line(world) == ["automated backups: off"]
    assert world.unknown("resource", "protection.native_on") == []


def test_what_is_not_told_is_a_gap_where_the_tier_accepts_it(world: World) -> None:
    """It could only take a finding away."""
    database(world)
    accept(world, ACCEPTING)

    assert (native(world), told_line(world)) == ({}, [None])
    assert world.unknown("resource", "protection.native_on") == NOTHING_TOLD


def test_what_is_not_told_is_no_gap_where_no_tier_accepts_it(world: World) -> None:
    """The verdict does not depend on it."""
    database(world)

    assert world.unknown("resource", "protection.native_on") == []


def test_a_type_without_such_backups_lacks_nothing(world: World) -> None:
    """A volume has no automated backups."""
    accept(world, ACCEPTING)

    assert (native(world), world.unknown("resource", "protection.native_on")) == ({}, [])


def test_a_failed_call_is_the_gap(world: World) -> None:
    """Its own, and not one more."""
    database(world)
    world.gap("native_protection", operation="DescribeDBInstances")
    accept(world, ACCEPTING)

    assert world.unknown("resource", "protection.native_on") == [
        ("DescribeDBInstances", "AccessDeniedException", False)
    ]


@pytest.mark.parametrize(("later", "known"), [(timedelta(hours=1), True), (timedelta(hours=1.1), False)])
def test_what_was_read_long_after_as_of_says_nothing_of_then(
    world: World, later: timedelta, *, known: bool
) -> None:
    """It may have been switched on in between."""
    world.collected_at = world.as_of + later
    database(world, enabled=True, retention_days=7)
    accept(world, ACCEPTING)

    assert ("on" in native(world)) is known
    assert world.unknown("resource", "protection.native_on") == (
        [] if known else [("native_protection", "ReadLater", False)]
    )


@pytest.mark.parametrize(("days", "unknown"), [(7, []), (None, UNTOLD)])
def test_days_that_are_not_told_are_open_where_they_count(
    world: World, days: int | None, unknown: list[Any]
) -> None:
    """Told ones are held against the tier."""
    database(world, enabled=True, retention_days=days)
    accept(world, {**ACCEPTING, "retention": ["automated_backups"]})

    assert world.unknown("resource", "protection.native_on") == unknown
