"""Expected backups against recorded ones: one slot for each resource, rule and due time.

Columns are numpy arrays; resources, rules and jobs are positions in tables that the caller keeps. Times and
windows are milliseconds, UTC. Source: aws-backup.md 4.2 (windows, overlapping rules), 4.4 (states).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from auditor.derive.columns import Bools, Int64s, first_of_each, order_by, ranges

_LATEST: Final = np.iinfo(np.int64).max
_PAIRS_AT_ONCE: Final = 2_000_000


class SlotState(IntEnum):
    """What became of an expected backup."""

    MET = 0
    LATE = 1
    MISSED = 2
    FAILED = 3
    ABSORBED = 4
    PENDING = 5


class JobState(IntEnum):
    """AWS Backup's job states, as far as a slot cares. FAILED is every bad end: aborted, expired, partial."""

    RUNNING = 0
    COMPLETED = 1
    FAILED = 2


@dataclass(frozen=True, slots=True)
class Slots:
    """Expected backups, one row each: no (resource, rule, due) twice."""

    resource: Int64s
    rule: Int64s
    due: Int64s
    start_window: Int64s
    completion_window: Int64s
    retention_days: Int64s

    def __len__(self) -> int:
        return len(self.due)

    def only(self, rows: Bools | slice) -> "Slots":
        """Some of them."""
        return Slots(
            self.resource[rows], self.rule[rows], self.due[rows], self.start_window[rows],
            self.completion_window[rows], self.retention_days[rows],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Jobs:
    """Recorded backup jobs. `rule` is negative for a job on demand, `completed` is -1 where it is not known.

    `usable` says that its recovery point counts: COMPLETED, and of a message category that counts as success.
    """

    resource: Int64s
    rule: Int64s
    created: Int64s
    completed: Int64s
    state: NDArray[np.int8]
    usable: Bools


class Matches(NamedTuple):
    """For each slot its `SlotState` and the job that proves it (a position in `Jobs`, -1 for none)."""

    state: NDArray[np.int8]
    job: Int64s


def expand(
    due_by_rule: Sequence[Int64s],
    *,
    start_window: Int64s,
    completion_window: Int64s,
    retention_days: Int64s,
    resource: Int64s,
    rule: Int64s,
    since: Int64s | None = None,
) -> Slots:
    """Every slot of every pair (resource[i], rule[i]), by resource, rule and due; equal pairs count once.

    Args:
        due_by_rule: due times of each rule, sorted epoch milliseconds.
        start_window: of each rule, milliseconds.
        completion_window: of each rule, milliseconds.
        retention_days: of each rule, `FOREVER` for ever.
        resource: of each pair.
        rule: of each pair, a position in `due_by_rule`.
        since: of each pair: slots due before it are left out (the resource's creation, say).
    """
    pairs, first = np.unique(np.stack((resource, rule), axis=1), axis=0, return_index=True)
    counts = np.array([len(due) for due in due_by_rule], dtype=np.int64)
    offsets = np.cumsum(counts) - counts
    every_due = np.concatenate([*due_by_rule, np.empty(0, dtype=np.int64)])
    owner, at = ranges(offsets[pairs[:, 1]], counts[pairs[:, 1]])
    due = every_due[at]
    if since is not None:
        kept = due >= since[first][owner]
        owner, due = owner[kept], due[kept]
    rules = pairs[owner, 1]
    return Slots(
        pairs[owner, 0], rules, due, start_window[rules], completion_window[rules], retention_days[rules]
    )


def match_slots(slots: Slots, jobs: Jobs, *, as_of_ms: int) -> Matches:
    """Judge every slot as of `as_of_ms`.

    A job belongs to the last slot of its resource and rule that was due when it was created, if that was
    inside the slot's start window. Then, the first that applies:

    - MET: a usable job completed within start plus completion window of the due time, the end included;
    - LATE: a usable job completed later, or does not say when;
    - PENDING: a job is running and those windows are open;
    - FAILED: a job is there;
    - ABSORBED: a rule of the same resource whose start window overlaps, and which keeps its recovery points
      at least as long, has a usable job (AWS Backup runs the rule of the longest retention only);
    - PENDING: the start window is open, or such a rule's slot is pending;
    - MISSED.

    The job named is the usable one that completed first, else the running or failed one that was created
    last; the absorbing rule's for ABSORBED.
    """
    slot, job = _candidates(slots, jobs)
    starts_by = slots.due + slots.start_window
    deadline = starts_by + slots.completion_window
    state = np.where(as_of_ms < starts_by, SlotState.PENDING, SlotState.MISSED).astype(np.int8)
    chosen = np.full(len(slots), -1, dtype=np.int64)
    usable = jobs.usable[job]
    running = ~usable & (jobs.state[job] == JobState.RUNNING)

    found, best = _best(slot, job, ~usable & ~running, -jobs.created)
    chosen[found], state[found] = best, SlotState.FAILED
    found, best = _best(slot, job, running, -jobs.created)
    is_open = as_of_ms < deadline[found]
    chosen[found], state[found] = best, np.where(is_open, SlotState.PENDING, SlotState.FAILED)
    completed = np.where(jobs.completed < 0, _LATEST, jobs.completed)
    found, best = _best(slot, job, usable, completed)
    in_time = completed[best] <= deadline[found]
    chosen[found], state[found] = best, np.where(in_time, SlotState.MET, SlotState.LATE)
    _absorb(slots, state, chosen)
    return Matches(state, chosen)


def _best(slot: Int64s, job: Int64s, kind: Bools, key: Int64s) -> tuple[Int64s, Int64s]:
    """Among the pairs of this kind, each slot's job with the least key, then the least position."""
    slot, job = slot[kind], job[kind]
    found, best = first_of_each(slot, key[job], job)
    return found, job[best]


def _candidates(slots: Slots, jobs: Jobs) -> tuple[Int64s, Int64s]:
    """Pairs of slot and job that belong together, as two columns."""
    nothing = np.empty(0, dtype=np.int64)
    if not len(slots):
        return nothing, nothing
    base = max(int(slots.rule.max()), int(jobs.rule.max(initial=0))) + 1
    keys, group = np.unique(slots.resource * base + slots.rule, return_inverse=True)
    order = order_by(group, slots.due)
    first, last = int(slots.due.min()), int(slots.due.max())
    span = last - first + 2
    timeline = (group * span + (slots.due - first + 1))[order]

    wanted = jobs.resource * base + jobs.rule
    key = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    moment = np.clip(jobs.created, first - 1, last) - first + 1
    place = np.searchsorted(timeline, key * span + moment, side="right") - 1
    slot = order[np.maximum(place, 0)]
    belongs = (
        (jobs.rule >= 0)
        & (keys[key] == wanted)
        & (group[slot] == key)
        & (slots.due[slot] <= jobs.created)
        & (jobs.created < slots.due[slot] + slots.start_window[slot])
    )
    job = np.flatnonzero(belongs)
    return slot[job], job


def _absorb(slots: Slots, state: NDArray[np.int8], chosen: Int64s) -> None:
    """Settle, in place, the slots without a job that an overlapping rule took over or still may."""
    usable = (state == SlotState.MET) | (state == SlotState.LATE)
    takers = np.flatnonzero(usable | (state == SlotState.PENDING))
    resources, group = np.unique(slots.resource[takers], return_inverse=True)
    lonely = np.flatnonzero((chosen < 0) & np.isin(slots.resource, resources))
    if not len(lonely):
        return
    order = order_by(group, slots.due[takers])
    takers, group = takers[order], group[order]
    widest = np.zeros(len(resources), dtype=np.int64)
    np.maximum.at(widest, group, slots.start_window[takers])

    theirs = np.searchsorted(resources, slots.resource[lonely])
    due = slots.due[lonely]
    low = _position(group, slots.due[takers], theirs, due - widest[theirs] + 1)
    high = _position(group, slots.due[takers], theirs, due + slots.start_window[lonely])
    count = np.maximum(high - low, 0)
    chunk = np.cumsum(count) // _PAIRS_AT_ONCE
    for number in np.unique(chunk).tolist():
        part = chunk == number
        owner, at = ranges(low[part], count[part])
        _settle(slots, usable, (lonely[part][owner], takers[at]), state, chosen)


def _settle(
    slots: Slots, usable: Bools, pairs: tuple[Int64s, Int64s], state: NDArray[np.int8], chosen: Int64s
) -> None:
    """Judge pairs of a slot without a job and one, usable or pending, that may have taken it over."""
    slot, taker = pairs
    fits = (
        (slots.rule[slot] != slots.rule[taker])
        & (slots.retention_days[taker] >= slots.retention_days[slot])
        & (slots.due[slot] < slots.due[taker] + slots.start_window[taker])
    )
    slot, taker = slot[fits], taker[fits]
    found, best = first_of_each(
        slot,
        (~usable[taker]).astype(np.int64),
        -slots.retention_days[taker],
        slots.due[taker],
        slots.rule[taker],
    )
    absorbed = usable[taker[best]]
    state[found] = np.where(absorbed, SlotState.ABSORBED, SlotState.PENDING)
    chosen[found[absorbed]] = chosen[taker[best[absorbed]]]


def _position(group: Int64s, value: Int64s, wanted: Int64s, limit: Int64s) -> Int64s:
    """Where (wanted, limit) would go, on the left, in rows sorted by (group, value)."""
    low, high = min(int(value.min()), int(limit.min())), max(int(value.max()), int(limit.max()))
    span = high - low + 1
    return np.searchsorted(group * span + (value - low), wanted * span + (limit - low), side="left")
