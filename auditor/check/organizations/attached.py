"""The policies of all inputs on the tree of the organization: the effective policy of each account."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from auditor.check.declared import Assumed
from auditor.check.declared_policies import DeclaredPolicy
from auditor.check.organizations.lost_plans import GivenPlans, lost_plans
from auditor.check.organizations.outcome import FaultKind, LevelNames, PolicyOutcome
from auditor.check.organizations.plans import add_plan
from auditor.check.organizations.terms import Terms
from auditor.check.organizations.units import OrganizationTree
from auditor.check.reading import Reading
from auditor.model.errors import AuditorError

if TYPE_CHECKING:
    from auditor.derive.backup_policy_faults import Fault

#: The most accounts and Regions of plans that are judged each by itself.
_MOST_PLACES: Final = 5_000
_OUTSIDE: Final = (
    "no input says in which organizational unit the account lies, so which backup policies it gets is not "
    "known; name the tree of the organization"
)
_ALL: Final = "the inputs have every backup policy that is attached to an account of theirs, or above it"
Policies = Sequence[tuple[Reading, DeclaredPolicy]]


class Attached:
    """The organization's tree, and the policies that it and other inputs attach to what is in it."""

    def __init__(
        self,
        tree: OrganizationTree,
        readings: Sequence[Reading],
        policies: Policies,
        terms: Mapping[str, Terms],
        assumed: Assumed,
    ) -> None:
        self._organization, self._tree = tree, tree.reading
        self._terms, self._assumed = terms, assumed
        self._readings, self._all = readings, policies
        self._policies = {policy.name: policy for _, policy in policies}
        self._named = {place.account_id for reading in readings for place in reading.places()}
        self._named |= assumed.accounts
        self._given = GivenPlans(tree, self._policies)
        self._accounts: dict[tuple[str, FaultKind, Fault], list[str]] = {}
        self._unknown: dict[str, str] = {}

    def settle(self) -> Policies:
        """Add plans, selections and what is said of the policies; those that are left are judged alone.

        Raises:
            AuditorError: the tree names a policy that is not among the inputs, or there is too much of it.
        """
        tree = self._organization
        self._tree.units |= tree.units
        self._tree.made_up = frozenset(tree.made_up)
        self._tree.accounts = frozenset(tree.ways if tree.whole else ())
        alike: dict[tuple[tuple[LevelNames, ...], tuple[str, ...], str], list[str]] = {}
        for account, way in tree.ways.items():
            key = self._given.levels(way), tree.units.get(account, ()), tree.cut.get(account, "")
            alike.setdefault(key, []).append(account)
        self._check_targets()
        places, cuts = 0, list[str]()
        for (levels, _, cut), accounts in alike.items():
            outcome = self._given.by(levels, whole=not cut)
            hidden = self._perhaps_changed(levels, accounts[0])
            if cut and outcome.plans and not hidden:
                cuts.append(cut)
            judged = [one for one in accounts if one == accounts[0] or one in self._named]
            places += len(judged) * sum(len(plan.regions) for plan, _ in outcome.plans)
            if places > _MOST_PLACES:
                raise AuditorError(
                    f"{self._tree.file}: its accounts get plans in more than {_MOST_PLACES:,} accounts and "
                    "Regions; name fewer inputs that name accounts."
                )
            self._add(outcome, accounts, judged, hidden)
        self._say_above([*dict.fromkeys(cuts)])
        if self._policies and not tree.whole:
            others = self._named - tree.ways.keys()
            self._tree.open_accounts |= {**dict.fromkeys(others, _OUTSIDE), **tree.open}
        for lost in lost_plans(self._readings, self._given, self._tree.open_accounts):
            self._tree.changes.append(lost.change)
            if not lost.change.fault:
                self._tree.lost_plans |= {
                    (account, region, lost.plan.name)
                    for account in lost.accounts
                    for region in lost.plan.regions
                }
        return self._say()

    def _check_targets(self) -> None:
        """A policy that may be attached to anything, or to what is not in the tree."""
        ways, shown = self._organization.ways, self._organization.shown
        known = self._organization.ids.keys() - self._organization.loose
        unnamed = [account for account, way in ways.items() if not all(target.target_id for target in way)]
        others: dict[str, str] = {}
        for name, policy in self._policies.items():
            elsewhere = [one for one in policy.targets if one not in known]
            if elsewhere:
                self._unknown[name] = f"it is attached to {elsewhere[0]}, which is not in {shown}"
            units = [one for one in elsewhere if not one.isdigit()]
            if units and unnamed:
                said = f"{name} is attached to {units[0]}, which may be a unit without an id in {shown}"
                self._tree.open_accounts |= dict.fromkeys(unnamed, said)
                others |= dict.fromkeys(self._policies, said)
            if policy.open_targets:
                self._unknown[name] = policy.open_targets
                said = f"{name}: {policy.open_targets}"
                self._tree.open_accounts |= dict.fromkeys(ways, said)
                others |= dict.fromkeys(self._policies, said)
        self._unknown = {**others, **self._unknown}

    def _perhaps_changed(self, levels: Sequence[LevelNames], account: str) -> str:
        """Why another policy of the inputs may change what an account gets, "" where none does."""
        later, own = (
            self._organization.later.get(account, ""),
            {name for names, _ in levels for name in names},
        )
        others = [name for name, policy in self._policies.items() if policy.targets and name not in own]
        if not later or not others:
            return ""
        said = f"{later}, and {others[0]} may change what it gets"
        self._unknown |= dict.fromkeys(own, said)
        return said

    def _add(
        self, outcome: PolicyOutcome, accounts: Sequence[str], judged: Sequence[str], hidden: str
    ) -> None:
        for fault in outcome.faults:
            self._accounts.setdefault(fault, []).extend(map(self._name, accounts))
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
                where = f"in {self._name(account)}"
                copies = self._assumed.copy_lifecycle
                add_plan(self._tree, self._policies[policy], plan, account, where, copies, hidden)
        others = len(accounts) - len(judged)
        if outcome.plans and others:
            self._assume(
                f"what is said of {self._name(accounts[0])} is so in {_counted(others)} of the same unit "
                "and policies"
            )

    def _say_above(self, cuts: Sequence[str]) -> None:
        """What is taken to be so of ways of which it is not known what lies above them."""
        if cuts:
            more = f" and {len(cuts) - 1:,} more" if len(cuts) > 1 else ""
            self._assume(f"no backup policy above {cuts[0]}{more} changes what accounts get")

    def _name(self, account: str) -> str:
        return self._organization.names[account]

    def _assume(self, said: str) -> None:
        sentence = f"{self._tree.file}: {said}"
        if sentence not in self._tree.assumed:
            self._tree.assumed.append(sentence)

    def _say(self) -> Policies:
        """Say of each policy that AWS takes what it is, as a whole and of its parts.

        What a tree that is told whole attaches to no account is judged nowhere; else it is left, to be judged
        alone.
        """
        whole = self._organization.whole
        left: list[tuple[Reading, DeclaredPolicy]] = []
        attached: dict[str, list[str]] = {}
        for account, way in self._organization.ways.items():
            for names, _ in self._given.levels(way):
                for name in names:
                    attached.setdefault(name, []).append(self._name(account))
        for reading, policy in self._all:
            name = policy.name
            if policy.faults:
                continue
            if name not in attached and not whole:
                left += [] if policy.perhaps else [(reading, policy)]
                continue
            said = policy.fault or self._unknown.get(name, "")
            if not said and name not in attached:
                said = "no account of the tree gets it, so nothing was merged with it"
                self._assume(f"{name} is attached to nothing, so its plans are judged nowhere")
            mine = {key[1:]: found for key, found in self._accounts.items() if key[0] == name}
            terms = self._terms[name]
            reading.terms += [terms.fault(kind, one, tuple(found)) for (kind, one), found in mine.items()]
            if said or not mine:
                reading.terms += terms.whole(said, tuple(attached.get(name, ())))
        if whole or self._all:
            self._assume("every backup policy that is attached is named in it" if whole else _ALL)
        return left


def _counted(others: int) -> str:
    return "1 other account" if others == 1 else f"{others:,} other accounts"
