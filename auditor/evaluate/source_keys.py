"""Who manages the key that the backups of a resource take over from it: `resource.key_manager`.

A type that AWS Backup does not manage fully keeps the key of its source (aws-backup.md 1.1 row 11). The tier
demands that a customer manages it (`customer_key`), or a copy in another account (`account_copy`), which AWS
makes of nothing that lies under a key of its own (aws-backup.md 4.12). An image of an instance has as many
keys as volumes: these are asked about, and not the instance.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from auditor.derive.columns import ABSENT
from auditor.evaluate.deferred import Fact
from auditor.evaluate.facts import Column, encode
from auditor.evaluate.holes import holes_of
from auditor.evaluate.leads import management_unknown
from auditor.evaluate.scope import ScopeFacts
from auditor.evaluate.vault_keys import KeyOf, KnownKey, managers
from auditor.model.key_managers import AWS, CUSTOMER, OF_SEVERAL, OWNED_BY_AWS, PERHAPS_OWNED
from auditor.model.resource_types import TYPES

if TYPE_CHECKING:
    from auditor.evaluate.inventory import Inventory

KEY_MANAGER: Final = "resource.key_manager"
#: It is not encrypted; and: with a key of AWS, or not.
NONE: Final = "NONE"
AWS_OR_NONE: Final = "AWS_OR_NONE"


def source_key_facts(inventory: "Inventory", keys: Callable[[], KeyOf]) -> dict[str, Fact]:
    """The fact of resources of one account and Region, made when asked, as the `keys` are."""
    return {KEY_MANAGER: lambda: _managers(inventory, keys)}


def recorded_source_keys(inventory: "Inventory") -> KeyOf:
    """The keys of resources, as they were read."""
    told, scope = managers(inventory), inventory.scope
    columns = ("arn", "resource_type", "encrypted", "kms_key_arn")
    rows = {row["arn"]: row for row in inventory.read("resources", columns).to_pylist()}

    def key_of(arn: str) -> KnownKey:
        row = rows.get(arn, {})
        key, encrypted = row.get("kms_key_arn") or "", row.get("encrypted")
        if encrypted is False:
            return KnownKey(AWS_OR_NONE if row["resource_type"] == PERHAPS_OWNED else NONE)
        manager = AWS if key == OWNED_BY_AWS else told.get(key)
        if manager:
            return KnownKey(manager)
        return KnownKey("", (scope.missing("keys") if key else ()) or (untold(scope, "no call told it"),))

    return key_of


def untold(scope: ScopeFacts, why: str) -> str:
    """Id of the gap that says that the keys of resources of one account and Region are not known."""
    place = f"resources of account {scope.account.account_id} in {scope.region}"
    said = f"Who manages the keys of some {place} is not known: {why}."
    return scope.unknown("DescribeKey", "Unknown", "keys of resources", said)


def _managers(inventory: "Inventory", keys: Callable[[], KeyOf]) -> Column:
    asked = [_asked(inventory, index) for index in range(inventory.size)]
    key_of = keys() if any(asked) else None
    found = [
        _weighed(inventory, index, key_of(inventory.arn[index])) if key_of and asks else KnownKey("")
        for index, asks in enumerate(asked)
    ]
    return encode([one.manager or None for one in found], *holes_of([one.gaps for one in found]))


def _asked(inventory: "Inventory", index: int) -> bool:
    """Whether the tier of a resource demands something of its key, and its backups may take that over."""
    code, kind = int(inventory.tier[index]), inventory.resource_type[index]
    row = TYPES.get(kind)
    if code == ABSENT or row is None or kind == OF_SEVERAL or row.management == "always":
        return False
    tier = inventory.scope.tiers.tiers[inventory.tier_names[code]]
    if not tier["required"]:
        return False
    if row.management == "choice":  # what is not managed fully is not copied
        return bool(tier.get("customer_key")) and inventory.managed.get(kind) is not True
    return bool(tier.get("customer_key") or (tier.get("account_copy") and row.copies.accounts))


def _weighed(inventory: "Inventory", index: int, key: KnownKey) -> KnownKey:
    """The key of a resource, open where what the tier demands hangs on something else."""
    kind, scope = inventory.resource_type[index], inventory.scope
    if key.gaps or key.manager == CUSTOMER:
        return key
    if TYPES[kind].management == "choice" and inventory.managed.get(kind) is None:
        return KnownKey("", (management_unknown(inventory, kind),))
    tier = scope.tiers.tiers[inventory.tier_names[int(inventory.tier[index])]]
    if key.manager == AWS_OR_NONE and not tier.get("customer_key"):
        return KnownKey("", (untold(scope, "one that AWS owns, of which no call tells, or none"),))
    return key
