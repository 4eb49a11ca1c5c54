"""Columns of the evidence as numpy arrays."""

from collections.abc import Collection, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.arrow import array, joined, numbers
from auditor.evaluate.facts import combine, distinct
from auditor.evaluate.times import moment

_ABSENT: Final = numbers(np.array([ABSENT]))[0]
_NO: Final = numbers(np.zeros(1, np.uint8))[0]


def milliseconds(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Epoch milliseconds of a time column; -1 where it is null."""
    return integers(column.cast(pa.int64()))


def rows(table: pa.Table) -> list[dict[str, Any]]:
    """A table of few rows as dictionaries; times are aware, in UTC."""
    columns = {
        field.name: [None if time is None else moment(time) for time in column.cast(pa.int64()).to_pylist()]
        if pa.types.is_timestamp(field.type)
        else column.to_pylist()
        for field, column in zip(table.schema, table.columns, strict=True)
    }
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def integers(column: pa.Array | pa.ChunkedArray) -> NDArray[np.int64]:
    """A column of int64; -1 where it is null."""
    return array(pc.fill_null(column, _ABSENT), np.int64)


def flags(column: pa.Array | pa.ChunkedArray) -> NDArray[np.bool_]:
    """A column of booleans; False where it is null."""
    return array(pc.fill_null(column.cast(pa.uint8()), _NO), np.uint8).astype(bool)


def coded(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[Any]]:
    """Codes (-1 for null) and distinct values of a text column."""
    if pa.types.is_dictionary(column.type):
        encoded = joined(column.unify_dictionaries())
    else:
        encoded = joined(column).dictionary_encode()
    return integers(encoded.indices.cast(pa.int64())), encoded.dictionary.to_pylist()


def words(column: pa.ChunkedArray) -> list[Any]:
    """The distinct values of a text column, without null: those that a row has."""
    codes, values = coded(column)  # of some rows of a table, the dictionary may have more
    return [values[code] for code in np.unique(codes).tolist() if code != ABSENT]


def coded_rows(*columns: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[tuple[Any, ...]]]:
    """Codes of the rows of several text columns and their distinct values, None for null."""
    parts = [coded(column) for column in columns]
    first, codes = distinct(combine([part for part, _ in parts], len(columns[0])))
    words = [np.array([*names, None], object)[part[first]].tolist() for part, names in parts]
    return codes, list(zip(*words, strict=True))


def among(column: pa.ChunkedArray, words: Collection[str | None]) -> NDArray[np.bool_]:
    """Which rows of a text column hold one of `words` (None is null)."""
    codes, values = coded(column)
    return np.array([*(value in words for value in values), None in words], bool)[codes]


def named(column: pa.ChunkedArray, names: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Which rows of `column` are one of `names`; a null never is."""
    if not len(column) or names.null_count == len(names):
        return np.zeros(len(column), bool)
    return flags(pc.is_in(column, names.combine_chunks().drop_null()))


def local_index(column: pa.ChunkedArray, index: Mapping[str, int]) -> NDArray[np.int64]:
    """The resource's number for each ARN of `column`; -1 for one that is not in the inventory."""
    codes, arns = coded(column)
    numbers = np.array([*(index.get(arn, ABSENT) for arn in arns), ABSENT], np.int64)
    return numbers[codes]
