"""What restore tests that change in place test less than before, whatever the input (aws-backup.md 1.3).

Plans and selections have the names of the API. Only what is surely less is lost; what may be is a `fault`.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import numpy as np

from auditor.check.shapes import as_list, as_object
from auditor.derive.schedule import InvalidSchedule, Schedule
from auditor.derive.wildcards import compiled

Json = Any
Values = Mapping[str, Json]

_ANY: Final = "*"
#: What AWS Backup takes where a plan does not say it.
_SCHEDULE, _ZONE, _WINDOW = "cron(0 5 ? * * *)", "UTC", 30
#: A time in which every yearly schedule is due twice, whichever year the check is made in.
_START, _LOOK = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=1_100)
#: By so much two tests are further apart where clocks change.
_CLOCKS: Final = 3_600_000
_DAY: Final = 86_400_000
_CHOICE: Final = "RecoveryPointSelection"
_TWO: Final = 2


class Less(NamedTuple):
    """What is lost, and why that is not known, "" where it is."""

    lost: tuple[str, ...]
    fault: str


def less_tested(before: Values, after: Values, hidden: Callable[[Json], bool]) -> Less | None:
    """What a plan or selection tests no more, None where that is nothing.

    `hidden` says whether a value, or a part of it, is known only after the change.
    """
    lost: list[str] = []
    open_: list[str] = []
    for keys, compare in _PARTS:
        was, becomes = _of(before, keys), _of(after, keys)
        if was == becomes:
            continue
        if hidden(becomes):
            open_.append(keys[-1])
            continue
        for text, sure in compare(before, after):
            (lost if sure else open_).append(text)
    if lost:
        return Less(tuple(lost), "")
    return Less(tuple(open_), f"whether it tests as much is not known: {open_[0]}") if open_ else None


def _of(values: Values, keys: tuple[str, ...]) -> Json:
    """What stands at the keys; a text in place of an object there hides it, and is given instead."""
    found: Json = values
    for key in keys:
        found = found if isinstance(found, str) else as_object(found).get(key)
    return found


def _rarer(before: Values, after: Values) -> Iterator[tuple[str, bool]]:
    """Tests that are further apart; a schedule that was none tested nothing."""
    was, becomes = _pace(before), _pace(after)
    if was is None:
        return
    if becomes is None:
        yield "ScheduleExpression", False
    elif becomes[0] > was[0] + _CLOCKS or (abs(becomes[0] - was[0]) <= _CLOCKS and becomes[1] < was[1]):
        yield f"a test at least every {was[0] / _DAY:g} days", True


def _pace(values: Values) -> tuple[int, int] | None:
    """The longest milliseconds between two tests, and how many there are; None of what is no schedule."""
    expression = values.get("ScheduleExpression") or _SCHEDULE
    zone = values.get("ScheduleExpressionTimezone") or _ZONE
    try:
        due = Schedule.parse(str(expression), str(zone)).due_ms(_START, _START + _LOOK)
    except InvalidSchedule:
        return None
    return (int(np.diff(due).max()), len(due)) if len(due) >= _TWO else None


def _shorter(before: Values, after: Values) -> Iterator[tuple[str, bool]]:
    was, becomes = (_days(as_object(one.get(_CHOICE)).get("SelectionWindowDays")) for one in (before, after))
    if becomes < was:
        yield f"recovery points of the last {was} days", True


def _days(value: Json) -> int:
    return value if isinstance(value, int) and value else _WINDOW


def _fewer_vaults(before: Values, after: Values) -> Iterator[tuple[str, bool]]:
    was, becomes = (_texts(_of(one, (_CHOICE, "IncludeVaults"))) for one in (before, after))
    yield from ((f"recovery points of {one}", True) for one in was if not _covered(one, becomes))


def _more_left_out(before: Values, after: Values) -> Iterator[tuple[str, bool]]:
    was, becomes = (_texts(_of(one, (_CHOICE, "ExcludeVaults"))) for one in (before, after))
    yield from ((f"recovery points of {one}", True) for one in becomes if not _covered(one, was))


def _fewer_types(before: Values, after: Values) -> Iterator[tuple[str, bool]]:
    was, becomes = (_texts(_of(one, (_CHOICE, "RecoveryPointTypes"))) for one in (before, after))
    yield from ((f"recovery points of the type {one}", True) for one in was if one not in becomes)


def _fewer_resources(before: Values, after: Values) -> Iterator[tuple[str, bool]]:
    """Without ARNs, the conditions choose among all resources of the type."""
    was, becomes = (_texts(one.get("ProtectedResourceArns")) or [_ANY] for one in (before, after))
    for one in was:
        if not _covered(one, becomes):
            yield "all resources of its type" if one == _ANY else one, True


def _more_conditions(before: Values, after: Values) -> Iterator[tuple[str, bool]]:
    """Any where there were none; whether several are all to hold is not stated."""
    was, becomes = (_conditions(one) for one in (before, after))
    if becomes and not was:
        yield "resources of any tags", True
    elif becomes and was != becomes:
        yield "ProtectedResourceConditions", False


def _conditions(values: Values) -> set[str]:
    found = as_object(values.get("ProtectedResourceConditions"))
    return {repr((key, entry)) for key in found for entry in as_list(found[key])}


def _less_time(before: Values, after: Values) -> Iterator[tuple[str, bool]]:
    was, becomes = (one.get("ValidationWindowHours") or 0 for one in (before, after))
    if isinstance(was, int) and isinstance(becomes, int) and becomes < was:
        yield f"{was} hours for a validation", True


def _texts(value: Json) -> list[str]:
    return sorted(one for one in as_list(value) if isinstance(one, str))


def _covered(one: str, patterns: list[str]) -> bool:
    return one in patterns or any(
        compiled(pattern).fullmatch(one) is not None for pattern in patterns if _ANY in pattern
    )


_Compare = Callable[[Values, Values], Iterator[tuple[str, bool]]]
#: What is compared, and how; a part that is the same is not.
_PARTS: Final[tuple[tuple[tuple[str, ...], _Compare], ...]] = (
    (("ScheduleExpression",), _rarer),
    ((_CHOICE, "SelectionWindowDays"), _shorter),
    ((_CHOICE, "IncludeVaults"), _fewer_vaults),
    ((_CHOICE, "ExcludeVaults"), _more_left_out),
    ((_CHOICE, "RecoveryPointTypes"), _fewer_types),
    (("ProtectedResourceArns",), _fewer_resources),
    (("ProtectedResourceConditions",), _more_conditions),
    (("ValidationWindowHours",), _less_time),
)
