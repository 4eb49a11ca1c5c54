"""The roles of a plan of Terraform, with what is attached to them after the change.

What is attached may be written in the role, or be resources of their own; of a role that is there the
provider reads what AWS has. Source: the provider's pages of `aws_iam_role`, `aws_iam_role_policy`,
`aws_iam_role_policy_attachment`, `aws_iam_policy_attachment`, `aws_iam_policy` and of the exclusive types.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from auditor.check.declared import Declaration, Place
from auditor.check.declared_subjects import DeclaredRole
from auditor.check.shapes import as_list, objects
from auditor.check.terraform.configuration import expressions
from auditor.check.terraform.instances import UNKNOWN, Instance
from auditor.check.terraform.role_attached import RoleAttached
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


class TerraformRoles:
    """Those of one plan; `missing` says why something may be missing from it."""

    def __init__(self, read: TerraformSubjects, missing: str) -> None:
        self._read, self._missing = read, missing
        #: by the role's name, then by its account, "" where the configuration of what attaches it is gone
        self._attached: defaultdict[str, defaultdict[str, RoleAttached]] = defaultdict(
            lambda: defaultdict(RoleAttached)
        )
        #: what is attached to a role that is not known, and why it is not
        self._nobodys, self._open = RoleAttached(), ""
        #: by the ARN of a policy and an account: what attaches it there, and keeps it off all others
        self._shared: dict[tuple[str, str], tuple[str, list[Json]]] = {}
        roles = [one for one in read.instances if one.type == ROLE and not one.gone]
        self._names = Counter(read.stand_ins.role_name(one) for one in roles)
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
        self._was_attached(one, [one.before.get("role")], "policy_arn" if one.type == ATTACHMENT else "name")
        if one.gone:
            return
        held = self._held(one, self._read.references.value(one, "role", "name"))
        if one.type == INLINE_POLICY:
            document, fault = self._read.document(one, "policy")
            name = one.value("name")
            called = name if isinstance(name, str) else one.address
            held.add(document, f"{one.address}: {fault}" if fault else "", called)
        else:
            self._add_arn(held, one, "policy_arn", self._read.references.value(one, "policy_arn", "arn"))

    def _was_attached(self, one: Instance, names: Iterable[Json], key: str) -> None:
        """Leave out what a role says to have of it: what this still attaches, it adds itself."""
        known = self._read.configuration.resource(one)
        account = self._read.located.before(one).account_id if known else ""
        for name in names if one.before else ():
            self._attached[str(name)][account].gone.add(str(one.before.get(key)))

    def _held(self, one: Instance, name: Json) -> RoleAttached:
        """What is attached to the role of a name in the account of what attaches it."""
        if isinstance(name, str):
            return self._attached[name][self._read.located.of(one).account_id]
        self._open = self._open or f"a role of {one.address} is known only after the apply"
        return self._nobodys

    def _of_role(self, one: Instance, name: str) -> RoleAttached:
        """What is attached to a role; of what is in an account that is not known, that is not known."""
        place, several = self._read.located.of(one), self._names[name] > 1
        found = [self._nobodys.perhaps(self._open)] if self._open else []
        for account, held in self._attached[name].items():
            if account == place.account_id or not (account or several):
                found.append(held)
            elif not (account and place.named[0] and Place.of(account, "").named[0]):
                fault = f"whether what is attached to a role {name} is attached to {one.address} is not known"
                found.append(held.perhaps(fault))
        return RoleAttached.joined(found)

    def _share(self, one: Instance) -> None:
        """A policy that one resource attaches to several roles, and takes off whoever else has it."""
        self._was_attached(one, as_list(one.before.get("roles")), "policy_arn")
        if one.gone:
            return
        arn, names = (
            self._read.references.value(one, "policy_arn", "arn"),
            self._several(one, "roles", "name"),
        )
        if isinstance(arn, str):
            self._shared[arn, self._read.located.of(one).account_id] = (one.address, names)
        for name in names:
            self._add_arn(self._held(one, name), one, "policy_arn", arn)

    def _only(self, one: Instance) -> None:
        """What attaches the policies that it names and takes others off; inline ones it only takes off."""
        held = self._held(one, self._read.references.value(one, "role_name", "name"))
        if one.type == ONLY_INLINE:
            names = self._several(one, "policy_names", "name")
            held.only_inline[one.address] = {name for name in names if isinstance(name, str)}
            return
        arns = self._several(one, "policy_arns", "arn")
        held.only[one.address] = {arn for arn in arns if isinstance(arn, str)}
        for arn in arns:
            self._add_arn(held, one, "policy_arns", arn)

    def _several(self, one: Instance, key: str, meant: str) -> list[Json]:
        """The values of a list, `UNKNOWN` for one that is not known."""
        known = one.value(key)
        if known is not UNKNOWN and UNKNOWN not in as_list(known):
            return as_list(known)
        written = expressions(self._read.configuration.resource(one)).get(key)
        return self._read.references.several(one, written, meant)

    def _add_arn(self, held: RoleAttached, one: Instance, key: str, arn: Json) -> None:
        """Attach the policy of an ARN, which an attribute of an instance has."""
        if not isinstance(arn, str):
            held.hide(f"{key} of {one.address} is known only after the apply")
            return
        held.arns.add(arn)
        if arn in self._documents:
            held.add(*self._documents[arn])
        else:
            held.managed.append(arn)

    def found(self) -> Iterator[DeclaredRole]:
        """Each that is there after the change."""
        read = self._read
        for one in read.instances:
            if one.type != ROLE or one.gone:
                continue
            name = read.stand_ins.role_name(one)
            held = self._of_role(one, name)
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
                self._bounded(one) or self._elsewhere(one, name, held) or held.less,
            )

    def _bounded(self, one: Instance) -> str:
        """Why its policies may not say all, "" where they do."""
        value = one.value("permissions_boundary")
        written = "permissions_boundary" in expressions(self._read.configuration.resource(one))
        bounded = written if value is UNKNOWN else value
        return f"{one.address} has a permissions_boundary, which is not looked at" if bounded else ""

    def _elsewhere(self, one: Instance, name: str, held: RoleAttached) -> str:
        """Why a policy of a role may be taken off by what attaches it to others only, "" where it is not."""
        account = self._read.located.of(one).account_id
        for arn in sorted(held.arns):
            address, names = self._shared.get((arn, account), ("", []))
            if address and name not in names:
                return f"{address} takes {arn} off roles that it does not name"
        return ""

    def _own(self, one: Instance, held: RoleAttached) -> None:
        """What the role itself has, but for what the change takes away; where it names it, nothing else."""
        written = expressions(self._read.configuration.resource(one))
        for key in ("managed_policy_arns", "inline_policy"):
            value = one.value(key)
            if key == "managed_policy_arns" and held.only:
                continue
            if value is UNKNOWN or UNKNOWN in as_list(value):
                if key in written:
                    held.hide(f"{key} of {one.address} is known only after the apply")
            elif key == "managed_policy_arns":
                arns = [arn for arn in as_list(value) if isinstance(arn, str)]
                if key in written and isinstance(value, list):
                    held.only[one.address] = set(arns)
                for arn in arns:
                    if arn not in held.gone:
                        self._add_arn(held, one, key, arn)
            else:
                self._own_inline(one, objects(value), held, names_all=key in written)

    @staticmethod
    def _own_inline(
        one: Instance, blocks: list[Mapping[str, Json]], held: RoleAttached, *, names_all: bool
    ) -> None:
        if names_all and blocks:
            held.only_inline[one.address] = {str(block.get("name")) for block in blocks}
        for block in blocks:
            name = str(block.get("name"))
            if block.get("policy") and name not in held.gone:
                hidden = block["policy"] is UNKNOWN
                said = f"a policy of {one.address} is known only after the apply" if hidden else ""
                held.add(block["policy"], said, name)
