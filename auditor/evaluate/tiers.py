"""The tier of each resource of one account and Region, and what leaves it unknown."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.derive.tiers import TierBasis, possible_tiers
from auditor.evaluate.times import HOUR_MS

if TYPE_CHECKING:
    from auditor.evaluate.inventory import Inventory


def tier_codes(inventory: "Inventory") -> NDArray[np.int64]:
    """Tier code of each resource, as `tier_names` has them; -1 where something that decides was not read."""
    codes, tiers = {name: code for code, name in enumerate(inventory.tier_names)}, inventory.scope.tiers
    bases, number = tier_bases(inventory)
    possible = [possible_tiers(basis, tiers) for basis in bases]
    found = [codes[next(iter(names))] if len(names) == 1 else ABSENT for names in possible]
    return np.array(found, np.int64)[number]


def rpo_ms(inventory: "Inventory") -> NDArray[np.float64]:
    """The RPO of each resource's tier, ms; nan where it has none or the tier is not known."""
    tiers = inventory.scope.tiers.tiers
    hours = [tiers[name].get("rpo_hours", np.nan) for name in inventory.tier_names]
    found: NDArray[np.float64] = np.array([*hours, np.nan], float)[inventory.tier] * HOUR_MS
    return found


def tier_bases(inventory: "Inventory") -> tuple[list[TierBasis], NDArray[np.int64]]:
    """What is known by which tiers are assigned, each once, and the number of each resource's."""
    keys, seen = inventory.scope.tiers.tag_keys, dict[tuple[str | bool | None, ...], int]()
    bases: list[TierBasis] = []
    number = np.zeros(inventory.size, np.int64)
    for index, (kind, tags) in enumerate(zip(inventory.resource_type, inventory.tags, strict=True)):
        told = (kind, tags is None, *map(inventory.tags_of(index).get, keys))
        if told not in seen:
            seen[told] = len(bases)
            bases.append(tier_basis(inventory, index))
        number[index] = seen[told]
    return bases, number


def tier_basis(inventory: "Inventory", index: int) -> TierBasis:
    """What is known of a resource by which its tier is assigned."""
    account, tags, tiers = inventory.scope.account, inventory.tags_of(index), inventory.scope.tiers
    return TierBasis(
        tuple((key, tags[key]) for key in tiers.tag_keys if key in tags),
        all_tags=inventory.tags[index] is not None,
        ou_path=account.ou_path,
        account_id=account.account_id if inventory.names(account.account_id) else None,
        resource_type=inventory.resource_type[index],
    )


def gaps_of_tiers(inventory: "Inventory") -> tuple[str, ...]:
    """Ids of the gaps that leave the tier of some resource here unknown."""
    scope, account = inventory.scope, inventory.scope.account
    found = scope.missing("resources")
    if not (inventory.tier == ABSENT).any():
        return found
    if account.ou_path is None:
        found += scope.gaps.anywhere("accounts")
    if not inventory.names(account.account_id) and any(one.accounts for one in scope.tiers.assignment):
        said = "A tier is assigned by account, and which one this is is not known."
        found += (scope.unknown("tier", "NoAccount", "", said),)
    return found
