"""How much of AWS Backup's quotas plans take (aws-backup.md 1.5)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from auditor.model.plans import BackupPlan, Selection

#: Plans, and vaults, of an account and Region.
PLANS: Final = 300
VAULTS: Final = 300
_RULES: Final = 10
_COPIES: Final = 5
_SELECTIONS, _BY_TAGS = 100, 10
_ARNS, _WITH_WILDCARDS = 500, 30
_TAGS: Final = 30
_CONDITIONS: Final = 30


@dataclass(frozen=True, slots=True)
class QuotaCount:
    """What is counted, how much of it there is, and how much AWS Backup takes unless it has raised that."""

    what: str
    count: int
    limit: int


def quota_counts(plan: BackupPlan, selections: Sequence[Selection]) -> Iterator[QuotaCount]:
    """Whatever of a plan with its selections has a quota."""
    yield QuotaCount("rules", len(plan.rules), _RULES)
    for rule in plan.rules:
        yield QuotaCount(f"copy actions of rule {rule.name}", len(rule.copy_actions), _COPIES)
    yield QuotaCount("selections", len(selections), _SELECTIONS)
    yield QuotaCount("selections by tags", sum(bool(one.list_of_tags) for one in selections), _BY_TAGS)
    for one in selections:
        wild = sum("*" in arn for arn in one.resources)
        of = f"of selection {one.name or one.selection_id}"
        yield QuotaCount(f"ARNs with wildcards {of}", wild, _WITH_WILDCARDS)
        yield QuotaCount(f"ARNs without wildcards {of}", len(one.resources) - wild, _ARNS)
        yield QuotaCount(f"tags {of}", len(one.list_of_tags), _TAGS)
        yield QuotaCount(f"conditions {of}", len(one.conditions), _CONDITIONS)
