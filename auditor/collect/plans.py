"""Backup plans, in every version that was in force in the audited period, and their selections.

ListBackupPlans has no rules and ListBackupSelections no conditions: one GetBackupPlan for each version and
one GetBackupSelection for each selection. An account has few of either (quotas: aws-backup.md 1.5). A
selection cannot be changed, only replaced, and one that was deleted is not listed: what it selected before
is not known. One document that is not answered, or not understood, leaves the others alone: its row has none.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, Self

import orjson

from auditor.aws.failures import MALFORMED
from auditor.aws.items import SECONDS, arn, member, optional
from auditor.collect.backup_tags import TAG_ACTIONS, write_tags
from auditor.collect.collector import Collector, Scope
from auditor.collect.columns import table_of
from auditor.evidence.table_schemas import BACKUP_TAGS, DOCUMENTS

_PLANS: Final = ("backup_plans",)
_SELECTIONS: Final = ("backup_selections",)

_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Plan:
    """A plan as ListBackupPlans and ListBackupPlanVersions list it; times are seconds since the epoch."""

    plan_id: str
    arn: str
    version_id: str
    name: str | None
    created: float
    deleted: float | None

    @classmethod
    def of(cls, item: Any) -> Iterator[Self]:
        """Read one item; raises one of `MALFORMED`."""
        yield cls(
            member(item, "BackupPlanId"),
            arn(item, "BackupPlanArn"),
            member(item, "VersionId"),
            optional(item, "BackupPlanName"),
            member(item, "CreationDate", SECONDS),
            optional(item, "DeletionDate", SECONDS),
        )


def _read(scope: Scope) -> None:
    listed = scope.pages(
        "backup",
        "ListBackupPlans",
        "BackupPlansList",
        provides=_PLANS + _SELECTIONS,
        IncludeDeleted=True,
        MaxResults=1000,
    )
    since = scope.period_start.timestamp()
    plans = [plan for page in listed.made(_Plan.of) for plan in page]
    write_tags(scope, [plan.arn for plan in plans if plan.deleted is None])
    for plan in plans:
        if "backup_plans" in scope.tables and (plan.deleted is None or plan.deleted > since):
            scope.write("backup_plans", table_of("backup_plans", _versions(scope, plan)))
        if "backup_selections" in scope.tables and plan.deleted is None:
            rows = _selections(scope, plan)
            scope.write("backup_selections", table_of("backup_selections", rows))


def _versions(scope: Scope, plan: _Plan) -> list[_Row]:
    """Read the versions in force at any time of the period; a version ends when the next one begins."""
    pages = scope.pages(
        "backup",
        "ListBackupPlanVersions",
        "BackupPlanVersionsList",
        provides=_PLANS,
        BackupPlanId=plan.plan_id,
        MaxResults=1000,
    )
    listed = {version.version_id: version for versions in pages.made(_Plan.of) for version in versions}
    listed.setdefault(plan.version_id, plan)
    ordered = sorted(
        listed.values(),
        key=lambda version: (version.version_id == plan.version_id, version.created, version.version_id),
    )
    ends = [*map(attrgetter("created"), ordered[1:]), plan.deleted]
    since = scope.period_start.timestamp()
    return [
        row
        for version, until in zip(ordered, ends, strict=True)
        if until is None or until > since
        for row in _version(scope, version, until)
    ]


def _version(scope: Scope, version: _Plan, until: float | None) -> Iterator[_Row]:
    operation = "GetBackupPlan"
    row = {
        "plan_id": version.plan_id,
        "arn": version.arn,
        "name": version.name,
        "version_id": version.version_id,
        "valid_from": version.created,
        "valid_until": until,
    }
    provides = (DOCUMENTS["backup_plans"],)
    answer = scope.ask(
        "backup", operation, provides=provides, BackupPlanId=version.plan_id, VersionId=version.version_id
    )
    try:
        if answer is not None:
            document = member(answer, "BackupPlan", dict)
            row |= {"name": member(document, "BackupPlanName"), "document": _json(document)}
    except MALFORMED as error:
        scope.not_understood("backup", operation, f"The plan {version.arn}", error, provides)
    yield row


def _selections(scope: Scope, plan: _Plan) -> list[_Row]:
    pages = scope.pages(
        "backup",
        "ListBackupSelections",
        "BackupSelectionsList",
        provides=_SELECTIONS,
        BackupPlanId=plan.plan_id,
        MaxResults=1000,
    )
    listed = [row for rows in pages.made(lambda item: _listed(plan, item)) for row in rows]
    return [row for selection in listed for row in _selection(scope, plan, selection)]


def _listed(plan: _Plan, selection: Any) -> Iterator[_Row]:
    yield {
        "plan_id": plan.plan_id,
        "selection_id": member(selection, "SelectionId"),
        "name": optional(selection, "SelectionName"),
        "created_at": optional(selection, "CreationDate", SECONDS),
    }


def _selection(scope: Scope, plan: _Plan, row: _Row) -> Iterator[_Row]:
    operation = "GetBackupSelection"
    selection_id = row["selection_id"]
    provides = (DOCUMENTS["backup_selections"],)
    answer = scope.ask(
        "backup", operation, provides=provides, BackupPlanId=plan.plan_id, SelectionId=selection_id
    )
    document = None
    try:
        if answer is not None:
            document = _json(member(answer, "BackupSelection", dict))
    except MALFORMED as error:
        what = f"The selection {selection_id} of the plan {plan.arn}"
        scope.not_understood("backup", operation, what, error, provides)
    yield {**row, "document": document}


def _json(document: Mapping[str, Any]) -> str:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode()


PLANS: Final = Collector(
    name="plans",
    provides=(*_PLANS, *_SELECTIONS, BACKUP_TAGS),
    actions=(
        *TAG_ACTIONS,
        "backup:GetBackupPlan",
        "backup:GetBackupSelection",
        "backup:ListBackupPlanVersions",
        "backup:ListBackupPlans",
        "backup:ListBackupSelections",
    ),
    read=_read,
)
