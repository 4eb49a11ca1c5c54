"""Sorting and grouping of columns."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from auditor.derive.columns import first_of_each, order_by, ranges, shared

SMALL = st.integers(-3, 3)
ROWS = st.lists(st.tuples(SMALL, SMALL), max_size=12)
WIDE = st.lists(st.tuples(SMALL, st.integers(-(2**62), 2**62)), max_size=12)


def column(values: list[int]) -> "np.typing.NDArray[np.int64]":
    """A column of int64."""
    return np.array(values, dtype=np.int64)


@given(rows=ROWS | WIDE)
def test_order_by_sorts_as_tuples_do(rows: list[tuple[int, int]]) -> None:
    """By group, then value, then position; also where both together do not fit into 64 bits."""
    found = order_by(column([g for g, _ in rows]), column([v for _, v in rows])).tolist()
    assert found == sorted(range(len(rows)), key=lambda i: (*rows[i], i))


@given(rows=st.lists(st.tuples(SMALL, SMALL, SMALL), max_size=12))
def test_first_of_each_is_the_least_of_its_group(rows: list[tuple[int, int, int]]) -> None:
    """For each group that occurs, the first position of the least keys."""
    groups, first = first_of_each(*(column([row[i] for row in rows]) for i in range(3)))
    expected = {g: min((row[1:], i) for i, row in enumerate(rows) if row[0] == g)[1] for g, *_ in rows}
    assert dict(zip(groups.tolist(), first.tolist(), strict=True)) == expected
    assert groups.tolist() == sorted(expected)


@given(spans=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4)), max_size=6))
def test_ranges_lists_every_pair(spans: list[tuple[int, int]]) -> None:
    """Each owner with each position of its range, in order."""
    owner, at = ranges(column([first for first, _ in spans]), column([count for _, count in spans]))
    pairs = [(i, first + k) for i, (first, count) in enumerate(spans) for k in range(count)]
    assert list(zip(owner.tolist(), at.tolist(), strict=True)) == pairs


def test_equal_codes_share_one_number() -> None:
    """They read as before; different ones, and none, stay as they are."""
    same, different = column([3] * 5), column([3, 3, 4])

    assert (shared(same).tolist(), shared(same).strides) == ([3] * 5, (0,))
    assert shared(different) is different
    assert shared(same[:0]).tolist() == []
