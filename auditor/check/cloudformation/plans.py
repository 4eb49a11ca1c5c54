"""Plans, selections and vaults of a template.

Source: CloudFormation template reference, AWS::Backup::BackupPlan, BackupSelection, BackupVault and
LogicallyAirGappedBackupVault.
"""

from typing import Any

from auditor.check.cloudformation.documents import as_number, as_texts, rules_document
from auditor.check.cloudformation.functions import UnknownInTemplate
from auditor.check.cloudformation.identities import AIR_GAPPED, TemplateNames
from auditor.check.cloudformation.roles import role_of
from auditor.check.declared import Declaration, DeclaredPlan, DeclaredSelection, DeclaredVault, Place
from auditor.check.locks import declared_lock
from auditor.check.shapes import as_object
from auditor.model.documents import UnreadableDocument, whole
from auditor.model.plans import BackupPlan, CopyLifecycle, Rule, Selection
from auditor.model.vaults import VaultLock

Json = Any


def plan_of(
    names: TemplateNames, place: Place, logical: str, where: Declaration, lifecycle: CopyLifecycle
) -> DeclaredPlan:
    """A plan; `lifecycle` is that of copies that name none."""
    rules: tuple[Rule, ...] = ()
    fault, name = "", logical
    try:
        plan = as_object(names.values.of(names.properties(logical).get("BackupPlan")))
        name = str(plan.get("BackupPlanName") or logical)
        rules = BackupPlan.rules_of(rules_document(plan), lifecycle)
    except UnknownInTemplate as unknown:
        fault = f"it depends on {unknown}, which the template does not tell"
    except UnreadableDocument as error:
        fault = str(error)
    plan_id, arn = (names.attribute(logical, key) for key in ("", "BackupPlanArn"))
    made = BackupPlan(plan_id, arn, name, place.account_id, place.region, "", rules, fault=fault)
    return DeclaredPlan(made, where)


def selection_of(names: TemplateNames, place: Place, logical: str, where: Declaration) -> DeclaredSelection:
    """A selection."""
    properties, values = names.properties(logical), names.values
    plan_id = names.known(properties.get("BackupPlanId"))
    named = plan_id or f"({where.address}: BackupPlanId is not known)"
    try:
        inner = as_object(values.chosen(properties.get("BackupSelection")))
        without_role = {key: value for key, value in inner.items() if key != "IamRoleArn"}
        document = as_texts(values.of(without_role))
        values.told([inner.get("ListOfTags"), inner.get("Conditions")])  # tags are compared
        selection = Selection.from_document(document, plan_id=named, selection_id=where.address)
    except UnknownInTemplate as unknown:
        fault = f"it depends on {unknown}, which the template does not tell"
        selection = Selection(where.address, logical, named, "", fault=fault)
    except UnreadableDocument as error:
        selection = Selection(where.address, logical, named, "", fault=str(error))
    role, perhaps = role_of(names, properties.get("BackupSelection"))
    return DeclaredSelection(place, selection, where, role=role, perhaps_roles=perhaps)


def vault_of(names: TemplateNames, place: Place, logical: str, where: Declaration) -> DeclaredVault:
    """A vault with its lock."""
    properties, gapped = names.properties(logical), names.type(logical) == AIR_GAPPED
    name, arn = (names.attribute(logical, key) for key in ("", "BackupVaultArn"))
    lock, fault = VaultLock(locked=False), ""
    given = properties if gapped else properties.get("LockConfiguration")
    try:
        found = None if given is None else as_object(names.values.of(given))
        if found:
            keys = ("MinRetentionDays", "MaxRetentionDays", "ChangeableForDays")
            least, most, grace = (whole(as_number(found.get(key)), key) for key in keys)
            lock = declared_lock(least, most, changeable_for_days=grace, air_gapped=gapped)
    except UnknownInTemplate as unknown:
        fault = f"it depends on {unknown}, which the template does not tell"
    except UnreadableDocument as error:
        fault = str(error)
    return DeclaredVault(place, arn, name, lock, where, fault)
