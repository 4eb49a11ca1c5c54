"""What causes a finding about a resource, as the facts name it: no count, no time, no id of a job."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.evaluate.conftest import World

TAGGED = {"ConditionType": "STRINGEQUALS", "ConditionKey": "tier", "ConditionValue": "gold"}
SILVER = {"ConditionType": "STRINGEQUALS", "ConditionKey": "tier", "ConditionValue": "silver"}
NEAR = {"ConditionType": "STRINGEQUALS", "ConditionKey": "Tier", "ConditionValue": "gold"}
NIGHTLY = {"kind": "rule", "name": "nightly", "plan": "p1"}


def facts(world: World) -> Mapping[str, Any]:
    """The facts of the volume."""
    (found,) = world.facts("resource")
    return found


def chosen(world: World, **document: Any) -> Any:
    """Why the volume is not protected by a plan whose one selection is `document`."""
    world.plan()
    world.tables["backup_selections", world.home].clear()
    world.select("p1", **document)
    return facts(world)["protection"].get("cause")


@pytest.mark.parametrize(
    ("document", "cause"),
    [
        ({"ListOfTags": [TAGGED]}, None),
        (
            {"ListOfTags": [TAGGED], "NotResources": ["arn:aws:ec2:*:*:volume/*"]},
            {"kind": "selection", "name": "choice 1", "plan": "p1", "why": "excluded"},
        ),
        (
            {"ListOfTags": [NEAR]},
            {"kind": "tag", "name": "tag tier differs from Tier by case only", "why": "near_miss"},
        ),
        (
            {"ListOfTags": [SILVER]},
            {"kind": "selection", "name": "choice 1", "plan": "p1", "why": "unmatched"},
        ),
    ],
)
def test_the_selection_that_keeps_a_resource_out_is_the_cause(
    world: World, document: dict[str, Any], cause: dict[str, str] | None
) -> None:
    """Excluded, nearly tagged, not tagged; and none where it is selected."""
    assert chosen(world, **document) == cause


def test_a_type_that_is_not_opted_in_is_the_cause(world: World) -> None:
    """Its tags are right, and AWS Backup leaves the type out."""
    world.tables["region_settings", world.home] = [{"resource_type": "EBS", "opted_in": False}]

    assert chosen(world, ListOfTags=[TAGGED]) == {"kind": "type", "name": "EBS", "why": "opt_in"}


def test_of_several_selections_the_one_that_excludes_is_named(world: World) -> None:
    """One that never was about the resource explains nothing; where all are so, the account is named."""
    world.plan()
    world.tables["backup_selections", world.home].clear()
    world.select("p1", ListOfTags=[SILVER])
    world.select("p1", ListOfTags=[SILVER])
    assert facts(world)["protection"]["cause"] == {"kind": "account", "why": "no_match"}

    world.opened = None
    world.folder /= "again"
    world.select("p1", ListOfTags=[TAGGED], NotResources=[world.volume])
    assert facts(world)["protection"]["cause"] == {
        "kind": "selection", "name": "choice 3", "plan": "p1", "why": "excluded",
    }  # fmt: skip


def test_without_a_plan_the_account_is_the_cause(world: World) -> None:
    """Of all that depends on a backup: there is no plan, whatever else is missing."""
    found = facts(world)

    cause = {"kind": "account", "why": "no_plan"}
    assert found["protection"]["cause"] == cause
    assert (found["backups"]["worst_gap_cause"], found["backups"]["newest_cause"]) == (cause, cause)
    assert found["copies"]["cause"] == cause


def test_what_most_of_the_missing_backups_came_to_is_the_cause(world: World) -> None:
    """In the worst gap three nights failed and two were missed; the newest time has a cause of its own."""
    world.plan()
    for number in range(30):
        failed: dict[str, Any] = (
            {"state": "FAILED", "message_category": "AGGREGATE_ALL"} if number in (10, 11, 12) else {}
        )
        if number not in (13, 14, 29):
            world.backup(number, point=not failed, **failed)
    found = facts(world)["backups"]

    assert found["worst_gap_cause"] == {
        **NIGHTLY,
        "why": "failed",
        "detail": "FAILED, category AGGREGATE_ALL",
    }
    assert found["newest_cause"] == {**NIGHTLY, "why": "missed"}


def test_where_every_due_backup_was_made_the_schedule_is_the_cause(world: World) -> None:
    """A plan of Mondays only leaves a week; nothing failed in it."""
    world.plan({"ScheduleExpression": "cron(0 1 ? * MON *)"})
    for number in (2, 9, 16, 23):
        world.backup(number)

    found = facts(world)["backups"]
    assert found["worst_gap_hours"] == 168.0
    assert found["worst_gap_cause"] == {"kind": "schedule", "name": "p1", "why": "schedule"}


def test_a_gap_within_the_rpo_has_no_cause(world: World) -> None:
    """On both sides: 24 hours are allowed; where one night is missing there is a cause."""
    world.plan()
    for number in range(30):
        world.backup(number)
    assert {"worst_gap_cause", "newest_cause"} & set(facts(world)["backups"]) == set()

    world.opened = None
    world.folder /= "again"
    world.tables["backup_jobs", world.home].pop(20)
    world.tables["recovery_points", world.home].pop(20)
    assert facts(world)["backups"]["worst_gap_cause"] == {**NIGHTLY, "why": "missed"}


@pytest.mark.parametrize(
    ("rule", "failed", "cause"),
    [
        ({}, 0, {"kind": "plan", "name": "p1", "why": "no_copy_rule"}),
        ({"copies": True}, 0, {"kind": "plan", "name": "p1", "why": "copy_rule"}),
        (
            {"copies": True}, 1,
            {"kind": "vault", "name": "far", "why": "copy_failed", "detail": "FAILED"},
        ),
    ],
)  # fmt: skip
def test_a_copy_is_missing_because_of_its_vault_or_its_plan(
    world: World, rule: dict[str, Any], failed: int, cause: dict[str, str]
) -> None:
    """A plan that copies nothing, one that copies, and a vault that refuses."""
    actions = {"CopyActions": [{"DestinationBackupVaultArn": world.far_vault}]} if rule else {}
    world.plan(actions)
    for number in range(failed):
        world.add(
            "copy_jobs", job_id="c", resource_arn=world.volume, state="FAILED",
            created_at=world.night(number), destination_vault_arn=world.far_vault,
        )  # fmt: skip

    assert facts(world)["copies"]["cause"] == cause
