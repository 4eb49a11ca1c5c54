"""Arrow columns of made-up identifiers and words, a hundred thousand rows at a time and no Python per row."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_DIGITS: Final = np.frombuffer(b"0123456789abcdef", np.uint8)
_DASHES: Final = (8, 13, 18, 23)
_UUID: Final = 36


def identifiers(prefix: str, random: np.random.Generator, rows: int, digits: int = 17) -> pa.Array:
    """`prefix` and that many random hexadecimal digits, in each row."""
    return _texts(prefix, _digits(random, rows, digits))


def uuids(prefix: str, random: np.random.Generator, rows: int) -> pa.Array:
    """`prefix` and a random UUID, in each row."""
    text = _digits(random, rows, _UUID)
    text[:, _DASHES] = ord("-")
    return _texts(prefix, text)


def words(values: Sequence[str | None], codes: NDArray[np.int64]) -> pa.Array:
    """`values[codes[i]]` in row i."""
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(values, pa.string())).cast(
        pa.string()
    )


def same(value: object, kind: pa.DataType, rows: int) -> pa.Array:
    """The same value, or null, in each row."""
    return pa.repeat(pa.scalar(value, kind), rows)


def times(milliseconds: NDArray[np.int64]) -> pa.Array:
    """A time column of epoch milliseconds."""
    return pa.array(milliseconds, pa.int64()).cast(pa.timestamp("ms", tz="UTC"))


def _digits(random: np.random.Generator, rows: int, digits: int) -> NDArray[np.uint8]:
    texts: NDArray[np.uint8] = _DIGITS[random.integers(0, 16, (rows, digits), np.uint8)]
    return texts


def _texts(prefix: str, endings: NDArray[np.uint8]) -> pa.Array:
    rows, width = endings.shape
    start = np.frombuffer(prefix.encode(), np.uint8)
    text = np.empty((rows, len(start) + width), np.uint8)
    text[:, : len(start)] = start
    text[:, len(start) :] = endings
    offsets = np.arange(rows + 1, dtype=np.int32) * text.shape[1]
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(text))
