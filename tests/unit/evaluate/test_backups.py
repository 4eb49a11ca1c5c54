"""When a resource had a usable recovery point."""

from datetime import timedelta
from typing import Any

import pytest


def backups(world: Any) -> Any:
    """The facts `backups` of the one volume."""
    return world.facts("resource")[0].get("backups")


def test_the_worst_gap_of_a_healthy_month_is_a_day(world: Any) -> None:
    """Thirty nightly backups: a day between two, and 23 h since the newest."""
    world.plan()
    for number in range(30):
        world.backup(number)
    assert backups(world) == {
        "count": 30,
        "unproven_hours": 0.0,
        "worst_gap_hours": 24.0,
        "worst_gap_from": "2026-01-10T01:00:00Z",
        "worst_gap_to": "2026-01-11T01:00:00Z",
        "worst_gap_after": "arn:aws:ec2:eu-central-1::snapshot/snap-0",
        "worst_gap_before": "arn:aws:ec2:eu-central-1::snapshot/snap-1",
        "newest_age_hours": 23.0,
        "newest": "arn:aws:ec2:eu-central-1::snapshot/snap-29",
    }


def test_three_missed_nights_in_the_middle_are_found(world: Any) -> None:
    """The newest backup is young, and yet four days passed without one."""
    world.plan()
    for number in {*range(30)} - {14, 15, 16}:
        world.backup(number)
    found = backups(world)
    assert (found["worst_gap_hours"], found["newest_age_hours"]) == (96.0, 23.0)
    assert found["worst_gap_after"].endswith("snap-13")
    assert found["worst_gap_before"].endswith("snap-17")


def test_a_gap_that_began_before_the_period_is_counted_whole(world: Any) -> None:
    """The last point before the period is where the first gap begins."""
    world.plan()
    world.point("snap-old", world.start - timedelta(hours=40))
    for number in range(30):
        world.backup(number)
    found = backups(world)
    assert (found["worst_gap_hours"], found["worst_gap_after"], found["count"]) == (41.0, "snap-old", 30)


def test_a_resource_owes_no_backup_before_its_creation(world: Any) -> None:
    """The timeline of a resource created in the period begins with it."""
    world.plan()
    world.tables["resources", world.home][0]["created_at"] = world.night(29, 0)
    world.backup(29)
    assert backups(world)["worst_gap_hours"] == 23.0


def test_without_any_backup_the_gap_is_the_whole_period(world: Any) -> None:
    """No point at all: 30 days, nothing newest."""
    assert backups(world) == {
        "count": 0,
        "unproven_hours": 0.0,
        "worst_gap_hours": 720.0,
        "worst_gap_from": "2026-01-10T00:00:00Z",
        "worst_gap_to": "2026-02-09T00:00:00Z",
    }


def test_completed_with_a_failure_category_is_not_usable(world: Any) -> None:
    """Neither the job nor the recovery point that it made counts."""
    world.plan()
    for number in range(30):
        world.backup(number, message_category="KMS_ACCESS_DENIED" if number == 20 else "SUCCESS")
    found = backups(world)
    assert (found["count"], found["worst_gap_hours"]) == (29, 48.0)


@pytest.mark.parametrize(("days", "count"), [(10, 1), (11, 0)])
def test_a_missing_recovery_point_counts_only_once_its_retention_is_over(
    world: Any, days: int, count: int
) -> None:
    """After ten days: kept ten days it has expired as it should, kept eleven somebody deleted it."""
    world.plan({"Lifecycle": {"DeleteAfterDays": days}})
    world.backup(19, point=False, created_at=world.as_of - timedelta(days=10))
    assert backups(world)["count"] == count


def test_a_job_of_no_known_rule_is_taken_at_its_word(world: Any) -> None:
    """An on-demand backup whose recovery point is gone was still a recovery point."""
    world.backup(10, point=False, plan_id=None, plan_version=None, rule_id=None)
    assert backups(world)["count"] == 1


@pytest.mark.parametrize(
    ("row", "count"),
    [
        ({"status": "AVAILABLE"}, 1),
        ({"status": "PARTIAL"}, 0),
        ({"status": "STOPPED"}, 0),
        ({"status": "CREATING"}, 0),
        ({"status": "EXPIRED"}, 1),
        ({"source_vault_arn": "arn:aws:backup:eu-west-1:111122223333:backup-vault:far"}, 0),
        ({"resource_arn": "arn:aws:ec2:eu-central-1:111122223333:volume/other"}, 0),
    ],
)
def test_which_recovery_points_count(world: Any, row: dict[str, str], count: int) -> None:
    """By status; a copy is not a new point in time, and another resource's is another resource's."""
    world.point("snap", world.night(3), **row)
    assert backups(world)["count"] == count


def test_an_expired_recovery_point_is_no_newest_one(world: Any) -> None:
    """It counted in its time and cannot be restored from now."""
    world.point("snap-old", world.night(3))
    world.point("snap-new", world.night(9), status="EXPIRED")
    assert backups(world)["newest"] == "snap-old"


def test_a_continuous_recovery_point_leaves_no_gap_after_it_began(world: Any) -> None:
    """Only the time before counts, and the newest point is now."""
    arn = "arn:aws:backup:eu-central-1:111122223333:recovery-point:continuous:bucket-1"
    world.point(arn, world.night(2, 0), status="AVAILABLE")
    found = backups(world)
    assert (found["worst_gap_hours"], found["newest_age_hours"]) == (48.0, 0.0)


@pytest.mark.parametrize("table", ["backup_jobs", "recovery_points"])
def test_unread_jobs_or_recovery_points_leave_the_timeline_unknown(world: Any, table: str) -> None:
    """Not even the recovery points that were read are shown: the facts are absent."""
    world.point("snap", world.night(3))
    world.gap(table)
    assert backups(world) is None


def test_what_was_created_after_as_of_does_not_exist_yet(world: Any) -> None:
    """Evidence that was collected later than `as_of` is cut there."""
    world.point("snap", world.as_of + timedelta(seconds=1))
    world.add("resources", arn="arn:aws:ec2:eu-central-1:111122223333:volume/new", resource_type="EBS",
              created_at=world.as_of + timedelta(seconds=1), tags={})  # fmt: skip
    assert len(world.facts("resource")) == 1
    assert world.facts("recovery_point") == []


STREAM = "arn:aws:backup:eu-central-1:111122223333:recovery-point:continuous:bucket-1"


def test_snapshots_before_a_continuous_recovery_point_count(world: Any) -> None:
    """Nightly backups until continuous backup begins: the gap is the one before it, and so is its proof."""
    world.plan()
    for number in {*range(20)} - {18, 19}:
        world.backup(number)
    world.point(STREAM, world.night(20, 3), status="AVAILABLE")
    found = backups(world)
    assert {name: found[name] for name in found if name.startswith("worst")} == {
        "worst_gap_hours": 74.0,
        "worst_gap_from": "2026-01-27T01:00:00Z",
        "worst_gap_to": "2026-01-30T03:00:00Z",
        "worst_gap_after": "arn:aws:ec2:eu-central-1::snapshot/snap-17",
        "worst_gap_before": STREAM,
    }


def test_a_running_job_takes_nothing_from_a_continuous_recovery_point(world: Any) -> None:
    """Every job of a continuous rule names the same recovery point; the newest one is still at work."""
    world.backup(28, point=False, recovery_point_arn=STREAM)
    world.backup(29, point=False, recovery_point_arn=STREAM, state="RUNNING", message_category=None)
    world.point(STREAM, world.start, status="AVAILABLE")
    found = backups(world)
    assert (found["worst_gap_hours"], found["newest"]) == (0.0, STREAM)


def test_a_continuous_recovery_point_with_a_failed_job_is_as_good_as_its_jobs(world: Any) -> None:
    """What a continuous backup missed is never filled in: the jobs that went well are the points in time."""
    world.plan()
    for number in range(30):
        category = "ACCESS_DENIED" if number == 20 else "SUCCESS"
        world.backup(number, point=False, recovery_point_arn=STREAM, message_category=category)
    world.point(STREAM, world.start, status="AVAILABLE")
    assert backups(world) == {
        "count": 30,
        "unproven_hours": 0.0,
        "worst_gap_hours": 48.0,
        "worst_gap_from": "2026-01-29T01:00:00Z",
        "worst_gap_to": "2026-01-31T01:00:00Z",
        "worst_gap_after": "job-19",
        "worst_gap_before": "job-21",
        "newest_age_hours": 23.0,
        "newest": "job-29",
    }


@pytest.mark.parametrize("missing", [(), ("backup_plans",)])
def test_a_missing_recovery_point_of_an_unknown_rule_leaves_the_gap_open(
    world: Any, missing: tuple[str, ...]
) -> None:
    """Its plan is not listed, or was not read: it expired as it should, or somebody deleted it."""
    for number in range(30):
        world.backup(number, point=number != 9)
    for table in missing:
        world.gap(table)
    found = world.facts("resource")[0]["backups"]
    assert "worst_gap_hours" not in found
    assert (found["count"], found["newest_age_hours"]) == (29, 23.0)


def test_a_missing_recovery_point_of_an_unknown_rule_matters_only_in_the_worst_gap(world: Any) -> None:
    """An on-demand backup of the same night leaves the worst gap what it is with and without it."""
    world.backup(9, point=False)
    for number in range(30):
        world.backup(number, job_id=f"by-hand-{number}", recovery_point_arn=f"hand-{number}", point=False,
                     plan_id=None, plan_version=None, rule_id=None)  # fmt: skip
    assert backups(world)["worst_gap_hours"] == 24.0


@pytest.mark.parametrize(("early", "unproven"), [(None, 481.0), ("FAILED", 480.0)])
def test_before_the_first_sign_of_a_resource_of_unknown_age_nothing_is_claimed(
    world: Any, early: str | None, unproven: float
) -> None:
    """Its backups begin on the twentieth day; a failed job a little earlier shows that it was there."""
    world.plan()
    world.tables["resources", world.home][0]["created_at"] = None
    for number in range(20, 30):
        world.backup(number)
    if early:
        moment = world.night(20, 0)
        world.backup(20, point=False, job_id="j", state=early, created_at=moment, recovery_point_arn=None)
    found = backups(world)
    assert (found["worst_gap_hours"], found["unproven_hours"]) == (24.0, unproven)
