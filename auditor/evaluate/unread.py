"""Places that a verdict would need and that the run did not read, although no call failed: gaps of their own.

The evidence has a gap for each call that failed. But no call was sent to a Region outside the run, even if
plans copy into it or copies came from it, nor to an account without an enabled Region: what lies there is
unknown all the same.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

import numpy as np

from auditor.evaluate.arrow import numbers
from auditor.evaluate.columns import among, coded, words
from auditor.evaluate.gaps import OURS, GapIndex, Scope
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.points import copied
from auditor.evidence.table_schemas import PARTITIONED
from auditor.model.arn import place_of
from auditor.model.organization import Account
from auditor.model.verdicts import Gap

#: The `error` of such a gap.
NOT_READ: Final = "NotRead"
_OF_A_VAULT: Final = ("backup_vaults", "recovery_points")
#: The call that such a gap of a place names: that of the first of these tables which it leaves unknown.
_CALLS: Final = {
    "recovery_points": "ListRecoveryPointsByBackupVault",
    "resources": "ListRecoveryPointsByBackupVault",
    "backup_vaults": "ListBackupVaults",
    "copy_jobs": "ListCopyJobs",
}


def unread_accounts(accounts: Iterable[Account], read: Collection[Scope], known: GapIndex) -> Iterator[Gap]:
    """A gap in each account of which nothing was read, in all that no failed call leaves unknown.

    One that the organization says to be closed, or about to be, is left out.
    """
    held = {account_id for account_id, _ in read}
    for account in accounts:
        if account.status not in ("ACTIVE", "") or account.account_id in held:
            continue
        tables = [table for table in sorted(PARTITIONED) if not known.ids((table,), account.account_id)]
        if tables:
            yield Gap(
                gap_id=f"unread-{account.account_id}",
                account_id=account.account_id,
                region="",
                service="ec2",
                operation="DescribeRegions",
                error=NOT_READ,
                message="No Region of this account was read.",
                provides=tuple(tables),
            )


def unasked(accounts: Iterable[str], missing: Collection[str]) -> Iterator[Gap]:
    """A gap of each account in the tables `missing`, for which the evidence was not collected."""
    for account_id in accounts if missing else ():
        yield Gap(
            gap_id=f"unasked-{account_id}",
            account_id=account_id,
            region="",
            service=OURS,
            operation="collect",
            error=NOT_READ,
            message="The controls of the collection did not need it; collect again with these policies.",
            provides=tuple(sorted(missing)),
        )


def unread_places(inventories: Sequence[Inventory], read: Collection[Scope], known: GapIndex) -> list[Gap]:
    """A gap for each account and Region outside the run on which something in it depends, in their order.

    Plans back up or copy into it, or copies were made there, so that its vaults and recovery points are
    needed; or recovery points that were read are copies of resources there, so that their tiers are; or
    copies of what was read were made from a vault there, so that its copy jobs are. A table that another gap
    leaves unknown there is left out of it.
    """
    needed: defaultdict[Scope, set[str]] = defaultdict(set)
    for place in _destinations(inventories):
        needed[place].update(_OF_A_VAULT)
    held = {arn for inventory in inventories for arn in inventory.index}
    for place in _homes(inventories, held):
        needed[place].add("resources")
    for place in _sources(inventories, held):
        needed[place].add("copy_jobs")
    return [
        _not_read(place, tables)
        for place, wanted in sorted(needed.items())
        if place not in read and (tables := {table for table in wanted if not known.ids((table,), *place)})
    ]


def _not_read(place: Scope, tables: Collection[str]) -> Gap:
    account_id, region = place
    return Gap(
        gap_id=f"unread-{account_id}-{region}",
        account_id=account_id,
        region=region,
        service="backup",
        operation=next(call for table, call in _CALLS.items() if table in tables),
        error=NOT_READ,
        message="Copies go to or come from this Region, which the run was not asked to read.",
        provides=tuple(sorted(tables)),
    )


def _destinations(inventories: Sequence[Inventory]) -> Iterator[Scope]:
    for inventory in inventories:
        for plan in inventory.current_plans:
            for rule in plan.rules:
                yield from (place for vault in rule.named_vaults if all(place := place_of(vault)))
        jobs = inventory.read("copy_jobs", ["destination_vault_arn", "state"])
        done = jobs["destination_vault_arn"].filter(numbers(among(jobs["state"], ("COMPLETED",))))
        yield from (place for vault in words(done) if all(place := place_of(vault)))


def _homes(inventories: Sequence[Inventory], held: Collection[str]) -> Iterator[Scope]:
    """Where the resources of recovery points are that no inventory has, as far as is told.

    Of an ARN without a place (a bucket's) that is where the vault is that a copy came from.
    """
    for inventory in inventories:
        table = inventory.read("recovery_points", ["resource_arn", "source_vault_arn"])
        arns = {arn for arn in words(table["resource_arn"]) if arn not in held}
        yield from (place for arn in arns if all(place := place_of(arn)))
        nowhere = {arn for arn in arns if not all(place_of(arn))}
        if nowhere:
            sources = table["source_vault_arn"].filter(numbers(among(table["resource_arn"], nowhere)))
            yield from (place for vault in words(sources) if all(place := place_of(vault)))


def _sources(inventories: Sequence[Inventory], held: Collection[str]) -> Iterator[Scope]:
    """Where the vaults are from which resources that were read were copied to vaults that were read."""
    for inventory in inventories:
        table = inventory.read("recovery_points", ["resource_arn", "vault_arn", "source_vault_arn"])
        resources, arns = coded(table["resource_arn"])
        known = np.array([*(arn in held for arn in arns), False], bool)[resources]
        sources = table["source_vault_arn"].filter(numbers(known & copied(table)))
        yield from (place for vault in words(sources) if all(place := place_of(vault)))
