"""How much of AWS Backup's quotas is taken (aws-backup.md 1.5): the table of quotas, and what plans take."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from auditor.model.plans import BackupPlan, Rule, Selection


class Quota(NamedTuple):
    """How much AWS Backup takes, and whether AWS raises that, or may: of some it does not say."""

    limit: int
    raised: bool = False


#: Of an account and Region.
VAULTS: Final = Quota(300, raised=True)
PLANS: Final = Quota(300, raised=True)
FRAMEWORKS: Final = Quota(15, raised=True)
FRAMEWORK_CONTROLS: Final = Quota(50, raised=True)
REPORT_PLANS: Final = Quota(20, raised=True)
RESTORE_TESTING_PLANS: Final = Quota(100)
#: Of one vault.
RECOVERY_POINTS: Final = Quota(1_000_000, raised=True)
#: Of one restore-testing plan.
RESTORE_TESTING_SELECTIONS: Final = Quota(30)
#: Of an account.
HOLDS: Final = Quota(50)
_RULES: Final = Quota(10)
_COPIES, _POINT_TAGS = Quota(5), Quota(10)
#: Of one recovery point: its tags (aws-backup.md 4.9).
TAGS_OF_A_BACKUP: Final = Quota(50)
_AWS: Final = "aws:"
_SELECTIONS, _BY_TAGS = Quota(100), Quota(10)
_ARNS, _WITH_WILDCARDS = Quota(500, raised=True), Quota(30, raised=True)
_TAGS, _CONDITIONS = Quota(30), Quota(30)


@dataclass(frozen=True, slots=True)
class QuotaCount:
    """What is counted, how much of it there is, and how much AWS Backup takes by what is known."""

    what: str
    count: int
    limit: int
    #: whether AWS may have raised the limit
    raised: bool

    @classmethod
    def of(cls, what: str, count: int, quota: Quota) -> "QuotaCount":
        """Where nobody says that the quota is another one."""
        return cls(what, count, quota.limit, quota.raised)

    @property
    def unknown(self) -> bool:
        """Whether there is so much that AWS has raised the quota, nobody knows to what."""
        return self.raised and self.count > self.limit

    def fact(self) -> dict[str, Any]:
        """As controls read it."""
        return {"what": self.what, "count": self.count, "limit": self.limit}


def quota_counts(plan: BackupPlan, selections: Sequence[Selection]) -> Iterator[QuotaCount]:
    """Whatever of a plan with its selections has a quota."""
    yield QuotaCount.of("rules", len(plan.rules), _RULES)
    for rule in plan.rules:
        yield QuotaCount.of(f"copy actions of rule {rule.name}", len(rule.copy_actions), _COPIES)
        yield QuotaCount.of(f"tags that rule {rule.name} adds", len(rule.point_tags), _POINT_TAGS)
    yield QuotaCount.of("selections", len(selections), _SELECTIONS)
    yield QuotaCount.of("selections by tags", sum(bool(one.list_of_tags) for one in selections), _BY_TAGS)
    for one in selections:
        wild = sum("*" in arn for arn in one.resources)
        of = f"of selection {one.name or one.selection_id}"
        yield QuotaCount.of(f"ARNs with wildcards {of}", wild, _WITH_WILDCARDS)
        yield QuotaCount.of(f"ARNs without wildcards {of}", len(one.resources) - wild, _ARNS)
        yield QuotaCount.of(f"tags {of}", len(one.list_of_tags), _TAGS)
        yield QuotaCount.of(f"conditions {of}", len(one.conditions), _CONDITIONS)


def tags_of_a_backup(tags: Iterable[str], rule: Rule) -> int:
    """How many tags the backups by a rule have of a resource whose tags have the keys `tags`.

    They have those of the resource and those of the rule, each key once; AWS's own do not count
    (aws-backup.md 4.9).
    """
    return len({key for key in (*tags, *rule.point_tags) if not key.startswith(_AWS)})
