"""Policies of roles that a change set changes in place so that backups of a type are allowed no more.

A change set has only what changes: what else is attached to a role, its template says.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from auditor.check.cloudformation.functions import is_later
from auditor.check.cloudformation.identities import ROLE
from auditor.check.cloudformation.roles import POLICIES
from auditor.check.cloudformation.stack_changes import MODIFY, StackChange
from auditor.check.declared import Declaration, Place
from auditor.check.declared_changes import DeclaredChange
from auditor.check.declared_subjects import DeclaredRole
from auditor.check.managed_policies import allows_backups
from auditor.check.role_coverage import lost_of, no_longer
from auditor.check.shapes import as_list, objects

Json = Any

KIND, WEAKENED = "role policy", "weakened"
_ELSE: Final = "what else lets the role back up is not known; name the template of the change set too"
_LATER: Final = "a policy of it is known only when the change set is executed"
#: What takes on a role of backups.
_SERVICE: Final = b"backup.amazonaws.com"


def narrowed(
    changes: Sequence[StackChange], used: Collection[str], place: Place, file: str
) -> Iterator[DeclaredChange]:
    """Each policy that allows less, of a role that AWS Backup takes on or that a selection uses."""
    ours = {*used, *(one.physical for one in changes if one.kind == ROLE and _of_backups(one))}
    for one in changes:
        changed = one.action == MODIFY and one.before is not None and one.after is not None
        if one.kind not in (ROLE, *POLICIES) or not changed or one.fate[0]:
            continue
        after, before = _documents(one, one.after), _documents(one, one.before)
        kept = [text for name, text in before if name in dict(after)]  # of what goes, that it goes is said
        documents = tuple(text for _, text in after)
        less = no_longer(kept, documents)
        managed = [arn for arn in as_list((one.after or {}).get("ManagedPolicyArns")) if isinstance(arn, str)]
        less = [kind for kind in less if not any(allows_backups(arn, kind) for arn in managed)]
        where = Declaration(file, one.logical)
        for name in sorted(_roles(one) & ours) if less else ():
            role = DeclaredRole(place, "", name, where, None, managed=tuple(managed), documents=documents)
            role = replace(role, hidden=_ELSE, bounded=_ELSE)
            lost, fault = lost_of(role, less, "")
            later = is_later(one.after)
            yield DeclaredChange(
                place, KIND, WEAKENED, name, where, fault=_LATER if later else fault, lost=lost
            )


def settled(changes: Sequence[DeclaredChange], roles: Mapping[str, DeclaredRole]) -> Iterator[DeclaredChange]:
    """The changes; what a change set leaves open of a role, that of its template says, by name or address."""
    for one in changes:
        role = roles.get(one.declaration.address) or roles.get(one.name)
        if (one.kind, one.action) != (KIND, WEAKENED) or _ELSE not in one.fault or role is None:
            yield one
            continue
        lost, fault = lost_of(role, one.lost, "")
        if lost:
            yield replace(one, fault=fault, lost=lost)


def _of_backups(one: StackChange) -> bool:
    return _SERVICE in orjson.dumps((one.before or {}).get("AssumeRolePolicyDocument"))


def _documents(one: StackChange, properties: Mapping[str, Json] | None) -> list[tuple[str, Json]]:
    """The names and documents of a role's own policies, or of one that is a resource itself."""
    given = properties or {}
    if one.kind == ROLE:
        own = objects(given.get("Policies"))
        return [(str(policy.get("PolicyName")), policy.get("PolicyDocument")) for policy in own]
    return [("", given.get("PolicyDocument"))]


def _roles(one: StackChange) -> set[str]:
    """The names of the roles that it is of, before and after."""
    if one.kind == ROLE:
        return {one.physical}
    given = one.before or {}
    named = (*as_list(given.get("Roles")), given.get("RoleName"))
    return {name for name in named if isinstance(name, str) and name}
