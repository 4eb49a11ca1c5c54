"""How often the rules of a resource back it up, against a plain reading of the rules."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.derive.cadence import Cadence, Spacing, TimedRule, cadence, running, spacing
from auditor.derive.schedule import Schedule
from auditor.model.calendar import FOREVER

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
Drawn = tuple[str, float, int]


def found(*rules: Drawn, start: datetime = JANUARY, zone: str = "UTC") -> Cadence:
    """The cadence of rules: expression, start window in hours, days kept."""
    return cadence(
        [TimedRule(Schedule.parse(text, zone), hours * HOUR, days) for text, hours, days in rules], start
    )


@pytest.mark.parametrize(
    ("expressions", "expected"),
    [
        (["0 5 * * ? *"], DAY),
        (["0 5 ? * MON-FRI *"], 3 * DAY),
        (["0 5 1 * ? *"], 31 * DAY),
        (["0 5 1 1 ? *"], 365 * DAY),
        (["0 0 * * ? *", "0 12 * * ? *"], DAY / 2),
        (["0 5 ? * MON-FRI *", "0 17 ? * SAT,SUN *"], timedelta(hours=36)),
        (["0 5 * * ? *", "0 5 * * ? *"], DAY),
    ],
)
def test_schedules_are_taken_together(expressions: list[str], expected: timedelta) -> None:
    """The longest time between neighbours among all due times."""
    assert found(*((text, 0, 7) for text in expressions)) == Cadence(expected)


@pytest.mark.parametrize(
    ("rules", "zone", "hours"),
    [
        ([("0 1 * * ? *", 1, 7)], "UTC", 25),
        ([("0 1 * * ? *", 1, 7), ("0 13 * * ? *", 1, 7)], "UTC", 13),
        ([("0 1 * * ? *", 8, 7), ("0 13 * * ? *", 1, 7)], "UTC", 20),
        ([("0 1 ? * MON-FRI *", 1, 7)], "UTC", 73),
        ([("0 5 * * ? *", 0, 7)], "Europe/Berlin", 25),
        ([("30 2 * * ? *", 0, 7)], "Europe/Berlin", 47),
    ],
)
def test_start_windows_weekends_and_clock_changes_count(rules: list[Drawn], zone: str, hours: int) -> None:
    """To the end of the start window of the next; a day is 25 h once a year, 47 h when spring skips one."""
    assert found(*rules, zone=zone) == Cadence(hours * HOUR)


@pytest.mark.parametrize(
    ("expression", "start", "hours"),
    [
        ("0 0 31 12 ? *", MARCH, 365 * 24 + 1),
        ("0 0 29 2 ? *", MARCH, 1461 * 24 + 1),
        ("0 0 29 2 ? *", datetime(2092, 3, 1, tzinfo=UTC), (8 * 365 + 1) * 24 + 1),
        ("0 0 1 1 ? 2030,2060", MARCH, (30 * 365 + 7) * 24 + 1),
    ],
)
def test_a_rare_schedule_is_looked_at_until_two_backups_are_due(
    expression: str, start: datetime, hours: int
) -> None:
    """A year, a leap year, across 2100, which has no 29 February, and years that are named."""
    assert found((expression, 1, 7), start=start) == Cadence(hours * HOUR)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 5 1 6 ? 2026", Cadence(None, datetime(2026, 6, 1, 5, tzinfo=UTC))),
        ("0 5 1 1 ? 2199", Cadence(None, datetime(2199, 1, 1, 5, tzinfo=UTC))),
        ("0 5 * * ? 2026", Cadence(DAY, datetime(2026, 12, 31, 5, tzinfo=UTC))),
        ("0 5 * * ? 2026-2027", Cadence(DAY)),
        ("0 5 * * ? 2025", Cadence(None, never_fires=True)),
        ("0 5 30 2 ? *", Cadence(None, never_fires=True)),
    ],
)
def test_schedules_that_end_say_so(expression: str, expected: Cadence) -> None:
    """Once more and never again, an end that is in sight, and no due time however far one looks."""
    assert found((expression, 0, 7), start=MARCH) == expected


@pytest.mark.parametrize(
    ("before", "hours"), [(300 * DAY, 7200), (2 * DAY, 48), (1.5 * DAY, 36), (DAY, 24), (HOUR, 24)]
)
def test_the_time_up_to_the_first_backup_counts(before: timedelta, hours: int) -> None:
    """A schedule that begins in a later year makes none till then, however often it does afterwards."""
    first = datetime(2027, 1, 1, 5, tzinfo=UTC)
    assert found(("0 5 * * ? 2027-2199", 0, 7), start=first - before) == Cadence(hours * HOUR)


def test_no_rule_never_fires() -> None:
    """A plan without rules backs nothing up."""
    assert found() == Cadence(None, never_fires=True)


@pytest.mark.parametrize(
    ("rules", "hours"),
    [
        ([("0 0 * * ? *", 8, 30), ("0 6 * * ? *", 8, 14)], 32),
        ([("0 0 * * ? *", 8, 14), ("0 6 * * ? *", 8, 30)], 32),
        ([("0 0 * * ? *", 8, FOREVER), ("0 6 * * ? *", 8, 36_500)], 32),
        ([("0 0 * * ? *", 6, 30), ("0 6 * * ? *", 8, 14)], 24),
        ([("0 0 * * ? *", 8, 14), ("0 6 * * ? *", 4, 14)], 32),
        ([("0 0 * * ? *", 1, 14), ("0 1 1 * ? *", 24, 30)], 48),
    ],
)
def test_a_rule_that_is_absorbed_counts_for_nothing(rules: list[Drawn], hours: int) -> None:
    """The longer retention runs, the earlier of equal ones; windows that only touch do not overlap."""
    assert found(*rules) == Cadence(hours * HOUR)


def test_a_rule_that_is_absorbed_absorbs_nothing() -> None:
    """The second gives way to the third, so that the first, which overlaps the second only, runs."""
    rules = ("0 1 * * ? *", 1.5, 7), ("0 2 * * ? *", 1.5, 8), ("0 3 * * ? *", 1, 9)
    assert found(*rules) == Cadence(23 * HOUR + HOUR / 2)


def test_what_was_due_before_the_look_absorbs() -> None:
    """At 02:00 the rule of 00:00 is in its window still: the one of 06:00 of that day never runs."""
    rules = ("0 0 * * ? *", 8, 30), ("0 6 1 1 ? *", 8, 14)
    assert found(*rules, start=JANUARY + 2 * HOUR) == Cadence(32 * HOUR)


RULES = st.lists(
    st.tuples(
        st.sampled_from(["* * ? *", "1,15 * ? *", "? * MON-FRI *", "? * TUE *"]),
        st.integers(0, 23),
        st.sampled_from([1, 1.5, 4, 8, 30, 200]),
        st.sampled_from([7, 14, FOREVER]),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda rule: rule[:2],
)


def timed(drawn: Sequence[tuple[str, int, float, int]]) -> list[TimedRule]:
    """The rules that were drawn."""
    return [
        TimedRule(Schedule.parse(f"0 {hour} {days}"), hours * HOUR, kept) for days, hour, hours, kept in drawn
    ]


def plain_runs(
    rules: Sequence[TimedRule], end: datetime, first: Callable[[datetime], Any] = lambda at: at
) -> list[tuple[datetime, datetime, int]]:
    """Strongest first, each due time from March to `end` runs unless its window overlaps one that does.

    That is one of another rule; of those with the same retention the ones come `first` that it says.
    """
    around = max(rule.start_window for rule in rules)
    due = [
        (-rule.retention_days, first(at), number, at)
        for number, rule in enumerate(rules)
        for at in rule.schedule.due_times(MARCH - around, end + around)
    ]
    found: list[tuple[datetime, datetime, int]] = []
    for _, _, number, at in sorted(due):
        until = at + rules[number].start_window
        if not any(other != number and at < ends and begins < until for begins, ends, other in found):
            found.append((at, until, number))
    return sorted(one for one in found if MARCH <= one[0] < end)


@settings(deadline=None, max_examples=60)
@given(RULES)
def test_cadence_is_that_of_a_plain_reading(drawn: list[tuple[str, int, float, int]]) -> None:
    """Of two rules with the same retention the one that is due first runs."""
    seen = plain_runs(timed(drawn), MARCH + 400 * DAY)
    worst = max((later[1] - one[0] for one, later in pairwise(seen)), default=None)
    assert cadence(timed(drawn), MARCH).worst == worst or len(seen) < 2


@pytest.mark.long
@given(RULES, st.randoms(use_true_random=False))
def test_what_runs_for_sure_does_so_whichever_of_equals_runs(
    drawn: list[tuple[str, int, float, int]], chance: Random
) -> None:
    """And what never runs does so for none."""
    seen = {number for _, _, number in plain_runs(timed(drawn), MARCH + 400 * DAY, lambda _: chance.random())}
    for number, runs in enumerate(running(timed(drawn), MARCH)):
        assert runs in (number in seen, None)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], []),
        ([("0 5 * * ? *", 1, 7)], [True]),
        ([("0 5 31 2 ? *", 1, 7), ("0 5 1 1 ? 2025", 1, 7), ("0 5 29 2 ? *", 1, 7)], [False, False, True]),
        ([("0 5 * * ? *", 1, 7), ("0 5 * * ? *", 1, 8)], [False, True]),
        ([("0 5 * * ? *", 1, 7), ("0 6 * * ? *", 1, 8)], [True, True]),
        ([("0 5 * * ? *", 2, 7), ("0 6 * * ? *", 1, 8)], [False, True]),
        ([("0 5 * * ? *", 1, 7), ("0 5 ? * SUN *", 1, 8)], [True, True]),
        ([("0 5 * * ? *", 1, 7), ("0 5 * * ? *", 1, 7)], [None, None]),
        ([("0 5 * * ? *", 1, 7), ("0 5 ? * SUN *", 1, 7)], [True, None]),
        ([("0 5 * * ? *", 2, 7), ("0 6 * * ? *", 2, 8), ("0 7 * * ? *", 1, 9)], [True, False, True]),
        ([("0 5 * * ? *", 8, 8), ("0 10 * * ? *", 8, 8), ("0 17 * * ? *", 1, 7)], [None, None, None]),
        ([("0 5 * * ? *", 8, 8), ("0 10 * * ? *", 8, 8), ("0 11 * * ? *", 1, 7)], [None, None, False]),
        ([("0 * * * ? *", 8, 8), ("0 5 * * ? *", 1, 7)], [True, False]),
    ],
)
def test_which_rules_ever_run(rules: list[Drawn], expected: list[bool | None]) -> None:
    """Those that are due and not always in the window of one that keeps longer, and runs itself."""
    parsed = [TimedRule(Schedule.parse(text), hours * HOUR, days) for text, hours, days in rules]
    assert running(parsed, JANUARY) == expected


DAILY, YEARLY = ("0 0 * * ? *", 1, 35), ("0 0 15 6 ? *", 1, 36)
TEN_YEARS, IN_2032 = timedelta(days=3_650), datetime(2032, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rules", "wanted", "plans", "expected"),
    [
        ([DAILY], [True], [0], Spacing(DAY + HOUR)),
        ([YEARLY], [True], [0], Spacing(366 * DAY + HOUR)),
        ([DAILY, YEARLY], [True, False], [0, 0], Spacing(2 * DAY + HOUR)),
        ([DAILY, YEARLY], [True, False], [0, 1], Spacing(DAY + HOUR)),
        ([DAILY, YEARLY], [True, True], [0, 0], Spacing(DAY + HOUR)),
        ([DAILY, ("0 1 * * ? *", 100, 35)], [True, True], [0, 1], Spacing(DAY + HOUR)),
        ([DAILY, ("0 1 * * ? *", 100, 35)], [False, True], [0, 1], Spacing(DAY + 100 * HOUR)),
        ([DAILY, ("0 12 * * ? *", 2, 35)], [True, True], [0, 1], Spacing(14 * HOUR)),
        ([DAILY, ("0 0 * * ? *", 1, 35)], [True, False], [0, 0], Spacing(TEN_YEARS, more=True)),
        ([DAILY, ("0 0 * * ? *", 1, 35)], [True, False], [0, 1], Spacing(DAY + HOUR)),
        ([("0 0 1 1 ? 2030", 1, 35)], [True], [0], Spacing(TEN_YEARS)),
        ([("0 0 1 1 ? 2030,2032", 1, 35)], [True], [0], Spacing(1461 * DAY + HOUR, IN_2032)),
        ([("0 0 1 1 ? 2027,2032", 1, 35)], [True], [0], Spacing(1826 * DAY + HOUR, IN_2032)),
        ([("0 1 * * ? 2027-2199", 1, 35)], [True], [0], Spacing(365 * DAY + 2 * HOUR)),
        ([("0 0 31 2 ? *", 1, 35), DAILY], [True, False], [0, 0], Spacing(TEN_YEARS)),
    ],
)  # fmt: skip
def test_how_far_apart_some_of_the_rules_run(
    rules: list[Drawn], wanted: list[bool], plans: list[int], expected: Spacing
) -> None:
    """Beside the others of their plan, which may run in their place; those of other plans do not."""
    timed = [TimedRule(Schedule.parse(text, "UTC"), hours * HOUR, days) for text, hours, days in rules]
    assert spacing(timed, wanted, plans, JANUARY) == expected
