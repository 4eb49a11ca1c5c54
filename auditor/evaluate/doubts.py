"""Why a time without backups, or an age, is not sure: one gap in the evidence for each cause.

A doubt has a least and a greatest value. Where both lie on the same side of the tier's RPO, the verdict does
not depend on the doubt, and no gap is recorded.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from auditor.derive.columns import ABSENT
from auditor.evaluate.existence import asked
from auditor.evaluate.facts import Hole
from auditor.evaluate.inventory import SELECTION_TABLES, Inventory
from auditor.evaluate.known import selected_since
from auditor.evaluate.membership import memberships, unread_rules
from auditor.evaluate.points import Points
from auditor.evaluate.records import Bools
from auditor.evaluate.scope import ScopeFacts

#: The resources that a cause of doubt concerns, and how to name it: ids of gaps.
Cause = tuple[Bools, Callable[[], tuple[str, ...]]]


def causes(
    inventory: Inventory,
    everything: Points,
    places: Sequence[tuple[str, ...]],
    *,
    unborn: Bools,
    bare: Bools,
) -> list[Cause]:
    """What may be behind a doubt.

    `places` are the gaps of each place where copies may lie. The creation of the `unborn` is not known, and
    the `bare` ones have no recovery point in the period.
    """
    scope = inventory.scope
    whole = np.ones(inventory.size, bool)
    lost = ~everything.sure & (everything.elsewhere == ABSENT)
    created = partial(_told, scope, "creation", "It is not known since when resources of {} exist.")
    gone = partial(
        _told, scope, "retention", "It is not known whether recovery points of {} were deleted too early."
    )
    none = partial(_told, scope, "backups", "Resources of {} have no recovery point in the period.")
    singly = asked(inventory.resource_type)
    return [
        (unborn & singly, lambda: scope.missing("resources.created_at") or created()),
        (unborn & ~singly, created),
        *(
            (_concerned(inventory, everything, everything.elsewhere == number), partial(tuple, ids))
            for number, ids in enumerate(places)
        ),
        (_concerned(inventory, everything, lost), gone),
        (bare & ~unborn, none),
        (whole, lambda: scope.missing(*SELECTION_TABLES)),
        *of_plans(inventory),
        (whole, lambda: scope.history),
    ]


def of_plans(inventory: Inventory) -> Iterator[Cause]:
    """Plans whose documents are not understood, and selections that leave resources undecided."""
    bound = {plan_id: since != ABSENT for plan_id, since in selected_since(inventory, undecided=True).items()}
    for plan in inventory.plans:
        if plan.fault:
            yield bound[plan.plan_id], partial(unread_rules, inventory, [plan])
    for plan_id, member in memberships(inventory).items():
        for doubt in member.doubts:
            yield doubt.where & bound[plan_id], partial(tuple, (doubt.gap_id,))


def holes(found: Sequence[Cause], open_for: Bools) -> Iterator[Hole]:
    """What is unknown of the resources `open_for`."""
    for mask, name in found:
        ids = name() if (mask & open_for).any() else ()
        if ids:
            yield Hole(ids, mask & open_for, partial=True)


def _concerned(inventory: Inventory, everything: Points, rows: Bools) -> Bools:
    answer = np.zeros(inventory.size, bool)
    answer[everything.resource[rows]] = True
    return answer


def _told(scope: ScopeFacts, about: str, said: str) -> tuple[str, ...]:
    where = f"account {scope.account.account_id} in {scope.region}"
    return (scope.unknown(about, "Unknown", "", said.format(where)),)
