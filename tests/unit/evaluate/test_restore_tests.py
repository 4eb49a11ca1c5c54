"""Which restore-testing plans select a resource, and when the next one is due, as findings say it."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.evaluate.conftest import World
from tests.unit.evaluate.test_restores import asked

NONE = "no restore-testing plan of its account and Region selects it"
UNKNOWN = "which restore-testing plans select it is not known"
#: The Monday after as_of, which is one itself and has not come to five o'clock.
NEXT = "next at 2026-02-09 05:00 UTC"


def planned(world: World, *arns: str, **row: Any) -> None:
    """A selection of EBS volumes in a plan that is due each Monday at five."""
    name = row.get("plan_name", "weekly")
    base = {"plan_arn": f"arn:{name}", "plan_name": name, "created_at": world.start, "selection": "s",
            "schedule": "cron(0 5 ? * MON *)", "resource_type": "EBS", "arns": [*arns],
            "by_tags": False}  # fmt: skip
    world.add("restore_tests", **{**base, **row})


def said(world: World) -> str:
    """The clause of the volume."""
    asked(world)
    world.opened, world.folder = None, world.folder / "next"
    found: str = world.facts("resource")[0]["restores"]["testing"]
    assert world.unknown("resource", "restores.testing") == []
    return found


@pytest.mark.parametrize("arn", [World.volume, "*"])
def test_a_plan_that_names_it_or_all_selects_it(world: World, arn: str) -> None:
    """With the next due time."""
    planned(world, arn)
    assert said(world) == f"the restore-testing plan weekly selects it, {NEXT}"


def test_of_several_plans_the_first_is_named_with_the_next_due_time_of_all(world: World) -> None:
    """By its name; two selections of a plan are one plan."""
    planned(world, "*", plan_name="yearly", schedule="cron(0 5 1 6 ? *)")
    planned(world, "*")
    planned(world, world.volume)
    assert said(world) == f"the restore-testing plan weekly (and 1 more) selects it, {NEXT}"


@pytest.mark.parametrize(("zone", "hour"), [("Europe/Berlin", "04:00"), (None, "05:00")])
def test_a_plan_is_due_in_its_time_zone(world: World, zone: str | None, hour: str) -> None:
    """Without one in UTC."""
    planned(world, "*", timezone=zone)
    assert said(world) == f"the restore-testing plan weekly selects it, next at 2026-02-09 {hour} UTC"


def test_a_schedule_that_cannot_be_read_is_no_date(world: World) -> None:
    """That it selects it is known."""
    planned(world, "*", schedule="at(2026-02-10)")
    assert said(world) == "the restore-testing plan weekly selects it, and when next is not known"


@pytest.mark.parametrize(
    "row",
    [{"resource_type": "EFS"}, {"arns": ["arn:aws:ec2:eu-central-1:111122223333:volume/other"]},
     {"created_at": World.as_of + timedelta(hours=1)}],
)  # fmt: skip
def test_a_plan_of_others_does_not_select_it(world: World, row: dict[str, Any]) -> None:
    """Nor one that was made later; without any there is none either."""
    assert said(world) == NONE
    planned(world, "*", **row)
    assert said(world) == NONE


def test_a_selection_by_tags_is_said_to_be_one(world: World) -> None:
    """Those of recovery points are not known."""
    planned(world, by_tags=True)
    where = "where the tags of its newest recovery point are such"
    assert said(world) == f"the restore-testing plan weekly selects it {where}"


def test_what_was_not_read_is_not_none(world: World) -> None:
    """Also of one selection; what is known to select it is said all the same."""
    planned(world, plan_name="other", arns=None, by_tags=None)
    world.gap("restore_tests", operation="GetRestoreTestingSelection")
    assert said(world) == UNKNOWN
    planned(world, "*")
    assert said(world) == f"the restore-testing plan weekly selects it, {NEXT}"


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov"])
def test_where_there_is_no_restore_testing_that_is_said(world: World, partition: str) -> None:
    """Nobody was asked."""
    world.tables["accounts", ""][0]["partition"] = partition
    assert said(world) == f"there is no restore testing in the partition {partition}"


def test_plans_that_were_read_much_later_say_nothing(world: World) -> None:
    """They may have been made in between, or deleted."""
    planned(world, "*")
    world.collected_at = world.as_of + timedelta(days=1)
    assert said(world) == "restore-testing plans were read long after as_of"


def test_where_no_tier_demands_restores_nothing_is_said(world: World) -> None:
    """Nothing was read then."""
    planned(world, "*")
    assert "restores" not in world.facts("resource")[0]
