"""The roles that selections back up with: who may take them on, and what their policies cover."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from auditor.check.declared import Place
from auditor.check.declared_subjects import DeclaredRole, DeclaredSubject, FactDoubt
from auditor.check.inventory import DeclaredInventory
from auditor.check.managed_policies import S3, allows_backups, denies_backups
from auditor.check.told import ToldByRun
from auditor.derive.iam_conditions import pattern
from auditor.derive.iam_policy import Statement, statements_of, trusts
from auditor.derive.selection import SelectionAnswer
from auditor.evaluate.inventory import OUTCOMES
from auditor.model.documents import UnreadableDocument
from auditor.model.resource_types import TYPES

Json = Any

_SERVICE: Final = "backup.amazonaws.com"
_ARN: Final = re.compile(r"arn:[^:]*:iam::(?P<account>[^:]*):role/(?P<name>.*)")
_SAY_ACCOUNT: Final = "no input names the account of the role, so say it with --account"
_UNUSED: Final = "whether selections back up with it is not known"
_SELECTED: Final = OUTCOMES[SelectionAnswer.SELECTED]
_UNDECIDED: Final = OUTCOMES[SelectionAnswer.INDETERMINATE]
#: Without one of these no backup of the type is made (aws-backup.md 4.14).
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "Aurora": ("rds:CreateDBClusterSnapshot",),
    "CloudFormation": ("cloudformation:GetTemplate",),
    "DSQL": ("dsql:StartBackupJob",),
    "DocumentDB": ("rds:CreateDBClusterSnapshot",),
    "DynamoDB": ("dynamodb:CreateBackup", "dynamodb:StartAwsBackupJob"),
    "EBS": ("ec2:CreateSnapshot",),
    "EC2": ("ec2:CreateImage",),
    "EFS": ("elasticfilesystem:Backup",),
    "EKS": ("eks:DescribeCluster",),
    "FSx": ("fsx:CreateBackup",),
    "Neptune": ("rds:CreateDBClusterSnapshot",),
    "RDS": ("rds:CreateDBSnapshot", "rds:CreateDBClusterSnapshot"),
    "Redshift": ("redshift:CreateClusterSnapshot",),
    "Redshift Serverless": ("redshift-serverless:CreateSnapshot",),
    S3: ("s3:GetBucketVersioning",),
    "SAP HANA on Amazon EC2": ("ssm-sap:BackupDatabase",),
    "Storage Gateway": ("storagegateway:CreateSnapshot",),
    "Timestream": ("timestream:StartAwsBackupJob",),
    "VirtualMachine": ("backup-gateway:Backup",),
}
#: A part of the form of an ARN, and what stands for each that nothing has.
_PART: Final = re.compile(r"\{(\w+)\}")
_NOBODY: Final = "\N{REPLACEMENT CHARACTER}" * 32
_Known = tuple[bool | None, str]


@dataclass(slots=True)
class _Use:
    """Where a role is used first, the types that it has to back up, and those that it perhaps has to.

    `regions` are those in which it has to, "" for one that is not known. `fault` says why more may be
    selected, in a clause, "" where nothing may.
    """

    inventory: int
    types: set[str] = field(default_factory=set)
    perhaps: set[str] = field(default_factory=set)
    regions: set[str] = field(default_factory=set)
    fault: str = ""


def role_subjects(
    roles: Sequence[DeclaredRole], inventories: Sequence[DeclaredInventory], told: ToldByRun
) -> Iterator[tuple[int, DeclaredSubject]]:
    """Each role that a selection uses, with the number of the inventory that it is judged in.

    One that perhaps is used is asked about where it would not do: then it is open whether that is a fault.
    """
    uses, perhaps = _uses(roles, inventories)
    _use_told(uses, roles, inventories, told)
    for role in roles:
        if role.arn in uses:
            use = uses[role.arn]
            if role.arn in perhaps:
                use.perhaps |= perhaps[role.arn].types | perhaps[role.arn].perhaps
                use.regions |= perhaps[role.arn].regions
            yield use.inventory, _subject(role, use)
        elif role.arn in perhaps:
            subject = _subject(role, perhaps[role.arn])
            if subject.doubts or subject.facts["role.lacks"] or not subject.facts["role.trusted"]:
                faults = dict.fromkeys(("role.trusted", "role.lacks"), (FactDoubt.LESS, _UNUSED))
                yield perhaps[role.arn].inventory, replace(subject, doubts={**faults, **subject.doubts})


def _uses(
    roles: Sequence[DeclaredRole], inventories: Sequence[DeclaredInventory]
) -> tuple[dict[str, _Use], dict[str, _Use]]:
    """By its ARN, what each role is used for, and what it perhaps is."""
    uses: dict[str, _Use] = {}
    perhaps: dict[str, _Use] = {}
    for number, inventory in enumerate(inventories):
        nouns = inventory.nouns
        for row, arn in enumerate(nouns.roles):
            if arn:
                _use(uses.setdefault(arn, _Use(number)), inventory, row)
            for other in nouns.perhaps_roles[row] if nouns.perhaps_roles else ():
                _use(perhaps.setdefault(other, _Use(number)), inventory, row)
    others = uses.keys() - {one.arn for one in roles}
    for role in roles:
        if role.perhaps and role.arn in uses:
            perhaps.setdefault(role.arn, uses.pop(role.arn))
        for arn in (arn for arn in sorted(others) if _may_be(role.arn, arn)):
            perhaps.setdefault(role.arn, uses[arn])
    return uses, perhaps


def _may_be(one: str, other: str) -> bool:
    """Whether two ARNs may be of one role: only their accounts differ, and one of these is not known."""
    first, second = _ARN.fullmatch(one), _ARN.fullmatch(other)
    if not first or not second or first["name"] != second["name"]:
        return False
    return not all(Place.of(found["account"], "").named[0] for found in (first, second))


def _use_told(
    uses: dict[str, _Use],
    roles: Sequence[DeclaredRole],
    inventories: Sequence[DeclaredInventory],
    told: ToldByRun,
) -> None:
    """Add what selections of a run select, to roles of accounts of which the inputs declare something."""
    first: dict[str, int] = {}
    for number, inventory in enumerate(inventories):
        first.setdefault(inventory.nouns.place.account_id, number)
    for role in roles:
        if role.arn in told.roles and role.place.account_id in first:
            use = uses.setdefault(role.arn, _Use(first[role.place.account_id]))
            use.types |= told.roles[role.arn]
            use.regions.add("")


def _use(use: _Use, inventory: DeclaredInventory, row: int) -> None:
    """Add what one selection selects."""
    outcomes, selection = inventory.outcomes_of(row), inventory.selections[row]
    use.regions.add(inventory.nouns.place.region)
    for types, outcome in ((use.types, _SELECTED), (use.perhaps, _UNDECIDED)):
        types.update(np.unique(inventory.resource_type[outcomes == outcome]).tolist())
    if any(":s3:::" in pattern for pattern in selection.resources):
        use.types.add(S3)
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
            unsaid = "what a condition asks of AWS Backup is not known"
            fault = "" if trusted is not None else unsaid if known else f"{unsaid}; {_SAY_ACCOUNT}"
        except UnreadableDocument as error:
            fault = f"it cannot be understood: {error}"
    if fault:
        doubts["role.trusted"] = (FactDoubt.MISSING, f"who may take the role on is not known: {fault}")
    policies = _Policies(role, sorted(use.regions))
    answers = {kind: policies.back_up(kind) for kind in sorted(use.types)}
    open_ = next((why for known, why in answers.values() if known is None), "") or _open(policies, use)
    facts["role.lacks"] = [kind for kind, (known, _) in answers.items() if known is False]
    if open_:
        doubts["role.lacks"] = (FactDoubt.MORE, open_)
    return DeclaredSubject(role.place, "role", role.arn, role.name, role.declaration, facts, doubts)


def _open(policies: "_Policies", use: _Use) -> str:
    """Why it may have to back up what its policies do not cover, "" where it does not."""
    perhaps = sorted(use.perhaps - use.types)
    uncovered = [kind for kind in perhaps if not policies.back_up(kind)[0]]
    if uncovered:
        return f"whether it has to back up {', '.join(uncovered)} is not known"
    if (use.fault or not use.types) and not any(policies.back_up(kind)[0] for kind in NEEDED):
        return f"what it has to back up is not known: {use.fault or 'no input declares what is selected'}"
    return ""


class _Policies:
    """What the policies of a role come to."""

    def __init__(self, role: DeclaredRole, regions: Sequence[str]) -> None:
        self._managed, self._account, self._regions = role.managed, role.place.account_id, regions
        self._statements: list[Statement] = []
        unread = ""
        for document in role.documents:
            try:
                self._statements += statements_of(document)
            except UnreadableDocument as error:
                unread = unread or f"a policy cannot be understood: {error}"
        self._hidden, self._bounded = role.hidden or unread, role.bounded or unread

    def back_up(self, kind: str) -> _Known:
        """Whether they let it back up a type; None where that is not known, and why, in a clause."""
        denied, why_not = self._denied(kind)
        allowed, why = self._allowed(kind)
        if denied or allowed is False:
            return False, ""
        if allowed is None:
            return None, f"what its policies allow is not known: {why}"
        return (True, "") if denied is False else (None, f"what its policies deny is not known: {why_not}")

    def _allowed(self, kind: str) -> _Known:
        managed = {arn: allows_backups(arn, kind) for arn in self._managed}
        found = [one for one in self._statements if one.allows and any(map(one.covers, NEEDED[kind]))]
        if True in managed.values() or any(self._always(one, kind) for one in found):
            return True, ""
        if found:
            return None, f"a policy allows backups of {kind} under conditions, or for some resources"
        if self._hidden:
            return None, self._hidden
        unread = next((arn for arn, known in managed.items() if known is None), "")
        return (None, f"{unread} is not among the inputs") if unread else (False, "")

    def _denied(self, kind: str) -> _Known:
        needed, managed = NEEDED[kind], {arn: denies_backups(arn) for arn in self._managed}
        found = [one for one in self._statements if not one.allows and any(map(one.covers, needed))]
        sure = [
            one for one in found if one.everywhere and not one.conditions and all(map(one.covers, needed))
        ]
        if sure or True in managed.values():
            return True, ""
        if self._bounded:
            return None, self._bounded
        if found:
            return None, f"a policy denies backups of {kind} under conditions, or for some resources"
        unread = next((arn for arn, known in managed.items() if known is None), "")
        return (None, f"{unread} is not among the inputs") if unread else (False, "")

    def _always(self, one: Statement, kind: str) -> bool:
        """Whether a statement holds always: for everything, or for all of a type in each Region."""
        whole = not one.but_resources and all(
            any(_fits(wanted, example) for wanted in one.resources)
            for example in (self._nobodys(kind, region) for region in self._regions)
        )
        return not one.conditions and (one.everywhere or whole)

    def _nobodys(self, kind: str, region: str) -> str:
        """An ARN of the type that nothing has, behind its partition."""
        place = {"region": region, "account": self._account}
        return _PART.sub(lambda found: place.get(found[1], _NOBODY), TYPES[kind].arns[0])


def _fits(wanted: str, arn: str) -> bool:
    """Whether a pattern of ARNs matches an ARN that has no partition."""
    _, _, behind = (*wanted.split(":", 2), "", "")[:3]
    return bool(pattern(behind).fullmatch(arn))
