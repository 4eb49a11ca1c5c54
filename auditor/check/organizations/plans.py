"""The plans and selections that AWS Backup makes of an effective policy, as inputs declare others."""

from collections.abc import Iterable

from auditor.check.declared import Declaration, DeclaredPlan, DeclaredSelection, Place
from auditor.check.declared_policies import DeclaredPolicy
from auditor.check.organizations.terms import located, spelled
from auditor.check.reading import Reading
from auditor.derive.backup_policies import EffectivePlan
from auditor.derive.backup_policy_faults import Fault, open_elements
from auditor.model.documents import UnreadableDocument
from auditor.model.plans import BackupPlan, CopyLifecycle, Rule, Selection


def add_plan(
    reading: Reading,
    policy: DeclaredPolicy,
    plan: EffectivePlan,
    account: str,
    where: str,
    copies: CopyLifecycle,
    fault: str = "",
) -> None:
    """Add a plan and its selections in each of its Regions; `policy` is the one that its lines are of.

    `fault` says in a clause why what the plan does is not known, "" where it is.
    """
    unknown = open_elements({"plans": {plan.name: {"rules": plan.rules, "selections": plan.selections}}})
    for region in dict.fromkeys(plan.regions):
        place = Place.of(account, region)
        plan_id = f"orgs/{plan.name} of {policy.name} in {account} {region}"
        declaration = located(policy, ("plans", plan.name), f"{where} {region}".strip())
        reading.plans.append(_plan(plan, plan_id, place, declaration, unknown, copies, fault))
        for (kind, name), document in plan.selection_documents(account, region):
            at = located(policy, ("plans", plan.name, "selections", kind, name))
            hidden = next((spelled(one) for one in unknown if one.path[-2:] == (kind, name)), "")
            selection_id = f"{plan_id} {kind} {name}"
            try:
                selection = Selection.from_document(document, plan_id=plan_id, selection_id=selection_id)
            except UnreadableDocument as error:
                hidden = str(error)
            if hidden:
                selection = Selection(selection_id, name, plan_id, "", fault=hidden)
            reading.selections.append(DeclaredSelection(place, selection, at, role=selection.iam_role_arn))


def _plan(
    plan: EffectivePlan,
    plan_id: str,
    place: Place,
    declaration: Declaration,
    unknown: Iterable[Fault],
    copies: CopyLifecycle,
    fault: str,
) -> DeclaredPlan:
    rules: tuple[Rule, ...] = ()
    fault = fault or next((spelled(one) for one in unknown if "rules" in one.path), "")
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
