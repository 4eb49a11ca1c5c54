"""Evidence as text, column by column, is what it would be one by one."""

import json
from collections.abc import Sequence

import numpy as np
import orjson
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from auditor.evaluate.facts import Frame, Lazy, encode
from auditor.judge.texts import evidence

PATHS = ("point.arn", "point.key.id", "point.times", "size")
_VALUES = st.none() | st.integers(-3, 3) | st.text(max_size=3) | st.lists(st.floats(-1, 1), max_size=2)
_KEYS = ("hours", "point", "a.b", "size", 'qu"ote')


def _some(draw: st.DrawFn, names: Sequence[str]) -> list[str]:
    return [name for name in names if draw(st.booleans())]


@st.composite
def _frames(draw: st.DrawFn) -> tuple[Frame, list[dict[str, object]], list[int]]:
    size = draw(st.integers(1, 6))
    facts = {}
    for path in _some(draw, PATHS):
        values = draw(st.lists(_VALUES, min_size=size, max_size=size))
        lazy = draw(st.booleans())
        facts[path] = Lazy(values.__getitem__, size) if lazy else encode(values)
    said: list[dict[str, object]] = [
        {key: draw(_VALUES) for key in _some(draw, _KEYS)} for _ in range(draw(st.integers(1, 3)))
    ]
    number = draw(st.lists(st.integers(0, len(said) - 1), min_size=size, max_size=size))
    words = pa.array([""] * size)
    return Frame("recovery_point", "1", "r", words, words, words, facts), said, number


@given(_frames(), st.data())
def test_text_made_by_columns_is_the_text_made_one_by_one(
    made: tuple[Frame, list[dict[str, object]], list[int]], data: st.DataObject
) -> None:
    """Whatever is cited, absent, shared or said over it: the same bytes, for any of the subjects."""
    frame, said, number = made
    rows = [row for row in range(frame.size) if data.draw(st.booleans())]
    found = evidence(
        frame, PATHS, np.array(rows, np.int64), said, np.array([number[row] for row in rows], np.int64)
    )
    assert found.to_pylist() == [
        orjson.dumps({**frame.cite(PATHS, row), **said[number[row]]}, option=orjson.OPT_SORT_KEYS).decode()
        for row in rows
    ]


def test_a_fact_inside_another_that_is_cited_is_said_once() -> None:
    """`lock` and `lock.mode`: the whole is cited, and its part with it."""
    words = pa.array(["a"])
    facts = {"lock": encode([{"mode": "governance", "days": 7}])}
    frame = Frame("vault", "1", "r", words, words, words, facts)
    (text,) = evidence(frame, ("lock", "lock.mode"), np.array([0]), [{}], np.array([0])).to_pylist()
    assert json.loads(text) == {"lock": {"mode": "governance", "days": 7}}
