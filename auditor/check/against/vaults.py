"""What AWS Backup makes of vaults that a change takes away: it refuses to, or rules that lead there fail.

Nothing checks that the vault of a rule is there until a job runs, which then fails (aws-backup.md 1.1 row 6).
What is locked in compliance mode nobody can change or, while it holds recovery points, delete (4.7).
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from typing import Final

import pyarrow.compute as pc

from auditor.check.against.changed import PlaceChange
from auditor.check.against.mapped import Mapped
from auditor.derive.lock import in_force, lock_mode
from auditor.evaluate.gaps import Scope
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.leads import vault_arn
from auditor.model.arn import place_of
from auditor.model.plans import BackupPlan, Rule
from auditor.model.vaults import Vault

_STAND_IN: Final = "("


def unchangeable(vault: Vault, as_of: datetime) -> str:
    """Why nobody can change the lock of a vault, in a clause; "" where somebody can."""
    if lock_mode(vault.lock) != "compliance" or not in_force(vault.lock, as_of):
        return ""
    return "AWS Backup lets nobody change or take away a compliance lock that is in force, so the apply fails"


def undeletable(inventory: Inventory, vault: Vault, as_of: datetime) -> str:
    """Why nobody can delete a vault, in a clause; "" where somebody can."""
    if not unchangeable(vault, as_of):
        return ""
    held = inventory.read("recovery_points", ["vault_arn"])["vault_arn"]
    if not pc.any(pc.equal(held.cast("string"), vault.arn)).as_py():
        return ""
    return "AWS Backup deletes no vault with recovery points that its lock keeps, so the apply fails"


def without_vaults(found: Mapped, recorded: Mapping[Scope, Inventory]) -> None:
    """Take out of the plans what leads into vaults that the change takes away, and say so.

    Where a changed plan leads into one that neither the evidence nor an input has, it is not known whether
    its backups come: it is said, and others rest on it.
    """
    changes = found.places.values()
    put = {arn for one in changes for arn in (*one.vaults_in, *one.open_vaults)}
    gone = {arn for one in changes for arn in one.vaults_out} - put
    there = {vault.arn for one in recorded.values() for vault in one.vaults} | found.vaults
    for scope, inventory in recorded.items():
        change = found.places.get(scope, PlaceChange())
        earlier = {plan.plan_id: plan for plan in inventory.current_plans}
        kept = [plan for plan_id, plan in earlier.items() if plan_id not in change.plans_out]
        for plan in [*kept, *change.plans_in] if gone else ():
            failing = _failing(plan, gone, inventory)
            if failing is not None:
                found.failing += _said(plan, gone, inventory)
                _put(found.places[scope], plan, failing)
        for plan in change.plans_in:
            held = earlier.get(plan.plan_id)
            before = {*_led_by(held, inventory)} if held else set()
            for arn in sorted({*_led_by(plan, inventory)} - before - there - gone):
                at = recorded.get(place_of(arn))
                if at is not None and not at.scope.missing("backup_vaults") and _STAND_IN not in arn:
                    said = f"plan {plan.name} leads into {arn}, which neither the run nor an input has"
                    found.unmapped.append(said)
                    found.open = True


def _led_by(plan: BackupPlan, inventory: Inventory) -> Iterator[str]:
    """The vaults that the rules of a plan lead into."""
    return (arn for rule in plan.rules for arn in _led(rule, inventory))


def _said(plan: BackupPlan, gone: AbstractSet[str], inventory: Inventory) -> Iterator[str]:
    """A sentence for each rule and vault that is not there any more."""
    for rule in plan.rules:
        for arn in _led(rule, inventory):
            if arn in gone:
                what = "backups" if arn == vault_arn(inventory, rule.target_vault) else "copies"
                place = f"{plan.account_id} {plan.region}"
                yield (
                    f"the {what} of rule {rule.name} of plan {plan.name} in {place} fail: {arn} is not there "
                    "after the change"
                )


def _led(rule: Rule, inventory: Inventory) -> list[str]:
    """The vaults that a rule leads into."""
    return [vault_arn(inventory, rule.target_vault), *rule.named_vaults]


def _failing(plan: BackupPlan, gone: AbstractSet[str], inventory: Inventory) -> BackupPlan | None:
    """A plan without what fails; None where nothing does."""
    if gone.isdisjoint(_led_by(plan, inventory)):
        return None
    gapped = next((one.air_gapped_vault_arn for one in plan.rules if one.air_gapped_vault_arn in gone), "")
    if gapped:  # what becomes of a backup without it depends on its type
        return replace(plan, rules=(), fault=f"its vault {gapped} is not there after the change")
    rules = [
        replace(
            rule,
            copy_actions=tuple(one for one in rule.copy_actions if one.destination_vault_arn not in gone),
        )
        for rule in plan.rules
        if vault_arn(inventory, rule.target_vault) not in gone
    ]
    return replace(plan, rules=tuple(rules))


def _put(change: PlaceChange, plan: BackupPlan, failing: BackupPlan) -> None:
    change.plans_in = [one for one in change.plans_in if one is not plan]
    change.plans_out.add(plan.plan_id)
    change.plans_in.append(failing)
