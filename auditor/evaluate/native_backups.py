"""The backups that are there apart from AWS Backup, as columns: snapshots of volumes (aws-backup.md 6.4).

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
from auditor.evaluate.existence import owned_since
from auditor.evaluate.tiers import rpo_ms
from auditor.evaluate.times import DAY_MS, epoch_ms
from auditor.evidence.native_tables import BACKUPS, DATABASE_SNAPSHOTS, NATIVE
from auditor.evidence.table_schemas import TABLES
from auditor.model.native import LIFECYCLE_MANAGER
from auditor.model.resource_types import TYPES

if TYPE_CHECKING:
    from auditor.evaluate.inventory import Inventory

Bools = NDArray[np.bool_]
Int64s = NDArray[np.int64]

SNAPSHOT: Final = "snapshot"
#: What lists the snapshots of which types: by the word of a gap's `provides`, and the calls.
SNAPSHOT_LISTS: Final = {
    BACKUPS: (("EBS",), "ec2:DescribeSnapshots"),
    DATABASE_SNAPSHOTS: (("RDS", "Aurora"), "rds:DescribeDBSnapshots, rds:DescribeDBClusterSnapshots"),
}
_COLUMNS: Final = ("arn", "resource_arn", "state", "created_at", "completed_at", "made_by", "kept_until")


@dataclass(frozen=True, slots=True)
class NativeBackups:
    """Those that count, one entry each: resource, time and end of its lock (-1: none), ms; whether DLM's."""

    resource: Int64s
    time_ms: Int64s
    kept_ms: Int64s
    by_policy: Bools

    @classmethod
    def of(cls, inventory: "Inventory") -> "NativeBackups":
        """Those of the resources of one account and Region that were complete at `as_of`."""
        table = inventory.read(BACKUPS, _COLUMNS)
        resource = local_index(table["resource_arn"], inventory.index)
        there = (resource != ABSENT) & among(table["state"], ("completed", "available"))
        there &= among(table["made_by"], (None, LIFECYCLE_MANAGER))
        there &= milliseconds(table["completed_at"]) <= epoch_ms(inventory.scope.as_of)
        if there.any():
            jobs = inventory.read("backup_jobs", ["recovery_point_arn"])["recovery_point_arn"]
            there &= ~named(table["arn"], jobs)
        kept, time = milliseconds(table["kept_until"]), milliseconds(table["created_at"])
        there &= time >= owned_since(inventory.resource_type, inventory.created_ms)[resource]
        by_policy = among(table["made_by"], (LIFECYCLE_MANAGER,))
        return cls(resource[there], time[there], kept[there], by_policy[there])

    def only(self, rows: Bools) -> "NativeBackups":
        """Some of them."""
        return NativeBackups(
            self.resource[rows], self.time_ms[rows], self.kept_ms[rows], self.by_policy[rows]
        )

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


def snapshot_rows(inventory: "Inventory", found: NativeBackups) -> Iterator[tuple[int, dict[str, Any]]]:
    """By the number of the resource a row like those of `native_protection`.

    It is on where the newest snapshot is no older than the tier's RPO. It is off where all are known and the
    resource is older than that; of one that is younger, or may be, it is not known whether anybody will make
    any.
    """
    size, now = inventory.size, epoch_ms(inventory.scope.as_of)
    newest, days, rpo = found.newest_ms(size), found.promised_days(size), rpo_ms(inventory)
    rpo = np.where(np.isnan(rpo), np.inf, rpo)
    fresh = (newest != ABSENT) & (now - newest <= rpo)
    if inventory.scope.past:  # locks may have been set since
        days = np.full(size, ABSENT, np.int64)
    known = np.zeros(size, bool)
    for word, (kinds, _) in SNAPSHOT_LISTS.items():
        if not inventory.scope.past and not inventory.scope.missing(word):
            known |= np.isin(inventory.resource_type, kinds)
    old = (inventory.created_ms != ABSENT) & (now - inventory.created_ms > rpo)
    source = {kind: call for kinds, call in SNAPSHOT_LISTS.values() for kind in kinds}
    can = np.array([SNAPSHOT in TYPES[kind].native for kind in inventory.resource_type], bool)
    for index in np.flatnonzero(can & (fresh | (old & known))).tolist():
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
