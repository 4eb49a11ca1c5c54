"""The longest time without a backup, for many resources at once."""

from typing import NamedTuple

import numpy as np

from auditor.derive.columns import Int64s, order_by


class WorstGaps(NamedTuple):
    """The longest gap of each group, the earliest of equals; times are epoch milliseconds.

    `from_index` and `to_index` are positions in the `time_ms` that was given: the points at both ends of the
    gap. -1 is the border: the gap begins at the group's start, or lasts until the end.
    """

    gap_ms: Int64s
    from_ms: Int64s
    to_ms: Int64s
    from_index: Int64s
    to_index: Int64s


def worst_gaps(group: Int64s, time_ms: Int64s, n_groups: int, start_ms: Int64s, end_ms: int) -> WorstGaps:
    """The longest time in [start_ms[g], end_ms] without a point, for each group g in 0 … n_groups - 1.

    A point outside its group's interval counts for nothing: a backup before the start does not shorten the
    first gap, which is counted from the start. A group without points has one gap, its whole interval; one
    whose start is after the end has none (gap 0 at the end).

    Args:
        group: the group of each point.
        time_ms: its time, epoch milliseconds, in any order.
        n_groups: how many groups there are.
        start_ms: the start of each group's interval, included.
        end_ms: the end of every interval, included.
    """
    start = np.minimum(start_ms, end_ms)
    kept = np.flatnonzero((time_ms >= start_ms[group]) & (time_ms <= end_ms))
    kept = kept[order_by(group[kept], time_ms[kept])]
    groups, times = group[kept], time_ms[kept]
    opens = np.ones(len(kept), dtype=np.bool_)
    opens[1:] = groups[1:] != groups[:-1]
    heads = np.flatnonzero(opens)
    before = np.empty_like(times)
    before[1:] = times[:-1]
    before[heads] = start[groups[heads]]
    gap = times - before

    from_ms, to_ms = start.copy(), np.full(n_groups, end_ms, dtype=np.int64)
    from_index, to_index = np.full((2, n_groups), -1, dtype=np.int64)
    if len(heads):
        present = groups[heads]
        tails = np.append(heads[1:], len(kept)) - 1
        worst = np.maximum.reduceat(gap, heads)
        is_worst = gap == np.repeat(worst, np.diff(np.append(heads, len(kept))))
        at = np.minimum.reduceat(np.where(is_worst, np.arange(len(kept)), len(kept)), heads)
        last = end_ms - times[tails] > worst
        from_ms[present] = np.where(last, times[tails], before[at])
        to_ms[present] = np.where(last, end_ms, times[at])
        from_index[present] = kept[np.where(last, tails, at - 1)]
        from_index[present[~last & opens[at]]] = -1
        to_index[present] = np.where(last, -1, kept[at])
    return WorstGaps(to_ms - from_ms, from_ms, to_ms, from_index, to_index)
