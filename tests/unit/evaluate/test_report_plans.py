"""Facts of accounts about the reports of AWS Backup, and what of that is not known."""

from datetime import timedelta
from typing import Any

import pytest

from auditor.evaluate.accounts import Asked
from auditor.evaluate.facts import Column
from tests.unit.evaluate.conftest import World

HOUR = timedelta(hours=1)
PATHS = ("report_plans", "late_reports", "open_report_buckets")


def reporting(world: World, hours: float | None = 20, region: str | None = None, **row: Any) -> World:
    """A plan that delivered a report so many hours before `as_of` into a bucket that keeps it."""
    world.of_accounts, world.management = Asked(report_hours=48), "999988887777"
    delivered = None if hours is None else world.as_of - hours * HOUR
    base = {"arn": "arn:plan", "name": "daily", "bucket": "b", "created_at": world.start,
            "delivered_at": delivered, "there": True, "versioning": "enabled", "locked": True}  # fmt: skip
    world.add("report_plans", region, **{**base, **row})
    return world


def said(world: World) -> tuple[list[Any], list[str]]:
    """The facts of the account, and the errors of what is not known of the last of them."""
    subjects = world.subjects()
    frame = next(one for one in subjects.account_frames() if one.account_id == world.account)
    told = frame.cite([*frame.facts], 0)["account"]
    column = frame.facts["account.open_report_buckets"]
    assert isinstance(column, Column)
    errors = [subjects.gaps[name].error for hole in column.holes for name in hole.gaps]
    return [told[path] for path in PATHS], errors


def test_each_region_has_its_plans(world: World) -> None:
    """All is as it should be."""
    assert said(reporting(reporting(world), region=world.away)) == ([2, [], []], [])


@pytest.mark.parametrize(
    ("hours", "row", "late"),
    [
        (48, {}, []),
        (49, {}, ["daily in eu-central-1, last delivered 2026-02-06T23:00Z"]),
        (None, {}, ["daily in eu-central-1, which has delivered nothing since 2026-01-10T00:00Z"]),
        (None, {"created_at": World.as_of - 48 * HOUR}, []),
    ],
    ids=["in time", "late", "never", "new"],
)
def test_a_report_is_due_each_day(
    world: World, hours: float | None, row: dict[str, Any], late: list[str]
) -> None:
    """A new plan has the same time."""
    assert said(reporting(world, hours, **row)) == ([1, late, []], [])


@pytest.mark.parametrize(
    ("row", "open_"),
    [
        ({"there": False, "versioning": None, "locked": None}, "is not there"),
        ({"versioning": "off", "locked": False}, "is not versioned"),
        ({"versioning": "suspended", "locked": None}, "is not versioned"),
        ({"locked": False}, "has no Object Lock"),
    ],
)
def test_a_bucket_that_keeps_nothing_is_named(world: World, row: dict[str, Any], open_: str) -> None:
    """With its plan, and what is wrong."""
    assert said(reporting(world, **row)) == ([1, [], [f"b of daily in eu-central-1 {open_}"]], [])


def test_a_lock_that_is_not_told_leaves_it_open(world: World) -> None:
    """Each object may have a retention of its own."""
    assert said(reporting(world, locked=None)) == ([1, [], []], ["Unknown"])


def test_plans_that_were_not_read_leave_it_open(world: World) -> None:
    """What is known is said all the same."""
    reporting(world, 49).gap("report_plans", region=world.away)
    facts, errors = said(world)
    assert (facts[0], len(facts[1]), errors) == (1, 1, ["AccessDeniedException"])


def test_plans_that_were_read_later_leave_it_open(world: World) -> None:
    """What they were at `as_of` nobody knows; one that was made since is none."""
    world.collected_at = world.as_of + 40 * HOUR
    reporting(world, 49)
    reporting(world, created_at=world.as_of + HOUR)
    assert said(world) == ([1, [], []], ["ReadLater"])


@pytest.mark.parametrize(("hours", "errors"), [(0, []), (40, ["ReadLater"])])
def test_none_that_was_read_later_may_have_been_deleted(world: World, hours: int, errors: list[str]) -> None:
    """So it is not known that nothing is judged."""
    world.of_accounts, world.management = Asked(report_hours=48), "999988887777"
    world.add("resources", arn="arn:volume", resource_type="EBS")
    world.collected_at = world.as_of + hours * HOUR
    assert said(world) == ([0, [], []], errors)


@pytest.mark.parametrize(
    ("region", "errors"), [("eu-central-1", ["ReadLater"]), ("ca-west-1", []), ("ap-east-2", [])]
)
def test_where_there_is_no_audit_manager_none_was_deleted(
    world: World, region: str, errors: list[str]
) -> None:
    """One Region that has it is enough to leave it open."""
    world.of_accounts, world.management = Asked(report_hours=48), "999988887777"
    world.tables = {(table, where): rows for (table, where), rows in world.tables.items() if not where}
    world.add("resources", region, arn="arn:volume", resource_type="EBS")
    world.add("resources", "il-central-1", arn="arn:other", resource_type="EBS")
    world.collected_at = world.as_of + 40 * HOUR
    assert said(world) == ([0, [], []], errors)
