"""The restore jobs of resources, wherever they ran: whose recovery point each restored, and how it ended."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auditor.derive.columns import ABSENT, Bools, Int64s
from auditor.evaluate.arrow import numbers
from auditor.evaluate.carriers import perhaps_carried, with_carried
from auditor.evaluate.columns import among, coded, local_index, milliseconds, words
from auditor.evaluate.existence import owned_since
from auditor.evaluate.gaps import Scope
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.times import DAY_MS, HOUR_MS, Period
from auditor.model.arn import place_of

#: A validation ends so long after its restore at the latest (aws-backup.md 1.3).
_VALIDATION_MS: Final = 168 * HOUR_MS
#: For so long AWS lists restore jobs at least, as far as anybody knows (aws-backup.md 1.1 row 26).
_LISTED_MS: Final = 30 * DAY_MS
_COLUMNS: Final = (
    "job_id", "resource_arn", "resource_type", "recovery_point_arn", "point_created_at", "status",
    "created_at", "completed_at", "testing_plan_arn", "validation_status",
)  # fmt: skip

#: Ids of gaps, and the resources of which they hide restores.
Hidden = tuple[tuple[str, ...], Bools]


def restored(inventory: Inventory) -> pa.Table:
    """The restore jobs that ran in an account and Region.

    What AWS does not name as restored is looked up by its recovery point. `began_at` is when the job was
    created, and `created_at` when its recovery point was, which says what an image holds; null where nothing
    tells it. `ran_in` is the account.
    """
    jobs = inventory.read("restore_jobs", _COLUMNS)
    told = {
        "created_at": jobs["point_created_at"],
        "began_at": jobs["created_at"],
        "plan_id": pa.nulls(len(jobs), pa.string()),
        "ran_in": pa.repeat(inventory.scope.account.account_id, len(jobs)),
    }
    columns = {name: jobs[name] for name in jobs.column_names} | told
    return named(inventory, pa.Table.from_arrays([*columns.values()], names=[*columns]))


def named(inventory: Inventory, table: pa.Table) -> pa.Table:
    """Restore jobs (`restored`), with what the recovery points of an account and Region tell of them."""
    if not len(table):  # there may be millions of recovery points for nothing
        return table
    held = inventory.read("recovery_points", ["arn", "resource_arn", "plan_id", "created_at"])
    if not len(held):
        return table
    row = pc.index_in(table["recovery_point_arn"], value_set=held["arn"].combine_chunks())
    for name in ("resource_arn", "plan_id", "created_at"):
        told = held[name] if name == "created_at" else held[name].cast(pa.string())
        both = pc.coalesce(table[name], told.take(row))
        table = table.set_column(table.column_names.index(name), name, both)
    return table


def by_place(jobs: pa.Table, here: Scope) -> Iterator[tuple[Scope, pa.Table]]:
    """Restore jobs that ran `here`, by where their recovery points lie: as their ARNs say, else here."""
    points, arns = coded(jobs["recovery_point_arn"])
    lying = [place if all(place := place_of(arn)) else here for arn in arns]
    for place in dict.fromkeys((here, *lying)):
        codes = [number for number, one in enumerate(lying) if one == place]
        rows = np.isin(points, [*codes, *([ABSENT] if place == here else [])])
        if rows.any():
            yield place, jobs.filter(numbers(rows))


def unnamed(
    inventory: Inventory, table: pa.Table, place: Scope | None = None, *, images: bool = False
) -> Iterator[Hidden]:
    """The gap for those of `table` (`restored`) of unknown resources: any of their type, or of all.

    `place` is where their recovery points lie; None: they ran here. With `images` those of an instance may be
    of volumes that it holds.
    """
    kinds = table.filter(pc.is_null(table["resource_arn"]))["resource_type"]
    if len(kinds):
        at = f" of recovery points of account {place[0]} in {place[1]}" if place else ""
        said = f"AWS Backup does not tell what some restore jobs{at} restored."
        where = np.isin(inventory.resource_type.astype(str), words(kinds)) | (kinds.null_count > 0)
        if images and "EC2" in words(kinds):
            where[inventory.carriers.volume] = True
        yield (inventory.scope.unknown("ListRestoreJobs", "Unknown", f"resource{at}", said),), where


def undated(inventory: Inventory) -> str:
    """The gap for restore jobs of which nothing tells when they completed, though they did."""
    said = "AWS Backup does not tell when some restore jobs completed."
    return inventory.scope.unknown("ListRestoreJobs", "Unknown", "completion", said)


@dataclass(frozen=True)
class Restores:
    """The restore jobs of one account and Region's resources, one row each: whose, and how each ended."""

    inventory: Inventory
    elsewhere: Sequence[pa.Table]
    period: Period

    @cached_property
    def table(self) -> pa.Table:
        """The jobs, and behind them those of carriers again for what they hold (`with_carried`)."""
        tables = [
            with_carried(self.inventory, table) for table in (restored(self.inventory), *self.elsewhere)
        ]
        return pa.concat_tables(tables, promote_options="default")

    @cached_property
    def owner(self) -> Int64s:
        """The number of each job's resource; -1 where it is none of here."""
        owned, made = self._owned, milliseconds(self.table["created_at"])
        return np.where(~perhaps_carried(self.table) & (made >= owned), self._named, ABSENT)

    @cached_property
    def _named(self) -> Int64s:
        """The number of the resource that each job names; -1 where it is none of here."""
        return local_index(self.table["resource_arn"], self.inventory.index)

    @cached_property
    def _owned(self) -> Int64s:
        """Since when recovery points are of the resource that each job names, ms; before of a namesake."""
        owned = owned_since(self.inventory.resource_type, self.inventory.created_ms)
        return np.append(owned, ABSENT)[self._named]

    @cached_property
    def of_namesakes(self) -> Int64s:
        """The numbers of those of whose name a recovery point was restored which may be of a namesake."""
        made = milliseconds(self.table["created_at"])
        perhaps = (made == ABSENT) & (self._owned != ABSENT) & among(self.table["status"], ("COMPLETED",))
        perhaps &= milliseconds(self.table["began_at"]) >= self._owned
        return np.unique(self._named[perhaps & (self._named != ABSENT)])

    def demanded(self, key: str) -> Int64s:
        """What the tier of each resource asks of restores by that key, a number or 1; 0 where it does not."""
        inventory = self.inventory
        tiers = [inventory.scope.tiers.tiers[name] for name in inventory.tier_names]
        asked = [tier.get("restore_test", {}).get(key, 0) if tier["required"] else 0 for tier in tiers]
        return np.array([*asked, 0], np.int64)[inventory.tier]

    @cached_property
    def asked(self) -> Bools:
        """Which resources' tiers ask for restores, or may ask for them."""
        known: Bools = self.demanded("max_age_days") > 0
        perhaps = any("restore_test" in tier for tier in self.inventory.scope.tiers.tiers.values())
        unknown: Bools = self.inventory.tier == ABSENT
        return known | unknown if perhaps else known

    @cached_property
    def kinds(self) -> Int64s:
        """The number of the type of each resource."""
        return np.unique(self.inventory.resource_type.astype(str), return_inverse=True)[1].reshape(-1)

    @cached_property
    def group(self) -> Int64s:
        """The number of those whose restores count for each resource: itself, or its tier's and type's."""
        inventory = self.inventory
        sampled = self.demanded("sample") > 0
        same = inventory.size + inventory.tier * (inventory.size + 1) + self.kinds
        _, group = np.unique(np.where(sampled, same, np.arange(inventory.size)), return_inverse=True)
        return group.reshape(-1)

    @cached_property
    def ended_ms(self) -> Int64s:
        """When each job completed well, by `as_of`, ms; else -1."""
        ended = milliseconds(self.table["completed_at"])
        good = among(self.table["status"], ("COMPLETED",)) & (ended <= self.period.end_ms)
        return np.where(good & (self.owner != ABSENT), ended, ABSENT)

    def end_of(self, rows: Int64s) -> Int64s:
        """When the job of each of these rows completed well, ms; -1 for none."""
        return np.append(self.ended_ms, ABSENT)[rows]

    @cached_property
    def validated(self) -> tuple[Bools, Bools]:
        """Which were validated well, and of which that is not known yet, or was perhaps not at `as_of`."""
        well = among(self.table["validation_status"], ("SUCCESSFUL",))
        going = among(self.table["validation_status"], ("VALIDATING",))
        if self.inventory.scope.past:
            since = well & (self.ended_ms + _VALIDATION_MS > self.period.end_ms)
            well, going = well & ~since, going | since
        return well, going

    @cached_property
    def invalid(self) -> tuple[Bools, Bools]:
        """Which completed ones' validation failed by `as_of`, and of which that may have been later."""
        failed = among(self.table["validation_status"], ("FAILED",)) & (self.ended_ms != ABSENT)
        since = failed & (self.ended_ms + _VALIDATION_MS > self.period.end_ms)
        return (failed & ~since, since) if self.inventory.scope.past else (failed, since & False)

    @property
    def known_from_ms(self) -> int:
        """From when on each restore job, or copy job, is known to be listed, ms."""
        listed, start = self.inventory.scope.read_ms - _LISTED_MS, self.period.start_ms
        return start if listed - start <= HOUR_MS else listed

    @cached_property
    def young(self) -> Bools:
        """Which completed in the time that the tier of their resource allows."""
        most = np.append(self.demanded("max_age_days"), 0)
        young: Bools = self.ended_ms >= self.period.end_ms - most[self.owner] * DAY_MS
        return young

    @cached_property
    def placed(self) -> Bools:
        """Which completed where the tier of their resource counts them: anywhere, or in another account."""
        at_home = among(self.table["ran_in"], (self.inventory.scope.account.account_id,))
        apart: Bools = self.demanded("other_account") > 0
        placed: Bools = (self.ended_ms != ABSENT) & ~(at_home & np.append(apart, False)[self.owner])
        return placed

    @cached_property
    def counting(self) -> Bools:
        """Which the tier of their resource counts: placed so, and where it asks for it validated well."""
        strict: Bools = self.demanded("validated") > 0
        counting: Bools = self.placed & (self.validated[0] | ~np.append(strict, False)[self.owner])
        return counting

    def of_groups(self, rows: Bools) -> Int64s:
        """How many of the jobs `rows` count for each resource."""
        chosen = np.flatnonzero(rows & (self.owner != ABSENT))
        counts = np.bincount(self.group[self.owner[chosen]], minlength=self.inventory.size)
        return counts[self.group]

    def newest(self, rows: Bools) -> Int64s:
        """The row of the one of `rows` that completed last, for each resource; -1 where there is none."""
        chosen = np.flatnonzero(rows & (self.ended_ms != ABSENT))
        chosen = chosen[np.argsort(self.ended_ms[chosen], kind="stable")]
        last = np.full(self.inventory.size, ABSENT, np.int64)
        last[self.group[self.owner[chosen]]] = chosen  # of several the last one stays
        return last[self.group]
