"""Arrow from and to numpy by their buffers.

`pyarrow.array`, `pyarrow.scalar` and `to_numpy` would import pandas (40 MB, a fifth of a second) only to see
whether their argument is a pandas object.
"""

from collections.abc import Iterable
from itertools import accumulate
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray


def numbers(values: NDArray[Any]) -> pa.Array:
    """A column of numbers or booleans."""
    kind = pa.from_numpy_dtype(values.dtype)
    plain = np.packbits(values, bitorder="little") if values.dtype == bool else np.ascontiguousarray(values)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(plain)])


def texts(values: Iterable[str]) -> pa.Array:
    """A column of text."""
    encoded = [value.encode() for value in values]
    ends = np.array([0, *accumulate(map(len, encoded))], np.int32)
    return pa.StringArray.from_buffers(len(encoded), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)))


def joined(column: pa.ChunkedArray) -> pa.Array:
    """All chunks of a column as one."""
    return column.combine_chunks() if column.num_chunks else pa.nulls(0, column.type)


def array(column: pa.Array | pa.ChunkedArray, kind: DTypeLike) -> NDArray[Any]:
    """The values of a column without nulls, whose Arrow type is that numpy type; not to be written to."""
    plain = joined(column) if isinstance(column, pa.ChunkedArray) else column
    dtype = np.dtype(kind)
    buffer = plain.buffers()[1]
    if buffer is None:
        return np.zeros(0, dtype)
    return np.frombuffer(buffer, dtype, len(plain), plain.offset * dtype.itemsize)


#: Text without a character, as pyarrow's functions take it.
EMPTY: Final = texts([""])[0]
