"""Facts of the backup plans of one account and Region, as they stand at `as_of`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import numpy as np
import pyarrow as pa

from auditor.derive.lock import lock_mode
from auditor.derive.schedule import InvalidSchedule, Schedule, worst_interval
from auditor.evaluate.arrow import EMPTY, texts
from auditor.evaluate.columns import NEVER
from auditor.evaluate.facts import Column, Frame, Hole, encode
from auditor.evaluate.inventory import SELECTION_TABLES, Inventory
from auditor.evaluate.organization import Organization, vault_arn
from auditor.evaluate.vaults import retention_range
from auditor.model.arn import place_of
from auditor.model.plans import BackupPlan, Lifecycle, Rule

#: A rule's schedule, time zone and start window in minutes.
Cadence = tuple[str, str, int]

#: Resource types with continuous backup, and how far it may lag behind, in hours (aws-backup.md 4.5).
_CONTINUOUS_LAG_HOURS: Final = {"RDS": 5 / 60, "Aurora": 5 / 60, "S3": 15 / 60}
_INDETERMINATE: Final = -1


def plan_frame(inventory: Inventory, whole: Organization, as_of: datetime) -> Frame:
    """One subject for each plan."""
    plans = inventory.current_plans
    selecting = (*inventory.scope.missing(*SELECTION_TABLES), *inventory.tier_gaps())
    return Frame(
        subject="plan",
        account_id=inventory.scope.account.account_id,
        region=inventory.scope.region,
        arn=texts(plan.arn for plan in plans),
        resource_type=pa.repeat(EMPTY, len(plans)),
        name=texts(plan.name for plan in plans),
        facts={
            "plan.name": encode([plan.name for plan in plans]),
            "plan.version_id": encode([plan.version_id for plan in plans]),
            "plan.rules": encode([[_rule(rule) for rule in plan.rules] for plan in plans]),
            "tiers": encode(
                [None if selecting else _tiers(inventory, plan, as_of) for plan in plans], Hole(selecting)
            ),
            "lifecycles": _lifecycles(inventory, whole, plans),
        },
    )


@cache
def _worst_hours(cadences: frozenset[Cadence], start: datetime) -> float | None:
    rules = [
        (Schedule.parse(expression, timezone), timedelta(minutes=window))
        for expression, timezone, window in sorted(cadences)
    ]
    longest = worst_interval(rules, start)
    return None if longest is None else longest / timedelta(hours=1)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "schedule": rule.schedule,
        "timezone": rule.timezone,
        "start_window_hours": rule.start_window_minutes / 60,
        "completion_window_hours": rule.completion_window_minutes / 60,
        "continuous": rule.continuous,
        "target_vault": rule.target_vault,
        **_days(rule.lifecycle),
    }


def _days(lifecycle: Lifecycle) -> dict[str, Any]:
    days = lifecycle.delete_after_days
    return {"never_expires": True} if days is None else {"never_expires": False, "delete_after_days": days}


def _tiers(inventory: Inventory, plan: BackupPlan, as_of: datetime) -> list[dict[str, Any]] | None:
    """The tiers that a plan protects; None when a selection or a schedule of it cannot be decided."""
    if plan.plan_id in inventory.forgotten_plans:
        return None
    member = inventory.plan_members[plan.plan_id]
    own = [row for row, selection in enumerate(inventory.selections) if selection.plan_id == plan.plan_id]
    undecided = (
        (inventory.outcomes[own] == _INDETERMINATE).any(axis=0) if own else np.zeros(inventory.size, bool)
    )
    if bool((undecided & ~member).any()) or bool((inventory.tier[member] == NEVER).any()):
        return None
    answer = []
    for code in np.unique(inventory.tier[member]).tolist():
        chosen = np.flatnonzero(member & (inventory.tier == code))
        name = inventory.tier_names[code]
        facts = {"name": name, **inventory.scope.tiers.tiers[name], "resources": len(chosen)}
        try:
            hours = _cadence_of(inventory, chosen, as_of)
        except InvalidSchedule:  # AWS took a schedule that we cannot read: the cadence is unknown
            return None
        answer.append(facts if hours is None else facts | {"worst_interval_hours": hours})
    return answer


def _cadence_of(inventory: Inventory, chosen: np.ndarray, as_of: datetime) -> float | None:
    """The worst designed interval among resources, each with the rules of all the plans that select it."""
    plans = inventory.current_plans
    matrix = np.stack([inventory.plan_members[plan.plan_id][chosen] for plan in plans])
    worst = 0.0
    seen: set[tuple[tuple[bool, ...], str]] = set()
    for column, index in zip(matrix.T.tolist(), chosen.tolist(), strict=True):
        key = (tuple(column), inventory.resource_type[index])
        if key in seen:
            continue
        seen.add(key)
        rules = [rule for held, plan in zip(column, plans, strict=True) if held for rule in plan.rules]
        hours = _hours(rules, key[1], as_of)
        if hours is None:
            return None
        worst = max(worst, hours)
    return worst


def _hours(rules: Sequence[Rule], resource_type: str, as_of: datetime) -> float | None:
    lag = _CONTINUOUS_LAG_HOURS.get(resource_type)
    if lag is not None and any(rule.continuous for rule in rules):
        return lag
    cadences = ((rule.schedule, rule.timezone, rule.start_window_minutes) for rule in rules)
    return _worst_hours(frozenset(cadences), as_of)


def _lifecycles(inventory: Inventory, whole: Organization, plans: Sequence[BackupPlan]) -> Column:
    values: list[list[dict[str, Any]] | None] = []
    gaps: list[tuple[str, ...]] = []
    for plan in plans:
        entries = [
            entry
            for rule in plan.rules
            for entry in (
                ("backup", rule.name, vault_arn(inventory, rule.target_vault), rule.lifecycle),
                *(
                    ("copy", rule.name, copy.destination_vault_arn, copy.lifecycle)
                    for copy in rule.copy_actions
                ),
            )
        ]
        unknown = {gap for _, _, arn, _ in entries for gap in _vault_gaps(inventory, arn)}
        gaps.append(tuple(sorted(unknown)))
        values.append(None if unknown else [_lifecycle(whole, *entry) for entry in entries])
    found = tuple(sorted({gap for ids in gaps for gap in ids}))
    return encode(values, Hole(found, np.array([bool(ids) for ids in gaps], bool)))


def _vault_gaps(inventory: Inventory, arn: str) -> tuple[str, ...]:
    return inventory.scope.gaps.ids(("backup_vaults",), *place_of(arn))


def _lifecycle(whole: Organization, kind: str, rule: str, arn: str, lifecycle: Lifecycle) -> dict[str, Any]:
    entry: dict[str, Any] = {"rule": rule, "kind": kind, "vault_arn": arn, **_days(lifecycle)}
    lock = whole.locks.get(arn)
    if lock is None or lock_mode(lock) == "none":
        return entry
    facts: Mapping[str, Any] = {"mode": lock_mode(lock), **retention_range(lock)}
    return entry | {"lock": facts}
