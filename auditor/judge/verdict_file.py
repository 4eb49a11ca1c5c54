"""`verdicts.parquet`, as it is read again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auditor.model.errors import UsageError
from reports.document import VERDICTS


@contextmanager
def opened(path: Path) -> Iterator[pq.ParquetFile]:
    """The file, open.

    Raises:
        OSError: there is none.
        UsageError: it is another file.
    """
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except pa.ArrowInvalid:
        raise UsageError(
            f"{path} is not as it was written; write it again with `auditor evaluate {path.parent}`."
        ) from None


def counted(path: Path) -> dict[str, int]:
    """How many of each verdict it holds; raises as `opened` does."""
    counts = dict.fromkeys(VERDICTS, 0)
    with opened(path) as file:
        for batch in file.iter_batches(columns=["verdict"]):
            for row in pc.value_counts(batch.column(0)).to_pylist():
                counts[row["values"]] += row["counts"]
    return counts
