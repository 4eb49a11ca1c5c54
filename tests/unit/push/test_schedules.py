"""The declared table of schedules is true."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from auditor.catalogue.load import Catalogue
from auditor.derive.cadence import TimedRule, cadence
from auditor.derive.schedule import Schedule

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def table(catalogue: Catalogue) -> list[dict[str, Any]]:
    """The rows of the shipped table."""
    rows: list[dict[str, Any]] = catalogue.data["parameters"]["organization"]["schedules"]
    return rows


def schedules(row: dict[str, Any]) -> list[Schedule]:
    """The schedules of a row's rules."""
    return [Schedule.parse(rule["schedule"], "Etc/UTC") for rule in row["rules"]]


def test_each_row_keeps_the_interval_that_it_declares(table: list[dict[str, Any]]) -> None:
    """The longest time between two due times of a row's rules together is the declared one."""
    found = {
        row["worst_interval_hours"]: cadence(
            [TimedRule(one, timedelta(0), 1) for one in schedules(row)], START
        ).worst
        for row in table
    }
    assert found == {hours: timedelta(hours=hours) for hours in found}


def test_start_windows_of_a_row_never_overlap(table: list[dict[str, Any]]) -> None:
    """AWS Backup runs one of two rules whose start windows overlap (aws-backup.md 4.2)."""
    for row in table:
        due = sorted(
            moment for one in schedules(row) for moment in one.due_times(START, START + timedelta(days=30))
        )
        closest = min(later - earlier for earlier, later in pairwise(due))
        assert closest >= timedelta(minutes=row["start_window_minutes"])


def test_one_rule_of_each_row_copies_as_often_as_is_demanded(
    catalogue: Catalogue, table: list[dict[str, Any]]
) -> None:
    """With the shortest RPO that takes the row, its plan passes BKP-ISO-003."""
    rpos = catalogue.data["parameters"]["controls"]["copy_max_age_rpos"]
    for row in table:
        window = timedelta(minutes=row["start_window_minutes"])
        rpo = timedelta(hours=row["worst_interval_hours"]) + window
        (copying,) = (one for one, rule in zip(schedules(row), row["rules"], strict=True) if rule["copy"])
        worst = cadence([TimedRule(copying, window, 1)], START).worst
        assert worst is not None
        assert worst <= rpos * rpo
