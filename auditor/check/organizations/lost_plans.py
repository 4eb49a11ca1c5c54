"""The plans that accounts get of backup policies before a change, and no more after it.

An account or unit may move or go, and a policy may be changed, deleted or detached: what counts is what each
account that there is before the change gets.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from auditor.check.declared import Assumed, Place
from auditor.check.declared_changes import DeclaredChange
from auditor.check.declared_policies import DeclaredNode, DeclaredPolicy, DeclaredTarget
from auditor.check.organizations.levels import Levels
from auditor.check.organizations.outcome import LevelNames, PolicyOutcome, outcome_of
from auditor.check.organizations.terms import located
from auditor.check.organizations.tree import KIND
from auditor.check.organizations.units import OrganizationTree, organization_tree
from auditor.check.reading import Reading
from auditor.derive.backup_policies import EffectivePlan

_LEAVES: Final = "which leaves the organization"


@dataclass(frozen=True, slots=True)
class LostPlan:
    """A plan in its Regions that accounts get no more, or perhaps no more where `change` has a fault."""

    accounts: tuple[str, ...]
    plan: EffectivePlan
    change: DeclaredChange


class GivenPlans:
    """What the policies of a tree give each account of it."""

    def __init__(self, tree: OrganizationTree, policies: Mapping[str, DeclaredPolicy]) -> None:
        self.tree, self.policies = tree, policies
        self._levels = Levels(tree, [*policies.values()])
        self._found: dict[tuple[tuple[LevelNames, ...], bool], PolicyOutcome] = {}

    def levels(self, way: Sequence[DeclaredTarget]) -> tuple[LevelNames, ...]:
        """The policies of each target on a way."""
        return tuple(map(self._levels.of, way))

    def by(self, levels: tuple[LevelNames, ...], *, whole: bool = True) -> PolicyOutcome:
        """What the policies of a way come to; there may be others above one that is not `whole`."""
        if (levels, whole) not in self._found:
            self._found[levels, whole] = outcome_of(levels, self.policies, whole=whole)
        return self._found[levels, whole]


def lost_plans(
    readings: Sequence[Reading], after: GivenPlans, open_accounts: Mapping[str, str]
) -> Iterator[LostPlan]:
    """Each plan that is given before the change and not after it; nothing where no input tells of before.

    Where what an account gets afterwards is not known, as `open_accounts` say, it is not known whether it
    loses anything.
    """
    before = _before(readings)
    if before is None:
        return
    missing = next((one.incomplete for one in readings if one.nodes_before and one.incomplete), "")
    lost: dict[tuple[str, str, str], list[str]] = {}
    plans: dict[tuple[str, str], EffectivePlan] = {}
    for account, way in before.tree.ways.items():
        if account in before.tree.made_up:
            continue  # nothing is known of what lies above it
        later = after.tree.ways.get(account)
        kept = {plan.name for plan, _ in after.by(after.levels(later)).plans} if later else set()
        why = missing or open_accounts.get(account, "" if account in after.tree.ids else _LEAVES)
        for plan, policy in before.by(before.levels(way)).plans:
            if plan.name not in kept:
                lost.setdefault((plan.name, policy, why), []).append(account)
                plans[plan.name, policy] = plan
    for (name, policy, why), accounts in lost.items():
        plan = plans[name, policy]
        yield LostPlan(tuple(accounts), plan, _change(before, plan, policy, accounts, why))


def _change(
    before: GivenPlans, plan: EffectivePlan, policy: str, accounts: Sequence[str], why: str
) -> DeclaredChange:
    first, others = before.tree.names[accounts[0]], len(accounts) - 1
    more = f" and {others:,} other account{'s' if others > 1 else ''}" if others else ""
    leaves = f", {why}," if why == _LEAVES and not others else ""
    return DeclaredChange(
        place=Place.of(accounts[0], plan.regions[0]),
        kind="plan",
        action="deleted",
        name=f"{plan.name} of the organization in {first}{more}{leaves}",
        declaration=located(before.policies[policy], ("plans", plan.name), f"in {first}"),
        fault="" if why in ("", _LEAVES) else f"what {first} gets after the change is not known: {why}",
    )


def _before(readings: Sequence[Reading]) -> GivenPlans | None:
    """What there was, as far as inputs tell it; of the rest, a file tells what there is."""
    told = [replace(one, nodes=one.nodes_before) for one in readings if one.nodes_before]
    if not told:
        return None
    known = {node.node_id for one in told for node in one.nodes}
    files = [
        replace(one, nodes=[_without_place(node, known) for node in one.nodes])
        for one in readings
        if one.kind == KIND
    ]
    policies = [
        policy
        for one in readings
        for policy in (one.policies_before if one.nodes_before else one.policies)
        if not policy.perhaps
    ]
    targets = [target for policy in policies for target in policy.targets]
    tree = organization_tree([*files, *told], targets, Assumed(number=len(readings)))
    return None if tree is None else GivenPlans(tree, {policy.name: policy for policy in policies})


def _without_place(node: DeclaredNode, known: set[str]) -> DeclaredNode:
    """What a file says of a node, without what it is after the change, where an input tells what it was."""
    return replace(node, parent="", name="") if node.node_id in known and node.kind != "root" else node
