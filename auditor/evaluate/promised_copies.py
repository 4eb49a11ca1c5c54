"""Copies that plans make of a resource that they select: `protection.copies`, `protection.account_copies`.

They are what is promised, not what has arrived. A plan that cannot be understood may copy anywhere, and a
vault whose account or Region is not known may lie anywhere. Of a type that AWS Backup does not copy there are
none, whatever a plan says (aws-backup.md 1.2), and a rule that never runs makes none: one that is never due
any more, or whose windows all overlap a rule that keeps longer and protects the resource too (aws-backup.md
4.2). How often copies come is said of all that are kept as long as one, or longer.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from auditor.derive.cadence import Spacing
from auditor.derive.columns import ABSENT
from auditor.evaluate.away import IN_ACCOUNT, IN_REGION, Away
from auditor.evaluate.cadences import Runs, ever_running, spacing_of, unread_schedules
from auditor.evaluate.deferred import Fact
from auditor.evaluate.facts import Column, Hole, combine, distinct
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.leads import management_unknown
from auditor.evaluate.membership import Doubt, Membership, unread_rules
from auditor.evaluate.times import epoch_ms, rfc3339
from auditor.model.calendar import FOREVER
from auditor.model.plans import BackupPlan, CopyAction, Rule
from auditor.model.resource_types import TYPES

Bools = NDArray[np.bool_]
_KINDS: Final = (IN_REGION, IN_ACCOUNT)
_HOUR: Final = timedelta(hours=1)
_PACE: Final = "worst_interval_hours"
_EITHER: Final = "how often it runs, as of two rules that keep as long either may run,"


@dataclass(frozen=True, slots=True)
class _Copy:
    """A copy action, and the place of its rule among those that protect the same resource."""

    place: int
    plan: BackupPlan
    rule: Rule
    action: CopyAction

    @property
    def days(self) -> int:
        """How long its copies are kept."""
        days = self.action.lifecycle.delete_after_days
        return FOREVER if days is None else days

    def fact(self, space: Spacing) -> dict[str, Any]:
        """What there is to say of it; `space` is that of all copies that are kept as long."""
        endless = self.days == FOREVER
        return {
            "plan": self.plan.name,
            "rule": self.rule.name,
            "vault": self.action.destination_vault_arn,
            "never_expires": endless,
            **({} if endless else {"retention_days": self.days}),
            _PACE: space.worst / _HOUR,
            **({"last_due_at": rfc3339(epoch_ms(space.last_due))} if space.last_due else {}),
        }

    def unknown(self, inventory: Inventory, kind: Away, what: str) -> str:
        """The id of the gap that says that `what` of it is not known."""
        named, vault = f"Rule {self.rule.name} of plan {self.plan.name}", self.action.destination_vault_arn
        said = f"{named} ({self.plan.arn}) copies into {vault}: {what} is not known."
        about = f"{kind.word} {self.plan.arn} {self.rule.name} {vault}"
        return inventory.scope.unknown("copies", "Undecided", about, said)


@dataclass(frozen=True, slots=True)
class _Promise:
    """The copies that some plans surely make of what all of them protect, and gaps that hide further ones."""

    copies: tuple[dict[str, Any], ...] = ()
    gaps: frozenset[str] = frozenset()

    def and_also(self, other: "_Promise", *gaps: str) -> "_Promise":
        """What is promised either way: where they differ, the copies that both have, and why, in `gaps`."""
        if self == other:
            return self
        found = {_key(one): one for one in other.copies}
        copies = [
            {**found[_key(one)], **one, _PACE: max(one[_PACE], found[_key(one)][_PACE])}
            for one in self.copies
            if _key(one) in found
        ]
        return _Promise(tuple(copies), self.gaps | other.gaps | {*gaps})


def _key(copy: Mapping[str, Any]) -> tuple[str, ...]:
    return copy["plan"], copy["rule"], copy["vault"]


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
    plans = [plan for plan in inventory.current_plans if plan.rules or plan.fault]
    held = [members[plan.plan_id] for plan in plans]
    possible, choice = _possible(inventory, kind)
    layers = [possible, *(one.sure for one in held), *(one.undecided for one in held)]
    first, number = distinct(combine([one.astype(np.int64) for one in layers], inventory.size))
    values: list[list[dict[str, Any]]] = []
    gaps: list[frozenset[str]] = []
    hanging: defaultdict[int, list[int]] = defaultdict(list)  # by the number of a plan, of which groups
    for group, row in enumerate(first.tolist()):
        sure = [plan for plan, one in zip(plans, held, strict=True) if one.sure[row]]
        perhaps = [place for place, one in enumerate(held) if one.undecided[row]]
        promise = _promise(inventory, sure, (), kind)
        if perhaps:
            wide = _promise(inventory, sure, [plans[place] for place in perhaps], kind)
            for place in perhaps if wide != promise else ():
                hanging[place].append(group)
            promise = promise.and_also(wide)
        values.append([*promise.copies] if possible[row] else [])
        gaps.append(promise.gaps)
    asked = kind.asked(inventory)
    some = np.array([bool(value) for value in values], bool)[number]
    of_selected = asked & possible & selected
    holes = [
        *_switched(inventory, kind, asked & possible & some),
        *(Hole((doubt.gap_id,), doubt.where & asked & ~selected) for doubt in doubts),
        *(
            Hole((management_unknown(inventory, name),), where & asked & some)
            for name, where in choice.items()
        ),
        *(
            Hole((gap_id,), where & of_selected, partial=True, passes=True)
            for gap_id, where in (
                *_open(gaps, number),
                *_more(inventory, plans, held, kind),
                *(
                    (doubt.gap_id, doubt.where & np.isin(number, groups))
                    for place, groups in hanging.items()
                    for doubt in held[place].doubts
                ),
            )
        ),
    ]
    return Column(np.where(selected, number, ABSENT), values, tuple(holes))


def _promise(
    inventory: Inventory, plans: Sequence[BackupPlan], others: Sequence[BackupPlan], kind: Away
) -> _Promise:
    """What `plans` promise together of a resource that they and `others` protect.

    Whether a rule of one plan runs in the place of one of another is not stated (aws-backup.md 4.2).
    """
    if not any(rule.copy_actions for plan in plans for rule in plan.rules):
        return _Promise(gaps=frozenset(unread_rules(inventory, plans)))
    all_ = [*plans, *others]
    rivals = _made(inventory, ever_running(inventory, all_), [0] * len(all_), plans, kind)
    if len(all_) == 1:
        return rivals
    apart = [one for plan in all_ for one in ever_running(inventory, [plan])]
    beside = _made(inventory, apart, range(len(all_)), plans, kind)
    if rivals == beside:
        return rivals
    names = ", ".join(sorted(plan.name for plan in all_))
    said = f"Rules of the plans {names} overlap: whether one runs in the place of another is not known."
    about = " ".join(sorted(plan.arn for plan in all_))
    gap_id = inventory.scope.unknown("copies", "Overlapping", f"{kind.word} {about}", said)
    return rivals.and_also(beside, gap_id)


def _made(
    inventory: Inventory,
    running: Sequence[tuple[BackupPlan, Rule, Runs]],
    teams: Sequence[int],
    plans: Sequence[BackupPlan],
    kind: Away,
) -> _Promise:
    """What `plans` promise where these rules run; rules of plans of one team run in each other's place."""
    held = [*dict.fromkeys(plan.plan_id for plan, _, _ in running)]
    own = {plan.plan_id for plan in plans}
    gaps, found = {*unread_rules(inventory, plans)}, list[_Copy]()
    for place, (plan, rule, runs) in enumerate(running):
        for copy in rule.copy_actions if plan.plan_id in own and runs is not False else ():
            made = _Copy(place, plan, rule, copy)
            away = kind.lies_away(inventory, copy.destination_vault_arn)
            if away is None:
                gaps.add(made.unknown(inventory, kind, f"whether that is in another {kind.word}"))
            elif away and runs is None:
                unread = {*unread_schedules(inventory, plans)}
                gaps |= unread or {made.unknown(inventory, kind, _EITHER)}
            elif away:
                found.append(made)
    # where a plan with a schedule that cannot be read is of a team with others, none of these surely runs
    read = {plan.plan_id for plan, _, _ in running if not any(unread_schedules(inventory, [plan]))}
    timed = [place for place, (plan, _, _) in enumerate(running) if plan.plan_id in read]
    rules = [running[place][1] for place in timed]
    numbers = [teams[held.index(running[place][0].plan_id)] for place in timed]
    copies = []
    for one in found:
        as_long = {other.place for other in found if other.days >= one.days}
        space = spacing_of(rules, [place in as_long for place in timed], numbers, inventory.scope.as_of)
        gaps |= {one.unknown(inventory, kind, _EITHER)} if space.more else set()
        copies.append(one.fact(space))
    return _Promise(tuple(copies), frozenset(gaps))


def _possible(inventory: Inventory, kind: Away) -> tuple[Bools, dict[str, Bools]]:
    """Which resources AWS Backup can copy away, and of which, by type, it is not known whether it can."""
    off = kind is IN_ACCOUNT and inventory.no_account_copies
    possible, choice = np.full(inventory.size, not off), {}
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


def _switched(inventory: Inventory, kind: Away, where: Bools) -> Iterator[Hole]:
    """Why it is not known whether there may be copies into other accounts, of what has some."""
    fault = inventory.account_copies_fault
    if kind is IN_ACCOUNT and fault and where.any():
        said = f"Whether copies into other accounts are switched on is not known: {fault}."
        yield Hole((inventory.scope.unknown("copies", "Undecided", fault, said),), where)


def _open(gaps: Sequence[frozenset[str]], number: NDArray[np.int64]) -> Iterator[tuple[str, Bools]]:
    """Each gap of the groups of resources, and of which resources it is one; `number` has their groups."""
    for gap_id in sorted(frozenset().union(*gaps)):
        yield gap_id, np.array([gap_id in one for one in gaps], bool)[number]


def _more(
    inventory: Inventory, plans: Iterable[BackupPlan], held: Iterable[Membership], kind: Away
) -> Iterator[tuple[str, Bools]]:
    """Why a plan that only perhaps protects resources may make copies of them, and of which."""
    for plan, member in zip(plans, held, strict=True):
        promise = _promise(inventory, [plan], (), kind) if member.doubts else _Promise()
        if promise.copies or promise.gaps:
            yield from ((doubt.gap_id, doubt.where) for doubt in member.doubts)
