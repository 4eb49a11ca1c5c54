"""The lifecycles that a plan's backups and copies get, each with the lock of the vault that they enter.

A rule can have two targets; a vault counts only if backups of the plan's resources enter it, as
`auditor.derive.targets` says. A plan that selects nothing is judged by what its rules say.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from auditor.derive.lock import violations
from auditor.derive.targets import Enters
from auditor.evaluate.facts import Column, encode
from auditor.evaluate.holes import holes_of
from auditor.evaluate.inventory import SELECTION_TABLES, Inventory
from auditor.evaluate.leads import entering, management_unknown, vault_arn
from auditor.evaluate.locks import lock_facts, lock_gap, odd
from auditor.evaluate.membership import Membership, memberships, unread_rules
from auditor.evaluate.organization import OrganizationSums
from auditor.model.arn import place_of
from auditor.model.plans import BackupPlan, Lifecycle


@dataclass(frozen=True, slots=True)
class _Lead:
    """A lifecycle into a vault: whose it is, the rule, and the gaps that leave open whether it is used."""

    kind: str
    rule: str
    vault_arn: str
    lifecycle: Lifecycle
    gaps: frozenset[str] = frozenset()


def lifecycles(
    inventory: Inventory, whole: OrganizationSums, plans: Sequence[BackupPlan], as_of: datetime
) -> Column:
    """The fact `lifecycles` of each plan. It is partial where something unknown could make it worse."""
    members, enters = memberships(inventory), entering(inventory)
    values: list[list[dict[str, Any]]] = []
    gaps: list[tuple[str, ...]] = []
    for plan in plans:
        entries, unknown = [], set(unread_rules(inventory, [plan]))
        possible = []
        for lead in _leads(inventory, plan, members[plan.plan_id], enters):
            facts, unread = _vault(inventory, whole, lead.vault_arn, as_of)
            if lead.gaps:
                possible.append((lead, facts, unread))
                continue
            entry = {"rule": lead.rule, "kind": lead.kind, "vault_arn": lead.vault_arn}
            entries.append({**entry, **days(lead.lifecycle), **facts})
            unknown.update(unread)
        locked = any("lock" in entry for entry in entries)
        for lead, facts, unread in possible:
            breaks = "lock" in facts and violations(lead.lifecycle, whole.locks[lead.vault_arn])
            if unread or breaks or ("lock" in facts and not locked):
                unknown.update(lead.gaps, unread)
        values.append(entries)
        gaps.append(tuple(sorted(unknown)))
    return encode(values, *holes_of(gaps, partial=True))


def targets(inventory: Inventory, whole: OrganizationSums, plans: Sequence[BackupPlan]) -> Column:
    """The fact `targets` of each plan: every vault that its rules name, used or not, and whether it exists.

    Partial where that of one is not known, or the plan's document cannot be understood.
    """
    values: list[list[dict[str, Any]]] = []
    gaps: list[tuple[str, ...]] = []
    for plan in plans:
        entries, unknown = [], set(unread_rules(inventory, [plan]))
        for rule, kind, arn in _named(inventory, plan):
            facts, unread = _existence(inventory, whole, arn)
            entries.append({"rule": rule, "kind": kind, "vault_arn": arn, **facts})
            unknown.update(unread)
        values.append(entries)
        gaps.append(tuple(sorted(unknown)))
    return encode(values, *holes_of(gaps, partial=True))


def _named(inventory: Inventory, plan: BackupPlan) -> Iterator[tuple[str, str, str]]:
    """Each vault that a plan names: the rule, what goes there, and its ARN."""
    for rule in plan.rules:
        yield rule.name, "backup", vault_arn(inventory, rule.target_vault)
        if rule.air_gapped_vault_arn:
            yield rule.name, "backup", rule.air_gapped_vault_arn
        yield from ((rule.name, "copy", copy.destination_vault_arn) for copy in rule.copy_actions)


def _existence(
    inventory: Inventory, whole: OrganizationSums, arn: str
) -> tuple[dict[str, bool], tuple[str, ...]]:
    """Whether there is such a vault; ids of the gaps where that is not known."""
    scope, place = inventory.scope, place_of(arn)
    if arn in whole.locks:
        return {"exists": True}, ()
    unread = scope.gaps.ids(("backup_vaults",), *place)
    if not all(place):
        said = f"A plan names {arn}, which is no ARN of a vault: whether there is one is not known."
        unread = (scope.unknown("GetBackupPlan", "Unreadable", f"existence of {arn}", said),)
    elif scope.past and not unread:
        said = f"Vault {arn} is not there, but was read long after as_of: it may have been deleted since."
        unread = (scope.unknown("ListBackupVaults", "ReadLater", f"existence of {arn}", said),)
    return ({}, unread) if unread else ({"exists": False}, ())


def days(lifecycle: Lifecycle) -> dict[str, Any]:
    """How long it keeps, as facts."""
    kept = lifecycle.delete_after_days
    return {"never_expires": True} if kept is None else {"never_expires": False, "delete_after_days": kept}


def _leads(
    inventory: Inventory, plan: BackupPlan, member: Membership, enters: Callable[[str], Enters]
) -> Iterator[_Lead]:
    """Each lifecycle of a plan that is used, or may be."""
    for rule in plan.rules:
        own = vault_arn(inventory, rule.target_vault)
        if rule.air_gapped_vault_arn:
            for arn, entry in (
                (own, lambda kind: enters(kind).vault),
                (rule.air_gapped_vault_arn, lambda kind: enters(kind).air_gapped),
            ):
                gaps = _open(inventory, member, entry)
                if gaps is not None:
                    yield _Lead("backup", rule.name, arn, rule.lifecycle, gaps)
        else:
            yield _Lead("backup", rule.name, own, rule.lifecycle)
        for copy in rule.copy_actions:
            yield _Lead("copy", rule.name, copy.destination_vault_arn, copy.lifecycle)


def _open(
    inventory: Inventory, member: Membership, entry: Callable[[str], bool | None]
) -> frozenset[str] | None:
    """The gaps that leave open whether backups enter a vault: empty where they do, None where they do not."""
    types = inventory.resource_type
    sure = {kind: entry(kind) for kind in dict.fromkeys(types[member.sure])}
    maybe = {kind: entry(kind) for kind in dict.fromkeys(types[member.undecided])}
    missing = inventory.scope.missing(*SELECTION_TABLES, "resources")
    if any(sure.values()) or not (sure or maybe or missing):
        return frozenset()
    entering_ones = np.array([maybe.get(kind) is not False for kind in types], bool)
    gaps = {*missing, *member.gaps(member.undecided & entering_ones)}
    gaps |= {management_unknown(inventory, kind) for kind, answer in (sure | maybe).items() if answer is None}
    return frozenset(gaps) or None


def _vault(
    inventory: Inventory, whole: OrganizationSums, arn: str, as_of: datetime
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Whether a vault exists and its lock, if any; ids of the gaps where that is not known."""
    scope, lock = inventory.scope, whole.locks.get(arn)
    if lock is None:
        found, unread = _existence(inventory, whole, arn)
        return {f"vault_{name}": value for name, value in found.items()}, unread
    unsure = lock_gap(scope, arn, lock)
    if unsure:
        return {"vault_exists": True}, unsure
    facts = lock_facts(lock, as_of, past=scope.past)
    ends = ("mode", "min_retention_days", "max_retention_days")
    kept = {name: facts[name] for name in ends if name in facts}
    gaps: tuple[str, ...] = ()
    if odd(lock):
        said = f"The range of the lock of vault {arn} cannot be understood: an end of it is below no days."
        gaps = (scope.unknown("ListBackupVaults", "Unreadable", arn, said),)
    return {"vault_exists": True} | ({} if kept["mode"] == "none" else {"lock": kept}), gaps
