"""What lies in stacks of CloudFormation, and the plans that select these (aws-backup.md 4.13).

The backup of a stack takes in the resources that are in it, whether or not a selection names them. AWS tags
a resource with the stack that made it, and with a nested one where that did. Only that tag is told, and it
stays on what has left the stack, and on what a selection of the stack leaves out: so a plan protects such a
resource surely where the last whole backup of its stack has it, and perhaps where that has not. AWS does not
say whether nested jobs are listed with all others, so a recovery point that is nested shows it too.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow.compute as pc

from auditor.derive.columns import ABSENT, Bools
from auditor.evaluate.arrow import numbers
from auditor.evaluate.columns import (
    among,
    coded,
    coded_rows,
    flags,
    local_index,
    milliseconds,
    named,
)

if TYPE_CHECKING:
    from auditor.evaluate.inventory import Inventory

_MADE_BY: Final = "aws:cloudformation:stack-id"
_STACK: Final = "CloudFormation"
#: Where what is nested tells what it is nested in: its own name, its parent's, and its state.
_NESTED: Final = (
    ("backup_jobs", "job_id", "parent_job_id", "state"),
    ("recovery_points", "arn", "parent_arn", "status"),
)


def in_stacks(inventory: "Inventory", selecting: Mapping[str, Bools]) -> dict[str, tuple[Bools, Bools]]:
    """By the id of each plan, what it surely protects within the stacks that it selects, and what perhaps.

    `selecting` are the resources that each plan selects, or may. Plans that select no stack are left out.
    """
    stacks = inventory.resource_type == _STACK
    chosen = {plan_id: where & stacks for plan_id, where in selecting.items()}
    chosen = {plan_id: where for plan_id, where in chosen.items() if where.any()}
    if not chosen:
        return {}
    inside = np.array([tags is None or _MADE_BY in tags for tags in inventory.tags], bool) & ~stacks
    if not inside.any():
        return {}
    made_by = np.full(inventory.size, ABSENT, np.int64)
    for index in np.flatnonzero(inside).tolist():
        made_by[index] = inventory.index.get(inventory.tags_of(index).get(_MADE_BY, ""), ABSENT)
    # of a nested stack nothing says here which root it has; where no tags were read, any stack may have it
    perhaps = {plan_id: inside & ((made_by == ABSENT) | where[made_by]) for plan_id, where in chosen.items()}
    held, nothing = inventory.held_in_stacks, np.zeros(inventory.size, bool)
    sure = {plan_id: where & held.get(plan_id, nothing) for plan_id, where in perhaps.items()}
    return {plan_id: (sure[plan_id], where & ~sure[plan_id]) for plan_id, where in perhaps.items()}


def held_in_stacks(inventory: "Inventory") -> dict[str, Bools]:
    """By the id of each plan the resources that its backups of stacks have: of each stack the last whole one.

    Those that are not whole count where no whole one is newer.
    """
    answer: dict[str, Bools] = {}
    for table, own, parent, state in _NESTED:
        columns = [own, parent, state, "created_at", "plan_id", "resource_arn", "resource_type"]
        found = inventory.read(table, columns)
        done = among(found[state], ("COMPLETED",))
        composite = among(found["resource_type"], (_STACK,)) & flags(pc.is_null(found[parent]))
        composite &= flags(pc.is_valid(found["plan_id"]))
        whole, ended = found.filter(numbers(composite)), done[composite]
        pair, pairs = coded_rows(whole["plan_id"], whole["resource_arn"])
        created, newest = milliseconds(whole["created_at"]), np.full(len(pairs), ABSENT, np.int64)
        np.maximum.at(newest, pair[ended], created[ended])
        whole = whole.filter(numbers(created >= newest[pair]))
        parts = found.filter(numbers(done & named(found[parent], whole[own])))
        index, (number, names) = local_index(parts["resource_arn"], inventory.index), coded(parts[parent])
        plan_of = dict(zip(whole[own].to_pylist(), whole["plan_id"].to_pylist(), strict=True))
        for plan_id in dict.fromkeys(plan_of.values()):
            of_plan = np.array([*(plan_of.get(name) == plan_id for name in names), False], bool)[number]
            held = index[of_plan & (index != ABSENT)]
            answer.setdefault(plan_id, np.zeros(inventory.size, bool))[held] = True
    return answer
