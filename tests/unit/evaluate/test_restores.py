"""Restores of a resource: which of them its tier counts, and what is not known of them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from auditor.evaluate.restored import restored
from auditor.model.policy import TierAssignment, Tiers
from tests.unit.evaluate.conftest import ACCOUNT, GOLD, World

DAY = timedelta(days=1)
DENIED = ("ListRestoreJobs", "AccessDeniedException", True)
NOT_TESTED = "no restore-testing plan of its account and Region selects it"


def asked(world: World, **demands: Any) -> None:
    """Have the tier gold ask for a restore of the last 30 days, and for `demands`."""
    gold = {**GOLD, "restore_test": {"max_age_days": 30, **demands}}
    world.tiers = Tiers(
        {"gold": gold, "exempt": {"required": False}}, (TierAssignment("gold", {"tier": "gold"}),), "exempt"
    )


def restore(world: World, days: float, region: str | None = None, **row: Any) -> None:
    """A restore of the volume that took 90 minutes and completed so many days before `as_of`."""
    ended = world.as_of - timedelta(days=days)
    base = {"job_id": f"r{days:g}", "resource_arn": world.volume, "resource_type": "EBS",
            "status": "COMPLETED", "created_at": ended - timedelta(minutes=90), "completed_at": ended,
            "recovery_point_arn": "snap", "point_created_at": ended - DAY}  # fmt: skip
    world.add("restore_jobs", region, **{**base, **row})


def of(world: World, index: int = 0) -> dict[str, Any]:
    """The facts of a resource about restores."""
    found: dict[str, Any] = world.facts("resource")[index]["restores"]
    return found


def test_the_newest_restore_counts(world: World) -> None:
    """Completed ones alone; what failed and what goes on is counted beside."""
    asked(world)
    restore(world, 20)
    restore(world, 3, testing_plan_arn="plan")
    restore(world, 1, status="FAILED")
    restore(world, 2, status="ABORTED")
    restore(world, 0, status="RUNNING", completed_at=None)
    assert of(world) == {
        "completed": 2, "placed": 2, "counted": 2, "failed": 2, "failed_since": 1, "under_way": 1,
        "age_days": 3.0, "minutes": 90.0, "known_days": 30.0,
        "newest": {"job_id": "r3", "account_id": ACCOUNT, "resource_arn": world.volume,
                   "recovery_point_arn": "snap", "completed_at": "2026-02-06T00:00:00Z",
                   "testing_plan_arn": "plan"},
        "testing": NOT_TESTED,
    }  # fmt: skip
    assert world.unknown("resource", "restores.age_days") == []


def test_none_is_told_as_none(world: World) -> None:
    """The whole window was read: nothing is unknown."""
    asked(world)
    none = dict.fromkeys(("completed", "placed", "counted", "failed", "failed_since", "under_way"), 0)
    assert of(world) == none | {"known_days": 30.0, "testing": NOT_TESTED}
    assert (
        world.unknown("resource", "restores.age_days") == world.unknown("resource", "restores.minutes") == []
    )


@pytest.mark.parametrize(
    ("status", "counted", "unknown"),
    [
        ("SUCCESSFUL", 1, []),
        ("FAILED", 0, []),
        ("TIMED_OUT", 0, []),
        (None, 0, []),
        ("VALIDATING", 0, [("ListRestoreJobs", "Validating", True)]),
    ],
)
def test_where_validation_is_asked_for_only_a_good_one_counts(
    world: World, status: str | None, counted: int, unknown: Any
) -> None:
    """One that goes on leaves it open; a time is a time, validated or not."""
    asked(world, validated=True)
    restore(world, 3, validation_status=status)
    found = of(world)
    assert (found["completed"], found["counted"], found.get("age_days")) == (
        1,
        counted,
        3.0 if counted else None,
    )
    assert (found["minutes"], world.unknown("resource", "restores.age_days")) == (90.0, unknown)


@pytest.mark.parametrize(
    ("partition", "days", "open_"), [("aws-cn", 30, True), ("aws-cn", 31, False), ("aws", 30, False)]
)
def test_where_there_is_no_validation_a_young_restore_leaves_it_open(
    world: World, partition: str, days: int, *, open_: bool
) -> None:
    """China and GovCloud have no restore testing; one that is too old is a finding all the same."""
    asked(world, validated=True)
    world.tables["accounts", ""][0]["partition"] = partition
    restore(world, days)
    named = [("ListRestoreJobs", "NotOffered", True)] if open_ else []
    assert world.unknown("resource", "restores.age_days") == named


def test_a_validation_under_way_takes_nothing_from_an_older_one_that_counts(world: World) -> None:
    """There is one that is young enough."""
    asked(world, validated=True)
    restore(world, 9, validation_status="SUCCESSFUL")
    restore(world, 1, validation_status="VALIDATING")
    assert (of(world)["age_days"], world.unknown("resource", "restores.age_days")) == (9.0, [])


@pytest.mark.parametrize(("days", "open_"), [(30, True), (31, False)])
def test_a_validation_under_way_of_what_is_too_old_leaves_nothing_open(
    world: World, days: int, *, open_: bool
) -> None:
    """However it ends, the restore is not young enough."""
    asked(world, validated=True)
    restore(world, days, validation_status="VALIDATING")
    named = [("ListRestoreJobs", "Validating", True)] if open_ else []
    assert world.unknown("resource", "restores.age_days") == named


@pytest.mark.parametrize(("days", "open_"), [(30, False), (31, True)])
def test_none_is_no_finding_beyond_what_is_listed(world: World, days: int, *, open_: bool) -> None:
    """AWS lists so many days; a tier that allows more cannot be held against the list."""
    asked(world, max_age_days=days)
    named = [("ListRestoreJobs", "TooShort", True)] if open_ else []
    assert world.unknown("resource", "restores.age_days") == named
    assert bool(world.unknown("resource", "restores.minutes")) is open_


def test_an_old_restore_that_is_listed_counts(world: World) -> None:
    """AWS may list more than it says."""
    asked(world, max_age_days=90)
    restore(world, 60)
    assert (of(world)["age_days"], world.unknown("resource", "restores.age_days")) == (60.0, [])


def test_restore_jobs_that_were_not_read_leave_it_open(world: World) -> None:
    """Even where some are known; a pass by one of another place stands."""
    asked(world)
    world.gap("restore_jobs", operation="ListRestoreJobs")
    assert world.unknown("resource", "restores.age_days") == [DENIED]
    assert world.unknown("resource", "restores.minutes") == [(*DENIED[:2], False)]


def test_a_restore_of_a_copy_elsewhere_counts(world: World) -> None:
    """It ran where the copy lies, and says what was backed up."""
    asked(world)
    restore(world, 4, world.away)
    world.gap("restore_jobs", operation="ListRestoreJobs")
    assert (of(world)["age_days"], world.unknown("resource", "restores.age_days")) == (4.0, [])


@pytest.mark.parametrize(("state", "open_"), [("COMPLETED", True), ("FAILED", False)])
def test_unread_restores_where_a_copy_went_leave_it_open(world: World, state: str, *, open_: bool) -> None:
    """One that never arrived cannot have been restored there."""
    asked(world)
    world.add("copy_jobs", job_id="c", resource_arn=world.volume, state=state, created_at=world.night(3),
              destination_vault_arn=world.far_vault)  # fmt: skip
    world.gap("restore_jobs", region=world.away, operation="ListRestoreJobs")
    assert world.unknown("resource", "restores.age_days") == ([DENIED] if open_ else [])


def test_what_was_restored_is_looked_up_by_its_recovery_point(world: World) -> None:
    """AWS need not name the source; where nothing tells it, it may be any of the type."""
    asked(world)
    world.point("snap", world.night(20))
    restore(world, 4, resource_arn=None)
    assert (of(world)["age_days"], world.unknown("resource", "restores.age_days")) == (4.0, [])


def test_without_restore_jobs_no_recovery_point_is_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There may be millions of them, in accounts whose tiers ask for no restores."""
    world.point("snap", world.night(20))
    (inventory, *_) = world.subjects().inventories
    asked_for: list[str] = []
    read = inventory.read

    def noted(table: str, columns: Sequence[str] | None = None) -> pa.Table:
        asked_for.append(table)
        return read(table, columns)

    monkeypatch.setattr(inventory, "read", noted)
    assert (len(restored(inventory)), asked_for) == (0, ["restore_jobs"])


def test_a_restore_of_nobody_knows_what_leaves_its_type_open(world: World) -> None:
    """It may have been this one; one of another type was not."""
    asked(world)
    restore(world, 4, resource_arn=None, recovery_point_arn="gone", resource_type="RDS")
    assert world.unknown("resource", "restores.age_days") == []
    restore(world, 5, resource_arn=None, recovery_point_arn="gone")
    world.folder, world.opened = world.folder / "again", None
    assert world.unknown("resource", "restores.age_days") == [("ListRestoreJobs", "Unknown", True)]


@pytest.mark.parametrize(
    "row",
    [{"completed_at": None}, {"resource_arn": None, "recovery_point_arn": "gone", "resource_type": None}],
)
def test_a_restore_of_which_aws_does_not_tell_when_or_of_what_leaves_it_open(
    world: World, row: dict[str, Any]
) -> None:
    """It is none that counts, and no proof that there was none."""
    asked(world)
    restore(world, 5, **row)
    assert of(world)["counted"] == 0
    assert world.unknown("resource", "restores.age_days") == [("ListRestoreJobs", "Unknown", True)]


def volumes(world: World) -> None:
    """A second volume of the tier, one of another tier, and a database of the tier."""
    for name, kind, tier in (("vol-2", "EBS", "gold"), ("vol-3", "EBS", "none"), ("db", "RDS", "gold")):
        arn = f"arn:aws:ec2:eu-central-1:{ACCOUNT}:volume/{name}"
        world.add("resources", arn=arn, resource_type=kind, name=name, tags={"tier": tier},
                  created_at=world.start - 9 * DAY)  # fmt: skip


@pytest.mark.parametrize(("sample", "counted"), [(False, [1, 0, None, 0]), (True, [1, 1, None, 0])])
def test_one_restore_stands_for_its_tier_and_type_where_a_sample_is_taken(
    world: World, counted: list[int | None], *, sample: bool
) -> None:
    """In the account and Region; not for another type, nor for another tier."""
    asked(world, sample=sample)
    volumes(world)
    restore(world, 4)
    found = [one.get("restores", {}).get("counted") for one in world.facts("resource")]
    assert found == counted


def test_nothing_is_open_where_the_tier_asks_for_no_restores(world: World) -> None:
    """Nobody needs the jobs that were not read, and a control that would look at them is told nothing."""
    restore(world, 4)
    world.gap("restore_jobs", operation="ListRestoreJobs")
    assert world.unknown("resource", "restores.age_days") == []
    assert "restores" not in world.facts("resource")[0]


def test_a_restore_of_an_earlier_namesake_is_none(world: World) -> None:
    """A database may be given the name of one that is gone."""
    asked(world)
    arn = f"arn:aws:rds:eu-central-1:{ACCOUNT}:db:orders"
    world.add("resources", arn=arn, resource_type="RDS", name="orders", tags={"tier": "gold"},
              created_at=world.night(20))  # fmt: skip
    restore(world, 8, resource_arn=arn, point_created_at=world.night(19))
    assert of(world, 1)["completed"] == 0
    restore(world, 7, resource_arn=arn, point_created_at=world.night(21))
    world.folder, world.opened = world.folder / "again", None
    assert of(world, 1)["completed"] == 1


@pytest.mark.parametrize(
    ("began", "made", "completed", "open_"),
    [(7, None, 0, True), (7, 19, 0, False), (7, 21, 1, False), (12, None, 0, False)],
)
def test_a_restore_perhaps_of_a_namesake_leaves_it_open(
    world: World, began: float, made: int | None, completed: int, *, open_: bool
) -> None:
    """Where the job does not tell when its recovery point was made the list of these may, or its own age."""
    asked(world)
    arn = f"arn:aws:rds:eu-central-1:{ACCOUNT}:db:orders"
    world.add("resources", arn=arn, resource_type="RDS", name="orders", tags={"tier": "gold"},
              created_at=world.night(20))  # fmt: skip
    restore(world, began, resource_arn=arn, point_created_at=None)
    if made is not None:
        world.point("snap", world.night(made), resource_arn=arn, resource_type="RDS")
    assert of(world, 1)["completed"] == completed
    gaps = [("ListRestoreJobs", "Unknown", True)] if open_ else []
    assert world.unknown("resource", "restores.age_days", 1) == gaps


@pytest.mark.parametrize("made", [None, 1, 22])
def test_a_restore_of_an_image_that_began_nobody_knows_when(world: World, made: int | None) -> None:
    """The volume may have been attached since; what is known of the image decides."""
    asked(world)
    instance = f"arn:aws:ec2:eu-central-1:{ACCOUNT}:instance/i-1"
    world.tables["resources", world.home][0]["attached"] = [(instance, world.night(20))]
    restore(world, 4, resource_arn=instance, resource_type="EC2", point_created_at=None)
    if made is not None:
        world.point("snap", world.night(made), resource_arn=instance, resource_type="EC2")
    held = made == 22
    assert of(world)["completed"] == int(held)
    gaps = [] if held else [("DescribeVolumes", "Unknown", True)]
    assert world.unknown("resource", "restores.age_days") == gaps


@pytest.mark.parametrize(
    ("days", "named", "tags", "there"),
    [
        (14, "disk", {"awsbackup-restore-test": "plan"}, False),
        (14, "awsbackup-restore-test-1", {}, False),
        (14.1, "awsbackup-restore-test-1", {"awsbackup-restore-test": "plan"}, True),
        (1, "disk-awsbackup-restore-test", {"awsbackup": "restore-test"}, True),
    ],
)
def test_what_a_restore_test_made_needs_no_backup(
    world: World, days: float, named: str, tags: dict[str, str], *, there: bool
) -> None:
    """AWS Backup deletes it soon; what is there for longer is judged as any other resource."""
    arn = f"arn:aws:ec2:eu-central-1:{ACCOUNT}:volume/vol-9"
    world.add("resources", arn=arn, resource_type="EBS", name=named, tags=tags,
              created_at=world.as_of - days * DAY)  # fmt: skip
    assert len(world.facts("resource")) == 1 + there
