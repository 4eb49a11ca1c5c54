"""How many of the backups that were due have come, for certain and at most."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from auditor.evaluate.attainment import attainment_facts
from auditor.evaluate.expected import expected_backups
from auditor.evaluate.history import JobHistory
from auditor.model.policy import TierAssignment, Tiers
from tests.unit.evaluate.conftest import ACCOUNT, GOLD, World


def attainment(world: World) -> Any:
    """How many backups of the one volume were due, have come, and have come at most."""
    found = world.facts("resource")[0].get("slots", {})
    return [found[name] for name in ("owed", "came", "came_at_most") if name in found]


def test_what_came_is_counted_of_what_was_due(world: World) -> None:
    """A night without a job and a failed one have not come; one whose windows are open counts for nothing."""
    world.plan()
    for number in {*range(30)} - {14}:
        world.backup(number)
    failed = world.tables["backup_jobs", world.home][5]
    world.tables["backup_jobs", world.home][5] = {**failed, "state": "FAILED"}
    assert attainment(world) == [30, 28, 28]


def test_a_slot_that_is_not_over_counts_for_nothing(world: World) -> None:
    """Of twelve hours before the end, with windows of a day."""
    world.plan({"ScheduleExpression": "cron(0 12 * * ? *)", "StartWindowMinutes": 1440})
    for number in range(29):
        noon = world.night(number, 12)
        world.backup(number, created_at=noon, completed_at=noon)
    assert attainment(world) == [29, 29, 29]


def test_a_plan_that_may_select_it_besides_counts_on_both_sides(world: World) -> None:
    """Its backups may be missed, and it may stand in for any that another plan owes."""
    world.plan()
    for number in {*range(30)} - {14}:
        world.backup(number)
    world.plan(plan_id="p2")
    condition = {"StringNotEquals": [{"ConditionKey": "aws:ResourceTag/team", "ConditionValue": "x"}]}
    world.select("p2", Resources=["*"], Conditions=condition)
    assert attainment(world) == [60, 29, 60]


def test_what_was_due_before_the_list_of_jobs_counts_on_both_sides(world: World) -> None:
    """Ten nights of which AWS Backup lists no jobs any more."""
    world.start = world.as_of - timedelta(days=40)
    world.plan(since=world.start)
    for number in range(30):
        world.backup(number)
    assert attainment(world) == [40, 30, 40]


def test_what_cannot_be_counted_is_not_there(world: World) -> None:
    """How often a schedule would run that cannot be read."""
    world.plan({"ScheduleExpression": "cron(whenever)"})
    assert attainment(world) == []


def test_what_was_not_read_is_not_there(world: World) -> None:
    """Neither are counts of plans that nobody knows."""
    world.plan()
    world.gap("backup_plans")
    assert attainment(world) == []


def test_a_volume_that_images_may_not_hold_has_none_for_certain(world: World) -> None:
    """And at most those that the images would be."""
    world.plan()
    for number in range(29):
        world.backup(number)
    subjects = world.subjects()
    inventory = subjects.inventories[0]
    found = expected_backups(inventory, JobHistory(inventory), subjects.period)
    facts = attainment_facts(inventory, replace(found, perhaps_held=np.array([True])))
    assert {name: column.at(0) for name, column in facts.items()} == {
        "slots.owed": 30,
        "slots.came": 0,
        "slots.came_at_most": 29,
    }


def asked(world: World, percent: float) -> None:
    """Have the tier gold demand a share."""
    gold = {**GOLD, "attainment_percent": percent}
    assigned = (TierAssignment("gold", {"tier": "gold"}),)
    world.tiers = Tiers({"gold": gold, "exempt": {"required": False}}, assigned, "exempt")


@pytest.mark.parametrize(("percent", "unknown"), [(25, 0), (26, 1), (50, 1), (51, 0)])
def test_jobs_that_are_not_listed_are_named_where_they_decide(
    world: World, percent: float, unknown: int
) -> None:
    """Of 40 backups 10 came for certain and 20 at most."""
    asked(world, percent)
    world.start = world.as_of - timedelta(days=40)
    world.plan(since=world.start)
    world.add("gaps", gap_id="gap-limit", account_id=ACCOUNT, region=world.home, service="backup",
              operation="ListBackupJobs", error="HistoryLimit", message="30 days",
              provides=["backup_jobs"])  # fmt: skip
    for number in range(10):
        world.backup(number)
    assert attainment(world) == [40, 10, 20]
    assert world.unknown("resource", "slots.came") == [("ListBackupJobs", "HistoryLimit", True)] * unknown


def test_a_schedule_that_cannot_be_read_is_named_where_a_share_is_demanded(world: World) -> None:
    """Nobody knows how many backups were due."""
    asked(world, 90)
    world.plan({"ScheduleExpression": "cron(whenever)"})
    assert world.unknown("resource", "slots.came") == [("GetBackupPlan", "Unreadable", True)]


def test_a_plan_that_may_select_it_besides_is_named_where_a_share_is_demanded(world: World) -> None:
    """Of its selection nobody knows whether it holds."""
    asked(world, 90)
    world.plan()
    world.plan(plan_id="p2")
    condition = {"StringNotEquals": [{"ConditionKey": "aws:ResourceTag/team", "ConditionValue": "x"}]}
    world.select("p2", Resources=["*"], Conditions=condition)
    assert world.unknown("resource", "slots.came") == [("GetBackupSelection", "Undecided", True)]
