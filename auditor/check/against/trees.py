"""What the tree of an organization takes away: plans and selections of the organization that it has no more.

A tree that is told whole says all that is attached. So what a run has of the organization in one of its
accounts, and no policy gives any more, is gone, as AWS Backup deletes it then. Of a part of one, only what
was given before the change is.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from auditor.check.declared import Declaration, Place
from auditor.check.declared_changes import Removed
from auditor.check.reading import Reading
from auditor.evaluate.gaps import Scope
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.opt_in import of_the_organization


def without(readings: Sequence[Reading], recorded: Mapping[Scope, Inventory]) -> Iterator[Reading]:
    """For each tree what it takes away, as deletions; of an account whose policies are not known, nothing."""
    for tree in readings:
        if tree.accounts:
            known = tree.accounts - tree.open_accounts.keys()
            plans: defaultdict[Scope, dict[str, str]] = defaultdict(dict)
            for one in tree.plans:
                plans[one.place.account_id, one.place.region][one.plan.name] = one.plan.plan_id
            names: defaultdict[str, set[str]] = defaultdict(set)
            for item in tree.selections:
                names[item.selection.plan_id].add(item.selection.name)
            gone = [
                removed
                for scope, inventory in recorded.items()
                if scope[0] in known
                for removed in _gone(tree.file, Place.of(*scope), inventory, plans[scope], names)
            ]
            yield Reading(tree.file, tree.kind, removed=gone)
        elif tree.lost_plans:
            lost = [
                Removed(Place.of(*scope), "plan", plan.plan_id, Declaration(tree.file, f"plans/{plan.name}"))
                for scope, inventory in recorded.items()
                for plan in inventory.current_plans
                if of_the_organization(plan.plan_id) and (*scope, plan.name) in tree.lost_plans
            ]
            yield Reading(tree.file, tree.kind, removed=lost)


def _gone(
    file: str,
    place: Place,
    inventory: Inventory,
    plans: Mapping[str, str],
    names: Mapping[str, AbstractSet[str]],
) -> Iterator[Removed]:
    """What is recorded in a place and not among `plans`, ids by name, or the `names` of their selections."""
    for plan in inventory.current_plans:
        if not of_the_organization(plan.plan_id):
            continue
        where = Declaration(file, f"plans/{plan.name} in {place}")
        if plan.name not in plans:
            yield Removed(place, "plan", plan.plan_id, where)
            continue
        held = names.get(plans[plan.name], ())
        for selection in inventory.selections:
            if selection.plan_id == plan.plan_id and selection.name not in held:
                yield Removed(place, "selection", selection.selection_id, where)
