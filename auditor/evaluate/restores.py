"""Restores of resources, which prove that their backups can be restored: the facts `restores.*`.

A restore job counts for what its recovery point is of, wherever the job ran: copies are often restored in an
account of their own. One of an instance counts for each volume that its image surely holds. One of a recovery
point that is older than a resource whose name was given again is of its namesake.

Where the tier takes a sample, what was restored of any of its resources counts for each of the same type in
the account and Region.

AWS does not say for how long it lists restore jobs (aws-backup.md 1.1 row 26): that there was none is known
of the period, and of its last 30 days at most. An older one that is listed counts all the same.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any, Final

import numpy as np
import pyarrow as pa

from auditor.derive.columns import ABSENT, Bools, Int64s
from auditor.evaluate.arrow import numbers
from auditor.evaluate.carriers import attachment_unknown, perhaps_carried
from auditor.evaluate.columns import among, coded_rows, local_index, milliseconds
from auditor.evaluate.deferred import Fact
from auditor.evaluate.facts import Column, Hole, Lazy, encode_array
from auditor.evaluate.gaps import Scope
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.restore_tests import testing_fact
from auditor.evaluate.restored import Hidden, Restores, undated, unnamed
from auditor.evaluate.times import DAY_MS, HOUR_MS, MINUTE_MS, Period, rfc3339
from auditor.model.arn import place_of
from auditor.model.restore_testing import offers_restore_testing

#: States of a restore job (aws-backup.md 4.4): still going on, and ended badly.
_UNDER_WAY: Final = ("PENDING", "RUNNING")
_FAILED: Final = ("FAILED", "ABORTED")
_NAMES: Final = (
    "completed", "counted", "failed", "failed_since", "under_way", "age_days", "minutes", "known_days",
    "newest", "testing",
)  # fmt: skip


def restore_facts(
    inventory: Inventory,
    elsewhere: Sequence[pa.Table],
    unnamed_there: Mapping[Scope, pa.Table],
    away: Callable[[], Sequence[pa.Table]],
    period: Period,
) -> dict[str, Fact]:
    """The facts of the resources of one account and Region about restores.

    `elsewhere` are the restore jobs of them that ran in other accounts and Regions (`restored`),
    `unnamed_there` those that completed and may be of anything, by the place where they ran; `away` are copy
    jobs and recovery points of them, which tell where copies lie.
    """
    made = cache(lambda: _facts(Restores(inventory, elsewhere, period), unnamed_there, away))
    return {f"restores.{name}": partial(_one_of, made, name) for name in _NAMES}


def _one_of(made: Callable[[], Mapping[str, Column | Lazy]], name: str) -> Column | Lazy:
    return made()[name]


def _facts(
    seen: Restores, unnamed_there: Mapping[Scope, pa.Table], away: Callable[[], Sequence[pa.Table]]
) -> dict[str, Column | Lazy]:
    inventory, period = seen.inventory, seen.period
    completed = seen.ended_ms != ABSENT
    validated, _ = seen.validated
    strict: Bools = seen.demanded("validated") > 0
    own = np.append(strict, False)[seen.owner]
    counting = completed & (validated | ~own)
    newest, counted = seen.newest(completed), seen.newest(counting)
    age = (period.end_ms - seen.ended_ms[counted]) / DAY_MS if len(seen.table) else np.zeros(inventory.size)
    most = seen.demanded("max_age_days")
    fresh = (counted != ABSENT) & (age <= most)
    hidden = [*_hidden(seen, unnamed_there, away)]
    began = milliseconds(seen.table["began_at"])
    took = (seen.ended_ms - began)[newest] / MINUTE_MS if len(seen.table) else np.zeros(inventory.size)
    under_way = among(seen.table["status"], _UNDER_WAY)
    under_way |= among(seen.table["status"], ("COMPLETED",)) & ~completed
    return {
        "completed": encode_array(seen.of_groups(completed), seen.asked),
        "counted": encode_array(seen.of_groups(counting), seen.asked),
        "failed": encode_array(seen.of_groups(among(seen.table["status"], _FAILED)), seen.asked),
        "failed_since": _failed_since(
            seen, counted, [*hidden, *_too_short(seen, most, _listed(seen, counted))]
        ),
        "under_way": encode_array(seen.of_groups(under_way), seen.asked),
        "age_days": encode_array(
            age,
            seen.asked & (counted != ABSENT),
            *(Hole(ids, where & ~fresh, partial=True, passes=True) for ids, where in hidden),
            *(Hole(ids, where, partial=True, passes=True) for ids, where in _too_short(seen, most, fresh)),
            *_validating(seen, strict & ~fresh),
            *_without_validation(seen, strict & ~fresh & (newest != ABSENT), newest, most),
        ),
        "minutes": encode_array(
            took,
            seen.asked & (newest != ABSENT),
            *(Hole(ids, where) for ids, where in (*hidden, *_too_short(seen, most, newest != ABSENT))),
        ),
        "known_days": encode_array(
            np.full(inventory.size, (period.end_ms - seen.known_from_ms) / DAY_MS), seen.asked
        ),
        "testing": testing_fact(inventory, seen.asked),
        "newest": Lazy(
            lambda index: _told(seen, int(newest[index])) if seen.asked[index] else None, inventory.size
        ),
    }


def _failed_since(seen: Restores, counted: Int64s, hidden: Sequence[Hidden]) -> Column:
    """How many went wrong since the newest that counts; absent where restores, or their ends, are hidden."""
    ended, began = milliseconds(seen.table["completed_at"]), milliseconds(seen.table["began_at"])
    ended = np.where(ended == ABSENT, began, ended)
    last = np.append(np.append(seen.ended_ms, ABSENT)[counted], ABSENT)[seen.owner]
    failed = among(seen.table["status"], ("FAILED",)) & (ended <= seen.period.end_ms) & (ended > last)
    surely, perhaps = (rows & (seen.ended_ms >= last) for rows in seen.invalid)
    unsettled = seen.of_groups(perhaps) > 0
    if unsettled.any():
        hidden = [*hidden, (_unvalidated_then(seen), unsettled)]
    known = seen.asked.copy()
    for _, where in hidden:
        known &= ~where
    holes = (Hole(ids, where, partial=True) for ids, where in hidden)
    return encode_array(seen.of_groups(failed | surely), known, *holes)


def _unvalidated_then(seen: Restores) -> tuple[str, ...]:
    said = "The validation of some restores failed, perhaps after as_of."
    return (seen.inventory.scope.unknown("ListRestoreJobs", "ReadLater", "validation", said),)


def _listed(seen: Restores, counted: Int64s) -> Bools:
    """Whose newest restore that counts is of the time whose restore jobs are known to be listed."""
    last = np.append(seen.ended_ms, ABSENT)[counted]
    found: Bools = (counted != ABSENT) & (last >= seen.known_from_ms)
    return found


def _hidden(
    seen: Restores, unnamed_there: Mapping[Scope, pa.Table], away: Callable[[], Sequence[pa.Table]]
) -> Iterator[Hidden]:
    """The gaps that hide restore jobs, and the resources whose they may be."""
    if not seen.asked.any():
        return
    inventory, scope = seen.inventory, seen.inventory.scope
    if ids := scope.missing("restore_jobs"):
        yield ids, seen.asked
    if scope.missing("copy_jobs") and (ids := scope.gaps.anywhere("restore_jobs")):
        yield tuple(sorted({*ids, *scope.missing("copy_jobs")})), seen.asked
    copied = _copied_to(inventory, away())
    for ids, owners in _hidden_away(inventory, copied).items():
        yield ids, _whole(seen, owners) & seen.asked
    for ids, where in _unnamed_away(seen, copied, unnamed_there):
        yield ids, where & seen.asked
    over = among(seen.table["status"], ("COMPLETED",))
    perhaps = perhaps_carried(seen.table) & over
    if perhaps.any():
        owner = local_index(seen.table["resource_arn"], inventory.index)
        yield (attachment_unknown(inventory),), _whole(seen, owner[perhaps].tolist()) & seen.asked
    for ids, where in unnamed(inventory, seen.table.filter(numbers(over)), images=True):
        yield ids, where & seen.asked
    if len(seen.of_namesakes):
        said = "When recovery points were made that were restored is not told: they may be of a namesake."
        ids = (scope.unknown("ListRestoreJobs", "Unknown", "recovery points", said),)
        yield ids, _whole(seen, seen.of_namesakes.tolist()) & seen.asked
    open_ = over & (milliseconds(seen.table["completed_at"]) == ABSENT)
    if (where := (seen.of_groups(open_) > 0) & seen.asked).any():
        yield (undated(inventory),), where


def _copied_to(inventory: Inventory, tables: Sequence[pa.Table]) -> dict[Scope, set[int]]:
    """By account and Region, the numbers of resources whose copies lie there, or were made there."""
    found: defaultdict[Scope, set[int]] = defaultdict(set)
    for table in tables:
        jobs = "destination_vault_arn" in table.column_names
        rows = table.filter(numbers(among(table["state"], ("COMPLETED",)))) if jobs else table
        vaults = rows["destination_vault_arn" if jobs else "vault_arn"]
        for vault, arn in coded_rows(vaults, rows["resource_arn"])[1]:
            place, owner = place_of(vault or ""), inventory.index.get(arn or "", ABSENT)
            if owner != ABSENT and all(place):
                found[place].add(owner)
    return found


def _hidden_away(inventory: Inventory, copied: Mapping[Scope, set[int]]) -> dict[tuple[str, ...], set[int]]:
    """By the gaps that hide the restore jobs of a place, the numbers of resources whose copies lie there."""
    read = {*inventory.evidence.partitions()}
    found: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
    for place, owners in copied.items():
        hiding = ("restore_jobs",) if place in read else ("restore_jobs", "recovery_points")
        found[inventory.scope.gaps.ids(hiding, *place)] |= owners
    found.pop((), None)
    return found


def _unnamed_away(
    seen: Restores, copied: Mapping[Scope, set[int]], unnamed_there: Mapping[Scope, pa.Table]
) -> Iterator[Hidden]:
    """Restores of nobody knows what where copies lie, or lay.

    Copies may lie anywhere where a copy job was not read. Those of a resource that is older than what copy
    jobs are known of may have lain anywhere: their recovery points can be gone.
    """
    scope = seen.inventory.scope
    lost = scope.missing("copy_jobs")
    old = np.flatnonzero(seen.inventory.created_ms < seen.known_from_ms).tolist()
    for place, table in unnamed_there.items():
        if place == (scope.account.account_id, scope.region):
            continue  # those of here are in the table
        where = seen.asked if lost else _whole(seen, [*copied.get(place, ()), *old])
        for ids, alike in unnamed(seen.inventory, table, place, images=True) if where.any() else ():
            yield (*ids, *lost), where & alike


def _whole(seen: Restores, owners: Collection[int]) -> Bools:
    """The resources for which restores of `owners` count."""
    chosen = [owner for owner in owners if owner != ABSENT]
    return np.isin(seen.group, seen.group[chosen])


def _too_short(seen: Restores, most: Int64s, told: Bools) -> Iterator[Hidden]:
    """Resources whose tier asks further back than restore jobs are known to be listed; not those `told`."""
    known = (seen.period.end_ms - seen.known_from_ms) / DAY_MS
    where = ~told & seen.asked & (most * DAY_MS > seen.period.end_ms - seen.known_from_ms + HOUR_MS)
    if where.any():
        said = (
            f"Restore jobs are known of the last {known:.0f} days only, and the tier asks about the last "
            f"{int(most[where].min())}: older ones are not listed, or lie before the audited period."
        )
        yield (seen.inventory.scope.unknown("ListRestoreJobs", "TooShort", "", said),), where


def _validating(seen: Restores, asked: Bools) -> Iterator[Hole]:
    """Resources whose newest restore is still being validated, or may have been at `as_of`."""
    _, going = seen.validated
    where = asked & (seen.newest(going) != ABSENT)
    if where.any():
        said = "The validation of some restores was under way at as_of, or may have been."
        ids = (seen.inventory.scope.unknown("ListRestoreJobs", "Validating", "", said),)
        yield Hole(ids, where, partial=True, passes=True)


def _without_validation(seen: Restores, asked: Bools, newest: Int64s, most: Int64s) -> Iterator[Hole]:
    """Resources with a restore that is young enough, where AWS Backup cannot say that it was validated."""
    scope = seen.inventory.scope
    if offers_restore_testing(scope.account.partition) or not asked.any():
        return
    where = asked & (seen.ended_ms[newest] >= seen.period.end_ms - most * DAY_MS)
    if where.any():
        said = f"AWS Backup has no validation of restores in the partition {scope.account.partition}."
        ids = (scope.unknown("ListRestoreJobs", "NotOffered", "validation", said),)
        yield Hole(ids, where, partial=True, passes=True)


def _told(seen: Restores, row: int) -> dict[str, Any] | None:
    """What a finding says of the newest restore."""
    if row == ABSENT:
        return None
    table = seen.table
    told = {
        "job_id": table["job_id"][row].as_py(),
        "resource_arn": table["resource_arn"][row].as_py(),
        "recovery_point_arn": table["recovery_point_arn"][row].as_py(),
        "completed_at": rfc3339(int(seen.ended_ms[row])),
        "testing_plan_arn": table["testing_plan_arn"][row].as_py(),
        "validation_status": table["validation_status"][row].as_py(),
    }
    return {name: said for name, said in told.items() if said is not None}
