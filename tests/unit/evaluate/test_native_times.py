"""What can be restored of what a tier accepts for frequency: proven, or open, never taken for granted."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.evaluate.conftest import World
from tests.unit.evaluate.test_native import DATABASE, UNTOLD, accept, database

FREQUENCY = {"frequency": ["automated_backups"]}
PARTLY = [("native_protection", "PartlyTold", True)]
NEWEST, GAP = "native_newest_age_hours", "native_gap_at_most_hours"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def restorable(world: World) -> list[Any]:
    """Both facts, and what is unknown of each."""
    backups = world.facts("resource")[0]["backups"]
    return [(backups.get(name), world.unknown("resource", f"backups.{name}")) for name in (NEWEST, GAP)]


@pytest.mark.parametrize(
    ("before_start", "before_as_of", "gap", "open_"),
    [
        (HOUR, HOUR, 1.0, []),
        (-24 * HOUR, HOUR, 24.0, []),
        (-25 * HOUR, HOUR, 25.0, PARTLY),
        (HOUR, 25 * HOUR, 25.0, []),
    ],
)
def test_the_period_is_covered_from_the_earliest_to_the_newest(
    world: World, before_start: timedelta, before_as_of: timedelta, gap: float, open_: list[Any]
) -> None:
    """Within the RPO of 24 h at either end; beyond it how it was before is open, and nothing is after."""
    earliest, newest = world.start - before_start, world.as_of - before_as_of
    database(world, enabled=True, retention_days=35, earliest_at=earliest, newest_at=newest)
    accept(world, FREQUENCY)

    assert restorable(world) == [(before_as_of / HOUR, []), (gap, open_)]


def bare(world: World) -> Any:
    """For how long there surely was nothing newer, hours."""
    return world.facts("resource")[0]["backups"].get("native_gap_at_least_hours")


@pytest.mark.parametrize(
    ("newest", "point", "proven", "open_"),
    [
        (25, None, 25.0, []),
        (24, None, 24.0, []),
        (1000, None, 720.0, []),
        (48, 25, 25.0, []),
        (48, 23, 23.0, PARTLY),
        (None, None, None, PARTLY),
    ],
    ids=["older", "within", "before the period", "both older", "a fresh recovery point", "untold"],
)
def test_that_there_is_nothing_newer_of_either_kind_is_proven(
    world: World, newest: int | None, point: int | None, proven: float | None, open_: list[Any]
) -> None:
    """No longer than the period; where AWS Backup has something newer, the service may cover the rest."""
    told = None if newest is None else world.as_of - newest * HOUR
    database(world, enabled=True, retention_days=35, earliest_at=world.start - 60 * DAY, newest_at=told)
    if point:
        world.point("snap", world.as_of - point * HOUR, resource_arn=DATABASE, resource_type="RDS")
    accept(world, FREQUENCY)

    assert (bare(world), restorable(world)[1][1]) == (proven, open_)


@pytest.mark.parametrize("what", ["recovery_points", "backup_jobs", "resources.created_at"])
def test_what_was_not_read_proves_nothing_newer(world: World, what: str) -> None:
    """There may be a recovery point, and a resource of unknown age may be new."""
    database(
        world, enabled=True, retention_days=35, earliest_at=world.start, newest_at=world.as_of - 25 * HOUR
    )
    if what == "resources.created_at":
        world.tables["resources", world.home][0]["created_at"] = None
    else:
        world.gap(what)
    accept(world, FREQUENCY)

    assert bare(world) is None
    assert restorable(world)[1] == (25.0, PARTLY)


def test_what_else_may_be_restored_leaves_it_open(world: World) -> None:
    """Of two kinds that are on one tells no time."""
    newest = world.as_of - 25 * HOUR
    database(world, enabled=True, retention_days=35, earliest_at=world.start, newest_at=newest)
    source = "dynamodb:DescribeContinuousBackups"
    world.add("native_protection", arn=DATABASE, kind="point_in_time_recovery", source=source, enabled=True)
    accept(world, {"frequency": ["automated_backups", "point_in_time_recovery"]})

    assert bare(world) is None


def test_a_new_resource_is_covered_from_its_creation_on(world: World) -> None:
    """What was before it was there is not asked."""
    created = world.as_of - 5 * DAY
    database(world, enabled=True, retention_days=7, earliest_at=created + HOUR, newest_at=world.as_of)
    world.tables["resources", world.home][0]["created_at"] = created
    accept(world, FREQUENCY)

    assert restorable(world) == [(0.0, []), (1.0, [])]


@pytest.mark.parametrize(("after", "told"), [(0, [(0.0, []), (720.0, PARTLY)]), (0.5, [(None, PARTLY)] * 2)])
def test_what_can_be_restored_since_after_as_of_proves_nothing_of_then(
    world: World, after: float, told: list[Any]
) -> None:
    """It was switched on while the evidence was read."""
    world.collected_at = world.as_of + HOUR
    database(world, enabled=True, retention_days=7, earliest_at=world.as_of + after * HOUR,
             newest_at=world.as_of + HOUR)  # fmt: skip
    accept(world, FREQUENCY)

    assert restorable(world) == told


def test_an_instance_of_rds_tells_its_newest_time_alone(world: World) -> None:
    """So it is not known how far back it reaches."""
    database(world, enabled=True, retention_days=35, newest_at=world.as_of - HOUR)
    accept(world, FREQUENCY)

    assert restorable(world) == [(1.0, []), (None, PARTLY)]


def test_daily_backups_of_which_no_list_tells_the_times_are_open(world: World) -> None:
    """FSx and Redshift tell how long they keep them, and nothing else."""
    database(world, enabled=True, retention_days=30)
    accept(world, FREQUENCY)

    assert restorable(world) == [(None, PARTLY), (None, PARTLY)]


@pytest.mark.parametrize("row", [{}, {"enabled": False, "retention_days": 0}])
def test_what_is_off_restores_nothing_and_what_is_not_told_is_open(world: World, row: dict[str, Any]) -> None:
    """Off is a fact."""
    database(world, **row)
    accept(world, FREQUENCY)

    assert restorable(world) == [(None, [] if row else UNTOLD)] * 2


@pytest.mark.parametrize("native", [{}, {"coverage": ["automated_backups"]}])
def test_what_is_not_accepted_for_frequency_is_not_looked_at(world: World, native: dict[str, Any]) -> None:
    """Neither what it can restore nor that it is not told."""
    database(world, enabled=True, retention_days=35, earliest_at=world.start, newest_at=world.as_of)
    accept(world, native)

    assert restorable(world) == [(None, [])] * 2
