"""The roles of a plan of Terraform, with what is attached to them after the change.

What is attached may be written in the role, or be resources of their own; of a role that is there the
provider reads what AWS has. Source: the provider's pages of `aws_iam_role`, `aws_iam_role_policy`,
`aws_iam_role_policy_attachment`, `aws_iam_policy_attachment`, `aws_iam_policy` and of the exclusive types.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from auditor.check.declared import Declaration
from auditor.check.declared_subjects import DeclaredRole
from auditor.check.shapes import as_list, objects
from auditor.check.terraform.configuration import expressions
from auditor.check.terraform.instances import UNKNOWN, Instance
from auditor.check.terraform.subjects import TerraformSubjects
from auditor.check.terraform.types import (
    ATTACHMENT,
    INLINE_POLICY,
    MANAGED_POLICY,
    ONLY_ATTACHED,
    ONLY_INLINE,
    ROLE,
    SHARED_ATTACHMENT,
)

Json = Any

#: The types that are read here, and are nothing else.
ROLES: Final = (
    ROLE,
    ATTACHMENT,
    INLINE_POLICY,
    MANAGED_POLICY,
    SHARED_ATTACHMENT,
    ONLY_ATTACHED,
    ONLY_INLINE,
)


@dataclass(slots=True)
class _Attached:
    """What resources of their own attach to the role of a name, and what the change takes away."""

    managed: list[str] = field(default_factory=list)
    documents: list[Json] = field(default_factory=list)
    hidden: str = ""
    bounded: str = ""
    gone: set[str] = field(default_factory=set)


class TerraformRoles:
    """Those of one plan; `missing` says why something may be missing from it."""

    def __init__(self, read: TerraformSubjects, missing: str) -> None:
        self._read, self._missing = read, missing
        self._attached: defaultdict[str, _Attached] = defaultdict(_Attached)
        self._open = ""
        self._documents: dict[str, tuple[Json, str]] = {}
        for one in read.instances:
            if one.type == MANAGED_POLICY and not one.gone:
                self._documents[read.stand_ins.arn(one) or ""] = read.document(one, "policy")
        for one in read.instances:
            if one.type in (ATTACHMENT, INLINE_POLICY):
                self._attach(one)
            elif one.type == SHARED_ATTACHMENT:
                self._share(one)
            elif one.type in (ONLY_ATTACHED, ONLY_INLINE) and not one.gone:
                self._only(one)

    def _attach(self, one: Instance) -> None:
        key = "policy_arn" if one.type == ATTACHMENT else "name"
        if one.gone:
            self._attached[str(one.before.get("role"))].gone.add(str(one.before.get(key)))
            return
        name = self._read.references.value(one, "role", "name")
        if not isinstance(name, str):
            self._open = self._open or f"the role of {one.address} is known only after the apply"
            return
        held = self._attached[name]
        if one.type == INLINE_POLICY:
            document, fault = self._read.document(one, "policy")
            self._add(held, document, f"{one.address}: {fault}" if fault else "")
            return
        arn = self._read.references.value(one, "policy_arn", "arn")
        if isinstance(arn, str):
            self._add_arn(held, arn)
        else:
            held.hidden = held.hidden or f"policy_arn of {one.address} is known only after the apply"

    def _share(self, one: Instance) -> None:
        """A policy that one resource attaches to several roles."""
        if one.gone:
            for name in as_list(one.before.get("roles")):
                self._attached[str(name)].gone.add(str(one.before.get("policy_arn")))
            return
        arn = self._read.references.value(one, "policy_arn", "arn")
        for name in self._several(one, "roles", "name"):
            if not isinstance(name, str):
                self._open = self._open or f"a role of {one.address} is known only after the apply"
            elif isinstance(arn, str):
                self._add_arn(self._attached[name], arn)
            else:
                held = self._attached[name]
                held.hidden = held.hidden or f"policy_arn of {one.address} is known only after the apply"

    def _only(self, one: Instance) -> None:
        """What attaches the policies that it names and takes others off; inline ones it only takes off."""
        name = self._read.references.value(one, "role_name", "name")
        if not isinstance(name, str):
            self._open = self._open or f"the role of {one.address} is known only after the apply"
            return
        held = self._attached[name]
        if one.type == ONLY_INLINE:
            held.bounded = f"{one.address} takes off inline policies, which is not looked at"
            return
        for arn in self._several(one, "policy_arns", "arn"):
            if isinstance(arn, str):
                self._add_arn(held, arn)
            else:
                held.hidden = held.hidden or f"policy_arns of {one.address} are known only after the apply"

    def _several(self, one: Instance, key: str, meant: str) -> list[Json]:
        """The values of a list, `UNKNOWN` for one that is not known."""
        known = one.value(key)
        if known is not UNKNOWN and UNKNOWN not in as_list(known):
            return as_list(known)
        written = expressions(self._read.configuration.resource(one)).get(key)
        return self._read.references.several(one, written, meant)

    def _add_arn(self, held: _Attached, arn: str) -> None:
        if arn in self._documents:
            self._add(held, *self._documents[arn])
        else:
            held.managed.append(arn)

    @staticmethod
    def _add(held: _Attached, document: Json, fault: str) -> None:
        held.hidden = held.hidden or fault
        held.documents += [] if fault else [document]

    def found(self) -> Iterator[DeclaredRole]:
        """Each that is there after the change."""
        read = self._read
        for one in read.instances:
            if one.type != ROLE or one.gone:
                continue
            name = read.stand_ins.role_name(one)
            held = self._attached[name]
            self._own(one, held)
            trust, fault = read.document(one, "assume_role_policy")
            yield DeclaredRole(
                read.located.of(one),
                read.stand_ins.arn(one) or "",
                name,
                Declaration(read.file, one.address),
                trust,
                fault,
                tuple(held.managed),
                tuple(held.documents),
                held.hidden or self._open or self._missing,
                self._bounded(one) or (held.bounded if held.documents else ""),
            )

    def _bounded(self, one: Instance) -> str:
        """Why its policies may not say all, "" where they do."""
        value = one.value("permissions_boundary")
        written = "permissions_boundary" in expressions(self._read.configuration.resource(one))
        bounded = written if value is UNKNOWN else value
        return f"{one.address} has a permissions_boundary, which is not looked at" if bounded else ""

    def _own(self, one: Instance, held: _Attached) -> None:
        """What the role itself has, but for what the change takes away."""
        written = expressions(self._read.configuration.resource(one))
        for key in ("managed_policy_arns", "inline_policy"):
            value = one.value(key)
            if value is UNKNOWN or UNKNOWN in as_list(value):
                if key in written:
                    held.hidden = held.hidden or f"{key} of {one.address} is known only after the apply"
            elif key == "managed_policy_arns":
                for arn in as_list(value):
                    if isinstance(arn, str) and arn not in held.gone:
                        self._add_arn(held, arn)
            else:
                for block in objects(value):
                    if block.get("policy") and str(block.get("name")) not in held.gone:
                        hidden = block["policy"] is UNKNOWN
                        said = f"a policy of {one.address} is known only after the apply" if hidden else ""
                        self._add(held, block["policy"], said)
