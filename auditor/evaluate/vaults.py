"""Facts of the vaults of one account and Region."""

from datetime import datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa

from auditor.derive.lock import in_force, lock_mode
from auditor.evaluate.arrow import EMPTY, texts
from auditor.evaluate.facts import Column, Frame, Hole, encode, unread
from auditor.evaluate.inventory import SELECTION_TABLES, Inventory
from auditor.evaluate.organization import Organization
from auditor.evaluate.times import epoch_ms, rfc3339
from auditor.model.vaults import VaultLock

_STRICTNESS: Final = ("none", "governance", "compliance")


def vault_frame(inventory: Inventory, whole: Organization, as_of: datetime) -> Frame:
    """One subject for each vault.

    Its demanded lock is the strictest of the tiers whose backups go or lie there.
    """
    vaults = inventory.vaults
    tiers = inventory.scope.tiers.tiers
    demands: list[tuple[str, list[str]]] = []
    for vault in vaults:
        locks = {name: tiers[name].get("lock", "none") for name in sorted(whole.leads[vault.arn])}
        strictest = max(locks.values(), key=_STRICTNESS.index, default="none")
        demands.append((strictest, [name for name, lock in locks.items() if lock == strictest]))
    missing = (*inventory.scope.missing(*SELECTION_TABLES, "recovery_points"), *inventory.tier_gaps())
    # what is hidden may demand a stricter lock than what is known, unless that is the strictest
    hidden = [
        whole.unsure[vault.arn] if lock != _STRICTNESS[-1] else set()
        for vault, (lock, _) in zip(vaults, demands, strict=True)
    ]

    def demanded(values: list[Any]) -> Column:
        if missing:
            return unread(len(vaults), missing)
        column = encode([None if ids else value for value, ids in zip(values, hidden, strict=True)])
        gaps = tuple(sorted({gap_id for ids in hidden for gap_id in ids}))
        hole = Hole(gaps, np.array([bool(ids) for ids in hidden], bool))
        return Column(column.codes, column.values, (hole,))

    return Frame(
        subject="vault",
        account_id=inventory.scope.account.account_id,
        region=inventory.scope.region,
        arn=texts(vault.arn for vault in vaults),
        resource_type=pa.repeat(EMPTY, len(vaults)),
        name=texts(vault.name for vault in vaults),
        facts={
            "vault.name": encode([vault.name for vault in vaults]),
            "vault.demanded_lock": demanded([lock for lock, _ in demands]),
            "vault.demanded_by": demanded([names for _, names in demands]),
            "vault.lock": encode([_lock(vault.lock, as_of) for vault in vaults]),
        },
    )


def _lock(lock: VaultLock, as_of: datetime) -> dict[str, Any]:
    facts: dict[str, Any] = {"mode": lock_mode(lock), "in_force": in_force(lock, as_of)}
    if lock.lock_date is not None:
        facts["lock_date"] = rfc3339(epoch_ms(lock.lock_date))
    return facts | retention_range(lock)


def retention_range(lock: VaultLock) -> dict[str, int]:
    """The retentions that a lock admits, without the ends that it leaves open."""
    ends = {"min_retention_days": lock.min_retention_days, "max_retention_days": lock.max_retention_days}
    return {name: days for name, days in ends.items() if days is not None}
