"""Restores of resources, which prove that their backups can be restored: the facts `restores.*`.

A restore job counts for what its recovery point is of, wherever the job ran: copies are often restored in an
account of their own. One of an instance counts for each volume that its image surely holds. One of a recovery
point that is older than a resource whose name was given again is of its namesake.

Where the tier takes a sample, what was restored of any of its resources counts for each of the same type in
the account and Region.

AWS does not say for how long it lists restore jobs (aws-backup.md 1.1 row 26): that there was none is known
of the period, and of its last 30 days at most. An older one that is listed counts all the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any, Final

import numpy as np
import pyarrow as pa

from auditor.derive.columns import ABSENT, Bools, Int64s
from auditor.evaluate.columns import among, milliseconds
from auditor.evaluate.deferred import Fact
from auditor.evaluate.facts import Column, Hole, Lazy, encode_array
from auditor.evaluate.gaps import Scope
from auditor.evaluate.hidden_restores import hidden, hidden_apart, of_unknown_tiers, unnamed_here
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.restore_tests import testing_fact
from auditor.evaluate.restored import Hidden, Restores
from auditor.evaluate.sampled import RestoreSample
from auditor.evaluate.times import DAY_MS, HOUR_MS, MINUTE_MS, Period, rfc3339
from auditor.model.restore_testing import offers_restore_testing

#: States of a restore job (aws-backup.md 4.4): still going on, and ended badly.
_UNDER_WAY: Final = ("PENDING", "RUNNING")
_FAILED: Final = ("FAILED", "ABORTED")
_NAMES: Final = (
    "completed", "placed", "counted", "failed", "failed_since", "under_way", "age_days", "minutes",
    "sample.restored", "sample.population", "sample.needed", "known_days", "newest", "testing",
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
    `unnamed_there` those that completed and may be of anything, by the place where their recovery points lie;
    `away` are copy jobs and recovery points of them, which tell where copies lie.
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
    newest, counted = seen.newest(completed), seen.newest(seen.counting)
    age = (period.end_ms - seen.ended_ms[counted]) / DAY_MS if len(seen.table) else np.zeros(inventory.size)
    fresh = (counted != ABSENT) & (age <= seen.demanded("max_age_days"))
    unseen = [*hidden(seen, unnamed_there, away)]
    apart = [*hidden_apart(seen)]
    began = milliseconds(seen.table["began_at"])
    took = (seen.ended_ms - began)[newest] / MINUTE_MS if len(seen.table) else np.zeros(inventory.size)
    under_way = among(seen.table["status"], _UNDER_WAY)
    under_way |= among(seen.table["status"], ("COMPLETED",)) & ~completed
    sample = RestoreSample(seen)
    allowed = period.end_ms - seen.demanded("max_age_days") * DAY_MS
    untold = (
        (ids, where & (sample.perhaps | ~sample.asked))
        for ids, where in of_unknown_tiers(seen, seen.ended_ms, allowed)
    )
    slower = of_unknown_tiers(seen, seen.ended_ms, seen.end_of(newest))
    return {
        "completed": encode_array(seen.of_groups(completed), seen.asked),
        "placed": encode_array(seen.of_groups(seen.placed), seen.asked),
        "counted": encode_array(seen.of_groups(seen.counting), seen.asked),
        "failed": encode_array(seen.of_groups(among(seen.table["status"], _FAILED)), seen.asked),
        "failed_since": _failed_since(
            seen,
            counted,
            [
                *unseen,
                *((ids, where & ~fresh) for ids, where in apart),
                *_too_short(seen, _listed(seen, counted)),
            ],
        ),
        "under_way": encode_array(seen.of_groups(under_way), seen.asked),
        "age_days": encode_array(
            age,
            seen.asked & (counted != ABSENT),
            *(
                Hole(ids, where & ~fresh, partial=True, passes=True)
                for ids, where in _doubts(seen, [*unseen, *apart, *untold], fresh)
            ),
        ),
        "minutes": encode_array(
            took,
            seen.asked & (newest != ABSENT),
            *(Hole(ids, where) for ids, where in (*unseen, *slower, *_too_short(seen, newest != ABSENT))),
        ),
        **sample.facts([*_doubts(seen, [*unseen, *apart], sample.enough)]),
        "known_days": encode_array(
            np.full(inventory.size, (period.end_ms - seen.known_from_ms) / DAY_MS), seen.asked
        ),
        "testing": testing_fact(inventory, seen.asked),
        "newest": Lazy(
            lambda index: _told(seen, int(newest[index])) if seen.asked[index] else None, inventory.size
        ),
    }


def _doubts(seen: Restores, unseen: Sequence[Hidden], done: Bools) -> Iterator[Hidden]:
    """What may hide restores that count from resources that are not `done` yet."""
    strict: Bools = seen.demanded("validated") > 0
    yield from unseen
    yield from _too_short(seen, done)
    yield from _validating(seen, strict & ~done)
    yield from _without_validation(seen, strict & ~done)


def _failed_since(seen: Restores, counted: Int64s, hidden: Sequence[Hidden]) -> Column:
    """How many went wrong since the newest that counts; absent where restores, or their ends, are hidden."""
    ended, began = milliseconds(seen.table["completed_at"]), milliseconds(seen.table["began_at"])
    ended = np.where(ended == ABSENT, began, ended)
    since = seen.end_of(counted)
    last = np.append(since, ABSENT)[seen.owner]
    bad = among(seen.table["status"], ("FAILED",)) & (ended <= seen.period.end_ms)
    failed = bad & (ended > last)
    hidden = [
        *hidden,
        *of_unknown_tiers(seen, np.where(bad, ended, seen.ended_ms), since),
        *((ids, where & (since <= ended[bad].max())) for ids, where in unnamed_here(seen, bad)),
    ]
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
    found: Bools = (counted != ABSENT) & (seen.end_of(counted) >= seen.known_from_ms)
    return found


def _too_short(seen: Restores, told: Bools) -> Iterator[Hidden]:
    """Resources whose tier asks further back than restore jobs are known to be listed; not those `told`."""
    most = seen.demanded("max_age_days")
    known = (seen.period.end_ms - seen.known_from_ms) / DAY_MS
    where = ~told & seen.asked & (most * DAY_MS > seen.period.end_ms - seen.known_from_ms + HOUR_MS)
    if where.any():
        said = (
            f"Restore jobs are known of the last {known:.0f} days only, and the tier asks about the last "
            f"{int(most[where].min())}: older ones are not listed, or lie before the audited period."
        )
        yield (seen.inventory.scope.unknown("ListRestoreJobs", "TooShort", "", said),), where


def _validating(seen: Restores, asked: Bools) -> Iterator[Hidden]:
    """Resources of which a restore that would count is being validated, or may have been at `as_of`."""
    _, going = seen.validated
    where = asked & (seen.of_groups(going & seen.placed & seen.young) > 0)
    if where.any():
        said = "The validation of some restores was under way at as_of, or may have been."
        ids = (seen.inventory.scope.unknown("ListRestoreJobs", "Validating", "", said),)
        yield ids, where


def _without_validation(seen: Restores, asked: Bools) -> Iterator[Hidden]:
    """Resources with a restore that would count, where AWS Backup cannot say that it was validated."""
    scope = seen.inventory.scope
    if offers_restore_testing(scope.account.partition) or not asked.any():
        return
    where = asked & (seen.of_groups(seen.placed & seen.young) > 0)
    if where.any():
        said = f"AWS Backup has no validation of restores in the partition {scope.account.partition}."
        ids = (scope.unknown("ListRestoreJobs", "NotOffered", "validation", said),)
        yield ids, where


def _told(seen: Restores, row: int) -> dict[str, Any] | None:
    """What a finding says of the newest restore."""
    if row == ABSENT:
        return None
    table = seen.table
    told = {
        "job_id": table["job_id"][row].as_py(),
        "account_id": table["ran_in"][row].as_py(),
        "resource_arn": table["resource_arn"][row].as_py(),
        "recovery_point_arn": table["recovery_point_arn"][row].as_py(),
        "completed_at": rfc3339(int(seen.ended_ms[row])),
        "testing_plan_arn": table["testing_plan_arn"][row].as_py(),
        "validation_status": table["validation_status"][row].as_py(),
    }
    return {name: said for name, said in told.items() if said is not None}
