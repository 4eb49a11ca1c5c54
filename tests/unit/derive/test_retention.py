"""How long recovery points are kept."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from auditor.derive.retention import NEVER_MS, Retention, meets, retained_days, retained_days_array
from auditor.model.plans import Lifecycle


@pytest.mark.parametrize(
    ("days", "floor", "ceiling", "expected"),
    [
        (35, 35, None, Retention.MEETS),
        (34, 35, None, Retention.BELOW_FLOOR),
        (90, 35, 90, Retention.MEETS),
        (91, 35, 90, Retention.ABOVE_CEILING),
        (None, 35, None, Retention.MEETS),
        (None, 35, 90, Retention.NEVER_EXPIRES),
    ],
)
def test_a_lifecycle_against_floor_and_ceiling(
    days: int | None, floor: int, ceiling: int | None, expected: Retention
) -> None:
    """Both ends are included; no end is a fault only under a ceiling."""
    assert meets(Lifecycle(days), floor, ceiling) is expected


def test_retained_days_are_days_of_24_hours() -> None:
    """From creation to calculated deletion; half a day counts; no deletion is None."""
    created = datetime(2026, 1, 1, 5, tzinfo=UTC)
    assert retained_days(created, created + timedelta(days=35)) == 35.0
    assert retained_days(created, created + timedelta(days=34, hours=12)) == 34.5
    assert retained_days(created, None) is None


def test_the_column_agrees_with_the_scalar() -> None:
    """Infinity stands for never; the others are the scalar's days."""
    created = np.array([0, 86_400_000, 5], dtype=np.int64)
    delete_at = np.array([35 * 86_400_000, 86_400_000, NEVER_MS], dtype=np.int64)
    assert retained_days_array(created, delete_at).tolist() == [35.0, 0.0, np.inf]
