"""Files of many small tables."""

from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from auditor.evaluate.arrow import numbers, texts
from auditor.judge.row_groups import WORD, RowGroups

SCHEMA = pa.schema([("word", WORD), ("text", pa.string())])


def table(words: list[str], codes: list[int], size: int = 1) -> pa.Table:
    """Rows with those words, each `size` times."""
    column = pa.DictionaryArray.from_arrays(numbers(np.repeat(np.array(codes, np.int32), size)), texts(words))
    return pa.Table.from_arrays([column, texts(["x"] * len(column))], schema=SCHEMA)


def written(*tables: pa.Table) -> bytes:
    """The file of them."""
    file = BytesIO()
    with RowGroups(file, SCHEMA) as rows:
        for one in tables:
            rows.add(one)
    return file.getvalue()


def test_tables_of_a_few_rows_become_one_row_group() -> None:
    """In their order, each with a word of its own; a table of many rows ends one."""
    read = pq.ParquetFile(BytesIO(written(table(["b"], [0]), table(["a"], [0], 40_000), table(["c"], [0]))))

    assert [read.metadata.row_group(number).num_rows for number in range(2)] == [40_001, 1]
    assert read.read()["word"].to_pylist() == ["b", *["a"] * 40_000, "c"]


def test_equal_rows_give_equal_bytes() -> None:
    """However their words were encoded, and with which others; another order of rows does not."""
    plain = written(table(["b", "a"], [0, 1]), table(["a"], [0]))

    assert written(table(["a", "unused", "b"], [2, 0]), table(["c", "a"], [1])) == plain
    assert written(table(["b", "a"], [1, 0]), table(["a"], [0])) != plain


def test_a_word_that_is_not_known_stays_so() -> None:
    """It is null, beside others and alone."""
    none = pa.Table.from_arrays([pa.nulls(1, WORD), texts(["y"])], schema=SCHEMA)

    read = pq.ParquetFile(BytesIO(written(none, table(["a"], [0])))).read()
    alone = pq.ParquetFile(BytesIO(written(none))).read()

    assert (read["word"].to_pylist(), alone["word"].to_pylist()) == ([None, "a"], [None])


def test_a_file_of_nothing_has_its_columns() -> None:
    """And no row."""
    assert pq.ParquetFile(BytesIO(written())).read() == SCHEMA.empty_table()
