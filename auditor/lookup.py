"""Which subject of a run somebody means: by ARN, id, name, or the id of a finding."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from auditor.evaluate.subjects import Subjects
from auditor.judge.sink import TABLE_OF
from auditor.judge.verdict_file import opened
from auditor.judge.verdicts import gap_reason
from auditor.model.arn import place_of
from auditor.model.errors import UsageError
from auditor.model.verdicts import Gap
from reports.ids import finding_id

_SUBJECT: Final = ("subject_type", "arn", "account_id", "region", "resource_type", "name")
_PASSES: Final = ("COMPLIANT", "NOT_APPLICABLE")
_FINDING: Final = "finding-"
_LISTED: Final = 10  # candidates that a sentence names
_NEAR: Final = 3
_COMPARED: Final = 50_000  # names that are looked through for the nearest
#: What only this call lists has this in its ARN: its failure hides no other resource.
_LISTED_BY: Final = {
    ("ec2", "DescribeVolumes"): ":volume/",
    ("ec2", "DescribeInstances"): ":instance/",
    ("rds", "DescribeDBInstances"): ":db:",
    ("rds", "DescribeDBClusters"): ":cluster:",
    ("redshift", "DescribeClusters"): ":redshift:",
    ("dynamodb", "ListTables"): ":table/",
    ("s3", "ListBuckets"): ":s3:::",
    ("efs", "DescribeFileSystems"): ":elasticfilesystem:",
    ("fsx", "DescribeFileSystems"): ":file-system/",
    ("fsx", "DescribeVolumes"): ":volume/",
    ("redshift-serverless", "ListNamespaces"): ":redshift-serverless:",
    ("dsql", "ListClusters"): ":dsql:",
    ("eks", "ListClusters"): ":eks:",
    ("backup-gateway", "ListVirtualMachines"): ":backup-gateway:",
    ("ssm-sap", "ListDatabases"): ":ssm-sap:",
    ("storagegateway", "ListVolumes"): ":storagegateway:",
    ("cloudformation", "DescribeStacks"): ":cloudformation:",
    ("timestream-write", "ListDatabases"): ":timestream:",
    ("timestream-write", "ListTables"): ":timestream:",
}
#: What is not a resource, by what its ARN holds (aws-backup.md 4.11).
_MARKS: Final = {
    ":backup-plan:": "plan",
    ":backup-vault:": "vault",
    ":recovery-point:": "recovery_point",
    ":snapshot": "recovery_point",
    ":cluster-snapshot:": "recovery_point",
    ":image/": "recovery_point",
    "/backup/": "recovery_point",
}
#: What has the ARN of another subject, and is explained with that one.
TOLD_WITH: Final = {"vault_policy": "vault"}


@dataclass(frozen=True, slots=True)
class FoundSubject:
    """One subject of a run's verdicts; `type` as in the document."""

    type: str
    arn: str
    account_id: str
    region: str
    resource_type: str
    name: str

    def __str__(self) -> str:
        """What it is, in a few words."""
        kind = self.type.replace("_", " ").replace("resource", self.resource_type)
        where = " ".join(part for part in (self.account_id, self.region) if part)
        return f"{kind} {self.name} {self.arn} in {where}".replace("  ", " ")


def find(verdicts: Path, wanted: str, subjects: Subjects) -> FoundSubject:
    """The one subject that `wanted` names: an ARN, the end of one, a name, or the id of a finding.

    Raises:
        UsageError: there is none or there are several, with what is near or the candidates.
    """
    if not wanted.strip():
        raise UsageError("Name a subject: an ARN, an id such as vol-1, a name, or the id of a finding.")
    wanted = wanted.encode(errors="surrogateescape").decode(errors="replace")  # bytes that are no text
    named = _has_finding if wanted.startswith(_FINDING) else _is_named
    found = {
        FoundSubject(*(row[name] for name in _SUBJECT))
        for row in _rows(verdicts, lambda batch: named(batch, wanted), _SUBJECT)
    }
    found = {one for one in found if replace(one, type=TOLD_WITH.get(one.type, "")) not in found}
    if not found:
        raise UsageError(_not_found(verdicts, wanted, subjects))
    if len(found) > 1:
        shown = "; ".join(sorted(map(str, found))[:_LISTED])
        more = f"; and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
        raise UsageError(f"{wanted!r} names {len(found)} subjects; give the ARN of one: {shown}{more}.")
    return found.pop()


def recorded(verdicts: Path, subject: FoundSubject) -> dict[str, tuple[str, str]]:
    """The run's own verdicts of a subject and what is told with it: verdict and message by control id."""
    types = pa.array([subject.type, *(kind for kind, of in TOLD_WITH.items() if of == subject.type)])
    keys = {"arn": subject.arn, "account_id": subject.account_id, "region": subject.region}

    def its(batch: pa.RecordBatch) -> pa.Array:
        mask = pc.is_in(batch.column("subject_type").cast(pa.string()), types)
        for name, value in keys.items():
            mask = pc.and_(mask, pc.equal(batch.column(name).cast(pa.string()), value))
        return mask

    rows = _rows(verdicts, its, ("control_id", "verdict", "message"))
    return {row["control_id"]: (row["verdict"], row["message"]) for row in rows}


def finding_of(subject: FoundSubject, wanted: str, control_ids: Sequence[str]) -> str:
    """The id of the control whose finding about `subject` is called `wanted`; "" where that is no finding."""
    return next(
        (
            control_id
            for control_id in control_ids
            if finding_id(control_id, subject.arn, subject.account_id, subject.region) == wanted
        ),
        "",
    )


def _rows(
    verdicts: Path, mask: Callable[[pa.RecordBatch], pa.Array], columns: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Rows of the verdicts, batch by batch."""
    with opened(verdicts) as file:
        names = sorted({*columns, *_SUBJECT, "control_id", "verdict"})
        for batch in file.iter_batches(columns=names):
            found = pa.table(batch.filter(mask(batch)).select(list(columns)).columns, list(columns))
            if found.num_rows:
                yield from found.group_by(list(columns), use_threads=False).aggregate([]).to_pylist()


def _is_named(batch: pa.RecordBatch, wanted: str) -> pa.Array:
    arn = batch.column("arn")
    ends = (pc.equal(arn, wanted), pc.ends_with(arn, f"/{wanted}"), pc.ends_with(arn, f":{wanted}"))
    mask = pc.equal(batch.column("name").cast(pa.string()), wanted)
    for end in ends:
        mask = pc.or_(mask, end)
    return mask


def _has_finding(batch: pa.RecordBatch, wanted: str) -> pa.Array:
    names = ("control_id", "arn", "account_id", "region", "verdict")
    rows = zip(*(batch.column(name).to_pylist() for name in names), strict=True)
    return pa.array([row[4] not in _PASSES and finding_id(*row[:4]) == wanted for row in rows], pa.bool_())


def _not_found(verdicts: Path, wanted: str, subjects: Subjects) -> str:
    if wanted.startswith(_FINDING):
        return f"The run has no finding {wanted}; findings.csv has the id of each, and a later run its own."
    near = _nearest(verdicts, wanted)
    known = (
        f"; the nearest are {'; '.join(near)}" if near else "; verdicts.parquet (and verdicts.csv) has all"
    )
    hidden = [gap for gap in subjects.known if _hides(gap, wanted)]
    unread = f". It may be there all the same: {gap_reason(hidden).message}" if hidden else ""
    return f"The run has no subject {wanted!r}{_outside(wanted, subjects)}{known}{unread}."


def _outside(wanted: str, subjects: Subjects) -> str:
    """Which account or Region of the ARN the run did not read."""
    account_id, region = place_of(wanted)
    if account_id and account_id not in subjects.accounts:
        return f", as it did not read the account {account_id}"
    read = {
        one.scope.region for one in subjects.inventories if account_id in ("", one.scope.account.account_id)
    }
    if region and read and region not in read:
        return f", as it did not read the Region {region}" + (f" of {account_id}" if account_id else "")
    return ""


def _hides(gap: Gap, wanted: str) -> bool:
    """Whether a failed call could have listed it: by its kind, and by the account and Region of its ARN."""
    account_id, region = place_of(wanted)
    if (account_id and gap.account_id != account_id) or (region and gap.region not in ("", region)):
        return False
    if not wanted.startswith("arn:"):
        return not set(TABLE_OF.values()).isdisjoint(gap.provides)
    kind = next((kind for mark, kind in _MARKS.items() if mark in wanted), "resource")
    return TABLE_OF[kind] in gap.provides and _LISTED_BY.get((gap.service, gap.operation), "") in wanted


def _nearest(verdicts: Path, wanted: str) -> list[str]:
    """The subjects whose name, id or ARN is most like `wanted`."""
    full = wanted.startswith("arn:")
    by_name: dict[str, str] = {}
    for row in _rows(verdicts, lambda batch: pc.is_valid(batch.column("arn")), ("arn", "name")):
        arn: str = row["arn"]
        for name in (arn,) if full else (row["name"], arn.replace("/", ":").rpartition(":")[2]):
            by_name.setdefault(name.casefold(), arn)
        if len(by_name) > _COMPARED:
            break
    by_name.pop("", None)
    folded = wanted.casefold()
    near = get_close_matches(folded, by_name, n=_NEAR, cutoff=0.8 if full else 0.6)
    near += sorted(name for name in by_name if folded in name and name not in near)[: _NEAR - len(near)]
    return [by_name[name] if full else f"{name} ({by_name[name]})" for name in near]
