"""Where a resource is that no inventory has, and which gaps may hide it there.

The ARN of a bucket names neither account nor Region. A recovery point names the vault that it was copied from
where that is in another account (aws-backup.md 4.12); so the bucket is in the account of that vault, else in
that of its own, and in any Region of it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from auditor.evaluate.arrow import numbers
from auditor.evaluate.columns import among, coded_rows, words
from auditor.evaluate.hiding import hides
from auditor.model.arn import place_of

if TYPE_CHECKING:
    from auditor.evaluate.inventory import Inventory
    from auditor.evidence.store import Evidence

#: An account and a Region, or all of its Regions.
Place = tuple[str, str | None]
#: Accounts by the ARN of a resource.
Owners = Mapping[str, frozenset[str]]


def owners(inventories: Sequence["Inventory"], known: Collection[str]) -> Owners:
    """The accounts in which resources may be whose ARNs name no place, by ARN; not of those `known`."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for inventory in inventories:
        table = inventory.read("recovery_points", ["resource_arn", "source_vault_arn"])
        wanted = {arn for arn in words(table["resource_arn"]) if arn not in known and not all(place_of(arn))}
        if not wanted:
            continue
        table = table.filter(numbers(among(table["resource_arn"], wanted)))
        for arn, source in coded_rows(table["resource_arn"], table["source_vault_arn"])[1]:
            found[arn].add(place_of(source or "")[0] or inventory.scope.account.account_id)
    return {arn: frozenset(accounts) for arn, accounts in found.items()}


def places(inventory: "Inventory", accounts: Owners, arn: str) -> tuple[Place, ...]:
    """Where a resource must be, or have been: at the place in its ARN, else in any Region of `accounts`."""
    place = place_of(arn)
    if all(place):
        return (place,)
    return tuple((one, None) for one in sorted(accounts.get(arn, {inventory.scope.account.account_id})))


def hiding(inventory: "Inventory", where: Sequence[Place], kind: str | None) -> tuple[str, ...]:
    """Ids of the gaps that may be why no inventory has a resource of that type: it was not listed there.

    That its tags were not read is no such gap, nor is one of a call that lists other types; of no type every
    gap is. Regions that the run leaves out may have what names no Region.
    """
    scope = inventory.scope
    gaps = (gap for place in where for gap in scope.gaps.of(("resources",), *place) if hides(gap, kind))
    found = tuple(dict.fromkeys(gap.gap_id for gap in gaps))
    if all(region for _, region in where) or not regions_left_out(inventory.evidence):
        return found
    said = "Resources whose ARNs name no Region may be in one that the run was not asked to read."
    return (*found, scope.unknown("resources", "NotRead", "no Region", said))


def regions_left_out(evidence: "Evidence") -> frozenset[str]:
    """The Regions that the settings of the run leave out; evidence that does not tell has none."""
    return frozenset(evidence.metadata.get("provenance", {}).get("regions_left_out") or ())


def leaves_accounts_out(evidence: "Evidence") -> bool:
    """Whether the run may have asked nothing of some account of the organization that is in use.

    So it is where the settings name accounts, unless the organization lists none but those that were read.
    """
    stated = {
        one["name"]: one["value"] for one in evidence.metadata.get("provenance", {}).get("settings", ())
    }
    if stated.get("accounts") == "organization":
        return False
    listed = evidence.read("organization_accounts").to_pylist()
    used = {one["account_id"] for one in listed if one["status"] in ("ACTIVE", "")}
    return not used or not used <= {account_id for account_id, _ in evidence.partitions()}
