"""What only the whole organization knows: where copies arrived, what leads into a vault, whose backup it is.

Each account and Region is summed up by itself; this is the small second step over those sums.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from auditor.evaluate.arrow import numbers
from auditor.evaluate.columns import NEVER, among, coded, integers, milliseconds
from auditor.evaluate.facts import combine, distinct
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.timeline import USABLE
from auditor.model.arn import place_of
from auditor.model.vaults import VaultLock


@dataclass(frozen=True, slots=True)
class Home:
    """Where a resource lives and its tier's code (-1: its tags were not read)."""

    account_id: str
    region: str
    tier: int


@dataclass(slots=True)
class Arrival:
    """Usable recovery points of one resource outside its Region. Times in ms; `delete_ms` -1 is never."""

    count: int
    created_ms: int
    delete_ms: int
    never_expires: bool
    arn: str


@dataclass(slots=True)
class Organization:
    """The sums of every account and Region."""

    tier_names: tuple[str, ...] = ()
    homes: dict[str, Home] = field(default_factory=dict)
    locks: dict[str, VaultLock] = field(default_factory=dict)
    #: vault ARN -> names of the tiers whose backups or copies go there, or lie there
    leads: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    arrivals: dict[str, Arrival] = field(default_factory=dict)
    #: vault ARN -> ids of the gaps that hide the tier of a resource whose recovery points lie there
    unsure: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def summarise(inventories: Sequence[Inventory]) -> Organization:
    """The sums over all accounts and Regions, read in order."""
    whole = Organization(inventories[0].tier_names if inventories else ())
    for inventory in inventories:
        account_id, region = inventory.scope.account.account_id, inventory.scope.region
        tiers = inventory.tier.tolist()
        for arn, tier in zip(inventory.arn, tiers, strict=True):
            whole.homes[arn] = Home(account_id, region, tier)
        for vault in inventory.vaults:
            whole.locks[vault.arn] = vault.lock
        _follow_plans(whole, inventory)
    for inventory in inventories:
        _follow_recovery_points(whole, inventory)
    return whole


def vault_arn(inventory: Inventory, name: str) -> str:
    """ARN of a vault of this account and Region by its name (aws-backup.md 4.11)."""
    account = inventory.scope.account
    return f"arn:{account.partition}:backup:{inventory.scope.region}:{account.account_id}:backup-vault:{name}"


def tiers_of_plan(inventory: Inventory, plan_id: str) -> list[str]:
    """Names of the tiers of which a plan selects resources."""
    codes = np.unique(inventory.tier[inventory.plan_members[plan_id]])
    return [inventory.tier_names[code] for code in codes if code != NEVER]


def _follow_plans(whole: Organization, inventory: Inventory) -> None:
    for plan in inventory.current_plans:
        tiers = tiers_of_plan(inventory, plan.plan_id)
        for rule in plan.rules:
            whole.leads[vault_arn(inventory, rule.target_vault)].update(tiers)
            for copy in rule.copy_actions:
                whole.leads[copy.destination_vault_arn].update(tiers)


def tier_unknown(home: Home | None) -> bool:
    """Whether a resource is not in the inventory, or its tags were not read."""
    return home is None or home.tier == NEVER


def gaps_of_home(inventory: Inventory, resource_arn: str) -> tuple[str, ...]:
    """The failed calls that may be why a resource is unknown: in its own account and Region."""
    account_id, region = place_of(resource_arn)
    account_id = account_id or inventory.scope.account.account_id
    gaps = inventory.scope.gaps
    return (*gaps.ids(("resources",), account_id, region or None), *gaps.anywhere("accounts"))


def _follow_recovery_points(whole: Organization, inventory: Inventory) -> None:
    table = inventory.read(
        "recovery_points",
        ["arn", "vault_arn", "resource_arn", "status", "created_at", "delete_at", "delete_after_days"],
    )
    resources, arns = coded(table["resource_arn"])
    vaults, vault_arns = coded(table["vault_arn"])
    homes = [whole.homes.get(arn) for arn in arns]
    tiers = np.array([*(NEVER if home is None else home.tier for home in homes), NEVER], np.int64)[resources]
    first, _ = distinct(combine([vaults, tiers], table.num_rows))
    for vault, tier in zip(vaults[first].tolist(), tiers[first].tolist(), strict=True):
        if NEVER not in (tier, vault):
            whole.leads[vault_arns[vault]].add(whole.tier_names[tier])
    if inventory.scope.gaps.gaps:
        hidden = np.flatnonzero((tiers == NEVER) & (vaults != NEVER) & (resources != NEVER))
        first, _ = distinct(combine([vaults[hidden], resources[hidden]], len(hidden)))
        for row in hidden[first].tolist():
            whole.unsure[vault_arns[vaults[row]]].update(gaps_of_home(inventory, arns[resources[row]]))
    region = inventory.scope.region
    away = [home is not None and home.region != region for home in homes]
    foreign = np.array([*away, False], bool)[resources]
    rows = np.flatnonzero(foreign & among(table["status"], USABLE))
    if len(rows):
        _arrive(whole, table, rows, [arns[code] for code in resources[rows]])


def _arrive(whole: Organization, table: pa.Table, rows: np.ndarray, resource_arns: Iterable[str]) -> None:
    picked = table.take(numbers(rows))
    created, delete = milliseconds(picked["created_at"]), milliseconds(picked["delete_at"])
    days = integers(picked["delete_after_days"])
    names = picked["arn"].to_pylist()
    for number, resource_arn in enumerate(resource_arns):
        never = delete[number] == NEVER and days[number] == NEVER
        arrival = Arrival(1, int(created[number]), int(delete[number]), bool(never), names[number])
        before = whole.arrivals.get(resource_arn)
        if before is not None:
            newest = max(before, arrival, key=_rank)
            newest.count = before.count + 1
            arrival = newest
        whole.arrivals[resource_arn] = arrival


def _rank(arrival: Arrival) -> tuple[int, bool, int, str]:
    """The newest first, and of those the one that is kept longest: copies are as old as what they copy."""
    return arrival.created_ms, arrival.never_expires, arrival.delete_ms, arrival.arn
