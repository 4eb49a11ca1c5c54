"""Since when a resource exists, and which plans are in force at `as_of`."""

from dataclasses import replace
from datetime import timedelta

import pytest

from auditor.model.policy import TierAssignment
from tests.unit.evaluate.conftest import ACCOUNT, World


@pytest.mark.parametrize(("kind", "worst"), [("S3", 576.0), ("EC2", 576.0), ("EBS", 23.0)])
def test_backups_before_a_creation_date_that_moves_show_the_hole_after_them(
    world: World, kind: str, worst: float
) -> None:
    """A bucket's date moves with its policy, an instance's with its disks: earlier backups prove it older."""
    world.plan()
    world.tables["resources", world.home][0].update(created_at=world.night(29), resource_type=kind)
    for number in (*range(6), 29):
        world.backup(number)
    (resource,) = world.facts("resource")
    assert resource["backups"]["worst_gap_hours"] == worst
    assert resource["resource"]["created_at"] == f"2026-{'02-08' if kind == 'EBS' else '01-10'}T01:00:00Z"


def test_a_failed_job_shows_that_a_bucket_is_older_than_its_date(world: World) -> None:
    """Nothing was ever backed up: the gap does not begin with the newest change of its policy."""
    world.tables["resources", world.home][0].update(created_at=world.night(29), resource_type="S3")
    world.backup(9, point=False, state="FAILED", recovery_point_arn=None)
    (resource,) = world.facts("resource")
    assert (resource["backups"]["worst_gap_hours"], resource["resource"]["seen_hours"]) == (503.0, 503.0)


@pytest.mark.parametrize("points", [0, 1])
def test_a_bucket_that_was_changed_after_as_of_is_still_there(world: World, points: int) -> None:
    """Only one that left no earlier sign is taken to be newer than the judgement."""
    world.tables["resources", world.home][0].update(
        created_at=world.as_of + timedelta(hours=1), resource_type="S3"
    )
    for number in range(points):
        world.point("snap", world.night(number))
    assert len(world.facts("resource")) == points


@pytest.mark.parametrize(("kind", "worst", "count"), [("RDS", 24.0, 10), ("DynamoDB", 384.0, 15)])
def test_a_database_does_not_inherit_the_backups_of_a_former_one_of_its_name(
    world: World, kind: str, worst: float, count: int
) -> None:
    """It was made on the twentieth day; a table's listing has no date, so that nobody can tell."""
    world.plan()
    created = world.night(20, 0) if kind == "RDS" else None
    world.tables["resources", world.home][0].update(created_at=created, resource_type=kind)
    world.point("old", world.start - timedelta(days=1))
    for number in (*range(5), *range(20, 30)):
        world.backup(number)
    found = world.facts("resource")[0]["backups"]
    assert (found["worst_gap_hours"], found["count"]) == (worst, count)


def test_a_resource_that_two_pages_list_is_one(world: World) -> None:
    """A listing that moved while it was read."""
    world.tables["resources", world.home] *= 2
    world.backup(29)
    (resource,) = world.facts("resource")
    assert resource["backups"]["count"] == 1


@pytest.mark.parametrize(("hours", "version"), [(0, "v2"), (1, "v1")])
def test_the_plan_in_force_at_as_of_is_judged(world: World, hours: int, version: str) -> None:
    """Not the one that took its place later, before the evidence was read."""
    change = world.as_of + timedelta(hours=hours)
    world.plan(valid_until=change)
    world.plan({"RuleName": "later"}, version_id="v2", valid_from=change)
    (plan,) = world.facts("plan")
    assert plan["plan"]["version_id"] == version
    assert world.facts("resource")[0]["protection"]["plans"] == ["p1"]


def test_what_a_plan_selected_that_was_deleted_since_is_unknown(world: World) -> None:
    """It was there at `as_of`; its selections went with it."""
    world.plan(valid_until=world.as_of + timedelta(hours=1))
    world.tables.pop(("backup_selections", world.home))
    assert "selected" not in world.facts("resource")[0]["protection"]
    assert (world.facts("plan")[0]["tiers"], world.unknown("plan", "tiers")) == (
        [],
        [("ListBackupSelections", "Deleted", True)],
    )


@pytest.mark.parametrize(
    ("entries", "tier"),
    [
        ((), "exempt"),
        ((TierAssignment("gold", {"tier": "gold"}),), None),
        ((TierAssignment("exempt", {"tier": "none"}),), "exempt"),
        ((TierAssignment("gold", {}, ("Prod",)), TierAssignment("exempt", {"tier": "none"})), "gold"),
        ((TierAssignment("gold", {}, (), ("999999999999",)),), "exempt"),
        ((TierAssignment("gold", {}, (), (ACCOUNT,), ("EBS",)),), "gold"),
        ((TierAssignment("gold", {}, (), (ACCOUNT,), ("EC2",)),), "exempt"),
    ],
)
def test_a_resource_whose_tags_were_not_read_has_a_tier_where_they_decide_nothing(
    world: World, entries: tuple[TierAssignment, ...], tier: str | None
) -> None:
    """Where a tag could lead to another one, it is not known, and a gap says why."""
    world.tiers = replace(world.tiers, assignment=entries)
    world.tables["resources", world.home][0].update(tags=None)
    world.gap("resources", operation="GetResources")

    (resource,) = world.facts("resource")
    assert resource.get("tier", {}).get("name") == tier
    assert bool(world.holes("resource", "tier")) is (tier is None)
