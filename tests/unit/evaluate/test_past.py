"""Plans, selections and locks as of a time long before the evidence was read."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from auditor.model.policy import TierAssignment
from tests.unit.evaluate.conftest import World

SOON, LATER = timedelta(hours=1), timedelta(hours=1, milliseconds=1)
READ_LATER = [("ListBackupVaults", "ReadLater", True)]
NOTHING_THEN = {"compliance_in_force": False}


@pytest.mark.parametrize(
    ("lock", "then", "unknown"),
    [
        ({"locked": False}, NOTHING_THEN, READ_LATER),
        ({"locked": True, "min_retention_days": 7}, NOTHING_THEN, READ_LATER),
        ({"locked": True, "after": 1, "min_retention_days": 7}, NOTHING_THEN, READ_LATER),
        (
            {"locked": True, "after": 0, "min_retention_days": 7},
            {"mode": "compliance", "in_force": True, "compliance_in_force": True, "min_retention_days": 7,
             "lock_date": "2026-02-09T00:00:00Z"},
            [],
        ),
        (
            {"vault_type": "LOGICALLY_AIR_GAPPED_BACKUP_VAULT", "locked": True, "max_retention_days": 90},
            {"mode": "compliance", "in_force": True, "compliance_in_force": True, "max_retention_days": 90},
            [],
        ),
    ],
)  # fmt: skip
def test_only_a_compliance_lock_in_force_is_known_of_the_past(
    world: World, lock: dict[str, Any], then: dict[str, Any], unknown: list[Any]
) -> None:
    """A governance lock has no date; before its date a compliance lock can be put and taken away."""
    after = lock.pop("after", None)
    date: dict[str, Any] = {} if after is None else {"lock_date": world.as_of + timedelta(seconds=after)}
    world.collected_at = world.as_of + LATER
    world.plan()
    world.add("backup_vaults", arn=world.vault, name="main", **lock, **date)
    assert world.facts("vault")[0]["vault"]["lock"] == then
    assert world.unknown("vault", "vault.lock") == unknown
    assert world.unknown("plan", "lifecycles") == unknown
    (entry,) = world.facts("plan")[0]["lifecycles"]
    assert (entry["vault_exists"], "lock" in entry) == (True, "mode" in then)


def test_what_was_read_within_the_hour_is_as_it_was(world: World) -> None:
    """The collection comes a little after `as_of`."""
    world.collected_at = world.as_of + SOON
    world.plan()
    world.add("backup_vaults", arn=world.vault, name="main", locked=True, min_retention_days=7)
    assert world.facts("vault")[0]["vault"]["lock"]["mode"] == "governance"
    assert world.unknown("plan", "lifecycles") == []
    assert world.unknown("plan", "tiers") == []


def test_the_lock_of_a_vault_that_nobody_wants_locked_is_no_gap(world: World) -> None:
    """The plan protects nothing that demands one."""
    world.collected_at = world.as_of + LATER
    world.tiers = replace(
        world.tiers, tiers={**world.tiers.tiers, "gold": {**world.tiers.tiers["gold"], "lock": "none"}}
    )
    world.plan()
    world.add("backup_vaults", arn=world.vault, name="main", locked=False)
    assert world.unknown("vault", "vault.lock") == []


def test_a_vault_that_is_gone_may_have_been_there(world: World) -> None:
    """The plan led into it at `as_of`."""
    world.collected_at = world.as_of + LATER
    world.plan()
    assert "vault_exists" not in world.facts("plan")[0]["lifecycles"][0]
    assert world.unknown("plan", "lifecycles") == READ_LATER


@pytest.mark.parametrize(
    ("later", "protected", "unknown"),
    [(SOON, (True, False), []), (LATER, (True, None), [("ListBackupSelections", "ReadLater", False)])],
)
def test_what_no_selection_selects_may_have_been_selected(
    world: World, later: timedelta, protected: tuple[bool | None, ...], unknown: list[Any]
) -> None:
    """Selections can only be replaced, and one that was deleted is not listed; what selects still is sure."""
    world.collected_at = world.as_of + later
    world.tiers = replace(world.tiers, default="gold")
    world.plan()
    world.add("resources", arn=f"{world.volume}b", resource_type="EBS", tags={"tier": "silver"})
    resources = world.facts("resource")
    assert tuple(one["protection"].get("selected") for one in resources) == protected
    assert world.unknown("resource", "protection.selected", 1) == unknown


@pytest.mark.parametrize("later", [SOON, LATER])
def test_a_selection_that_was_replaced_since_hides_what_its_plan_selected(
    world: World, later: timedelta
) -> None:
    """The volume may have been selected by the one before: neither way is sure."""
    world.collected_at = world.as_of + later
    world.tiers = replace(
        world.tiers, assignment=(*world.tiers.assignment, TierAssignment("gold", {"tier": "other"}))
    )
    world.plan()
    world.tables["backup_selections", world.home] = []
    world.select("p1", created=world.as_of + timedelta(minutes=30), Resources=["*"])
    past = later == LATER
    assert world.facts("plan")[0]["tiers"] == []
    assert world.unknown("plan", "tiers") == ([("ListBackupSelections", "ReadLater", True)] if past else [])
    assert world.facts("resource")[0]["protection"].get("selected") == (None if past else False)
