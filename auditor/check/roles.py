"""The roles that selections back up with: who may take them on, and what their policies cover."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from auditor.check.declared_subjects import DeclaredRole, DeclaredSubject, FactDoubt
from auditor.check.inventory import DeclaredInventory
from auditor.derive.iam_policy import Statement, statements_of, trusts
from auditor.model.documents import UnreadableDocument

Json = Any

_SERVICE: Final = "backup.amazonaws.com"
#: AWS's own policies; of those for backup roles the others are for restores, indexes and scans.
#: Source: AWS Backup developer guide, "Managed policies for AWS Backup".
_OURS: Final = ":policy/service-role/AWSBackupServiceRolePolicyFor"
_BACKUP, _S3_BACKUP, _ADMINISTRATOR = f"{_OURS}Backup", f"{_OURS}S3Backup", ":policy/AdministratorAccess"
_S3: Final = "S3"
#: Without one of these no backup of the type is made.
_NEEDED: Final = {
    "Aurora": ("rds:CreateDBClusterSnapshot",),
    "DocumentDB": ("rds:CreateDBClusterSnapshot",),
    "DynamoDB": ("dynamodb:CreateBackup", "dynamodb:StartAwsBackupJob"),
    "EBS": ("ec2:CreateSnapshot",),
    "EC2": ("ec2:CreateImage",),
    "EFS": ("elasticfilesystem:Backup",),
    "FSx": ("fsx:CreateBackup",),
    "Neptune": ("rds:CreateDBClusterSnapshot",),
    "RDS": ("rds:CreateDBSnapshot", "rds:CreateDBClusterSnapshot"),
    _S3: ("s3:GetBucketVersioning",),
    "Storage Gateway": ("storagegateway:CreateSnapshot",),
}


@dataclass(slots=True)
class _Use:
    """Where a role is used first, and the types that it has to back up."""

    inventory: int
    types: set[str]


def role_subjects(
    roles: Iterable[DeclaredRole], inventories: Sequence[DeclaredInventory]
) -> Iterator[tuple[int, DeclaredSubject]]:
    """Each role that a selection uses, with the number of the inventory that it is judged in."""
    uses: dict[str, _Use] = {}
    for number, inventory in enumerate(inventories):
        for row, arn in enumerate(inventory.nouns.roles):
            if arn:
                use = uses.setdefault(arn, _Use(number, set()))
                chosen = inventory.outcomes[row] == 1
                use.types.update(np.unique(inventory.resource_type[chosen]).tolist())
                if any(":s3:::" in pattern for pattern in inventory.selections[row].resources):
                    use.types.add(_S3)
    for role in roles:
        if role.arn in uses:
            use = uses[role.arn]
            yield use.inventory, _subject(role, sorted(use.types))


def _subject(role: DeclaredRole, types: Sequence[str]) -> DeclaredSubject:
    facts: dict[str, Json] = {"role.name": role.name}
    doubts: dict[str, tuple[FactDoubt, str]] = {}
    fault = role.trust_fault
    if not fault:
        try:
            facts["role.trusted"] = trusts(statements_of(role.trust), _SERVICE)
        except UnreadableDocument as error:
            fault = f"it cannot be understood: {error}"
    if fault:
        doubts["role.trusted"] = (FactDoubt.MISSING, f"who may take the role on is not known: {fault}")
    lacks, hidden, bounded = _lacks(role, types)
    facts["role.lacks"] = lacks
    if lacks and hidden:
        doubts["role.lacks"] = (FactDoubt.LESS, f"what its policies allow is not known: {hidden}")
    elif bounded:
        doubts["role.lacks"] = (FactDoubt.MORE, f"what its policies deny is not known: {bounded}")
    return DeclaredSubject(role.place, "role", role.arn, role.name, role.declaration, facts, doubts)


def _lacks(role: DeclaredRole, types: Sequence[str]) -> tuple[list[str], str, str]:
    """The types that its policies do not cover, as far as they are known.

    And why one may be covered all the same, and why another may not.
    """
    hidden = role.hidden
    statements: list[Statement] = []
    for document in role.documents:
        try:
            statements += statements_of(document)
        except UnreadableDocument as error:
            hidden = hidden or f"a policy cannot be understood: {error}"
    for arn in role.managed:
        if not (arn.endswith(_ADMINISTRATOR) or _OURS in arn):
            hidden = hidden or f"{arn} is not among the inputs"
    denied, perhaps = _denied(statements, types)
    left = []
    for kind in (kind for kind in types if kind not in denied):
        by_us = _S3_BACKUP if kind == _S3 else _BACKUP
        needed = _NEEDED.get(kind, ())
        if any(arn.endswith((by_us, _ADMINISTRATOR)) for arn in role.managed):
            continue
        if any(one.allows and one.covers(action) for one in statements for action in needed):
            continue
        if not needed and statements:
            hidden = hidden or f"what backups of {kind} need is not known here"
        left.append(kind)
    if denied and hidden:  # what is denied is sure, and of the others it is not
        left, hidden = [], ""
    return sorted([*denied, *left]), hidden, role.bounded or perhaps


def _denied(statements: Sequence[Statement], types: Sequence[str]) -> tuple[list[str], str]:
    """The types whose backups are denied, and why those of another one may be."""
    denied, perhaps = [], ""
    for kind in types:
        needed = _NEEDED.get(kind, ())
        found = [one for one in statements if not one.allows and any(map(one.covers, needed))]
        if any(one.everywhere and not one.conditions and all(map(one.covers, needed)) for one in found):
            denied.append(kind)
        elif found:
            perhaps = perhaps or f"a policy denies backups of {kind} under conditions, or for some resources"
    return denied, perhaps
