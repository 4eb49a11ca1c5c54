"""The tier of each resource of one account and Region, and what leaves it unknown."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.derive.tiers import TierBasis, possible_tiers

if TYPE_CHECKING:
    from auditor.evaluate.inventory import Inventory


def tier_codes(inventory: "Inventory") -> NDArray[np.int64]:
    """Tier code of each resource, as `tier_names` has them; -1 where something that decides was not read."""
    codes, tiers = {name: code for code, name in enumerate(inventory.tier_names)}, inventory.scope.tiers
    seen: dict[TierBasis, int] = {}
    answer = np.full(inventory.size, ABSENT, np.int64)
    for index in range(inventory.size):
        basis = tier_basis(inventory, index)
        if basis not in seen:
            possible = possible_tiers(basis, tiers)
            seen[basis] = codes[next(iter(possible))] if len(possible) == 1 else ABSENT
        answer[index] = seen[basis]
    return answer


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
