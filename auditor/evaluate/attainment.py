"""How many of the backups that were due have come for certain, and how many at most."""

from collections.abc import Mapping

import numpy as np

from auditor.derive.columns import ABSENT
from auditor.derive.slots import SlotState
from auditor.evaluate.expected import EXPECTED_TABLES, Expected
from auditor.evaluate.facts import Column, encode_array, unread
from auditor.evaluate.inventory import Inventory

_CAME = (SlotState.MET, SlotState.ABSORBED)
_NAMES = ("slots.owed", "slots.came", "slots.came_at_most")


def attainment_facts(inventory: Inventory, found: Expected | None) -> Mapping[str, Column]:
    """The facts `slots.owed`, `slots.came` and `slots.came_at_most`.

    A slot that nobody can decide is none of those that came, and one of those that came at most: one before
    the list of jobs, one of a volume whose images may not hold it, and one by a plan that may select the
    resource besides. Such a plan may also stand in for any other (aws-backup.md 4.2). Pending ones count for
    nothing. `found` is None where jobs or plans were not read.
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
    counts = zip(_NAMES, (owed, at_least, at_most), strict=True)
    return {name: encode_array(count, known) for name, count in counts}
