"""The format `asff`: findings in the AWS Security Finding Format, ready for `BatchImportFindings`.

Each line is the argument of one call: `{"Findings": […]}`. A call takes at most 100 findings, of 240 kB each
and 6 MB together, and comes from the account of its findings (user guide of Security Hub, "Using
BatchImportFindings"); so a line has one account and one Region, and 240 kB at most. Texts are cut at the
limits of AwsSecurityFinding with an ellipsis; no finding is left out.
What could not be judged is WARNING, a control that failed and a gap are NOT_AVAILABLE, and a waived finding
is FAILED and SUPPRESSED with a note. PASSED is one finding for each control, account, Region and kind of
subject of which all that were judged are compliant.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from reports.formats.base import ReportFile, ReportFolder, ReportFormat, ReportSource
from reports.text import clip, why_unknown

if TYPE_CHECKING:
    from reports.document import AuditDocument, ControlEntry, GapEntry
    from reports.listing import Found, Passed

_CALLS: Final = ReportFile(
    "findings.asff.jsonl",
    "application/x-ndjson",
    "a call of `BatchImportFindings` a line, each at most 100 findings and 240 kB; none is left out",
)
MAX_FINDINGS: Final = 100
MAX_BYTES: Final = 240_000
_TYPES: Final = ["Software and Configuration Checks/Industry and Regulatory Standards"]
_STATUS: Final = {
    "NON_COMPLIANT": "FAILED",
    "WAIVED": "FAILED",
    "INSUFFICIENT_DATA": "WARNING",
    "ERROR": "NOT_AVAILABLE",
}
#: What `auditor/Verdict` may say of a finding.
VERDICTS: Final = (*_STATUS, "COMPLIANT", "GAP")
#: How the note on a waived finding begins.
WAIVED_UNTIL: Final = "Waived until "
#: How the id of an account begins.
ACCOUNT_ID: Final = "AWS::::Account:"
#: AWS's words for what a finding is about; any other is "Other".
_KINDS: Final = {
    "recovery_point": "AwsBackupRecoveryPoint",
    "plan": "AwsBackupBackupPlan",
    "vault": "AwsBackupBackupVault",
    "vault_policy": "AwsBackupBackupVault",
    "account": "AwsAccount",
    "key": "AwsKmsKey",
    "Aurora": "AwsRdsDbCluster",
    "DynamoDB": "AwsDynamoDbTable",
    "EBS": "AwsEc2Volume",
    "EC2": "AwsEc2Instance",
    "EFS": "AwsEfsFileSystem",
    "RDS": "AwsRdsDbInstance",
    "S3": "AwsS3Bucket",
}


class AsffReport(ReportFormat):
    """The findings as calls of Security Hub."""

    name = "asff"
    help = "The findings for AWS Security Hub (ASFF), a call of its account and Region a line."
    files = (_CALLS,)
    by_default = False

    def write(self, source: ReportSource, folder: ReportFolder) -> None:
        """Write the calls by parts."""
        with folder.file(_CALLS.name) as file:
            for call in calls(findings(source)):
                file.write(b'{"Findings":[' + b",".join(call) + b"]}\n")


def calls(findings: Iterator[dict[str, Any]]) -> Iterator[list[bytes]]:
    """Put together what may go into one call: neighbours of one account and Region, within the limits.

    Each finding is a JSON object.
    """
    from reports.listing import json_line

    held: list[bytes] = []
    of: tuple[str, str] | None = None
    size = 0
    for finding in findings:
        line = json_line(finding).rstrip()
        key = finding["AwsAccountId"], finding["ProductArn"]
        if held and (key != of or len(held) == MAX_FINDINGS or size + len(line) + 1 > MAX_BYTES):
            yield held
            held, size = [], 0
        if not held:
            of, size = key, len(b'{"Findings":[]}')
        held.append(line)
        size += len(line) + 1
    if held:
        yield held


def product_arn(partition: str, region: str, account: str) -> str:
    """The ARN of the product under which an account sends its own findings."""
    return f"arn:{partition}:securityhub:{region}:{account}:product/{account}/default"


def findings(source: ReportSource) -> Iterator[dict[str, Any]]:
    """Yield every finding, pass and gap as an AwsSecurityFinding; a pass is one for many subjects."""
    from reports.listing import KeptFindings, gaps

    document = source.document
    controls = {control.id: control for control in document.controls}
    for found in KeptFindings(source.findings):
        yield _finding(document, found, controls.get(found.control_id))
    for gap in gaps(source.table("gaps.parquet")):
        yield _gap(document, gap)
    for one in source.passed:
        if not one.others:
            yield _pass(document, one, controls.get(one.control_id))


def _common(document: "AuditDocument", account: str, region: str, severity: str) -> dict[str, Any]:
    """What every finding has. What is of no account or Region goes to the first of the audit."""
    run = document.run
    account = account or next((str(one["account_id"]) for one in run.accounts), "000000000000")
    at = region or (run.regions[0] if run.regions else "us-east-1")
    return {
        "SchemaVersion": "2018-10-08",
        "ProductArn": product_arn(run.partition, at, account),
        "ProductName": "auditor",
        "AwsAccountId": account,
        "Region": at,
        "CreatedAt": run.as_of,
        "UpdatedAt": run.as_of,
        "Severity": {"Label": severity},
        "FindingProviderFields": {"Severity": {"Label": severity}, "Types": _TYPES},
        "RecordState": "ACTIVE",
    }


def _finding(document: "AuditDocument", found: "Found", control: "ControlEntry | None") -> dict[str, Any]:
    finding = _common(document, found.account_id, found.region, found.severity.upper())
    title = clip(control.title, 200) if control else found.control_id
    kind = _KINDS.get(found.resource_type or found.subject_type, "Other")
    resource = (
        _account(document, found.account_id)
        if kind == "AwsAccount"
        else {"Type": kind, "Id": clip(found.arn, 512)}
    )
    finding |= {
        "Id": found.id,
        "GeneratorId": found.control_id,
        "Title": clip(f"{found.control_id} {title}", 256),
        "Description": clip(found.message, 1_024) or title,
        "Resources": [{**resource, "Partition": document.run.partition, "Region": finding["Region"]}],
        "Compliance": {"Status": _STATUS[found.verdict]},
        "ProductFields": {
            "auditor/Verdict": found.verdict,
            "auditor/Codes": clip(", ".join(reason.code for reason in found.reasons), 2_048) or "-",
            "auditor/Subject": clip(found.name, 2_048).strip() or clip(found.arn, 2_048),
            "auditor/Run": document.run.id,
        },
    }
    if control and control.remediation:
        finding["Remediation"] = {"Recommendation": {"Text": clip(control.remediation, 512)}}
    if found.waiver is not None:
        finding["Workflow"] = {"Status": "SUPPRESSED"}
        finding["Note"] = _note(document, found.waiver)
    return finding


def _note(document: "AuditDocument", waiver: Mapping[str, Any]) -> dict[str, str]:
    reason, by, until = (clip(str(waiver[key]), 400) for key in ("reason", "approved_by", "expires"))
    return {
        "Text": clip(f"{WAIVED_UNTIL}{until}: {reason}", 512),
        "UpdatedBy": clip(by, 512),
        "UpdatedAt": document.run.as_of,
    }


def _gap(document: "AuditDocument", gap: "GapEntry") -> dict[str, Any]:
    call = f"{gap.service}:{gap.operation}"
    unknown = f" Unknown because of it: {', '.join(gap.provides)}." if gap.provides else ""
    finding = _common(document, gap.account_id, gap.region, "HIGH")
    return finding | {
        "Id": gap.gap_id,
        "GeneratorId": "evidence",
        "Title": clip(f"Evidence was not read: {call}", 256),
        "Description": clip(why_unknown(gap.service, gap.operation, gap.error, gap.message), 700)
        + clip(unknown, 300),
        "Resources": [_account(document, finding["AwsAccountId"])],
        "Compliance": {"Status": "NOT_AVAILABLE"},
        "ProductFields": {
            "auditor/Verdict": "GAP",
            "auditor/Provides": clip(" ".join(gap.provides), 2_048) or "-",
            "auditor/Run": document.run.id,
        },
    }


def _pass(document: "AuditDocument", one: "Passed", control: "ControlEntry | None") -> dict[str, Any]:
    from reports.ids import finding_id

    title = clip(control.title, 200) if control else one.control_id
    return _common(document, one.account_id, one.region, "INFORMATIONAL") | {
        "Id": finding_id(one.control_id, f"passed {one.subject_type}", one.account_id, one.region),
        "GeneratorId": one.control_id,
        "Title": clip(f"{one.control_id} {title}", 256),
        "Description": f"All {one.subjects} that were judged are compliant (kind: {one.subject_type}).",
        "Resources": [_account(document, one.account_id)],
        "Compliance": {"Status": "PASSED"},
        "Workflow": {"Status": "RESOLVED"},
        "ProductFields": {
            "auditor/Verdict": "COMPLIANT",
            "auditor/Subjects": str(one.subjects),
            "auditor/Run": document.run.id,
        },
    }


def _account(document: "AuditDocument", account: str) -> dict[str, str]:
    return {"Type": "AwsAccount", "Id": f"{ACCOUNT_ID}{account}", "Partition": document.run.partition}
