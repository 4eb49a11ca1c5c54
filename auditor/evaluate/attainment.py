"""How many of the backups that were due have come for certain, and how many at most."""

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT, Bools
from auditor.derive.slots import SlotState
from auditor.evaluate.cadences import unread_schedules
from auditor.evaluate.carriers import attachment_unknown
from auditor.evaluate.doubts import Cause, holes, of_plans
from auditor.evaluate.expected import EXPECTED_TABLES, Expected
from auditor.evaluate.facts import Column, encode_array, unread
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.known import selected_since
from auditor.model.plans import BackupPlan

Floats = NDArray[np.float64]
_CAME = (SlotState.MET, SlotState.ABSORBED)
_NAMES = ("slots.owed", "slots.came", "slots.came_at_most")


def attainment_facts(inventory: Inventory, found: Expected | None) -> Mapping[str, Column]:
    """The facts `slots.owed`, `slots.came` and `slots.came_at_most`.

    A slot that nobody can decide is none of those that came, and one of those that came at most: one before
    the list of jobs, one of a volume whose images may not hold it, and one by a plan that may select the
    resource besides. Such a plan may also stand in for any other (aws-backup.md 4.2). Pending ones count for
    nothing. `found` is None where jobs or plans were not read.

    Where a slot that nobody can decide decides whether the tier's share came, the gaps behind it are told.
    """
    if found is None:
        hidden = unread(inventory.size, inventory.scope.missing(*EXPECTED_TABLES))
        return dict.fromkeys(_NAMES, hidden)
    over = found.state != SlotState.PENDING
    closed, came = (
        np.bincount(found.slots.resource[rows], minlength=inventory.size)
        for rows in (over, np.isin(found.state, _CAME))
    )
    besides = np.maximum(found.perhaps, 0)
    owed = closed + found.unlisted + besides
    at_least = np.where(found.perhaps_held, 0, came)
    at_most = np.where(besides > 0, owed, came + found.unlisted)
    known = found.perhaps != ABSENT
    demanded = owed * _shares(inventory)
    open_ = (~known & ~np.isnan(demanded)) | ((100 * at_least < demanded) & (100 * at_most >= demanded))
    behind = holes([*_doubts(inventory, found, known)], open_) if open_.any() else ()
    return {
        "slots.owed": encode_array(owed, known),
        "slots.came": encode_array(at_least, known, *behind),
        "slots.came_at_most": encode_array(at_most, known),
    }


def _shares(inventory: Inventory) -> Floats:
    """The percentage that the tier of each resource demands; nan where it demands none, or is not known."""
    tiers = [inventory.scope.tiers.tiers[name] for name in inventory.tier_names]
    shares = [tier.get("attainment_percent", np.nan) if tier["required"] else np.nan for tier in tiers]
    found: Floats = np.array([*shares, np.nan], float)[inventory.tier]
    return found


def _doubts(inventory: Inventory, found: Expected, known: Bools) -> Iterator[Cause]:
    """Why slots cannot be decided or counted."""
    yield found.unlisted > 0, lambda: inventory.scope.history
    yield found.perhaps_held, lambda: (attachment_unknown(inventory),)
    yield from of_plans(inventory)
    bound = selected_since(inventory, undecided=True)
    for plan in inventory.plans:
        where = ~known & (bound[plan.plan_id] != ABSENT)
        yield where, partial(_unread_schedules, inventory, plan)


def _unread_schedules(inventory: Inventory, plan: BackupPlan) -> tuple[str, ...]:
    return tuple(unread_schedules(inventory, [plan]))
