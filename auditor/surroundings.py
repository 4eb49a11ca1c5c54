"""What belongs to a plan, a vault or a resource.

That is the resources that a plan selects, the rules that lead into a vault, and what assigns a tier.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from auditor.derive.tiers import tier_steps
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.tiers import tier_basis
from auditor.model.plans import BackupPlan, Lifecycle, Rule

_NAMED: Final = 10  # resources that a line names
_MATCHES: Final = {True: "matches", False: "does not match", None: "may match"}


def of_plan(inventory: Inventory, arn: str) -> list[str]:
    """A line for each selection of a plan: what it selects and leaves undecided, the first ones named."""
    plan = next(plan for plan in inventory.current_plans if plan.arn == arn)
    lines = [
        f"{selection.name or selection.selection_id}  {_resources(inventory, row)}"
        for row, selection in enumerate(inventory.selections)
        if selection.plan_id == plan.plan_id
    ]
    unread = inventory.scope.missing("backup_selections")
    return lines or [
        "unknown: its selections could not be read" if unread else "no selection, so no resource"
    ]


def of_vault(inventories: Sequence[Inventory], arn: str) -> list[str]:
    """A line for each rule of a plan in force, of any account that was read, that leads into a vault."""
    lines = [
        f"{plan.name} / {rule.name} of {plan.account_id} {plan.region}  {how}"
        for inventory in inventories
        for plan in inventory.current_plans
        for rule in plan.rules
        for how in _leads(inventory, plan, rule, arn)
    ]
    return lines or ["unknown: plans could not be read" if _hidden(inventories) else "no rule of a plan"]


def _hidden(inventories: Sequence[Inventory]) -> bool:
    """Whether plans of any account were not read, or not understood."""
    unread = inventories[0].scope.gaps.anywhere("backup_plans")
    return bool(unread) or any(plan.fault for one in inventories for plan in one.current_plans)


def _resources(inventory: Inventory, row: int) -> str:
    outcomes = inventory.outcomes[row]
    parts = []
    for code, word in ((1, "selects"), (-1, "leaves undecided")):
        found = np.flatnonzero(outcomes == code)
        if len(found):
            named = ", ".join(str(inventory.arn[index]) for index in found[:_NAMED])
            more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
            parts.append(f"{word} {len(found)}: {named}{more}")
    return "; ".join(parts) or "selects nothing"


def _leads(inventory: Inventory, plan: BackupPlan, rule: Rule, arn: str) -> Iterator[str]:
    own = f"arn:{inventory.scope.account.partition}:backup:{plan.region}:{plan.account_id}:backup-vault:"
    if arn == own + rule.target_vault:
        yield f"backs up into it, {_kept(rule.lifecycle)}"
    if arn == rule.air_gapped_vault_arn:
        yield f"leads into it as its air-gapped vault, {_kept(rule.lifecycle)}"
    for copy in rule.copy_actions:
        if copy.destination_vault_arn == arn:
            yield f"copies into it, {_kept(copy.lifecycle)}"


def _kept(lifecycle: Lifecycle) -> str:
    days = lifecycle.delete_after_days
    return "kept for ever" if days is None else f"kept {days} days"


def of_tier(inventory: Inventory, index: int) -> list[str]:
    """Each entry of the assignment up to the one that decides the tier of a resource, a line each."""
    steps = tier_steps(tier_basis(inventory, index), inventory.scope.tiers)
    said = [
        f"entry {one.number} ({one.entry.tier}, line {one.entry.line} of tiers.yaml) "
        f"{_MATCHES[one.matches]}: {one.why}"
        for one in steps
    ]
    decided = bool(steps) and steps[-1].matches
    return said if decided else [*said, f"the default is {inventory.scope.tiers.default}"]
