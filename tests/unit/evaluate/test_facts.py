"""Facts as columns, and their distinct projections."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from auditor.evaluate.check import FactSchema
from auditor.evaluate.facts import (
    Column,
    Frame,
    Hole,
    Lazy,
    combine,
    distinct,
    encode,
    encode_array,
    project,
    unread,
)

AS_OF = "2026-02-09T00:00:00Z"


def frame(**facts: Column | Lazy) -> Frame:
    """A frame of three subjects; `__` in a name stands for a dot."""
    names = pa.array(["a", "b", "c"])
    return Frame(
        "resource", "1", "r", names, names, names, {key.replace("__", "."): f for key, f in facts.items()}
    )


def nothing_wrong(_path: str, _value: object) -> None:
    """A check that accepts every fact."""


def test_each_distinct_combination_is_asked_once() -> None:
    """Two subjects with the same facts share an input; an absent fact is absent and not null."""
    found = project(
        frame(tier=encode(["gold", "gold", None]), slots__met=encode_array(np.array([1, 1, 2]))),
        ["tier", "slots"],
        AS_OF,
        nothing_wrong,
    )
    by_subject = [found.inputs[code] for code in found.inverse]
    assert by_subject == [
        {"as_of": AS_OF, "tier": "gold", "slots": {"met": 1}},
        {"as_of": AS_OF, "tier": "gold", "slots": {"met": 1}},
        {"as_of": AS_OF, "slots": {"met": 2}},
    ]
    assert len(found.inputs) == 2


def test_a_control_sees_nothing_that_it_does_not_read() -> None:
    """A fact outside `reads` is neither in the input nor makes inputs distinct."""
    found = project(
        frame(tier=encode(["gold"] * 3), name=encode(["x", "y", "z"])), ["tier"], AS_OF, nothing_wrong
    )
    assert found.inputs == [{"as_of": AS_OF, "tier": "gold"}]


def test_a_part_of_a_fact_can_be_read() -> None:
    """`vault.lock.mode` out of the fact `vault.lock`; where the part is not there it is absent."""
    locks = encode([{"mode": "none"}, {"mode": "compliance", "date": "d"}, None])
    found = project(frame(vault__lock=locks), ["vault.lock.mode", "vault.lock.date"], AS_OF, nothing_wrong)
    assert [found.inputs[code] for code in found.inverse] == [
        {"as_of": AS_OF, "vault": {"lock": {"mode": "none"}}},
        {"as_of": AS_OF, "vault": {"lock": {"mode": "compliance", "date": "d"}}},
        {"as_of": AS_OF},
    ]


def test_subjects_behind_a_gap_are_not_asked() -> None:
    """Their gaps are named, together where several facts are missing; the others are asked."""
    half = Column(np.array([0, -1, -1]), [7], (Hole(("g2",), np.array([False, True, True])),))
    found = project(frame(tier=half, jobs=half), ["tier", "jobs"], AS_OF, nothing_wrong)
    assert found.inverse.tolist() == [0, -1, -1]
    assert [found.gap_sets[code] if code >= 0 else () for code in found.gap] == [(), ("g2",), ("g2",)]
    whole = project(frame(tier=half, jobs=unread(3, ("g1",))), ["tier", "jobs"], AS_OF, nothing_wrong)
    assert whole.inputs == []
    assert [whole.gap_sets[code] for code in whole.gap] == [("g1",), ("g1", "g2"), ("g1", "g2")]


def test_a_cited_fact_is_computed_for_the_subject_only() -> None:
    """A lazy fact is asked for one subject when cited, for all when a control reads it."""
    asked: list[int] = []

    def compute(index: int) -> str | None:
        asked.append(index)
        return None if index == 2 else f"job-{index}"

    facts = frame(slots__job=Lazy(compute, 3))
    assert facts.cite(["slots"], 1) == {"slots": {"job": "job-1"}}
    assert asked == [1]
    found = project(facts, ["slots.job"], AS_OF, nothing_wrong)
    assert [found.inputs[code] for code in found.inverse][2] == {"as_of": AS_OF}


def test_values_of_different_types_stay_apart() -> None:
    """The text "1" and the number 1 are two values, and so are true and 1."""
    column = encode(["1", 1, True, 1])
    assert [column.at(index) for index in range(4)] == ["1", 1, True, 1]
    assert column.codes.tolist() == [0, 1, 2, 1]


@given(st.lists(st.lists(st.integers(-1, 3), min_size=4, max_size=4), min_size=1, max_size=30))
def test_combined_keys_are_equal_exactly_where_rows_are(rows: list[list[int]]) -> None:
    """Equal rows, equal keys; different rows, different keys."""
    table = np.array(rows, np.int64)
    keys = combine([table[:, column] for column in range(4)], len(rows)).tolist()
    assert (
        len(set(zip(keys, map(tuple, rows), strict=True)))
        == len(set(keys))
        == len({tuple(row) for row in rows})
    )


def test_many_large_columns_do_not_overflow() -> None:
    """The key is compressed before it outgrows 64 bits."""
    codes = np.arange(1 << 12, dtype=np.int64)
    keys = combine([codes * 1_000_003 % (1 << 40) for _ in range(8)], len(codes))
    assert len(np.unique(keys)) == len(codes)


def test_a_fact_that_is_not_as_its_schema_says_never_reaches_rego() -> None:
    """Only the subjects that have it are at fault."""
    schema = {"properties": {"slots": {"properties": {"met": {"type": "integer", "minimum": 0}}}}}
    found = project(frame(slots__met=encode([1, -1, "7"])), ["slots.met"], AS_OF, FactSchema(schema))
    by_subject = [found.faults.get(int(code)) for code in found.inverse]
    assert by_subject == [
        None,
        "slots.met is not as its schema says: -1 is less than 0",
        "slots.met is not as its schema says: '7' is no integer",
    ]


@given(st.lists(st.integers(0, 300), max_size=40))
def test_distinct_keys_are_numbered_alike_whether_counted_or_sorted(keys: list[int]) -> None:
    """Each key's first row and every row's key number, for keys close together and far apart."""
    for factor in (1, 1_000_003):
        first, number = distinct(np.array(keys, np.int64) * factor)
        assert first.tolist() == [keys.index(key) for key in sorted(set(keys))]
        assert [keys[first[code]] for code in number] == keys
