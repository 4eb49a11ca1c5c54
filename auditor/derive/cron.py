"""AWS's six-field cron expressions: aws-croniter finds the days, and we correct it where it is wrong.

aws-croniter reads the fields and finds the days. This layer asks it for days only, as the caller knows the
time zone and adds the times of day. It mends four faults of release 2.1:

- `LW` (last weekday of the month) ends in a Python error: asked as `L`, then moved back to Friday;
- `L` in the day-of-week field never fires: it is the last day of the week, Saturday;
- its search gives up after eleven steps, so 29 February is lost across 2100: the search is taken up again;
- some malformed fields (`*-5`, `0/0`) end in a Python error that names no field.

Source: EventBridge User Guide, "Cron expressions"; aws-backup.md 4.1.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, Self

from aws_croniter import AwsCroniter

_FIELDS: Final = 6
_DAY_OF_MONTH: Final = 2
_DAY_OF_WEEK: Final = 4
_SATURDAY: Final = "7"
_FRIDAY: Final = 4
_EVERY: Final = frozenset("*?")
_YEARS: Final = (1970, 2199)  # the first and the last that the field of years has (EventBridge)


@dataclass(frozen=True, slots=True)
class Cron:
    """One cron expression: the days on which it fires, and its times of day in minutes after midnight."""

    minutes_of_day: tuple[int, ...]
    _days: AwsCroniter = field(repr=False, compare=False)
    _last_weekday: bool = field(repr=False)
    _daily: bool = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the six fields, without `cron(…)`; raises `ValueError` that says which field is wrong."""
        fields = text.split()
        if len(fields) != _FIELDS:
            raise ValueError(f"it has {len(fields)} fields instead of six")
        last_weekday = fields[_DAY_OF_MONTH] == "LW"
        if last_weekday:
            fields[_DAY_OF_MONTH] = "L"
        if fields[_DAY_OF_WEEK] == "L":
            fields[_DAY_OF_WEEK] = _SATURDAY
        times = _library(fields)
        minutes, hours = sorted(set(times.minutes)), sorted(set(times.hours))
        return cls(
            tuple(hour * 60 + minute for hour in hours for minute in minutes),
            _library(["0", "0", *fields[_DAY_OF_MONTH:]]),
            last_weekday,
            _EVERY.issuperset(fields[_DAY_OF_MONTH:]),
        )

    def days(self, first: date, last: date) -> Iterator[date]:
        """The days in [first, last] on which it fires, in order."""
        if self._daily and _YEARS[0] <= first.year and last.year <= _YEARS[1]:
            yield from map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1))
            return
        stop = datetime(last.year, last.month, last.day, tzinfo=UTC)
        cursor = datetime(first.year, first.month, 1 if self._last_weekday else first.day, tzinfo=UTC)
        while cursor <= stop:
            found = self._days.occurrence(cursor).next(inclusive=True)
            if found is None:
                cursor = _next_month(cursor)
                continue
            if found > stop and not self._last_weekday:
                return
            day = _weekday_before(found.date()) if self._last_weekday else found.date()
            if first <= day <= last:
                yield day
            cursor = found + timedelta(days=1)


def _library(fields: list[str]) -> AwsCroniter:
    try:
        return AwsCroniter(" ".join(fields))
    except ValueError as error:
        name = type(error).__name__.removeprefix("AwsCroniterExpression").removesuffix("Error")
        if name == "Value":
            raise ValueError("a range or an increment in it is not made of numbers or names") from error
        raise ValueError(str(error).rstrip(".").replace(".One", ": one")) from error


def _next_month(day: datetime) -> datetime:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _weekday_before(day: date) -> date:
    """The day itself, or the Friday before a Saturday or Sunday."""
    return day - timedelta(days=max(0, day.weekday() - _FRIDAY))
