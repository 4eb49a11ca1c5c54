"""Sorting and grouping of columns: numpy only, no Python per row."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Int64s = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: In a column of codes, rows, times or days: there is none.
ABSENT: Final = -1


def order_by(group: Int64s, value: Int64s) -> Int64s:
    """The positions that sort by group, then value, ties in the given order."""
    if not len(group):
        return np.empty(0, dtype=np.int64)
    least, lowest = int(group.min()), int(value.min())
    span = int(value.max()) - lowest + 1
    if (int(group.max()) - least + 1) * span > np.iinfo(np.int64).max:
        return np.lexsort((value, group))
    # one sort of one key is several times as fast as lexsort, and linear where the rows are sorted already
    return np.argsort((group - least) * span + (value - lowest), kind="stable")


def first_of_each(group: Int64s, *keys: Int64s) -> tuple[Int64s, Int64s]:
    """For each group, the position of its least element by `keys`, ties by position.

    Returns:
        The groups that occur, ascending, and one position for each.
    """
    order = np.lexsort((*reversed(keys), group))
    ordered = group[order]
    first = np.ones(len(ordered), dtype=np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first], order[first]


def ranges(first: Int64s, count: Int64s) -> tuple[Int64s, Int64s]:
    """All pairs (i, first[i] … first[i] + count[i] - 1), in order."""
    owner = np.repeat(np.arange(len(first), dtype=np.int64), count)
    within = np.arange(len(owner), dtype=np.int64) - np.repeat(np.cumsum(count) - count, count)
    return owner, first[owner] + within


def shared(codes: Int64s) -> Int64s:
    """The same numbers; where all are equal, in the room of one, which nobody may write."""
    if len(codes) and (codes == codes[0]).all():
        return np.broadcast_to(codes[:1].copy(), codes.shape)
    return codes
