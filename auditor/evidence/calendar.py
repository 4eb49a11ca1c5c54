"""Which times of an answer are accepted as evidence."""

import pyarrow as pa
import pyarrow.compute as pc

from auditor.model.calendar import END_MS, FIRST_MS


def in_calendar(times: pa.Array | pa.ChunkedArray) -> bool:
    """Whether epoch milliseconds lie within the range that we accept; nulls do."""
    ends = pc.min_max(times)
    first, last = ends["min"].as_py(), ends["max"].as_py()
    return first is None or FIRST_MS <= first <= last < END_MS
