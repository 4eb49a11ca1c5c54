"""Under whose key and what lock the copies of resources in other accounts lie: `account_copies.held`.

AWS Backup encrypts a copy with the key of the vault that it goes into, which may be one of another account,
and what a key encrypts is gone with it (aws-backup.md 4.12). Told only where a tier asks for it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np

from auditor.derive.columns import ABSENT, Bools
from auditor.derive.lock import in_force, lock_mode
from auditor.evaluate.arrivals import Arrived, candidate, unbeaten
from auditor.evaluate.away import IN_ACCOUNT
from auditor.evaluate.columns import coded_rows
from auditor.evaluate.copies import SeenCopies, copies_gaps, hidden_copies
from auditor.evaluate.deferred import Fact
from auditor.evaluate.facts import Column, Hole, combine, encode, unread
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.locks import known_then, lock_gap
from auditor.evaluate.plain import without_doubt
from auditor.model.arn import place_of
from auditor.model.key_managers import OWNED_BY_AWS
from auditor.model.policy import Tiers, demands
from auditor.model.vaults import VaultLock

#: What a recovery point tells of its key.
KEYED: Final = ("encrypted", "encryption_key_arn", "encryption_key_type")
_DEMAND: Final = "tier.account_copy.under"
#: What a tier may ask of it: a key of the account that the copy lies in, and a lock.
_PARTS: Final = ("own_key", "lock")

#: The vault, whether the copy is encrypted, and the ARN and type of its key.
_Lying = tuple[str, bool | None, str | None, str | None]


def asks_how_copies_lie(tiers: Tiers) -> bool:
    """Whether a tier asks what copies in another account lie under."""
    return tiers.demand(_DEMAND)


def held_facts(seen: SeenCopies, locks: Mapping[str, VaultLock]) -> dict[str, Fact]:
    """The fact of the resources of one account and Region; `locks` are those of all vaults, by ARN."""
    return {"account_copies.held": partial(_held, seen, locks)}


def _held(seen: SeenCopies, locks: Mapping[str, VaultLock]) -> Column:
    inventory = seen.inventory
    if not asks_how_copies_lie(inventory.scope.tiers):
        return unread(inventory.size, ())
    asked, parts = _asked(inventory), {part: _asked(inventory, f".{part}") for part in _PARTS}
    missing = copies_gaps(inventory)
    if missing:
        return Column(np.full(inventory.size, ABSENT, np.int64), [], (Hole(missing, asked),))
    entries: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    unsettled: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for owner, lying, told in _lying(seen, seen.arrived, asked) if seen.arrived else ():
        where, gaps = _told(inventory, lying, locks)
        entries[owner].append({**told, **where})
        for part, ids in gaps.items():
            if ids and parts[part][owner]:
                unsettled[ids].append(owner)
    return encode(
        [entries[owner] if one else None for owner, one in enumerate(asked.tolist())],
        *(replace(hole, where=hole.mask(inventory.size) & asked) for hole in hidden_copies(seen, IN_ACCOUNT)),
        *_unsettled(inventory, unsettled),
    )


def _asked(inventory: Inventory, part: str = "") -> Bools:
    """The resources whose tier asks for it, or for a part of it, or is not known."""
    tiers, path = inventory.scope.tiers.tiers, f"{_DEMAND}{part}"
    codes = [code for code, name in enumerate(inventory.tier_names) if demands(tiers[name], path)]
    found: Bools = np.isin(inventory.tier, [ABSENT, *codes])
    return found


def _lying(seen: SeenCopies, arrived: Arrived, asked: Bools) -> Iterator[tuple[int, _Lying, dict[str, Any]]]:
    """Of each resource, vault and key the copies that no other beats, the newest first."""
    table, owner, created, kept = arrived.table, arrived.owner, arrived.created, arrived.kept
    rows = arrived.rows[IN_ACCOUNT.lying_away(seen.inventory, table)[arrived.rows]]
    rows = rows[asked[owner[rows]]]
    table = without_doubt(table, seen.inventory)
    codes, lying = coded_rows(*(table[name] for name in ("vault_arn", *KEYED)))
    group = combine([owner[rows], codes[rows]], len(rows))
    order = np.lexsort((-kept[rows], -created[rows], group))
    rows = rows[order][unbeaten(group[order], kept[rows][order])]
    rows = rows[np.lexsort((-created[rows], owner[rows]))]
    for row in rows.tolist():
        told = candidate(int(created[row]), int(kept[row]), seen.period)
        yield int(owner[row]), lying[int(codes[row])], told


def _told(
    inventory: Inventory, lying: _Lying, locks: Mapping[str, VaultLock]
) -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
    """What is told of a copy, and by `_PARTS` the gaps because of which its key or lock is not known."""
    vault, encrypted, key, kind = lying
    told, of_key, of_lock = {"vault": vault}, tuple[str, ...](), tuple[str, ...]()
    there, of = place_of(vault)[0], place_of(key or "")[0]
    if encrypted is False:
        told["key"] = "none"
    elif kind == OWNED_BY_AWS or of == there:
        told["key"] = "own"
    elif of:
        told |= {"key": "another", "key_account": of}
    else:
        said = f"With which keys copies in the vault {vault} are encrypted is not known."
        of_key = (inventory.scope.unknown("ListRecoveryPointsByBackupVault", "Unknown", vault, said),)
    lock, scope = locks.get(vault), inventory.scope
    if lock is not None and known_then(lock, scope.as_of, past=scope.past):
        mode = lock_mode(lock)
        told["lock"] = mode if in_force(lock, scope.as_of) or mode == "none" else "pending"
    elif lock is not None:
        of_lock = lock_gap(scope, vault, lock)
    else:
        hidden = scope.gaps.ids(("backup_vaults",), *place_of(vault))
        said = f"Whether the vault {vault} is locked is not known."
        of_lock = hidden or (scope.unknown("ListBackupVaults", "NotRead", vault, said),)
    return told, dict(zip(_PARTS, (of_key, of_lock), strict=True))


def _unsettled(inventory: Inventory, unsettled: Mapping[tuple[str, ...], Sequence[int]]) -> Iterator[Hole]:
    """A copy that is known to lie as it should is enough, whatever is not known of another."""
    for gaps, owners in sorted(unsettled.items()):
        mask = np.zeros(inventory.size, bool)
        mask[[*owners]] = True
        yield Hole(gaps, mask, partial=True, passes=True)
