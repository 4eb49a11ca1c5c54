"""Since when plans select resources, and from when on we can tell that a backup is missing.

A recovery point whose retention is over leaves no trace, and neither does a job that AWS Backup no longer
lists. So before the audited period we know only the days for which every rule that may protect the resource
would still keep its recovery point. For earlier days, finding no backup proves nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.membership import by_itself
from auditor.evaluate.times import DAY_MS, Period, epoch_ms
from auditor.model.plans import BackupPlan

_SELECTED, _UNDECIDED = 1, -1


def selected_since(
    inventory: Inventory, *, undecided: bool = False, answering: bool = False
) -> dict[str, NDArray[np.int64]]:
    """For each plan and resource, since when (ms) the plan protects it; -1 where it does not.

    That is the creation of its oldest selection that selects it, or of the resource itself, whichever is
    later; of a volume that an instance carries, not before it was attached. With `undecided`, selections that
    may select it count too. With `answering`, a volume that a plan selects by itself is not carried.
    """
    answer = {plan.plan_id: np.full(inventory.size, ABSENT, np.int64) for plan in inventory.plans}
    carriers = inventory.carriers
    attached = np.maximum(carriers.since_ms, inventory.created_ms[carriers.volume])
    carried = inventory.carried
    if answering and len(carriers):
        carried = np.where(by_itself(inventory)[carriers.volume], 0, carried)
    for row, selection in enumerate(inventory.selections):
        since = answer.get(selection.plan_id)
        if since is None:
            continue
        start = 0 if selection.created_at is None else epoch_ms(selection.created_at)
        from_then = np.maximum(inventory.created_ms, start)
        outcome = inventory.outcomes[row]
        chosen = (outcome == _SELECTED) | (undecided & (outcome == _UNDECIDED))
        _earlier(since, np.flatnonzero(chosen), from_then[chosen])
        held = (carried[row] == _SELECTED) | (undecided & (carried[row] == _UNDECIDED))
        _earlier(since, carriers.volume[held], np.maximum(attached[held], start))
    return answer


def _earlier(since: NDArray[np.int64], resources: NDArray[np.int64], times: NDArray[np.int64]) -> None:
    """Have the earliest of `times` in `since`, in place, where it has none or a later one."""
    unsigned = since.view(np.uint64)  # -1 is the greatest
    np.minimum.at(unsigned, resources, times.view(np.uint64))


@dataclass(frozen=True, slots=True)
class KnownFrom:
    """From when on (ms) a missing backup of each resource is a fact: where jobs are listed at the latest.

    `earliest` and `latest` differ where a plan whose document is not understood selects the resource, or
    another may select it. `unsure` are the resources of such plans.
    """

    earliest: NDArray[np.int64]
    latest: NDArray[np.int64]
    unsure: NDArray[np.bool_]


def known_from(inventory: Inventory, period: Period) -> KnownFrom:
    """From when on a missing backup of each resource is a fact.

    Of a plan only the version counts that was in force when the period began: no older one was read.
    """
    window_ms = max(period.start_ms, inventory.scope.jobs_from_ms)
    least, latest = np.full((2, inventory.size), ABSENT, np.int64)
    maybe = np.full(inventory.size, window_ms, np.int64)
    unsure = np.zeros(inventory.size, bool)
    selected, bound = selected_since(inventory), selected_since(inventory, undecided=True)
    for plan in inventory.plans:
        sure_ms, since_ms = selected[plan.plan_id], bound[plan.plan_id]
        sure, chosen = sure_ms != ABSENT, since_ms != ABSENT
        unsure |= chosen & ~(sure & (not plan.fault))
        if not _in_force(plan, window_ms):
            continue
        kept = (_seen_from(inventory, rule.lifecycle.delete_after_days) for rule in plan.rules)
        begin = max(_begin(plan), *kept, 0)
        # of a plan whose document is not understood it is not known how long its rules keep
        late = np.maximum(np.where(sure, sure_ms, since_ms), window_ms if plan.fault else begin)
        latest[chosen] = np.maximum(latest, late)[chosen]
        early = np.maximum(since_ms, begin)
        least[sure] = np.maximum(least, early)[sure]
        maybe[chosen] = np.minimum(maybe, early)[chosen]
    # that no plan selects it at all is possible where none surely does
    nobody = least == ABSENT
    return KnownFrom(
        np.where(nobody, maybe, np.minimum(least, window_ms)),
        np.where(nobody, window_ms, np.minimum(latest, window_ms)),
        unsure,
    )


def _in_force(plan: BackupPlan, when_ms: int) -> bool:
    return _begin(plan) <= when_ms and (plan.valid_until is None or epoch_ms(plan.valid_until) > when_ms)


def _begin(plan: BackupPlan) -> int:
    return 0 if plan.valid_from is None else epoch_ms(plan.valid_from)


def _seen_from(inventory: Inventory, delete_after_days: int | None) -> int:
    """Since when a rule's recovery points are still there, ms."""
    return 0 if delete_after_days is None else inventory.scope.read_ms - delete_after_days * DAY_MS
