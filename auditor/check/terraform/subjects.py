"""What backups rest on beside plans and vaults, in a plan of Terraform: policies of vaults, settings.

Source: the provider's pages of the types.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from auditor.check.declared import Declaration
from auditor.check.declared_subjects import DeclaredSubject
from auditor.check.shapes import as_object
from auditor.check.terraform.configuration import Configuration, expressions
from auditor.check.terraform.instances import UNKNOWN, Instance
from auditor.check.terraform.located import Located
from auditor.check.terraform.policy_documents import PolicyDocuments
from auditor.check.terraform.priors import Priors
from auditor.check.terraform.references import References, said
from auditor.check.terraform.stand_ins import StandIns, vault_arn
from auditor.check.terraform.types import GLOBAL_SETTINGS, RESTORE_TESTED, RESTORE_TESTING, VAULT_POLICY
from auditor.check.vault_policies import vault_policy

Json = Any

#: The types that are read here, and are nothing else.
SUBJECTS: Final = (VAULT_POLICY, GLOBAL_SETTINGS, RESTORE_TESTING, RESTORE_TESTED)
_SETTINGS: Final = "global_settings"
_CROSS_ACCOUNT: Final = "isCrossAccountBackupEnabled"


def account_copies(instances: Iterable[Instance], configuration: Configuration) -> tuple[bool, str]:
    """Whether the plan switches copies into other accounts off (aws-backup.md 4.12), and what hides that."""
    hidden = ""
    for one in instances:
        if one.type != GLOBAL_SETTINGS or one.gone:
            continue
        settings = one.value(_SETTINGS)
        value = UNKNOWN if settings is UNKNOWN else as_object(settings).get(_CROSS_ACCOUNT)
        if value == "false":
            return True, ""
        if value is UNKNOWN:
            written = said(expressions(configuration.resource(one)).get(_SETTINGS))
            hidden = f"{_CROSS_ACCOUNT} of {one.address} is known only after the apply ({written})"
    return False, hidden


class TerraformSubjects:
    """Those of one plan."""

    def __init__(
        self,
        instances: Sequence[Instance],
        located: Located,
        stand_ins: StandIns,
        references: References,
        configuration: Configuration,
        documents: PolicyDocuments,
        priors: Priors,
        file: str,
    ) -> None:
        self.instances, self.located, self.stand_ins = instances, located, stand_ins
        self.references, self.configuration, self.file = references, configuration, file
        self._documents, self.priors = documents, priors

    def found(self) -> Iterator[DeclaredSubject]:
        """Each that is there after the change."""
        for one in self.instances:
            if one.type == VAULT_POLICY and not one.gone:
                yield self._vault_policy(one)

    def _vault_policy(self, one: Instance) -> DeclaredSubject:
        place, name = self.located.of(one), self.references.value(one, "backup_vault_name", "name")
        named = name if isinstance(name, str) else self.stand_ins.unknown(one)
        policy, fault = self.document(one, "policy")
        where = Declaration(self.file, one.address)
        found = vault_policy(place, vault_arn(place, named), named, where, policy, fault)
        return replace(found, stays=not self.priors.of(one).changes)

    def document(self, one: Instance, key: str) -> tuple[Json, str]:
        """The policy that an attribute holds, and why it is not known, in a clause."""
        policy = one.value(key)
        expression = expressions(self.configuration.resource(one)).get(key)
        if policy is UNKNOWN:
            policy = self.references.one(one, expression, "")
            # an expression that names only an ARN has that in its document, and is none itself
            found = isinstance(policy, str) and policy.lstrip().startswith("{")
            policy = policy if found else self._documents.of(one, expression)
        hidden = policy is UNKNOWN
        return policy, f"{key} is known only after the apply ({said(expression)})" if hidden else ""
