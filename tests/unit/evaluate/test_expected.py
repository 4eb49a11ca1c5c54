"""Expected backups against recorded ones, to the job id."""

from typing import Any

import orjson
import pytest

from tests.unit.evaluate.conftest import World


def slots(world: World) -> Any:
    """The facts `slots` of the one volume."""
    return world.facts("resource")[0].get("slots")


def test_every_due_time_is_a_slot(world: World) -> None:
    """A night without a job is MISSED, a failed one FAILED with its message, one that ended late LATE."""
    world.plan()
    for number in {*range(30)} - {14}:
        world.backup(number)
    failed = world.tables["backup_jobs", world.home][5]
    world.tables["backup_jobs", world.home][5] = {**failed, "state": "FAILED", "message": "access denied"}
    late = world.tables["backup_jobs", world.home][7]
    world.tables["backup_jobs", world.home][7] = {**late, "completed_at": world.night(7, 4.5)}
    found = slots(world)
    failures = found.pop("failures")
    assert found == {
        "expected": 30,
        "met": 27,
        "late": 1,
        "missed": 1,
        "failed": 1,
        "absorbed": 0,
        "pending": 0,
        "owed": 30,
        "came": 27,
        "came_at_most": 27,
    }
    snapshot = "arn:aws:ec2:eu-central-1::snapshot/snap-"
    assert failures == [
        {"due": "2026-01-24T01:00:00Z", "state": "MISSED", "plan": "p1", "rule": "nightly"},
        {
            "due": "2026-01-17T01:00:00Z",
            "state": "LATE", "plan": "p1", "rule": "nightly", "job_id": "job-7",
            "job_state": "COMPLETED", "job_category": "SUCCESS",
            "recovery_point_arn": snapshot + "7",
        },
        {
            "due": "2026-01-15T01:00:00Z",
            "state": "FAILED", "plan": "p1", "rule": "nightly", "job_id": "job-5",
            "job_state": "FAILED", "job_category": "SUCCESS",
            "recovery_point_arn": snapshot + "5", "message": "access denied",
        },
    ]  # fmt: skip


def test_slots_follow_the_plan_version_in_force(world: World) -> None:
    """Nightly for ten days, then Mondays only: ten slots and two Mondays."""
    change = world.night(10, 0)
    world.plan(valid_until=change)
    world.plan({"ScheduleExpression": "cron(0 1 ? * MON *)"}, version_id="v2", valid_from=change)
    assert slots(world)["expected"] == 10 + 2


def test_a_rule_expects_nothing_before_its_selection(world: World) -> None:
    """A selection of yesterday makes yesterday's slot and no earlier one."""
    world.plan()
    (selection,) = world.tables["backup_selections", world.home]
    world.tables["backup_selections", world.home] = [{**selection, "created_at": world.night(29, 0)}]
    assert slots(world)["expected"] == 1


def test_a_schedule_that_cannot_be_read_leaves_the_slots_unknown(world: World) -> None:
    """Nothing is counted for the resources that the rule protects; the run goes on."""
    world.plan({"ScheduleExpression": "cron(whenever)"})
    assert slots(world) == {"failures": []}


def test_unread_plans_leave_the_slots_unknown(world: World) -> None:
    """Without the plans nobody knows what was expected."""
    world.plan()
    world.gap("backup_plans")
    assert slots(world) is None


@pytest.mark.parametrize(("days", "outcome"), [(-1, "indeterminate"), (0, "selected")])
def test_a_job_settles_what_the_documents_leave_open(world: World, days: int, outcome: str) -> None:
    """StringNotEquals without the tag: a job of the plan since then shows that AWS Backup selects."""
    world.plan()
    chosen = {
        "SelectionName": "rest",
        "Resources": ["*"],
        "Conditions": {"StringNotEquals": [{"ConditionKey": "aws:ResourceTag/team", "ConditionValue": "x"}]},
    }
    (selection,) = world.tables["backup_selections", world.home]
    world.tables["backup_selections", world.home] = [
        {**selection, "created_at": world.night(9), "document": orjson.dumps(chosen).decode()}
    ]
    world.backup(9 + days)
    world.backup(1)  # an older one settles nothing
    (inventory, *_) = world.subjects().inventories
    (decision,) = inventory.decide(0)
    assert (decision.outcome, int(inventory.outcomes[0, 0])) == (outcome, 1 if outcome == "selected" else -1)
    assert ("job-9" in decision.steps[-1]) == (outcome == "selected")
