"""Facts of plans."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.model.policy import TierAssignment

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
NIGHT, NOON, WEEKDAYS = "cron(0 1 * * ? *)", "cron(0 13 * * ? *)", "cron(0 1 ? * MON-FRI *)"


def test_a_plan_is_held_against_the_tiers_that_it_protects(world: Any) -> None:
    """Each tier with its demands, how many resources, and the cadence of their backups."""
    world.plan()
    world.add("resources", arn=f"{world.volume}b", resource_type="EBS", tags={"tier": "silver"})
    (plan,) = world.facts("plan")
    (tier,) = plan["tiers"]
    assert {key: tier[key] for key in ("name", "rpo_hours", "resources", "worst_interval_hours")} == {
        "name": "gold",
        "rpo_hours": 24,
        "resources": 1,
        "worst_interval_hours": 25.0,
    }


def test_plans_that_protect_the_same_resources_are_seen_together(world: Any) -> None:
    """A second plan at noon halves the interval of both."""
    world.plan()
    world.plan({"ScheduleExpression": NOON}, plan_id="p2")
    (selection,) = world.tables["backup_selections", world.home]
    world.add("backup_selections", **{**selection, "plan_id": "p2", "selection_id": "s2"})
    assert [plan["tiers"][0]["worst_interval_hours"] for plan in world.facts("plan")] == [13.0, 13.0]


@pytest.mark.parametrize("table", ["resources", "backup_selections", "region_settings"])
def test_what_a_plan_protects_is_unknown_behind_a_gap(world: Any, table: str) -> None:
    """Not an empty list of tiers: the fact is absent."""
    world.plan()
    world.gap(table)
    (plan,) = world.facts("plan")
    assert "tiers" not in plan


def test_what_a_plan_protects_is_unknown_when_a_selection_is(world: Any) -> None:
    """A type whose opt-in is not known leaves open whether the plan protects it."""
    world.plan()
    world.add("resources", arn="arn:aws:dynamodb:eu-central-1:111122223333:table/t", resource_type="DynamoDB",
              tags={"tier": "gold"})  # fmt: skip
    (plan,) = world.facts("plan")
    assert "tiers" not in plan


def test_a_schedule_that_cannot_be_read_leaves_the_tiers_unknown(world: Any) -> None:
    """AWS took it and we cannot read it: no verdict rests on it."""
    world.plan({"ScheduleExpression": "cron(whenever)"})
    (plan,) = world.facts("plan")
    assert "tiers" not in plan


def test_continuous_backup_lags_by_minutes(world: Any) -> None:
    """For a type that has it, whatever the schedule of the rule says; EBS has none."""
    world.plan({"EnableContinuousBackup": True, "ScheduleExpression": WEEKDAYS})
    world.tables["resources", world.home] = [
        {"arn": "arn:aws:s3:::bucket", "resource_type": "S3", "tags": {"tier": "gold"}}
    ]
    world.add("region_settings", resource_type="S3", opted_in=True)
    (plan,) = world.facts("plan")
    assert plan["tiers"][0]["worst_interval_hours"] == 0.25


def test_every_lifecycle_meets_the_lock_of_its_vault(world: Any) -> None:
    """A rule's and its copy's, with the lock of the vault that each leads into, in whichever Region."""
    copy = {"DestinationBackupVaultArn": world.far_vault, "Lifecycle": {"DeleteAfterDays": 7}}
    world.plan({"CopyActions": [copy], "Lifecycle": {}})
    world.add("backup_vaults", arn=world.vault, name="main", locked=False)
    world.add(
        "backup_vaults", world.away, arn=world.far_vault, name="far", locked=True, min_retention_days=30
    )
    (plan,) = world.facts("plan")
    assert plan["lifecycles"] == [
        {"rule": "nightly", "kind": "backup", "vault_arn": world.vault, "never_expires": True},
        {
            "rule": "nightly",
            "kind": "copy",
            "vault_arn": world.far_vault,
            "never_expires": False,
            "delete_after_days": 7,
            "lock": {"mode": "governance", "min_retention_days": 30},
        },
    ]


def test_the_lock_of_an_unread_vault_is_unknown(world: Any) -> None:
    """A gap where the copy goes leaves the plan's lifecycles absent."""
    world.plan({"CopyActions": [{"DestinationBackupVaultArn": world.far_vault}]})
    world.gap("backup_vaults", region=world.away)
    (plan,) = world.facts("plan")
    assert "lifecycles" not in plan


@pytest.mark.parametrize(("tag", "tier"), [("gold", "gold"), ("none", None)])
def test_without_the_ou_path_a_tier_is_known_only_where_no_unit_decides(
    world: Any, tag: str, tier: str | None
) -> None:
    """A tag that matches first settles it; else the failed call to Organizations is named."""
    world.tables["accounts", ""] = [{**world.tables["accounts", ""][0], "ou_path": None}]
    world.tables["resources", world.home][0]["tags"] = {"tier": tag}
    world.gap("accounts", region="", operation="ListRoots")
    world.tiers = replace(
        world.tiers,
        assignment=(*world.tiers.assignment, TierAssignment("exempt", {}, ("Lab",))),
        default="gold",
    )
    subjects = world.subjects()
    frame = next(subjects.frames())
    found = frame.cite(["tier"], 0).get("tier", {}).get("name")
    assert (found, [any(hole.gaps and hole.mask(1)[0] for hole in frame.facts["tier"].holes)]) == (
        tier,
        [tier is None],
    )
