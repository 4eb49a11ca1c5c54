"""The longest time without a backup."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.derive.timeline import worst_gaps

Point = tuple[int, int] | tuple[int, int, int]


def gaps_of(
    points: Sequence[Point], starts: list[int], ends: list[int]
) -> list[tuple[int, int, int, int, int]]:
    """(gap, from, to, from_index, to_index) of each group; a point is (group, time[, until])."""
    columns = worst_gaps(
        np.array([point[0] for point in points], dtype=np.int64),
        np.array([point[1] for point in points], dtype=np.int64),
        np.array([point[-1] for point in points], dtype=np.int64),
        start_ms=np.array(starts, dtype=np.int64),
        end_ms=np.array(ends, dtype=np.int64),
    )
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([], (100, 0, 100, -1, -1)),
        ([50], (50, 0, 50, -1, 0)),  # of equal gaps the first
        ([40], (60, 40, 100, 0, -1)),
        ([60], (60, 0, 60, -1, 0)),
        ([90, 30], (60, 30, 90, 1, 0)),
        ([0, 100], (100, 0, 100, 0, 1)),  # both borders are inside
        ([-1, 101], (100, 0, 100, -1, -1)),  # outside: no anchor
        ([-1, 20], (80, 20, 100, 1, -1)),
        ([50, 50], (50, 0, 50, -1, 0)),
    ],
)
def test_one_timeline(times: list[int], expected: tuple[int, ...]) -> None:
    """The gap, its ends and the points that bound it, over [0, 100]."""
    assert gaps_of([(0, time) for time in times], [0], [100]) == [expected]


def test_groups_do_not_mix_and_each_has_its_start() -> None:
    """A resource created late is judged from its creation; one created after the end has no gap."""
    points = [(2, 70), (0, 10), (2, 40), (0, 90), (3, 5)]
    assert gaps_of(points, [0, 20, 30, 120], [100, 100, 100, 100]) == [
        (80, 10, 90, 1, 3),
        (80, 20, 100, -1, -1),
        (30, 40, 70, 2, 0),
        (0, 100, 100, -1, -1),
    ]


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([(0, 10, 60)], (40, 60, 100, 0, -1)),
        ([(0, -5, 60)], (40, 60, 100, 0, -1)),  # begun before the start
        ([(0, -5, 200)], (0, 0, 0, -1, 0)),
        ([(0, 10, 90), (0, 30, 30)], (10, 0, 10, -1, 0)),  # a point inside another ends nothing
        ([(0, 10, 50), (0, 30, 30), (0, 90, 90)], (40, 50, 90, 0, 2)),
        ([(0, 10, 50), (0, 50, 70)], (30, 70, 100, 1, -1)),
        ([(0, -9, -1)], (100, 0, 100, -1, -1)),
    ],
)
def test_a_continuous_point_covers_its_time(points: list[Point], expected: tuple[int, ...]) -> None:
    """No gap lies inside it, whatever else falls there; the gap after it begins where it ends."""
    assert gaps_of(points, [0], [100]) == [expected]


def test_each_group_has_its_end() -> None:
    """What lies after the end of its own group counts for nothing."""
    assert gaps_of([(0, 30), (1, 30)], [0, 0], [100, 20]) == [(70, 30, 100, 0, -1), (20, 0, 20, -1, -1)]


def oracle(
    points: Sequence[Point], starts: list[int], ends: list[int]
) -> list[tuple[int, int, int, int, int]]:
    """Walk each timeline in order and remember the first longest step."""
    found = []
    for group, (begin, end) in enumerate(zip(starts, ends, strict=True)):
        start = min(begin, end)
        at, index, worst = start, -1, (-1, 0, 0, 0, 0)
        inside = [
            (max(p[1], start), i, min(p[-1], end))
            for i, p in enumerate(points)
            if p[0] == group and p[-1] >= start and p[1] <= end
        ]
        ordered = sorted(inside, key=lambda entry: (points[entry[1]][1], entry[1]))
        for time, position, until in [*ordered, (end, -1, end)]:
            if max(time - at, 0) > worst[0]:
                worst = (max(time - at, 0), min(at, time), time, index, position)
            if until > at or index == -1:
                at, index = until, position
        found.append(worst)
    return found


@given(
    points=st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 14), st.integers(0, 5)), max_size=14),
    starts=st.lists(st.integers(-1, 14), min_size=4, max_size=4),
    ends=st.lists(st.integers(0, 12), min_size=4, max_size=4),
)
def test_gaps_are_those_of_a_walk(
    points: list[tuple[int, int, int]], starts: list[int], ends: list[int]
) -> None:
    """Many groups at once, in any order, are as each one walked alone; what bounds a gap is named exactly."""
    spans = [(group, time, time + length) for group, time, length in points]
    assert gaps_of(spans, starts, ends) == oracle(spans, starts, ends)
