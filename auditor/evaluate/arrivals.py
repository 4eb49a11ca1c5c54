"""The copies of resources that arrived and can be restored from, by kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.arrow import numbers
from auditor.evaluate.away import Away
from auditor.evaluate.carriers import perhaps_carried
from auditor.evaluate.columns import integers, local_index, milliseconds, named
from auditor.evaluate.existence import owned_since
from auditor.evaluate.facts import Json
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.points import usable_then
from auditor.evaluate.records import JobRecords
from auditor.evaluate.times import DAY_MS, HOUR_MS, Period
from auditor.model.calendar import FOREVER

Int64s = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Arrived:
    """Usable copies: whose each is, when it was made, how long it is kept, ms; and the rows that count."""

    table: pa.Table
    owner: Int64s
    created: Int64s
    kept: Int64s
    rows: Int64s


def arrivals(
    inventory: Inventory, copies: Sequence[pa.Table], jobs: JobRecords, period: Period
) -> Arrived | None:
    """The copies that can be restored from, whatever their kind; None where there is no copy at all."""
    if not copies:
        return None
    table = pa.concat_tables(copies, promote_options="default")
    usable = usable_then(table, inventory, period) & ~named(table["arn"], jobs.spoilt_copies)
    usable &= ~perhaps_carried(table)
    table = table.take(numbers(np.flatnonzero(usable)))
    owner, created = local_index(table["resource_arn"], inventory.index), milliseconds(table["created_at"])
    kept = _kept(created, milliseconds(table["delete_at"]), integers(table["delete_after_days"]))
    owned = owned_since(inventory.resource_type, inventory.created_ms)
    rows = np.flatnonzero((owner != ABSENT) & (created != ABSENT))
    return Arrived(table, owner, created, kept, rows[created[rows] >= owned[owner[rows]]])


def found(
    inventory: Inventory, arrived: Arrived | None, period: Period, kind: Away
) -> tuple[list[int], list[Json], list[str | None], Int64s]:
    """For each resource how many usable copies there are, those that no other beats, the newest and when."""
    count = [0] * inventory.size
    newest: list[str | None] = [None] * inventory.size
    newest_ms = np.full(inventory.size, ABSENT, np.int64)
    candidates: list[Json] = [[] for _ in range(inventory.size)]
    if arrived is None:
        return count, candidates, newest, newest_ms
    table, owner, created, kept = arrived.table, arrived.owner, arrived.created, arrived.kept
    rows = arrived.rows[kind.lying_away(inventory, table)[arrived.rows]]
    rows = rows[np.lexsort((-kept[rows], -created[rows], owner[rows]))]
    owners = owner[rows]
    count = np.bincount(owners, minlength=inventory.size).tolist()
    heads = np.flatnonzero(np.append(True, owners[1:] != owners[:-1])[: len(owners)])
    for row, arn in zip(
        rows[heads].tolist(), table["arn"].take(numbers(rows[heads])).to_pylist(), strict=True
    ):
        newest[int(owner[row])] = arn
    newest_ms[owners[heads]] = created[rows[heads]]
    for row in rows[unbeaten(owners, kept[rows])].tolist():
        candidates[int(owner[row])].append(candidate(int(created[row]), int(kept[row]), period))
    return count, candidates, newest, newest_ms


def _kept(created: Int64s, delete: Int64s, days: Int64s) -> Int64s:
    """How long each is kept, ms; `FOREVER` for ever."""
    by_days = np.where(days == ABSENT, FOREVER, days * DAY_MS)
    return np.where(delete == ABSENT, by_days, delete - created)


def unbeaten(owner: Int64s, kept: Int64s) -> NDArray[np.bool_]:
    """For rows by owner, the newest first: which of them are kept longer than every newer one."""
    values, rank = np.unique(kept, return_inverse=True)
    key = owner * len(values) + rank.reshape(-1)
    answer = np.ones(len(key), bool)
    answer[1:] = key[1:] > np.maximum.accumulate(key)[:-1]
    return answer


def candidate(created: int, kept: int, period: Period) -> dict[str, Any]:
    """What is told of a copy: its age at the end of the period, and how long it is kept."""
    age = {"age_hours": (period.end_ms - created) / HOUR_MS}
    if kept == FOREVER:
        return {**age, "never_expires": True}
    return {**age, "never_expires": False, "retention_days": kept / DAY_MS}
