"""The backups that are there apart from AWS Backup, as columns (aws-backup.md 6.4, 6.7, 6.8).

One counts that is complete, that AWS Backup did not make, and that is no part of an image: AWS Backup makes
images too, and a list of snapshots does not say which. What was deleted leaves no trace: that none is there
says nothing of earlier times.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.derive.timeline import worst_gaps
from auditor.evaluate.columns import among, local_index, milliseconds, named
from auditor.evaluate.existence import first_signs, owned_since
from auditor.evaluate.tiers import rpo_ms
from auditor.evaluate.times import DAY_MS, epoch_ms
from auditor.evidence.native_tables import BACKUP_LISTS, BACKUPS, NATIVE
from auditor.evidence.table_schemas import TABLES
from auditor.model.native import AUTOMATIC, LIFECYCLE_MANAGER
from auditor.model.resource_types import TYPES

if TYPE_CHECKING:
    from auditor.evaluate.inventory import Inventory

Bools = NDArray[np.bool_]
Int64s = NDArray[np.int64]

SNAPSHOT: Final = "snapshot"
#: A snapshot of Redshift Serverless may have been made of a recovery point, which is up to a day older.
_OLDER_MS: Final = {"Redshift Serverless": DAY_MS}
_COMPLETE: Final = ("completed", "available", "AVAILABLE")
_COUNTED: Final = (None, LIFECYCLE_MANAGER, AUTOMATIC)
_COLUMNS: Final = ("arn", "resource_arn", "state", "created_at", "completed_at", "made_by", "kept_until")


@dataclass(frozen=True, slots=True)
class NativeBackups:
    """Those that count, one entry each: resource, time and end of its lock (-1: none), ms; who made it.

    The time is the earliest that it may be of. `by_policy` are Data Lifecycle Manager's, `automatic` those
    that the service makes by itself; the others are snapshots that somebody took.
    """

    resource: Int64s
    time_ms: Int64s
    kept_ms: Int64s
    by_policy: Bools
    automatic: Bools

    @classmethod
    def of(cls, inventory: "Inventory") -> "NativeBackups":
        """Those of the resources of one account and Region that were complete at `as_of`."""
        table = inventory.read(BACKUPS, _COLUMNS)
        resource = local_index(table["resource_arn"], inventory.index)
        there = (resource != ABSENT) & among(table["state"], _COMPLETE)
        there &= among(table["made_by"], _COUNTED)
        there &= milliseconds(table["completed_at"]) <= epoch_ms(inventory.scope.as_of)
        if there.any():
            jobs = inventory.read("backup_jobs", ["recovery_point_arn"])["recovery_point_arn"]
            there &= ~named(table["arn"], jobs)
        kept, time = milliseconds(table["kept_until"]), milliseconds(table["created_at"])
        there &= time >= owned_since(inventory.resource_type, inventory.created_ms)[resource]
        by_policy, automatic = (among(table["made_by"], (maker,)) for maker in (LIFECYCLE_MANAGER, AUTOMATIC))
        time = time - older_ms(inventory)[resource]
        return cls(resource[there], time[there], kept[there], by_policy[there], automatic[there])

    def only(self, rows: Bools) -> "NativeBackups":
        """Some of them."""
        times = self.resource[rows], self.time_ms[rows], self.kept_ms[rows]
        return NativeBackups(*times, self.by_policy[rows], self.automatic[rows])

    def newest_ms(self, size: int) -> Int64s:
        """The time of the newest one of each of `size` resources; -1: there is none."""
        newest = np.full(size, ABSENT, np.int64)
        np.maximum.at(newest, self.resource, self.time_ms)
        return newest

    def promised_days(self, size: int) -> Int64s:
        """The whole days for which each one of a resource is locked from its making on; -1: not each is."""
        days = np.where(self.kept_ms == ABSENT, ABSENT, np.maximum(self.kept_ms - self.time_ms, 0) // DAY_MS)
        least = np.full(size, np.iinfo(np.int64).max)
        np.minimum.at(least, self.resource, days)
        return np.where(least == np.iinfo(np.int64).max, ABSENT, least)

    def worst_gap_ms(self, begin_ms: Int64s, end_ms: Int64s) -> Int64s:
        """The longest time of each resource, from its begin to its end, without one of those left by now."""
        return worst_gaps(self.resource, self.time_ms, self.time_ms, start_ms=begin_ms, end_ms=end_ms).gap_ms


def older_ms(inventory: "Inventory") -> Int64s:
    """How much older than its making a backup of each resource may be, ms."""
    return np.array([_OLDER_MS.get(kind, 0) for kind in inventory.resource_type], np.int64)


def _there_since(inventory: "Inventory") -> Int64s:
    """Since when each resource is known to have been there, ms: its creation, or its first job."""
    created, jobs = inventory.created_ms, ("backup_jobs",)
    if not (created == ABSENT).any():
        return created
    return np.where(
        created == ABSENT, first_signs(inventory.index, inventory.size, inventory.read, jobs), created
    )


def unread(inventory: "Inventory") -> Bools:
    """The resources of which it is not known whether all of their backups are listed."""
    scope = inventory.scope
    known = [kinds for word, (kinds, _) in BACKUP_LISTS.items() if not scope.missing(BACKUPS, word)]
    told = np.isin(inventory.resource_type, [kind for kinds in known for kind in kinds])
    return ~told | scope.past


def snapshot_rows(inventory: "Inventory", found: NativeBackups) -> Iterator[tuple[int, dict[str, Any]]]:
    """By the number of the resource a row like those of `native_protection`.

    It is on where the newest snapshot is no older than the tier's RPO. It is off where all are known, none
    may be so new, and the resource is older than that; of one that is younger, or may be, it is not known
    whether anybody will make any.
    """
    found = found.only(~found.automatic)
    size, now = inventory.size, epoch_ms(inventory.scope.as_of)
    newest, days, rpo = found.newest_ms(size), found.promised_days(size), rpo_ms(inventory)
    rpo = np.where(np.isnan(rpo), np.inf, rpo)
    fresh = (newest != ABSENT) & (now - newest <= rpo)
    stale = (newest == ABSENT) | (now - newest - older_ms(inventory) > rpo)
    if inventory.scope.past:  # locks may have been set since
        days = np.full(size, ABSENT, np.int64)
    old = (now - _there_since(inventory) > rpo) & stale & ~unread(inventory)
    source = {kind: call for kinds, call in BACKUP_LISTS.values() for kind in kinds}
    can = np.array([SNAPSHOT in TYPES[kind].native for kind in inventory.resource_type], bool)
    for index in np.flatnonzero(can & (fresh | old)).tolist():
        yield (
            index,
            {
                **dict.fromkeys(TABLES[NATIVE].names),
                "kind": SNAPSHOT,
                "enabled": bool(fresh[index]),
                "retention_days": int(days[index]) if fresh[index] and days[index] != ABSENT else None,
                "newest_at": int(newest[index]) if newest[index] != ABSENT else None,
                "source": source[inventory.resource_type[index]],
            },
        )
