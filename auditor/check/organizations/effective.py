"""What each account gets of the backup policies of all inputs: plans, or why that is not known.

A policy of which nothing says where it is attached is judged as it is written, in an account of its own
that is not known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from auditor.check.declared import Assumed, Declaration, DeclaredPlan, DeclaredSelection, Place
from auditor.check.declared_policies import DeclaredPolicy, DeclaredTerm
from auditor.check.reading import Reading
from auditor.derive.backup_policies import EffectivePlan, plans_of
from auditor.derive.backup_policy_faults import Fault, excessive, incomplete, open_elements
from auditor.derive.policy_merge import Level, Merged, Path, merge
from auditor.model.documents import UnreadableDocument
from auditor.model.errors import AuditorError
from auditor.model.plans import BackupPlan, CopyLifecycle, Rule, Selection

#: The most policies of an organization (AWS Organizations, quotas).
_MOST_POLICIES: Final = 1_000
_ALONE: Final = "no other backup policy changes its plans in the accounts that it is attached to"


def settle(readings: Sequence[Reading], assumed: Assumed) -> None:
    """Add to each reading what its policies come to.

    Raises:
        AuditorError: there are more policies than an organization may have.
    """
    policies = [one for reading in readings for one in reading.policies]
    if len(policies) > _MOST_POLICIES:
        raise AuditorError(
            f"{len(policies)} backup policies are more than the {_MOST_POLICIES:,} that an organization has; "
            "name fewer files."
        )
    number = len(readings)
    for reading in readings:
        for policy in reading.policies:
            own = Assumed(assumed.account, assumed.region, assumed.copy_lifecycle, number=number)
            _Alone(reading, policy, own).add()
            number += 1


@dataclass(slots=True)
class _Alone:
    """One policy of which nothing says where it is attached."""

    reading: Reading
    policy: DeclaredPolicy
    assumed: Assumed
    merged: Merged = field(default_factory=Merged)

    def add(self) -> None:
        account, region = self.assumed.own_place(0)
        terms = Terms(self.policy, Place.of(account, region))
        self.reading.terms += terms.malformed()
        if self.policy.faults or self.policy.fault or self.policy.document is None:
            self.reading.terms += terms.whole(self.policy.fault) if not self.policy.faults else []
            return
        self.merged = merge([Level(((self.policy.name, self.policy.document),))])
        effective = self.merged.effective
        faults = excessive(effective)
        self.reading.terms += [terms.fault("invalid", one) for one in faults]
        missing = incomplete(effective)
        said = f"{_spelled(missing[0])}, which another policy may give it" if missing else ""
        if not faults or said:
            self.reading.terms += terms.whole(said)
        if faults:
            return
        parts = {one.path[1] for one in missing}
        whole = {name: plan for name, plan in effective.get("plans", {}).items() if name not in parts}
        if whole:
            self.reading.assumed.append(f"{self.policy.name}: {_ALONE}")
        for plan in plans_of({"plans": whole}):
            add_plan(self.reading, self.policy, plan, account, "", self.assumed.copy_lifecycle)


@dataclass(frozen=True, slots=True)
class Terms:
    """Makes what is said of one policy."""

    policy: DeclaredPolicy
    place: Place

    def malformed(self) -> list[DeclaredTerm]:
        """What AWS refuses in it."""
        return [self.fault("malformed", one) for one in self.policy.faults]

    def fault(self, kind: str, fault: Fault, accounts: tuple[str, ...] = ()) -> DeclaredTerm:
        """One thing that is wrong with it."""
        path = "/".join(fault.path) or "the document"
        return DeclaredTerm(
            self.place,
            self.policy.name,
            self._declaration(fault.path),
            kind,  # type: ignore[arg-type]  # callers have the words
            path,
            fault.said,
            accounts,
        )

    def whole(self, fault: str = "", accounts: tuple[str, ...] = ()) -> list[DeclaredTerm]:
        """The policy as a whole, and what of it is not known, in a clause."""
        declaration = self.policy.declaration
        return [DeclaredTerm(self.place, self.policy.name, declaration, accounts=accounts, fault=fault)]

    def _declaration(self, path: Path) -> Declaration:
        return located(self.policy, path)


def located(policy: DeclaredPolicy, path: Path, where: str = "") -> Declaration:
    """Where a path of a policy stands; `where` says for which account, "" for none."""
    address = " ".join(part for part in (policy.address, "/".join(path), where) if part)
    file = policy.declaration.file
    return Declaration(file, address or policy.declaration.address, policy.line(path))


def add_plan(
    reading: Reading,
    policy: DeclaredPolicy,
    plan: EffectivePlan,
    account: str,
    where: str,
    copies: CopyLifecycle,
) -> None:
    """Add a plan and its selections in each of its Regions; `policy` is the one that its lines are of."""
    unknown = open_elements({"plans": {plan.name: {"rules": plan.rules, "selections": plan.selections}}})
    for region in dict.fromkeys(plan.regions):
        place = Place.of(account, region)
        plan_id = f"orgs/{plan.name} of {policy.name} in {account} {region}"
        declaration = located(policy, ("plans", plan.name), f"{where} {region}".strip())
        reading.plans.append(_plan(plan, plan_id, place, declaration, unknown, copies))
        for (kind, name), document in plan.selection_documents(account, region):
            at = located(policy, ("plans", plan.name, "selections", kind, name))
            hidden = next((_spelled(one) for one in unknown if one.path[-2:] == (kind, name)), "")
            selection_id = f"{plan_id} {kind} {name}"
            try:
                selection = Selection.from_document(document, plan_id=plan_id, selection_id=selection_id)
            except UnreadableDocument as error:
                hidden = str(error)
            if hidden:
                selection = Selection(selection_id, name, plan_id, "", fault=hidden)
            reading.selections.append(DeclaredSelection(place, selection, at))


def _plan(
    plan: EffectivePlan,
    plan_id: str,
    place: Place,
    declaration: Declaration,
    unknown: Iterable[Fault],
    copies: CopyLifecycle,
) -> DeclaredPlan:
    rules: tuple[Rule, ...] = ()
    fault = next((_spelled(one) for one in unknown if "rules" in one.path), "")
    try:
        rules = (
            BackupPlan.rules_of(plan.document(place.account_id, place.region), copies) if not fault else ()
        )
    except UnreadableDocument as error:
        fault = str(error)
    arn = f"arn:{place.partition}:backup:{place.region}:{place.account_id}:backup-plan:{plan_id}"
    return DeclaredPlan(
        BackupPlan(plan_id, arn, plan.name, place.account_id, place.region, "", rules, fault=fault),
        declaration,
    )


def _spelled(fault: Fault) -> str:
    return f"{'/'.join(fault.path)}: {fault.said}"
