"""The format `ocsf`: an event of the class Compliance Finding (2003) a line, OCSF 1.6.0.

What could not be judged is a Warning ("did not yield a result due to missing information", schema.ocsf.io,
object compliance), as is a gap; a waived finding is a Fail that is Suppressed. Passes are one event for each
control, account, Region and kind of subject, with their number as `count`. Nothing is cut.
AWS Security Hub imports no OCSF (`asff` is for it); Amazon Security Lake takes it as a custom source.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from reports.formats.base import ReportFile, ReportFolder, ReportFormat, ReportSource
from reports.text import clean_tree, clip, why_unknown

if TYPE_CHECKING:
    from reports.document import AuditDocument, ControlEntry, GapEntry
    from reports.listing import Found, Passed

_EVENTS: Final = ReportFile(
    "findings.ocsf.jsonl", "application/x-ndjson", "the findings, passes and gaps, an event a line"
)
VERSION: Final = "1.6.0"
_SEVERITY: Final = {
    "critical": (5, "Critical"),
    "high": (4, "High"),
    "medium": (3, "Medium"),
    "low": (2, "Low"),
}
_STATUS: Final = {
    "NON_COMPLIANT": (3, "Fail"),
    "WAIVED": (3, "Fail"),
    "INSUFFICIENT_DATA": (2, "Warning"),
    "ERROR": (2, "Warning"),
    "COMPLIANT": (1, "Pass"),
}
#: Characters of a sentence.
_TEXT: Final = 2_000


class OcsfReport(ReportFormat):
    """The findings as events."""

    name = "ocsf"
    help = "The findings as events of the class Compliance Finding, for a security lake (OCSF)."
    files = (_EVENTS,)
    by_default = False

    def write(self, source: ReportSource, folder: ReportFolder) -> None:
        """Write the events by parts."""
        from reports.listing import json_line

        with folder.file(_EVENTS.name) as file:
            for event in _events(source):
                file.write(json_line(event))


def _events(source: ReportSource) -> Iterator[dict[str, Any]]:
    from reports.listing import KeptFindings, gaps

    document = source.document
    names = {str(one["account_id"]): str(one.get("name") or "") for one in document.run.accounts}
    controls = {control.id: control for control in document.controls}
    for found in KeptFindings(source.findings):
        yield _finding(document, found, controls.get(found.control_id))
    for gap in gaps(source.table("gaps.parquet")):
        yield _gap(document, gap, names)
    for one in source.passed:
        yield _pass(document, one, controls.get(one.control_id), names)


def _event(
    document: "AuditDocument", severity: tuple[int, str], account: str, name: str, region: str
) -> dict[str, Any]:
    """What every event has. Its time is that of the audit, so that the same run gives the same bytes."""
    run = document.run
    return {
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2003,
        "class_name": "Compliance Finding",
        "type_uid": 200301,
        "type_name": "Compliance Finding: Create",
        "time": _milliseconds(run.as_of),
        "severity_id": severity[0],
        "severity": severity[1],
        "status_id": 1,
        "status": "New",
        "metadata": {
            "version": VERSION,
            "profiles": ["cloud"],
            "product": {"name": "auditor", "vendor_name": "backup-auditor", "version": run.auditor_version},
            "correlation_uid": run.id,
        },
        "cloud": {
            "provider": "AWS",
            **({"region": region} if region else {}),
            "account": {
                "uid": account,
                **({"name": clip(name, 200)} if name else {}),
                "type_id": 10,
                "type": "AWS Account",
            },
        },
    }


def _finding(document: "AuditDocument", found: "Found", control: "ControlEntry | None") -> dict[str, Any]:
    import orjson

    event = _event(document, _SEVERITY[found.severity], found.account_id, found.account_name, found.region)
    message = clip(found.message, _TEXT)
    event["message"] = message
    if found.waiver is not None:
        reason, by, until = (
            clip(str(found.waiver[key]), 500) for key in ("reason", "approved_by", "expires")
        )
        event |= {"status_id": 3, "status": "Suppressed"}
        event["comment"] = f"Waived until {until} by {by}: {reason}"
    event["finding_info"] = _info(document, found.id, control, found.control_id, message)
    event["compliance"] = _compliance(found.control_id, found.verdict, message)
    event["resources"] = [
        {
            "uid": clip(found.arn, 2_048),
            **({"name": clip(found.name, 500)} if found.name else {}),
            "type": found.resource_type or found.subject_type,
            **({"region": found.region} if found.region else {}),
            "cloud_partition": document.run.partition,
        }
    ]
    if control and control.remediation:
        event["remediation"] = {"desc": clip(control.remediation, _TEXT)}
    event["evidences"] = [
        {"data": clean_tree({"code": reason.code, "evidence": orjson.loads(reason.evidence)})}
        for reason in found.reasons
    ]
    return event


def _gap(document: "AuditDocument", gap: "GapEntry", names: dict[str, str]) -> dict[str, Any]:
    event = _event(document, _SEVERITY["high"], gap.account_id, names.get(gap.account_id, ""), gap.region)
    call = f"{gap.service}:{gap.operation}"
    message = clip(why_unknown(gap.service, gap.operation, gap.error, gap.message), _TEXT)
    unknown = clip(f"Unknown because of it: {', '.join(gap.provides)}.", _TEXT)
    event["message"] = message
    event["finding_info"] = {
        "uid": gap.gap_id,
        "title": clip(f"Evidence was not read: {call}", 200),
        "desc": unknown,
        "types": ["evidence gap"],
        "created_time": event["time"],
    }
    event["compliance"] = {
        "control": "evidence",
        "status_id": 2,
        "status": "Warning",
        "status_code": "EVIDENCE_GAP",
        "status_details": [message, unknown],
    }
    return event


def _pass(
    document: "AuditDocument", one: "Passed", control: "ControlEntry | None", names: dict[str, str]
) -> dict[str, Any]:
    from reports.ids import finding_id

    event = _event(document, (1, "Informational"), one.account_id, names.get(one.account_id, ""), one.region)
    message = f"{one.subjects} are compliant (kind: {one.subject_type})."
    uid = finding_id(one.control_id, f"passed {one.subject_type}", one.account_id, one.region)
    event |= {"message": message, "count": one.subjects}
    event["finding_info"] = _info(document, uid, control, one.control_id, message)
    event["compliance"] = _compliance(one.control_id, "COMPLIANT", message)
    return event


def _info(
    document: "AuditDocument", uid: str, control: "ControlEntry | None", control_id: str, message: str
) -> dict[str, Any]:
    title = clip(control.title, 250) if control else control_id
    return {
        "uid": uid,
        "title": title,
        "desc": message,
        "created_time": _milliseconds(document.run.as_of),
        "analytic": {"type_id": 1, "type": "Rule", "uid": control_id, "name": title},
    }


def _compliance(control_id: str, verdict: str, message: str) -> dict[str, Any]:
    status_id, status = _STATUS[verdict]
    return {
        "control": control_id,
        "standards": ["auditor"],
        "status_id": status_id,
        "status": status,
        "status_code": verdict,
        "status_details": [message],
    }


def _milliseconds(time: str) -> int:
    return round(datetime.fromisoformat(time).timestamp() * 1_000)
