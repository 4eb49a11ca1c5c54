"""What can be restored of protection apart from AWS Backup that a tier accepts for frequency.

Proven is what a service tells: that any time from the earliest to the newest can be restored, the times of
the backups that are there, or that a bucket keeps its versions now. How it was before the earliest is not
known, however long the protection may have been switched on, nor which backups were there between those that
are left. That there is nothing newer than the newest is proven where all is told.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.deferred import Fact
from auditor.evaluate.existence import NO_SIGN
from auditor.evaluate.facts import Hole, encode_array
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.native import Native
from auditor.evaluate.native_backups import SNAPSHOT, NativeBackups, older_ms, unread
from auditor.evaluate.native_words import WORDS, Row
from auditor.evaluate.points import Points
from auditor.evaluate.tiers import rpo_ms
from auditor.evaluate.timeline import TABLES as POINT_TABLES
from auditor.evaluate.times import HOUR_MS, Period
from auditor.evidence.native_tables import (
    AUTOMATIC_LISTS,
    BACKUP_LISTS,
    BACKUPS,
    EARLIEST,
    NATIVE,
    VOLUME_SNAPSHOTS,
)

_FREQUENCY: Final = "frequency"
_POLICY: Final = "lifecycle_policy"
_AUTOMATED: Final = "automated_backups"
#: The lists that tell the backups of a kind, of some types, where it is on.
_LISTS_OF: Final = {_POLICY: (VOLUME_SNAPSHOTS,), _AUTOMATED: AUTOMATIC_LISTS}
#: Where these are on, what is written is kept: whatever was last there can be had back.
_EVERY_TIME: Final = ("versioning", "object_lock")
_NEVER: Final = np.inf
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def restorable_facts(
    inventory: Inventory, period: Period, usable: Callable[[], Points]
) -> Mapping[str, Fact]:
    """The age of the newest time that can be restored, and how long it may be, and surely is, without one.

    All of what the tier of a resource accepts for frequency and is switched on; absent where that is nothing
    or is not told. `usable` are the recovery points of AWS Backup.
    """
    native = inventory.native
    end = inventory.last_ms(period)
    begin = np.where(inventory.created_ms == ABSENT, period.start_ms, inventory.created_ms)
    begin = np.maximum(begin, period.start_ms)
    newest, gap = np.full((2, inventory.size), _NEVER)
    older, on, timeless = older_ms(inventory), dict[str, list[int]](), set[tuple[str, int]]()
    for index, row in _accepted(inventory, native):
        on.setdefault(row["kind"], []).append(index)
        if row["kind"] in _EVERY_TIME:
            newest[index] = 0
        begun = row["earliest_at"] is None or row["earliest_at"] <= end[index]
        if not begun or row["newest_at"] is None:
            timeless.add((row["kind"], index))
        if begun and row["newest_at"] is not None:
            since = max(0, int(end[index]) - row["newest_at"])
            newest[index] = min(newest[index], since)
            if row["earliest_at"] is not None:
                gap[index] = min(gap[index], max(since, row["earliest_at"] - int(begin[index])))
    for kind, found, open_ in _made(inventory, native, on):
        timeless -= {(kind, index) for index in np.flatnonzero(~open_).tolist()}
        made = found.newest_ms(inventory.size)
        some = (made != ABSENT) & (made >= begin - older)
        on[kind] = np.flatnonzero(some | open_).tolist()
        newest = np.minimum(newest, np.where(made != ABSENT, np.maximum(end - made, 0), _NEVER))
        gap = np.minimum(gap, np.where(some, found.worst_gap_ms(begin, end) + older, _NEVER))
    rpo = rpo_ms(inventory)
    untold = [*native.holes(_FREQUENCY)]
    perhaps = (newest == _NEVER) | (newest - older <= rpo)
    known = (newest < _NEVER) & ~np.isin(np.arange(inventory.size), [index for _, index in timeless])
    for hole in untold:
        known &= ~hole.mask(inventory.size)
    bare = _bare_ms(inventory, period, usable, known, newest - older)
    open_gap = np.where(bare > rpo, 0, gap)
    late, early = ([*_beyond(native, on, least, rpo)] for least in (np.where(perhaps, newest, 0), open_gap))
    return {
        "backups.native_newest_age_hours": encode_array(newest / HOUR_MS, newest < _NEVER, *untold, *late),
        "backups.native_gap_at_most_hours": encode_array(gap / HOUR_MS, gap < _NEVER, *untold, *early),
        "backups.native_gap_at_least_hours": encode_array(bare / HOUR_MS, bare > 0),
    }


def _bare_ms(
    inventory: Inventory, period: Period, usable: Callable[[], Points], known: Bools, newest: Floats
) -> Floats:
    """How long each resource surely was, until its end, with nothing of either kind to restore, ms.

    That is since the newest time of what is apart (`newest`, its age; `known`: there is none later), or the
    newest recovery point of AWS Backup that there may be, if that is later; no longer than jobs are listed
    and the resource is known to have been there. 0 where it is not known.
    """
    scope, end = inventory.scope, inventory.last_ms(period)
    if scope.past or scope.missing(*POINT_TABLES) or not known.any():
        return np.zeros(inventory.size)
    found, last = usable(), np.full(inventory.size, ABSENT, np.int64)
    np.maximum.at(last, found.resource, found.until_ms)
    there = np.where(inventory.seen_ms == NO_SIGN, end, inventory.seen_ms)
    last = np.maximum(np.maximum(last, there), max(period.start_ms, scope.jobs_from_ms))
    return np.where(known, np.maximum(np.minimum(newest, end - last), 0), 0.0)


def _accepted(inventory: Inventory, native: Native) -> Iterator[tuple[int, Row]]:
    """What is switched on and accepted, by the number of the resource."""
    kinds = native.accepted(_FREQUENCY)
    for index, rows in native.told.items():
        code = int(inventory.tier[index])
        for row in rows:
            if row["enabled"] and code != ABSENT and row["kind"] in kinds[code]:
                yield index, row


def _made(
    inventory: Inventory, native: Native, on: Mapping[str, list[int]]
) -> Iterator[tuple[str, NativeBackups, Bools]]:
    """By kind the backups that tiers accept, and the resources whose protection is on and tells no backups.

    The snapshots of a policy count where one is on. Where all snapshots are known, a volume without one that
    counts has none.
    """
    accepted = native.accepted(_FREQUENCY)
    kinds = [kind for kind in (SNAPSHOT, *_LISTS_OF) if any(kind in kinds for kinds in accepted)]
    if not kinds or native.backups is None:
        return
    found, unknown = native.backups, unread(inventory)
    made_by = {SNAPSHOT: ~found.automatic, _POLICY: found.by_policy, _AUTOMATED: found.automatic}
    for kind in kinds:
        where = np.isin(inventory.tier, [code for code, kinds in enumerate(accepted) if kind in kinds])
        open_ = np.zeros(inventory.size, bool)
        if kind in _LISTS_OF:
            listed = [one for word in _LISTS_OF[kind] for one in BACKUP_LISTS[word][0]]
            open_[on.get(kind, [])] = True
            where &= open_
            open_ &= ~np.isin(inventory.resource_type, listed) | unknown
        yield kind, found.only(where[found.resource] & made_by[kind]), open_


def _beyond(native: Native, on: Mapping[str, list[int]], times: Floats, rpo: Floats) -> Iterator[Hole]:
    """The resources that have something, of which it is not proven that it keeps the RPO."""
    scope = native.inventory.scope
    for kind, chosen in on.items():
        where = np.zeros(native.inventory.size, bool)
        where[chosen] = True
        where &= times > rpo
        for words, told_there in _told_by(native, kind):
            if not (where & told_there).any():
                continue
            said = (
                f"What {WORDS[kind]} of account {scope.account.account_id} in {scope.region} can "
                "restore is known of a part of the period only, or not at all."
            )
            gaps = scope.missing(*words) or (scope.unknown(NATIVE, "PartlyTold", kind, said),)
            yield Hole(gaps, where & told_there, partial=True, passes=True)


def _told_by(native: Native, kind: str) -> Iterator[tuple[tuple[str, ...], Bools]]:
    """What tells the times of a kind, in the words of a gap's `provides`, and of which resources."""
    rest = np.ones(native.inventory.size, bool)
    for word, told_there in native.lists_of(SNAPSHOT):
        if kind == SNAPSHOT or word in _LISTS_OF.get(kind, ()):
            yield (BACKUPS, word), told_there
            rest &= ~told_there
    if kind != SNAPSHOT:
        yield (EARLIEST,), rest
