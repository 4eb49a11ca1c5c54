"""Who manages the key of what has to be copied into another account: the fact `account_copies.key`.

A type that AWS Backup does not manage fully keeps the key of its source, and a key that AWS manages is shared
with no other account: its backups cannot be copied there (aws-backup.md 1.1 row 11, 4.12). Looked at is the
newest usable recovery point in the account and Region of the resource.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
import pyarrow.compute as pc

from auditor.derive.columns import ABSENT, Bools, first_of_each
from auditor.evaluate.away import IN_ACCOUNT
from auditor.evaluate.columns import coded_rows, flags, local_index, milliseconds
from auditor.evaluate.deferred import Fact
from auditor.evaluate.existence import owned_since
from auditor.evaluate.facts import Column, Hole, encode, unread
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.points import usable_then
from auditor.evaluate.times import Period
from auditor.model.resource_types import TYPES

_FACT: Final = "account_copies.key"
_COLUMNS: Final = (
    "arn", "resource_arn", "resource_type", "status", "created_at", "completed_at", "delete_at", "encrypted",
    "encryption_key_arn", "encryption_key_type",
)  # fmt: skip
_OF_AWS: Final = "AWS_OWNED_KMS_KEY"
#: Whose recovery points hold several snapshots, each with a key of its own.
_OF_SEVERAL: Final = "EC2"


def copy_key_facts(inventory: Inventory, period: Period) -> dict[str, Fact]:
    """The fact of the resources of one account and Region, made when asked."""
    return {_FACT: partial(_managers, inventory, period)}


def _managers(inventory: Inventory, period: Period) -> Column:
    asked = _asked(inventory)
    missing = inventory.scope.missing("recovery_points")
    if missing or not asked.any():
        hidden = unread(inventory.size, ())
        return Column(hidden.codes, [], (Hole(missing, asked),) if missing else ())
    table = inventory.read("recovery_points", _COLUMNS)
    owner, created = local_index(table["resource_arn"], inventory.index), milliseconds(table["created_at"])
    owned = np.append(owned_since(inventory.resource_type, inventory.created_ms), ABSENT)[owner]
    rows = np.flatnonzero((owner != ABSENT) & (created >= owned) & usable_then(table, inventory, period))
    rows = rows[asked[owner[rows]]]
    owners, newest = first_of_each(owner[rows], -created[rows])
    rows = rows[newest]
    keys = inventory.read("keys")
    managers = dict(zip(keys["arn"].to_pylist(), keys["key_manager"].to_pylist(), strict=True))
    codes, keyed = coded_rows(table["encryption_key_arn"], table["encryption_key_type"])
    told = flags(pc.is_valid(table["encrypted"]))
    encrypted = flags(table["encrypted"])
    found: list[str | None] = [None] * inventory.size
    hidden_by: dict[tuple[str, ...], list[int]] = {}
    for index, row in zip(owners.tolist(), rows.tolist(), strict=True):
        key, kind = keyed[int(codes[row])]
        manager = "AWS" if kind == _OF_AWS else managers.get(key)
        several = inventory.resource_type[index] == _OF_SEVERAL
        if manager is None and told[row] and not encrypted[row] and key is None:
            manager = "NONE"
        if manager == "AWS" or (manager is not None and not several):
            found[index] = manager
            continue
        ids = inventory.scope.missing("keys") if key is not None and key not in managers else ()
        hidden_by.setdefault(ids or _untold(inventory), []).append(index)
    return encode(found, *_holes(inventory.size, hidden_by))


def _asked(inventory: Inventory) -> Bools:
    """The resources whose tier asks for a copy in another account, or may, and whose type keeps its key."""
    if not IN_ACCOUNT.demanding(inventory):
        return np.zeros(inventory.size, bool)
    keeping = [name for name, row in TYPES.items() if row.management == "never" and row.copies.accounts]
    found: Bools = IN_ACCOUNT.asked(inventory) & np.isin(inventory.resource_type.astype(str), keeping)
    return found


def _holes(size: int, hidden_by: dict[tuple[str, ...], list[int]]) -> Iterator[Hole]:
    for ids, owners in hidden_by.items():
        where = np.zeros(size, bool)
        where[owners] = True
        yield Hole(ids, where)


def _untold(inventory: Inventory) -> tuple[str, ...]:
    scope = inventory.scope
    said = (
        f"Who manages the keys of some resources of account {scope.account.account_id} in {scope.region} is "
        "not known: AWS Backup names no key, KMS does not know it, or an image holds several volumes."
    )
    return (scope.unknown("DescribeKey", "Unknown", "copies", said),)
