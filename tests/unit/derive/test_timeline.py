"""The longest time without a backup."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.derive.timeline import worst_gaps


def gaps_of(
    points: list[tuple[int, int]], starts: list[int], end: int
) -> list[tuple[int, int, int, int, int]]:
    """(gap, from, to, from_index, to_index) of each group."""
    columns = worst_gaps(
        np.array([group for group, _ in points], dtype=np.int64),
        np.array([time for _, time in points], dtype=np.int64),
        len(starts),
        np.array(starts, dtype=np.int64),
        end,
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
    assert gaps_of([(0, time) for time in times], [0], 100) == [expected]


def test_groups_do_not_mix_and_each_has_its_start() -> None:
    """A resource created late is judged from its creation; one created after the end has no gap."""
    points = [(2, 70), (0, 10), (2, 40), (0, 90), (3, 5)]
    assert gaps_of(points, [0, 20, 30, 120], 100) == [
        (80, 10, 90, 1, 3),
        (80, 20, 100, -1, -1),
        (30, 40, 70, 2, 0),
        (0, 100, 100, -1, -1),
    ]


def oracle(
    points: list[tuple[int, int]], starts: list[int], end: int
) -> list[tuple[int, int, int, int, int]]:
    """Walk each timeline in order and remember the first longest step."""
    found = []
    for group, start in enumerate(starts):
        at, index, worst = min(start, end), -1, (-1, 0, 0, 0, 0)
        inside = [(t, i) for i, (g, t) in enumerate(points) if g == group and start <= t <= end]
        for time, position in [*sorted(inside), (end, -1)]:
            if time - at > worst[0]:
                worst = (time - at, at, time, index, position)
            at, index = time, position
        found.append(worst)
    return found


@given(
    points=st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 14)), max_size=14),
    starts=st.lists(st.integers(-1, 14), min_size=4, max_size=4),
    end=st.integers(0, 12),
)
def test_gaps_are_those_of_a_walk(points: list[tuple[int, int]], starts: list[int], end: int) -> None:
    """Many groups at once, in any order, are as each one walked alone; what bounds a gap is named exactly."""
    assert gaps_of(points, starts, end) == oracle(points, starts, end)
