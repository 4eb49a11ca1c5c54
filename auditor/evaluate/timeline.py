"""When a resource had a usable recovery point: the facts `backups.*`.

A usable recovery point is a COMPLETED or AVAILABLE one whose job did not end with a message category other
than SUCCESS (aws-backup.md 4.4). A copy is not a new point in time. A recovery point that is no longer
there counts by its job, but only once the retention of the job's rule is over: one that should still be
there was deleted, and protects nothing. Where that rule is not known, neither is a worst gap that hangs on
it.

Every job of a continuous backup names the same recovery point, which leaves no gap from its creation on. One
of which a job ended badly may have missed something for good (aws-backup.md 4.5): its other jobs count.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive.timeline import WorstGaps, worst_gaps
from auditor.evaluate.arrow import numbers
from auditor.evaluate.columns import NEVER, among, coded_rows, flags, local_index, milliseconds
from auditor.evaluate.existence import NO_SIGN, first_signs, owned_since
from auditor.evaluate.facts import Column, Hole, Lazy, constant, encode_array, unread
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.times import DAY_MS, HOUR_MS, Period, rfc3339

#: Statuses of a recovery point that can be restored from at `as_of` …
USABLE: Final = ("COMPLETED", "AVAILABLE")
#: … and of one that could be until its retention ended.
WAS_USABLE: Final = (*USABLE, "EXPIRED", "DELETING")
#: States of a backup job that has not ended.
UNDER_WAY: Final = ("CREATED", "PENDING", "RUNNING", "ABORTING")
TABLES: Final = ("backup_jobs", "recovery_points")
_CONTINUOUS: Final = ":continuous:"
_FOREVER_MS: Final = np.iinfo(np.int64).max // 2


@dataclass(frozen=True, slots=True)
class Points:
    """Usable points by time, one entry each.

    Resource index, creation in ms, what proves it (a row of `proofs`), whether it is restorable now. It is
    not `sure` when its recovery point is gone and nobody knows whether that was its time.
    """

    resource: NDArray[np.int64]
    time_ms: NDArray[np.int64]
    row: NDArray[np.int64]
    proofs: pa.ChunkedArray
    restorable: NDArray[np.bool_]
    continuous: NDArray[np.bool_]
    sure: NDArray[np.bool_]

    def only(self, rows: NDArray[Any]) -> "Points":
        """Some of them, in the order of `rows`."""
        return Points(
            self.resource[rows],
            self.time_ms[rows],
            self.row[rows],
            self.proofs,
            self.restorable[rows],
            self.continuous[rows],
            self.sure[rows],
        )

    def proof(self, index: int) -> str:
        """The ARN of a recovery point, or the id of the job that made one that is gone."""
        return str(self.proofs[int(self.row[index])].as_py())


def succeeded(jobs: pa.Table) -> NDArray[np.bool_]:
    """Which backup jobs are COMPLETED with category SUCCESS (or none.

    Jobs from before AWS reported categories).
    """
    return among(jobs["state"], ("COMPLETED",)) & among(jobs["message_category"], ("SUCCESS", "", None))


def copied(recovery: pa.Table) -> NDArray[np.bool_]:
    """Which recovery points came from another vault."""
    source, vault = (recovery[name].cast(pa.string()) for name in ("source_vault_arn", "vault_arn"))
    return flags(pc.not_equal(source, vault))


def points(inventory: Inventory, period: Period) -> Points:
    """Every usable point of the resources of one account and Region."""
    jobs = inventory.read(
        "backup_jobs",
        [
            "job_id", "resource_arn", "recovery_point_arn", "state", "message_category", "created_at",
            "plan_id", "plan_version", "rule_id",
        ],
    )  # fmt: skip
    recovery = inventory.read(
        "recovery_points", ["arn", "resource_arn", "status", "created_at", "vault_arn", "source_vault_arn"]
    )
    good = succeeded(jobs)
    arn, made = recovery["arn"], jobs["recovery_point_arn"]
    spoilt = _named(arn, made.filter(numbers(~good & ~among(jobs["state"], UNDER_WAY))))
    stream = flags(pc.match_substring(arn, _CONTINUOUS)) if len(arn) else np.zeros(0, bool)
    kept = among(recovery["status"], WAS_USABLE) & ~copied(recovery)
    kept &= ~spoilt | (stream & _named(arn, made.filter(numbers(good))))
    restorable = among(recovery["status"], USABLE)
    over, sure = _over(inventory, jobs, period)
    gone = np.flatnonzero(good & over & flags(pc.is_valid(made)))
    gone = gone[~_named(made.take(numbers(gone)), arn)]
    again = np.flatnonzero(good & _named(made, arn.filter(numbers(kept & spoilt & restorable))))
    present, by_job = recovery.filter(numbers(kept)), jobs.take(numbers(np.append(gone, again)))
    both = (present, by_job)
    true, false = np.ones(len(jobs), bool), np.zeros(len(jobs), bool)
    time_ms = np.concatenate([milliseconds(table["created_at"]) for table in both])
    found = Points(
        np.concatenate([local_index(table["resource_arn"], inventory.index) for table in both]),
        time_ms,
        np.arange(len(time_ms)),
        pa.chunked_array([*present["arn"].chunks, *by_job["job_id"].chunks], pa.string()),
        np.concatenate([restorable[kept], false[gone], true[again]]),
        np.concatenate([(stream & ~spoilt)[kept], false[gone], false[again]]),
        np.concatenate([np.ones(present.num_rows, bool), sure[gone], true[again]]),
    )
    known = np.flatnonzero((found.resource != NEVER) & (time_ms != NEVER) & (time_ms <= period.end_ms))
    owned = owned_since(inventory.resource_type, inventory.created_ms)
    known = known[time_ms[known] >= owned[found.resource[known]]]
    return found.only(known[np.argsort(time_ms[known], kind="stable")])


def _named(column: pa.ChunkedArray, names: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Which rows of `column` are one of `names`; a null is none."""
    if not len(column) or names.null_count == len(names):
        return np.zeros(len(column), bool)
    return flags(pc.is_in(column, names.combine_chunks().drop_null()))


def _over(
    inventory: Inventory, jobs: pa.Table, period: Period
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Jobs whose recovery point need not be there any more, and of which this is sure.

    The retention of their rule is over. An on-demand backup has none that we know: it is taken at its word. A
    rule is not known when its plan was not read, or is no longer listed.
    """
    days = {
        (plan.plan_id, plan.version_id, rule.rule_id): rule.lifecycle.delete_after_days
        for plan in inventory.plans
        for rule in plan.rules
    }
    made_by, names = coded_rows(jobs["plan_id"], jobs["plan_version"], jobs["rule_id"])
    kept = np.array([_kept_ms(days[name]) if name in days else 0 for name in names], np.int64)
    sure = np.array([name in days or name[0] is None for name in names], bool)
    return milliseconds(jobs["created_at"]) + kept[made_by] <= period.end_ms, sure[made_by]


def _kept_ms(days: int | None) -> int:
    return _FOREVER_MS if days is None else days * DAY_MS


def backup_facts(inventory: Inventory, period: Period) -> dict[str, Column | Lazy]:
    """The facts `backups.*` of the resources of one account and Region."""
    names = (
        "count", "unproven_hours", "worst_gap_hours", "worst_gap_from", "worst_gap_to", "worst_gap_after",
        "worst_gap_before", "newest_age_hours", "newest",
    )  # fmt: skip
    missing = inventory.scope.missing(*TABLES)
    if missing:
        return {f"backups.{name}": unread(inventory.size, missing) for name in names}
    everything = points(inventory, period)
    found = everything if everything.sure.all() else everything.only(everything.sure)
    anchors, gaps, unproven_ms = _gaps(inventory, found, period)
    certain = np.ones(inventory.size, bool)
    if found is not everything:
        certain = _gaps(inventory, everything, period)[1].gap_ms == gaps.gap_ms
    inside = found.resource[found.time_ms >= period.start_ms]
    newest, newest_ms = _newest(inventory.size, found)
    has_newest = newest != NEVER

    def after(index: int) -> str | None:
        at = gaps.from_index[index] if gaps.from_index[index] != NEVER else anchors[index]
        return None if at == NEVER else found.proof(at)

    def before(index: int) -> str | None:
        at = gaps.to_index[index]
        return None if at == NEVER else found.proof(at)

    size = inventory.size
    age_ms = np.where(_streams_since(found, period, size) < period.end_ms, 0, period.end_ms - newest_ms)
    worst = encode_array(gaps.gap_ms / HOUR_MS, certain)
    unsure = inventory.scope.missing("backup_plans")
    return {
        "backups.count": encode_array(np.bincount(inside, minlength=size)) if size else constant(0, 0),
        "backups.unproven_hours": encode_array(unproven_ms / HOUR_MS),
        "backups.worst_gap_hours": Column(worst.codes, worst.values, (Hole(unsure, ~certain),)),
        "backups.worst_gap_from": Lazy(lambda index: rfc3339(gaps.from_ms[index]), size),
        "backups.worst_gap_to": Lazy(lambda index: rfc3339(gaps.to_ms[index]), size),
        "backups.worst_gap_after": Lazy(after, size),
        "backups.worst_gap_before": Lazy(before, size),
        "backups.newest_age_hours": encode_array(age_ms / HOUR_MS, has_newest),
        "backups.newest": Lazy(lambda index: found.proof(newest[index]) if has_newest[index] else None, size),
    }


def _gaps(
    inventory: Inventory, found: Points, period: Period
) -> tuple[NDArray[np.int64], WorstGaps, NDArray[np.int64]]:
    """Each resource's last point before the period (-1: none), its worst gap, and its unproven time in ms.

    With a continuous recovery point only the time before it began can be a gap: it is shifted to the end.
    """
    anchors, start, unproven = _anchors(inventory, found, period)
    shift = period.end_ms - _streams_since(found, period, inventory.size)
    gaps = worst_gaps(
        found.resource, found.time_ms + shift[found.resource], inventory.size, start + shift, period.end_ms
    )
    return anchors, gaps._replace(from_ms=gaps.from_ms - shift, to_ms=gaps.to_ms - shift), unproven


def _streams_since(found: Points, period: Period, size: int) -> NDArray[np.int64]:
    """When each resource's continuous recovery point began, ms; the period's end where it has none."""
    began = np.full(size, period.end_ms, np.int64)
    streams = found.continuous & found.restorable
    np.minimum.at(began, found.resource[streams], found.time_ms[streams])
    return began


def _anchors(
    inventory: Inventory, found: Points, period: Period
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Each resource's last point before the period (-1: none), and where its timeline begins.

    It begins with that point, the period, or the resource's creation. Where nothing tells the creation, it
    begins with the first job or recovery point, and the time before is unproven: that many ms come last.
    """
    anchors = np.full(inventory.size, NEVER, np.int64)
    early = np.flatnonzero(found.time_ms < period.start_ms)
    anchors[found.resource[early]] = early
    start = np.maximum(inventory.created_ms, period.start_ms)
    unborn = (inventory.created_ms == NEVER) & (anchors == NEVER)
    if unborn.any():
        first = first_signs(inventory.index, inventory.size, inventory.read)
        start = np.where(unborn & (first != NO_SIGN), np.maximum(first, period.start_ms), start)
    unproven = np.where(unborn, start - period.start_ms, 0)
    if len(early):
        start = np.where(anchors != NEVER, found.time_ms[anchors], start)
    return anchors, np.minimum(start, period.end_ms), unproven


def _newest(size: int, found: Points) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each resource's newest point that is restorable now (-1: none), a continuous one before all others."""
    newest = np.full(size, NEVER, np.int64)
    for usable in (np.flatnonzero(found.restorable), np.flatnonzero(found.restorable & found.continuous)):
        newest[found.resource[usable]] = usable
    times = found.time_ms[newest] if len(found.time_ms) else np.zeros(size, np.int64)
    return newest, times
