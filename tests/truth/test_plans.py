"""Plans in a whole audit: undecided selections, schedules, and rules that are never run."""

from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import DAILY, Judgement, Reason, audit
from tests.loopback.standing import PLAN, VOLUME, World, plan_arn, rule, standing

PLAN_ARN = plan_arn(PLAN)
RETENTION, CADENCE = "BKP-RET-001", "BKP-FRQ-003"
#: An opt-out by tag: whether it selects what lacks the tag is what AWS's documents disagree on.
OPT_OUT: dict[str, Any] = {
    "Resources": ["*"],
    "Conditions": {
        "StringNotEquals": [
            {"ConditionKey": "aws:ResourceTag/disable_backup", "ConditionValue": "true"}
        ]
    },
}  # fmt: skip
TIERS = {
    "tiers": {
        "daily": DAILY,
        "weekly": {**DAILY, "retention_days": 3},
        "exempt": {"required": False},
    },
    "assignment": [
        {"tier": "daily", "tags": {"disable_backup": "false"}},
        {"tier": "weekly", "tags": {"tier": "weekly"}},
    ],
    "default": "exempt",
}  # fmt: skip


def opted_out(keep: int, **tags: str) -> World:
    """Volume 1 is surely selected; volume 2 has `tags` and is undecided."""
    world = standing(keep, tags={"disable_backup": "false"})
    world.at().selections[PLAN] = []
    world.selection(**OPT_OUT)
    world.volume("vol-2", Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    return world


@pytest.mark.parametrize(
    ("keep", "tags", "verdict", "exit_code"),
    [
        (1, {}, "NON_COMPLIANT", 3),
        (1, {"tier": "weekly"}, "NON_COMPLIANT", 3),
        (14, {}, "COMPLIANT", 0),
        (14, {"tier": "weekly"}, "INSUFFICIENT_DATA", 3),
    ],
)
def test_what_is_surely_selected_is_judged_beside_what_is_undecided(
    tmp_path: Path, keep: int, tags: dict[str, str], verdict: str, exit_code: int
) -> None:
    """One day for seven is a finding; enough is no pass while a further tier may be protected.

    The weekly volume has no backup, which is a finding of other controls.
    """
    found = audit(opted_out(keep, **tags), tmp_path, tiers=TIERS)

    assert (found.verdict(RETENTION, PLAN_ARN), found.exit_code) == (verdict, exit_code)
    if verdict == "INSUFFICIENT_DATA":
        (reason,) = found.reasons(RETENTION, PLAN_ARN)
        assert [gap["operation"] for gap in reason.evidence["gaps"]] == ["auditor:GetBackupSelection"]
        assert "leaves undecided whether it selects" in reason.message


@pytest.mark.parametrize(
    "members",
    [{"ScheduleExpressionTimezone": "Mars/Olympus"}, {"ScheduleExpression": "cron(0 1 * * ? * ?)"}],
)
@pytest.mark.parametrize(("keep", "verdict"), [(1, "NON_COMPLIANT"), (14, "COMPLIANT")])
def test_a_schedule_that_cannot_be_read_hides_the_cadence_and_not_the_retention(
    tmp_path: Path, members: dict[str, Any], keep: int, verdict: str
) -> None:
    """Retention needs no schedule."""
    found = audit(standing(keep, **members), tmp_path)

    assert found.verdict(RETENTION, PLAN_ARN) == verdict
    assert found.verdict(CADENCE, PLAN_ARN) == "INSUFFICIENT_DATA"
    assert "The schedule of rule nightly of plan plan-1" in found.reasons(CADENCE, PLAN_ARN)[0].message


def worst(hours: float, rpo_hours: int) -> Reason:
    """The finding about an interval."""
    evidence = {"worst_interval_hours": hours, "rpo_hours": rpo_hours, "tier": "daily", "resources": 1}
    return Reason("interval_exceeds_rpo", evidence)


def said(found: Judgement) -> list[Reason]:
    """The reasons of the control on cadence, without the facts that it cites."""
    return [
        Reason(one.code, {name: fact for name, fact in one.evidence.items() if name != "plan"})
        for one in found.reasons(CADENCE, PLAN_ARN)
    ]


@pytest.mark.parametrize(
    ("expression", "rpo_hours", "reasons"),
    [
        ("cron(0 0 31 12 ? *)", 8_800, []),
        ("cron(0 0 31 12 ? *)", 8_760, [worst(8_761, 8_760)]),
        ("cron(0 0 29 2 ? *)", 35_065, []),
        ("cron(0 0 29 2 ? *)", 35_064, [worst(35_065, 35_064)]),
    ],
)
def test_a_rare_schedule_is_looked_at_far_enough(
    tmp_path: Path, expression: str, rpo_hours: int, reasons: list[Reason]
) -> None:
    """Once a year, and on 29 February; on both sides of the RPO."""
    found = audit(standing(ScheduleExpression=expression), tmp_path, tier={"rpo_hours": rpo_hours})

    assert found.verdict(CADENCE, PLAN_ARN) == ("NON_COMPLIANT" if reasons else "COMPLIANT")
    assert said(found) == reasons


@pytest.mark.parametrize(
    ("expression", "code", "more"),
    [
        ("cron(0 1 * * ? 2025)", "never_fires", {}),
        ("cron(0 1 1 6 ? 2026)", "schedules_end", {"last_due_at": "2026-06-01T01:00:00Z"}),
        ("cron(0 1 * * ? 2026)", "schedules_end", {"last_due_at": "2026-12-31T01:00:00Z"}),
    ],
)
def test_schedules_that_end_are_findings(
    tmp_path: Path, expression: str, code: str, more: dict[str, Any]
) -> None:
    """Never again; once more and then never; daily until the end of this year."""
    found = audit(standing(ScheduleExpression=expression), tmp_path)

    assert said(found) == [Reason(code, {"tier": "daily", "rpo_hours": 26, "resources": 1, **more})]


@pytest.mark.parametrize(
    ("window", "keep", "hours"),
    [(480, 14, 32), (480, 60, 32), (480, None, 32), (360, 14, None)],
)
def test_a_rule_that_is_never_run_does_not_count(
    tmp_path: Path, window: int, keep: int | None, hours: float | None
) -> None:
    """Midnight keeps 30 days. At six its window of 8 h is open still, one of 6 h has just ended."""
    midnight = rule(30, ScheduleExpression="cron(0 0 * * ? *)", StartWindowMinutes=window)
    six = rule(keep, RuleId="rule-2", RuleName="six", ScheduleExpression="cron(0 6 * * ? *)",
               StartWindowMinutes=480)  # fmt: skip
    world = standing()
    world.at().plans.clear()
    world.plan([midnight, six])

    found = audit(world, tmp_path)

    assert said(found) == ([] if hours is None else [worst(hours, 26)])


def test_two_plans_that_select_the_same_volume_are_seen_together(tmp_path: Path) -> None:
    """The other plan's longer retention absorbs this plan's only rule: both have its cadence."""
    world = standing(ScheduleExpression="cron(0 6 * * ? *)", StartWindowMinutes=480)
    monthly = rule(60, RuleId="rule-2", ScheduleExpression="cron(0 0 ? * MON *)", StartWindowMinutes=480)
    world.plan([monthly], "plan-2")
    world.selection("plan-2", Resources=[VOLUME])

    found = audit(world, tmp_path)

    assert said(found) == [worst(38, 26)]


def test_a_plan_without_a_list_of_rules_cannot_be_understood(tmp_path: Path) -> None:
    """`Rules` is required: neither "it never fires again" nor "no rule protects it" is known."""
    world = standing()
    world.at().plans[0]["Versions"][0]["BackupPlan"]["Rules"] = None

    found = audit(world, tmp_path)

    for control_id, arn in ((CADENCE, PLAN_ARN), (RETENTION, PLAN_ARN), ("BKP-COV-001", VOLUME)):
        (reason,) = found.reasons(control_id, arn)
        assert (found.verdict(control_id, arn), reason.code) == ("INSUFFICIENT_DATA", "evidence_gap")
        assert f"Plan plan-1 ({PLAN_ARN}) cannot be understood: Rules is missing." in reason.message


@pytest.mark.parametrize(
    ("days", "verdict"),
    [
        (-2, "INSUFFICIENT_DATA"),
        (-1, "COMPLIANT"),
        (0, "INSUFFICIENT_DATA"),
        (1, "NON_COMPLIANT"),
    ],
)
def test_a_retention_of_no_days_cannot_be_understood(tmp_path: Path, days: int, verdict: str) -> None:
    """AWS knows -1, for ever, and one day or more."""
    assert audit(standing(Lifecycle={"DeleteAfterDays": days}), tmp_path).verdict(RETENTION, PLAN_ARN) == (
        verdict
    )
