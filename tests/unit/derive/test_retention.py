"""How long recovery points are kept."""

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from auditor.derive.retention import retained_days

DAY = 86_400_000


def test_days_are_of_24_hours() -> None:
    """From creation to calculated deletion; half a day counts."""
    created = np.array([0, 5, DAY], np.int64)
    assert retained_days(created, np.array([35 * DAY, 5, DAY * 35 + DAY // 2])).tolist() == [35.0, 0.0, 34.5]


def test_without_one_of_the_dates_there_are_no_days() -> None:
    """Neither "for ever" nor zero: nan."""
    found = retained_days(np.array([-1, 7, -1], np.int64), np.array([DAY, -1, -1], np.int64))
    assert np.isnan(found).all()


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.integers(0, 36_500))  # noqa: DTZ001 -- likewise
def test_a_lifecycle_of_whole_days_is_those_days_across_clock_changes(created: datetime, days: int) -> None:
    """AWS counts the calculated deletion in days of 24 h from the creation, in UTC."""
    begun = created.replace(tzinfo=UTC, microsecond=0)
    ended = begun + timedelta(days=days)
    both = [np.array([round(moment.timestamp() * 1000)], np.int64) for moment in (begun, ended)]
    assert retained_days(*both).tolist() == [float(days)]
