"""Which restore-testing plans are to restore a resource, and when next: the fact `restores.testing`.

It is a clause for findings about restores and decides none: plans that were not read are said to be so.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from auditor.derive.columns import Bools
from auditor.derive.schedule import InvalidSchedule, Schedule
from auditor.evaluate.columns import rows
from auditor.evaluate.facts import Column, encode
from auditor.evaluate.inventory import Inventory
from auditor.evidence.asked_tables import RESTORE_TESTS
from auditor.model.restore_testing import offers_restore_testing

#: A plan is due once a year at least, in a leap year too.
_A_YEAR: Final = timedelta(days=367)
_ANY: Final = "*"

Test = Mapping[str, Any]


def testing_fact(inventory: Inventory, asked: Bools) -> Column:
    """The clause of each resource that is `asked`."""
    if not asked.any():
        return encode([None] * inventory.size)
    scope, said = inventory.scope, ""
    if not offers_restore_testing(scope.account.partition):
        said = f"there is no restore testing in the partition {scope.account.partition}"
    elif scope.past:
        said = "restore-testing plans were read long after as_of"
    if said:
        return encode([said if one else None for one in asked.tolist()])
    tests = rows(inventory.read(RESTORE_TESTS))
    due = {test["plan_arn"]: _next(test, scope.as_of) for test in tests}
    unread = bool(scope.missing(RESTORE_TESTS))
    named = {arn for test in tests for arn in test["arns"] or ()}

    @cache
    def clause(kind: str, arn: str) -> str:
        return _clause([one for one in tests if one["resource_type"] == kind], arn, due, unread=unread)

    whose = zip(inventory.arn, inventory.resource_type, asked.tolist(), strict=True)
    return encode([clause(kind, arn if arn in named else "") if one else None for arn, kind, one in whose])


def _clause(tests: Sequence[Test], arn: str, due: Mapping[str, datetime | None], *, unread: bool) -> str:
    """What selections of its type say of one resource; `arn` is "" of one that none of them names."""
    sure = [one for one in tests if {_ANY, arn}.intersection(one["arns"] or ()) and not one["by_tags"]]
    if sure:
        dates = [at for at in (due[one["plan_arn"]] for one in sure) if at is not None]
        when = f"next at {min(dates):%Y-%m-%d %H:%M} UTC" if dates else "and when next is not known"
        return f"{_named(sure)} selects it, {when}"
    if unread:
        return "which restore-testing plans select it is not known"
    perhaps = [one for one in tests if one["by_tags"]]
    if perhaps:
        return f"{_named(perhaps)} selects it where the tags of its newest recovery point are such"
    return "no restore-testing plan of its account and Region selects it"


def _named(tests: Sequence[Test]) -> str:
    names = sorted({one["plan_name"] for one in tests})
    more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
    return f"the restore-testing plan {names[0]}{more}"


def _next(test: Test, as_of: datetime) -> datetime | None:
    """When a plan is due next; None where its schedule cannot be read, or is never due again."""
    try:
        schedule = Schedule.parse(test["schedule"], test["timezone"] or "UTC")
    except InvalidSchedule:
        return None
    return next(iter(schedule.due_times(as_of, as_of + _A_YEAR)), None)
