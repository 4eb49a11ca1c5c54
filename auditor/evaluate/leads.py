"""Which vaults the backups of each tier go into, and which of these have the vault's key, surely or maybe."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.derive.targets import Enters, entered, keyed_in, made_with_vault_key
from auditor.evaluate.away import IN_ACCOUNT, IN_REGION
from auditor.evaluate.facts import combine, distinct
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.membership import Membership, answering, unread_rules
from auditor.model.plans import BackupPlan, Rule
from auditor.model.resource_types import TYPES
from auditor.model.resource_types.row import Partitions

#: In place of a tier's name: which one it is, is not known.
ANY_TIER: Final = ""
#: An answer for the backups of a resource type; None where it is not known.
_Answer = Callable[[str], bool | None]


class _Target(NamedTuple):
    """A vault that a rule leads into: whether backups of a type enter it, and whether they get its key."""

    arn: str
    enters: _Answer
    has_key: _Answer


def _maybe() -> defaultdict[str, defaultdict[str, set[str]]]:
    return defaultdict(lambda: defaultdict(set))


@dataclass(slots=True)
class Leads:
    """By vault ARN: the tiers that go or lie there, and those that may, with the gaps that say why."""

    sure: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    maybe: defaultdict[str, defaultdict[str, set[str]]] = field(default_factory=_maybe)


def vault_arn(inventory: Inventory, name: str) -> str:
    """ARN of a vault of this account and Region by its name (aws-backup.md 4.11)."""
    account = inventory.scope.account
    return f"arn:{account.partition}:backup:{inventory.scope.region}:{account.account_id}:backup-vault:{name}"


def entering(inventory: Inventory) -> Callable[[str], Enters]:
    """Which of a rule's two targets the backups of a resource type enter here."""
    return lambda resource_type: entered(resource_type, managed=inventory.managed.get(resource_type))


def management_unknown(inventory: Inventory, resource_type: str) -> str:
    """Id of the gap that leaves open which of two targets the backups of a type enter."""
    said = f"Whether AWS Backup manages {resource_type} fully in this Region is not known."
    return inventory.scope.unknown("DescribeRegionSettings", "Undecided", resource_type, said)


def _undecided(inventory: Inventory, resource_type: str, arn: str) -> str:
    """Id of the gap that leaves open whether the backups of a type enter a vault, or have its key."""
    row = TYPES.get(resource_type)
    if row is None or row.management != "never":
        return management_unknown(inventory, resource_type)
    said = f"Whether copies of {resource_type} in vault {arn} have the key of that vault is not known."
    return inventory.scope.unknown("copies", "Undecided", f"key {resource_type} {arn}", said)


def follow_plans(leads: Leads, keyed: Leads, inventory: Inventory, vaults: Collection[str]) -> None:
    """Add where the plans of one account and Region lead; `vaults` are the ARNs of all that were read.

    `keyed` gets what has the key of the vault.
    """
    members, enters = answering(inventory), entering(inventory)
    _, types = np.unique(inventory.resource_type.astype(str), return_inverse=True)
    alike = combine([inventory.tier, types.astype(np.int64)], inventory.size)
    unread = inventory.scope.missing("backup_selections", "resources")
    for plan in inventory.current_plans:
        kinds = list(_kinds(inventory, members[plan.plan_id], alike))
        for target, gaps in _targets(inventory, plan, enters, vaults):
            for found, answer in ((leads, target.enters), (keyed, target.has_key)):
                if unread:  # a plan may select what was not read
                    found.maybe[target.arn][ANY_TIER].update(unread)
                for kind in kinds:
                    _lead(found, inventory, target.arn, kind, answer(kind.resource_type), gaps)


@dataclass(frozen=True, slots=True)
class _Kind:
    """Resources of one tier and type that a plan selects; `gaps` leave it open whether it does."""

    tier: str
    resource_type: str
    gaps: tuple[str, ...]


def _kinds(inventory: Inventory, member: Membership, alike: NDArray[np.int64]) -> Iterator[_Kind]:
    """`alike` is a key for each resource: equal ones are of the same tier and type."""
    for chosen, decided in ((member.sure, True), (member.undecided, False)):
        rows = np.flatnonzero(chosen)
        first, number = distinct(alike[rows])
        for group, row in enumerate(rows[first].tolist()):
            tier, gaps = (
                ANY_TIER,
                () if decided else member.gaps(_mask(inventory.size, rows[number == group])),
            )
            if inventory.tier[row] == ABSENT:
                gaps += inventory.tier_gaps()
            else:
                tier = inventory.tier_names[inventory.tier[row]]
            yield _Kind(tier, inventory.resource_type[row], gaps)


def _mask(size: int, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    mask = np.zeros(size, bool)
    mask[rows] = True
    return mask


def _targets(
    inventory: Inventory, plan: BackupPlan, enters: Callable[[str], Enters], vaults: Collection[str]
) -> Iterator[tuple[_Target, tuple[str, ...]]]:
    """Each vault that a plan leads into, and the gaps that leave open whether it does.

    A plan that cannot be understood may copy into any.
    """
    if plan.fault:
        gaps = unread_rules(inventory, [plan])
        yield from ((_Target(arn, _everything, _everything), gaps) for arn in vaults)
    for rule in plan.rules:
        yield from ((target, ()) for target in _vaults(inventory, rule, enters))


def _vaults(inventory: Inventory, rule: Rule, enters: Callable[[str], Enters]) -> Iterator[_Target]:
    own, gapped = vault_arn(inventory, rule.target_vault), rule.air_gapped_vault_arn

    def keyed(kind: str) -> Enters:
        return keyed_in(kind, managed=inventory.managed.get(kind))

    if gapped:
        yield _Target(own, lambda kind: enters(kind).vault, lambda kind: keyed(kind).vault)
        yield _Target(gapped, lambda kind: enters(kind).air_gapped, lambda kind: keyed(kind).air_gapped)
    else:
        made = inventory.managed.get
        yield _Target(own, _everything, lambda kind: made_with_vault_key(kind, managed=made(kind)))
    for copy in rule.copy_actions:
        arn = copy.destination_vault_arn
        yield _Target(arn, _everything, partial(_copied_with_key, inventory, arn))


def _copied_with_key(inventory: Inventory, arn: str, resource_type: str) -> bool | None:
    """Whether copies of a type in a vault have the vault's key, or none of the customer's without one there.

    What is not managed fully has the vault's key in another account, and in another Region one that AWS
    manages where the vault has none of the customer's; for another vault beside it nothing is stated
    (aws-backup.md 4.12). A type of which no such copies are made has none.
    """
    row, scope = TYPES.get(resource_type), inventory.scope
    managed = made_with_vault_key(resource_type, managed=inventory.managed.get(resource_type))
    if row is None or (row.management == "choice" and not managed):
        return managed  # without it there are no copies
    away = [(kind.possible(row.copies), kind.lies_away(inventory, arn)) for kind in (IN_ACCOUNT, IN_REGION)]

    def offered(partitions: Partitions) -> bool:
        since = partitions.get(scope.account.partition)
        there = scope.account.partition in partitions
        return there and (since is None or since <= scope.as_of.date())

    if not row.copies.regions or any(lies and not offered(where) for where, lies in away):
        return False
    return True if managed or any(lies for _, lies in away) else None


def _everything(resource_type: str) -> bool:  # noqa: ARG001 -- any type
    return True


def _lead(
    leads: Leads,
    inventory: Inventory,
    arn: str,
    kind: _Kind,
    answer: bool | None,  # noqa: FBT001 -- an answer, not a switch
    gaps: tuple[str, ...],
) -> None:
    if answer is False:
        return
    gaps += kind.gaps
    if answer is None:
        gaps += (_undecided(inventory, kind.resource_type, arn),)
    if gaps or kind.tier == ANY_TIER:
        leads.maybe[arn][kind.tier].update(gaps)
    else:
        leads.sure[arn].add(kind.tier)
