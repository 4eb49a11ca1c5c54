"""Columns of text, and of any type as text, as the lists for people have them.

They are made by their buffers: `pyarrow.array` and `pyarrow.scalar` import pandas, where there is one (40 MB,
a fifth of a second), only to see whether their argument is a pandas object.
"""

from collections.abc import Iterable
from functools import cache
from itertools import accumulate
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import DTypeLike, NDArray

_DAY: Final = 86_400
#: Letters of a date with the T behind it.
_DATE: Final = 11


def texts(values: Iterable[str | None]) -> pa.Array:
    """A column of text; None is null."""
    encoded = [None if value is None else value.encode() for value in values]
    known = np.array([value is not None for value in encoded], bool)
    ends = np.array([0, *accumulate(len(value or b"") for value in encoded)], np.int32)
    data = b"".join(value or b"" for value in encoded)
    nulls = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.StringArray.from_buffers(len(encoded), pa.py_buffer(ends), pa.py_buffer(data), nulls)


def integers(values: NDArray[np.int64]) -> pa.Array:
    """A column of whole numbers."""
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def array(column: pa.Array, kind: DTypeLike) -> NDArray[Any]:
    """The values of a column without nulls, whose Arrow type is that numpy type; not to be written to."""
    dtype = np.dtype(kind)
    buffer = column.buffers()[1]
    if buffer is None:
        return np.zeros(0, dtype)
    return np.frombuffer(buffer, dtype, len(column), column.offset * dtype.itemsize)


def text(value: str) -> Any:
    """One text, as the functions of pyarrow take it beside a column."""
    return texts([value])[0]


#: Text without a character.
EMPTY: Final = text("")
_NOTHING: Final = texts([None])[0]


def as_text(column: pa.Array) -> pa.Array:
    """The column as text: times as RFC 3339 in UTC to the second, yes and no as `true` and `false`.

    What is null stays so; a dictionary of texts is left as it is.
    """
    kind = column.type
    if pa.types.is_timestamp(kind):
        return _moments(column.cast(pa.timestamp("s", kind.tz), safe=False))
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind):
        return column
    return column.cast(pa.string())


def _moments(column: pa.Array) -> pa.Array:
    """Times of whole seconds as text: each day is put into words once, as Arrow's own way is slow.

    A year that has not four digits goes that way.
    """
    day, second = np.divmod(array(pc.fill_null(column.cast(pa.int64()), 0), np.int64), _DAY)
    coded = integers(day).dictionary_encode()
    days, number = array(coded.dictionary, np.int64), array(coded.indices, np.int32)
    named = pc.strftime(integers(days * _DAY).cast(column.type), format="%Y-%m-%dT").to_pylist()
    if any(len(one) != _DATE for one in named):
        return pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")
    dates = np.frombuffer("".join(named).encode(), np.uint8).reshape(-1, _DATE)
    found = np.concatenate([dates[number], _clock()[second]], axis=1)
    ends = np.arange(len(found) + 1, dtype=np.int32) * found.shape[1]
    made = pa.StringArray.from_buffers(len(found), pa.py_buffer(ends), pa.py_buffer(found))
    return pc.if_else(pc.is_valid(column), made, _NOTHING) if column.null_count else made


@cache
def _clock() -> NDArray[np.uint8]:
    """Each second of a day as the nine letters `hh:mm:ssZ`."""
    second = np.arange(_DAY)
    parts = np.stack([second // 3_600, second // 60 % 60, second % 60])
    made = np.full((_DAY, 9), ord(":"), np.uint8)
    made[:, [0, 3, 6]] = (parts // 10 + ord("0")).T
    made[:, [1, 4, 7]] = (parts % 10 + ord("0")).T
    made[:, 8] = ord("Z")
    return made
