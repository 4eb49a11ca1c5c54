"""What the policies of a role let it back up."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from auditor.check.declared_subjects import DeclaredRole
from auditor.check.managed_policies import S3, allows_backups, denies_backups
from auditor.derive.iam_conditions import pattern
from auditor.derive.iam_policy import Statement, statements_of
from auditor.model.documents import UnreadableDocument
from auditor.model.resource_types import TYPES

Json = Any

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


def backs_up(role: DeclaredRole, kind: str) -> _Known:
    """Whether its policies let a role back up a type; None where that is not known, and why, in a clause."""
    return RoleCoverage(role, (role.place.region,)).back_up(kind)


def no_longer(before: Iterable[Json], after: Iterable[Json]) -> list[str]:
    """The types whose backups some documents allowed before and no more, or deny since.

    What cannot be understood, or is not known, allows and denies nothing.
    """
    was, becomes = ([*chain.from_iterable(map(known_statements, some))] for some in (before, after))
    had = [kind for kind in NEEDED if _some(was, kind, allow=True)]
    return [kind for kind in had if not _some(becomes, kind, allow=True) or _some(becomes, kind, allow=False)]


def lost_of(role: DeclaredRole | None, kinds: Sequence[str], nowhere: str) -> tuple[tuple[str, ...], str]:
    """Those of the types that a role surely backs up no more, with ""; else those that it may not, and why.

    Nothing of both where it backs up all of them. `nowhere` says why nothing is known of no role.
    """
    known = {kind: backs_up(role, kind) if role else (None, nowhere) for kind in kinds}
    lost = tuple(kind for kind, (answer, _) in known.items() if answer is False)
    open_ = tuple(kind for kind, (answer, _) in known.items() if answer is None)
    why = next((why for answer, why in known.values() if answer is None), "")
    return (lost, "") if lost else (open_, why)


def known_statements(document: Json) -> list[Statement]:
    """The statements of a document, none of one that is not known or cannot be understood."""
    try:
        return statements_of(document) if isinstance(document, str | dict) and document else []
    except UnreadableDocument:
        return []


def _some(statements: Sequence[Statement], kind: str, *, allow: bool) -> bool:
    return any(one.allows is allow and any(map(one.covers, NEEDED[kind])) for one in statements)


class RoleCoverage:
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
