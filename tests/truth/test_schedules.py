"""Expected backups, the executor's preview of its runs, and a clock watched quarter by quarter agree.

The executor finds its runs by `auditor.derive.schedule`, which is common ground, and so does the audit. What
neither shares is the third: it knows nothing but what a clock on the wall shows every fifteen minutes.
"""

import calendar
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.executor.database.database import Database
from auditor.executor.operations.plans import create_backup_plan, get_backup_plan
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from tests.loopback.auditing import audit
from tests.loopback.standing import ACCOUNT, HOME, PLAN, VOLUME, World, rule
from tests.truth.test_metamorphic import FEW, MANY

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
ZONES = ("Etc/UTC", "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
         "Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca", "Asia/Tokyo")  # fmt: skip
QUARTER = timedelta(minutes=15)
RUNS = 10
#: How far the clock is watched: every schedule here is due in that time, if seldom.
WATCHED = timedelta(days=400)


def matches(text: str, value: int, low: int, high: int, names: tuple[str, ...] = ()) -> bool:
    """Whether a plain cron field lets a value pass: lists of numbers, names, ranges, steps."""

    def number(word: str) -> int:
        return names.index(word) + low if word in names else int(word)

    for part in text.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        begin = low if first in ("*", "?") else number(first)
        end = number(last) if dash else high if first in ("*", "?") or step else begin
        if begin <= value <= end and (value - begin) % int(step or 1) == 0:
            return True
    return False


def day_matches(day_of_month: str, day_of_week: str, local: datetime) -> bool:
    """Whether a local day is meant: `L`, `LW`, `15W`, `6L`, `2#1` and plain fields."""
    last = calendar.monthrange(local.year, local.month)[1]
    if day_of_week == "?":
        if day_of_month == "L":
            return local.day == last
        if day_of_month == "LW":
            return local.day == max(day for day in range(1, last + 1) if _workday(local, day))
        if day_of_month.endswith("W"):
            return local.day == _nearest(local, int(day_of_month[:-1]), last)
        return matches(day_of_month, local.day, 1, 31)
    if day_of_week == "L":  # the last day of the week
        day_of_week = "7"
    plain, _, nth = day_of_week.partition("#")
    in_week = not nth or (local.day - 1) // 7 + 1 == int(nth)
    in_last_week = not plain.endswith("L") or local.day + 7 > last
    weekday = local.isoweekday() % 7 + 1  # Sunday is 1
    return in_week and in_last_week and matches(plain.rstrip("L"), weekday, 1, 7, WEEKDAYS)


def _workday(local: datetime, day: int) -> bool:
    return local.replace(day=day).weekday() < 5


def _nearest(local: datetime, day: int, last: int) -> int:
    """The working day of the month that is nearest to a day."""
    around = [day + step for step in (0, -1, 1, -2, 2) if 1 <= day + step <= last]
    return next(candidate for candidate in around if _workday(local, candidate))


def shown(expression: str, zone: str, start: datetime, end: datetime) -> Iterator[datetime]:
    """The instants in [start, end) at which the zone's clock first shows a time that is meant."""
    minute, hour, day_of_month, month, day_of_week, year = expression[5:-1].split()
    place = ZoneInfo(zone)
    instant = start + (datetime.min.replace(tzinfo=UTC) - start) % QUARTER
    while instant < end:
        local = instant.astimezone(place)
        if (
            local.fold == 0
            and matches(minute, local.minute, 0, 59)
            and matches(hour, local.hour, 0, 23)
            and matches(month, local.month, 1, 12, MONTHS)
            and matches(year, local.year, 1970, 2199)
            and day_matches(day_of_month, day_of_week, local)
        ):
            yield instant
        instant += QUARTER


@st.composite
def expressions(draw: st.DrawFn) -> str:
    """Cron expressions that fire on a quarter, hourly at most."""
    minute = draw(st.sampled_from(["0", "15", "30", "45"]))
    hour = draw(st.sampled_from(["0", "1", "2", "3", "5", "23", "*", "*/6", "2/8", "1-4", "0,12", "22-23"]))
    months = st.sampled_from(["*", "*", "*", "2", "JAN-JUN", "1/2", "3,10", "OCT"])
    days = draw(
        st.sampled_from(
            [("*", "?"), ("1", "?"), ("31", "?"), ("L", "?"), ("LW", "?"), ("15W", "?"), ("1/5", "?"),
             ("10-20", "?"), ("1,15", "?"), ("?", "*"), ("?", "SUN"), ("?", "MON-FRI"), ("?", "2#1"),
             ("?", "6L"), ("?", "1,4"), ("?", "L"), ("?", "7"), ("29", "?")]
        )
    )  # fmt: skip
    return f"cron({minute} {hour} {days[0]} {draw(months)} {days[1]} *)"


#: Clocks change in many of the weeks after these.
STARTS = st.integers(0, 4 * 366 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def preview(rules: list[dict[str, object]], start: datetime) -> list[tuple[datetime, str]]:
    """The next ten runs as the executor's GetBackupPlan foretells them: time and name of the rule."""
    service = BackupService(Database.open("sqlite://"), lambda: start, [])
    scope = AccountRegion(ACCOUNT, HOME, "aws")
    plan_id = create_backup_plan(service, scope, {"BackupPlan": {"BackupPlanName": "p", "Rules": rules}})
    asked = {"BackupPlanId": plan_id["BackupPlanId"], "MaxScheduledRunsPreview": RUNS}
    answer = get_backup_plan(service, scope, asked)
    service.database.close()
    names = {one["RuleId"]: one["RuleName"] for one in answer["BackupPlan"]["Rules"]}
    return [(run["ExecutionTime"], names[run["RuleId"]]) for run in answer.get("ScheduledRunsPreview", ())]


def made(expression: str, zone: str, name: str = "nightly") -> dict[str, object]:
    """A rule as it is given to CreateBackupPlan."""
    return rule(RuleId=None, RuleName=name, ScheduleExpression=expression, ScheduleExpressionTimezone=zone)


def agrees_with_the_clock(given_rules: list[tuple[str, str]], start: datetime) -> None:
    """The preview is what the clocks show."""
    rules = [made(*one, name=f"rule-{number}") for number, one in enumerate(given_rules)]
    watched = sorted(
        (instant, f"rule-{number}")
        for number, one in enumerate(given_rules)
        for instant in shown(*one, start, start + WATCHED)
    )

    runs = preview(rules, start)

    assert sorted(runs) == watched[: len(runs)]
    assert len(runs) == min(RUNS, len(watched))


def expected(expression: str, zone: str, start: datetime) -> None:
    """What an audit misses of a plan made at `start` that made no backup: every run of the preview."""
    runs = [due for due, _ in preview([made(expression, zone)], start)]
    runs = [due for due in runs if due < start + timedelta(days=27)]
    as_of = (runs[-1] if runs else start) + timedelta(days=1)
    as_of = as_of.replace(hour=0, minute=0) + timedelta(days=1)
    world = World(as_of)
    world.volume(CreateTime=start - timedelta(days=90))
    world.vault(CreationDate=start - timedelta(days=90))
    world.plan(
        [rule(ScheduleExpression=expression, ScheduleExpressionTimezone=zone)],
        PLAN,
        created=start,
    )
    world.selection(created=start - timedelta(days=80), Resources=[VOLUME])
    with tempfile.TemporaryDirectory() as folder:
        judged = audit(world, Path(folder))

    (reason,) = judged.reasons("BKP-FRQ-002", VOLUME)
    slots = reason.evidence["slots"]
    due = [datetime.fromisoformat(one["due"]) for one in slots.get("failures", ())]
    watched = list(shown(expression, zone, start, as_of))
    assert slots["expected"] == slots["missed"] + slots["pending"] == len(watched)
    assert due == watched[: slots["missed"]][::-1][:RUNS]
    assert watched[: len(runs)] == runs


RULES = st.lists(st.tuples(expressions(), st.sampled_from(ZONES)), min_size=1, max_size=3)


@FEW
@given(RULES, STARTS)
def test_the_executor_foretells_what_the_clock_will_show(
    rules: list[tuple[str, str]], start: datetime
) -> None:
    """Ten runs of one, two or three rules, over clock changes and ends of months."""
    agrees_with_the_clock(rules, start)


@FEW
@given(expressions(), st.sampled_from(ZONES), STARTS)
def test_an_audit_expects_what_the_executor_foretold(expression: str, zone: str, start: datetime) -> None:
    """Nothing was backed up: the missed slots are the runs."""
    expected(expression, zone, start)


@pytest.mark.long
@MANY
@given(RULES, STARTS)
def test_foretold_runs_are_those_of_the_clock_for_many_schedules(
    rules: list[tuple[str, str]], start: datetime
) -> None:
    """Many plans, and an audit of the first rule of each."""
    agrees_with_the_clock(rules, start)
    expected(*rules[0], start)
