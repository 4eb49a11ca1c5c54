"""Quotas of AWS Backup that a declaration is beyond (aws-backup.md 1.5)."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from auditor.check.declared import Declaration
from auditor.check.declared_subjects import DeclaredSubject
from auditor.check.inventory import DeclaredInventory
from auditor.check.told import NOTHING_TOLD, ToldByRun
from auditor.derive.quotas import PLANS, TAGS_OF_A_BACKUP, QuotaCount, quota_counts
from auditor.evaluate.account_quotas import AWS_LIMITS, AccountLimits
from auditor.evaluate.backup_tags import Overtagged, overtagged
from auditor.evaluate.opt_in import of_the_organization

if TYPE_CHECKING:
    from auditor.model.plans import BackupPlan, Selection

Json = Any


def quota_subjects(
    inventory: DeclaredInventory,
    declarations: Mapping[str, Declaration],
    told: ToldByRun = NOTHING_TOLD,
    limits: AccountLimits = AWS_LIMITS,
) -> Iterator[DeclaredSubject]:
    """Each plan that is beyond a quota, and the first one that there are too many of.

    What is not known counts for nothing. Plans of the organization are judged by their policies. Where a run
    tells what plans and selections there will be, these count, and not those of the inputs alone. How many
    plans AWS Backup takes `limits` say.
    """
    nouns = inventory.nouns
    there = told.plans.get((nouns.place.account_id, nouns.place.region))
    own = [plan for plan in nouns.plans if not of_the_organization(plan.plan_id)]
    selections: dict[str, list[Selection]] = {}
    for selection in nouns.selections:
        selections.setdefault(selection.plan_id, []).append(selection)
    for number, plan in enumerate(own, 1):
        declared = selections.get(plan.plan_id, [])
        held = there.selections.get(told.aliases.get(plan.arn, plan.arn), declared) if there else declared
        counts = [*quota_counts(plan, held if declared else []), *_of_backups(inventory, plan)]
        if (number == limits.plans + 1) if there is None else (number == 1 and there.more):
            count = there.count if there else len(own)
            plans = PLANS._replace(limit=limits.plans)
            counts.append(QuotaCount.of("plans of the account and Region", count, plans))
        if any(one.count > one.limit for one in counts):
            found = [one.fact() for one in counts]
            where = declarations[plan.plan_id]
            facts: dict[str, Json] = {"quota.plan": plan.name, "quota.counts": found}
            yield DeclaredSubject(nouns.place, "quota", plan.arn, plan.name, where, facts)


def _of_backups(inventory: DeclaredInventory, plan: "BackupPlan") -> Iterator[QuotaCount]:
    """The tags of the backups of what a plan selects, where they are too many: the most by each rule."""
    chosen, most = inventory.plan_members[plan.plan_id], dict[str, Overtagged]()
    for one in overtagged(inventory, plan):
        if one.told and chosen[one.index] and (one.rule not in most or one.count > most[one.rule].count):
            most[one.rule] = one
    for one in most.values():
        where = inventory.nouns.resources[one.index].declaration.address
        yield QuotaCount.of(f"tags of backups of {where} by rule {one.rule}", one.count, TAGS_OF_A_BACKUP)
