"""Facts of accounts: whether backup policies of the organization are in force there as they are written.

A parameter asks for them. The policies on the path of an account are merged and compared with the effective
policy that AWS Organizations tells; that one with the plans which AWS Backup has made of it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from auditor.derive.backup_policies import EffectivePlan, plans_of
from auditor.derive.effective_policy import (
    effective_policy,
    policy_differences,
    rule_differences,
    rules_in,
    written_policy,
)
from auditor.derive.made_selections import selection_differences, wanted_selections
from auditor.derive.policy_merge import Level, merge
from auditor.evaluate.columns import rows
from auditor.evaluate.configuration import plans_in, selections_in
from auditor.evaluate.facts import Hole
from auditor.evaluate.gaps import GapIndex, Scope, Unknowns
from auditor.evaluate.opt_in import of_the_organization
from auditor.evaluate.shortened import first_ten
from auditor.evaluate.times import DAY_MS, epoch_ms, long_after, parse
from auditor.evaluate.whereabouts import regions_left_out
from auditor.evidence.policy_tables import BACKUP_POLICIES, EFFECTIVE_POLICIES, POLICY_ERRORS
from auditor.model.documents import UnreadableDocument
from auditor.model.organization import Account
from auditor.model.plans import BackupPlan, CopyLifecycle, Selection

if TYPE_CHECKING:
    from auditor.evidence.store import Evidence

ATTACHED, ERRORS = "account.backup_policies", "account.policy_errors"
DIFFERENCES, PLANS = "account.policy_differences", "account.plan_differences"
OF_BACKUP_POLICIES: Final = (ATTACHED, ERRORS, DIFFERENCES, PLANS)
_OPERATION: Final = "DescribeEffectivePolicy"
#: How copies without a lifecycle are read on both sides, so that it makes no difference.
_COPIES: Final[CopyLifecycle] = "inherit"
#: The tables that tell which plans there are, and whether they select something.
_OF_PLANS: Final = ("backup_plans", "backup_selections")
#: What is asked of one account, so that its failure hides nothing of others.
_OF_ONE: Final = (_OPERATION, "ListEffectivePolicyValidationErrors")


def compares_policies(parameters: Mapping[str, Any]) -> bool:
    """Whether `parameters` (parameters.yaml, checked) ask for it."""
    return bool(parameters.get("evidence", {}).get("backup_policies", {}).get("compared", False))


@dataclass(slots=True)
class _Found:
    """What is said of one account, by fact, and the gaps that hide more of it."""

    said: dict[str, list[str]] = field(default_factory=lambda: {path: [] for path in OF_BACKUP_POLICIES[1:]})
    gaps: dict[str, set[str]] = field(default_factory=lambda: {path: set() for path in OF_BACKUP_POLICIES})


class BackupPolicies:
    """The backup policies of the evidence and what AWS made of them; account by account they are compared."""

    def __init__(self, evidence: "Evidence", known: GapIndex, unknowns: Unknowns) -> None:
        self._evidence, self._known, self._unknowns = evidence, known, unknowns
        self._attached: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for policy in rows(evidence.read(BACKUP_POLICIES)):
            for target in dict.fromkeys(policy["targets"]):
                self._attached[target].append(policy)
        self._effective = {row["account_id"]: row for row in rows(evidence.read(EFFECTIVE_POLICIES))}
        self._errors: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in rows(evidence.read(POLICY_ERRORS)):
            self._errors[row["account_id"]].append(row)
        read, as_of = (epoch_ms(parse(evidence.metadata[name])) for name in ("collected_at", "as_of"))
        self._late, self._read_ms = long_after(read, as_of), read
        #: Regions that the run was not asked to read
        self._left_out = regions_left_out(evidence)
        self._places: defaultdict[str, list[Scope]] = defaultdict(list)
        for place in evidence.partitions():
            self._places[place[0]].append(place)

    def facts(self, account: Account) -> tuple[dict[str, Any], dict[str, Hole]]:
        """The facts of an account by path, and what of them is not known."""
        account_id, found = account.account_id, _Found()
        levels = [self._attached.get(target, []) for target in (*(account.parents or ()), account_id)]
        attached = len({one["policy_id"] for level in levels for one in level})
        unread = self._unread(BACKUP_POLICIES, account_id)
        if not unread and (self._late or account.parents is None):
            why = f"Where account {account_id} is in the organization is not known."
            why = "The backup policies were read long after as_of." if self._late else why
            unread = {self._unknown(account_id, "policies", why)}
        for path in OF_BACKUP_POLICIES if unread else ():
            found.gaps[path] |= unread
        if attached and not self._late:
            self._say_errors(found, account_id)
            self._compare(found, account_id, levels, whole=not unread)
        facts = {ATTACHED: attached, **{path: first_ten(said) for path, said in found.said.items()}}
        holes = {path: Hole(tuple(sorted(ids)), partial=True) for path, ids in found.gaps.items() if ids}
        return facts, holes

    def _say_errors(self, found: _Found, account_id: str) -> None:
        found.gaps[ERRORS] |= self._unread(POLICY_ERRORS, account_id)
        for row in self._errors.get(account_id, ()):
            told = [row["path"], row["message"] or row["code"]]
            found.said[ERRORS].append(": ".join(filter(None, told)) or "its errors were not told")

    def _compare(
        self, found: _Found, account_id: str, levels: Sequence[Sequence[Mapping[str, Any]]], *, whole: bool
    ) -> None:
        """Compare what is in force with the policies, known where they are `whole`, and the plans."""
        both = (DIFFERENCES, PLANS)
        gaps = self._unread(EFFECTIVE_POLICIES, account_id)
        row = self._effective.get(account_id)
        if row is None and not gaps:
            gaps = {
                self._unknown(account_id, "effective", f"What is in force in {account_id} was not asked.")
            }
        text = "{}" if row is None or row["document"] is None else row["document"]
        document = effective_policy(text)
        if document is None:
            why = f"The effective backup policy of {account_id} cannot be understood."
            gaps = {self._unknown(account_id, "effective", why)}
        for path in both:
            found.gaps[path] |= gaps
        if row is None or document is None:
            return
        if whole:
            self._compare_policies(found, account_id, levels, document)
        updated = row["updated_at"]
        settled = updated is not None and epoch_ms(updated) <= self._read_ms - DAY_MS
        found.gaps[PLANS].update(self._known.ids(_OF_PLANS, account_id))
        elsewhere = self._left_out.intersection(name for one in plans_of(document) for name in one.regions)
        if elsewhere:
            why = (
                f"The run was not asked to read the plans of {account_id} in {', '.join(sorted(elsewhere))}."
            )
            found.gaps[PLANS].add(self._unknown(account_id, "Regions", why))
        places = self._places.get(account_id, ())
        said = [one for place in places for one in self._plans(found, place, document)]
        if said and not settled:
            why = f"The effective policy of {account_id} may be younger than a day: {said[0]}."
            found.gaps[PLANS].add(self._unknown(account_id, "plans", why))
        else:
            found.said[PLANS] += said

    def _compare_policies(
        self,
        found: _Found,
        account_id: str,
        levels: Sequence[Sequence[Mapping[str, Any]]],
        effective: Mapping[str, Any],
    ) -> None:
        read = [[(one["name"], written_policy(one["document"])) for one in level] for level in levels]
        odd = next((name for level in read for name, policy in level if policy is None), None)
        if odd is not None:
            why = f"The backup policy {odd} has something that is not known here."
            found.gaps[DIFFERENCES].add(self._unknown(account_id, "written", why))
            return
        known = [tuple((name, one or {}) for name, one in level) for level in read]
        merged = merge([Level(level, ordered=len(level) <= 1) for level in known])
        said = policy_differences(merged, effective)
        found.said[DIFFERENCES] += said.sure
        if said.open_:
            why = f"AWS does not tell which of several policies counts in {account_id}: {said.open_[0]}."
            found.gaps[DIFFERENCES].add(self._unknown(account_id, "order", why))

    def _plans(self, found: _Found, place: Scope, effective: Mapping[str, Any]) -> list[str]:
        """How the plans of one account and Region differ from an effective policy."""
        account_id, region = place
        unread = self._known.ids(_OF_PLANS, account_id, region)
        held = plans_in(self._evidence.read("backup_plans", *place), account_id, region, _COPIES)
        made = {one.name: one for one in held if of_the_organization(one.plan_id) and one.valid_until is None}
        selections: defaultdict[str, list[Selection]] = defaultdict(list)
        for one in selections_in(self._evidence.read("backup_selections", *place)):
            selections[one.plan_id].append(one)
        wanted = {one.name: one for one in plans_of(effective) if region in one.regions}
        said = [f"{name} in {region} is in no policy" for name in sorted(made.keys() - wanted.keys())]
        for name, plan in sorted(wanted.items()):
            if name in made:
                clauses = self._of_plan(found, plan, made[name])
                if not unread:
                    clauses += self._of_selections(found, plan, made[name], selections[made[name].plan_id])
                said += [f"{name} in {region}: {clause}" for clause in clauses]
            elif not unread:
                said.append(f"{name} in {region} is not there")
        return said

    def _of_plan(self, found: _Found, wanted: EffectivePlan, made: BackupPlan) -> list[str]:
        """How a plan differs from what a policy wants; either may not be understood."""
        fault = made.fault
        try:
            rules = rules_in(wanted, made.account_id, made.region, _COPIES)
        except UnreadableDocument as error:
            rules, fault = [], str(error)
        if not fault:
            return rule_differences(rules, made.rules)
        why = f"The plan {made.arn} cannot be compared: {fault}."
        found.gaps[PLANS].add(self._unknown(made.account_id, made.arn, why))
        return []

    def _of_selections(
        self, found: _Found, wanted: EffectivePlan, made: BackupPlan, selections: Sequence[Selection]
    ) -> Sequence[str]:
        """How the selections of a plan, all of which were listed, differ from what a policy wants."""
        if not selections:
            return ["it selects nothing"]
        place = (made.account_id, made.region)
        differences = selection_differences(wanted_selections(wanted, *place), selections, place)
        for said in differences.open_:
            why = f"The selections of {made.arn} cannot be compared: {said}."
            found.gaps[PLANS].add(self._unknown(made.account_id, f"{made.arn} {said}", why))
        return differences.sure

    def _unread(self, table: str, account_id: str) -> set[str]:
        """The gaps in a table: those of an account, and of calls that are about no account alone."""
        of_all = (gap for gap in self._known.of_organization(table) if gap.operation not in _OF_ONE)
        return {*self._known.ids((table,), account_id), *(gap.gap_id for gap in of_all)}

    def _unknown(self, account_id: str, about: str, why: str) -> str:
        return self._unknowns.add(account_id, "", _OPERATION, "Undecided", f"{about} of {account_id}", why)
