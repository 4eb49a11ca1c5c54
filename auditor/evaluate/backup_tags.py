"""Backups that would have more tags than a recovery point takes: the fact `plan.overtagged`.

They have the tags of the resource and those that the rule adds (aws-backup.md 4.9). No resource has too many
by itself, so that nothing is asked of a rule that adds none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from auditor.derive.quotas import TAGS_OF_A_BACKUP, tags_of_a_backup
from auditor.evaluate.facts import Column, encode
from auditor.evaluate.holes import holes_of
from auditor.evaluate.inventory import SELECTION_TABLES, Inventory
from auditor.evaluate.membership import Membership, selected_by
from auditor.model.plans import BackupPlan
from auditor.model.resource_types import TYPES

#: How many are named, those with most tags first.
_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class Overtagged:
    """A resource, by its number, whose backups by a rule would have so many tags.

    `told` is None where it is not known whether backups of its type get any.
    """

    index: int
    rule: str
    count: int
    told: bool | None


def overtagged(inventory: Inventory, plan: BackupPlan) -> Iterator[Overtagged]:
    """The resources, selected or not, whose backups by a rule of a plan would have too many tags.

    Of a resource whose tags were not read nothing is known.
    """
    adding = [rule for rule in plan.rules if rule.point_tags]
    sizes = np.array([len(keys or ()) for keys in inventory.tags] if adding else [], np.int64)
    for rule in adding:
        enough = TAGS_OF_A_BACKUP.limit - len(rule.point_tags)
        for index in np.flatnonzero(sizes > enough).tolist():
            count = tags_of_a_backup(inventory.tags_of(index), rule)
            told = _gets_tags(inventory, index)
            if count > TAGS_OF_A_BACKUP.limit and told is not False:
                yield Overtagged(index, rule.name, count, told)


def overtagged_fact(
    inventory: Inventory, plans: Sequence[BackupPlan], unread: Sequence[tuple[str, ...]]
) -> Column:
    """Those that each plan selects; `unread` are the gaps that hide rules of a plan.

    What is hidden, and what the plan may select, could only be more.
    """
    members, scope = selected_by(inventory), inventory.scope
    values, gaps = [], []
    for number, plan in enumerate(plans):
        member, hidden = members[plan.plan_id], {*unread[number]}
        found = [*overtagged(inventory, plan)]
        sure = [one for one in found if one.told and member.sure[one.index]]
        if any(rule.point_tags for rule in plan.rules):
            hidden.update(scope.missing("resources", *SELECTION_TABLES), _perhaps(inventory, member, found))
        worst = sorted(sure, key=lambda one: (-one.count, str(inventory.arn[one.index]), one.rule))
        values.append([_said(inventory, one) for one in worst[:_NAMED]])
        gaps.append(tuple(sorted(hidden)))
    return encode(values, *holes_of(gaps, partial=True))


def _perhaps(inventory: Inventory, member: Membership, found: Sequence[Overtagged]) -> Iterator[str]:
    """Ids of the gaps that leave open whether the plan selects those found, or gives them tags."""
    over = np.zeros(inventory.size, bool)
    over[[one.index for one in found]] = True
    yield from member.gaps(over)
    untold = [one for one in found if one.told is None and (member.sure | member.undecided)[one.index]]
    for kind in {str(inventory.resource_type[one.index]) for one in untold}:
        said = f"Whether AWS Backup manages {kind} fully, and so gives its backups tags, is not known."
        yield inventory.scope.unknown("DescribeRegionSettings", "Unknown", f"tags of {kind}", said)


def _gets_tags(inventory: Inventory, index: int) -> bool | None:
    """Whether the backups of a resource get tags; None: not known (aws-backup.md 4.9)."""
    kind = inventory.resource_type[index]
    row = TYPES.get(kind)
    return inventory.managed.get(kind) if row is not None and row.management == "choice" else True


def _said(inventory: Inventory, one: Overtagged) -> dict[str, Any]:
    return {"resource": str(inventory.arn[one.index]), "rule": one.rule, "count": one.count}
