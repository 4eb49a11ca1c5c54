"""What AWS Backup Audit Manager sees of plans: how often rules run, what they keep (aws-backup.md 2.2)."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import numpy as np

from auditor.derive.schedule import InvalidSchedule, Schedule
from auditor.evaluate.asked import asked_about, of_others, only_where
from auditor.evaluate.cadences import unread_schedules
from auditor.evaluate.deferred import Deferred
from auditor.evaluate.facts import Column, encode
from auditor.evaluate.holes import holes_of
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.membership import unread_rules
from auditor.evaluate.times import HOUR_MS
from auditor.model.plans import BackupPlan, Rule

#: Sees each month of two years, so that the shortest and the longest month are met.
_LOOK: Final = timedelta(days=800)


def of_plan(inventory: Inventory) -> Deferred:
    """The facts of plans."""
    plans = inventory.current_plans

    def names() -> list[tuple[str, ...]]:
        return [(plan.plan_id, plan.arn, plan.name) for plan in plans]

    control = "BACKUP_PLAN_MIN_FREQUENCY_AND_MIN_RETENTION_CHECK"
    asked = Deferred(of_others(inventory, control, len(plans), names))

    def rules() -> Column:
        return only_where(_rules(inventory), asked_about(asked["audit_manager.frequency"]))

    return asked | {"audit_manager.rules": rules}


def _rules(inventory: Inventory) -> Column:
    """The rules of each plan; one whose schedule cannot be read is left out, and a gap says so."""
    plans = inventory.current_plans
    unread = [unread_rules(inventory, [plan]) for plan in plans]
    odd = [tuple(unread_schedules(inventory, [plan])) for plan in plans]
    return encode(
        [None if plan.fault else list(_readable(plan, inventory.scope.as_of)) for plan in plans],
        *holes_of(unread),
        *holes_of(odd, partial=True, passes=True),
    )


def _readable(plan: BackupPlan, as_of: datetime) -> Iterator[dict[str, Any]]:
    day = as_of.replace(hour=0, minute=0, second=0, microsecond=0)
    for rule in plan.rules:
        try:
            between = _intervals(rule.schedule, rule.timezone, day)
        except InvalidSchedule:
            continue
        yield {"name": rule.name, **between, **_kept(rule)}


def _kept(rule: Rule) -> dict[str, Any]:
    days = rule.lifecycle.delete_after_days
    return {"never_expires": True} if days is None else {"never_expires": False, "delete_after_days": days}


@lru_cache(maxsize=1024)
def _intervals(expression: str, timezone: str, start: datetime) -> Mapping[str, float]:
    """The shortest and the longest time between two due times, hours, by the clock: clock changes left out.

    Nothing where fewer than two are due in two years from `start` (UTC) on. Raises `InvalidSchedule`.
    """
    Schedule.parse(expression, timezone)  # the time zone is one
    due = Schedule.parse(expression).due_ms(start, start + _LOOK)
    if len(due) < 2:  # noqa: PLR2004 -- an interval has two ends
        return {}
    between = np.diff(due) / HOUR_MS
    return {"shortest_hours": float(between.min()), "longest_hours": float(between.max())}
