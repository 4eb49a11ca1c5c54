"""When a resource had a usable recovery point, each with what proves it.

- A recovery point counts at its creation when it is COMPLETED or AVAILABLE, or was until its retention ended,
  and no job that made it ended with a message category other than SUCCESS (aws-backup.md 4.4), unless the
  parameter `accepted_completions` accepts that end.
- A copy, in whatever vault, account or Region, is as old as what it was copied from and proves that time
  (aws-backup.md 4.3). A copy of a recovery point that does not count does not count either.
- A continuous recovery point covers the time from its creation on; one that STOPPED, or has ended, until its
  last good job (aws-backup.md 4.5). When one of its jobs ended badly, it may have missed something for good:
  then it does not count as a whole, and each of its good jobs counts as a backup of its own.
- A recovery point of an instance counts for each volume that was attached to it when it was made; where that
  is not known, it is not sure (`auditor.evaluate.carriers`). One of before the attachment covers the time
  from the volume's creation on then: there may have been others.
- A recovery point that is gone counts by its job when the retention that was asked for is known and over. If
  it should still be there, it was deleted, and protects nothing. Where the retention is not known, or a copy
  may lie in a place that was not read, the point is not sure.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.arrow import numbers
from auditor.evaluate.carriers import attachment_unknown, from_then, perhaps_carried, read_backups
from auditor.evaluate.columns import among, coded, flags, local_index, milliseconds, named
from auditor.evaluate.existence import owned_since
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.records import Bools, Int64s, JobRecords
from auditor.evaluate.times import Period, epoch_ms
from auditor.model.arn import place_of
from auditor.model.resource_types import TYPES

#: Statuses of a recovery point that can be restored from at `as_of` …
USABLE: Final = ("COMPLETED", "AVAILABLE")
#: … of one that could be until its retention ended …
_ENDED: Final = ("EXPIRED", "DELETING")
#: … and of a continuous one, which can be restored from after it stopped (aws-backup.md 4.4).
_CONTINUOUS_ONLY: Final = ("AVAILABLE", "STOPPED")
#: Types with continuous backup (aws-backup.md 4.5), and what the ARN of such a recovery point may contain.
_CONTINUOUS_TYPES: Final = tuple(row.name for row in TYPES.values() if row.continuous)
_CONTINUOUS_ARN: Final = ":(continuous|auto-backup|cluster-auto-backup):"
COLUMNS: Final = (
    "arn", "resource_arn", "resource_type", "status", "created_at", "completed_at", "delete_at",
    "delete_after_days", "vault_arn", "source_vault_arn", "plan_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Points:
    """Usable points, one entry each, by time.

    Resource index; the time that it covers, [time_ms, until_ms]; what proves it; whether it can be restored
    from at `as_of`. It is not `sure` when its recovery point is gone and nobody knows whether that was its
    time; `elsewhere` is the number of the place, in the records of jobs, where a copy of it may lie that
    nobody read (-1: none). Nor is a copy `sure` when the copy jobs were not read, a continuous one when a job
    that failed may have interrupted it, as the job's rule was not read, and what a continuous one that has
    stopped by now covered until `as_of`: `elsewhere` is the number of these gaps then.
    """

    resource: Int64s
    time_ms: Int64s
    until_ms: Int64s
    proofs: pa.ChunkedArray
    row: Int64s
    restorable: Bools
    sure: Bools
    elsewhere: Int64s

    def only(self, rows: NDArray[Any]) -> "Points":
        """Some of them, in the order of `rows`."""
        columns = (self.restorable[rows], self.sure[rows], self.elsewhere[rows])
        return Points(
            self.resource[rows],
            self.time_ms[rows],
            self.until_ms[rows],
            self.proofs,
            self.row[rows],
            *columns,
        )

    def proof(self, index: int) -> str:
        """The ARN of a recovery point, or the id of the job that made one that is gone."""
        return str(self.proofs[int(self.row[index])].as_py())


def points(inventory: Inventory, copies: Sequence[pa.Table], jobs: JobRecords, period: Period) -> Points:
    """Every usable point of the resources of one account and Region.

    `copies` are recovery points of them in other accounts and Regions, with `COLUMNS`.
    """
    parts = [
        part
        for table in (read_backups(inventory, "recovery_points", COLUMNS), *copies)
        for part in _recovery(inventory, table, jobs, period)
    ]
    parts.append(_gone(inventory, jobs, [part.proofs for part in parts], period))
    lengths = [len(part.proofs) for part in parts]
    found = Points(
        np.concatenate([part.resource for part in parts]),
        np.concatenate([part.time_ms for part in parts]),
        np.concatenate([part.until_ms for part in parts]),
        pa.chunked_array([chunk for part in parts for chunk in part.proofs.chunks], pa.string()),
        np.concatenate([part.row + sum(lengths[:number]) for number, part in enumerate(parts)]),
        np.concatenate([part.restorable for part in parts]),
        np.concatenate([part.sure for part in parts]),
        np.concatenate([part.elsewhere for part in parts]),
    )
    known = np.flatnonzero(
        (found.resource != ABSENT) & (found.time_ms != ABSENT) & (found.time_ms <= period.end_ms)
    )
    owned = owned_since(inventory.resource_type, inventory.created_ms)
    known = known[found.time_ms[known] >= owned[found.resource[known]]]
    return found.only(known[np.argsort(found.time_ms[known], kind="stable")])


def _recovery(inventory: Inventory, table: pa.Table, jobs: JobRecords, period: Period) -> list[Points]:
    """The recovery points of one table, and the good jobs of continuous ones that missed something."""
    arn = table["arn"]
    spoilt = named(arn, jobs.spoilt) | named(arn, jobs.spoilt_copies)
    stream = continuous(table)
    well = named(arn, jobs.well) if stream.any() else stream
    if len(jobs.interrupted):
        spoilt |= stream & named(table["resource_arn"].cast(pa.string()), jobs.interrupted)
    alive = among(table["status"], USABLE) | (stream & among(table["status"], ("STOPPED",)))
    ended = among(table["status"], _ENDED)
    whole_by = stream | _made_by(table, period)
    kept = np.flatnonzero((alive | ended) & whole_by & (~spoilt | (stream & well)))
    created = milliseconds(table["created_at"])
    restorable = alive | usable_then(table, inventory, period)
    until = created.copy()
    whole = stream & ~spoilt
    running = whole & among(table["status"], USABLE)
    until[running] = np.maximum(period.end_ms, created[running])
    # of what has ended nothing but later jobs tells that it was continuous
    over = ended & ~spoilt & among(table["resource_type"], _CONTINUOUS_TYPES)
    stopped = np.flatnonzero((whole & ~running) | over)
    if len(stopped):
        until[stopped] = np.maximum(created[stopped], jobs.last_good(arn.take(numbers(stopped))))
    hidden = np.full(len(arn), ABSENT, np.int64)
    for copies, ids in unread_copying(inventory, table):
        hidden[copies] = jobs.because(*ids)
    if len(jobs.perhaps):
        hidden[whole & named(table["resource_arn"].cast(pa.string()), jobs.perhaps)] = jobs.unread_rules
    perhaps = perhaps_carried(table)
    if perhaps.any():
        hidden[perhaps & (hidden == ABSENT)] = jobs.because(attachment_unknown(inventory))
    sure = hidden == ABSENT
    index = local_index(table["resource_arn"], inventory.index)
    rows = np.arange(len(arn))
    begun = from_then(inventory, table, created)
    everything = Points(index, begun, until, arn, rows, restorable, sure, hidden)
    found = [everything.only(kept)]
    if jobs.stopped_since != ABSENT:
        then = stopped[restorable[stopped] & (stream | (until > created))[stopped]]
        found.append(_gone_on(everything.only(then), jobs, period))
    by_jobs = stream & (spoilt | ~sure) & well & alive
    again = np.flatnonzero(jobs.good & named(jobs.made, arn.filter(numbers(by_jobs))))
    if len(again):
        found.append(_of_jobs(jobs, again, restorable=True))
    return found


def _gone_on(stopped: Points, jobs: JobRecords, period: Period) -> Points:
    """As of the past: continuous points that have stopped by now, as if they had gone on until `as_of`."""
    size = len(stopped.row)
    return replace(
        stopped,
        until_ms=np.maximum(stopped.until_ms, period.end_ms),
        sure=np.zeros(size, bool),
        elsewhere=np.full(size, jobs.stopped_since, np.int64),
    )


def usable_then(table: pa.Table, inventory: Inventory, period: Period) -> Bools:
    """Which recovery points could be restored from at `as_of`: what has ended since could."""
    now = among(table["status"], USABLE)
    if inventory.scope.past:
        now |= among(table["status"], _ENDED) & (milliseconds(table["delete_at"]) > period.end_ms)
    return now & _made_by(table, period)


def _made_by(table: pa.Table, period: Period) -> Bools:
    """Which recovery points were complete at `as_of`."""
    return milliseconds(table["completed_at"]) <= period.end_ms


def unmade(table: pa.Table, inventory: Inventory) -> Bools:
    """Which recovery points were not there at `as_of`, though what they are of was backed up or copied.

    A copy is as old as what it was copied from, and there from its completion on (aws-backup.md 4.3); a
    continuous one is from its creation on.
    """
    answer = among(table["status"], ("CREATING",))
    later = milliseconds(table["completed_at"]) > epoch_ms(inventory.scope.as_of)
    return answer | (later & ~continuous(table)) if later.any() else answer


def copied(table: pa.Table) -> Bools:
    """Which recovery points came from another vault: all of those that lie elsewhere (with a `region`)."""
    if "region" in table.column_names:
        return np.ones(table.num_rows, bool)
    source, vault = (table[name].cast(pa.string()) for name in ("source_vault_arn", "vault_arn"))
    return flags(pc.not_equal(source, vault))


def unread_copying(inventory: Inventory, table: pa.Table) -> Iterator[tuple[Bools, tuple[str, ...]]]:
    """Copies of which nobody knows what they were made of, and how that ended: their jobs were not read.

    A copy job is listed where the vault is that was copied from, which is anywhere where AWS does not name
    it; the first of several copies was made where the resource is. With the ids of the gaps.
    """
    scope = inventory.scope
    anywhere = scope.gaps.anywhere("copy_jobs")
    if not anywhere:
        return
    first = scope.missing("copy_jobs")
    codes, vaults = coded(table["source_vault_arn"])
    made = copied(table)
    for code, vault in ((ABSENT, ""), *enumerate(vaults)):
        account_id, region = place_of(vault)
        ids = scope.gaps.ids(("copy_jobs",), account_id, region) if region else anywhere
        if first or ids:
            yield made & (codes == code), tuple(sorted({*first, *ids}))


def continuous(table: pa.Table) -> Bools:
    """Which recovery points are continuous: by status where the type has such, or by the form of the ARN."""
    if not table.num_rows:
        return np.zeros(0, bool)
    by_status = among(table["status"], _CONTINUOUS_ONLY) & among(table["resource_type"], _CONTINUOUS_TYPES)
    return by_status | flags(pc.match_substring_regex(table["arn"], _CONTINUOUS_ARN))


def _gone(
    inventory: Inventory, jobs: JobRecords, known: Collection[pa.ChunkedArray], period: Period
) -> Points:
    """Good jobs whose recovery point is not there any more."""
    gone = jobs.good & flags(pc.is_valid(jobs.made))
    for arns in known:
        gone &= ~named(jobs.made, arns)
    # what should still be there was deleted: before `as_of`, unless that is past
    doubtful = ~jobs.rules.asked | (jobs.elsewhere != ABSENT) | inventory.scope.past
    counted = np.flatnonzero(gone & (jobs.over | doubtful))
    found = _of_jobs(jobs, counted, restorable=False)
    found.restorable[:] = jobs.over[counted] & (jobs.ends_ms[counted] > period.end_ms)
    perhaps = jobs.held_perhaps[counted]
    found.sure[:] = jobs.over[counted] & ~perhaps
    found.elsewhere[:] = jobs.elsewhere[counted]
    if perhaps.any():
        found.elsewhere[perhaps] = jobs.because(attachment_unknown(inventory))
        table = jobs.table.take(numbers(counted))
        found = replace(found, time_ms=from_then(inventory, table, found.time_ms))
    return found


def _of_jobs(jobs: JobRecords, rows: Int64s, *, restorable: bool) -> Points:
    created = jobs.created[rows]
    size = len(rows)
    return Points(
        jobs.resource[rows],
        created,
        created,
        jobs.table["job_id"].take(numbers(rows)),
        np.arange(size),
        np.full(size, restorable),
        np.ones(size, bool),
        np.full(size, ABSENT, np.int64),
    )
