"""How often a plan backs up what it protects: the fact `cadences`."""

from datetime import datetime
from typing import Any

import pytest

from tests.unit.evaluate.conftest import World

NIGHT, NOON, WEEKDAYS = "cron(0 1 * * ? *)", "cron(0 13 * * ? *)", "cron(0 1 ? * MON-FRI *)"
UNDECIDED = [("GetBackupSelection", "Undecided", True)]
UNREADABLE = [("GetBackupPlan", "Unreadable", True)]


def spoken(world: World, *keys: str) -> list[Any]:
    """For each plan, these facts of its first cadence."""
    keys = keys or ("worst_interval_hours",)
    return [tuple(plan["cadences"][0].get(key) for key in keys) for plan in world.facts("plan")]


def test_each_tier_has_the_cadence_of_its_backups(world: World) -> None:
    """With its demands and how many resources."""
    world.plan()
    assert spoken(world, "name", "rpo_hours", "resources", "worst_interval_hours") == [("gold", 24, 1, 25.0)]
    assert world.unknown("plan", "cadences") == []


def test_plans_that_protect_the_same_resources_are_seen_together(world: World) -> None:
    """A second plan at noon halves the interval of both."""
    world.plan()
    world.plan({"ScheduleExpression": NOON}, plan_id="p2")
    world.select("p2", Resources=["*"])
    assert spoken(world) == [(13.0,), (13.0,)]


def test_a_rule_of_another_plan_absorbs(world: World) -> None:
    """Of longer retention and with an overlapping start window: what it takes over counts for nothing."""
    world.plan({"ScheduleExpression": "cron(0 6 * * ? *)", "StartWindowMinutes": 480})
    longer = {"DeleteAfterDays": 60}
    world.plan(
        {"ScheduleExpression": "cron(0 0 * * ? *)", "StartWindowMinutes": 480, "Lifecycle": longer},
        plan_id="p2",
    )
    world.select("p2", Resources=["*"])
    assert spoken(world) == [(32.0,), (32.0,)]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("cron(0 1 * * ? 2020)", (None, True, None)),
        ("cron(0 1 1 6 ? 2026)", (None, None, "2026-06-01T01:00:00Z")),
        ("cron(0 1 * * ? 2026)", (25.0, None, "2026-12-31T01:00:00Z")),
        ("cron(0 1 31 12 ? *)", (8761.0, None, None)),
    ],
)
def test_schedules_that_end_are_told_from_rare_ones(
    world: World, expression: str, said: tuple[Any, ...]
) -> None:
    """Never again, once more, an end that is in sight, once a year."""
    world.plan({"ScheduleExpression": expression})
    assert spoken(world, "worst_interval_hours", "never_fires", "last_due_at") == [said]


@pytest.mark.parametrize("behind", ["backup_plans", "backup_selections", "region_settings"])
def test_a_cadence_is_unknown_where_a_selection_was_not_read(world: World, behind: str) -> None:
    """One more plan could make the backups more frequent: not even a finding is sure."""
    world.plan({"ScheduleExpression": WEEKDAYS})
    world.gap(behind)
    (plan,) = world.facts("plan")
    assert "cadences" not in plan
    assert ("ListX", "AccessDeniedException", False) in world.unknown("plan", "cadences")


@pytest.mark.parametrize(
    "rule", [{"ScheduleExpression": "cron(whenever)"}, {"ScheduleExpressionTimezone": "Mars/Olympus"}]
)
def test_a_schedule_that_cannot_be_read_leaves_the_cadence_unknown_alone(
    world: World, rule: dict[str, str]
) -> None:
    """AWS took it and we cannot read it: the tiers need no schedule."""
    world.plan(rule)
    (plan,) = world.facts("plan")
    assert spoken(world) == [(None,)]
    assert ([tier["name"] for tier in plan["tiers"]], world.unknown("plan", "tiers")) == (["gold"], [])
    assert world.unknown("plan", "cadences") == UNREADABLE


@pytest.mark.parametrize(
    ("own", "other", "hours", "unknown"),
    [
        (WEEKDAYS, "cron(0 0/12 * * ? *)", None, UNDECIDED),
        (WEEKDAYS, NIGHT, 25.0, []),
        (NIGHT, WEEKDAYS, 25.0, []),
        ("cron(0 0/12 * * ? *)", NOON, 13.0, []),
    ],
)
def test_a_plan_that_may_select_as_well_matters_where_it_decides(
    world: World, own: str, other: str, hours: float | None, unknown: list[Any]
) -> None:
    """The tier allows 24 h: broken or kept both with the plan and without it is known, else it is not."""
    world.plan({"ScheduleExpression": own})
    world.plan({"ScheduleExpression": other}, plan_id="p2")
    # whether the condition holds for what lacks the tag is what AWS's documents disagree on
    world.select("p2", Resources=["*"], Conditions={
        "StringNotEquals": [{"ConditionKey": "aws:ResourceTag/opt-out", "ConditionValue": "true"}]
    })  # fmt: skip
    first = world.facts("plan")[0]["cadences"][0]
    assert world.unknown("plan", "cadences") == unknown
    assert first.get("worst_interval_hours") == hours


@pytest.mark.parametrize(("expression", "unknown"), [("cron(0 0/12 * * ? *)", []), (WEEKDAYS, UNDECIDED)])
def test_a_resource_that_a_plan_may_select_matters_where_its_rpo_would_be_broken(
    world: World, expression: str, unknown: list[Any]
) -> None:
    """The plan surely protects one volume of the tier at another plan's pace, and may protect a second."""
    world.plan({"ScheduleExpression": expression})
    world.tables["backup_selections", world.home] = []
    world.select("p1", Resources=["*"], Conditions={
        "StringNotEquals": [{"ConditionKey": "aws:ResourceTag/opt-out", "ConditionValue": "true"}]
    })  # fmt: skip
    world.tables["resources", world.home][0]["tags"] = {"tier": "gold", "opt-out": "false"}
    world.add("resources", arn=f"{world.volume}b", resource_type="EBS", tags={"tier": "gold"})
    world.plan({"ScheduleExpression": "cron(0 0/12 * * ? *)"}, plan_id="p2")
    world.select("p2", Resources=[world.volume])
    assert spoken(world)[0] == (13.0,)
    assert world.unknown("plan", "cadences") == unknown


@pytest.mark.parametrize(
    ("kind", "arn", "hours"),
    [
        ("S3", "arn:aws:s3:::bucket", 0.25),
        ("RDS", "arn:aws:rds:eu-central-1:111122223333:db:one", 5 / 60),
        ("RDS", "arn:aws:rds:eu-central-1:111122223333:cluster:multi-az", 73.0),
        ("Aurora", "arn:aws:rds:eu-central-1:111122223333:cluster:one", 5 / 60),
        ("EBS", "arn:aws:ec2:eu-central-1:111122223333:volume/vol-2", 73.0),
    ],
)
def test_continuous_backup_lags_by_minutes(world: World, kind: str, arn: str, hours: float) -> None:
    """For a type that has it, whatever the schedule says; EBS and Multi-AZ DB clusters have none."""
    world.plan({"EnableContinuousBackup": True, "ScheduleExpression": WEEKDAYS})
    world.tables["resources", world.home] = [{"arn": arn, "resource_type": kind, "tags": {"tier": "gold"}}]
    world.tables["region_settings", world.home] = [{"resource_type": kind, "opted_in": True}]
    assert spoken(world) == [(hours,)]


def test_a_plan_whose_document_cannot_be_understood_hides_the_cadence_of_what_it_selects(
    world: World,
) -> None:
    """Its rules could make the backups of the other plan more frequent."""
    world.plan({"ScheduleExpression": WEEKDAYS})
    world.add("backup_plans", plan_id="p2", arn="arn:p2", name="p2", version_id="v1", document='{"Rules": 7}',
              valid_from=datetime(2025, 1, 1, tzinfo=world.as_of.tzinfo))  # fmt: skip
    world.select("p2", Resources=[world.volume])
    assert spoken(world) == [(None,), (None,)]
    assert [world.unknown("plan", "cadences", number) for number in range(2)] == [UNREADABLE, UNREADABLE]
