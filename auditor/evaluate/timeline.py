"""The longest time without a backup, and the newest one: the facts `backups.*`.

The longest time without a backup is given as two numbers. `worst_gap_hours` is proven: there was no usable
recovery point for so long, whatever else may come to light. `worst_gap_at_most_hours` is the worst that is
possible. They are equal where everything is known. A finding rests on the first, a pass on the second.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.derive.timeline import WorstGaps, worst_gaps
from auditor.evaluate.causes import unbacked
from auditor.evaluate.doubts import causes, holes
from auditor.evaluate.existence import NO_SIGN, restless
from auditor.evaluate.expected import Expected
from auditor.evaluate.facts import Column, Lazy, constant, encode_array, unread
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.known import KnownFrom, known_from
from auditor.evaluate.points import Points
from auditor.evaluate.records import Bools, Int64s, JobRecords
from auditor.evaluate.tiers import rpo_ms
from auditor.evaluate.times import HOUR_MS, Period, rfc3339

TABLES: Final = ("backup_jobs", "recovery_points")
_NAMES: Final = (
    "count", "worst_gap_hours", "worst_gap_at_most_hours", "worst_gap_from", "worst_gap_to",
    "worst_gap_after", "worst_gap_before", "worst_gap_cause", "newest_age_hours",
    "newest_age_at_least_hours", "newest", "newest_cause",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Timeline:
    """The points that count, each resource's last one before its interval (-1: none), and its worst gap."""

    found: Points
    anchor: NDArray[np.int64]
    gaps: WorstGaps

    def after(self, index: int) -> str | None:
        at = self.gaps.from_index[index]
        at = at if at != ABSENT else self.anchor[index]
        return None if at == ABSENT else self.found.proof(at)

    def before(self, index: int) -> str | None:
        at = self.gaps.to_index[index]
        return None if at == ABSENT else self.found.proof(at)


def backup_facts(
    inventory: Inventory,
    usable: Callable[[], Points],
    jobs: JobRecords,
    expected: Expected | None,
    period: Period,
    protection: Column | Lazy,
) -> dict[str, Column | Lazy]:
    """The facts `backups.*` of the resources of one account and Region.

    `usable` are their points; `expected` is None where jobs or plans were not read. `protection` says why a
    resource is not protected.
    """
    missing = inventory.scope.missing(*TABLES)
    if missing:
        return {f"backups.{name}": unread(inventory.size, missing) for name in _NAMES}
    everything = usable()
    sure = everything if everything.sure.all() else everything.only(np.flatnonzero(everything.sure))
    known = known_from(inventory, period)
    late, early = _Border.of(inventory, expected, known, period)
    bare = np.bincount(sure.resource[sure.until_ms >= period.start_ms], minlength=inventory.size) == 0
    unborn = (inventory.created_ms == ABSENT) | (bare & restless(inventory.resource_type))
    least = _least(inventory, everything, late, period)
    most = _most(inventory, sure, early, known, period, unborn=unborn, bare=bare)
    newest, newest_ms = _newest(inventory.size, sure, period)
    possible_ms = _possible(inventory, everything, newest_ms)
    has_newest, may_have = newest != ABSENT, possible_ms != ABSENT
    size = inventory.size
    inside = sure.resource[sure.until_ms >= period.start_ms]
    gaps, rpo = least.gaps, rpo_ms(inventory)
    why = causes(inventory, everything, jobs.places, unborn=unborn, bare=bare)
    old, young = period.end_ms - newest_ms > rpo, period.end_ms - possible_ms <= rpo
    long_there = (period.end_ms - inventory.seen_ms > rpo) | np.isnan(rpo)
    new_born = unborn & (newest_ms == ABSENT) & ~long_there
    until = inventory.last_ms(period)

    def why_none(
        asked: NDArray[np.bool_], since_ms: NDArray[np.int64], until_ms: NDArray[np.int64]
    ) -> Column:
        return unbacked(inventory, expected, protection, asked=asked, since_ms=since_ms, until_ms=until_ms)

    return {
        "backups.count": encode_array(np.bincount(inside, minlength=size)) if size else constant(0, 0),
        "backups.worst_gap_hours": encode_array(gaps.gap_ms / HOUR_MS),
        "backups.worst_gap_at_most_hours": encode_array(
            most.gaps.gap_ms / HOUR_MS, None, *holes(why, (gaps.gap_ms <= rpo) & (most.gaps.gap_ms > rpo))
        ),
        "backups.worst_gap_from": Lazy(lambda index: rfc3339(gaps.from_ms[index]), size),
        "backups.worst_gap_to": Lazy(lambda index: rfc3339(gaps.to_ms[index]), size),
        "backups.worst_gap_after": Lazy(least.after, size),
        "backups.worst_gap_before": Lazy(least.before, size),
        "backups.worst_gap_cause": why_none(gaps.gap_ms > rpo, gaps.from_ms, gaps.to_ms),
        "backups.newest_cause": why_none(~has_newest | old, newest_ms, until),
        "backups.newest_age_hours": encode_array(
            (period.end_ms - newest_ms) / HOUR_MS, has_newest, *holes(why, (old & young) | new_born)
        ),
        "backups.newest_age_at_least_hours": encode_array((period.end_ms - possible_ms) / HOUR_MS, may_have),
        "backups.newest": Lazy(lambda index: sure.proof(newest[index]) if has_newest[index] else None, size),
    }


@dataclass(frozen=True, slots=True)
class _Border:
    """What is known of the time before jobs are listed, for each resource; None: the plans were not read.

    `since` is from when on the absence of a backup is a fact (`known_from`); `unbounded` where a gap without
    a recovery point before it begins: there too where the first due backup was missed, else with the jobs.
    """

    since: Int64s
    unbounded: Int64s

    @classmethod
    def of(
        cls, inventory: Inventory, expected: Expected | None, known: KnownFrom, period: Period
    ) -> tuple[Self | None, Self | None]:
        """At the latest, for what is proven, and at the earliest, for what is possible."""
        if expected is None:
            return None, None
        missed, begin = expected.begins_missed(inventory.size), _window(inventory, period).start_ms
        return (
            cls(known.latest, np.where(missed, known.latest, begin)),
            cls(known.earliest, np.where(missed | known.unsure, known.earliest, begin)),
        )


def _least(inventory: Inventory, everything: Points, border: _Border | None, period: Period) -> _Timeline:
    """The gap that is proven: every doubtful point counts, and time of which nothing is known is no gap.

    A resource that left no sign of its existence has none.
    """
    window = _window(inventory, period)
    begin = np.full(inventory.size, window.start_ms, np.int64)
    border = border or _Border(begin, begin)
    there = np.where(inventory.seen_ms == NO_SIGN, inventory.last_ms(period), inventory.seen_ms)
    return _timeline(inventory, everything, np.maximum(border.unbounded, there), border.since, window)


def _most(
    inventory: Inventory,
    sure: Points,
    border: _Border | None,
    known: KnownFrom,
    period: Period,
    *,
    unborn: Bools,
    bare: Bools,
) -> _Timeline:
    """The gap that there may be at worst: only what is sure counts.

    A resource whose creation is not known (`unborn`) may have been there since the period began. Without the
    plans it is not known how long recovery points are kept: the last one that we saw may have been the last
    one of all. Where no recovery point was seen in the period (`bare`), it is not known when the one before
    was made.
    """
    always = np.full(inventory.size, ABSENT, np.int64)
    if border is None:
        border = _Border(always, always)
    elif inventory.scope.history:
        earliest = np.where(known.unsure, known.earliest, period.start_ms)
        border = _Border(always, np.minimum(earliest, period.start_ms))
    there = np.where(unborn, np.minimum(inventory.seen_ms, period.start_ms), inventory.created_ms)
    begin = np.maximum(np.where(bare, ABSENT, border.unbounded), there)
    return _timeline(inventory, sure, begin, border.since, period)


def _window(inventory: Inventory, period: Period) -> Period:
    """The part of the period whose jobs are listed."""
    return Period(min(max(period.start_ms, inventory.scope.jobs_from_ms), period.end_ms), period.end_ms)


def _timeline(
    inventory: Inventory, found: Points, start: NDArray[np.int64], since: NDArray[np.int64], period: Period
) -> _Timeline:
    """The timeline of each resource from `start`, or from its last point before the period if that is later.

    A point from before `since` bounds no gap: others may have been there after it and left no trace.
    """
    anchor = np.full(inventory.size, ABSENT, np.int64)
    early = np.flatnonzero(found.time_ms < period.start_ms)
    reach = np.minimum(found.until_ms[early], period.start_ms)
    early, reach = early[order := np.argsort(reach, kind="stable")], reach[order]
    anchor[found.resource[early]] = early
    begun = np.full(inventory.size, ABSENT, np.int64)
    begun[found.resource[early]] = reach
    usable = (anchor != ABSENT) & (begun >= since)
    start = np.where(usable, begun, start)
    gaps = worst_gaps(
        found.resource, found.time_ms, found.until_ms, start_ms=start, end_ms=inventory.last_ms(period)
    )
    return _Timeline(found, np.where(usable, anchor, ABSENT), gaps)


def _newest(size: int, sure: Points, period: Period) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each resource's newest point that can be restored from now, and its time (both -1: none)."""
    newest = np.full(size, ABSENT, np.int64)
    newest_ms = np.full(size, ABSENT, np.int64)
    usable = np.flatnonzero(sure.restorable)
    until = np.minimum(sure.until_ms[usable], period.end_ms)
    order = np.argsort(until, kind="stable")
    newest[sure.resource[usable[order]]] = usable[order]
    newest_ms[sure.resource[usable[order]]] = until[order]
    return newest, newest_ms


def _possible(inventory: Inventory, everything: Points, newest_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """The time of the newest point that may be there, ms: a copy may lie where nobody read (-1: none)."""
    possible = newest_ms.copy()
    away = np.flatnonzero(everything.elsewhere != ABSENT)
    np.maximum.at(possible, everything.resource[away], everything.until_ms[away])
    if inventory.scope.past:  # what was there at `as_of` may have been deleted since
        gone = np.flatnonzero(~everything.sure)
        np.maximum.at(possible, everything.resource[gone], everything.time_ms[gone])
    return possible
