"""Facts of plans."""

from dataclasses import replace
from typing import Any, Literal

import pytest

from auditor.evaluate.facts import Column
from auditor.model.policy import TierAssignment
from tests.unit.evaluate.conftest import World


def test_a_plan_is_held_against_the_tiers_that_it_protects(world: World) -> None:
    """Each tier with its demands and how many resources; none that it does not select."""
    world.plan()
    world.add("resources", arn=f"{world.volume}b", resource_type="EBS", tags={"tier": "silver"})
    (plan,) = world.facts("plan")
    (tier,) = plan["tiers"]
    assert {key: tier[key] for key in ("name", "rpo_hours", "resources")} == {
        "name": "gold",
        "rpo_hours": 24,
        "resources": 1,
    }
    assert world.unknown("plan", "tiers") == []


@pytest.mark.parametrize("table", ["resources", "backup_selections", "region_settings"])
def test_what_a_plan_protects_is_incomplete_behind_a_gap(world: World, table: str) -> None:
    """The tiers of what is surely selected are sure, and more may be."""
    world.plan()
    world.gap(table)
    (plan,) = world.facts("plan")
    assert [tier["name"] for tier in plan["tiers"]] == ["gold"]
    assert world.unknown("plan", "tiers") == [("ListX", "AccessDeniedException", True)]


@pytest.mark.parametrize(
    ("tag", "names", "unknown"),
    [
        ("gold", ["gold"], []),
        ("silver", ["gold"], [("GetBackupSelection", "Undecided", True)]),
        ("exempt", ["gold"], []),
    ],
)
def test_an_undecided_resource_leaves_open_only_what_it_could_add(
    world: World, tag: str, names: list[str], unknown: list[Any]
) -> None:
    """Its opt-in is not known: a tier that is sure anyway, a further one, one that asks for nothing."""
    silver = {**world.tiers.tiers["gold"], "rpo_hours": 26}
    world.tiers = replace(
        world.tiers,
        tiers={**world.tiers.tiers, "silver": silver},
        assignment=(*world.tiers.assignment, TierAssignment("silver", {"tier": "silver"})),
    )
    world.plan()
    world.tables["backup_selections", world.home] = []
    world.select("p1", Resources=["*"])
    world.add("resources", arn="arn:aws:dynamodb:eu-central-1:111122223333:table/t", resource_type="DynamoDB",
              tags={"tier": tag})  # fmt: skip
    (plan,) = world.facts("plan")
    assert ([tier["name"] for tier in plan["tiers"]], world.unknown("plan", "tiers")) == (names, unknown)


def test_every_lifecycle_meets_the_lock_of_its_vault(world: World) -> None:
    """A rule's and its copy's, with the lock of the vault that each leads into, in whichever Region."""
    copy = {"DestinationBackupVaultArn": world.far_vault, "Lifecycle": {"DeleteAfterDays": 7}}
    world.plan({"CopyActions": [copy], "Lifecycle": {}})
    world.add("backup_vaults", arn=world.vault, name="main", locked=False)
    world.add(
        "backup_vaults", world.away, arn=world.far_vault, name="far", locked=True, min_retention_days=30
    )
    (plan,) = world.facts("plan")
    own = {"rule": "nightly", "kind": "backup", "vault_arn": world.vault, "never_expires": True}
    assert plan["lifecycles"] == [
        own | {"vault_exists": True},
        {
            "rule": "nightly",
            "kind": "copy",
            "vault_arn": world.far_vault,
            "never_expires": False,
            "delete_after_days": 7,
            "vault_exists": True,
            "lock": {"mode": "governance", "min_retention_days": 30},
        },
    ]


def test_a_vault_that_is_not_there_is_said(world: World) -> None:
    """Its account and Region were read, and have no such vault: its rule's jobs fail."""
    world.plan()
    (plan,) = world.facts("plan")
    assert [entry["vault_exists"] for entry in plan["lifecycles"]] == [False]


def test_the_lock_of_an_unread_vault_is_unknown(world: World) -> None:
    """A gap where the copy goes: whether that vault exists and is locked is not said, the other is."""
    world.plan({"CopyActions": [{"DestinationBackupVaultArn": world.far_vault}]})
    world.gap("backup_vaults", region=world.away)
    (plan,) = world.facts("plan")
    assert ["vault_exists" in entry for entry in plan["lifecycles"]] == [True, False]
    assert world.unknown("plan", "lifecycles") == [("ListX", "AccessDeniedException", True)]


@pytest.mark.parametrize(
    ("copy", "setting", "days"),
    [
        ({}, "inherit", 35),
        ({"Lifecycle": None}, "inherit", 35),
        ({"Lifecycle": {}}, "inherit", 35),
        ({}, "never", None),
        ({"Lifecycle": {}}, "never", None),
        ({"Lifecycle": {"DeleteAfterDays": None}}, "never", None),
        ({"Lifecycle": {"MoveToColdStorageAfterDays": 7}}, "inherit", 35),
        ({"Lifecycle": {"MoveToColdStorageAfterDays": 7}}, "never", 35),
        ({"Lifecycle": {"DeleteAfterDays": -1}}, "inherit", 35),
        ({"Lifecycle": {"DeleteAfterDays": -1}}, "never", 35),
        ({"Lifecycle": {"DeleteAfterDays": -1, "MoveToColdStorageAfterDays": -1}}, "inherit", None),
        ({"Lifecycle": {"DeleteAfterDays": 7}}, "never", 7),
    ],
)
def test_how_long_a_copy_is_kept_whose_action_does_not_say(
    world: World, copy: dict[str, Any], setting: Literal["inherit", "never"], days: int | None
) -> None:
    """Without `DeleteAfterDays`, or with a lone -1, as long as its backup; else the setting decides."""
    world.copy_lifecycle = setting
    world.plan({"CopyActions": [{"DestinationBackupVaultArn": world.far_vault, **copy}]})
    (plan,) = world.facts("plan")
    assert plan["lifecycles"][1].get("delete_after_days") == days
    assert plan["lifecycles"][1]["never_expires"] == (days is None)


@pytest.mark.parametrize(("tag", "tier"), [("gold", "gold"), ("none", None)])
def test_without_the_ou_path_a_tier_is_known_only_where_no_unit_decides(
    world: World, tag: str, tier: str | None
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
    column = frame.facts["tier"]
    assert isinstance(column, Column)
    found = frame.cite(["tier"], 0).get("tier", {}).get("name")
    assert (found, [any(hole.gaps and hole.mask(1)[0] for hole in column.holes)]) == (
        tier,
        [tier is None],
    )
