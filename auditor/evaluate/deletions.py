"""Recovery points that were deleted before their time: the facts `backups.deleted_early*`.

A job succeeded, its recovery point is gone, and the retention that the job was asked for is known and not
over: then the recovery point was deleted early. Left out are:

- temporary recovery points on the way into a logically air-gapped vault, which AWS Backup deletes once they
  are copied (backup plans' TargetLogicallyAirGappedBackupVaultArn);
- jobs from before the creation of an RDS or Aurora resource: they backed up an earlier resource of the same
  name;
- images, for the volumes that they hold, where the tier of the instance asks for backups: an image is its
  instance's recovery point, and told of once.

AWS Backup lists the jobs of the last 30 days: in a longer period only these are judged.
When `as_of` lies in the past, a recovery point may have been deleted after it: such a resource has no fact.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow.compute as pc

from auditor.derive.columns import ABSENT
from auditor.evaluate.arrow import numbers
from auditor.evaluate.carriers import attachment_unknown
from auditor.evaluate.columns import among, flags, local_index, named
from auditor.evaluate.existence import owned_since
from auditor.evaluate.facts import Column, Hole, Lazy, encode_array, unread
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.membership import unread_rules
from auditor.evaluate.records import Bools, Int64s, JobRecords
from auditor.evaluate.times import DAY_MS, rfc3339
from auditor.model.calendar import FOREVER
from auditor.model.plans import BackupPlan

_TABLES: Final = ("backup_jobs", "recovery_points")
#: What nobody could read of these leaves open whether a recovery point that is gone went before its time.
_BEHIND: Final = ("backup_plans", "copy_jobs")
_AT_MOST: Final = 10


def deletion_facts(inventory: Inventory, jobs: JobRecords) -> dict[str, Column | Lazy]:
    """The facts `backups.deleted_early*` of the resources of one account and Region."""
    count, first = "backups.deleted_early", "backups.deleted_early_first"
    missing = inventory.scope.missing(*_TABLES)
    if missing:
        return {name: unread(inventory.size, missing) for name in (count, first)}
    rows = _gone(inventory, jobs)
    owner = local_index(jobs.table["resource_arn"].take(numbers(rows)), inventory.index)
    early, doubtful = _early(inventory, jobs, rows)
    perhaps = early & jobs.held_perhaps[rows]
    early &= ~perhaps
    counts = np.bincount(owner[early], minlength=inventory.size)
    open_ = np.bincount(owner[doubtful], minlength=inventory.size) > 0
    odd = [plan for plan in inventory.plans if plan.fault]
    by_odd = doubtful & among(jobs.table["plan_id"].take(numbers(rows)), [plan.plan_id for plan in odd])
    told = (counts == 0) | (not inventory.scope.past)
    holes = (
        Hole(inventory.scope.missing(*_BEHIND), open_, partial=True),
        *_odd_plans(inventory, odd, np.bincount(owner[by_odd], minlength=inventory.size) > 0),
        *_held_perhaps(inventory, np.bincount(owner[perhaps], minlength=inventory.size) > 0),
        Hole(() if told.all() else _gone_since(inventory), ~told),
    )

    chosen = np.flatnonzero(early)
    chosen = chosen[np.lexsort((jobs.created[rows[chosen]], owner[chosen]))]
    ordered, owners = rows[chosen], owner[chosen]

    def cited(index: int) -> list[dict[str, Any]] | None:
        begin, end = np.searchsorted(owners, [index, index + 1])
        mine = ordered[begin : min(end, begin + _AT_MOST)]
        return [_told(jobs, int(row)) for row in mine] if told[index] and len(mine) else None

    return {count: encode_array(counts, told, *holes), first: Lazy(cited, inventory.size)}


def _odd_plans(inventory: Inventory, odd: Sequence[BackupPlan], where: Bools) -> Iterator[Hole]:
    """Resources whose jobs a plan that cannot be understood made: how long they were to keep is unknown."""
    if where.any():
        yield Hole(unread_rules(inventory, odd), where, partial=True)


def _held_perhaps(inventory: Inventory, where: Bools) -> Iterator[Hole]:
    """Volumes that images may have held which are gone."""
    if where.any():
        yield Hole((attachment_unknown(inventory),), where, partial=True)


def _gone_since(inventory: Inventory) -> tuple[str, ...]:
    """The id of the gap that says: what is gone now may still have been there at `as_of`."""
    said = "It is not known whether recovery points that are gone were deleted before or after as_of."
    return (inventory.scope.unknown("deletion", "Unknown", "", said),)


def _gone(inventory: Inventory, jobs: JobRecords) -> Int64s:
    """Good jobs of the resources whose recovery point is gone although its retention may not have ended."""
    owner = jobs.resource
    open_ = jobs.good & ~jobs.over & (owner != ABSENT) & flags(pc.is_valid(jobs.made))
    open_ &= ~named(jobs.made, inventory.read("recovery_points", ["arn"])["arn"])
    if jobs.carried.any():
        judged = open_ & ~jobs.carried & np.isin(inventory.tier, _requiring(inventory))[owner]
        open_ &= ~jobs.carried | ~named(jobs.made, jobs.made.filter(numbers(judged)))
    rows = np.flatnonzero(open_)
    owned = owned_since(inventory.resource_type, inventory.created_ms)
    return rows[jobs.created[rows] >= owned[owner[rows]]]


def _requiring(inventory: Inventory) -> list[int]:
    """The codes of the tiers that ask for backups."""
    tiers = inventory.scope.tiers.tiers
    return [code for code, name in enumerate(inventory.tier_names) if tiers[name]["required"]]


def _early(inventory: Inventory, jobs: JobRecords, rows: Int64s) -> tuple[Bools, Bools]:
    """Which of the deleted ones went too early, and for which of them that depends on what was not read."""
    known, temporary, asked = (
        column[rows] for column in (jobs.rules.known, jobs.rules.temporary, jobs.rules.asked)
    )
    planned = flags(pc.is_valid(jobs.table["plan_id"].take(numbers(rows))))
    passing = _into_air_gapped(inventory, jobs, rows)
    early = asked & ~temporary & (known | (jobs.copies_known & ~passing))
    doubtful = np.where(asked, ~known & (not jobs.copies_known), planned & ~known)
    return early, doubtful


def _into_air_gapped(inventory: Inventory, jobs: JobRecords, rows: Int64s) -> Bools:
    """Which jobs' recovery points were copied into an air-gapped vault of this account and Region."""
    vaults = [vault.arn for vault in inventory.vaults if vault.lock.air_gapped]
    copies = inventory.read("copy_jobs", ["source_recovery_point_arn", "destination_vault_arn"])
    into = copies["source_recovery_point_arn"].filter(numbers(among(copies["destination_vault_arn"], vaults)))
    return named(jobs.made.take(numbers(rows)), into)


def _told(jobs: JobRecords, row: int) -> dict[str, Any]:
    told = {
        "job_id": jobs.table["job_id"][row].as_py(),
        "created_at": rfc3339(int(jobs.created[row])),
        "recovery_point_arn": jobs.made[row].as_py(),
    }
    kept = int(jobs.rules.kept_ms[row])
    return told if kept == FOREVER else told | {"kept_days": kept // DAY_MS}
