"""What keeps a recovery point too long: a failed deletion, a resource that is gone, a lock for good."""

from functools import cache, partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.columns import among, coded, coded_rows, milliseconds
from auditor.evaluate.facts import Column, Hole, encode_array
from auditor.evaluate.holes import holes_of
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.locks import lock_facts, lock_gap
from auditor.evaluate.organization import OrganizationSums
from auditor.evaluate.times import DAY_MS, epoch_ms
from auditor.evaluate.whereabouts import hiding, places
from auditor.evidence.metadata import listed_types
from auditor.model.arn import place_of
from auditor.model.resource_types import may_be_left_out

Bools = NDArray[np.bool_]


def expired(inventory: Inventory, table: pa.Table) -> Column:
    """Whether AWS Backup could not delete each when its retention was over (aws-backup.md 4.3).

    As of the past, one that is EXPIRED by now was so a day after its end; of the time before nothing is told.
    """
    scope = inventory.scope
    now = among(table["status"], ("EXPIRED",))
    if not scope.past or not now.any():
        return encode_array(now)
    end, as_of = milliseconds(table["delete_at"]), epoch_ms(scope.as_of)
    then = now & (end != ABSENT) & (end + DAY_MS < as_of)
    open_ = now & ~then & (end < as_of)
    said = "Recovery points that are EXPIRED by now may have been deletable at as_of."
    ids = (scope.unknown("recovery points", "ReadLater", "EXPIRED", said),) if open_.any() else ()
    return encode_array(then, ~open_, Hole(ids, open_))


def resource_gone(inventory: Inventory, whole: OrganizationSums, table: pa.Table, endless: Bools) -> Column:
    """Whether the resource of each is in no inventory; absent where inventories do not list its type.

    One which a listing may leave out may still be there. What hides it matters for `endless` ones only.
    """
    rows, pairs = coded_rows(table["resource_arn"], table["resource_type"])
    asked = listed_types(inventory.evidence)
    gone, known = np.zeros((2, len(pairs)), bool)
    gaps: list[tuple[str, ...]] = [()] * len(pairs)
    hidden = cache(partial(hiding, inventory))
    for number, (arn, kind) in enumerate(pairs):
        home = whole.homes.get(arn)
        if home is not None and not home.gone:
            known[number] = True
        elif arn is not None and kind in asked:
            where = places(inventory, whole.owners, arn)
            gaps[number] = hidden(where, kind) or _unsure(inventory, whole, arn, kind)
            known[number] = gone[number] = not gaps[number]
    return encode_array(gone[rows], known[rows], *holes_of(gaps, rows, endless))


def _unsure(inventory: Inventory, whole: OrganizationSums, arn: str, kind: str) -> tuple[str, ...]:
    """The id of the gap that says why a resource may be there that the inventory of its place lacks."""
    scope, place = inventory.scope, place_of(arn)
    if all(place) and kind not in whole.listed.get(place, (kind,)):
        said = f"Resources of the type {kind} were not listed where this is a backup of one."
        return (scope.unknown("resources", "NotListed", kind, said),)
    if may_be_left_out(kind, arn):
        said = f"{kind} that is backed up with another, or no longer, is in no list: it may still be there."
        return (scope.unknown("resources", "LeftOut", kind, said),)
    if scope.past:
        said = "Resources that are gone by now may have been there at as_of."
        return (scope.unknown("resources", "ReadLater", "gone", said),)
    return ()


def lock_for_good(inventory: Inventory, whole: OrganizationSums, table: pa.Table) -> Column:
    """Whether a compliance lock was in force at `as_of` on the vault of each: then nobody can delete it."""
    codes, arns = coded(table["vault_arn"])
    held: list[bool | None] = []
    gaps: list[tuple[str, ...]] = []
    for arn in arns:
        lock = whole.locks.get(arn)
        told = {} if lock is None else lock_facts(lock, inventory.scope.as_of, past=inventory.scope.past)
        held.append(told.get("compliance_in_force"))
        gaps.append(() if lock is None or told else lock_gap(inventory.scope, arn, lock))
    known = np.array([*(one is not None for one in held), False], bool)
    values = np.array([*map(bool, held), False])
    return encode_array(values[codes], known[codes], *holes_of([*gaps, ()], codes))
