"""Which vaults the backups of each tier go into, surely or maybe."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.derive.targets import Enters, entered
from auditor.evaluate.facts import combine, distinct
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.membership import Membership, answering, unread_rules
from auditor.model.plans import BackupPlan, Rule

#: In place of a tier's name: which one it is, is not known.
ANY_TIER: Final = ""
#: Whether the backups of a resource type enter a vault; None where that is not known.
_Entry = Callable[[str], bool | None]


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


def follow_plans(leads: Leads, inventory: Inventory, vaults: Collection[str]) -> None:
    """Add where the plans of one account and Region lead; `vaults` are the ARNs of all that were read."""
    members, enters = answering(inventory), entering(inventory)
    _, types = np.unique(inventory.resource_type.astype(str), return_inverse=True)
    alike = combine([inventory.tier, types.astype(np.int64)], inventory.size)
    unread = inventory.scope.missing("backup_selections", "resources")
    for plan in inventory.current_plans:
        kinds = list(_kinds(inventory, members[plan.plan_id], alike))
        for arn, enters_it, gaps in _targets(inventory, plan, enters, vaults):
            if unread:  # a plan may select what was not read
                leads.maybe[arn][ANY_TIER].update(unread)
            for kind in kinds:
                _lead(leads, inventory, arn, kind, enters_it(kind.resource_type), gaps)


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
) -> Iterator[tuple[str, _Entry, tuple[str, ...]]]:
    """Each vault that a plan leads into, what enters it, and the gaps that leave open whether it does.

    A plan that cannot be understood may copy into any.
    """
    if plan.fault:
        gaps = unread_rules(inventory, [plan])
        yield from ((arn, _everything, gaps) for arn in vaults)
    for rule in plan.rules:
        yield from ((arn, entry, ()) for arn, entry in _vaults(inventory, rule, enters))


def _vaults(
    inventory: Inventory, rule: Rule, enters: Callable[[str], Enters]
) -> Iterator[tuple[str, _Entry]]:
    own = vault_arn(inventory, rule.target_vault)
    if rule.air_gapped_vault_arn:
        yield own, lambda kind: enters(kind).vault
        yield rule.air_gapped_vault_arn, lambda kind: enters(kind).air_gapped
    else:
        yield own, _everything
    yield from ((copy.destination_vault_arn, _everything) for copy in rule.copy_actions)


def _everything(resource_type: str) -> bool:  # noqa: ARG001 -- any type
    return True


def _lead(
    leads: Leads,
    inventory: Inventory,
    arn: str,
    kind: _Kind,
    enters: bool | None,  # noqa: FBT001 -- an answer, not a switch
    gaps: tuple[str, ...],
) -> None:
    if enters is False:
        return
    gaps += kind.gaps
    if enters is None:
        gaps += (management_unknown(inventory, kind.resource_type),)
    if gaps or kind.tier == ANY_TIER:
        leads.maybe[arn][kind.tier].update(gaps)
    else:
        leads.sure[arn].add(kind.tier)
