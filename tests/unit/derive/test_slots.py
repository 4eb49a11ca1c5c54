"""Expected backups against recorded jobs."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auditor.derive import slots as module
from auditor.derive.slots import Jobs, JobState, Slots, SlotState, expand, match_slots
from auditor.model.calendar import FOREVER

MET, LATE, MISSED = SlotState.MET, SlotState.LATE, SlotState.MISSED
FAILED, ABSORBED, PENDING = SlotState.FAILED, SlotState.ABSORBED, SlotState.PENDING
RUNNING, DONE, BAD = JobState.RUNNING, JobState.COMPLETED, JobState.FAILED


@dataclass(frozen=True)
class Due:
    """One expected backup; by default its start window is 10 and its completion window 20."""

    due: int
    rule: int = 0
    resource: int = 0
    start: int = 10
    completion: int = 20
    retention: int = 35


@dataclass(frozen=True)
class Ran:
    """One recorded job; by default it completed at once and is usable."""

    created: int
    completed: int = -1
    state: JobState = DONE
    usable: bool = True
    rule: int = 0
    resource: int = 0


def column(values: list[int]) -> "np.typing.NDArray[np.int64]":
    """A column of int64."""
    return np.array(values, dtype=np.int64)


def judged(dues: list[Due], jobs: list[Ran], as_of: int) -> list[tuple[SlotState, int]]:
    """What `match_slots` says of each slot."""
    matches = match_slots(
        Slots(
            column([d.resource for d in dues]),
            column([d.rule for d in dues]),
            column([d.due for d in dues]),
            column([d.start for d in dues]),
            column([d.completion for d in dues]),
            column([d.retention for d in dues]),
        ),
        Jobs(
            column([j.resource for j in jobs]),
            column([j.rule for j in jobs]),
            column([j.created for j in jobs]),
            column([j.completed for j in jobs]),
            np.array([j.state for j in jobs], dtype=np.int8),
            np.array([j.usable for j in jobs], dtype=np.bool_),
        ),
        as_of_ms=as_of,
    )
    return [
        (SlotState(state), job)
        for state, job in zip(matches.state.tolist(), matches.job.tolist(), strict=True)
    ]


def bad(created: int) -> Ran:
    """A failed job."""
    return Ran(created, created + 1, BAD, usable=False)


def running(created: int) -> Ran:
    """A job under way."""
    return Ran(created, -1, RUNNING, usable=False)


@pytest.mark.parametrize(
    ("jobs", "as_of", "expected"),
    [
        # due at 100, may start before 110, must be complete at 130
        ([Ran(100, 105)], 200, (MET, 0)),
        ([Ran(109, 130)], 200, (MET, 0)),
        ([Ran(109, 131)], 200, (LATE, 0)),
        ([Ran(100, -1)], 200, (LATE, 0)),  # completed, but not known when
        ([Ran(99, 105)], 200, (MISSED, -1)),
        ([Ran(110, 115)], 200, (MISSED, -1)),
        ([], 200, (MISSED, -1)),
        ([], 110, (MISSED, -1)),
        ([], 109, (PENDING, -1)),
        ([running(100)], 129, (PENDING, 0)),
        ([running(100)], 130, (FAILED, 0)),
        ([bad(100)], 105, (FAILED, 0)),
        ([bad(100), bad(105)], 200, (FAILED, 1)),
        ([bad(105), bad(100)], 200, (FAILED, 0)),
        ([bad(100), running(101)], 120, (PENDING, 1)),
        ([running(101), bad(105)], 120, (PENDING, 0)),
        ([bad(100), Ran(105, 110)], 200, (MET, 1)),
        ([Ran(100, 140), Ran(105, 120)], 200, (MET, 1)),
        ([Ran(100, 120), Ran(105, 120)], 200, (MET, 0)),
        ([Ran(100, 105, DONE, usable=False)], 200, (FAILED, 0)),  # completed with issues
        ([Ran(100, 105, rule=1)], 200, (MISSED, -1)),
        ([Ran(100, 105, rule=-1)], 200, (MISSED, -1)),  # on demand
        ([Ran(100, 105, resource=1)], 200, (MISSED, -1)),
    ],
)
def test_one_slot(jobs: list[Ran], as_of: int, expected: tuple[SlotState, int]) -> None:
    """Both sides of every boundary of one slot."""
    assert judged([Due(100)], jobs, as_of) == [expected]


def test_a_job_belongs_to_the_last_due_time_before_it() -> None:
    """Where start windows of one rule overlap, the next due time ends the slot."""
    dues = [Due(100, start=60), Due(150, start=60)]
    assert judged(dues, [Ran(149, 155)], 300) == [(MET, 0), (MISSED, -1)]
    assert judged(dues, [Ran(150, 155)], 300) == [(MISSED, -1), (MET, 0)]


@pytest.mark.parametrize(
    ("mine", "other", "jobs", "as_of", "expected"),
    [
        # the same hour, longer or equal retention: AWS Backup runs one of the two
        (Due(100), Due(100, 1, retention=365), [Ran(100, 105, rule=1)], 300, (ABSORBED, 0)),
        (Due(100), Due(100, 1, retention=35), [Ran(100, 105, rule=1)], 300, (ABSORBED, 0)),
        (Due(100), Due(100, 1, retention=34), [Ran(100, 105, rule=1)], 300, (MISSED, -1)),
        (Due(100), Due(100, 1, retention=FOREVER), [Ran(100, 105, rule=1)], 300, (ABSORBED, 0)),
        (
            Due(100, retention=FOREVER),
            Due(100, 1, retention=36500),
            [Ran(100, 105, rule=1)],
            300,
            (MISSED, -1),
        ),
        # the start windows must overlap: [100, 110) and [other, other + 10)
        (Due(100), Due(109, 1, retention=365), [Ran(109, 112, rule=1)], 300, (ABSORBED, 0)),
        (Due(100), Due(110, 1, retention=365), [Ran(110, 112, rule=1)], 300, (MISSED, -1)),
        (Due(100), Due(91, 1, retention=365), [Ran(91, 95, rule=1)], 300, (ABSORBED, 0)),
        (Due(100), Due(90, 1, retention=365), [Ran(90, 95, rule=1)], 300, (MISSED, -1)),
        (Due(100), Due(20, 1, start=81, retention=365), [Ran(20, 25, rule=1)], 300, (ABSORBED, 0)),
        (Due(100), Due(20, 1, start=80, retention=365), [Ran(20, 25, rule=1)], 300, (MISSED, -1)),
        # the other must have been of use, late or not, and of the same resource
        (Due(100), Due(100, 1, retention=365), [Ran(100, 200, rule=1)], 300, (ABSORBED, 0)),
        (Due(100), Due(100, 1, retention=365), [Ran(100, 105, BAD, usable=False, rule=1)], 300, (MISSED, -1)),
        (
            Due(100),
            Due(100, 1, resource=1, retention=365),
            [Ran(100, 105, rule=1, resource=1)],
            300,
            (MISSED, -1),
        ),
        # a job of its own is judged by itself
        (Due(100), Due(100, 1, retention=365), [Ran(100, 105, rule=1), bad(101)], 300, (FAILED, 1)),
        # the other is still under way
        (
            Due(100),
            Due(100, 1, retention=365),
            [Ran(100, -1, RUNNING, usable=False, rule=1)],
            115,
            (PENDING, -1),
        ),
        (Due(100), Due(105, 1, start=50, retention=365), [], 120, (PENDING, -1)),
        (Due(100), Due(105, 1, start=50, retention=34), [], 120, (MISSED, -1)),
    ],
)
def test_overlapping_rules(
    mine: Due, other: Due, jobs: list[Ran], as_of: int, expected: tuple[SlotState, int]
) -> None:
    """A daily backup on the day of the monthly one is not missed: the longest retention ran."""
    assert judged([mine, other], jobs, as_of)[0] == expected
    assert judged([other, mine], jobs, as_of)[1] == expected


def test_an_empty_month() -> None:
    """No slot is no answer; slots without any job are judged."""
    assert judged([], [Ran(1, 2)], 10) == []
    assert judged([], [], 10) == []
    assert judged([Due(100), Due(200)], [], 205) == [(MISSED, -1), (PENDING, -1)]


def test_expand_makes_each_slot_once_in_order() -> None:
    """Every due time of every pair of resource and rule, equal pairs counted once, none before `since`."""
    made = expand(
        [column([10, 20, 30]), column([]), column([15])],
        start_window=column([1, 2, 3]),
        completion_window=column([4, 5, 6]),
        retention_days=column([7, 8, 9]),
        resource=column([5, 4, 5, 5, 4]),
        rule=column([0, 2, 0, 2, 1]),
        since=column([20, 0, 20, 15, 0]),
    )
    assert [made.resource.tolist(), made.rule.tolist(), made.due.tolist()] == [
        [4, 5, 5, 5],
        [2, 0, 0, 2],
        [15, 20, 30, 15],
    ]
    assert made.start_window.tolist() == [3, 1, 1, 3]
    assert made.completion_window.tolist() == [6, 4, 4, 6]
    assert made.retention_days.tolist() == [9, 7, 7, 9]


def test_expand_of_nothing_is_nothing() -> None:
    """No pairs or no due times give no slots."""
    windows = {name: column([1]) for name in ("start_window", "completion_window", "retention_days")}
    assert len(expand([column([5])], **windows, resource=column([]), rule=column([]))) == 0
    assert len(expand([column([])], **windows, resource=column([1]), rule=column([0]))) == 0


# The oracle: one slot after another, one job after another.


def own_job(slot: Due, dues: list[Due], jobs: list[Ran], as_of: int) -> tuple[SlotState, int] | None:
    """Judge a slot by the jobs of its own rule; None when it has none."""
    later = [d.due for d in dues if (d.resource, d.rule) == (slot.resource, slot.rule) and d.due > slot.due]
    until = min([slot.due + slot.start, *later])
    mine = [
        i
        for i, job in enumerate(jobs)
        if (job.resource, job.rule) == (slot.resource, slot.rule) and slot.due <= job.created < until
    ]
    deadline = slot.due + slot.start + slot.completion
    done = sorted((jobs[i].completed if jobs[i].completed >= 0 else 10**9, i) for i in mine if jobs[i].usable)
    if done:
        return (MET if done[0][0] <= deadline else LATE), done[0][1]
    under_way = [i for i in mine if jobs[i].state == RUNNING]
    for some in (under_way, mine):
        if some:
            newest = max(some, key=lambda i: (jobs[i].created, -i))
            return (PENDING if some is under_way and as_of < deadline else FAILED), newest
    return None


def one_by_one(dues: list[Due], jobs: list[Ran], as_of: int) -> list[tuple[SlotState, int]]:
    """Judge each slot as the text of the reference says."""
    first = [own_job(slot, dues, jobs, as_of) for slot in dues]
    own = [
        f or ((PENDING if as_of < d.due + d.start else MISSED), -1) for f, d in zip(first, dues, strict=True)
    ]
    answers = []
    for slot, answer in zip(dues, own, strict=True):
        if answer[1] >= 0:
            answers.append(answer)
            continue
        over = [
            i
            for i, other in enumerate(dues)
            if other.resource == slot.resource
            and other.rule != slot.rule
            and other.retention >= slot.retention
            and max(slot.due, other.due) < min(slot.due + slot.start, other.due + other.start)
        ]
        useful = [i for i in over if own[i][0] in (MET, LATE)]
        if useful:
            best = min(useful, key=lambda i: (-dues[i].retention, dues[i].due, dues[i].rule))
            answers.append((ABSORBED, own[best][1]))
        elif any(own[i][0] is PENDING for i in over):
            answers.append((PENDING, -1))
        else:
            answers.append(answer)
    return answers


DUES = st.lists(
    st.builds(
        Due,
        due=st.integers(0, 40),
        rule=st.integers(0, 2),
        resource=st.integers(0, 1),
        start=st.integers(1, 15),
        completion=st.integers(1, 20),
        retention=st.sampled_from([7, 35, FOREVER]),
    ),
    max_size=10,
    unique_by=lambda d: (d.resource, d.rule, d.due),
)


def ran(created: int, took: int, kind: int, rule: int, resource: int) -> Ran:
    """A job of one of the kinds that AWS Backup reports."""
    state, usable, completed = [
        (DONE, True, created + took),
        (DONE, True, -1),
        (DONE, False, created + took),
        (BAD, False, created + took),
        (RUNNING, False, -1),
    ][kind]
    return Ran(created, completed, state, usable, rule, resource)


JOBS = st.lists(
    st.builds(
        ran,
        created=st.integers(0, 50),
        took=st.integers(0, 30),
        kind=st.integers(0, 4),
        rule=st.integers(-1, 3),
        resource=st.integers(0, 2),
    ),
    max_size=10,
)


@settings(max_examples=500, deadline=None)
@given(dues=DUES, jobs=JOBS, as_of=st.integers(0, 80), chunk=st.sampled_from([1, 3, 1000]))
@example(dues=[Due(0), Due(0, 1), Due(0, 2)], jobs=[Ran(0, 1, rule=1)], as_of=5, chunk=1)
def test_slots_are_those_judged_one_by_one(dues: list[Due], jobs: list[Ran], as_of: int, chunk: int) -> None:
    """All columns at once, in pieces of any size, answer as each slot judged by itself."""
    whole = module._PAIRS_AT_ONCE
    module._PAIRS_AT_ONCE = chunk  # type: ignore[misc]  # a constant, here a case
    try:
        assert judged(dues, jobs, as_of) == one_by_one(dues, jobs, as_of)
    finally:
        module._PAIRS_AT_ONCE = whole  # type: ignore[misc]  # a constant, here a case
