"""Columns of text, and of any type as text, as the lists for people have them.

They are made by their buffers: `pyarrow.array` and `pyarrow.scalar` import pandas, where there is one (40 MB,
a fifth of a second), only to see whether their argument is a pandas object.
"""

from collections.abc import Iterable
from itertools import accumulate
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import DTypeLike, NDArray


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


def as_text(column: pa.Array) -> pa.Array:
    """The column as text: times as RFC 3339 in UTC to the second, yes and no as `true` and `false`.

    What is null stays so; a dictionary of texts is left as it is.
    """
    kind = column.type
    if pa.types.is_timestamp(kind):
        seconds = column.cast(pa.timestamp("s", kind.tz), safe=False)
        return pc.strftime(seconds, format="%Y-%m-%dT%H:%M:%SZ")
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind):
        return column
    return column.cast(pa.string())
