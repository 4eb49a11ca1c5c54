"""Backup policies of AWS Organizations in a plan, and what it attaches them to.

Source: the provider's documentation of `aws_organizations_policy` and `aws_organizations_policy_attachment`.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import compress
from typing import Final

from auditor.check.declared import Declaration
from auditor.check.declared_policies import DeclaredPolicy
from auditor.check.policy_documents import BACKUP_POLICY, policy_of
from auditor.check.reading import Reading
from auditor.check.terraform.configuration import Configuration, expressions
from auditor.check.terraform.instances import UNKNOWN, Instance
from auditor.check.terraform.organization_units import units_of
from auditor.check.terraform.references import References, said
from auditor.check.terraform.stand_ins import StandIns
from auditor.check.terraform.types import (
    ACCOUNT,
    OF_AWS,
    ORGANIZATION,
    ORGANIZATION_POLICY,
    POLICY_ATTACHMENT,
    UNIT,
)

#: The types that are read here, and beside it.
_KINDS: Final = (ORGANIZATION_POLICY, POLICY_ATTACHMENT)
OF_ORGANIZATIONS: Final = (*_KINDS, ORGANIZATION, UNIT, ACCOUNT)
#: Actions with which nothing becomes of what is there.
_NOTHING: Final = {"no-op", "read", "forget"}
#: The type of a policy that says none.
_DEFAULT: Final = "SERVICE_CONTROL_POLICY"


def read_organization(
    reading: Reading,
    instances: Sequence[Instance],
    configuration: Configuration,
    references: References,
    stand_ins: StandIns,
) -> None:
    """Add to a reading policies and a part of the tree; if anything of them changes, as they were, too."""
    own = [one for one in instances if one.type in OF_ORGANIZATIONS]
    if not own:
        return
    stay = [*(one for one in own if not one.gone), *map(_left_there, filter(left, own))]
    policies = _Policies(stay, configuration, references, stand_ins, reading.file)
    reading.policies = policies.found()
    reading.nodes = [*units_of(own, configuration, references, reading.file)]
    reading.not_looked_at.update(one.type for one in policies.other)
    if not all(set(one.actions) <= _NOTHING for one in own):
        before = [_as_it_was(one) for one in own if one.before]
        was = _Policies(before, configuration, references, stand_ins, reading.file)
        reading.policies_before = was.found()
        reading.nodes_before = [*units_of(before, configuration, references, reading.file)]


class _Policies:
    """The backup policies of one plan, of the instances of both types that stay."""

    def __init__(
        self,
        instances: Sequence[Instance],
        configuration: Configuration,
        references: References,
        stand_ins: StandIns,
        file: str,
    ) -> None:
        self._configuration, self._references, self._file = configuration, references, file
        policies = [one for one in instances if one.type == ORGANIZATION_POLICY]
        backup = [_kind(one) in (BACKUP_POLICY, UNKNOWN) for one in policies]
        others = [one for one, ours in zip(policies, backup, strict=True) if not ours]
        self._policies = [(stand_ins.plan_id(one), one) for one in compress(policies, backup)]
        self._attached: dict[str, list[str]] = {policy_id: [] for policy_id, _ in self._policies}
        self._open: dict[str, str] = {}
        self._of_other_types = {OF_AWS, *map(stand_ins.plan_id, others)}
        #: What is of policies of other types, or of one that is not in the plan.
        self.other = [
            *others,
            *(one for one in instances if one.type == POLICY_ATTACHMENT and not self._attach(one)),
        ]

    def found(self) -> list[DeclaredPolicy]:
        """Every backup policy, with the ids of the targets that are known."""
        own = [self._policy(policy_id, one) for policy_id, one in self._policies]
        return [*own, *(self._other_policy(one) for one in self.other if self._of_no_type(one))]

    def _of_no_type(self, instance: Instance) -> bool:
        """Whether it attaches a policy of which the plan does not tell the type."""
        if instance.type != POLICY_ATTACHMENT:
            return False
        policy_id = self._references.value(instance, "policy_id", "id")
        return not (isinstance(policy_id, str) and policy_id in self._of_other_types)

    def _other_policy(self, attachment: Instance) -> DeclaredPolicy:
        """What an attachment attaches, where the plan does not tell what that is."""
        policy_id = self._references.value(attachment, "policy_id", "id")
        target_id = self._references.value(attachment, "target_id", "id")
        known = isinstance(target_id, str)
        named = policy_id if isinstance(policy_id, str) else "that it attaches"
        return policy_of(
            None,
            name=f"{attachment.address} ({self._file})",
            address=attachment.address,
            declaration=Declaration(self._file, attachment.address),
            targets=(target_id,) if known else (),
            open_targets="" if known else "what it is attached to is known only after the apply",
            fault=f"the policy {named} is not in the plan, so it is not known whether it is a backup policy",
            perhaps="attached anew" if "create" in attachment.actions else "attached already",
        )

    def _attach(self, attachment: Instance) -> bool:
        """Whether it attaches a backup policy of the plan."""
        policy_id = self._references.value(attachment, "policy_id", "id")
        target_id = self._references.value(attachment, "target_id", "id")
        if not isinstance(policy_id, str) or policy_id not in self._attached:
            return False
        if isinstance(target_id, str):
            self._attached[policy_id].append(target_id)
        else:
            expression = expressions(self._configuration.resource(attachment)).get("target_id")
            known = f"what {attachment.address} attaches it to is known only after the apply"
            self._open[policy_id] = f"{known} ({said(expression)})"
        return True

    def _policy(self, policy_id: str, instance: Instance) -> DeclaredPolicy:
        content, named = instance.value("content"), f"{instance.address} ({self._file})"
        declaration = Declaration(self._file, instance.address)
        targets = tuple(dict.fromkeys(self._attached[policy_id]))
        open_targets = self._open.get(policy_id, "")
        hidden = next((key for key in ("type", "content") if instance.value(key) is UNKNOWN), "")
        fault = "" if isinstance(content, str) else "it has no content"
        if hidden:
            expression = expressions(self._configuration.resource(instance)).get(hidden)
            fault = f"its {hidden} is known only after the apply ({said(expression)})"
        return policy_of(
            content,
            name=named,
            address=instance.address,
            declaration=declaration,
            targets=targets,
            open_targets=open_targets,
            fault=fault,
        )


def left(instance: Instance) -> bool:
    """Whether `skip_destroy` leaves a policy, or what attaches one, in AWS though the plan deletes it."""
    deleted = instance.type in _KINDS and "delete" in instance.actions
    return deleted and instance.before.get("skip_destroy") is True


def _as_it_was(instance: Instance) -> Instance:
    return replace(instance, values=instance.before, unknown={}, actions=("no-op",))


def _left_there(instance: Instance) -> Instance:
    """What stays of something; beside what replaces it, it has an address of its own."""
    beside = "" if instance.gone else " (left there)"
    return replace(_as_it_was(instance), address=f"{instance.address}{beside}")


def _kind(instance: Instance) -> object:
    kind = instance.value("type")
    return _DEFAULT if kind is None else kind
