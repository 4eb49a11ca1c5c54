"""Parity with AWS Backup Audit Manager of what is about plans and recovery points."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from auditor.rego.engine import Engine
from tests.unit.evaluate import parity
from tests.unit.evaluate.conftest import ACCOUNT, AS_OF, World
from tests.unit.evaluate.parity import BAD, COMPLIANT, HOME, OUT, UNKNOWN, framework, verdicts

PLAN = "BACKUP_PLAN_MIN_FREQUENCY_AND_MIN_RETENTION_CHECK"
ENCRYPTED, KEPT = "BACKUP_RECOVERY_POINT_ENCRYPTED", "BACKUP_RECOVERY_POINT_MINIMUM_RETENTION_CHECK"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """One engine for all cases."""
    yield from parity.engine()


def rule(schedule: str, days: int | None = 35, **members: Any) -> dict[str, Any]:
    """A rule that keeps for so many days, None for ever."""
    lifecycle = {} if days is None else {"DeleteAfterDays": days}
    return {"ScheduleExpression": schedule, "Lifecycle": lifecycle, **members}


DAILY = "cron(0 5 * * ? *)"
PLANS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "daily": ([rule(DAILY)], COMPLIANT),
    "for-ever": ([rule(DAILY, None)], COMPLIANT),
    "a-day-less": ([rule(DAILY, 34)], BAD),
    "hourly": ([rule("cron(0 * * * ? *)", 365)], COMPLIANT),
    "every-other-day": ([rule("cron(0 5 1/2 * ? *)", 365)], UNKNOWN),
    "weekly": ([rule("cron(0 5 ? * SUN *)")], BAD),
    "weekdays": ([rule("cron(0 5 ? * MON-FRI *)")], UNKNOWN),
    "in-a-zone-with-clock-changes": ([rule(DAILY, ScheduleExpressionTimezone="Europe/Berlin")], COMPLIANT),
    "once": ([rule("cron(0 5 1 1 ? 2027)", 365)], BAD),
    "two-halves": ([rule("cron(0 * * * ? *)", 7), rule("cron(0 5 ? * SUN *)", 365)], BAD),
    "a-strong-one-hides-the-weak": ([rule("cron(0 5 ? * SUN *)", 1), rule(DAILY)], COMPLIANT),
    "continuous": ([rule(DAILY, 35, EnableContinuousBackup=True)], COMPLIANT),
    "unreadable": ([rule("cron(x)")], UNKNOWN),
    "none": ([], BAD),
}


def test_a_rule_of_each_plan(engine: Engine, world: World) -> None:
    """One that does both is enough, in a plan that selects nothing too."""
    for name, (rules, _) in PLANS.items():
        world.plan(*rules, plan_id=name)
        if not rules:
            world.tables["backup_plans", HOME][-1]["document"] = '{"Rules": []}'
    subjects = world.subjects()

    assert verdicts(engine, subjects, framework(PLAN)) == {name: said for name, (_, said) in PLANS.items()}
    only = framework(PLAN, {"ComplianceResourceIds": ["weekly"]})
    assert verdicts(engine, subjects, only) == {**dict.fromkeys(PLANS, OUT), "weekly": BAD}


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ({"team": "a"}, {"has": COMPLIANT, "other": OUT, "bare": OUT, "untold": UNKNOWN}),
        ({"team": "b"}, {"has": OUT, "other": COMPLIANT, "bare": OUT, "untold": UNKNOWN}),
        ({"team": ""}, {"has": UNKNOWN, "other": UNKNOWN, "bare": OUT, "untold": UNKNOWN}),
        ({"Team": "a"}, {"has": OUT, "other": OUT, "bare": OUT, "untold": UNKNOWN}),
    ],
)
def test_plans_with_a_tag(
    engine: Engine, world: World, tag: dict[str, str], expected: dict[str, str]
) -> None:
    """Those whose tags say so are judged; of whom they were not read, it stays open."""
    for name, tags in {"has": {"team": "a"}, "other": {"team": "b"}, "bare": {}, "untold": None}.items():
        world.plan(rule(DAILY), plan_id=name)
        if tags is not None:
            world.add("backup_tags", arn=world.tables["backup_plans", HOME][-1]["arn"], tags=tags)
    world.gap("backup_tags", operation="ListTags")

    assert verdicts(engine, world.subjects(), framework(PLAN, {"Tags": tag})) == expected


@pytest.mark.parametrize(
    ("value", "unit", "days", "expected"),
    [
        ("7", "days", "35", COMPLIANT),
        ("6", "days", "35", BAD),
        ("7", "days", "36", BAD),
        ("24", "hours", "1", BAD),
    ],
)
def test_a_weekly_rule(engine: Engine, world: World, value: str, unit: str, days: str, expected: str) -> None:
    """Both sides of each boundary."""
    world.plan(rule("cron(0 5 ? * SUN *)"))
    asked = framework(
        PLAN, requiredFrequencyValue=value, requiredFrequencyUnit=unit, requiredRetentionDays=days
    )

    assert verdicts(engine, world.subjects(), asked) == {"p1": expected}


def test_recovery_points(engine: Engine, world: World) -> None:
    """What is set counts, and whose key it is does not; a copy counts as any other."""
    created = AS_OF - timedelta(days=3)
    rows: dict[str, dict[str, Any]] = {
        "good": {},
        "short": {"delete_after_days": 34, "delete_at": created + timedelta(days=34)},
        "ever": {"delete_after_days": None, "delete_at": None},
        "plain": {"encrypted": False},
        "untold": {"encrypted": None},
        "dated": {"delete_after_days": None, "delete_at": created + timedelta(days=35)},
        "copied": {"source_vault_arn": f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:far"},
    }
    for name, row in rows.items():
        world.point(f"arn:aws:ec2:{HOME}::snapshot/{name}", created, **row)
    subjects, good = world.subjects(), dict.fromkeys(rows, COMPLIANT)

    assert verdicts(engine, subjects, framework(ENCRYPTED)) == {**good, "plain": BAD, "untold": UNKNOWN}
    assert verdicts(engine, subjects, framework(KEPT)) == {**good, "short": BAD}
    longer = framework(KEPT, requiredRetentionDays="36")
    assert verdicts(engine, subjects, longer) == {**dict.fromkeys(rows, BAD), "ever": COMPLIANT}
    scopes: list[tuple[dict[str, Any], str]] = [
        ({"ComplianceResourceTypes": ["RDS"]}, OUT),
        ({"ComplianceResourceIds": [f"arn:aws:ec2:{HOME}::snapshot/short"]}, OUT),
        ({"Tags": {"team": "a"}}, UNKNOWN),
    ]
    for scope, expected in scopes:
        assert verdicts(engine, subjects, framework(KEPT, scope))["good"] == expected, scope


def managed(name: str) -> str:
    """The ARN of a recovery point that AWS Backup manages fully."""
    return f"arn:aws:backup:{HOME}:{ACCOUNT}:recovery-point:{name}"


@pytest.mark.parametrize(
    ("tag", "listed", "expected"),
    [
        ({"team": "a"}, True, {"ours": COMPLIANT, "theirs": OUT, "bare": OUT, "snap": UNKNOWN}),
        ({"team": ""}, True, {"ours": UNKNOWN, "theirs": UNKNOWN, "bare": OUT, "snap": UNKNOWN}),
        ({"team": "a"}, False, dict.fromkeys(("ours", "theirs", "bare", "snap"), UNKNOWN)),
        ({}, False, dict.fromkeys(("ours", "theirs", "bare", "snap"), COMPLIANT)),
    ],
)
def test_recovery_points_with_a_tag(
    engine: Engine,
    world: World,
    tag: dict[str, str],
    listed: bool,  # noqa: FBT001 -- a case
    expected: dict[str, str],
) -> None:
    """Of those that AWS Backup manages fully a list tells them; none of all in it tells nothing."""
    for arn in (*map(managed, ("ours", "theirs", "bare")), f"arn:aws:ec2:{HOME}::snapshot/snap"):
        world.point(arn, AS_OF - timedelta(days=3))
    if listed:
        world.add("backup_tags", arn=managed("ours"), tags={"team": "a"})
        world.add("backup_tags", arn=managed("theirs"), tags={"team": "b"})
    scope = {"Tags": tag} if tag else {}

    assert verdicts(engine, world.subjects(), framework(ENCRYPTED, scope)) == expected
