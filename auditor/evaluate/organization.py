"""What only the whole organization knows: where copies arrived, what leads into a vault, whose backup it is.

Each account and Region is summed up by itself; this module is the small second step over those sums.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.arrow import numbers, texts
from auditor.evaluate.columns import among, coded
from auditor.evaluate.composites import of_parts
from auditor.evaluate.facts import combine, distinct
from auditor.evaluate.gaps import Scope
from auditor.evaluate.held_copies import KEYED, asks_how_copies_lie
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.leads import ANY_TIER, Leads, follow_plans
from auditor.evaluate.points import COLUMNS, unmade
from auditor.evaluate.records import LED
from auditor.evaluate.restored import by_place, named, restored
from auditor.evaluate.spoilt import spoilt_copies
from auditor.evaluate.whereabouts import Owners, hiding, owners, places
from auditor.evidence.table_schemas import TABLES
from auditor.model.arn import place_of
from auditor.model.vaults import VaultLock

#: What is told of a recovery point where its resource is.
SENT: Final = (*COLUMNS, "move_to_cold_at")


@dataclass(frozen=True, slots=True)
class Home:
    """Where a resource lives, or lived, and its tier's code.

    -1: its tags were not read, or it was deleted (`gone`) and they are not known (`gaps` say why).
    """

    account_id: str
    region: str
    tier: int
    gaps: tuple[str, ...] = ()
    gone: bool = False


@dataclass(slots=True)
class OrganizationSums:
    """The sums of every account and Region."""

    tier_names: tuple[str, ...] = ()
    homes: dict[str, Home] = field(default_factory=dict)
    #: the accounts of resources that are in no inventory and whose ARNs name no place
    owners: Owners = field(default_factory=dict)
    #: the ARNs of instances that volumes are attached to, also of those that were not read
    carriers: set[str] = field(default_factory=set)
    #: the resource types that were asked for, by account and Region
    listed: dict[Scope, frozenset[str]] = field(default_factory=dict)
    locks: dict[str, VaultLock] = field(default_factory=dict)
    leads: Leads = field(default_factory=Leads)
    #: the same, of what has the key of the vault that it goes into
    keyed: Leads = field(default_factory=Leads)
    #: recovery points that lie in another account or Region than their resource, by where that is
    copies: defaultdict[Scope, list[pa.Table]] = field(default_factory=lambda: defaultdict(list))
    #: copy jobs that completed in another account or Region than that of their resource, by where that is
    led: defaultdict[Scope, list[pa.Table]] = field(default_factory=lambda: defaultdict(list))
    #: restore jobs that ran in another account or Region than that of their resource, by where that is
    restores: defaultdict[Scope, list[pa.Table]] = field(default_factory=lambda: defaultdict(list))
    #: completed restore jobs of which nothing tells what they restored, by the place where their recovery
    #: points lie: that in their ARN, else where the job ran
    unnamed_restores: dict[Scope, pa.Table] = field(default_factory=dict)
    #: ARNs of copies of bad backups
    spoilt_copies: pa.ChunkedArray = field(default_factory=lambda: pa.chunked_array([], pa.string()))


def summarise(inventories: Sequence[Inventory], departed: Sequence[Inventory]) -> OrganizationSums:
    """The sums over all accounts and Regions, read in order; `departed` are their deleted resources."""
    whole = OrganizationSums(inventories[0].tier_names if inventories else ())
    for gone in departed:
        place = (gone.scope.account.account_id, gone.scope.region)
        gaps = gone.tier_gaps()
        for arn, tier in zip(gone.arn, gone.tier.tolist(), strict=True):
            whole.homes[arn] = Home(*place, tier, gaps if tier == ABSENT else (), gone=True)
    for inventory in inventories:
        account_id, region = inventory.scope.account.account_id, inventory.scope.region
        tiers = inventory.tier.tolist()
        for arn, tier in zip(inventory.arn, tiers, strict=True):
            whole.homes[arn] = Home(account_id, region, tier)
        whole.carriers.update(inventory.carriers.arns)
        for vault in inventory.vaults:
            whole.locks[vault.arn] = vault.lock
    whole.owners = owners(inventories, whole.homes)
    for inventory in inventories:
        follow_plans(whole.leads, whole.keyed, inventory, whole.locks)
    for inventory in inventories:
        _follow_recovery_points(whole, inventory)
        _follow_copy_jobs(whole, inventory)
        _follow_restore_jobs(whole, inventory)
    _follow_shared_points(whole, inventories)
    whole.spoilt_copies = spoilt_copies(inventories)
    return whole


def tier_unknown(home: Home | None) -> bool:
    """Whether a resource is not in the inventory, or its tags were not read."""
    return home is None or home.tier == ABSENT


def gaps_of_home(
    inventory: Inventory, whole: OrganizationSums, resource_arn: str, kind: str | None = None
) -> tuple[str, ...]:
    """The gaps that may be why a resource, or its tier, is unknown: where it is, or must be."""
    home = whole.homes.get(resource_arn)
    if home is None:
        found = hiding(inventory, places(inventory, whole.owners, resource_arn), kind)
    else:
        found = inventory.scope.gaps.ids(("resources",), home.account_id, home.region)
    return (*found, *inventory.scope.gaps.anywhere("accounts"))


def _follow_recovery_points(whole: OrganizationSums, inventory: Inventory) -> None:
    past = inventory.scope.past  # what came to lie in a vault since says nothing of then
    table = inventory.read("recovery_points", COLUMNS if past else ["vault_arn", "resource_arn"])
    resources, arns = coded(table["resource_arn"])
    vaults, vault_arns = coded(table["vault_arn"])
    if past:
        vaults = np.where(unmade(table, inventory), ABSENT, vaults)
    homes = [whole.homes.get(arn) for arn in arns]
    tiers = np.array([*(ABSENT if home is None else home.tier for home in homes), ABSENT], np.int64)[
        resources
    ]
    first, _ = distinct(combine([vaults, tiers], table.num_rows))
    for vault, tier in zip(vaults[first].tolist(), tiers[first].tolist(), strict=True):
        if ABSENT not in (tier, vault):
            whole.leads.sure[vault_arns[vault]].add(whole.tier_names[tier])
    if inventory.scope.gaps.gaps:
        hidden = np.flatnonzero((tiers == ABSENT) & (vaults != ABSENT) & (resources != ABSENT))
        first, _ = distinct(combine([vaults[hidden], resources[hidden]], len(hidden)))
        for row in hidden[first].tolist():
            ids = gaps_of_home(inventory, whole, arns[resources[row]])
            whole.leads.maybe[vault_arns[vaults[row]]][ANY_TIER].update(ids)
    _send_home(whole, inventory, resources, arns)


def _send_home(
    whole: OrganizationSums, inventory: Inventory, resources: NDArray[np.int64], arns: Sequence[str]
) -> None:
    """Hand recovery points to the account and Region of their resources; `region` says where each lies."""
    owners = _elsewhere(whole, inventory, arns)
    if not owners:
        return
    sent = (*SENT, *KEYED) if asks_how_copies_lie(inventory.scope.tiers) else SENT
    table = inventory.read("recovery_points", sent)
    table = table.cast(pa.schema([TABLES["recovery_points"].field(name) for name in sent]))
    table = table.append_column("region", pa.repeat(texts([inventory.scope.region])[0], table.num_rows))
    whole_ones = ~of_parts(inventory, "recovery_points", table["resource_type"])
    for owner, codes in owners.items():
        rows = np.flatnonzero(np.isin(resources, codes) & whole_ones)
        whole.copies[owner].append(table.take(numbers(rows)))


def _elsewhere(whole: OrganizationSums, inventory: Inventory, arns: Sequence[str]) -> dict[Scope, list[int]]:
    """The numbers of those of `arns` that are in another account or Region, by where that is."""
    here = (inventory.scope.account.account_id, inventory.scope.region)
    owners: dict[Scope, list[int]] = defaultdict(list)
    for number, arn in enumerate(arns):
        home = whole.homes.get(arn)
        place = here if home is None else (home.account_id, home.region)
        if home is None and arn in whole.carriers:
            place = place_of(arn)
        if place != here:
            owners[place].append(number)
    return owners


def _follow_copy_jobs(whole: OrganizationSums, inventory: Inventory) -> None:
    """Hand copy jobs that completed to the account and Region of their resources: they made copies of copies.

    A copy job is listed where the vault is that was copied from.
    """
    table = inventory.read("copy_jobs", LED)
    table = table.filter(numbers(among(table["state"], ("COMPLETED",))))
    resources, arns = coded(table["resource_arn"])
    owners = _elsewhere(whole, inventory, arns)
    table = table.cast(pa.schema([TABLES["copy_jobs"].field(name) for name in LED])) if owners else table
    for owner, codes in owners.items():
        whole.led[owner].append(table.take(numbers(np.flatnonzero(np.isin(resources, codes)))))


def _follow_restore_jobs(whole: OrganizationSums, inventory: Inventory) -> None:
    """Hand restore jobs to the account and Region of what they restored.

    A copy is restored where it lies, but out of a vault that is shared: in the account that restores.
    """
    table = restored(inventory)
    resources, arns = coded(table["resource_arn"])
    for owner, codes in _elsewhere(whole, inventory, arns).items():
        whole.restores[owner].append(table.take(numbers(np.flatnonzero(np.isin(resources, codes)))))
    unnamed = table.filter(numbers((resources == ABSENT) & among(table["status"], ("COMPLETED", "FAILED"))))
    here = (inventory.scope.account.account_id, inventory.scope.region)
    for place, lying in by_place(unnamed, here):
        held = whole.unnamed_restores.get(place, lying.slice(0, 0))
        whole.unnamed_restores[place] = pa.concat_tables([held, lying], promote_options="default")


def _follow_shared_points(whole: OrganizationSums, inventories: Sequence[Inventory]) -> None:
    """Name what was restored in other accounts by the recovery points where they lie, and hand it on.

    What completed of the rest may be of anything.
    """
    for inventory in inventories:
        here = (inventory.scope.account.account_id, inventory.scope.region)
        unnamed = whole.unnamed_restores.get(here)
        if unnamed is None:
            continue
        away = ~among(unnamed["ran_in"], here[:1])
        if not away.any():
            continue
        table = named(inventory, unnamed.filter(numbers(away)))
        resources, arns = coded(table["resource_arn"])
        found = _elsewhere(whole, inventory, arns)
        elsewhere = {code for codes in found.values() for code in codes}
        found[here] = [number for number in range(len(arns)) if number not in elsewhere]
        for owner, codes in found.items():
            if codes:
                whole.restores[owner].append(table.take(numbers(np.flatnonzero(np.isin(resources, codes)))))
        left = [unnamed.filter(numbers(~away)), table.filter(numbers(resources == ABSENT))]
        whole.unnamed_restores[here] = pa.concat_tables(left, promote_options="default")
    for place, table in [*whole.unnamed_restores.items()]:
        over = among(table["status"], ("COMPLETED",))
        whole.unnamed_restores[place] = table.filter(numbers(over))
        if not over.any():
            del whole.unnamed_restores[place]
