"""How much of AWS Backup's quotas the plans of one account and Region take: the fact `plan.quotas`."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from auditor.derive.quotas import quota_counts
from auditor.evaluate.facts import Column, encode
from auditor.evaluate.holes import holes_of
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.membership import unlisted_selections
from auditor.evidence.table_schemas import DOCUMENTS
from auditor.model.plans import BackupPlan, Selection

_OPERATION: Final = "plan_quotas"


def quotas(inventory: Inventory, plans: Sequence[BackupPlan], unread: Sequence[tuple[str, ...]]) -> Column:
    """What each plan takes.

    `unread` are the gaps that hide rules of a plan. What is hidden could only be more. What is beyond a quota
    that AWS may raise shows that it has raised it, nobody knows to what: that is a gap.
    """
    scope = inventory.scope
    held: defaultdict[str, list[Selection]] = defaultdict(list)
    for selection in inventory.selections:
        held[selection.plan_id].append(selection)
    values, gaps = [], []
    for number, plan in enumerate(plans):
        own = held[plan.plan_id]
        hidden = {*unread[number], *scope.missing("backup_selections"), *unlisted_selections(inventory, plan)}
        if any(one.fault for one in own):
            hidden.update(scope.missing(DOCUMENTS["backup_selections"]))
        told = []
        for one in quota_counts(plan, own):
            if one.unknown:
                why = (
                    f"The plan {plan.name} has {one.count} {one.what}, more than the {one.limit} that AWS "
                    "Backup takes: AWS has raised the quota, and nothing tells to what."
                )
                hidden.add(scope.unknown(_OPERATION, "Unknown", f"{one.what} of {plan.arn}", why))
            else:
                told.append(one.fact())
        values.append(told)
        gaps.append(tuple(sorted(hidden)))
    return encode(values, *holes_of(gaps, partial=True))
