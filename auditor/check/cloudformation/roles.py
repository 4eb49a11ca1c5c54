"""The roles of a template, with what is attached to them.

Source: CloudFormation template reference, AWS::IAM::Role, AWS::IAM::Policy, AWS::IAM::RolePolicy and
AWS::IAM::ManagedPolicy.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from auditor.check.cloudformation.functions import UnknownInTemplate
from auditor.check.cloudformation.identities import MANAGED_POLICY, ROLE, TemplateNames
from auditor.check.cloudformation.subjects import SOMETHING, told_policy
from auditor.check.declared import Declaration, Place
from auditor.check.declared_subjects import DeclaredRole, RoleWords
from auditor.check.shapes import as_list, as_object, objects
from auditor.derive.iam_policy import may_deny

Json = Any

#: What is attached to roles.
POLICIES: Final = (MANAGED_POLICY, "AWS::IAM::Policy", "AWS::IAM::RolePolicy")
#: The types that are read here, and are nothing else.
OF_ROLES: Final = (ROLE, *POLICIES)
_REFERENCE: Final = re.compile(r"\$\{([^!}][^}]*)\}")
#: The properties of them that say who may do what.
_LISTS: Final = ("ManagedPolicyArns", "Roles")
_DOCUMENTS: Final = (
    "AssumeRolePolicyDocument", "Policies", "PermissionsBoundary", "PolicyDocument", "RoleName",
)  # fmt: skip


@dataclass(slots=True)
class Policies:
    """What a template and its nested stacks attach to roles.

    `documents` are those of managed policies by ARN, and `attached` those of roles by name, each with why it
    is not known. `open` says why what is attached may be attached to another role, and `open_denial` why that
    may deny something.
    """

    documents: dict[str, tuple[Json, str]] = field(default_factory=dict)
    attached: defaultdict[str, list[tuple[Json, str]]] = field(default_factory=lambda: defaultdict(list))
    open: str = ""
    open_denial: str = ""


class TemplateRoles:
    """Those of one template; `made` says whether the condition of a resource holds.

    Its policies are added to `policies`; so the roles are known when all templates of the stack are read.
    """

    def __init__(
        self,
        names: TemplateNames,
        place: Place,
        resources: Mapping[str, Json],
        made: Callable[[str], bool],
        where: Callable[[str], Declaration],
        policies: Policies,
    ) -> None:
        self._names, self._place, self._made, self._where = names, place, made, where
        self._logical = [name for name in resources if names.type(name) in OF_ROLES]
        self._policies = policies
        for one in self._logical:
            if names.type(one) in POLICIES:
                self._policy(one)

    def found(self, missing: str) -> Iterator[DeclaredRole]:
        """Each; `missing` says why something may be missing from the template, "" where nothing is."""
        for one in self._logical:
            made = self._is_made(one)
            if self._names.type(one) == ROLE and made is not None:
                yield replace(self._role(one, missing), perhaps=bool(made))

    def words(self) -> Iterator[RoleWords]:
        """What is written of each role and policy; what is not known of it is `SOMETHING`."""
        for one in self._logical:
            if self._is_made(one) == "":
                properties = self._names.properties(one)
                said: dict[str, Json] = {
                    key: [
                        SOMETHING if hidden else value
                        for value, hidden in self._items(one, properties.get(key))
                        if hidden or value is not None
                    ]
                    for key in _LISTS
                }
                for key in _DOCUMENTS:
                    value, hidden = self._value(one, properties.get(key), policy=True)
                    said[key] = SOMETHING if hidden else value
                yield RoleWords(self._place, self._where(one), said)

    def _is_made(self, logical: str) -> str | None:
        """Why it is not known whether it is made, "" where it is made and None where it is not."""
        try:
            return "" if self._made(logical) else None
        except UnknownInTemplate as unknown:
            return f"whether {logical} is made depends on {unknown}"

    def _value(self, logical: str, value: Json, *, policy: bool = False) -> tuple[Json, str]:
        """A value, and why it is not known, in a clause; of a policy, some of it need not be known."""
        values = self._names.values
        try:
            return told_policy(values, value) if policy else values.of(value), ""
        except UnknownInTemplate as unknown:
            return None, f"{logical} depends on {unknown}, which the template does not tell"

    def _items(self, logical: str, value: Json) -> Iterator[tuple[Json, str]]:
        """The items of a list, each as `_value`; the list itself may not be known."""
        try:
            found = self._names.values.chosen(value)
        except UnknownInTemplate:
            found = value
        if isinstance(found, list):
            yield from (self._value(logical, one) for one in found)
        else:
            known, hidden = self._value(logical, found)
            yield from ((one, "") for one in as_list(known))
            yield None, hidden

    def _inline(self, logical: str, value: Json) -> Iterator[tuple[Json, str]]:
        """The documents of a role's own policies, each as `_value`."""
        values, chosen = self._names.values, list[Json]()
        try:
            found = values.chosen(value)
            chosen = [values.chosen(one) for one in as_list(found)]
        except UnknownInTemplate:
            found = None
        if isinstance(found, list) and all("PolicyDocument" in one for one in objects(chosen)):
            for one in objects(chosen):
                yield self._value(logical, one["PolicyDocument"], policy=True)
            return
        known, hidden = self._value(logical, value)
        yield from ((one.get("PolicyDocument"), "") for one in objects(known))
        yield None, hidden

    def _policy(self, logical: str) -> None:
        unsaid = self._is_made(logical)
        if unsaid is None:
            return
        properties = self._names.properties(logical)
        document, fault = self._value(logical, properties.get("PolicyDocument"), policy=True)
        found = (document, fault or unsaid)
        if self._names.type(logical) == MANAGED_POLICY:
            self._policies.documents[self._names.attribute(logical, "")] = found
        given = properties.get("Roles", [properties["RoleName"]] if "RoleName" in properties else [])
        for role, hidden in self._items(logical, given):
            self._policies.open = self._policies.open or hidden
            if hidden and may_deny(document):
                self._policies.open_denial = self._policies.open_denial or hidden
            if isinstance(role, str):
                self._policies.attached[role].append(found)

    def _role(self, logical: str, missing: str) -> DeclaredRole:
        names, properties = self._names, self._names.properties(logical)
        name = names.attribute(logical, "")
        trust, fault = self._value(logical, properties.get("AssumeRolePolicyDocument"), policy=True)
        arns = [*self._items(logical, properties.get("ManagedPolicyArns"))]
        attached = [*self._policies.attached[name], *self._inline(logical, properties.get("Policies"))]
        managed = [arn for arn, _ in arns if isinstance(arn, str)]
        attached += [self._policies.documents[arn] for arn in managed if arn in self._policies.documents]
        boundary, open_ = self._value(logical, properties.get("PermissionsBoundary"))
        bounded = f"{logical} has a PermissionsBoundary, which is not looked at" if boundary or open_ else ""
        unread = [hidden for _, hidden in arns]
        denials = [
            *unread,
            *(said for document, said in attached if may_deny(document)),
            self._policies.open_denial,
        ]
        faults = [*unread, *(said for _, said in attached), self._policies.open, missing]
        return DeclaredRole(
            self._place,
            names.attribute(logical, "Arn"),
            name,
            self._where(logical),
            trust,
            fault,
            tuple(arn for arn in managed if arn not in self._policies.documents),
            tuple(document for document, said in attached if document is not None and not said),
            next((said for said in faults if said), ""),
            bounded or next((said for said in denials if said), ""),
        )


def role_of(names: TemplateNames, given: Json) -> tuple[str, tuple[str, ...]]:
    """The ARN of the role that a selection names, or, where it is not known, those that it may be."""
    try:
        inner = as_object(names.values.chosen(given)).get("IamRoleArn")
    except UnknownInTemplate:
        inner = given
    role = "" if inner is given else names.known(inner)
    named = () if role else (one for one in _named(inner) if names.type(one) == ROLE)
    return role, tuple(dict.fromkeys(names.attribute(one, "Arn") for one in named))


def _named(value: Json) -> Iterator[str]:
    """The logical ids in a value: those that functions refer to, and other texts."""
    if isinstance(value, str):
        yield value.partition(".")[0]
        yield from (name.partition(".")[0] for name in _REFERENCE.findall(value))
    for item in value.values() if isinstance(value, Mapping) else as_list(value):
        yield from _named(item)
