"""How often the rules that protect a resource back it up: the longest time between two backups.

Where the start windows of several rules overlap on a resource, AWS Backup runs only the rule of the longest
retention (aws-backup.md 4.2). A rule that always overlaps such a rule never runs and counts for nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from auditor.derive.columns import Bools, Int64s
from auditor.derive.schedule import Schedule

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
#: Sees every month, both clock changes and a yearly rule twice, wherever in the year it begins.
_LOOK: Final = timedelta(days=400)
#: A rule of which fewer than two backups come in so long a time is looked at no further.
_LONGEST: Final = timedelta(days=3_650)
#: The year field of a cron expression ends with 2199 (EventBridge User Guide, "Cron expressions").
_END: Final = datetime(2200, 1, 1, tzinfo=UTC)
_TWO: Final = 2
_LEAST, _MOST = np.iinfo(np.int64).min, np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class TimedRule:
    """A rule's schedule, its start window, and how long it keeps: `FOREVER` for ever."""

    schedule: Schedule
    start_window: timedelta
    retention_days: int


@dataclass(frozen=True, slots=True)
class Cadence:
    """What the schedules of a resource's rules promise.

    `worst` is the longest time from one due time to the end of the start window of the next: a backup starts
    anywhere in its window. The time up to the first one counts too, which is longer where a schedule begins
    only later (by its year). None when fewer than two backups are still due. `last_due` (UTC) is the last due
    time that there will ever be, when it is in sight. `never_fires` says that none is due any more.
    """

    worst: timedelta | None
    last_due: datetime | None = None
    never_fires: bool = False


@dataclass(frozen=True, slots=True)
class Spacing:
    """How far apart the backups come that some of a resource's rules surely make beside the others.

    `worst` and `last_due` (UTC) are as in `Cadence`; of fewer than two in ten years, `worst` is ten years.
    `more` says that further ones may come, as either of two rules with the same retention may run
    (aws-backup.md 4.2).
    """

    worst: timedelta
    last_due: datetime | None = None
    more: bool = False


def cadence(rules: Iterable[TimedRule], start: datetime) -> Cadence:
    """The cadence of rules that protect the same resource, all taken together, from `start` (aware) on.

    Looks 400 days ahead and, where fewer than two backups are due in them, further until two are.
    """
    chosen = tuple(rules)
    end = start + _LOOK
    begins, ends = _runs(chosen, start, end)
    if len(begins) >= _TWO:
        longest = int((ends[1:] - begins[:-1]).max())
        last = None if _fires(chosen, end) else _moment(begins[-1])
        return Cadence(max(timedelta(milliseconds=longest), _moment(ends[0]) - start), last)
    while len(begins) < _TWO and end < _END:
        end = min(start + 4 * (end - start), _END)
        begins, ends = _runs(chosen, start, end)
    if len(begins) >= _TWO:
        between = timedelta(milliseconds=int(ends[1] - begins[0]))
        return Cadence(max(between, _moment(ends[0]) - start))
    return Cadence(None, _moment(begins[0]) if len(begins) else None, not len(begins))


def running(rules: Iterable[TimedRule], start: datetime) -> list[bool | None]:
    """Whether each of rules that protect the same resource ever backs it up from `start` (aware) on.

    None where that depends on which of two rules with the same retention runs (aws-backup.md 4.2). Looks 400
    days ahead; what is due only later is taken to run.
    """
    chosen, end = tuple(rules), start + _LOOK
    rule, begins, ends = _windows(chosen, start, end)
    sure, perhaps = _surely(np.array([one.retention_days for one in chosen], np.int64), rule, begins, ends)
    looked = _within(begins, start, end)
    answer: list[bool | None] = []
    for number, one in enumerate(chosen):
        mine = looked & (rule == number)
        if not (mine & perhaps).any():
            answer.append(not mine.any() and _fires([one], end))
        else:
            answer.append(True if (mine & sure).any() else None)
    return answer


def spacing(
    rules: Iterable[TimedRule], wanted: Sequence[bool], plans: Sequence[int], start: datetime
) -> Spacing:
    """The spacing of those `wanted` of rules that protect the same resource, from `start` (aware) on.

    `plans` has a number for each rule: rules with different ones run beside each other, whatever overlaps.
    Looks 400 days ahead and, where fewer than two of their backups surely come in them, up to ten years.
    """
    chosen, end = tuple(rules), start + _LOOK
    kept = np.array([one.retention_days for one in chosen], np.int64)
    while True:
        rule, begins, ends = _windows(chosen, start, end)
        sure, perhaps = np.zeros((2, len(rule)), bool)
        for plan in set(plans):
            beside = np.array(plans, np.int64)[rule] == plan
            sure[beside], perhaps[beside] = _surely(kept, rule[beside], begins[beside], ends[beside])
        mine = np.array(wanted, bool)[rule] & _within(begins, start, end)
        comes, more = mine & sure, bool((mine & perhaps & ~sure).any())
        if comes.sum() >= _TWO or end >= start + _LONGEST:
            break
        end = min(start + 4 * (end - start), start + _LONGEST)
    if comes.sum() < _TWO:
        return Spacing(_LONGEST, more=more)
    # the next one comes by the end of whichever window ends first, as those of other rules may be shorter;
    # one that ends after the look may be beside shorter ones that begin after it
    until, seen = np.minimum.accumulate(ends[comes][::-1])[::-1], _within(ends[comes][1:], start, end)
    gaps = until[1:] - begins[comes][:-1]
    longest = int((gaps[seen] if seen.any() else gaps).max())
    own = [one for one, mine in zip(chosen, wanted, strict=True) if mine]
    last = None if _fires(own, end) else _moment(begins[comes][-1])
    return Spacing(max(timedelta(milliseconds=longest), _moment(until[0]) - start), last, more)


def _surely(kept: Int64s, rule: Int64s, begins: Int64s, ends: Int64s) -> tuple[Bools, Bools]:
    """Which windows surely run, and which may, whichever of two rules with the same retention does.

    Of a window that may run and those that may take its place, one runs for sure: what overlaps all of them
    never does. It does so where it overlaps the time from the last of their begins to the first of their
    ends, be that before or after.
    """
    sure, perhaps = np.zeros((2, len(rule)), bool)
    last, first = begins.copy(), ends.copy()
    for days in np.unique(kept)[::-1].tolist():
        longer = np.flatnonzero(perhaps)[np.argsort(last[perhaps], kind="stable")]
        rivals = np.flatnonzero(kept[rule] == days)
        rivals = rivals[~_overlap(last[longer], first[longer], begins[rivals], ends[rivals])]
        perhaps[rivals] = True
        for number in np.unique(rule[rivals]).tolist():
            mine, others = rivals[rule[rivals] == number], perhaps & (rule != number)
            begun, ended = begins[others], np.sort(ends[others])
            before = np.searchsorted(begun, ends[mine], side="left")
            over = np.searchsorted(ended, begins[mine], side="right")
            sure[mine] = before == over
            last[mine] = np.maximum(begins[mine], np.append(_LEAST, begun)[before])
            first[mine] = np.minimum(ends[mine], np.append(ended, _MOST)[over])
    return sure, perhaps


def _runs(rules: Sequence[TimedRule], start: datetime, end: datetime) -> tuple[Int64s, Int64s]:
    """Due times in [start, end) of what AWS Backup runs, sorted, and the ends of their start windows."""
    rule, begins, ends = _windows(rules, start, end)
    kept = np.array([one.retention_days for one in rules], np.int64)
    runs = np.zeros(len(rule), bool)
    for days in np.unique(kept)[::-1].tolist():
        rivals = np.flatnonzero(kept[rule] == days)
        absorbed = _overlap(begins[runs], ends[runs], begins[rivals], ends[rivals])
        runs[_first_come(rivals[~absorbed], rule, begins, ends)] = True
    wanted = runs & _within(begins, start, end)
    return begins[wanted], ends[wanted]


def _windows(rules: Sequence[TimedRule], start: datetime, end: datetime) -> tuple[Int64s, Int64s, Int64s]:
    """Rule, begin and end of the start windows in and around [start, end), sorted by begin."""
    window = np.array([rule.start_window // _MILLISECOND for rule in rules], np.int64)
    # what is due shortly before or after may take over what is due here
    around = min(max((rule.start_window for rule in rules), default=timedelta()), _LOOK)
    due = [_due(rule.schedule, start - around, end + around) for rule in rules]
    rule = np.repeat(np.arange(len(rules)), [len(times) for times in due])
    begins = np.concatenate([np.empty(0, np.int64), *due])
    order = np.lexsort((rule, begins))
    rule, begins = rule[order], begins[order]
    return rule, begins, begins + window[rule]


def _within(begins: Int64s, start: datetime, end: datetime) -> Bools:
    first, stop = (-((_EPOCH - time) // _MILLISECOND) for time in (start, end))
    return np.asarray((begins >= first) & (begins < stop))


def _overlap(begins: Int64s, ends: Int64s, due: Int64s, until: Int64s) -> Bools:
    """Which windows [due, until) overlap one of the windows [begins, ends), which are sorted by begin."""
    place = np.searchsorted(begins, until, side="left")
    latest = np.concatenate([[_LEAST], np.maximum.accumulate(ends)])
    return np.asarray(latest[place] > due)


def _first_come(rows: Int64s, rule: Int64s, begins: Int64s, ends: Int64s) -> Int64s:
    """Those of `rows` (sorted, all of one retention) that overlap no earlier row of another rule."""
    if not len(rows) or (rule[rows] == rule[rows[0]]).all():
        return rows
    if (np.maximum.accumulate(ends[rows])[:-1] <= begins[rows][1:]).all():
        return rows
    until: dict[int, int] = {}
    kept: list[int] = []
    for row, of, due in zip(rows.tolist(), rule[rows].tolist(), begins[rows].tolist(), strict=True):
        if all(end <= due for other, end in until.items() if other != of):
            kept.append(row)
            until[of] = int(ends[row])
    return np.array(kept, np.int64)


@lru_cache(maxsize=256)
def _due(schedule: Schedule, start: datetime, end: datetime) -> Int64s:
    """Due times of a schedule that many sets of rules share; not to be written to."""
    return schedule.due_ms(start, end)


def _fires(rules: Sequence[TimedRule], start: datetime) -> bool:
    """Whether any rule is due at or after `start`, ever."""
    for rule in rules:
        begin, span = start, timedelta(days=40)
        while begin < _END:
            end = min(begin + span, _END)
            if len(_due(rule.schedule, begin, end)):
                return True
            begin, span = end, 4 * span
    return False


def _moment(milliseconds: np.int64) -> datetime:
    return _EPOCH + timedelta(milliseconds=int(milliseconds))
