"""Which resources each plan of one account and Region protects, and which it may protect besides, and why.

It protects what it selects, the volumes that an instance which it selects carries
(`auditor.evaluate.carriers`), and what lies in a stack that it selects (`auditor.evaluate.stacks`).

A selection leaves resources undecided where AWS's documents disagree, or where its document cannot be
understood. A plan that was deleted after `as_of` took its selections with it. And when the evidence was read
long after `as_of`, any plan may have had another selection, which was deleted in between.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.carriers import carriers_unread
from auditor.evaluate.configuration import NOT_READ
from auditor.evaluate.images import HOLDS, LACKS
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.stacks import in_stacks
from auditor.evaluate.times import HOUR_MS, epoch_ms
from auditor.evidence.table_schemas import DOCUMENTS
from auditor.model.plans import BackupPlan, Selection

Bools = NDArray[np.bool_]
_SELECTED, _UNDECIDED = 1, -1


@dataclass(frozen=True, slots=True)
class Doubt:
    """Resources that a plan may select, and the id of the gap that leaves it open."""

    where: Bools
    gap_id: str


@dataclass(frozen=True, slots=True)
class Membership:
    """The resources that a plan surely protects, and why it may protect others."""

    sure: Bools
    doubts: tuple[Doubt, ...] = ()

    @property
    def undecided(self) -> Bools:
        """The resources that it may protect besides."""
        answer = np.zeros(len(self.sure), bool)
        for doubt in self.doubts:
            answer |= doubt.where
        return answer & ~self.sure

    def gaps(self, chosen: Bools) -> tuple[str, ...]:
        """Ids of the gaps that leave open whether it protects any of the resources `chosen`."""
        return tuple(doubt.gap_id for doubt in self.doubts if (doubt.where & chosen & ~self.sure).any())


def memberships(inventory: Inventory) -> dict[str, Membership]:
    """What each plan that is in force at `as_of` protects, by its id."""
    selecting = selected_by(inventory)
    found = dict(selecting)
    if len(inventory.carriers):
        carrying = _carrying(inventory, selecting)
        found = {plan_id: _both(one, carrying[plan_id]) for plan_id, one in selecting.items()}
    stacked = in_stacks(inventory, {plan_id: one.sure | one.undecided for plan_id, one in selecting.items()})
    for plan_id, (sure, perhaps) in stacked.items():
        found[plan_id] = _both(found[plan_id], Membership(sure, tuple(_stacked(inventory, plan_id, perhaps))))
    return found


def _stacked(inventory: Inventory, plan_id: str, perhaps: Bools) -> Iterator[Doubt]:
    """Why a plan may protect what perhaps lies in a stack that it selects."""
    unread, untold = inventory.scope.missing("resources"), perhaps & _untagged(inventory)
    if unread and untold.any():
        yield from (Doubt(untold, gap_id) for gap_id in unread)
        perhaps = perhaps & ~untold
    if perhaps.any():
        yield Doubt(perhaps, _in_stack(inventory, plan_id))


def _in_stack(inventory: Inventory, plan_id: str) -> str:
    """Id of the gap that says: what the backups of stacks hold is not told."""
    (plan,) = (one for one in inventory.current_plans if one.plan_id == plan_id)
    said = (
        f"Plan {plan.name} ({plan.arn}) selects stacks of CloudFormation: whether their backups hold all "
        "that the stacks have made is not known, as nothing shows that the plan has backed up some of it."
    )
    return inventory.scope.unknown("ListBackupJobs", "Unknown", f"stacks {plan.arn}", said)


def answering(inventory: Inventory) -> dict[str, Membership]:
    """The resources whose demands each plan has to meet, by its id: what it protects, with one exception.

    A volume that another plan selects by itself has that plan's backups: what its tier demands is not asked
    of the plan of its instance. Where it is not known whether one selects it, neither is that.
    """
    selecting = selected_by(inventory)
    if not len(inventory.carriers):
        return selecting
    alone, carrying = by_itself(inventory), _carrying(inventory, selecting)
    doubts = [doubt for plan in _backing_up(inventory) for doubt in selecting[plan.plan_id].doubts]
    return {
        plan_id: _both(one, _left(carrying[plan_id], alone, doubts)) for plan_id, one in selecting.items()
    }


def by_itself(inventory: Inventory) -> Bools:
    """The resources that a plan in force surely selects by themselves."""
    answer = np.zeros(inventory.size, bool)
    for plan in _backing_up(inventory):
        answer |= inventory.plan_members[plan.plan_id]
    return answer


def _backing_up(inventory: Inventory) -> list[BackupPlan]:
    """The plans in force that make backups, or may."""
    return [plan for plan in inventory.current_plans if plan.rules or plan.fault]


def protecting(inventory: Inventory, members: Mapping[str, Membership]) -> Iterator[Doubt]:
    """Why a plan may protect resources: a selection that is undecided, or rules that cannot be understood."""
    for plan in inventory.current_plans:
        member = members[plan.plan_id]
        if plan.rules or plan.fault:
            yield from member.doubts
        for gap_id in unread_rules(inventory, [plan]):
            yield Doubt(member.sure, gap_id)


def unread_rules(inventory: Inventory, plans: Sequence[BackupPlan]) -> tuple[str, ...]:
    """Ids of the gaps for those of `plans` whose documents cannot be understood."""
    faults = [plan for plan in plans if plan.fault]
    unread = inventory.scope.missing(DOCUMENTS["backup_plans"]) if faults else ()
    return tuple(
        gap_id
        for plan in faults
        for gap_id in (plan.fault == NOT_READ and unread) or (_odd_plan(inventory, plan),)
    )


def _odd_plan(inventory: Inventory, plan: BackupPlan) -> str:
    said = f"Plan {plan.name} ({plan.arn}) cannot be understood: {plan.fault}."
    return inventory.scope.unknown("GetBackupPlan", "Unreadable", f"{plan.arn} {plan.version_id}", said)


def selected_by(inventory: Inventory) -> dict[str, Membership]:
    """What each plan selects by itself, without the volumes of instances."""
    return {plan.plan_id: _membership(inventory, plan) for plan in inventory.current_plans}


def _both(one: Membership, other: Membership) -> Membership:
    return Membership(one.sure | other.sure, (*one.doubts, *other.doubts))


def _carrying(inventory: Inventory, selecting: Mapping[str, Membership]) -> dict[str, Membership]:
    """The volumes that the instances of each plan carry; `selecting` says what it selects."""
    carriers, outcomes = inventory.carriers, inventory.carried
    at = carriers.at[carriers.carrier]
    here = (at != ABSENT) & carriers.then
    unread = carriers_unread(inventory)
    options = {plan.plan_id: plan for plan in inventory.current_plans if plan.image_options}
    answer = {}
    for plan_id, member in selecting.items():
        rows = [row for row, one in enumerate(inventory.selections) if one.plan_id == plan_id]
        sure = (outcomes[rows] == _SELECTED).any(axis=0)
        held = _volumes(inventory, sure)
        may = here & (inventory.shown[plan_id] != LACKS)
        doubts = [Doubt(_volumes(inventory, may & doubt.where[at]), doubt.gap_id) for doubt in member.doubts]
        hidden = (at == ABSENT) & ~sure & (outcomes[rows] == _UNDECIDED).any(axis=0)
        doubts += [Doubt(_volumes(inventory, hidden), gap_id) for gap_id in unread]
        if plan_id in options and held.any():
            seen = inventory.shown[plan_id] == HOLDS
            held = _volumes(inventory, sure & seen)
            doubts.append(Doubt(_volumes(inventory, sure & ~seen), _leaving_out(inventory, options[plan_id])))
        answer[plan_id] = Membership(held, tuple(doubts))
    return answer


def _leaving_out(inventory: Inventory, plan: BackupPlan) -> str:
    """Id of the gap that says: what the images of a plan leave out is not known."""
    said = (
        f"Plan {plan.name} ({plan.arn}) makes images with {', '.join(plan.image_options)}: which volumes "
        "that leaves out is not known."
    )
    return inventory.scope.unknown("GetBackupPlan", "Unknown", f"images {plan.arn}", said)


def _volumes(inventory: Inventory, chosen: Bools) -> Bools:
    """The volumes of some attachments."""
    answer = np.zeros(inventory.size, bool)
    answer[inventory.carriers.volume[chosen]] = True
    return answer


def _left(carrying: Membership, alone: Bools, doubts: Sequence[Doubt]) -> Membership:
    """What of a plan's carried volumes no plan selects by itself; `doubts` say which of them one may."""
    perhaps = np.zeros(len(alone), bool)
    for doubt in doubts:
        perhaps |= doubt.where
    sure = carrying.sure & ~alone
    held = [Doubt(doubt.where & ~alone, doubt.gap_id) for doubt in carrying.doubts]
    held += [Doubt(sure & doubt.where, doubt.gap_id) for doubt in doubts if (sure & doubt.where).any()]
    return Membership(sure & ~perhaps, tuple(held))


def _membership(inventory: Inventory, plan: BackupPlan) -> Membership:
    sure = inventory.plan_members[plan.plan_id]
    doubts = []
    for row, selection in enumerate(inventory.selections):
        if selection.plan_id == plan.plan_id:
            open_for = (inventory.outcomes[row] == _UNDECIDED) & ~sure
            untold = open_for & _untagged(inventory)
            if untold.any() and not selection.fault:
                doubts += [Doubt(untold, gap_id) for gap_id in inventory.scope.missing("resources")]
                open_for &= ~untold
            if open_for.any():
                gaps = _undecided(inventory, plan, selection, open_for)
                doubts += [Doubt(open_for, gap_id) for gap_id in gaps]
    doubts += [Doubt(~sure, gap_id) for gap_id in unlisted_selections(inventory, plan)]
    return Membership(sure, tuple(doubts))


def unlisted_selections(inventory: Inventory, plan: BackupPlan) -> tuple[str, ...]:
    """The id of the gap for which a plan may have had selections at `as_of` that are not listed.

    Of selections that could not be read the evidence has its own gaps.
    """
    scope = inventory.scope
    if _is_forgotten(inventory, plan):
        said = (
            f"Plan {plan.name} was deleted after as_of, and its selections with it: which resources it "
            "selected, and with which roles, is not known."
        )
        return (scope.unknown("ListBackupSelections", "Deleted", plan.arn, said),)
    if scope.past:
        hours = (scope.read_ms - epoch_ms(scope.as_of)) / HOUR_MS
        said = (
            f"The selections of account {plan.account_id} in {plan.region} were read {hours:.0f} h after "
            "as_of, and one that was deleted in between is not listed: what else plans selected, and with "
            "which roles, is not known."
        )
        return (scope.unknown("ListBackupSelections", "ReadLater", "", said),)
    return ()


def _is_forgotten(inventory: Inventory, plan: BackupPlan) -> bool:
    """Whether it was in force at `as_of` and its selections went with it when it was deleted later."""
    deleted = any(one.plan_id == plan.plan_id and one.valid_until for one in inventory.current_plans)
    return deleted and all(one.plan_id != plan.plan_id for one in inventory.selections)


def _untagged(inventory: Inventory) -> Bools:
    """Resources whose tags were not read."""
    return np.array([tags is None for tags in inventory.tags], bool)


def _undecided(
    inventory: Inventory, plan: BackupPlan, selection: Selection, open_for: Bools
) -> tuple[str, ...]:
    """Ids of the gaps that leave a selection open for some resources."""
    about = f"{plan.arn} {selection.selection_id}"
    named = f"Selection {selection.name or selection.selection_id} of plan {plan.name} ({plan.arn})"
    unread = inventory.scope.missing(DOCUMENTS["backup_selections"])
    if selection.fault == NOT_READ and unread:
        return unread
    if selection.fault:
        said = f"{named} cannot be understood: {selection.fault}."
        return (inventory.scope.unknown("GetBackupSelection", "Unreadable", about, said),)
    opted_in = inventory.opt_in.unread(plan.plan_id, inventory.scope)
    if opted_in:
        return opted_in
    first, *others = np.flatnonzero(open_for).tolist()
    more = f" and of {len(others)} more resources" if others else ""
    because = inventory.open_because.get(selection.selection_id, "")
    said = (
        f"{named} leaves undecided whether it selects {inventory.arn[first]}{more}.{because and ' '}{because}"
    )
    return (inventory.scope.unknown("GetBackupSelection", "Undecided", about, said),)
