"""Since when plans select resources, and from when on we can tell that a backup is missing.

A recovery point whose retention is over leaves no trace, and neither does a job that AWS Backup no longer
lists. So before the audited period we know only the days for which every rule that may protect the resource
would still keep its recovery point. For earlier days, finding no backup proves nothing.
"""

import numpy as np
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.times import DAY_MS, Period, epoch_ms
from auditor.model.plans import BackupPlan

_SELECTED, _UNDECIDED = 1, -1


def selected_since(inventory: Inventory, *, undecided: bool = False) -> dict[str, NDArray[np.int64]]:
    """For each plan and resource, since when (ms) the plan selects it; -1 where it does not.

    That is the creation of its oldest selection that selects it, or of the resource itself, whichever is
    later. With `undecided`, selections that may select it count too.
    """
    answer = {plan.plan_id: np.full(inventory.size, ABSENT, np.int64) for plan in inventory.plans}
    for row, selection in enumerate(inventory.selections):
        since = answer.get(selection.plan_id)
        if since is None:
            continue
        start = 0 if selection.created_at is None else epoch_ms(selection.created_at)
        from_then = np.maximum(inventory.created_ms, start)
        outcome = inventory.outcomes[row]
        chosen = (outcome == _SELECTED) | (undecided & (outcome == _UNDECIDED))
        earlier = chosen & ((since == ABSENT) | (from_then < since))
        since[earlier] = from_then[earlier]
    return answer


def known_from(inventory: Inventory, period: Period) -> NDArray[np.int64]:
    """From when on (ms) a missing backup of each resource is a fact: where jobs are listed at the latest.

    Of a plan only the version counts that was in force when the period began: no older one was read.
    """
    window_ms = max(period.start_ms, inventory.scope.jobs_from_ms)
    latest = np.full(inventory.size, ABSENT, np.int64)
    bound = selected_since(inventory, undecided=True)
    for plan in inventory.plans:
        if _in_force(plan, window_ms):
            since = bound[plan.plan_id]
            chosen = since != ABSENT
            # of a plan whose document cannot be understood it is not known how long its rules keep
            begin = max(
                window_ms if plan.fault else _begin(plan),
                *(_seen_from(inventory, rule.lifecycle.delete_after_days) for rule in plan.rules),
                0,
            )
            latest[chosen] = np.maximum(latest[chosen], np.maximum(since[chosen], begin))
    return np.where(latest == ABSENT, window_ms, np.minimum(latest, window_ms))


def _in_force(plan: BackupPlan, when_ms: int) -> bool:
    return _begin(plan) <= when_ms and (plan.valid_until is None or epoch_ms(plan.valid_until) > when_ms)


def _begin(plan: BackupPlan) -> int:
    return 0 if plan.valid_from is None else epoch_ms(plan.valid_from)


def _seen_from(inventory: Inventory, delete_after_days: int | None) -> int:
    """Since when a rule's recovery points are still there, ms."""
    return 0 if delete_after_days is None else inventory.scope.read_ms - delete_after_days * DAY_MS
