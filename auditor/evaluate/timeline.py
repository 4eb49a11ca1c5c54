"""When a resource had a usable recovery point: the facts `backups.*`.

A usable recovery point is a COMPLETED or AVAILABLE one whose job did not end with a message category other
than SUCCESS (aws-backup.md 4.4). A copy is not a new point in time. A recovery point that is no longer
there counts by its job, but only once the retention of the job's rule is over: one that should still be
there was deleted, and protects nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive.timeline import worst_gaps
from auditor.evaluate.arrow import numbers
from auditor.evaluate.columns import NEVER, among, coded, coded_rows, flags, milliseconds
from auditor.evaluate.facts import Column, Lazy, constant, encode_array, unread
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.times import DAY_MS, HOUR_MS, Period, rfc3339

#: Statuses of a recovery point that can be restored from at `as_of` …
USABLE: Final = ("COMPLETED", "AVAILABLE")
#: … and of one that could be until its retention ended.
WAS_USABLE: Final = (*USABLE, "EXPIRED", "DELETING")
TABLES: Final = ("backup_jobs", "recovery_points")
_CONTINUOUS: Final = ":continuous:"
_FOREVER_MS: Final = np.iinfo(np.int64).max // 2


@dataclass(frozen=True, slots=True)
class Points:
    """Usable points by time, one entry each.

    Resource index, creation in ms, what proves it (a row of `proofs`), whether it is restorable now.
    """

    resource: NDArray[np.int64]
    time_ms: NDArray[np.int64]
    row: NDArray[np.int64]
    proofs: pa.ChunkedArray
    restorable: NDArray[np.bool_]
    continuous: NDArray[np.bool_]

    def proof(self, index: int) -> str:
        """The ARN of a recovery point, or the id of the job that made one that is gone."""
        return str(self.proofs[int(self.row[index])].as_py())


def succeeded(jobs: pa.Table) -> NDArray[np.bool_]:
    """Which backup jobs are COMPLETED with category SUCCESS (or none.

    Jobs from before AWS reported categories).
    """
    return among(jobs["state"], ("COMPLETED",)) & among(jobs["message_category"], ("SUCCESS", "", None))


def local_index(column: pa.ChunkedArray, index: Mapping[str, int]) -> NDArray[np.int64]:
    """The resource's number for each ARN of `column`; -1 for one that is not in the inventory."""
    codes, arns = coded(column)
    numbers = np.array([*(index.get(arn, NEVER) for arn in arns), NEVER], np.int64)
    return numbers[codes]


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
        "recovery_points", ["arn", "resource_arn", "status", "created_at", "source_vault_arn"]
    )
    good = succeeded(jobs)
    kept = among(recovery["status"], WAS_USABLE) & among(recovery["source_vault_arn"], (None,))
    kept &= ~_named(recovery["arn"], jobs["recovery_point_arn"].filter(numbers(~good)))
    present = recovery.filter(numbers(kept))
    over = jobs.filter(numbers(good & _over(inventory, jobs, period)))
    proven = over.filter(numbers(~_named(over["recovery_point_arn"], recovery["arn"])))
    live, past = present.num_rows, proven.num_rows
    both = (present, proven)
    resource = np.concatenate([local_index(table["resource_arn"], inventory.index) for table in both])
    time_ms = np.concatenate([milliseconds(table["created_at"]) for table in both])
    restorable = np.append(among(present["status"], USABLE), np.zeros(past, bool))
    stream = np.zeros(live + past, bool)
    if live:
        stream[:live] = flags(pc.match_substring(present["arn"], _CONTINUOUS))
    known = np.flatnonzero((resource != NEVER) & (time_ms != NEVER) & (time_ms <= period.end_ms))
    known = known[np.argsort(time_ms[known], kind="stable")]
    proofs = pa.chunked_array([*present["arn"].chunks, *proven["job_id"].chunks], pa.string())
    return Points(resource[known], time_ms[known], known, proofs, restorable[known], stream[known])


def _named(column: pa.ChunkedArray, names: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Which rows of `column` are one of `names`; a null is none."""
    if not len(column) or names.null_count == len(names):
        return np.zeros(len(column), bool)
    return flags(pc.is_in(column, names.combine_chunks().drop_null()))


def _over(inventory: Inventory, jobs: pa.Table, period: Period) -> NDArray[np.bool_]:
    """Jobs whose recovery point need not be there any more: the retention of their rule is over."""
    days = {
        (plan.plan_id, plan.version_id, rule.rule_id): rule.lifecycle.delete_after_days
        for plan in inventory.plans
        for rule in plan.rules
    }
    made_by, names = coded_rows(jobs["plan_id"], jobs["plan_version"], jobs["rule_id"])
    # a job of no known rule (on demand, or of a deleted plan) is taken at its word
    kept = np.array([_kept_ms(days[name]) if name in days else 0 for name in names], np.int64)
    return np.asarray(milliseconds(jobs["created_at"]) + kept[made_by] <= period.end_ms)


def _kept_ms(days: int | None) -> int:
    return _FOREVER_MS if days is None else days * DAY_MS


def backup_facts(inventory: Inventory, period: Period) -> dict[str, Column | Lazy]:
    """The facts `backups.*` of the resources of one account and Region."""
    names = (
        "count", "worst_gap_hours", "worst_gap_from", "worst_gap_to", "worst_gap_after", "worst_gap_before",
        "newest_age_hours", "newest",
    )  # fmt: skip
    missing = inventory.scope.missing(*TABLES)
    if missing:
        return {f"backups.{name}": unread(inventory.size, missing) for name in names}
    found = points(inventory, period)
    anchors, anchor_ms = _anchors(inventory, found, period)
    gaps = worst_gaps(found.resource, found.time_ms, inventory.size, anchor_ms, period.end_ms)
    inside = found.resource[found.time_ms >= period.start_ms]
    newest, newest_ms = _newest(inventory.size, found)
    has_newest = newest != NEVER

    def after(index: int) -> str | None:
        at = gaps.from_index[index] if gaps.from_index[index] != NEVER else anchors[index]
        return None if at == NEVER else found.proof(at)

    def before(index: int) -> str | None:
        at = gaps.to_index[index]
        return None if at == NEVER else found.proof(at)

    streaming = np.zeros(inventory.size, bool)
    streaming[found.resource[found.continuous & found.restorable]] = True
    worst_ms = np.where(streaming, _gap_before_stream(found, anchor_ms), gaps.gap_ms)
    age_ms = np.where(streaming, 0, period.end_ms - newest_ms)
    size = inventory.size
    return {
        "backups.count": encode_array(np.bincount(inside, minlength=size)) if size else constant(0, 0),
        "backups.worst_gap_hours": encode_array(worst_ms / HOUR_MS),
        "backups.worst_gap_from": Lazy(lambda index: rfc3339(gaps.from_ms[index]), size),
        "backups.worst_gap_to": Lazy(lambda index: rfc3339(gaps.to_ms[index]), size),
        "backups.worst_gap_after": Lazy(after, size),
        "backups.worst_gap_before": Lazy(before, size),
        "backups.newest_age_hours": encode_array(age_ms / HOUR_MS, has_newest),
        "backups.newest": Lazy(lambda index: found.proof(newest[index]) if has_newest[index] else None, size),
    }


def _anchors(
    inventory: Inventory, found: Points, period: Period
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each resource's timeline begins.

    Its last point before the period, else the period or its creation.
    """
    anchors = np.full(inventory.size, NEVER, np.int64)
    early = np.flatnonzero(found.time_ms < period.start_ms)
    anchors[found.resource[early]] = early
    start = np.maximum(inventory.created_ms, period.start_ms)
    if len(early):
        start = np.where(anchors != NEVER, found.time_ms[anchors], start)
    return anchors, np.minimum(start, period.end_ms)


def _newest(size: int, found: Points) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    newest = np.full(size, NEVER, np.int64)
    usable = np.flatnonzero(found.restorable)
    newest[found.resource[usable]] = usable
    times = found.time_ms[newest] if len(found.time_ms) else np.zeros(size, np.int64)
    return newest, times


def _gap_before_stream(found: Points, start_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """With a continuous recovery point only the time before it began can be a gap (aws-backup.md 4.5)."""
    began = start_ms.copy()
    streams = found.continuous & found.restorable
    np.maximum.at(began, found.resource[streams], found.time_ms[streams])
    return began - start_ms
