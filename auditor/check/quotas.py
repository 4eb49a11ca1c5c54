"""Quotas of AWS Backup that a declaration is beyond (aws-backup.md 1.5)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from auditor.check.declared import Declaration
from auditor.check.declared_subjects import DeclaredSubject
from auditor.check.inventory import Nouns
from auditor.check.told import NOTHING_TOLD, ToldByRun
from auditor.evaluate.opt_in import of_the_organization
from auditor.model.plans import BackupPlan, Selection

Json = Any
#: What is counted, how much of it there is, and the quota.
_Counts = Iterator[tuple[str, int, int]]

_PLANS: Final = 300
_RULES: Final = 10
_COPIES: Final = 5
_SELECTIONS, _BY_TAGS = 100, 10
_ARNS, _WITH_WILDCARDS = 500, 30
_TAGS: Final = 30
_CONDITIONS: Final = 30


def quota_subjects(
    nouns: Nouns, declarations: Mapping[str, Declaration], told: ToldByRun = NOTHING_TOLD
) -> Iterator[DeclaredSubject]:
    """Each plan that is beyond a quota, and the first one that there are too many of.

    What is not known counts for nothing. Plans of the organization are judged by their policies. Where a run
    tells what plans and selections there will be, these count, and not those of the inputs alone.
    """
    there = told.plans.get((nouns.place.account_id, nouns.place.region))
    own = [plan for plan in nouns.plans if not of_the_organization(plan.plan_id)]
    selections: dict[str, list[Selection]] = {}
    for selection in nouns.selections:
        selections.setdefault(selection.plan_id, []).append(selection)
    for number, plan in enumerate(own, 1):
        declared = selections.get(plan.plan_id, [])
        held = there.selections.get(told.aliases.get(plan.arn, plan.arn), declared) if there else declared
        counts = [*_of_plan(plan, held if declared else [])]
        if (number == _PLANS + 1) if there is None else (number == 1 and there.more):
            counts.append(("plans of the account and Region", there.count if there else len(own), _PLANS))
        if any(count > limit for _, count, limit in counts):
            found = [{"what": what, "count": count, "limit": limit} for what, count, limit in counts]
            where = declarations[plan.plan_id]
            facts: dict[str, Json] = {"quota.plan": plan.name, "quota.counts": found}
            yield DeclaredSubject(nouns.place, "quota", plan.arn, plan.name, where, facts)


def _of_plan(plan: BackupPlan, selections: Sequence[Selection]) -> _Counts:
    yield "rules", len(plan.rules), _RULES
    for rule in plan.rules:
        yield f"copy actions of rule {rule.name}", len(rule.copy_actions), _COPIES
    yield "selections", len(selections), _SELECTIONS
    yield "selections by tags", sum(bool(one.list_of_tags) for one in selections), _BY_TAGS
    for one in selections:
        wild = sum("*" in arn for arn in one.resources)
        of = f"of selection {one.name or one.selection_id}"
        yield f"ARNs with wildcards {of}", wild, _WITH_WILDCARDS
        yield f"ARNs without wildcards {of}", len(one.resources) - wild, _ARNS
        yield f"tags {of}", len(one.list_of_tags), _TAGS
        yield f"conditions {of}", len(one.conditions), _CONDITIONS
