"""The changes from what is there to what must be there."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.model.organization import Account
from auditor.model.resource_types import RESOURCE_TYPES, TYPES
from auditor.model.vaults import VaultLock
from auditor.push.changes import Action, Change, ChangeKind, ChangeStatus
from auditor.push.desired import Desired
from auditor.push.difference import difference
from auditor.push.normal import plan_document, selection_document
from auditor.push.state import PlanState, RegionState, SelectionState, VaultState

NOW = datetime(2026, 1, 5, tzinfo=UTC)
ACCOUNT = Account("111122223333", "shop", "aws", ("Production",))
KEY = "arn:aws:kms:eu-central-1:111122223333:key/1"
OFF = dict.fromkeys(RESOURCE_TYPES, False)
EMPTY = RegionState({}, (), {"alias/backup": KEY}, OFF, {"DynamoDB": False, "EFS": False})


@pytest.fixture(scope="session")
def desired(ask: Callable[..., Desired]) -> Desired:
    """What the shipped policies want of the account."""
    return ask(ACCOUNT)


@pytest.fixture(scope="session")
def reached(desired: Desired) -> RegionState:
    """The state in which everything is as desired, as AWS would answer it."""
    plans = []
    for number, plan in enumerate(desired.plans):
        own = [row["document"] for row in desired.selections if row["plan"] == plan["name"]]
        selections = tuple(
            SelectionState(f"s{number}{position}", document["SelectionName"], selection_document(document))
            for position, document in enumerate(own)
        )
        document = plan_document(plan["document"])
        plans.append(
            PlanState(f"p{number}", plan["name"], owned=True, document=document, selections=selections)
        )
    vaults = {}
    for vault in desired.vaults:
        lock = vault["lock"]
        locked = lock["mode"] != "none"
        present = VaultLock(
            locked, lock.get("min_retention_days"), lock.get("max_retention_days"), NOW if locked else None
        )
        vaults[vault["name"]] = VaultState(vault["name"], KEY, present, owned=True)
    on = dict.fromkeys(RESOURCE_TYPES, True)
    return RegionState(vaults, tuple(plans), {"alias/backup": KEY}, on, {"DynamoDB": True})


def changes(desired: Desired, state: RegionState) -> list[Change]:
    """The difference at the usual moment."""
    return difference(ACCOUNT, "eu-central-1", desired, state, as_of=NOW)


def wanted(found: list[Change]) -> list[tuple[Action, ChangeKind, str]]:
    """What is to be done, in order."""
    return [(change.action, change.kind, change.name) for change in found if change.action is not Action.NONE]


def failures(found: list[Change]) -> list[tuple[ChangeKind, str, str]]:
    """What failed, and why."""
    return [
        (change.kind, change.name, change.error) for change in found if change.outcome is ChangeStatus.FAILED
    ]


def test_an_empty_region_gets_everything_in_the_order_of_its_dependencies(desired: Desired) -> None:
    """Settings, vaults with locks, plans, selections."""
    assert wanted(changes(desired, EMPTY)) == [
        (Action.UPDATE, ChangeKind.SETTINGS, "Region settings"),
        (Action.CREATE, ChangeKind.VAULT, "backup-bronze"),
        (Action.CREATE, ChangeKind.VAULT, "backup-gold"),
        (Action.CREATE, ChangeKind.LOCK, "backup-gold"),
        (Action.CREATE, ChangeKind.VAULT, "backup-silver"),
        (Action.CREATE, ChangeKind.PLAN, "backup-bronze"),
        (Action.CREATE, ChangeKind.PLAN, "backup-gold"),
        (Action.CREATE, ChangeKind.PLAN, "backup-silver"),
        (Action.CREATE, ChangeKind.SELECTION, "bronze-4-1"),
        (Action.CREATE, ChangeKind.SELECTION, "gold-2-1"),
        (Action.CREATE, ChangeKind.SELECTION, "silver-3-1"),
        (Action.CREATE, ChangeKind.SELECTION, "silver-5-1"),
    ]


def test_what_is_reached_is_left_alone(desired: Desired, reached: RegionState) -> None:
    """Every change is none, and done."""
    found = changes(desired, reached)
    assert len(found) == 14
    assert {(change.action, change.outcome) for change in found} == {(Action.NONE, ChangeStatus.DONE)}


def test_settings_are_only_turned_on_and_what_the_region_lacks_is_named(desired: Desired) -> None:
    """Types that are not needed keep their setting; an unknown type is left out and named.

    But not a type that AWS Backup does not offer in every Region.
    """
    state = replace(EMPTY, opt_in={"EBS": False, "Other": False, "RDS": True}, management={"Other": False})
    settings = changes(desired, state)[0]
    assert settings.before == {
        "ResourceTypeOptInPreference": {"EBS": False, "Other": False, "RDS": True},
        "ResourceTypeManagementPreference": {"Other": False},
    }
    assert settings.after == {
        "ResourceTypeOptInPreference": {"EBS": True, "Other": False, "RDS": True},
        "ResourceTypeManagementPreference": {"Other": False},
    }
    where = "in eu-central-1: it was left out."
    assert settings.warnings == (
        *(
            f"AWS Backup names no setting ResourceTypeOptInPreference for {kind} {where}"
            for kind in RESOURCE_TYPES
            if kind not in ("EBS", "RDS") and not TYPES[kind].somewhere
        ),
        f"AWS Backup names no setting ResourceTypeManagementPreference for DynamoDB {where}",
    )


def test_a_foreign_vault_or_plan_of_the_same_name_is_not_touched(
    desired: Desired, reached: RegionState
) -> None:
    """Each is a failed change; the lock of a foreign vault and the selections of a foreign plan are left."""
    vaults = {**reached.vaults, "backup-gold": replace(reached.vaults["backup-gold"], owned=False)}
    plans = tuple(replace(plan, owned=plan.name != "backup-gold") for plan in reached.plans)
    found = changes(desired, replace(reached, vaults=vaults, plans=plans))
    hint = "give it the tag to hand it over, or choose another organization.name_prefix in parameters.yaml."
    assert failures(found) == [
        (
            ChangeKind.VAULT,
            "backup-gold",
            f"Vault backup-gold is there and does not carry the tag managed-by=auditor: {hint}",
        ),
        (
            ChangeKind.PLAN,
            "backup-gold",
            f"Plan backup-gold is there and does not carry the tag managed-by=auditor: {hint}",
        ),
    ]
    assert wanted(found) == [(Action.CREATE, kind, name) for kind, name, _ in failures(found)]
    assert not [change for change in found if change.parent == "backup-gold"]


def test_a_vault_with_another_key_or_without_one_is_a_failed_change(
    desired: Desired, reached: RegionState
) -> None:
    """A vault's key cannot be changed; without an enabled key none can be made."""
    bronze = replace(reached.vaults["backup-bronze"], key_arn="arn:aws:kms:eu-central-1:111122223333:key/2")
    found = changes(desired, replace(reached, vaults={**reached.vaults, "backup-bronze": bronze}))
    assert failures(found) == [
        (
            ChangeKind.VAULT,
            "backup-bronze",
            (
                "Vault backup-bronze has another key than alias/backup, and a vault's key cannot be changed: "
                "point the alias at the vault's key, or choose another organization.name_prefix in "
                "parameters.yaml."
            ),
        )
    ]
    missing = failures(changes(desired, replace(EMPTY, keys={})))
    sentence = "alias/backup names no enabled KMS key here: make the key and alias, then push again."
    assert missing == [
        (ChangeKind.VAULT, f"backup-{tier}", sentence) for tier in ("bronze", "gold", "silver")
    ]


def test_drift_of_a_plan_and_its_selections_is_put_right(desired: Desired, reached: RegionState) -> None:
    """Changed: updated or replaced; lost: created; strange: deleted, and last."""
    gold, silver = reached.plans[1], reached.plans[2]
    document: dict[str, Any] = {**(gold.document or {}), "Rules": []}
    changed = SelectionState("s20", "silver-3-1", {**silver.selections[0].document, "Resources": ["arn:x"]})
    strange = SelectionState("s29", "hand-made", {"SelectionName": "hand-made", "IamRoleArn": "r"})
    plans = (
        reached.plans[0],
        replace(gold, document=document),
        replace(silver, selections=(changed, strange)),
    )
    found = changes(desired, replace(reached, plans=plans))
    assert wanted(found) == [
        (Action.UPDATE, ChangeKind.PLAN, "backup-gold"),
        (Action.UPDATE, ChangeKind.SELECTION, "silver-3-1"),
        (Action.CREATE, ChangeKind.SELECTION, "silver-5-1"),
        (Action.DELETE, ChangeKind.SELECTION, "hand-made"),
    ]
    ids = {
        change.name: (change.aws_id, change.parent_id) for change in found if change.action is not Action.NONE
    }
    assert ids == {
        "backup-gold": ("p1", ""),
        "silver-3-1": ("s20", "p2"),
        "silver-5-1": ("", "p2"),
        "hand-made": ("s29", "p2"),
    }


def test_an_own_plan_that_no_tier_asks_for_goes_last_and_a_foreign_one_stays(
    desired: Desired, reached: RegionState
) -> None:
    """Its selections first, as AWS Backup demands; a second plan of a wanted name goes as well."""
    selection = SelectionState("s9", "iron-1-1", {"SelectionName": "iron-1-1"})
    own = PlanState("p9", "backup-iron", owned=True, document={}, selections=(selection,))
    twin = replace(reached.plans[0], plan_id="p8", selections=())
    foreign = PlanState("orgs/p7", "backup-iron", owned=False)
    found = changes(desired, replace(reached, plans=(*reached.plans, own, twin, foreign)))
    deleted = [
        (change.kind, change.aws_id, change.parent_id) for change in found if change.action is Action.DELETE
    ]
    assert len(wanted(found)) == len(deleted) == 3
    assert deleted[:2] == [(ChangeKind.SELECTION, "s9", "p9"), (ChangeKind.PLAN, "p9", "")]
    assert deleted[2] == (ChangeKind.PLAN, "p8", "")


def test_a_state_with_problems_is_not_pushed(desired: Desired) -> None:
    """Each problem is a failed change and there is no other."""
    found = changes(replace(desired, problems=("One.", "Two.")), EMPTY)
    assert wanted(found) == []
    assert failures(found) == [
        (ChangeKind.POLICY, "desired state", "One."),
        (ChangeKind.POLICY, "desired state", "Two."),
    ]
