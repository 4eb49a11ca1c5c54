"""When a backup rule is due: AWS's cron and rate expressions in a time zone, as instants in UTC.

Source: aws-backup.md 4.1; EventBridge User Guide, "Cron expressions" and "Rate expressions"; EventBridge
Scheduler User Guide, "Daylight saving time".
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import timezone as fixed_zone
from itertools import pairwise
from typing import Final, Literal, Self
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from auditor.derive.cron import Cron
from auditor.model.errors import UsageError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_MINUTE_MS: Final = 60_000
_HOUR_MINUTES: Final = 60
_UNIT_MINUTES: Final = {"minute": 1, "hour": 60, "day": 1440}
_RATE: Final = re.compile(r"rate\(\s*([0-9]{1,9})\s+(minute|hour|day)(s?)\s*\)")
#: Characters of an expression that a sentence repeats.
_SHOWN: Final = 200
_CRON: Final = re.compile(r"cron\((.*)\)")

Int64s = NDArray[np.int64]


class InvalidSchedule(UsageError):  # noqa: N818 -- named for the user: the schedule is invalid
    """A schedule expression or time zone that AWS Backup does not take."""


@dataclass(frozen=True, slots=True)
class ClockChanges:
    """What becomes of a due time on the two days of the year when clocks change.

    AWS Backup points to EventBridge Scheduler (aws-backup.md 4.1), whose documents say the defaults.
    `missing`: a local time that does not exist is skipped, or shifted by the missing hour. `repeated`: a
    local time that comes twice is due the first time only, or both times.
    """

    missing: Literal["skip", "shift"] = "skip"
    repeated: Literal["first", "both"] = "first"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a rule is due. Make one with `parse`."""

    expression: str
    timezone: str
    clock_changes: ClockChanges
    _source: Cron | int = field(repr=False, compare=False)  # a rate is its period in milliseconds

    @classmethod
    def parse(
        cls, expression: str, timezone: str = "UTC", *, clock_changes: ClockChanges | None = None
    ) -> Self:
        """Read `cron(…)`, six bare cron fields or `rate(…)`.

        The API documents cron only; some clients send a rate. A rate counts from 1970-01-01T00:00Z: its
        interval is certain, its phase is not. AWS Backup's shortest interval is an hour (aws-backup.md 4.1).

        Raises:
            InvalidSchedule: the expression or the IANA time zone is wrong, or fires more often than hourly.
        """
        text = expression.strip()
        source: Cron | int = _rate(text) if text.startswith("rate") else _cron(text)
        _zone(timezone)
        return cls(expression, timezone, clock_changes or ClockChanges(), source)

    def due_times(self, start: datetime, end: datetime) -> list[datetime]:
        """Every due time in [start, end), in UTC and sorted. Both must be aware."""
        return [_EPOCH + timedelta(milliseconds=ms) for ms in self.due_ms(start, end).tolist()]

    def due_ms(self, start: datetime, end: datetime) -> Int64s:
        """Every due time in [start, end) as epoch milliseconds, sorted. Both must be aware."""
        first, stop = _milliseconds(start), _milliseconds(end)
        if isinstance(self._source, int):
            period = self._source
            return np.arange(-(-first // period) * period, stop, period, dtype=np.int64)
        zone = _zone(self.timezone)
        if start >= end:
            return np.empty(0, dtype=np.int64)
        around = timedelta(days=1)  # clocks may jump over midnight
        days = self._source.days(
            (start - around).astimezone(zone).date(), (end + around).astimezone(zone).date()
        )
        midnights = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days]
        local = np.array([_milliseconds(midnight) for midnight in midnights], dtype=np.int64)
        minutes = np.array(self._source.minutes_of_day, dtype=np.int64)
        clock = (local[:, None] + minutes * _MINUTE_MS).ravel()
        due = clock if self.timezone == "UTC" else _instants(clock, zone, self.clock_changes)
        return due[(due >= first) & (due < stop)]


def _rate(text: str) -> int:
    """The period in milliseconds. EventBridge takes the singular unit for 1 and the plural for the rest."""
    match = _RATE.fullmatch(text)
    if match is None or (match[1] == "1") == bool(match[3]) or int(match[1]) == 0:
        raise InvalidSchedule(
            f"{_shown(text)} is not a rate; write one such as rate(1 day) or rate(12 hours)."
        )
    minutes = int(match[1]) * _UNIT_MINUTES[match[2]]
    if minutes < _HOUR_MINUTES:
        raise InvalidSchedule(
            f"{_shown(text)} fires more often than hourly, the shortest interval of AWS Backup."
        )
    return minutes * _MINUTE_MS


def _cron(text: str) -> Cron:
    match = _CRON.fullmatch(text)
    try:
        cron = Cron.parse(match[1] if match else text)
    except ValueError as error:
        advice = "write six fields such as cron(0 5 ? * * *)"
        why = str(error) if len(text) <= _SHOWN else "a field of it is wrong"
        raise InvalidSchedule(f"{_shown(text)} is not a schedule of AWS Backup: {why}; {advice}.") from error
    times = cron.minutes_of_day
    if any(later - earlier < _HOUR_MINUTES for earlier, later in pairwise(times)):
        raise InvalidSchedule(
            f"{_shown(text)} fires more often than hourly, the shortest interval of AWS Backup."
        )
    return cron


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def _zone(name: str) -> ZoneInfo | fixed_zone:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown, not a relative path, a folder of zones
        raise InvalidSchedule(
            f"{_shown(name)} is not a time zone; write an IANA name such as Asia/Tokyo."
        ) from error


def _milliseconds(time: datetime) -> int:
    """Epoch milliseconds, rounded up: the first whole millisecond at or after `time`."""
    return -((_EPOCH - time) // _MILLISECOND)


def _instants(clock: Int64s, zone: ZoneInfo | fixed_zone, changes: ClockChanges) -> Int64s:
    """UTC instants of local clock readings (milliseconds as if they were UTC), sorted, each once."""
    found: set[int] = set()
    for reading in clock.tolist():
        local = (_EPOCH + timedelta(milliseconds=reading)).replace(tzinfo=zone)
        before, after = _offset(local), _offset(local.replace(fold=1))
        if after > before and changes.missing == "skip":
            continue
        found.add(reading - before)
        if after < before and changes.repeated == "both":
            found.add(reading - after)
    return np.array(sorted(found), dtype=np.int64)


def _offset(local: datetime) -> int:
    """Milliseconds east of UTC."""
    return (local.utcoffset() or timedelta()) // _MILLISECOND
