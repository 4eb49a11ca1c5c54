"""`verdicts.parquet` and `gaps.parquet`, as they are read again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auditor.files import regular
from auditor.judge.sink import SCHEMA
from auditor.model.errors import UsageError
from auditor.model.verdicts import Gap
from reports.document import VERDICTS

_COLUMNS: Final = {
    "verdicts.parquet": {*SCHEMA.names} - {"causes"},  # which those of older releases lack
    "gaps.parquet": {field.name for field in fields(Gap)},
}


@contextmanager
def opened(path: Path) -> Iterator[pq.ParquetFile]:
    """The file, open, for a block that reads it.

    Raises:
        FileNotFoundError: there is none.
        UsageError: it is another file, or broken.
    """
    try:
        with pq.ParquetFile(regular(path)) as file:
            if not _COLUMNS[path.name] <= set(file.schema_arrow.names):
                raise pa.ArrowInvalid("a column is missing")
            yield file
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as error:
        others = isinstance(error, OSError) and error.errno is not None and error.filename != str(path)
        if others:  # not of this file, nor of what is in it (Arrow gives no number)
            raise
        raise UsageError(
            f"{path} is not as it was written; write it again with `auditor evaluate {path.parent}`."
        ) from None


def counted(path: Path) -> dict[str, int]:
    """How many of each verdict it holds; raises as `opened` does."""
    counts = dict.fromkeys(VERDICTS, 0)
    with opened(path) as file:
        for batch in file.iter_batches(columns=["verdict"]):
            for row in pc.value_counts(batch.column(0)).to_pylist():
                counts[row["values"]] = counts.get(row["values"], 0) + row["counts"]
    return counts
