"""How much of AWS Backup's quotas the plans of one account and Region take: the fact `plan.quotas`."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict

from auditor.derive.quotas import PLANS, VAULTS, QuotaCount, quota_counts
from auditor.evaluate.facts import Column, encode
from auditor.evaluate.holes import holes_of
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.membership import unlisted_selections
from auditor.evidence.table_schemas import DOCUMENTS
from auditor.model.plans import BackupPlan, Selection


def quotas(inventory: Inventory, plans: Sequence[BackupPlan], unread: Sequence[tuple[str, ...]]) -> Column:
    """What each plan takes; of the account and Region it is told at the first plan.

    `unread` are the gaps that hide rules of a plan. What is hidden could only be more. What is beyond a quota
    shows that AWS has raised it, nobody knows to what: it is left out.
    """
    scope = inventory.scope
    held: defaultdict[str, list[Selection]] = defaultdict(list)
    for selection in inventory.selections:
        held[selection.plan_id].append(selection)
    values, gaps = [], []
    for number, plan in enumerate(plans):
        own = held[plan.plan_id]
        counts = [*quota_counts(plan, own)]
        hidden = {*unread[number], *scope.missing("backup_selections"), *unlisted_selections(inventory, plan)}
        if any(one.fault for one in own):
            hidden.update(scope.missing(DOCUMENTS["backup_selections"]))
        if not number:
            counts.append(QuotaCount("plans of the account and Region", len(plans), PLANS))
            counts.append(QuotaCount("vaults of the account and Region", len(inventory.vaults), VAULTS))
            hidden.update(scope.missing("backup_plans", "backup_vaults"))
        values.append([asdict(one) for one in counts if one.count <= one.limit])
        gaps.append(tuple(sorted(hidden)))
    return encode(values, *holes_of(gaps, partial=True))
