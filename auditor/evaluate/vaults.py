"""Facts of the vaults of one account and Region."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import numpy as np
import pyarrow as pa

from auditor.derive.lock import STRICTNESS
from auditor.evaluate.arrow import EMPTY, texts
from auditor.evaluate.deferred import Deferred
from auditor.evaluate.facts import Column, Frame, Hole, encode
from auditor.evaluate.inventory import SELECTION_TABLES, Inventory
from auditor.evaluate.leads import ANY_TIER
from auditor.evaluate.locks import lock_facts, lock_gap
from auditor.evaluate.manual_deletion import of_vault
from auditor.evaluate.organization import OrganizationSums
from auditor.evaluate.vault_keys import KeyOf, key_facts, recorded_keys
from auditor.model.vaults import Vault


def vault_frame(
    inventory: Inventory,
    whole: OrganizationSums,
    as_of: datetime,
    further: Sequence[Vault] = (),
    keys: Callable[[], KeyOf] | None = None,
) -> Frame:
    """One subject for each vault; `further` are vaults behind those of the inventory.

    `keys` tells those of all of them, None where they are as they were read.
    """
    vaults = [*inventory.vaults, *further]
    return Frame(
        subject="vault",
        account_id=inventory.scope.account.account_id,
        region=inventory.scope.region,
        arn=texts(vault.arn for vault in vaults),
        resource_type=pa.repeat(EMPTY, len(vaults)),
        name=texts(vault.name for vault in vaults),
        facts=Deferred(
            {
                "vault.name": encode([vault.name for vault in vaults]),
                **_lock(inventory, vaults, whole, as_of),
                **key_facts(inventory, vaults, whole, keys or partial(recorded_keys, inventory)),
            }
        )
        | of_vault(inventory, vaults),
        units=inventory.scope.account.ou_path,
    )


def _lock(
    inventory: Inventory, vaults: Sequence[Vault], whole: OrganizationSums, as_of: datetime
) -> dict[str, Column]:
    """The lock that each vault has, and the one that is demanded.

    The demand is the strictest one of the tiers whose backups go or lie there. Where not all of these tiers
    are known, one that is not may demand a stricter lock.
    """
    scope = inventory.scope
    tiers, past = scope.tiers.tiers, scope.past
    locks: list[str] = []
    demanded_by: list[list[str]] = []
    hidden: list[set[str]] = []
    # a plan that was not listed may copy into any vault of its account; what came from others lies there
    unlisted = scope.gaps.ids(("backup_plans",), scope.account.account_id) if vaults else ()
    here = scope.missing(*SELECTION_TABLES, "recovery_points")
    everywhere = {*unlisted, *here, *inventory.tier_gaps()}
    for vault in vaults:
        demands = {name: tiers[name].get("lock", "none") for name in sorted(whole.leads.sure[vault.arn])}
        strictest = max(demands.values(), key=STRICTNESS.index, default="none")
        locks.append(strictest)
        demanded_by.append([name for name, lock in demands.items() if lock == strictest])
        stricter = STRICTNESS[STRICTNESS.index(strictest) + 1 :]
        unknown = set(everywhere) if stricter else set()
        for name, gaps in whole.leads.maybe[vault.arn].items():
            if stricter and (name == ANY_TIER or tiers[name].get("lock", "none") in stricter):
                unknown |= gaps
        hidden.append(unknown)
    holes = _holes(hidden)
    asked = np.array([lock != "none" for lock in locks], bool)
    return {
        "vault.demanded_lock": encode(locks, *holes),
        "vault.demanded_by": encode(demanded_by, *holes),
        "vault.lock": encode(
            [lock_facts(vault.lock, as_of, past=past) for vault in vaults],
            *_holes([{*lock_gap(scope, vault.arn, vault.lock)} for vault in vaults], asked),
        ),
    }


def _holes(gaps: Sequence[set[str]], among: np.ndarray | None = None) -> list[Hole]:
    """A partial hole for each different set of gaps, one set a vault, of the vaults `among`."""
    chosen = np.ones(len(gaps), bool) if among is None else among
    return [
        Hole(tuple(sorted(ids)), np.array([one == ids for one in gaps], bool) & chosen, partial=True)
        for ids in {frozenset(one) for one in gaps if one}
    ]
