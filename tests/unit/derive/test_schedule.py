"""Due times of cron and rate expressions."""

import calendar
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.derive.schedule import ClockChanges, InvalidSchedule, Schedule

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def utc(*fields: int) -> datetime:
    """A moment in UTC."""
    return datetime(*fields, tzinfo=UTC)  # type: ignore[misc,arg-type]  # it may be all seven


def days_of(expression: str, first: date, last: date) -> list[date]:
    """The dates in [first, last] on which an expression in UTC is due."""
    start, end = utc(first.year, first.month, first.day), utc(last.year, last.month, last.day) + DAY
    return [due.date() for due in Schedule.parse(expression).due_times(start, end)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 5 L * ? *)", [31, 28, 31, 30]),
        ("cron(0 5 LW * ? *)", [30, 27, 31, 30]),  # 31 January is a Saturday, 28 February too
        ("cron(0 5 L-3 * ? *)", [28, 25, 28, 27]),
        ("cron(0 5 L-30 * ? *)", [1, None, 1, None]),
        ("cron(0 5 1W * ? *)", [1, 2, 2, 1]),  # 1 February and 1 March are Sundays
        ("cron(0 5 31W * ? *)", [30, None, 31, None]),
        ("cron(0 5 15W * ? *)", [15, 16, 16, 15]),
        ("cron(0 5 ? * 6L *)", [30, 27, 27, 24]),
        ("cron(0 5 ? * FRIL *)", [30, 27, 27, 24]),
        ("cron(0 5 ? * MON#1 *)", [5, 2, 2, 6]),
        ("cron(0 5 ? * 2#5 *)", [None, None, 30, None]),
        ("cron(0 5 29 2 ? *)", [None, None, None, None]),
        ("cron(0 5 30 JAN,apr ? *)", [30, None, None, 30]),
    ],
)
def test_one_day_a_month(expression: str, expected: list[int | None]) -> None:
    """L, W and # find the day that EventBridge documents in January to April 2026, and no other."""
    found = days_of(expression, date(2026, 1, 1), date(2026, 4, 30))
    assert found == [date(2026, month, day) for month, day in enumerate(expected, 1) if day]


def test_the_last_day_of_the_week_is_saturday() -> None:
    """A bare L as day of the week means Saturday, which the library never finds."""
    assert days_of("cron(0 5 ? * L *)", date(2026, 1, 1), date(2026, 1, 20)) == [
        date(2026, 1, 3),
        date(2026, 1, 10),
        date(2026, 1, 17),
    ]


def test_a_leap_day_is_found_across_2100() -> None:
    """2100 has no 29 February: the library's search gives up there, ours goes on."""
    assert days_of("cron(0 5 29 2 ? *)", date(2096, 3, 1), date(2108, 12, 31)) == [
        date(2104, 2, 29),
        date(2108, 2, 29),
    ]


def test_years_bound_a_schedule() -> None:
    """The year field starts and ends a schedule."""
    assert days_of("cron(0 5 1 6 ? 2027-2028)", date(2020, 1, 1), date(2032, 1, 1)) == [
        date(2027, 6, 1),
        date(2028, 6, 1),
    ]


@pytest.mark.parametrize(
    ("expression", "hours"),
    [
        ("cron(15 * ? * * *)", [(h, 15) for h in range(24)]),  # the two examples of the API reference,
        ("0 12 * * ? *", [(12, 0)]),  # the second one bare
        ("cron(0 5/12 ? * * *)", [(5, 0), (17, 0)]),
        ("cron(0 13/12 ? * * *)", [(13, 0)]),  # "every 12 hours" from after 11:59 is once a day
        ("cron(0 22-2 * * ? *)", [(0, 0), (1, 0), (2, 0), (22, 0), (23, 0)]),
        ("  cron( 30   4 * * ? * ) ", [(4, 30)]),
        ("rate(6 hours)", [(0, 0), (6, 0), (12, 0), (18, 0)]),
        ("rate(1 day)", [(0, 0)]),
        ("rate(60 minutes)", [(h, 0) for h in range(24)]),
    ],
)
def test_times_of_a_day(expression: str, hours: list[tuple[int, int]]) -> None:
    """Hours and minutes of one day in UTC."""
    due = Schedule.parse(expression).due_times(JANUARY, JANUARY + DAY)
    assert due == [JANUARY + timedelta(hours=h, minutes=m) for h, m in hours]


def test_start_is_included_and_end_is_not() -> None:
    """A due time at the start counts, one at the end does not; a microsecond decides."""
    schedule, five, tick = Schedule.parse("cron(0 5 * * ? *)"), utc(2026, 1, 1, 5), timedelta(microseconds=1)
    assert schedule.due_times(five, five + DAY) == [five]
    assert schedule.due_times(five + tick, five + DAY + tick) == [five + DAY]
    assert schedule.due_times(five, five) == []
    assert schedule.due_times(five + DAY, five) == []
    rate = Schedule.parse("rate(1 hour)")
    assert rate.due_times(five, five + timedelta(hours=1)) == [five]
    assert rate.due_times(five + tick, five + timedelta(hours=1)) == []


@pytest.mark.parametrize(
    ("expression", "timezone", "changes", "around", "expected"),
    [
        # Europe/Berlin, 29 March 2026: 02:00-03:00 does not exist; 25 October 2026: 02:00-03:00 comes twice
        ("30 2 * * ? *", "Europe/Berlin", {}, utc(2026, 3, 28), [utc(2026, 3, 28, 1, 30)]),
        (
            "30 2 * * ? *",
            "Europe/Berlin",
            {"missing": "shift"},
            utc(2026, 3, 28),
            [utc(2026, 3, 28, 1, 30), utc(2026, 3, 29, 1, 30)],
        ),
        (
            "30 2 * * ? *",
            "Europe/Berlin",
            {},
            utc(2026, 10, 24),
            [utc(2026, 10, 24, 0, 30), utc(2026, 10, 25, 0, 30)],
        ),
        (
            "30 2 * * ? *",
            "Europe/Berlin",
            {"repeated": "both"},
            utc(2026, 10, 24),
            [utc(2026, 10, 24, 0, 30), utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 30)],
        ),
        ("0 5 * * ? *", "America/New_York", {}, utc(2026, 3, 7), [utc(2026, 3, 7, 10), utc(2026, 3, 8, 9)]),
        # Cairo skips the hour after midnight on 24 April 2026
        (
            "30 0 * * ? *",
            "Africa/Cairo",
            {"missing": "shift"},
            utc(2026, 4, 23, 12),
            [utc(2026, 4, 23, 22, 30), utc(2026, 4, 24, 21, 30)],
        ),
        ("30 0 * * ? *", "Africa/Cairo", {}, utc(2026, 4, 23, 12), [utc(2026, 4, 24, 21, 30)]),
        # the day of the month is the local one
        ("0 5 1 * ? *", "Asia/Tokyo", {}, utc(2026, 1, 31), [utc(2026, 1, 31, 20)]),
        (
            "0 0 * * ? *",
            "Asia/Kathmandu",
            {},
            utc(2026, 1, 1),
            [utc(2026, 1, 1, 18, 15), utc(2026, 1, 2, 18, 15)],
        ),
    ],
)
def test_time_zones_and_clock_changes(
    expression: str, timezone: str, changes: dict[str, Any], around: datetime, expected: list[datetime]
) -> None:
    """A local time is skipped or shifted in spring and due once or twice in autumn, as the setting says."""
    schedule = Schedule.parse(expression, timezone, clock_changes=ClockChanges(**changes))
    assert schedule.due_times(around, around + 2 * DAY) == expected


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("0 5 * * *", "five"),
        ("cron(0 5 * * * *)", "question mark"),
        ("cron(0 5 ? * ? *)", "question mark"),
        ("cron(60 5 * * ? *)", "minute"),
        ("cron(0 24 * * ? *)", "hour"),
        ("cron(0 5 32 * ? *)", "day-of-month"),
        ("cron(0 5 * 13 ? *)", "month"),
        ("cron(0 5 ? * 8 *)", "day-of-week"),
        ("cron(0 5 ? * MON#6 *)", "day-of-week"),
        ("cron(0 5 * * ? 1969)", "year"),
        ("cron(0 5 *-5 * ? *)", "range"),
        ("cron(0 0/0 * * ? *)", "increment"),
        ("banana", "six fields"),
        ("", "six fields"),
        ("cron(0,30 5 * * ? *)", "hourly"),
        ("cron(0/30 * * * ? *)", "hourly"),
        ("rate(59 minutes)", "hourly"),
        ("rate(1 days)", "rate(1 day)"),
        ("rate(2 day)", "rate(1 day)"),
        ("rate(0 days)", "rate(1 day)"),
        ("rate(1 week)", "rate(1 day)"),
    ],
)
def test_a_wrong_schedule_is_refused_in_one_sentence(expression: str, says: str) -> None:
    """What AWS Backup refuses is refused, with the field named and what to write instead."""
    with pytest.raises(InvalidSchedule) as caught:
        Schedule.parse(expression)
    message = str(caught.value)
    assert says.replace("five", "5 fields") in message
    assert message.count("\n") == 0
    assert message.endswith(".")


@pytest.mark.parametrize("timezone", ["Mars/X", "Europe", "../../etc/passwd", "", "CET-1"])
def test_a_wrong_time_zone_is_refused(timezone: str) -> None:
    """Only IANA names are time zones: no folder of them, no path."""
    with pytest.raises(InvalidSchedule, match="is not a time zone"):
        Schedule.parse("0 5 * * ? *", timezone)


# An oracle that walks every hour of a period and reads the fields for itself.

NUMBERS = st.lists(st.integers(0, 10_000), min_size=1, max_size=3)
NAMES = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


def month_day(day: date) -> int:
    """How many days the month has."""
    return calendar.monthrange(day.year, day.month)[1]


def nearest_weekday(year: int, month: int, wanted: int) -> date | None:
    """The weekday nearest to a date, inside its month."""
    last = calendar.monthrange(year, month)[1]
    if wanted > last:
        return None
    weekdays = [date(year, month, d) for d in range(1, last + 1) if date(year, month, d).weekday() < 5]
    distance = min(abs(d.day - wanted) for d in weekdays)
    # from a Saturday Friday is nearer, from a Sunday Monday; there is never a tie
    return next(d for d in weekdays if abs(d.day - wanted) == distance)


def fires_on(day: date, kind: str, values: list[int]) -> bool:  # noqa: PLR0911 -- one return a kind
    """Whether a day is one of the days that `day_fields` writes."""
    value = values[0]
    aws_weekday = day.isoweekday() % 7 + 1
    if kind == "L":
        return day.day == month_day(day)
    if kind == "LW":
        weekdays = [d for d in range(1, month_day(day) + 1) if day.replace(day=d).weekday() < 5]
        return day.day == max(weekdays)
    if kind == "L-n":
        return day.day == month_day(day) - (value % 30 + 1)
    if kind == "nW":
        return day == nearest_weekday(day.year, day.month, value % 31 + 1)
    if kind == "days":
        return day.day in {v % 31 + 1 for v in values}
    if kind == "weekdays":
        return aws_weekday in {v % 7 + 1 for v in values}
    if kind == "range":
        first, last = value % 7, values[-1] % 7
        return aws_weekday - 1 in {(first + i) % 7 for i in range((last - first) % 7 + 1)}
    if kind == "nL":
        return aws_weekday == value % 7 + 1 and day.day + 7 > month_day(day)
    return aws_weekday == value % 7 + 1 and (day.day - 1) // 7 + 1 == values[-1] % 5 + 1  # n#m


def day_fields(kind: str, values: list[int]) -> tuple[str, str]:
    """The day-of-month and day-of-week fields for a kind of day."""
    value = values[0]
    of_month = {
        "L": "L",
        "LW": "LW",
        "L-n": f"L-{value % 30 + 1}",
        "nW": f"{value % 31 + 1}W",
        "days": ",".join(str(v % 31 + 1) for v in values),
    }
    of_week = {
        "weekdays": ",".join(str(v % 7 + 1) for v in values),
        "range": f"{NAMES[value % 7]}-{NAMES[values[-1] % 7]}",
        "nL": f"{value % 7 + 1}L",
        "n#m": f"{NAMES[value % 7]}#{values[-1] % 5 + 1}",
    }
    return (of_month[kind], "?") if kind in of_month else ("?", of_week[kind])


@settings(deadline=None, max_examples=150)
@given(
    kind=st.sampled_from(["L", "LW", "L-n", "nW", "days", "weekdays", "range", "nL", "n#m"]),
    values=NUMBERS,
    minute=st.integers(0, 59),
    hours=st.lists(st.integers(0, 23), min_size=1, max_size=3),
    months=st.lists(st.integers(1, 12), max_size=2),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"]),
    start=st.datetimes(datetime(2023, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 -- Hypothesis wants bounds without a zone
    length=st.integers(1, 100),
)
def test_due_times_are_those_of_a_walk_through_every_minute(
    kind: str,
    values: list[int],
    minute: int,
    hours: list[int],
    months: list[int],
    zone: str,
    start: datetime,
    length: int,
) -> None:
    """Stepping through the period and reading the local clock finds the same due times, once each."""
    of_month, of_week = day_fields(kind, values)
    month_field = ",".join(map(str, months)) or "*"
    expression = f"cron({minute} {','.join(map(str, hours))} {of_month} {month_field} {of_week} *)"
    end = start + timedelta(days=length)
    expected: list[datetime] = []
    seen: set[datetime] = set()
    at = start.replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    while at < end:
        for step in range(4) if zone != "UTC" else range(1):  # zones change at quarters of an hour
            moment = at + timedelta(minutes=15 * step + (minute % 15 if zone != "UTC" else minute))
            local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            if local.minute != minute or local.hour not in hours or local in seen:
                continue
            seen.add(local)
            on_day = fires_on(local.date(), kind, values) and (not months or local.month in months)
            if on_day and start <= moment < end:
                expected.append(moment)
        at += timedelta(hours=1)
    assert Schedule.parse(expression, zone).due_times(start, end) == expected


@pytest.mark.parametrize(("first", "last"), [(1969, 1970), (2026, 2028), (2198, 2200)])
def test_every_day_is_each_day_of_the_years_that_cron_has(first: int, last: int) -> None:
    """However the fields say it; before 1970 and after 2199 there is none."""
    every, named = (
        days_of(f"cron(0 5 {fields})", date(first, 12, 30), date(last, 3, 1))
        for fields in ("? * * *", "? * 1-7 *")
    )

    assert every == named
    assert days_of("cron(0 5 * * ? *)", date(first, 12, 30), date(last, 3, 1)) == named
