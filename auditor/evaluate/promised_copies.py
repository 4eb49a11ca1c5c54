"""Copies that plans make of a resource that they select: `protection.copies`, `protection.account_copies`.

They are what is promised, not what has arrived. A plan that cannot be understood may copy anywhere, and a
vault whose account or Region is not known may lie anywhere. Of a type that AWS Backup does not copy there are
none, whatever a plan says (aws-backup.md 1.2), and a rule that never runs makes none: one that is never due
any more, or whose windows all overlap a rule of its plan that keeps longer (aws-backup.md 4.2).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.away import IN_ACCOUNT, IN_REGION, Away
from auditor.evaluate.cadences import ever_running, unread_schedules
from auditor.evaluate.deferred import Fact
from auditor.evaluate.facts import Column, Hole, combine, distinct
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.leads import management_unknown
from auditor.evaluate.membership import Doubt, Membership, unread_rules
from auditor.model.plans import BackupPlan
from auditor.model.resource_types import TYPES

Bools = NDArray[np.bool_]
_KINDS: Final = (IN_REGION, IN_ACCOUNT)


def promised_copies(
    inventory: Inventory, members: Mapping[str, Membership], selected: Bools, doubts: Sequence[Doubt]
) -> dict[str, Fact]:
    """Both facts of the resources of an account and Region, made when asked.

    Absent where no plan surely protects one.

    `members` are the memberships of its plans, `selected` are the resources that a rule surely protects, and
    `doubts` say why one may protect others.
    """
    return {
        f"protection.{kind.facts}": partial(_of_kind, inventory, members, selected, doubts, kind)
        for kind in _KINDS
    }


def unread_copies(inventory: Inventory, gaps: tuple[str, ...]) -> dict[str, Column]:
    """The same where `gaps` hide the plans or their selections."""
    nobody = np.full(inventory.size, ABSENT, np.int64)
    return {
        f"protection.{kind.facts}": Column(nobody, [], (Hole(gaps, kind.asked(inventory)),))
        for kind in _KINDS
    }


def _of_kind(
    inventory: Inventory,
    members: Mapping[str, Membership],
    selected: Bools,
    doubts: Sequence[Doubt],
    kind: Away,
) -> Column:
    promising = [
        (members[plan.plan_id].sure.astype(np.int64), found)
        for plan in inventory.current_plans
        if (found := [*_promised(inventory, plan, kind)])
    ]
    possible, choice = _possible(inventory, kind)
    first, number = distinct(
        combine([possible.astype(np.int64), *(sure for sure, _ in promising)], inventory.size)
    )
    values = [
        [one for sure, found in promising if sure[row] and possible[row] for one in found]
        for row in first.tolist()
    ]
    asked = kind.asked(inventory)
    some = np.array([bool(value) for value in values], bool)[number]
    holes = [
        *(Hole((doubt.gap_id,), doubt.where & asked & ~selected) for doubt in doubts),
        *(
            Hole((management_unknown(inventory, name),), where & asked & some)
            for name, where in choice.items()
        ),
        *(
            Hole((gap_id,), where & asked & possible & selected, partial=True, passes=True)
            for gap_id, where in _more(inventory, members, kind)
        ),
    ]
    return Column(np.where(selected, number, ABSENT), values, tuple(holes))


def _promised(inventory: Inventory, plan: BackupPlan, kind: Away) -> Iterator[dict[str, Any]]:
    """The copies of a plan that surely lie away and are made."""
    for rule, runs in ever_running(inventory, plan):
        for copy in rule.copy_actions if runs else ():
            if kind.lies_away(inventory, copy.destination_vault_arn):
                days = copy.lifecycle.delete_after_days
                kept = (
                    {"never_expires": True}
                    if days is None
                    else {"never_expires": False, "retention_days": days}
                )
                yield {"plan": plan.name, "rule": rule.name, "vault": copy.destination_vault_arn, **kept}


def _possible(inventory: Inventory, kind: Away) -> tuple[Bools, dict[str, Bools]]:
    """Which resources AWS Backup can copy away, and of which, by type, it is not known whether it can."""
    possible, choice = np.ones(inventory.size, bool), {}
    scope = inventory.scope
    for name in np.unique(inventory.resource_type.astype(str)).tolist():
        row, of_type = TYPES.get(name), inventory.resource_type == name
        if row is None:
            continue
        partitions, partition = kind.possible(row.copies), scope.account.partition
        since = partitions.get(partition)
        offered = partition in partitions and (since is None or since <= scope.as_of.date())
        managed = row.management != "choice" or inventory.managed.get(name)
        if not offered or managed is False:
            possible &= ~of_type
        elif managed is None:
            choice[name] = of_type
    return possible, choice


def _more(inventory: Inventory, members: Mapping[str, Membership], kind: Away) -> Iterator[tuple[str, Bools]]:
    """Why there may be more of them, and of which resources: what a plan selects or says is not known."""
    for plan in inventory.current_plans:
        member = members[plan.plan_id]
        unknown = [*unread_rules(inventory, [plan]), *_undecided(inventory, plan, kind)]
        for gap_id in unknown:
            yield gap_id, member.sure
        if unknown or any(_promised(inventory, plan, kind)):
            yield from ((doubt.gap_id, doubt.where) for doubt in member.doubts)


def _undecided(inventory: Inventory, plan: BackupPlan, kind: Away) -> Iterator[str]:
    """Ids of the gaps for copies of a plan of which it is not known whether they lie away, or are made."""
    unread = [*unread_schedules(inventory, [plan])]
    yield from unread if any(rule.copy_actions for rule in plan.rules) else ()
    for rule, runs in ever_running(inventory, plan):
        for vault in {copy.destination_vault_arn for copy in rule.copy_actions} if runs is not False else ():
            away = kind.lies_away(inventory, vault)
            said = f"Rule {rule.name} of plan {plan.name} ({plan.arn}) copies into {vault}: whether "
            if away is None:
                said += f"that is in another {kind.word} is not known."
            elif away and runs is None and not unread:
                said += "it ever runs is not known, as of two rules that keep as long either may run."
            else:
                continue
            about = f"{kind.word} {plan.arn} {rule.name} {vault}"
            yield inventory.scope.unknown("copies", "Undecided", about, said)
