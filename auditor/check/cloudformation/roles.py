"""The roles of a template, with what is attached to them.

Source: CloudFormation template reference, AWS::IAM::Role, AWS::IAM::Policy, AWS::IAM::RolePolicy and
AWS::IAM::ManagedPolicy.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from auditor.check.cloudformation.identities import MANAGED_POLICY, ROLE, TemplateNames
from auditor.check.cloudformation.values import UnknownInTemplate
from auditor.check.declared import Declaration, Place
from auditor.check.declared_subjects import DeclaredRole
from auditor.check.shapes import as_list, objects

Json = Any

_POLICIES: Final = (MANAGED_POLICY, "AWS::IAM::Policy", "AWS::IAM::RolePolicy")
#: The types that are read here, and are nothing else.
OF_ROLES: Final = (ROLE, *_POLICIES)


class TemplateRoles:
    """Those of one template; `made` says whether the condition of a resource holds."""

    def __init__(
        self,
        names: TemplateNames,
        place: Place,
        resources: Mapping[str, Json],
        made: Callable[[str], bool],
        where: Callable[[str], Declaration],
    ) -> None:
        self._names, self._place, self._made, self._where = names, place, made, where
        self._logical = [name for name in resources if names.type(name) in OF_ROLES]
        self._documents: dict[str, tuple[Json, str]] = {}
        self._attached: defaultdict[str, list[tuple[Json, str]]] = defaultdict(list)
        self._open = ""
        for one in self._logical:
            if names.type(one) in _POLICIES:
                self._policy(one)

    def found(self, missing: str) -> Iterator[DeclaredRole]:
        """Each; `missing` says why something may be missing from the template, "" where nothing is."""
        for one in self._logical:
            if self._names.type(one) == ROLE and self._is_made(one) == "":
                yield self._role(one, missing)

    def _is_made(self, logical: str) -> str | None:
        """Why it is not known whether it is made, "" where it is made and None where it is not."""
        try:
            return "" if self._made(logical) else None
        except UnknownInTemplate as unknown:
            return f"whether {logical} is made depends on {unknown}"

    def _value(self, logical: str, value: Json) -> tuple[Json, str]:
        """A value, and why it is not known, in a clause."""
        try:
            return self._names.values.of(value), ""
        except UnknownInTemplate as unknown:
            return None, f"{logical} depends on {unknown}, which the template does not tell"

    def _policy(self, logical: str) -> None:
        unsaid = self._is_made(logical)
        if unsaid is None:
            return
        properties = self._names.properties(logical)
        document, fault = self._value(logical, properties.get("PolicyDocument"))
        found = (document, fault or unsaid)
        if self._names.type(logical) == MANAGED_POLICY:
            self._documents[self._names.attribute(logical, "")] = found
        given = properties.get("Roles", [properties["RoleName"]] if "RoleName" in properties else [])
        roles, hidden = self._value(logical, given)
        self._open = self._open or hidden
        for role in as_list(roles):
            self._attached[str(role)].append(found)

    def _role(self, logical: str, missing: str) -> DeclaredRole:
        names, properties = self._names, self._names.properties(logical)
        name = names.attribute(logical, "")
        trust, fault = self._value(logical, properties.get("AssumeRolePolicyDocument"))
        arns, hidden = self._value(logical, properties.get("ManagedPolicyArns"))
        inline, unsaid = self._value(logical, properties.get("Policies"))
        attached = [*self._attached[name], *((one.get("PolicyDocument"), "") for one in objects(inline))]
        managed = [arn for arn in as_list(arns) if isinstance(arn, str)]
        attached += [self._documents[arn] for arn in managed if arn in self._documents]
        boundary, open_ = self._value(logical, properties.get("PermissionsBoundary"))
        bounded = f"{logical} has a PermissionsBoundary, which is not looked at" if boundary or open_ else ""
        faults = [hidden, unsaid, *(said for _, said in attached), self._open, missing]
        return DeclaredRole(
            self._place,
            names.attribute(logical, "Arn"),
            name,
            self._where(logical),
            trust,
            fault,
            tuple(arn for arn in managed if arn not in self._documents),
            tuple(document for document, said in attached if not said),
            next((said for said in faults if said), ""),
            bounded,
        )
