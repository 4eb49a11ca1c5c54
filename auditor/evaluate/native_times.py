"""What can be restored of protection apart from AWS Backup that a tier accepts for frequency.

Proven is what a service tells: that any time from the earliest to the newest can be restored, the times of
the backups that are there, or that a bucket keeps its versions now. How it was before the earliest is not
known, however long the protection may have been switched on, nor which backups were there between those that
are left.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.deferred import Fact
from auditor.evaluate.facts import Hole, encode_array
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.native import WORDS, Native, Row
from auditor.evaluate.native_backups import SNAPSHOT, NativeBackups
from auditor.evaluate.tiers import rpo_ms
from auditor.evaluate.times import HOUR_MS, Period
from auditor.evidence.native_tables import BACKUPS, EARLIEST, NATIVE

_FREQUENCY: Final = "frequency"
_POLICY: Final = "lifecycle_policy"
#: What the times of a kind are told by, where it is not `EARLIEST`.
_TOLD_BY: Final = dict.fromkeys((SNAPSHOT, _POLICY), BACKUPS)
#: Where these are on, what is written is kept: whatever was last there can be had back.
_EVERY_TIME: Final = ("versioning", "object_lock")
_NEVER: Final = np.inf
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def restorable_facts(inventory: Inventory, period: Period) -> Mapping[str, Fact]:
    """The age of the newest time that can be restored, and the longest time that may be without one.

    Both of what the tier of a resource accepts for frequency and is switched on; absent where that is nothing
    or is not told.
    """
    native = inventory.native
    end = inventory.last_ms(period)
    begin = np.where(inventory.created_ms == ABSENT, period.start_ms, inventory.created_ms)
    begin = np.maximum(begin, period.start_ms)
    newest, gap = np.full((2, inventory.size), _NEVER)
    on: dict[str, list[int]] = {}
    for index, row in _accepted(inventory, native):
        on.setdefault(row["kind"], []).append(index)
        if row["kind"] in _EVERY_TIME:
            newest[index] = 0
        begun = row["earliest_at"] is None or row["earliest_at"] <= end[index]
        if begun and row["newest_at"] is not None:
            since = max(0, int(end[index]) - row["newest_at"])
            newest[index] = min(newest[index], since)
            if row["earliest_at"] is not None:
                gap[index] = min(gap[index], max(since, row["earliest_at"] - int(begin[index])))
    for kind, found, open_ in _made(inventory, native, on):
        made = found.newest_ms(inventory.size)
        some = made >= begin
        on[kind] = np.flatnonzero(some | open_).tolist()
        newest = np.minimum(newest, np.where(made != ABSENT, np.maximum(end - made, 0), _NEVER))
        gap = np.minimum(gap, np.where(some, found.worst_gap_ms(begin, end), _NEVER))
    rpo = rpo_ms(inventory)
    untold = [*native.holes(_FREQUENCY)]
    late, early = (
        [*_beyond(inventory, on, least, rpo)] for least in (np.where(newest < _NEVER, 0, newest), gap)
    )
    return {
        "backups.native_newest_age_hours": encode_array(newest / HOUR_MS, newest < _NEVER, *untold, *late),
        "backups.native_gap_at_most_hours": encode_array(gap / HOUR_MS, gap < _NEVER, *untold, *early),
    }


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
    kinds = [kind for kind in (SNAPSHOT, _POLICY) if any(kind in kinds for kinds in accepted)]
    if not kinds or native.backups is None:
        return
    found, volumes = native.backups, inventory.resource_type == "EBS"
    whole = not inventory.scope.past and not inventory.scope.missing(BACKUPS)
    for kind in kinds:
        where = np.isin(inventory.tier, [code for code, kinds in enumerate(accepted) if kind in kinds])
        open_ = np.zeros(inventory.size, bool)
        if kind == _POLICY:
            open_[on.get(kind, [])] = True
            where &= open_
            open_ &= ~volumes | (not whole)
        counted = where[found.resource] & (found.by_policy | (kind == SNAPSHOT))
        yield kind, found.only(counted), open_


def _beyond(inventory: Inventory, on: Mapping[str, list[int]], times: Floats, rpo: Floats) -> Iterator[Hole]:
    """The resources that have something, of which it is not proven that it keeps the RPO."""
    scope = inventory.scope
    for kind, chosen in on.items():
        where = np.zeros(inventory.size, bool)
        where[chosen] = True
        where &= times > rpo
        if where.any():
            said = (
                f"What {WORDS[kind]} of account {scope.account.account_id} in {scope.region} can "
                "restore is known of a part of the period only, or not at all."
            )
            gaps = scope.missing(_TOLD_BY.get(kind, EARLIEST)) or (
                scope.unknown(NATIVE, "PartlyTold", kind, said),
            )
            yield Hole(gaps, where, partial=True, passes=True)
