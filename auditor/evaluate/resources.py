"""Facts of the resources of one account and Region."""

import math
from functools import cache
from typing import Any, Final

import numpy as np

from auditor.derive.retention import retained_days
from auditor.evaluate.arrow import numbers, texts
from auditor.evaluate.columns import NEVER, among, local_index, milliseconds
from auditor.evaluate.expected import slot_facts
from auditor.evaluate.facts import Column, Frame, Hole, Lazy, encode, encode_array, unread
from auditor.evaluate.inventory import SELECTION_TABLES, Inventory
from auditor.evaluate.organization import Organization
from auditor.evaluate.recovery_points import tier_values
from auditor.evaluate.timeline import backup_facts
from auditor.evaluate.times import HOUR_MS, Period, rfc3339
from auditor.model.arn import place_of

_AT_MOST: Final = 10


def resource_frame(inventory: Inventory, whole: Organization, period: Period) -> Frame:
    """One subject for each resource of the inventory."""
    created = inventory.created_ms
    facts: dict[str, Column | Lazy] = {
        "tier": _tier(inventory),
        "resource.type": encode(list(inventory.resource_type)),
        "resource.age_hours": encode_array((period.end_ms - created) / HOUR_MS, created != NEVER),
        "resource.created_at": Lazy(
            lambda index: None if created[index] == NEVER else rfc3339(created[index]), inventory.size
        ),
    }
    return Frame(
        subject="resource",
        account_id=inventory.scope.account.account_id,
        region=inventory.scope.region,
        arn=texts(inventory.arn),
        resource_type=texts(inventory.resource_type),
        name=texts(inventory.name),
        facts=facts
        | _protection(inventory)
        | backup_facts(inventory, period)
        | slot_facts(inventory, period)
        | _copies(inventory, whole, period),
    )


def _tier(inventory: Inventory) -> Column:
    """A resource whose tags or OU path could not be read has no tier, and the failed call says why."""
    hole = Hole(inventory.tier_gaps(), inventory.tier == NEVER)
    return Column(inventory.tier, tier_values(inventory), (hole,))


def _protection(inventory: Inventory) -> dict[str, Column | Lazy]:
    missing = inventory.scope.missing(*SELECTION_TABLES)
    if missing:
        return {
            f"protection.{name}": unread(inventory.size, missing)
            for name in ("selected", "plans", "explanation")
        }
    plans = [plan for plan in inventory.current_plans if plan.rules]
    outcomes = inventory.outcomes
    selected = np.zeros(inventory.size, bool)
    for plan in plans:
        selected |= inventory.plan_members[plan.plan_id]
    undecided = (outcomes == -1).any(axis=0) if len(outcomes) else np.zeros(inventory.size, bool)
    undecided |= bool(inventory.forgotten_plans)

    def names(index: int) -> list[str]:
        return [plan.name for plan in plans if inventory.plan_members[plan.plan_id][index]]

    return {
        "protection.selected": encode_array(selected, selected | ~undecided),
        "protection.plans": Lazy(names, inventory.size),
        "protection.explanation": Lazy(lambda index: explanations(inventory, index), inventory.size),
    }


def explanations(inventory: Inventory, index: int) -> list[str]:
    """For each selection one sentence that says why it does or does not select the resource."""
    plan_names = {plan.plan_id: plan.name for plan in inventory.current_plans}
    decisions = inventory.decide(index)
    return [
        f"{plan_names.get(selection.plan_id, '?')} / {selection.name}: {'; '.join(decision.steps)}"
        for selection, decision in zip(inventory.selections, decisions, strict=True)
    ]


def _copies(inventory: Inventory, whole: Organization, period: Period) -> dict[str, Column | Lazy]:
    """Copies in other Regions. Unknown where a Region that a plan copies into was not read."""
    gaps, gapped = _unread_destinations(inventory)
    found = [whole.arrivals.get(arn) for arn in inventory.arn]

    dates = [(NEVER, NEVER) if copy is None else (copy.created_ms, copy.delete_ms) for copy in found]
    kept = retained_days(*np.array(dates, np.int64).reshape(-1, 2).T)

    def column(values: list[Any]) -> Column:
        plain = encode(values)
        return Column(np.where(gapped, NEVER, plain.codes), plain.values, (Hole(gaps, gapped),))

    return {
        "copies.count": column([0 if copy is None else copy.count for copy in found]),
        "copies.newest_age_hours": column(
            [None if copy is None else (period.end_ms - copy.created_ms) / HOUR_MS for copy in found]
        ),
        "copies.retention_days": column([None if math.isnan(days) else days for days in kept.tolist()]),
        "copies.never_expires": column([None if copy is None else copy.never_expires for copy in found]),
        "copies.newest": column([None if copy is None else copy.arn for copy in found]),
        "copies.failures": _copy_failures(inventory),
    }


def _unread_destinations(inventory: Inventory) -> tuple[tuple[str, ...], np.ndarray]:
    everything = inventory.scope.missing(*SELECTION_TABLES)
    if everything:
        return everything, np.ones(inventory.size, bool)
    gapped = np.zeros(inventory.size, bool)
    found: set[str] = set()
    for plan in inventory.current_plans:
        for destination in {copy.destination_vault_arn for rule in plan.rules for copy in rule.copy_actions}:
            ids = inventory.scope.gaps.ids(("recovery_points",), *place_of(destination))
            if ids:
                found.update(ids)
                gapped |= inventory.plan_members[plan.plan_id]
    return tuple(sorted(found)), gapped


def _copy_failures(inventory: Inventory) -> Column | Lazy:
    missing = inventory.scope.missing("copy_jobs")
    if missing:
        return unread(inventory.size, missing)

    @cache
    def failed() -> dict[int, list[dict[str, Any]]]:
        table = inventory.read("copy_jobs")
        bad = table.filter(numbers(among(table["state"], ("FAILED", "PARTIAL", "ABORTED"))))
        bad = bad.sort_by([("created_at", "descending"), ("job_id", "ascending")])
        resources = local_index(bad["resource_arn"], inventory.index)
        created = milliseconds(bad["created_at"])
        answer: dict[int, list[dict[str, Any]]] = {}
        for row, index in enumerate(resources.tolist()):
            entries = answer.setdefault(index, [])
            if len(entries) < _AT_MOST:
                entries.append(
                    {
                        "job_id": bad["job_id"][row].as_py(),
                        "state": bad["state"][row].as_py(),
                        "created_at": rfc3339(created[row]),
                        "destination": bad["destination_vault_arn"][row].as_py(),
                        "message": bad["message"][row].as_py() or "",
                    }
                )
        return answer

    return Lazy(lambda index: failed().get(index, []), inventory.size)
