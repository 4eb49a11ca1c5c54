"""Whether what has to be copied into another account has a key that it can use: `account_copies.key…`.

A type that AWS Backup does not manage fully keeps the key of its source, and a key that AWS manages is shared
with no other account: its backups cannot be copied there. One of the customer's has to be shared by its
policy (aws-backup.md 1.1 row 11, 4.12); grants are not looked at. Looked at is the newest usable recovery
point in the account and Region of the resource.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Final, NamedTuple

import numpy as np

from auditor.derive.columns import ABSENT, Bools, first_of_each
from auditor.derive.key_sharing import admits
from auditor.evaluate.away import IN_ACCOUNT
from auditor.evaluate.columns import coded_rows, local_index, milliseconds
from auditor.evaluate.deferred import Fact
from auditor.evaluate.existence import owned_since
from auditor.evaluate.facts import Column, Hole, Lazy, encode, unread
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.plain import perhaps_owned, plain
from auditor.evaluate.points import usable_then
from auditor.evaluate.times import Period
from auditor.evidence.asked_tables import KEY_POLICIES
from auditor.model.arn import place_of
from auditor.model.documents import UnreadableDocument
from auditor.model.key_managers import OF_SEVERAL, OWNED_BY_AWS
from auditor.model.resource_types import TYPES

_KEY, _KEPT_FROM = "account_copies.key", "account_copies.key_kept_from"
_COLUMNS: Final = (
    "arn", "resource_arn", "resource_type", "status", "created_at", "completed_at", "delete_at", "encrypted",
    "encryption_key_arn", "encryption_key_type",
)  # fmt: skip


def copy_key_facts(
    inventory: Inventory, promised: Callable[[], Column | Lazy], period: Period
) -> dict[str, Fact]:
    """The facts of the resources of one account and Region, made when asked.

    `promised` are the copies into other accounts that plans make of them.
    """
    seen = cache(partial(_look, inventory, period))
    return {
        _KEY: lambda: seen().managers,
        _KEPT_FROM: lambda: _kept_from(inventory, seen(), promised()),
    }


class _Seen(NamedTuple):
    """Who manages the key of each resource's newest point, and the ARN of the key that there is."""

    managers: Column
    keys: list[str | None]


def _look(inventory: Inventory, period: Period) -> _Seen:
    asked = _asked(inventory)
    nothing: list[str | None] = [None] * inventory.size
    missing = inventory.scope.missing("recovery_points")
    if missing or not asked.any():
        hidden = unread(inventory.size, ())
        return _Seen(Column(hidden.codes, [], (Hole(missing, asked),) if missing else ()), nothing)
    table = inventory.read("recovery_points", _COLUMNS)
    owner, created = local_index(table["resource_arn"], inventory.index), milliseconds(table["created_at"])
    owned = np.append(owned_since(inventory.resource_type, inventory.created_ms), ABSENT)[owner]
    rows = np.flatnonzero((owner != ABSENT) & (created >= owned) & usable_then(table, inventory, period))
    rows = rows[asked[owner[rows]]]
    owners, newest = first_of_each(owner[rows], -created[rows])
    told = inventory.read("keys")
    managers = dict(zip(told["arn"].to_pylist(), told["key_manager"].to_pylist(), strict=True))
    codes, keyed = coded_rows(table["encryption_key_arn"], table["encryption_key_type"])
    unencrypted = plain(table) & ~perhaps_owned(table, inventory)
    found, keys = [*nothing], [*nothing]
    hidden_by: dict[tuple[str, ...], list[int]] = {}
    for index, row in zip(owners.tolist(), rows[newest].tolist(), strict=True):
        key, kind = keyed[int(codes[row])]
        manager = "AWS" if kind == OWNED_BY_AWS else managers.get(key)
        several = inventory.resource_type[index] == OF_SEVERAL
        if manager is None and key is None and unencrypted[row]:
            manager = "NONE"
        if manager == "AWS" or (manager is not None and not several):
            found[index], keys[index] = manager, key
            continue
        ids = inventory.scope.missing("keys") if key is not None and key not in managers else ()
        hidden_by.setdefault(ids or _untold(inventory), []).append(index)
    return _Seen(encode(found, *_holes(inventory.size, hidden_by)), keys)


def _kept_from(inventory: Inventory, seen: _Seen, promised: Column | Lazy) -> Column:
    """The accounts that plans copy into and that the policy of the customer's key does not let use it.

    Absent where it is known that none copies it into another account.
    """
    table = inventory.read(KEY_POLICIES)
    documents = dict(zip(table["key_arn"].to_pylist(), table["document"].to_pylist(), strict=True))
    found: list[list[str] | None] = []
    hidden_by: dict[tuple[str, ...], list[int]] = {}
    holes = () if isinstance(promised, Lazy) else promised.holes
    masks = [hole.mask(inventory.size) for hole in holes]

    @cache
    def admitted(key: str, account: str) -> bool | tuple[str, ...]:
        return _admitted(inventory, key, documents.get(key), account)

    for index, key in enumerate(seen.keys):
        if key is None or seen.managers.at(index) != "CUSTOMER":
            found.append(None)
            continue
        into = sorted({place_of(copy["vault"])[0] for copy in promised.at(index) or ()} - {""})
        if not into and not any(mask[index] for mask in masks):
            found.append(None)
            continue
        answers = {account: admitted(key, account) for account in into}
        found.append([account for account, one in answers.items() if one is False])
        ids = tuple(sorted({name for one in answers.values() if isinstance(one, tuple) for name in one}))
        hidden_by.setdefault(ids, []).append(index)
    hidden_by.pop((), None)
    customers = np.array([one is not None for one in found], bool)
    return encode(
        found,
        *_holes(inventory.size, hidden_by, partial=True),
        *(Hole(hole.gaps, hole.mask(inventory.size) & customers, partial=True) for hole in holes),
    )


def _admitted(
    inventory: Inventory, key: str, document: str | None, account_id: str
) -> bool | tuple[str, ...]:
    """Whether the policy of a key lets an account use it; else the gaps because of which nobody knows."""
    scope = inventory.scope

    def unknown(error: str, clause: str) -> tuple[str, ...]:
        said = f"Whether the policy of key {key} lets account {account_id} use it is not known: {clause}."
        return (scope.unknown("GetKeyPolicy", error, f"{key} {account_id}", said),)

    if scope.past:
        return unknown("ReadLater", "it was read long after as_of")
    if document is None:
        return scope.missing("keys", KEY_POLICIES) or unknown("NotRead", "it is not in the evidence")
    try:
        answer = admits(document, account_id, scope.members)
    except UnreadableDocument as error:
        return unknown("Unreadable", f"it cannot be understood: {error}")
    return unknown("Undecided", "a condition or a denial decides") if answer is None else answer


def _asked(inventory: Inventory) -> Bools:
    """The resources whose tier asks for a copy in another account, or may, and whose type keeps its key."""
    if not IN_ACCOUNT.demanding(inventory):
        return np.zeros(inventory.size, bool)
    keeping = [name for name, row in TYPES.items() if row.management == "never" and row.copies.accounts]
    found: Bools = IN_ACCOUNT.asked(inventory) & np.isin(inventory.resource_type.astype(str), keeping)
    return found


def _holes(
    size: int, hidden_by: Mapping[tuple[str, ...], list[int]], *, partial: bool = False
) -> Iterator[Hole]:
    for ids, owners in hidden_by.items():
        where = np.zeros(size, bool)
        where[owners] = True
        yield Hole(ids, where, partial)


def _untold(inventory: Inventory) -> tuple[str, ...]:
    scope = inventory.scope
    said = (
        f"Who manages the keys of some resources of account {scope.account.account_id} in {scope.region} is "
        "not known: AWS Backup names no key, KMS does not know it, or an image holds several volumes."
    )
    return (scope.unknown("DescribeKey", "Unknown", "copies", said),)
