"""Who manages the key of each vault, and which tiers demand that a customer does.

Only the tiers count whose backups or copies have the vault's key (`auditor.evaluate.leads`).
"""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Final, NamedTuple

from auditor.evaluate.deferred import Fact
from auditor.evaluate.facts import Column, encode
from auditor.evaluate.holes import holes_of
from auditor.evaluate.inventory import SELECTION_TABLES, Inventory
from auditor.evaluate.leads import ANY_TIER
from auditor.evaluate.organization import OrganizationSums
from auditor.model.key_managers import AWS, CUSTOMER, OWNED_BY_AWS
from auditor.model.vaults import Vault

_COLUMNS: Final = ("arn", "encryption_key_arn", "encryption_key_type")


class KnownKey(NamedTuple):
    """Who manages the key of something, CUSTOMER or AWS: "" where it is not known because of `gaps`."""

    manager: str
    gaps: tuple[str, ...] = ()


#: The key of a vault, or of a resource, by its ARN.
KeyOf = Callable[[str], KnownKey]


def managers(inventory: Inventory) -> dict[str, str]:
    """Who manages each key of which KMS told it, by its ARN."""
    told = inventory.read("keys", ["arn", "key_manager"]).to_pylist()
    return {row["arn"]: row["key_manager"] for row in told if row["key_manager"]}


def recorded_keys(inventory: Inventory) -> KeyOf:
    """The keys of vaults, as they were read."""
    told = managers(inventory)
    keys = {row["arn"]: row for row in inventory.read("backup_vaults", _COLUMNS).to_pylist()}

    def key_of(arn: str) -> KnownKey:
        row = keys.get(arn, {})
        key, of_aws = row.get("encryption_key_arn"), row.get("encryption_key_type") == OWNED_BY_AWS
        manager = AWS if of_aws else told.get(key or "")
        if manager:
            return KnownKey(manager)
        said = f"Who manages the key of vault {arn} is not known: no call told it."
        failed = inventory.scope.missing("keys") if key else ()
        return KnownKey("", failed or (inventory.scope.unknown("DescribeKey", "Unknown", arn, said),))

    return key_of


def key_facts(
    inventory: Inventory, vaults: Sequence[Vault], whole: OrganizationSums, keys: Callable[[], KeyOf]
) -> dict[str, Fact]:
    """Both facts of vaults of one account and Region, made when asked, as the `keys` are.

    Whose key it is matters where a tier surely demands one of the customer's. Where none does and one may,
    that is not known, unless the customer manages the key: it is enough for every tier.
    """
    known = cache(lambda: cache(keys()))
    arns = [vault.arn for vault in vaults]
    return {
        "vault.customer_key_for": partial(_demanding, inventory, arns, whole, known),
        "vault.key_manager": partial(_managers, inventory, arns, whole, known),
    }


def _asking(inventory: Inventory) -> set[str]:
    """The tiers that demand a customer managed key."""
    return {name for name, tier in inventory.scope.tiers.tiers.items() if tier.get("customer_key")}


def _demanding(
    inventory: Inventory, arns: Sequence[str], whole: OrganizationSums, keys: Callable[[], KeyOf]
) -> Column:
    scope, asking, key_of = inventory.scope, _asking(inventory), keys()
    sure = [sorted(asking & whole.keyed.sure[arn]) for arn in arns]
    # a plan that was not listed may copy into any vault of its account
    unlisted = scope.gaps.ids(("backup_plans",), scope.account.account_id) if arns else ()
    everywhere = {*unlisted, *scope.missing(*SELECTION_TABLES), *inventory.tier_gaps()}
    hidden: list[tuple[str, ...]] = []
    for arn, names in zip(arns, sure, strict=True):
        if names or not asking or key_of(arn).manager == CUSTOMER:
            hidden.append(())
            continue
        perhaps = whole.keyed.maybe[arn].items()
        gaps = (gaps for name, gaps in perhaps if name == ANY_TIER or name in asking)
        hidden.append(tuple(sorted(everywhere.union(*gaps))))
    return encode(sure, *holes_of(hidden, partial=True))


def _managers(
    inventory: Inventory, arns: Sequence[str], whole: OrganizationSums, keys: Callable[[], KeyOf]
) -> Column:
    asking = _asking(inventory)
    found = [keys()(arn) for arn in arns]
    unread = [
        key.gaps if not key.manager and asking & whole.keyed.sure[arn] else ()
        for arn, key in zip(arns, found, strict=True)
    ]
    return encode([key.manager or None for key in found], *holes_of(unread))
