"""Text columns of the evidence as codes."""

import numpy as np
import pyarrow as pa
import pytest

from auditor.evaluate.columns import among, coded, coded_rows

CHUNKS = [["a", None, "b"], [], ["b", "c", "a"]]
PLAIN = pa.chunked_array([pa.array(chunk, pa.string()) for chunk in CHUNKS])
#: As Parquet gives them: each row group with a dictionary of its own.
ENCODED = pa.chunked_array([pa.array(chunk, pa.string()).dictionary_encode() for chunk in CHUNKS])


@pytest.mark.parametrize("column", [PLAIN, ENCODED], ids=["plain", "encoded"])
def test_a_column_is_the_same_words_however_it_was_read(column: pa.ChunkedArray) -> None:
    """Codes, words and membership do not depend on the dictionaries of the chunks; null is no word."""
    codes, words = coded(column)
    assert [None if code < 0 else words[code] for code in codes] == ["a", None, "b", "b", "c", "a"]
    assert among(column, ("a", "c")).tolist() == [True, False, False, False, True, True]
    assert among(column, ("b", None)).tolist() == [False, True, True, True, False, False]


def test_rows_of_several_columns_share_a_code_where_all_of_them_agree() -> None:
    """Null counts as a value of its own."""
    other = pa.chunked_array([pa.array(["x", "x", None, "y", "x", "x"], pa.string())])
    codes, rows = coded_rows(ENCODED, other)
    expected = [("a", "x"), (None, "x"), ("b", None), ("b", "y"), ("c", "x"), ("a", "x")]
    assert [rows[code] for code in codes] == expected
    assert len(rows) == 5


def test_columns_without_rows() -> None:
    """Nothing is known of nothing."""
    empty = pa.chunked_array([], pa.string())
    codes, rows = coded_rows(empty, empty)
    assert (codes.tolist(), rows, among(empty, ("a",)).tolist()) == ([], [], [])
    assert codes.dtype == np.int64
