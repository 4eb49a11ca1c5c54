"""What the evidence after a change tells of buckets, roles and keys that the inputs declare."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from auditor.check.against.mapped import Mapped
from auditor.check.declared import Place
from auditor.check.keys import KeyUse
from auditor.check.reading import Reading
from auditor.check.told import PlansAfter, ToldByRun
from auditor.evaluate.gaps import Scope
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.opt_in import of_the_organization
from auditor.evaluate.resources import declared_facts
from auditor.model.plans import BackupPlan, Selection

_BUCKET: Final = "S3"


def told_by(
    before: Sequence[Inventory], after: Sequence[Inventory], found: Mapped, readings: Sequence[Reading]
) -> ToldByRun:
    """What it tells; `found` says what became of what the inputs declare.

    An account and Region in which a plan, a selection or the opt-in is another than the inputs say tells
    nothing, nor does a bucket or vault that is another.
    """
    told = [one for one in after if _scope(one) not in found.drifted]
    return ToldByRun(
        dict(_buckets(told, found)) if any(one.versionings for one in readings) else {},
        _roles(told) if any(one.roles for one in readings) else {},
        [*_key_uses(told, found)] if any(one.keys for one in readings) else [],
        _plans(before, told) if any(one.plans or one.selections for one in readings) else {},
        found.aliases,
    )


def _plans(before: Sequence[Inventory], told: Sequence[Inventory]) -> dict[Scope, PlansAfter]:
    """How many plans there are, where all of them were read, and what selections each has."""
    had = {_scope(one): len(_own_plans(one)) for one in before}
    found = {}
    for inventory in told:
        if inventory.scope.missing("backup_plans", "backup_selections"):
            continue
        plans = {one.plan_id: one.arn for one in _own_plans(inventory)}
        selections: defaultdict[str, list[Selection]] = defaultdict(list)
        for selection in inventory.selections:
            if selection.plan_id in plans:
                selections[plans[selection.plan_id]].append(selection)
        scope = _scope(inventory)
        found[scope] = PlansAfter(len(plans), len(plans) > had.get(scope, 0), selections)
    return found


def _own_plans(inventory: Inventory) -> list[BackupPlan]:
    return [one for one in inventory.current_plans if not of_the_organization(one.plan_id)]


def _buckets(told: Sequence[Inventory], found: Mapped) -> Iterator[tuple[str, list[str]]]:
    """The plans that protect each bucket, where that is known."""
    for inventory in told:
        rows = np.flatnonzero(inventory.resource_type == _BUCKET).tolist()
        facts = declared_facts(inventory) if rows else {}
        for row in rows:
            arn, selected = inventory.arn[row], facts["protection.selected"].at(row)
            if selected is not None and arn not in found.stale:
                yield arn, facts["protection.plans"].at(row) or []


def _roles(told: Sequence[Inventory]) -> dict[str, frozenset[str]]:
    """The types of the resources that selections surely select, by the role that they back up with."""
    types_of: defaultdict[str, set[str]] = defaultdict(set)
    for inventory in told:
        backing_up = {plan.plan_id for plan in inventory.current_plans if plan.rules}
        for row, selection in enumerate(inventory.selections):
            if selection.iam_role_arn and selection.plan_id in backing_up:
                chosen = inventory.outcomes[row] == 1
                types_of[selection.iam_role_arn].update(inventory.resource_type[chosen].tolist())
    return {role: frozenset(types) for role, types in types_of.items() if types}


def _key_uses(told: Sequence[Inventory], found: Mapped) -> Iterator[KeyUse]:
    """The keys of the recorded vaults that stay, but for those that inputs declare."""
    for inventory in told:
        account, staying = inventory.scope.account, {vault.arn for vault in inventory.vaults}
        place = Place(account.account_id, inventory.scope.region, account.partition)
        held = inventory.read("backup_vaults", ["arn", "name", "encryption_key_arn"]).to_pylist()
        for row in held:
            arn, key = row["arn"], row["encryption_key_arn"]
            if key and arn in staying - found.vaults - found.stale:
                yield KeyUse(row["name"], place, key)


def _scope(inventory: Inventory) -> Scope:
    return inventory.scope.account.account_id, inventory.scope.region
