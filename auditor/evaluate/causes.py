"""What causes a finding about a resource: the selection, rule, schedule, plan or vault that explains it.

A cause is `{kind, name, plan, why, detail}`: what it is called, the plan that it belongs to, in a word why it
is the cause, and AWS's word for it. It holds no count and no time, so that it is the same in every run.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.derive.selection import WHY
from auditor.derive.slots import SlotState
from auditor.evaluate.columns import coded_rows
from auditor.evaluate.expected import Expected
from auditor.evaluate.facts import Column, Lazy, combine, distinct
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.known import selected_since
from auditor.evaluate.membership import Membership
from auditor.evaluate.tiers import rpo_ms

Bools = NDArray[np.bool_]
Int64s = NDArray[np.int64]

#: What a selection that may never have been about the resource says.
_SILENT: Final = ("condition", "unmatched", "undecided")
#: Of `Inventory.outcomes`.
_SELECTED, _UNDECIDED = 1, -1
#: Slots that were not met, the worst first, and the word for each.
_BAD: Final = {SlotState.FAILED: "failed", SlotState.MISSED: "missed", SlotState.LATE: "late"}


def cause(kind: str, name: str, why: str, *, plan: str = "", detail: str = "") -> dict[str, str]:
    """One cause; what is "" is left out, as a fact that is not there is absent."""
    told = {"kind": kind, "name": name, "plan": plan, "why": why, "detail": detail}
    return {key: value for key, value in told.items() if value}


def unselected(inventory: Inventory, selected: Bools) -> Column:
    """Why no rule of a plan protects a resource that may need it; absent for the others."""
    asked = np.flatnonzero(~selected & ~np.isin(inventory.tier, _needless(inventory)))
    plans = {plan.plan_id: plan.name for plan in inventory.current_plans if plan.rules or plan.fault}
    named = [
        (plans[selection.plan_id], selection.name, row)
        for row, selection in enumerate(inventory.selections)
        if selection.plan_id in plans
    ]
    codes = np.full(inventory.size, ABSENT, np.int64)
    if not named:
        codes[asked] = 0
        return Column(codes, [cause("account", "", "no_selection" if plans else "no_plan")])
    rows = np.array([row for *_, row in sorted(named)], np.int64)
    outcomes, whys = (of[np.ix_(rows, asked)] for of in (inventory.outcomes, inventory.whys))
    # what a plan says that selects is not known; what is undecided explains least
    unexplained = (outcomes == _UNDECIDED) | (whys < 0)
    rank = np.where(outcomes == _SELECTED, -1, np.where(unexplained, len(WHY), whys))
    row, best = rows[rank.argmin(axis=0)], rank.min(axis=0).astype(np.int64)
    first, number = distinct(combine([row, best + 1], len(asked)))
    values = [
        _of_selection(inventory, plans, int(row[at]), int(best[at]), int(asked[at]), several=len(rows) > 1)
        for at in first
    ]
    codes[asked] = number
    of_tags: dict[str, int] = {}
    for at in np.flatnonzero(best == WHY.index("near_miss")).tolist():
        near = inventory.decision(int(row[at]), int(asked[at])).near
        if near:
            codes[asked[at]] = of_tags.setdefault(near, len(values) + len(of_tags))
    return Column(codes, values + [cause("tag", near, "near_miss") for near in of_tags])


def _of_selection(
    inventory: Inventory, plans: Mapping[str, str], row: int, rank: int, index: int, *, several: bool
) -> dict[str, str]:
    selection = inventory.selections[row]
    plan, why = plans[selection.plan_id], (*WHY, "undecided", "unknown")[rank]
    if why == "unknown":
        return cause("plan", plan, why)
    if why == "opt_in":
        return cause("type", str(inventory.resource_type[index]), why)
    if why in _SILENT and several:
        return cause("account", "", "no_match")
    return cause("selection", selection.name, why, plan=plan)


def _needless(inventory: Inventory) -> list[int]:
    tiers = inventory.scope.tiers.tiers
    return [code for code, name in enumerate(inventory.tier_names) if not tiers[name]["required"]]


def unbacked(
    inventory: Inventory,
    expected: Expected | None,
    protection: Column | Lazy,
    *,
    asked: Bools,
    since_ms: Int64s,
    until_ms: Int64s,
) -> Column:
    """Why the resources `asked` have no backup between two times; absent for the others.

    What most of their backups that were due in between came to is the cause. Where these were made, it is
    that they are gone; where none was due, that the plan selects the resource later, or its schedule. Where
    no plan selects it, what `protection` says.
    """
    protection = protection.column() if isinstance(protection, Lazy) else protection
    codes = np.where(asked, protection.codes, ABSENT)
    values: list[Any] = list(protection.values)
    if expected is None:
        return Column(codes, values)
    slots = expected.slots
    held = asked[slots.resource]
    plans = sorted({plan for plan, _ in expected.rules})
    of_rule = np.array([plans.index(plan) for plan, _ in expected.rules], np.int64)
    first = np.full(inventory.size, len(plans), np.int64)
    np.minimum.at(first, slots.resource[held], of_rule[slots.rule[held]])
    scheduled = first < len(plans)
    codes = np.where(scheduled, len(values) + first, codes)
    values += [cause("schedule", plan, "schedule") for plan in plans]
    values += [cause("plan", plan, "selected_later") for plan in plans]
    values += [cause("plan", plan, "not_kept") for plan in plans]
    later = scheduled & (since_ms != ABSENT) & (_selected_from(inventory) - since_ms > rpo_ms(inventory))
    codes[later] += len(plans)
    inside = (slots.due > since_ms[slots.resource]) & (slots.due < until_ms[slots.resource])
    made = held & inside & np.isin(expected.state, [SlotState.MET, SlotState.LATE])
    # one of them made the recovery point that ends the gap
    gone = scheduled & ~later & (np.bincount(slots.resource[made], minlength=inventory.size) > 1)
    codes[gone] += 2 * len(plans)
    due = (slots.due >= since_ms[slots.resource]) & (slots.due <= until_ms[slots.resource])
    rows = np.flatnonzero(held & due & np.isin(expected.state, [*_BAD]))
    resource, kind, kinds = _most_frequent(expected, rows)
    codes[resource] = len(values) + kind
    return Column(codes, [*values, *kinds])


def _selected_from(inventory: Inventory) -> Int64s:
    """Since when (ms) a plan selects each resource; the greatest number where none does."""
    begun = np.full(inventory.size, np.iinfo(np.int64).max)
    for since in selected_since(inventory).values():
        begun = np.where(since == ABSENT, begun, np.minimum(begun, since))
    return begun


def _most_frequent(expected: Expected, rows: Int64s) -> tuple[Int64s, Int64s, list[dict[str, str]]]:
    """Of the slots `rows`: the resources, what most of the slots of each came to, and those kinds."""
    if not len(rows):
        return rows, rows, []
    ends, words = coded_rows(expected.jobs["state"], expected.jobs["message_category"])
    job = expected.job[rows]
    end = np.append(ends, ABSENT)[job]  # the code -1 takes the last
    rule, state = expected.slots.rule[rows], expected.state[rows].astype(np.int64)
    first, number = distinct(combine([rule, state, end], len(rows)))
    kinds = [_slot_cause(expected, rule[at], state[at], end[at], words) for at in first.tolist()]
    order = [*_BAD.values()]
    ranked = sorted(
        range(len(kinds)), key=lambda code: (order.index(kinds[code]["why"]), *kinds[code].values())
    )
    rank = np.empty(len(kinds), np.int64)
    rank[ranked] = np.arange(len(kinds))
    pairs, counts = np.unique(expected.slots.resource[rows] * len(kinds) + rank[number], return_counts=True)
    resource, place = np.divmod(pairs, len(kinds))
    chosen = np.lexsort((place, -counts, resource))
    heads = chosen[np.append(True, resource[chosen][1:] != resource[chosen][:-1])]
    return resource[heads], np.array(ranked)[place[heads]], kinds


def _slot_cause(
    expected: Expected, rule: int, state: int, end: int, words: list[tuple[str | None, ...]]
) -> dict[str, str]:
    plan, name = expected.rules[rule]
    told = [] if end == ABSENT else [word for word in words[end] if word]
    detail = ", category ".join(told[:2])
    return cause("rule", name, _BAD[SlotState(state)], plan=plan, detail=detail)


def uncopied(
    inventory: Inventory,
    members: Mapping[str, Membership],
    demanding: Sequence[int],
    is_away: Callable[[str], bool],
    refusing: Callable[[], tuple[Int64s, Int64s, list[tuple[str | None, ...]]]],
    protection: Column | Lazy,
) -> Column:
    """Why a resource whose tier asks for a copy has none that counts; absent for the others.

    The vault that refused a copy since the newest one is, else the first plan that copies, else the first
    that does not. `members` says what each plan protects, `refusing` gives the resources of such copy jobs,
    and for each the number of its vault and state.
    """
    asked = np.isin(inventory.tier, demanding)
    protection = protection.column() if isinstance(protection, Lazy) else protection
    codes = np.where(asked, protection.codes, ABSENT)
    values: list[Any] = list(protection.values)
    if not asked.any():
        return Column(codes, values)
    copying = [
        any(is_away(copy.destination_vault_arn) for rule in plan.rules for copy in rule.copy_actions)
        for plan in inventory.current_plans
    ]
    for why in (False, True):  # what comes later wins: plans that copy, and of equals the first
        for plan, copies in reversed([*zip(inventory.current_plans, copying, strict=True)]):
            if copies is why:
                codes[asked & members[plan.plan_id].sure] = len(values)
                values.append(cause("plan", plan.name, "copy_rule" if copies else "no_copy_rule"))
    resource, kind, refused = refusing()
    held = asked[resource]
    codes[resource[held]] = len(values) + kind[held]
    values += [
        cause("vault", (vault or "").rpartition(":")[2], "copy_failed", detail=state or "")
        for vault, state in refused
    ]
    return Column(codes, values)
