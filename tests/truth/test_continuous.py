"""Continuous recovery points: how AWS writes them, how they end, and what may have interrupted them."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import audit
from tests.loopback.faults import denied
from tests.loopback.standing import (
    ACCOUNT,
    AS_OF,
    HOME,
    PLAN,
    SINCE,
    START,
    World,
    nights,
    rule,
)

GAP, NEWEST = "BKP-FRQ-001", "BKP-FRQ-002"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BUCKET = "arn:aws:s3:::photos"
DATABASE = f"arn:aws:rds:{HOME}:{ACCOUNT}:db:shop"
POINT = f"arn:aws:backup:{HOME}:{ACCOUNT}:recovery-point:photos-1"
NEXT = f"arn:aws:backup:{HOME}:{ACCOUNT}:recovery-point:photos-2"
AUTOMATED = f"arn:aws:rds:{HOME}:{ACCOUNT}:auto-backup:ab-1"


def continuous(resource: str, schedule: str = "cron(0 1 * * ? *)") -> World:
    """A bucket or database under a continuous rule."""
    world = World()
    world.vault()
    world.plan([rule(35, EnableContinuousBackup=True, ScheduleExpression=schedule)])
    world.selection(Resources=[resource])
    if resource == BUCKET:
        world.at().buckets.append({"Name": "photos", "CreationDate": SINCE})
    else:
        world.at().db_instances.append(
            {"DBInstanceIdentifier": "shop", "DBInstanceArn": DATABASE, "TagList": [],
             "DBInstanceStatus": "available", "InstanceCreateTime": SINCE}
        )  # fmt: skip
    return world


def stream(world: World, resource: str, arn: str, status: str, begun: datetime = SINCE, **more: Any) -> None:
    """A continuous recovery point."""
    members = {"CalculatedLifecycle": {}} | more
    world.point(begun, resource, 35, RecoveryPointArn=arn, Status=status, **members)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [("AVAILABLE", "COMPLIANT"), ("COMPLETED", "COMPLIANT"), ("STOPPED", "NON_COMPLIANT")],
)
def test_a_continuous_point_that_can_be_used_goes_on_whatever_its_word(
    tmp_path: Path, status: str, verdict: str
) -> None:
    """The API calls it AVAILABLE, the guide COMPLETED; one job a week looks after it, the last on Sunday."""
    world = continuous(DATABASE, "cron(0 1 ? * SUN *)")
    stream(world, DATABASE, AUTOMATED, status)
    for night in nights():
        if night.isoweekday() == 7:
            world.job(night, DATABASE, RecoveryPointArn=AUTOMATED)
    found = audit(world, tmp_path)
    assert (found.verdict(GAP, DATABASE), found.verdict(NEWEST, DATABASE)) == (verdict, verdict)


@pytest.mark.parametrize("status", ["STOPPED", "EXPIRED", "DELETING"])
@pytest.mark.parametrize(("pause", "verdict"), [(0, "COMPLIANT"), (2, "NON_COMPLIANT")])
def test_a_continuous_point_that_has_ended_covered_the_time_until_its_last_good_job(
    tmp_path: Path, status: str, pause: int, verdict: str
) -> None:
    """Nothing in its ARN says what it was; the next one goes on at once, or after two days."""
    world = continuous(BUCKET)
    change = AS_OF - 10 * DAY
    stream(world, BUCKET, POINT, status, CalculatedLifecycle={"DeleteAt": AS_OF - DAY})
    stream(world, BUCKET, NEXT, "AVAILABLE", change + pause * DAY + HOUR)
    for night in nights(START, change):
        world.job(night, BUCKET, RecoveryPointArn=POINT)
    for night in nights(change + pause * DAY):
        world.job(night, BUCKET, RecoveryPointArn=NEXT)
    assert audit(world, tmp_path).verdict(GAP, BUCKET) == verdict


def interrupted() -> World:
    """Five nights' jobs failed without naming the continuous point, and may have missed something."""
    world = continuous(BUCKET)
    stream(world, BUCKET, POINT, "AVAILABLE")
    bad = nights()[10:15]
    for night in nights():
        if night in bad:
            world.job(night, BUCKET, State="FAILED", MessageCategory="ACCESS_DENIED")
        else:
            world.job(night, BUCKET, RecoveryPointArn=POINT)
    return world


@pytest.mark.long
@pytest.mark.parametrize("operation", ["", "GetBackupPlan", "ListBackupPlans", "ListBackupPlanVersions"])
def test_nothing_passes_on_a_continuous_point_whose_rule_was_not_read(tmp_path: Path, operation: str) -> None:
    """Only its plan tells that a failed job was to look after it."""
    found = audit(interrupted(), tmp_path, faults=[denied(operation)] if operation else [])
    unread = operation not in ("", "ListBackupPlanVersions")  # the current version is read all the same
    assert found.verdict(GAP, BUCKET) == ("INSUFFICIENT_DATA" if unread else "NON_COMPLIANT")
    assert found.verdict(NEWEST, BUCKET) == "COMPLIANT"
    assert {gap["operation"] for gap in found.gaps} == ({operation} if operation else set())


def test_nothing_passes_on_a_continuous_point_whose_rule_cannot_be_understood(tmp_path: Path) -> None:
    """The same of a plan with an odd document."""
    world = interrupted()
    world.at().plans[0]["Versions"][0]["BackupPlan"]["Rules"][0]["StartWindowMinutes"] = -1
    found = audit(world, tmp_path)
    assert found.verdict(GAP, BUCKET) == "INSUFFICIENT_DATA"
    assert [gap["error"] for gap in found.gaps] == ["Unreadable"]
    assert found.verdict("BKP-RET-001", f"arn:aws:backup:{HOME}:{ACCOUNT}:backup-plan:{PLAN}") == (
        "INSUFFICIENT_DATA"
    )


@pytest.mark.parametrize(
    ("status", "ends", "verdict"),
    [
        ("AVAILABLE", None, "COMPLIANT"),
        ("STOPPED", None, "INSUFFICIENT_DATA"),
        ("EXPIRED", AS_OF - DAY, "INSUFFICIENT_DATA"),
        ("EXPIRED", AS_OF - 5 * DAY, "NON_COMPLIANT"),
    ],
)
def test_of_the_past_a_continuous_point_that_has_stopped_may_have_gone_on(
    tmp_path: Path, status: str, ends: datetime | None, verdict: str
) -> None:
    """Four days ago, two days after its last weekly job: it stopped before or since; one was over by then."""
    world = continuous(DATABASE, "cron(0 1 ? * SUN *)")
    until = {} if ends is None else {"DeleteAt": ends}
    stream(world, DATABASE, AUTOMATED, status, CalculatedLifecycle=until)
    for night in nights():
        if night.isoweekday() == 7:
            world.job(night, DATABASE, RecoveryPointArn=AUTOMATED)
    found = audit(world, tmp_path, as_of=AS_OF - 4 * DAY, period_days=20)
    assert (found.verdict(GAP, DATABASE), found.verdict(NEWEST, DATABASE)) == (verdict, verdict)
    assert bool([gap for gap in found.gaps if gap["operation"] == "continuous"]) == (
        verdict == "INSUFFICIENT_DATA"
    )
