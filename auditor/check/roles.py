"""The roles that selections back up with: who may take them on, and what their policies cover."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from auditor.check.declared_subjects import DeclaredRole, DeclaredSubject, FactDoubt
from auditor.check.inventory import DeclaredInventory
from auditor.derive.iam_policy import Statement, statements_of, trusts
from auditor.derive.selection import SelectionAnswer
from auditor.evaluate.inventory import OUTCOMES
from auditor.model.documents import UnreadableDocument

Json = Any

_SERVICE: Final = "backup.amazonaws.com"
#: AWS's own policies; of those for backup roles the others are for restores, indexes and scans. Their paths
#: differ: that for backups is `service-role/…`, and that for backups of buckets has none.
#: Source: AWS managed policy reference guide.
_OURS: Final = "AWSBackupServiceRolePolicyFor"
_BACKUP, _S3_BACKUP, _ADMINISTRATOR = f"{_OURS}Backup", f"{_OURS}S3Backup", "AdministratorAccess"
_UNUSED: Final = "whether selections back up with it is not known"
_S3: Final = "S3"
_SELECTED: Final = OUTCOMES[SelectionAnswer.SELECTED]
_UNDECIDED: Final = OUTCOMES[SelectionAnswer.INDETERMINATE]
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
    """Where a role is used first, the types that it has to back up, and those that it perhaps has to.

    `fault` says why more may be selected, in a clause, "" where nothing may.
    """

    inventory: int
    types: set[str] = field(default_factory=set)
    perhaps: set[str] = field(default_factory=set)
    fault: str = ""


def role_subjects(
    roles: Iterable[DeclaredRole], inventories: Sequence[DeclaredInventory]
) -> Iterator[tuple[int, DeclaredSubject]]:
    """Each role that a selection uses, with the number of the inventory that it is judged in.

    One that perhaps is used is asked about where it would not do: then it is open whether that is a fault.
    """
    uses: dict[str, _Use] = {}
    perhaps: dict[str, _Use] = {}
    for number, inventory in enumerate(inventories):
        nouns = inventory.nouns
        for row, arn in enumerate(nouns.roles):
            if arn:
                _use(uses.setdefault(arn, _Use(number)), inventory, row)
            for other in nouns.perhaps_roles[row] if nouns.perhaps_roles else ():
                _use(perhaps.setdefault(other, _Use(number)), inventory, row)
    for role in roles:
        if role.arn in uses:
            use = uses[role.arn]
            if role.arn in perhaps:
                use.perhaps |= perhaps[role.arn].types | perhaps[role.arn].perhaps
            yield use.inventory, _subject(role, use)
        elif role.arn in perhaps:
            subject = _subject(role, perhaps[role.arn])
            if subject.doubts or subject.facts["role.lacks"] or not subject.facts["role.trusted"]:
                faults = dict.fromkeys(("role.trusted", "role.lacks"), (FactDoubt.LESS, _UNUSED))
                yield perhaps[role.arn].inventory, replace(subject, doubts={**faults, **subject.doubts})


def _use(use: _Use, inventory: DeclaredInventory, row: int) -> None:
    """Add what one selection selects."""
    outcomes, selection = inventory.outcomes_of(row), inventory.selections[row]
    for types, outcome in ((use.types, _SELECTED), (use.perhaps, _UNDECIDED)):
        types.update(np.unique(inventory.resource_type[outcomes == outcome]).tolist())
    if any(":s3:::" in pattern for pattern in selection.resources):
        use.types.add(_S3)
    use.fault = use.fault or selection.fault


def _subject(role: DeclaredRole, use: _Use) -> DeclaredSubject:
    facts: dict[str, Json] = {"role.name": role.name}
    doubts: dict[str, tuple[FactDoubt, str]] = {}
    fault = role.trust_fault
    if not fault:
        try:
            known = role.place.account_id not in role.place.unknown
            trusted = trusts(statements_of(role.trust), _SERVICE, role.place.account_id, known=known)
            facts |= {} if trusted is None else {"role.trusted": trusted}
            fault = "" if trusted is not None else "what a condition asks of AWS Backup is not known"
        except UnreadableDocument as error:
            fault = f"it cannot be understood: {error}"
    if fault:
        doubts["role.trusted"] = (FactDoubt.MISSING, f"who may take the role on is not known: {fault}")
    lacks, hidden, bounded = _lacks(role, sorted(use.types))
    open_ = _open(role, use)
    facts["role.lacks"] = lacks
    if lacks and hidden:
        doubts["role.lacks"] = (FactDoubt.LESS, f"what its policies allow is not known: {hidden}")
    elif bounded:
        doubts["role.lacks"] = (FactDoubt.MORE, f"what its policies deny is not known: {bounded}")
    elif open_:
        doubts["role.lacks"] = (FactDoubt.MORE, open_)
    return DeclaredSubject(role.place, "role", role.arn, role.name, role.declaration, facts, doubts)


def _open(role: DeclaredRole, use: _Use) -> str:
    """Why it may have to back up what its policies do not cover, "" where it does not."""
    uncovered, _, _ = _lacks(role, sorted(use.perhaps - use.types))
    if uncovered:
        return f"whether it has to back up {', '.join(uncovered)} is not known"
    nothing = not (role.documents or role.managed or role.hidden)
    if nothing and (use.fault or not use.types):
        return f"what it has to back up is not known: {use.fault or 'no input declares what is selected'}"
    return ""


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
        if not (_of_aws(arn) == _ADMINISTRATOR or _of_aws(arn).startswith(_OURS)):
            hidden = hidden or f"{arn} is not among the inputs"
    denied, perhaps = _denied(statements, types)
    left = []
    for kind in (kind for kind in types if kind not in denied):
        by_us = _S3_BACKUP if kind == _S3 else _BACKUP
        needed = _NEEDED.get(kind, ())
        if any(_of_aws(arn) in (by_us, _ADMINISTRATOR) for arn in role.managed):
            continue
        if any(one.allows and one.covers(action) for one in statements for action in needed):
            continue
        if not needed and statements:
            hidden = hidden or f"what backups of {kind} need is not known here"
        left.append(kind)
    if denied and hidden:  # what is denied is sure, and of the others it is not
        left, hidden = [], ""
    return sorted([*denied, *left]), hidden, role.bounded or perhaps


def _of_aws(arn: str) -> str:
    """The name of a policy of AWS's own, "" of another one."""
    owner, _, path = arn.partition(":policy/")
    return path.rpartition("/")[2] if owner.endswith(":iam::aws") else ""


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
