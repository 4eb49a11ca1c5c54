"""What a plan of Terraform weakens in place: policies of vaults and roles, and restore tests."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from auditor.check.declared import Declaration
from auditor.check.declared_changes import DeclaredChange
from auditor.check.declared_subjects import DeclaredRole
from auditor.check.role_coverage import known_statements, lost_of, no_longer
from auditor.check.shapes import objects
from auditor.check.terraform.instances import UNKNOWN, Instance
from auditor.check.terraform.restore_tests import RESTORE_TESTS, weakened
from auditor.check.terraform.role_losses import roles_with
from auditor.check.terraform.subjects import TerraformSubjects
from auditor.check.terraform.types import INLINE_POLICY, MANAGED_POLICY, ROLE, SELECTION, VAULT_POLICY
from auditor.derive.iam_policy import Statement, statements_of
from auditor.derive.iam_weakening import less_denied
from auditor.derive.vault_access import VAULT_ACTIONS
from auditor.model.documents import UnreadableDocument

Json = Any

_OF_ROLES: Final = (ROLE, INLINE_POLICY, MANAGED_POLICY)


@dataclass(frozen=True, slots=True)
class Weakened:
    """Those of one plan; `roles` are as they are after the change."""

    read: TerraformSubjects
    roles: Sequence[DeclaredRole]

    def found(self) -> Iterator[DeclaredChange]:
        """Each; one whose document before the change cannot be understood is none."""
        for one in self.read.instances:
            if "update" in one.actions and one.type == VAULT_POLICY:
                yield from self._vault_policy(one)
            elif "update" in one.actions and one.type in _OF_ROLES:
                yield from self._role_policy(one)
            elif "update" in one.actions and one.type in RESTORE_TESTS:
                less = weakened(one, self.read.configuration)
                if less:
                    name = str(one.before.get("name") or one.address)
                    yield self._change(one, RESTORE_TESTS[one.type], less.lost, less.fault, name)

    def _vault_policy(self, one: Instance) -> Iterator[DeclaredChange]:
        before = known_statements(one.before.get("policy"))
        document, fault = self.read.document(one, "policy")
        after: list[Statement] = []
        try:
            after = statements_of(document) if document and not fault else []
        except UnreadableDocument as error:
            fault = f"it cannot be understood: {error}"
        less = less_denied(before, after, VAULT_ACTIONS)
        lost = less.sure or less.unsure
        if lost:
            unsure = f"whether it still denies {lost[0]} to as many is not known"
            yield self._change(
                one, "vault policy", lost, f"{unsure}: {fault}" if fault else "" if less.sure else unsure
            )

    def _role_policy(self, one: Instance) -> Iterator[DeclaredChange]:
        """The types that a role may back up no more, of a role that selections back up with."""
        less = no_longer(_documents(one, before=True), _documents(one, before=False))
        for name in sorted(self._named(one) & self._used()) if less else ():
            role = next((role for role in self.roles if role.name == name), None)
            lost, fault = lost_of(role, less, _NO_ROLE)
            if lost:
                yield self._change(one, "role policy", lost, fault, name)

    def _change(
        self, one: Instance, kind: str, lost: tuple[str, ...], fault: str, name: str = ""
    ) -> DeclaredChange:
        return DeclaredChange(
            place=self.read.located.before(one),
            kind=kind,
            action="weakened",
            name=name or str(one.before.get("backup_vault_name") or one.address),
            declaration=Declaration(self.read.file, one.address),
            fault=fault,
            lost=lost,
        )

    def _named(self, one: Instance) -> set[str]:
        """The names of the roles that a policy is of."""
        if one.type != MANAGED_POLICY:
            return {str(one.before.get("role" if one.type == INLINE_POLICY else "name"))}
        return roles_with(self.read.instances, one.before.get("arn"))

    def _used(self) -> set[str]:
        """The names of the roles that selections back up with, before the change or after it."""
        selections = [one for one in self.read.instances if one.type == SELECTION]
        arns = [one.before.get("iam_role_arn") for one in selections]
        arns += [self.read.references.value(one, "iam_role_arn", "arn") for one in selections if not one.gone]
        return {arn.rpartition("/")[2] for arn in arns if isinstance(arn, str)}


_NO_ROLE: Final = "the role is not in the plan, so what else it may do is not known"


def _documents(one: Instance, *, before: bool) -> list[Json]:
    """The documents of a policy, or of the inline ones of a role, that are known."""
    value = one.before.get if before else one.value
    if one.type != ROLE:
        return [value("policy")]
    blocks = value("inline_policy")
    return [block.get("policy") for block in objects(blocks)] if blocks is not UNKNOWN else []
