"""Restore-testing plans and their selections: which resources AWS Backup is to restore, and when (1.3).

They are asked for where a tier demands restores, and not in partitions that have no restore testing. The
lists have no ARNs: one GetRestoreTestingSelection for each selection. An account has at most 100 plans in a
Region, a plan at most 30 selections.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditor.aws.failures import MALFORMED
from auditor.aws.items import SECONDS, arn, each, member, optional
from auditor.collect.collector import Collector, Row, Scope
from auditor.evidence.asked_tables import RESTORE_TESTS
from auditor.model.restore_testing import offers_restore_testing

_TABLES: Final = (RESTORE_TESTS,)
_GONE: Final = ("ResourceNotFoundException",)


def _read(scope: Scope) -> None:
    if not offers_restore_testing(scope.partition):
        return
    plans = scope.pages("backup", "ListRestoreTestingPlans", "RestoreTestingPlans", provides=_TABLES)
    for plan in [one for page in plans.made(_plan) for one in page]:
        listed = scope.pages(
            "backup",
            "ListRestoreTestingSelections",
            "RestoreTestingSelections",
            provides=_TABLES,
            RestoreTestingPlanName=plan["plan_name"],
        )
        named = [one for page in listed.made(_named) for one in page]
        rows = [{**plan, **one, **told} for one in named for told in _selected(scope, plan, one)]
        listed.write_rows(RESTORE_TESTS, rows or [{**plan}])


def _plan(item: Any) -> Iterator[Row]:
    yield {
        "plan_arn": arn(item, "RestoreTestingPlanArn"),
        "plan_name": member(item, "RestoreTestingPlanName"),
        "created_at": member(item, "CreationTime", SECONDS),
        "schedule": member(item, "ScheduleExpression"),
        "timezone": optional(item, "ScheduleExpressionTimezone"),
    }


def _named(item: Any) -> Iterator[Row]:
    yield {
        "selection": member(item, "RestoreTestingSelectionName"),
        "resource_type": member(item, "ProtectedResourceType"),
    }


def _selected(scope: Scope, plan: Row, selection: Row) -> Iterator[Row]:
    """What a selection takes in: nothing of one that is gone, and nulls where that was not told."""
    operation, name = "GetRestoreTestingSelection", selection["selection"]
    answer = scope.ask(
        "backup",
        operation,
        provides=_TABLES,
        absent=_GONE,
        RestoreTestingPlanName=plan["plan_name"],
        RestoreTestingSelectionName=name,
    )
    if answer is None:
        yield {}
    elif answer:
        try:
            yield _told(member(answer, "RestoreTestingSelection", dict))
        except MALFORMED as error:
            what = f"The selection {name} of the plan {plan['plan_arn']}"
            scope.not_understood("backup", operation, what, error, _TABLES)
            yield {}


def _told(selection: Mapping[str, Any]) -> Row:
    conditions = optional(selection, "ProtectedResourceConditions", dict) or {}
    listed = [each(conditions, name, dict) for name in ("StringEquals", "StringNotEquals")]
    arns = each(selection, "ProtectedResourceArns")
    if not arns and not any(listed):
        raise ValueError("it names neither ARNs nor conditions")
    return {"arns": arns, "by_tags": any(listed)}


RESTORE_TESTING: Final = Collector(
    name="restore testing",
    provides=_TABLES,
    actions=(
        "backup:GetRestoreTestingSelection",
        "backup:ListRestoreTestingPlans",
        "backup:ListRestoreTestingSelections",
    ),
    read=_read,
)
