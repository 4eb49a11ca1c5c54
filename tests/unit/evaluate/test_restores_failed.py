"""Restores that went wrong since the newest that the tier counts."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.evaluate.conftest import World
from tests.unit.evaluate.test_restores import DENIED, asked, of, restore

FACT = "restores.failed_since"


@pytest.mark.parametrize(
    ("row", "count"),
    [
        ({"status": "FAILED"}, 1),
        ({"status": "FAILED", "completed_at": None}, 1),
        ({"status": "ABORTED"}, 0),
        ({"validation_status": "FAILED"}, 1),
        ({"validation_status": "SUCCESSFUL"}, 0),
    ],
    ids=["failed", "no end", "aborted", "invalid", "valid"],
)
def test_what_went_wrong_since_the_newest_that_counts(world: World, row: dict[str, Any], count: int) -> None:
    """A restore that failed, or whose validation did; not one that somebody stopped."""
    asked(world)
    restore(world, 9)
    restore(world, 3, **row)
    assert (of(world)["failed_since"], world.unknown("resource", FACT)) == (count, [])


def test_what_went_wrong_before_it_is_over(world: World) -> None:
    """A good one came after it."""
    asked(world)
    restore(world, 9, status="FAILED")
    restore(world, 8, validation_status="FAILED")
    restore(world, 3)
    assert of(world)["failed_since"] == 0


def test_hidden_restores_may_have_failed(world: World) -> None:
    """That none did is not stated."""
    asked(world)
    restore(world, 3)
    world.gap("restore_jobs", operation="ListRestoreJobs")
    assert ("failed_since" in of(world), world.unknown("resource", FACT)) == (False, [DENIED])


@pytest.mark.parametrize(("days", "open_"), [(29, False), (31, True)])
def test_what_is_not_listed_may_have_failed(world: World, days: int, *, open_: bool) -> None:
    """The newest that counts is older than what AWS lists."""
    asked(world, max_age_days=60)
    restore(world, days)
    assert bool(world.unknown("resource", FACT)) is open_


def test_a_validation_that_failed_perhaps_after_as_of_leaves_it_open(world: World) -> None:
    """Nothing tells when; one of a restore of long before had failed by then."""
    asked(world)
    world.collected_at = world.as_of + timedelta(days=2)
    restore(world, 3, validation_status="FAILED")
    assert ("failed_since" in of(world), world.unknown("resource", FACT)) == (
        False,
        [("ListRestoreJobs", "ReadLater", True)],
    )


def test_a_validation_that_failed_long_before_as_of_counts(world: World) -> None:
    """A validation takes a week at the most."""
    asked(world)
    world.collected_at = world.as_of + timedelta(days=2)
    restore(world, 8, validation_status="FAILED")
    assert (of(world)["failed_since"], world.unknown("resource", FACT)) == (1, [])


@pytest.mark.parametrize(
    ("row", "named"),
    [({}, True), ({"resource_type": "RDS"}, False), ({"days": 10}, False), ({"status": "ABORTED"}, False)],
    ids=["its type", "another type", "before the newest", "aborted"],
)
def test_one_of_nobody_knows_what_that_failed_leaves_it_open(
    world: World, row: dict[str, Any], *, named: bool
) -> None:
    """It may have been of the volume."""
    asked(world)
    restore(world, 9)
    restore(
        world, **{"days": 3, "status": "FAILED", "resource_arn": None, "recovery_point_arn": "gone", **row}
    )
    assert ("failed_since" not in of(world), bool(world.unknown("resource", FACT))) == (named, named)
