"""What backups rest on beside plans and vaults, in a template: policies of vaults.

Source: CloudFormation template reference, properties of the types.
"""

from collections.abc import Iterator

from auditor.check.cloudformation.identities import TemplateNames
from auditor.check.cloudformation.values import UnknownInTemplate
from auditor.check.declared import Declaration, Place
from auditor.check.declared_subjects import DeclaredSubject
from auditor.check.vault_policies import vault_policy


def vault_policy_of(
    names: TemplateNames, place: Place, logical: str, where: Declaration
) -> Iterator[DeclaredSubject]:
    """The policy of a vault, if it has one."""
    fault, policy = "", None
    try:
        policy = names.values.of(names.properties(logical).get("AccessPolicy"))
    except UnknownInTemplate as unknown:
        fault = f"it depends on {unknown}, which the template does not tell"
    if policy is not None or fault:
        arn, name = (names.attribute(logical, attribute) for attribute in ("BackupVaultArn", ""))
        yield vault_policy(place, arn, name, where, policy, fault)
