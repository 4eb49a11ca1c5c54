"""In which vaults a resource has usable recovery points, apart from each other: the facts `apart.*`.

They are what the rule 3-2-1-1-0 counts. A recovery point counts as it does in the timeline
(`auditor.evaluate.points`), if it lay there at `as_of`: of each vault, and each of its storage classes, the
newest one. Recovery points that may lie where nobody looked are no part of it, and leave it incomplete.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auditor.derive.columns import ABSENT, Bools, Int64s, first_of_each
from auditor.derive.lock import in_force, lock_mode
from auditor.evaluate.arrow import numbers
from auditor.evaluate.away import ELSEWHERE
from auditor.evaluate.columns import coded, integers, milliseconds
from auditor.evaluate.copies import SeenCopies, unknown_copies
from auditor.evaluate.deferred import Fact
from auditor.evaluate.facts import Column, Hole, combine, encode, unread
from auditor.evaluate.inventory import SELECTION_TABLES, Inventory
from auditor.evaluate.locks import known_then, lock_gap
from auditor.evaluate.points import Points
from auditor.evaluate.times import HOUR_MS
from auditor.evidence.table_schemas import TABLES
from auditor.model.arn import place_of
from auditor.model.vaults import VaultLock

_NEEDED: Final = (*SELECTION_TABLES, "copy_jobs", "backup_jobs", "recovery_points")
_LYING: Final = ("arn", "vault_arn", "move_to_cold_at")

Locks = Mapping[str, VaultLock]


def apart_facts(seen: SeenCopies, everything: Callable[[], Points], locks: Locks) -> dict[str, Fact]:
    """The facts of the resources of one account and Region, made when asked.

    `everything` are their usable points, `locks` those of the vaults of the whole organization.
    """
    return {"apart.backups": partial(_backups, seen, everything, locks)}


def _backups(seen: SeenCopies, everything: Callable[[], Points], locks: Locks) -> Column:
    inventory = seen.inventory
    asked = ELSEWHERE.asked(inventory) if ELSEWHERE.demanding(inventory) else np.zeros(inventory.size, bool)
    if not asked.any():
        return unread(inventory.size, ())
    missing = inventory.scope.missing(*_NEEDED)
    if missing:
        return Column(np.full(inventory.size, ABSENT, np.int64), [], (Hole(missing, asked),))
    found, lying = everything(), _lying(seen)
    where = _rows_of(seen, found, lying)
    vaults, arns = coded(lying["vault_arn"])
    told = [_vault(inventory, arn, locks) for arn in arns]
    entries: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    unsettled: defaultdict[str, list[int]] = defaultdict(list)
    chosen = np.flatnonzero(found.restorable & found.sure & (where != ABSENT) & asked[found.resource])
    for owner, vault, cold, age in _newest(
        seen, found.only(chosen), vaults[where[chosen]], _cold(seen, lying)[where[chosen]]
    ):
        entries[owner].append({**told[vault], "cold": cold, "age_hours": age})
        if "immutable" not in told[vault]:
            unsettled[arns[vault]].append(owner)
    return encode(
        [entries[owner] if one else None for owner, one in enumerate(asked.tolist())],
        *unknown_copies(seen, ELSEWHERE),
        *_doubtful(seen, found, where, asked),
        *_unsettled(inventory, unsettled, locks),
    )


def _newest(
    seen: SeenCopies, found: Points, vaults: Int64s, cold: Bools
) -> Iterator[tuple[int, int, bool, float]]:
    """Of each resource, vault and storage class the newest point, the newest first: these and its age, h."""
    until = np.minimum(found.until_ms, seen.period.end_ms)
    _, rows = first_of_each(combine([found.resource, vaults, cold.astype(np.int64)], len(until)), -until)
    rows = rows[np.lexsort((vaults[rows], -until[rows], found.resource[rows]))]
    age = (seen.period.end_ms - until[rows]) / HOUR_MS
    columns = (found.resource[rows], vaults[rows], cold[rows], age)
    return zip(*(column.tolist() for column in columns), strict=True)


def _cold(seen: SeenCopies, lying: pa.Table) -> Bools:
    """Which recovery points were in cold storage at `as_of`."""
    cold_ms = milliseconds(lying["move_to_cold_at"])
    found: Bools = (cold_ms != ABSENT) & (cold_ms <= seen.period.end_ms)
    return found


def _lying(seen: SeenCopies) -> pa.Table:
    """The recovery points of the account and Region, and of its resources elsewhere."""
    tables = [
        seen.inventory.read("recovery_points", _LYING),
        *(table.select(_LYING) for table in seen.copies),
    ]
    plain = pa.schema([TABLES["recovery_points"].field(name) for name in _LYING])
    return pa.concat_tables([table.cast(plain) for table in tables])


def _rows_of(seen: SeenCopies, found: Points, lying: pa.Table) -> Int64s:
    """The row of `lying` that each point is proved by, or that the job made which proves it; -1: gone."""
    arns = found.proofs.take(numbers(found.row))
    made = pc.index_in(arns, value_set=seen.jobs.table["job_id"].combine_chunks())
    arns = pc.coalesce(seen.jobs.made.cast(pa.string()).take(made), arns)
    return integers(pc.index_in(arns, value_set=lying["arn"].combine_chunks()).cast(pa.int64()))


def _vault(inventory: Inventory, arn: str, locks: Locks) -> dict[str, Any]:
    """What is told of a vault; whether what lies in it is immutable only where that is known of `as_of`."""
    told = {
        "vault": arn,
        "place": " ".join(place_of(arn)),
        "elsewhere": ELSEWHERE.is_away(inventory, arn),
    }
    lock, scope = locks.get(arn), inventory.scope
    if lock is None:
        return told
    told["air_gapped"] = lock.air_gapped
    if known_then(lock, scope.as_of, past=scope.past):
        told["immutable"] = lock_mode(lock) == "compliance" and in_force(lock, scope.as_of)
    return told


def _doubtful(seen: SeenCopies, found: Points, where: Int64s, asked: Bools) -> Iterator[Hole]:
    """Recovery points that may be usable, or may have been there at `as_of`: a pass stands without them."""
    for number, ids in enumerate(seen.jobs.places):
        mask = _owners(found, found.elsewhere == number, len(asked)) & asked
        if ids and mask.any():
            yield Hole(ids, mask, partial=True, passes=True)
    scope = seen.inventory.scope
    gone = _owners(found, (where == ABSENT) & (found.restorable | ~found.sure), len(asked)) & asked
    if scope.past and gone.any():
        said = (
            f"Recovery points of account {scope.account.account_id} in {scope.region} that are gone by now "
            "may have been there at as_of."
        )
        ids = (scope.unknown("backups", "ReadLater", "", said),)
        yield Hole(ids, gone, partial=True, passes=True)


def _owners(found: Points, rows: Bools, size: int) -> Bools:
    """Which resources have one of those points."""
    return np.bincount(found.resource[rows], minlength=size) > 0


def _unsettled(inventory: Inventory, unsettled: Mapping[str, list[int]], locks: Locks) -> Iterator[Hole]:
    """Vaults of whose lock nobody knows whether it held at `as_of`, and whose backups lie there."""
    for arn, owners in sorted(unsettled.items()):
        mask = np.zeros(inventory.size, bool)
        mask[owners] = True
        ids = lock_gap(inventory.scope, arn, locks[arn]) if arn in locks else ()
        if not ids:
            said = f"Whether the vault {arn} had a compliance lock in force at as_of is not known."
            ids = (inventory.scope.unknown("ListBackupVaults", "ReadLater", arn, said),)
        yield Hole(ids, mask, partial=True, passes=True)
