"""When a resource had a usable recovery point."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.evaluate.conftest import World


def backups(world: World) -> Any:
    """The facts `backups` of the one volume."""
    return world.facts("resource")[0].get("backups")


def test_the_worst_gap_of_a_healthy_month_is_a_day(world: World) -> None:
    """Thirty nightly backups: a day between two, and 23 h since the newest."""
    world.plan()
    for number in range(30):
        world.backup(number)
    assert backups(world) == {
        "deleted_early": 0,
        "count": 30,
        "worst_gap_hours": 24.0,
        "worst_gap_at_most_hours": 24.0,
        "worst_gap_from": "2026-01-10T01:00:00Z",
        "worst_gap_to": "2026-01-11T01:00:00Z",
        "worst_gap_after": "arn:aws:ec2:eu-central-1::snapshot/snap-0",
        "worst_gap_before": "arn:aws:ec2:eu-central-1::snapshot/snap-1",
        "newest_age_hours": 23.0,
        "newest_age_at_least_hours": 23.0,
        "newest": "arn:aws:ec2:eu-central-1::snapshot/snap-29",
    }


def test_three_missed_nights_in_the_middle_are_found(world: World) -> None:
    """The newest backup is young, and yet four days passed without one."""
    world.plan()
    for number in {*range(30)} - {14, 15, 16}:
        world.backup(number)
    found = backups(world)
    assert (found["worst_gap_hours"], found["newest_age_hours"]) == (96.0, 23.0)
    assert found["worst_gap_after"].endswith("snap-13")
    assert found["worst_gap_before"].endswith("snap-17")


@pytest.mark.parametrize(
    ("days", "old", "gap", "after"),
    [
        (60, 40, 41.0, "snap-old"),
        (None, 40, 41.0, "snap-old"),
        (31, 40, 24.0, "snap-0"),  # what was made 40 to 24 h before the period would be gone by now
        (30, 40, 24.0, "snap-0"),
        (30, None, 24.0, "snap-0"),
    ],
)
def test_before_the_period_a_gap_is_known_as_far_as_recovery_points_are_kept(
    world: World, days: int | None, old: int | None, gap: float, after: str | None
) -> None:
    """Absence is a fact only from when on a recovery point of every rule would still be there."""
    world.plan(
        {"Lifecycle": {"DeleteAfterDays": days} if days else {}}, since=world.start - timedelta(days=50)
    )
    if old:
        world.point("snap-old", world.start - timedelta(hours=old))
    for number in range(30):
        world.backup(number)
    found = backups(world)
    bound = found.get("worst_gap_after")
    assert (found["worst_gap_hours"], bound and bound.rpartition("/")[2]) == (gap, after)
    assert found["worst_gap_at_most_hours"] == gap


@pytest.mark.parametrize(
    ("first", "days", "gap"), [(0, 60, 24.0), (1, 60, 745.0), (1, 30, 25.0), (1, None, 1225.0)]
)
def test_a_gap_that_nothing_bounds_goes_back_where_the_first_due_backup_was_missed(
    world: World, first: int, days: int | None, gap: float
) -> None:
    """Nothing is seen before the period though it would be there: it counts if the period begins so too."""
    world.plan(
        {"Lifecycle": {"DeleteAfterDays": days} if days else {}}, since=world.start - timedelta(days=50)
    )
    for number in range(first, 30):
        world.backup(number)
    assert backups(world)["worst_gap_hours"] == gap


def test_a_resource_owes_no_backup_before_its_creation(world: World) -> None:
    """The timeline of a resource created in the period begins with it."""
    world.plan()
    world.tables["resources", world.home][0]["created_at"] = world.night(29, 0)
    world.backup(29)
    assert backups(world)["worst_gap_hours"] == 23.0


def test_without_any_backup_the_gap_is_the_whole_period(world: World) -> None:
    """No point at all: 30 days, nothing newest."""
    assert backups(world) == {
        "deleted_early": 0,
        "count": 0,
        "worst_gap_hours": 720.0,
        "worst_gap_at_most_hours": 3120.0,  # since its creation
        "worst_gap_from": "2026-01-10T00:00:00Z",
        "worst_gap_to": "2026-02-09T00:00:00Z",
        "worst_gap_cause": {"kind": "account", "why": "no_plan"},
        "newest_cause": {"kind": "account", "why": "no_plan"},
    }


def test_completed_with_a_failure_category_is_not_usable(world: World) -> None:
    """Neither the job nor the recovery point that it made counts."""
    world.plan()
    for number in range(30):
        world.backup(number, message_category="KMS_ACCESS_DENIED" if number == 20 else "SUCCESS")
    found = backups(world)
    assert (found["count"], found["worst_gap_hours"]) == (29, 48.0)


@pytest.mark.parametrize(("days", "count"), [(10, 1), (11, 0)])
def test_a_missing_recovery_point_counts_only_once_its_retention_is_over(
    world: World, days: int, count: int
) -> None:
    """After ten days: kept ten days it has expired as it should, kept eleven somebody deleted it."""
    world.plan({"Lifecycle": {"DeleteAfterDays": days}})
    world.backup(19, point=False, created_at=world.as_of - timedelta(days=10))
    assert backups(world)["count"] == count


@pytest.mark.parametrize(
    ("days", "count", "proven", "at_most"),
    [(19, 1, 456.0, 456.0), (20, 0, 720.0, 3120.0), (-1, 0, 720.0, 3120.0), (None, 0, 456.0, 3120.0)],
)
def test_a_jobs_word_is_no_proof_of_a_recovery_point_that_is_gone(
    world: World, days: int | None, count: int, proven: float, at_most: float
) -> None:
    """An on-demand backup counts once the retention that was asked for is over; unknown, it may have been."""
    world.backup(10, point=False, plan_id=None, plan_version=None, rule_id=None, delete_after_days=days,
                 created_at=world.night(11, 0))  # fmt: skip
    found = backups(world)
    assert (found["count"], found["worst_gap_hours"], found["worst_gap_at_most_hours"]) == (
        count,
        proven,
        at_most,
    )


def test_a_job_says_how_long_it_was_asked_to_keep(world: World) -> None:
    """Its own retention counts before that of its rule, which may have been another."""
    world.plan({"Lifecycle": {"DeleteAfterDays": 35}})
    world.backup(10, point=False, delete_after_days=3)
    assert backups(world)["count"] == 1


@pytest.mark.parametrize(
    ("row", "count"),
    [
        ({"status": "AVAILABLE"}, 1),
        ({"status": "PARTIAL"}, 0),
        ({"status": "STOPPED"}, 0),
        ({"status": "CREATING"}, 0),
        ({"status": "EXPIRED"}, 1),
        ({"source_vault_arn": "arn:aws:backup:eu-west-1:111122223333:backup-vault:far"}, 1),
        (
            {
                "source_vault_arn": "arn:aws:backup:eu-west-1:111122223333:backup-vault:far",
                "status": "PARTIAL",
            },
            0,
        ),
        ({"status": "STOPPED", "resource_type": "S3"}, 1),
        ({"resource_arn": "arn:aws:ec2:eu-central-1:111122223333:volume/other"}, 0),
    ],
)
def test_which_recovery_points_count(world: World, row: dict[str, str], count: int) -> None:
    """By status; a copy proves its time like any other, and another resource's is another resource's."""
    world.point("snap", world.night(3), **row)
    assert backups(world)["count"] == count


def test_an_expired_recovery_point_is_no_newest_one(world: World) -> None:
    """It counted in its time and cannot be restored from now."""
    world.point("snap-old", world.night(3))
    world.point("snap-new", world.night(9), status="EXPIRED")
    assert backups(world)["newest"] == "snap-old"


def test_a_continuous_recovery_point_leaves_no_gap_after_it_began(world: World) -> None:
    """Only the time before counts, and the newest point is now."""
    arn = "arn:aws:backup:eu-central-1:111122223333:recovery-point:continuous:bucket-1"
    world.point(arn, world.night(2, 0), status="AVAILABLE")
    found = backups(world)
    assert (found["worst_gap_hours"], found["newest_age_hours"]) == (48.0, 0.0)


@pytest.mark.parametrize("table", ["backup_jobs", "recovery_points"])
def test_unread_jobs_or_recovery_points_leave_the_timeline_unknown(world: World, table: str) -> None:
    """Not even the recovery points that were read are shown: the facts are absent."""
    world.point("snap", world.night(3))
    world.gap(table)
    assert backups(world) is None


def test_what_was_created_after_as_of_does_not_exist_yet(world: World) -> None:
    """Evidence that was collected later than `as_of` is cut there."""
    world.point("snap", world.as_of + timedelta(seconds=1))
    world.add("resources", arn="arn:aws:ec2:eu-central-1:111122223333:volume/new", resource_type="EBS",
              created_at=world.as_of + timedelta(seconds=1), tags={})  # fmt: skip
    assert len(world.facts("resource")) == 1
    assert world.facts("recovery_point") == []


STREAM = "arn:aws:backup:eu-central-1:111122223333:recovery-point:continuous:bucket-1"


def test_snapshots_before_a_continuous_recovery_point_count(world: World) -> None:
    """Nightly backups until continuous backup begins: the gap is the one before it, and so is its proof."""
    world.plan()
    for number in {*range(20)} - {18, 19}:
        world.backup(number)
    world.point(STREAM, world.night(20, 3), status="AVAILABLE")
    found = backups(world)
    assert {name: found[name] for name in found if name.startswith("worst")} == {
        "worst_gap_hours": 74.0,
        "worst_gap_at_most_hours": 74.0,
        "worst_gap_from": "2026-01-27T01:00:00Z",
        "worst_gap_to": "2026-01-30T03:00:00Z",
        "worst_gap_after": "arn:aws:ec2:eu-central-1::snapshot/snap-17",
        "worst_gap_before": STREAM,
        "worst_gap_cause": {"kind": "rule", "name": "nightly", "plan": "p1", "why": "missed"},
    }


def test_a_running_job_takes_nothing_from_a_continuous_recovery_point(world: World) -> None:
    """Every job of a continuous rule names the same recovery point; the newest one is still at work."""
    world.backup(28, point=False, recovery_point_arn=STREAM)
    world.backup(29, point=False, recovery_point_arn=STREAM, state="RUNNING", message_category=None)
    world.point(STREAM, world.start, status="AVAILABLE")
    found = backups(world)
    assert (found["worst_gap_hours"], found["newest"]) == (0.0, STREAM)


def test_a_continuous_recovery_point_with_a_failed_job_is_as_good_as_its_jobs(world: World) -> None:
    """What a continuous backup missed is never filled in: the jobs that went well are the points in time."""
    world.plan()
    for number in range(30):
        category = "ACCESS_DENIED" if number == 20 else "SUCCESS"
        world.backup(number, point=False, recovery_point_arn=STREAM, message_category=category)
    world.point(STREAM, world.start, status="AVAILABLE")
    assert backups(world) == {
        "deleted_early": 0,
        "count": 30,
        "worst_gap_hours": 48.0,
        "worst_gap_at_most_hours": 48.0,
        "worst_gap_from": "2026-01-29T01:00:00Z",
        "worst_gap_to": "2026-01-31T01:00:00Z",
        "worst_gap_after": "job-19",
        "worst_gap_before": "job-21",
        "newest_age_hours": 23.0,
        "newest_age_at_least_hours": 23.0,
        "newest": "job-29",
        "worst_gap_cause": {
            "kind": "rule", "name": "nightly", "plan": "p1", "why": "failed",
            "detail": "COMPLETED, category ACCESS_DENIED",
        },
    }  # fmt: skip


@pytest.mark.parametrize(("missing", "at_most"), [((), 48.0), (("backup_plans",), 2401.0)])
def test_a_missing_recovery_point_of_an_unknown_rule_leaves_the_gap_open(
    world: World, missing: tuple[str, ...], at_most: float
) -> None:
    """Its plan is not listed: it expired or was deleted. Without plans the time before is open too."""
    for number in range(30):
        world.backup(number, point=number != 9)
    for table in missing:
        world.gap(table)
    found = world.facts("resource")[0]["backups"]
    assert (found["worst_gap_hours"], found["worst_gap_at_most_hours"]) == (24.0, at_most)
    assert (found["count"], found["newest_age_hours"]) == (29, 23.0)


def test_a_missing_recovery_point_of_an_unknown_rule_matters_only_in_the_worst_gap(world: World) -> None:
    """An on-demand backup of the same night leaves the worst gap what it is with and without it."""
    world.backup(9, point=False)
    for number in range(30):
        world.backup(number, job_id=f"by-hand-{number}", recovery_point_arn=f"hand-{number}", point=False,
                     plan_id=None, plan_version=None, rule_id=None)  # fmt: skip
    assert backups(world)["worst_gap_hours"] == 24.0


@pytest.mark.parametrize("early", [None, "FAILED"])
def test_before_the_first_sign_of_a_resource_of_unknown_age_nothing_is_claimed(
    world: World, early: str | None
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
    assert (found["worst_gap_hours"], found["worst_gap_at_most_hours"]) == (24.0, 481.0)


def test_a_resource_never_heard_of_owes_nothing_that_is_known(world: World) -> None:
    """No creation, no job, no recovery point: no gap is proven, and no slot was missed."""
    world.plan()
    world.tables["resources", world.home][0]["created_at"] = None
    facts = world.facts("resource")[0]
    assert (facts["backups"]["worst_gap_hours"], facts["backups"]["worst_gap_at_most_hours"]) == (0.0, 720.0)
    assert facts["slots"]["expected"] == 0
    assert "seen_hours" not in facts["resource"]


BUCKET = "arn:aws:s3:::bucket"


def bucket(world: World) -> None:
    """The one resource is a bucket."""
    row = {"arn": BUCKET, "resource_type": "S3", "name": "bucket", "tags": {"tier": "gold"}}
    world.tables["resources", world.home] = [{**row, "created_at": world.start - timedelta(days=100)}]


def stream(world: World, arn: str, begun: Any, status: str) -> None:
    """A continuous recovery point of the bucket."""
    world.point(arn, begun, status=status, resource_arn=BUCKET, resource_type="S3", delete_at=None)


@pytest.mark.parametrize(
    "arn", [STREAM, "arn:aws:backup:eu-central-1:111122223333:recovery-point:bucket-5ec2"]
)
def test_a_stopped_continuous_recovery_point_covers_the_time_to_its_last_good_job(
    world: World, arn: str
) -> None:
    """It began before the period and stopped on the 26th night; the word in its ARN may be missing."""
    bucket(world)
    for number in range(26):
        world.backup(number, point=False, recovery_point_arn=arn, resource_arn=BUCKET)
    stream(world, arn, world.start - timedelta(days=3), "STOPPED")
    found = backups(world)
    assert (found["worst_gap_hours"], found["newest_age_hours"], found["newest"]) == (119.0, 119.0, arn)


def test_a_continuous_recovery_point_takes_over_from_a_stopped_one(world: World) -> None:
    """S3 makes a new one when the retention changes: the day between the last job and it is all there is."""
    bucket(world)
    for number in range(30):
        world.backup(number, point=False, recovery_point_arn=STREAM if number < 10 else f"{STREAM}-2",
                     resource_arn=BUCKET)  # fmt: skip
    stream(world, STREAM, world.start - timedelta(days=3), "STOPPED")
    stream(world, f"{STREAM}-2", world.night(10), "AVAILABLE")
    found = backups(world)
    assert (found["worst_gap_hours"], found["newest_age_hours"], found["count"]) == (24.0, 0.0, 2)


def test_a_copy_in_another_region_proves_the_time_of_what_it_was_copied_from(world: World) -> None:
    """The recovery points were deleted after a day though their rule says 35; their copies are there."""
    world.plan()
    for number in range(30):
        world.backup(number, point=number == 29)
        world.point(f"copy-{number}", world.night(number), world.away, vault_arn=world.far_vault,
                    source_vault_arn=world.vault)  # fmt: skip
    found = backups(world)
    assert (found["worst_gap_hours"], found["worst_gap_at_most_hours"], found["count"]) == (24.0, 24.0, 31)


def test_a_copy_of_a_bad_backup_is_none(world: World) -> None:
    """COMPLETED, but not SUCCESS: what was copied from it proves nothing."""
    world.plan()
    world.backup(5, message_category="KMS_KEY_ERROR")
    world.point("copy-5", world.night(5), world.away, vault_arn=world.far_vault, source_vault_arn=world.vault)
    world.add("copy_jobs", job_id="c5", resource_arn=world.volume, state="COMPLETED",
              created_at=world.night(5),
              source_recovery_point_arn="arn:aws:ec2:eu-central-1::snapshot/snap-5",
              destination_recovery_point_arn="copy-5", destination_vault_arn=world.far_vault)  # fmt: skip
    facts = world.facts("resource")[0]
    assert (facts["backups"]["count"], facts["copies"]["count"]) == (0, 0)


@pytest.mark.parametrize(("region", "possible"), [("us-east-1", 25.0), ("eu-west-1", None)])
def test_a_copy_that_may_lie_where_nobody_read_is_possible(
    world: World, region: str, possible: float | None
) -> None:
    """Kept a day here, and copied: the copy may be there; where it was looked for, there is none."""
    world.plan({"Lifecycle": {"DeleteAfterDays": 1}})
    world.backup(28, point=False, created_at=world.as_of - timedelta(hours=25))
    world.add("copy_jobs", job_id="c", resource_arn=world.volume, state="COMPLETED",
              created_at=world.night(28),
              source_recovery_point_arn="arn:aws:ec2:eu-central-1::snapshot/snap-28",
              destination_recovery_point_arn="copy",
              destination_vault_arn=f"arn:aws:backup:{region}:111122223333:backup-vault:far")  # fmt: skip
    found = backups(world)
    assert (found.get("newest_age_hours"), found.get("newest_age_at_least_hours")) == (None, possible)
    assert bool(world.holes("resource", "copies.count")) == (possible is not None)
