"""The longest time without a backup, for many resources at once."""

from typing import NamedTuple

import numpy as np

from auditor.derive.columns import Int64s, order_by


class WorstGaps(NamedTuple):
    """The longest gap of each group, the earliest of equals; times are epoch milliseconds.

    `from_index` and `to_index` are positions in the points that were given: those at both ends of the gap.
    -1 is the border: the gap begins at the group's start, or lasts until its end.
    """

    gap_ms: Int64s
    from_ms: Int64s
    to_ms: Int64s
    from_index: Int64s
    to_index: Int64s


def worst_gaps(
    group: Int64s, time_ms: Int64s, until_ms: Int64s, *, start_ms: Int64s, end_ms: Int64s
) -> WorstGaps:
    """The longest time in [start_ms[g], end_ms[g]] without a point, for each group g.

    A point covers the time from `time_ms` to `until_ms`. For a snapshot both are the same; a continuous
    backup covers the time to which it can be restored. Only what lies inside the group's interval counts: a
    backup before the start does not shorten the first gap. A group without points has one gap, its whole
    interval. A group whose start is after its end has none (gap 0 at the end).

    Args:
        group: the group of each point, a position in `start_ms`.
        time_ms: when it begins, epoch milliseconds, in any order.
        until_ms: when it ends, no earlier.
        start_ms: the start of each group's interval, included.
        end_ms: the end of each group's interval, included.
    """
    start = np.minimum(start_ms, end_ms)
    kept = np.flatnonzero((until_ms >= start[group]) & (time_ms <= end_ms[group]))
    kept = kept[order_by(group[kept], time_ms[kept])]
    groups = group[kept]
    times = np.maximum(time_ms[kept], start[groups])
    covered, by = _covered(groups, np.minimum(until_ms[kept], end_ms[groups]))
    opens = np.ones(len(kept), dtype=np.bool_)
    opens[1:] = groups[1:] != groups[:-1]
    heads = np.flatnonzero(opens)
    before, before_index = np.empty_like(times), np.full(len(kept), -1, dtype=np.int64)
    before[1:], before_index[1:] = covered[:-1], kept[by[:-1]]
    before[heads], before_index[heads] = start[groups[heads]], -1
    gap = np.maximum(times - before, 0)

    from_ms, to_ms = start.copy(), end_ms.copy()
    from_index, to_index = np.full((2, len(start_ms)), -1, dtype=np.int64)
    if len(heads):
        present = groups[heads]
        tails = np.append(heads[1:], len(kept)) - 1
        worst = np.maximum.reduceat(gap, heads)
        is_worst = gap == np.repeat(worst, np.diff(np.append(heads, len(kept))))
        at = np.minimum.reduceat(np.where(is_worst, np.arange(len(kept)), len(kept)), heads)
        last = end_ms[present] - covered[tails] > worst
        from_ms[present] = np.where(last, covered[tails], np.minimum(before[at], times[at]))
        to_ms[present] = np.where(last, end_ms[present], times[at])
        from_index[present] = np.where(last, kept[by[tails]], before_index[at])
        to_index[present] = np.where(last, -1, kept[at])
    return WorstGaps(to_ms - from_ms, from_ms, to_ms, from_index, to_index)


def _covered(groups: Int64s, until: Int64s) -> tuple[Int64s, Int64s]:
    """Until when each group is covered by its points so far, and the first of them that reaches so far."""
    if not len(groups):
        return until, np.empty(0, dtype=np.int64)
    span = int(until.max()) - int(until.min()) + 1
    key = groups * span + (until - int(until.min()))
    reached = np.maximum.accumulate(key)
    grows = np.ones(len(key), dtype=np.bool_)
    grows[1:] = reached[1:] > reached[:-1]
    by = np.maximum.accumulate(np.where(grows, np.arange(len(key)), 0))
    return until[by], by
