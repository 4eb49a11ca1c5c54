"""What the tree of an organization takes away: plans and selections of the organization that it has no more.

A tree says all that is attached. So what a run has of the organization in one of its accounts, and no policy
gives any more, is gone, as AWS Backup deletes it then.
"""

from collections.abc import Iterator, Mapping, Sequence

from auditor.check.declared import Declaration, Place, Removed
from auditor.check.reading import Reading
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.opt_in import of_the_organization

_Scope = tuple[str, str]


def without(readings: Sequence[Reading], recorded: Mapping[_Scope, Inventory]) -> Iterator[Reading]:
    """For each tree what it takes away, as deletions; of an account whose policies are not known, nothing."""
    for tree in readings:
        if tree.accounts:
            known = tree.accounts.keys() - tree.open_accounts.keys()
            scopes = [scope for scope in recorded if scope[0] in known]
            gone = [one for scope in scopes for one in _gone(tree, scope, recorded[scope])]
            yield Reading(tree.file, tree.kind, removed=gone)


def _gone(tree: Reading, scope: _Scope, inventory: Inventory) -> Iterator[Removed]:
    place = Place.of(*scope)
    declared = {one.plan.name: one.plan.plan_id for one in tree.plans if one.place == place}
    for plan in inventory.current_plans:
        if not of_the_organization(plan.plan_id):
            continue
        where = Declaration(tree.file, f"plans/{plan.name} in {place}")
        if plan.name not in declared:
            yield Removed(place, "plan", plan.plan_id, where)
            continue
        names = {
            one.selection.name for one in tree.selections if one.selection.plan_id == declared[plan.name]
        }
        for selection in inventory.selections:
            if selection.plan_id == plan.plan_id and selection.name not in names:
                yield Removed(place, "selection", selection.selection_id, where)
