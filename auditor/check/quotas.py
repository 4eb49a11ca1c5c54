"""Quotas of AWS Backup that a declaration is beyond (aws-backup.md 1.5)."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from auditor.check.declared import Declaration
from auditor.check.declared_subjects import DeclaredSubject
from auditor.check.inventory import Nouns
from auditor.check.told import NOTHING_TOLD, ToldByRun
from auditor.derive.quotas import PLANS, QuotaCount, quota_counts
from auditor.evaluate.account_quotas import AWS_LIMITS, AccountLimits
from auditor.evaluate.opt_in import of_the_organization

if TYPE_CHECKING:
    from auditor.model.plans import Selection

Json = Any


def quota_subjects(
    nouns: Nouns,
    declarations: Mapping[str, Declaration],
    told: ToldByRun = NOTHING_TOLD,
    limits: AccountLimits = AWS_LIMITS,
) -> Iterator[DeclaredSubject]:
    """Each plan that is beyond a quota, and the first one that there are too many of.

    What is not known counts for nothing. Plans of the organization are judged by their policies. Where a run
    tells what plans and selections there will be, these count, and not those of the inputs alone. How many
    plans AWS Backup takes `limits` say.
    """
    there = told.plans.get((nouns.place.account_id, nouns.place.region))
    own = [plan for plan in nouns.plans if not of_the_organization(plan.plan_id)]
    selections: dict[str, list[Selection]] = {}
    for selection in nouns.selections:
        selections.setdefault(selection.plan_id, []).append(selection)
    for number, plan in enumerate(own, 1):
        declared = selections.get(plan.plan_id, [])
        held = there.selections.get(told.aliases.get(plan.arn, plan.arn), declared) if there else declared
        counts = [*quota_counts(plan, held if declared else [])]
        if (number == limits.plans + 1) if there is None else (number == 1 and there.more):
            count = there.count if there else len(own)
            plans = PLANS._replace(limit=limits.plans)
            counts.append(QuotaCount.of("plans of the account and Region", count, plans))
        if any(one.count > one.limit for one in counts):
            found = [one.fact() for one in counts]
            where = declarations[plan.plan_id]
            facts: dict[str, Json] = {"quota.plan": plan.name, "quota.counts": found}
            yield DeclaredSubject(nouns.place, "quota", plan.arn, plan.name, where, facts)
