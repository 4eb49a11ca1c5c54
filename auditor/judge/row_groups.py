"""Parquet files of which a row group holds many rows, however few come at a time.

What a small account and Region gives is a few rows: written by themselves, they would be mostly headers.
"""

from types import TracebackType
from typing import BinaryIO, Final, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auditor.evaluate.arrow import joined

#: A column of few words.
WORD: Final = pa.dictionary(pa.int32(), pa.string())
_ROWS: Final = 32_768
_BYTES: Final = 4 << 20  # a row group of long texts is written earlier


class RowGroups:
    """Takes tables of one schema in order; a context manager that writes the file to its end.

    The words of a column stand in the order of its rows, so that equal rows give equal bytes. Raises
    `OSError` where it cannot write.
    """

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._words = [field.name for field in schema if field.type == WORD]
        self._writer = pq.ParquetWriter(file, schema, compression="zstd", use_dictionary=self._words or True)
        self._held: list[pa.Table] = []
        self._rows = self._bytes = 0

    def __enter__(self) -> Self:
        """Nothing to prepare."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the rest, unless there was an error, and the end of the file."""
        if error is None and self._held:
            self._write()
        self._writer.close()

    def add(self, table: pa.Table) -> None:
        """Hold a table, and write what is held where it is enough for a row group."""
        self._held.append(table)
        self._rows += table.num_rows
        self._bytes += table.nbytes
        if self._rows >= _ROWS or self._bytes >= _BYTES:
            self._write()

    def _write(self) -> None:
        table = pa.concat_tables(self._held).unify_dictionaries()
        for name in self._words:
            number = table.schema.get_field_index(name)
            table = table.set_column(number, table.schema.field(number), _in_order(table.column(number)))
        self._writer.write_table(table)
        self._held.clear()
        self._rows = self._bytes = 0


def _in_order(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """The same column with no other words than its own, as they first stand in it."""
    encoded = joined(column)
    used = pc.unique(encoded.indices).drop_null()
    numbers = pc.index_in(encoded.indices, options=pc.SetLookupOptions(used, skip_nulls=True))
    return pa.DictionaryArray.from_arrays(numbers, encoded.dictionary.take(used))
