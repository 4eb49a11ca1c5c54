"""Backup plans, in every version that was in force in the audited period, and their selections.

ListBackupPlans has no rules and ListBackupSelections no conditions: one GetBackupPlan for each version and
one GetBackupSelection for each selection. An account has few of either (quotas: aws-backup.md 1.5). A
selection cannot be changed, only replaced, and one that was deleted is not listed: what it selected before
is not known.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from auditor.collect.collector import Collector, Scope
from auditor.collect.columns import table_of

_PLANS: Final = ("backup_plans",)
_SELECTIONS: Final = ("backup_selections",)


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
    for plan in listed.items():
        deleted = plan.get("DeletionDate")
        if deleted is None or deleted > since:
            scope.write("backup_plans", table_of("backup_plans", _versions(scope, plan)))
        if deleted is None:
            rows = _selections(scope, plan["BackupPlanId"])
            scope.write("backup_selections", table_of("backup_selections", rows))


def _versions(scope: Scope, plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Read the versions in force at any time of the period; a version ends when the next one begins."""
    plan_id = plan["BackupPlanId"]
    pages = scope.pages(
        "backup",
        "ListBackupPlanVersions",
        "BackupPlanVersionsList",
        provides=_PLANS,
        BackupPlanId=plan_id,
        MaxResults=1000,
    )
    listed = {version["VersionId"]: version for version in pages.items()}
    listed.setdefault(plan["VersionId"], plan)
    current = plan["VersionId"]
    ordered = sorted(
        listed.values(),
        key=lambda version: (version["VersionId"] == current, version["CreationDate"], version["VersionId"]),
    )
    ends = [version["CreationDate"] for version in ordered[1:]] + [plan.get("DeletionDate")]
    since = scope.period_start.timestamp()
    rows: list[Mapping[str, Any]] = []
    for version, until in zip(ordered, ends, strict=True):
        if until is not None and until <= since:
            continue
        answer = scope.ask(
            "backup",
            "GetBackupPlan",
            provides=_PLANS,
            BackupPlanId=plan_id,
            VersionId=version["VersionId"],
        )
        if answer is not None:
            row = {
                "plan_id": plan_id,
                "arn": plan["BackupPlanArn"],
                "name": answer["BackupPlan"]["BackupPlanName"],
                "version_id": version["VersionId"],
                "valid_from": version["CreationDate"],
                "valid_until": until,
                "document": _json(answer["BackupPlan"]),
            }
            rows.append(row)
    return rows


def _selections(scope: Scope, plan_id: str) -> list[Mapping[str, Any]]:
    pages = scope.pages(
        "backup",
        "ListBackupSelections",
        "BackupSelectionsList",
        provides=_SELECTIONS,
        BackupPlanId=plan_id,
        MaxResults=1000,
    )
    rows: list[Mapping[str, Any]] = []
    for selection in pages.items():
        answer = scope.ask(
            "backup",
            "GetBackupSelection",
            provides=_SELECTIONS,
            BackupPlanId=plan_id,
            SelectionId=selection["SelectionId"],
        )
        if answer is not None:
            row = {
                "plan_id": plan_id,
                "selection_id": selection["SelectionId"],
                "name": selection.get("SelectionName"),
                "created_at": selection.get("CreationDate"),
                "document": _json(answer["BackupSelection"]),
            }
            rows.append(row)
    return rows


def _json(document: Mapping[str, Any]) -> str:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode()


PLANS: Final = Collector(
    name="plans",
    provides=_PLANS + _SELECTIONS,
    actions=(
        "backup:GetBackupPlan",
        "backup:GetBackupSelection",
        "backup:ListBackupPlanVersions",
        "backup:ListBackupPlans",
        "backup:ListBackupSelections",
    ),
    read=_read,
)
