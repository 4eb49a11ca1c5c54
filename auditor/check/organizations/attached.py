"""The policies of all inputs on the tree of the organization: the effective policy of each account."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from posixpath import normpath
from typing import Final, Literal

from auditor.check.declared import Assumed
from auditor.check.declared_policies import DeclaredPolicy, DeclaredTarget
from auditor.check.organizations.plans import add_plan
from auditor.check.organizations.terms import Terms, spelled, what_is_unsaid
from auditor.check.reading import Reading
from auditor.derive.backup_policies import EffectivePlan, plans_of
from auditor.derive.backup_policy_faults import Fault, excessive, incomplete, open_elements
from auditor.derive.policy_merge import Level, Merged, merge
from auditor.model.errors import AuditorError

#: The most accounts and Regions of plans that are judged each by itself.
_MOST_PLACES: Final = 5_000
#: The policies of a level, and whether the order in which they were attached is known.
_Names = tuple[tuple[str, ...], bool]
_Kind = Literal["forbidden", "invalid"]
_Policies = Sequence[tuple[Reading, DeclaredPolicy]]


@dataclass(slots=True)
class _Outcome:
    """What the policies on the way to an account come to: its plans, and why there may be others, or ""."""

    plans: list[tuple[EffectivePlan, str]] = field(default_factory=list)
    open: str = ""
    faults: list[tuple[str, _Kind, Fault]] = field(default_factory=list)
    unknown: dict[str, str] = field(default_factory=dict)
    by_order: list[str] = field(default_factory=list)


class Attached:
    """The tree `tree`, and the policies that it and other inputs attach to what is in it."""

    def __init__(
        self,
        tree: Reading,
        readings: Sequence[Reading],
        policies: _Policies,
        terms: Mapping[str, Terms],
        assumed: Assumed,
    ) -> None:
        self._tree, self._terms, self._assumed = tree, terms, assumed
        self._policies = {policy.name: policy for _, policy in policies}
        self._of = {policy.name: reading for reading, policy in policies}
        self._named = {place.account_id for reading in readings for place in reading.places()}
        self._named |= assumed.accounts
        self._by_target: dict[str, list[str]] = {}
        for _, policy in policies:
            for target_id in policy.targets:
                self._by_target.setdefault(target_id, []).append(policy.name)
        keys = (
            (
                normpath(policy.declaration.file) + (f"#{policy.address}" if policy.address else ""),
                policy.name,
            )
            for _, policy in policies
        )
        self._by_key = dict(keys)
        self._accounts: dict[tuple[str, _Kind, Fault], list[str]] = {}
        self._unknown: dict[str, str] = {}

    def settle(self) -> None:
        """Add plans, selections and what is said of the policies.

        Raises:
            AuditorError: the tree names a policy that is not among the inputs, or there is too much of it.
        """
        alike: dict[tuple[tuple[_Names, ...], tuple[str, ...]], list[str]] = {}
        units = self._tree.units()
        for account, way in self._tree.accounts.items():
            alike.setdefault((tuple(map(self._level, way)), units[account]), []).append(account)
        self._check_targets()
        places = 0
        for (levels, _), accounts in alike.items():
            outcome = self._outcome(levels)
            judged = [one for one in accounts if one == accounts[0] or one in self._named]
            places += len(judged) * sum(len(plan.regions) for plan, _ in outcome.plans)
            if places > _MOST_PLACES:
                raise AuditorError(
                    f"{self._tree.file}: its accounts get plans in more than {_MOST_PLACES:,} accounts and "
                    "Regions; name fewer inputs that name accounts."
                )
            self._add(outcome, accounts, judged)
        self._say()

    def _check_targets(self) -> None:
        """A policy that may be attached to anything, or to what is not in the tree."""
        ways, file = self._tree.accounts, self._tree.file
        known = {target.target_id for way in ways.values() for target in way}
        unnamed = [account for account, way in ways.items() if not all(target.target_id for target in way)]
        others: dict[str, str] = {}
        for name, policy in self._policies.items():
            elsewhere = [one for one in policy.targets if one not in known]
            if elsewhere:
                self._unknown[name] = f"it is attached to {elsewhere[0]}, which is not in {file}"
            units = [one for one in elsewhere if not one.isdigit()]
            if units and unnamed:
                said = f"{name} is attached to {units[0]}, which may be a unit without an id in {file}"
                self._tree.open_accounts |= dict.fromkeys(unnamed, said)
                others |= dict.fromkeys(self._policies, said)
            if policy.open_targets:
                self._unknown[name] = policy.open_targets
                said = f"{name}: {policy.open_targets}"
                self._tree.open_accounts |= dict.fromkeys(ways, said)
                others |= dict.fromkeys(self._policies, said)
        self._unknown = {**others, **self._unknown}

    def _level(self, target: DeclaredTarget) -> _Names:
        """The policies of a target: those of the tree first; of the others the order is not known."""
        listed = [self._key(target, one) for one in target.policies]
        further = [one for one in self._by_target.get(target.target_id, ()) if one not in listed]
        return (*listed, *further), not further or len(listed) + len(further) == 1

    def _key(self, target: DeclaredTarget, named: str) -> str:
        if named not in self._by_key:
            raise AuditorError(
                f"{target.path}: {named} is no backup policy among the inputs; name it too, or its folder."
            )
        return self._by_key[named]

    def _outcome(self, way: Sequence[_Names]) -> _Outcome:
        outcome = _Outcome()
        on_the_way = [self._policies[name] for names, _ in way for name in names]
        for policy in on_the_way:
            if policy.faults:
                outcome.open = f"AWS refuses {policy.name}, so it is not known which policy is in force"
            elif policy.document is None:
                outcome.open = f"{policy.name}: {policy.fault}"
        if outcome.open:
            outcome.unknown = dict.fromkeys((policy.name for policy in on_the_way), outcome.open)
            return outcome
        merged = merge([Level(self._documents(names), ordered) for names, ordered in way])
        self._refused(outcome, merged)
        effective = merged.effective
        faults = [*incomplete(effective), *excessive(effective)]
        if faults:
            outcome.open = (
                f"the effective backup policy is not valid ({spelled(faults[0])}), so the last valid one, "
                "which is not known, stays in force"
            )
            for fault in faults:
                outcome.faults.append((merged.root.at(fault.path).policies[-1], "invalid", fault))
            return outcome
        outcome.unknown |= _unsaid(merged)
        undecided = {one.path[1] for one in merged.undecided if len(one.path) > 1}
        for one in merged.undecided:
            outcome.open = f"{'/'.join(one.path)}: {one.said}"
            outcome.unknown |= dict.fromkeys(one.policies, outcome.open)
        for plan in plans_of(effective):
            if plan.name not in undecided:
                outcome.plans.append((plan, merged.root.at(("plans", plan.name)).policies[-1]))
        outcome.by_order = [f"{'/'.join(path)} ({' before '.join(names)})" for path, names in merged.by_order]
        return outcome

    def _documents(self, names: Iterable[str]) -> tuple[tuple[str, Mapping[str, object]], ...]:
        return tuple((name, self._policies[name].document or {}) for name in names)

    @staticmethod
    def _refused(outcome: _Outcome, merged: Merged) -> None:
        for one in merged.refused:
            what = one.operator or "the element"
            said = f"{what} is not allowed by {' and '.join(one.by)}"
            outcome.faults.append((one.policy, "forbidden", Fault(one.path, said)))

    def _add(self, outcome: _Outcome, accounts: Sequence[str], judged: Sequence[str]) -> None:
        for fault in outcome.faults:
            self._accounts.setdefault(fault, []).extend(accounts)
        self._unknown = {**outcome.unknown, **self._unknown}
        if outcome.open:
            self._tree.open_accounts |= dict.fromkeys(accounts, outcome.open)
        if outcome.by_order:
            more = f", and {len(outcome.by_order) - 1} more" if len(outcome.by_order) > 1 else ""
            self._assume(
                "policies were attached in the order in which they are listed, which decides "
                f"{outcome.by_order[0]}{more}"
            )
        for account in judged:
            for plan, policy in outcome.plans:
                where = f"in {account}"
                copies = self._assumed.copy_lifecycle
                add_plan(self._tree, self._policies[policy], plan, account, where, copies)
        others = len(accounts) - len(judged)
        if outcome.plans and others:
            self._assume(
                f"what is said of {accounts[0]} is so in {_counted(others)} of the same unit and policies"
            )

    def _assume(self, said: str) -> None:
        sentence = f"{self._tree.file}: {said}"
        if sentence not in self._tree.assumed:
            self._tree.assumed.append(sentence)

    def _say(self) -> None:
        """What is said of each policy that AWS takes, as a whole and of its parts."""
        attached: dict[str, list[str]] = {}
        for account, way in self._tree.accounts.items():
            for names, _ in map(self._level, way):
                for name in names:
                    attached.setdefault(name, []).append(account)
        for name, policy in self._policies.items():
            if policy.faults:
                continue
            said = policy.fault or self._unknown.get(name, "")
            if not said and name not in attached:
                said = "no account of the tree gets it, so nothing was merged with it"
                self._assume(f"{name} is attached to nothing, so its plans are judged nowhere")
            mine = {key[1:]: found for key, found in self._accounts.items() if key[0] == name}
            terms, reading = self._terms[name], self._of[name]
            reading.terms += [terms.fault(kind, one, tuple(found)) for (kind, one), found in mine.items()]
            if said or not mine:
                reading.terms += terms.whole(said, tuple(attached.get(name, ())))
        self._assume("every backup policy that is attached is named in it")


def _unsaid(merged: Merged) -> dict[str, str]:
    """The policies whose effect is not known, by what they do not say."""
    return {
        merged.root.at(fault.path).policies[-1]: what_is_unsaid(fault)
        for fault in open_elements(merged.effective)
    }


def _counted(others: int) -> str:
    return "1 other account" if others == 1 else f"{others:,} other accounts"
