"""Facts of the accounts of an organization: what control policies deny there to all but guardians.

A parameter says which actions are to be denied, and who the guardians are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from auditor.derive.control_policies import AccountPlace, Bounds, ControlPolicy, Guarded, guarded
from auditor.derive.organization_conditions import Members
from auditor.evaluate.facts import Hole
from auditor.evaluate.gaps import GapIndex, Unknowns
from auditor.evaluate.times import epoch_ms, long_after, parse
from auditor.evidence.policy_tables import CONTROL_POLICIES
from auditor.model.organization import Account

if TYPE_CHECKING:
    from auditor.evidence.store import Evidence

UNGUARDED, EXCEPTED = "account.unguarded", "account.excepted"
_OPERATION: Final = "ListTargetsForPolicy"
_OF_RESOURCES: Final = "RESOURCE_CONTROL_POLICY"


@dataclass(frozen=True, slots=True)
class GuardRails:
    """The actions that policies are to deny, and ARNs, or patterns of some, of those who may nevertheless."""

    actions: tuple[str, ...] = ()
    guardians: tuple[str, ...] = ()


NO_GUARD_RAILS: Final = GuardRails()


def guard_rails(parameters: Mapping[str, Any]) -> GuardRails:
    """What `parameters` (parameters.yaml, checked) ask for."""
    given = parameters.get("evidence", {}).get("guard_rails", {})
    return GuardRails(tuple(given.get("actions", ())), tuple(given.get("guardians", ())))


@dataclass(frozen=True, slots=True)
class ControlPolicies:
    """The service and resource control policies of the evidence; nothing is said by later ones."""

    policies: Sequence[ControlPolicy]
    of_resources: Sequence[ControlPolicy]
    late: bool

    @classmethod
    def of(cls, evidence: "Evidence") -> Self:
        """Read them."""
        rows = evidence.read(CONTROL_POLICIES).to_pylist()
        read, as_of = (epoch_ms(parse(evidence.metadata[name])) for name in ("collected_at", "as_of"))
        of_services, of_resources = (
            [
                ControlPolicy(row["name"] or "", row["document"] or "", frozenset(row["targets"] or ()))
                for row in rows
                if (row["kind"] == _OF_RESOURCES) is on_resources
            ]
            for on_resources in (False, True)
        )
        return cls(of_services, of_resources, long_after(read, as_of))

    def on_resources(self, account: Account) -> list[ControlPolicy]:
        """The resource control policies on an account's path, which is known (`levels`)."""
        path = {*(account.parents or ()), account.account_id}
        return [one for one in self.of_resources if not path.isdisjoint(one.targets)]

    def bounds(self, account: Account, *, management: bool) -> tuple[Bounds, str]:
        """What counts in an account, with why that is not known: a sentence, or ""."""
        if management:
            return Bounds(), ""
        levels, why = self.levels(account)
        return (Bounds(None), why) if levels is None else (Bounds(levels, self.on_resources(account)), "")

    def levels(self, account: Account) -> tuple[list[list[ControlPolicy]] | None, str]:
        """The service control policies of each level of an account's path, or why they are not known."""
        if self.late:
            return None, "The control policies of the organization were read long after as_of."
        if account.alone:  # no control policy counts outside of organizations
            return [], ""
        if account.parents is None:
            return None, f"Where account {account.account_id} is in the organization is not known."
        path = (*account.parents, account.account_id)
        levels = [[one for one in self.policies if target in one.targets] for target in path]
        if not self.policies:
            levels = []
        elif not all(levels):  # AWS Organizations leaves nothing without a policy while they are in force
            bare = path[[bool(level) for level in levels].index(False)]
            return None, f"No service control policy was listed as attached to {bare}."
        return levels, ""


def unread_policies(known: GapIndex, account: Account) -> tuple[str, ...]:
    """The gaps in the policies: those of calls, and where nobody asked, that of the account itself.

    None hides what counts in an account of no organization.
    """
    if account.alone:
        return ()
    own = {*known.ids((CONTROL_POLICIES,), account.account_id)}
    of_calls = (gap.gap_id for gap in known.of_organization(CONTROL_POLICIES))
    return tuple(sorted(own.union(of_calls)))


def guarded_facts(
    account: Account,
    policies: ControlPolicies,
    known: GapIndex,
    unknowns: Unknowns,
    rails: GuardRails,
    members: Members,
) -> tuple[dict[str, Any], Hole | None]:
    """The facts of a member account by path, and what of `UNGUARDED` is not known."""
    unread = unread_policies(known, account)
    found, said = (None, "") if unread else _guarded(account, policies, rails, members)
    if said:
        about = f"guard rails of {account.account_id}"
        unread = (unknowns.add(account.account_id, "", _OPERATION, "Undecided", about, said),)
    facts = {} if found is None else {UNGUARDED: [*found.open_], EXCEPTED: [*found.excepted]}
    return facts, Hole(unread, partial=found is not None)


def _guarded(
    account: Account, policies: ControlPolicies, rails: GuardRails, members: Members
) -> tuple[Guarded | None, str]:
    """What is not denied in an account, and what hides more of it, in a sentence."""
    levels, why = policies.levels(account)
    if levels is None:
        return None, why
    place = AccountPlace(account.account_id, account.partition, members)
    found = guarded(rails.actions, levels, place, rails.guardians, policies.on_resources(account))
    unknown = ", ".join(found.unknown)
    return found, f"Whether {unknown} is denied in it is not known: {found.why}." if unknown else ""
