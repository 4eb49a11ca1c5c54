"""Columns as text: times to the second, whatever the year, and null as null."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from reports.text_columns import as_text

_EDGES = [
    None,
    datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 2, 9, 0, 0, 0, 999_000, UTC),
    datetime(2026, 2, 9, 23, 59, 59, tzinfo=UTC),
    datetime(2024, 2, 29, 9, 8, 7, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
]


@pytest.mark.parametrize("unit", ["s", "ms"])
def test_times_are_rfc_3339_to_the_second(unit: str) -> None:
    """On both sides of midnight, of the epoch and of what a year has digits for; null stays null."""
    told = as_text(pa.array(_EDGES).cast(pa.timestamp(unit, "UTC"), safe=False)).to_pylist()
    assert told == [
        None,
        "1969-12-31T23:59:59Z",
        "2026-02-09T00:00:00Z",
        "2026-02-09T23:59:59Z",
        "2024-02-29T09:08:07Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    ]


def test_a_part_of_a_column_a_column_of_nothing_and_a_year_of_five_digits() -> None:
    """A slice is itself; no row, only nulls, and years beyond 9999 are no error."""
    kind = pa.timestamp("ms", "UTC")
    assert as_text(pa.array(_EDGES, kind)[3:5]).to_pylist() == [
        "2026-02-09T23:59:59Z",
        "2024-02-29T09:08:07Z",
    ]
    assert as_text(pa.array([], kind)).to_pylist() == []
    assert as_text(pa.array([None, None], kind)).to_pylist() == [None, None]
    assert as_text(pa.array([253_402_300_800_000], pa.int64()).cast(kind)).to_pylist() == [
        "10000-01-01T00:00:00Z"
    ]
