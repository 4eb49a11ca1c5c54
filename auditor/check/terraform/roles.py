"""The roles of a plan of Terraform, with what is attached to them after the change.

What is attached may be written in the role, or be resources of their own; of a role that is there the
provider reads what AWS has. Source: the provider's pages of `aws_iam_role`, `aws_iam_role_policy`,
`aws_iam_role_policy_attachment`, `aws_iam_policy_attachment`, `aws_iam_policy` and of the exclusive types.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from auditor.check.declared import Declaration, Place
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
    """What resources of their own attach to the role of a name, and what the change takes away.

    `gone` are the ARNs and names of what a resource has attached before: what it still attaches is in the
    rest. `only` are the ARNs that the resource `only_by` leaves, `inline_by` takes off inline policies.
    """

    managed: list[str] = field(default_factory=list)
    documents: list[Json] = field(default_factory=list)
    arns: set[str] = field(default_factory=set)
    hidden: str = ""
    bounded: str = ""
    gone: set[str] = field(default_factory=set)
    only: set[str] = field(default_factory=set)
    only_by: str = ""
    inline_by: str = ""

    def perhaps(self, fault: str) -> "_Attached":
        """The same where it is perhaps that of another role: it covers nothing, and may deny something."""
        return _Attached(hidden=fault, bounded=fault if self.documents else "", gone=self.gone)

    @classmethod
    def joined(cls, some: Sequence["_Attached"]) -> "_Attached":
        """All of several."""
        return cls(
            [arn for one in some for arn in one.managed],
            [document for one in some for document in one.documents],
            {arn for one in some for arn in one.arns},
            next((one.hidden for one in some if one.hidden), ""),
            next((one.bounded for one in some if one.bounded), ""),
            {name for one in some for name in one.gone},
            {arn for one in some for arn in one.only},
            next((one.only_by for one in some if one.only_by), ""),
            next((one.inline_by for one in some if one.inline_by), ""),
        )


class TerraformRoles:
    """Those of one plan; `missing` says why something may be missing from it."""

    def __init__(self, read: TerraformSubjects, missing: str) -> None:
        self._read, self._missing = read, missing
        #: by the role's name, then by its account, "" where the configuration of what attaches it is gone
        self._attached: defaultdict[str, defaultdict[str, _Attached]] = defaultdict(
            lambda: defaultdict(_Attached)
        )
        self._open = ""
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
        name = self._read.references.value(one, "role", "name")
        if not isinstance(name, str):
            self._open = self._open or f"the role of {one.address} is known only after the apply"
            return
        held = self._held(one, name)
        if one.type == INLINE_POLICY:
            document, fault = self._read.document(one, "policy")
            self._add(held, document, f"{one.address}: {fault}" if fault else "")
            return
        arn = self._read.references.value(one, "policy_arn", "arn")
        if isinstance(arn, str):
            self._add_arn(held, arn)
        else:
            held.hidden = held.hidden or f"policy_arn of {one.address} is known only after the apply"

    def _was_attached(self, one: Instance, names: Iterable[Json], key: str) -> None:
        """Leave out what a role says to have of it: what this still attaches, it adds itself."""
        known = self._read.configuration.resource(one)
        account = self._read.located.before(one).account_id if known else ""
        for name in names if one.before else ():
            self._attached[str(name)][account].gone.add(str(one.before.get(key)))

    def _held(self, one: Instance, name: str) -> _Attached:
        """What is attached to the role of a name in the account of what attaches it."""
        return self._attached[name][self._read.located.of(one).account_id]

    def _of_role(self, one: Instance, name: str) -> _Attached:
        """What is attached to a role; of what is in an account that is not known, that is not known."""
        place, several = self._read.located.of(one), self._names[name] > 1
        found = []
        for account, held in self._attached[name].items():
            if account == place.account_id or not (account or several):
                found.append(held)
            elif not (account and place.named[0] and Place.of(account, "").named[0]):
                fault = f"whether what is attached to a role {name} is attached to {one.address} is not known"
                found.append(held.perhaps(fault))
        return _Attached.joined(found)

    def _share(self, one: Instance) -> None:
        """A policy that one resource attaches to several roles."""
        self._was_attached(one, as_list(one.before.get("roles")), "policy_arn")
        if one.gone:
            return
        arn = self._read.references.value(one, "policy_arn", "arn")
        for name in self._several(one, "roles", "name"):
            if not isinstance(name, str):
                self._open = self._open or f"a role of {one.address} is known only after the apply"
            elif isinstance(arn, str):
                self._add_arn(self._held(one, name), arn)
            else:
                held = self._held(one, name)
                held.hidden = held.hidden or f"policy_arn of {one.address} is known only after the apply"

    def _only(self, one: Instance) -> None:
        """What attaches the policies that it names and takes others off; inline ones it only takes off."""
        name = self._read.references.value(one, "role_name", "name")
        if not isinstance(name, str):
            self._open = self._open or f"the role of {one.address} is known only after the apply"
            return
        held = self._held(one, name)
        if one.type == ONLY_INLINE:
            held.inline_by = one.address
            return
        held.only_by = one.address
        for arn in self._several(one, "policy_arns", "arn"):
            if isinstance(arn, str):
                held.only.add(arn)
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
        held.arns.add(arn)
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
                self._bounded(one) or self._less(held),
            )

    def _bounded(self, one: Instance) -> str:
        """Why its policies may not say all, "" where they do."""
        value = one.value("permissions_boundary")
        written = "permissions_boundary" in expressions(self._read.configuration.resource(one))
        bounded = written if value is UNKNOWN else value
        return f"{one.address} has a permissions_boundary, which is not looked at" if bounded else ""

    @staticmethod
    def _less(held: _Attached) -> str:
        """Why less may be attached than resources attach, "" where it may not."""
        if held.only_by and held.arns - held.only:
            return f"{held.only_by} takes off policies that it does not name"
        if held.inline_by and held.documents:
            return f"{held.inline_by} takes off inline policies, which is not looked at"
        return held.bounded

    def _own(self, one: Instance, held: _Attached) -> None:
        """What the role itself has, but for what the change takes away."""
        written = expressions(self._read.configuration.resource(one))
        for key in ("inline_policy",) if held.only_by else ("managed_policy_arns", "inline_policy"):
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
