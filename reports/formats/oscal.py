"""The format `oscal`: assessment results in OSCAL 1.2.1 (NIST), as JSON.

An observation for each finding and each gap, and a finding for each control that was decided: `satisfied`
where all that was judged is compliant, `not-satisfied` where something is not. OSCAL has no third word, so a
control that was only partly read has no finding, and the remarks of the result name it.
Nothing is left out; a control's finding names its first observations only, and says how many there are.
There is no assessment plan to import: the reference leads to the run in the back matter.
"""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, Final
from uuid import UUID, uuid5

from reports.formats.base import ReportFile, ReportFolder, ReportFormat, ReportSource
from reports.text import clip, code_span

if TYPE_CHECKING:
    from reports.document import AuditDocument, ControlEntry, GapEntry
    from reports.listing import Found

_RESULTS: Final = ReportFile(
    "assessment-results.oscal.json", "application/json", "a finding a control, an observation a finding"
)
VERSION: Final = "1.2.1"
#: Observations that a control's finding names.
MAX_RELATED: Final = 1_000
#: The ids of what has none of its own follow from it and a name.
_SPACE: Final = UUID("6f9c1a52-7d0b-4c39-9b52-2a1f0c6d8e47")
_NS: Final = "urn:backup-auditor"


class OscalReport(ReportFormat):
    """The findings as assessment results."""

    name = "oscal"
    help = "The findings as assessment results of OSCAL, for tools of governance."
    files = (_RESULTS,)
    by_default = False

    def write(self, source: ReportSource, folder: ReportFolder) -> None:
        """Write the observations by parts, and after them the findings."""
        with folder.file(_RESULTS.name) as file:
            _write(source, file)


def _write(source: ReportSource, file: BinaryIO) -> None:
    from reports.listing import json_line

    document = source.document
    head = json_line(_head(document)).rstrip().removesuffix(b"}")
    result = json_line(_result(source)).rstrip().removesuffix(b"}")
    file.write(b'{"assessment-results":' + head + b',"results":[' + result)
    related: dict[str, list[str]] = {}
    numbers: Counter[str] = Counter()
    begun = False
    for control, observation in _observations(source):
        file.write(b",\n" if begun else b',"observations":[\n')
        file.write(json_line(observation).rstrip())
        begun = True
        numbers[control] += 1
        named = related.setdefault(control, [])
        if len(named) < MAX_RELATED:
            named.append(observation["uuid"])
    if begun:
        file.write(b"\n]")
    findings = [
        found
        for one in document.controls
        if (found := _finding(document, one, related.get(one.id, []), numbers[one.id]))
    ]
    if findings:
        file.write(b',"findings":' + json_line(findings).rstrip())
    file.write(b'}],"back-matter":' + json_line({"resources": [_run(document)]}).rstrip() + b"}}\n")


def _uuid(*names: str) -> str:
    return str(uuid5(_SPACE, "\0".join(names)))


def _head(document: "AuditDocument") -> dict[str, Any]:
    run = document.run
    return {
        "uuid": _uuid("document", run.id, run.evidence_sha256),
        "metadata": {
            "title": "Backup audit",
            "last-modified": run.as_of,
            "version": run.id,
            "oscal-version": VERSION,
        },
        "import-ap": {
            "href": f"#{_uuid('run', run.id)}",
            "remarks": "There is no assessment plan; the run and its controls stand for it.",
        },
    }


def _run(document: "AuditDocument") -> dict[str, Any]:
    run = document.run
    return {
        "uuid": _uuid("run", run.id),
        "title": f"Run {run.id}",
        "description": "The evidence of the run and the policies that judged it, by their digests.",
        "props": [
            _prop("evidence-sha256", run.evidence_sha256),
            _prop("policies-sha256", run.policies_sha256),
            _prop("auditor-version", run.auditor_version),
        ],
    }


def _result(source: ReportSource) -> dict[str, Any]:
    document = source.document
    run, summary, framework = document.run, document.summary, source.framework
    selected = [{"control-id": control.id} for control in document.controls]
    result: dict[str, Any] = {
        "uuid": _uuid("result", run.id),
        "title": f"Backups from {run.period_start} to {run.period_end}",
        "description": "Backups as recorded by AWS, against the controls.",
        "start": run.period_start,
        "end": run.as_of,
        "props": [
            _prop("overall", summary.overall),
            _prop("gaps", str(summary.gaps)),
            *([_prop("framework", framework)] if framework else []),
            *(_prop(f"verdicts-{verdict}", str(n)) for verdict, n in source.verdicts.items()),
        ],
        "reviewed-controls": {
            "control-selections": [{"include-controls": selected} if selected else {"include-all": {}}]
        },
    }
    open_ = [control.id for control in document.controls if _state(document, control.id) is None]
    told = [f"Gaps in the evidence: {summary.gaps}."] if summary.gaps else []
    if open_:
        told.append(
            "Silence is not a pass: these controls have no finding, as they were not decided or asked "
            f"nothing: {', '.join(open_)}."
        )
    if told:
        result["remarks"] = " ".join(told)
    return result


def _state(document: "AuditDocument", control: str) -> tuple[str, str] | None:
    """A control's state and its reason; None where it was not decided, or asked nothing."""
    counts = document.summary.by_control.get(control, {})
    if counts.get("NON_COMPLIANT", 0):
        return "not-satisfied", "fail"
    if counts.get("INSUFFICIENT_DATA", 0) or counts.get("ERROR", 0):
        return None
    if counts.get("WAIVED", 0):
        return "not-satisfied", "other"
    return ("satisfied", "pass") if counts.get("COMPLIANT", 0) else None


def _finding(
    document: "AuditDocument", control: "ControlEntry", related: list[str], observations: int
) -> dict[str, Any] | None:
    state = _state(document, control.id)
    if state is None:
        return None
    counts = document.summary.by_control[control.id]
    told = ", ".join(f"{verdict} {n}" for verdict, n in sorted(counts.items()) if n)
    status = {"state": state[0], "reason": state[1]}
    if state[1] == "other":
        status["remarks"] = "What is not compliant is waived; see the observations."
    finding: dict[str, Any] = {
        "uuid": _uuid("finding", document.run.id, control.id),
        "title": clip(control.title, 250) or control.id,
        "description": f"{told}. {code_span(control.remediation, 1_000)}",
        "target": {"type": "objective-id", "target-id": control.id, "status": status},
    }
    if related:
        finding["related-observations"] = [{"observation-uuid": one} for one in related]
    if len(related) < observations:
        finding["remarks"] = (
            f"{len(related)} of {observations} observations are named; each observation names its control."
        )
    return finding


def _observations(source: ReportSource) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each observation with its control; a gap is of none."""
    from reports.listing import KeptFindings, gaps

    document = source.document
    for found in KeptFindings(source.findings):
        yield found.control_id, _observation(document, found)
    for gap in gaps(source.table("gaps.parquet")):
        yield "", _gap(document, gap)


def _observation(document: "AuditDocument", found: "Found") -> dict[str, Any]:
    observation: dict[str, Any] = {
        "uuid": _uuid(found.id),
        "title": clip(f"{found.control_id} {found.verdict} {found.name or found.arn}", 250),
        "description": code_span(found.message, 2_000),
        "props": [
            _prop("finding-id", found.id),
            _prop("control-id", found.control_id),
            _prop("verdict", found.verdict),
            _prop("severity", found.severity),
            _prop("account-id", found.account_id),
            *([_prop("region", found.region)] if found.region else ()),
        ],
        "methods": ["TEST"],
        "types": ["finding"],
        "subjects": [
            {
                "subject-uuid": _uuid("subject", found.arn, found.account_id, found.region),
                "type": "inventory-item",
                "title": clip(found.name, 250) or clip(found.arn, 250),
                "props": [_prop("arn", found.arn), _prop("type", found.resource_type or found.subject_type)],
            }
        ],
        "relevant-evidence": [
            {
                "description": code_span(reason.evidence, 4_000),
                **({"props": [_prop("code", reason.code)]} if reason.code else {}),
            }
            for reason in found.reasons
        ],
        "collected": document.run.as_of,
    }
    if found.waiver is not None:
        reason, by, until = (
            code_span(str(found.waiver[key]), 500) for key in ("reason", "approved_by", "expires")
        )
        observation["remarks"] = f"Waived until {until} by {by}: {reason}"
    return observation


def _gap(document: "AuditDocument", gap: "GapEntry") -> dict[str, Any]:
    call = f"{gap.service}:{gap.operation}"
    return {
        "uuid": _uuid("gap", gap.gap_id),
        "title": clip(f"Evidence was not read: {call}", 250),
        "description": code_span(f"{gap.error}: {gap.message}", 2_000),
        "props": [
            _prop("gap-id", gap.gap_id),
            _prop("account-id", gap.account_id),
            *([_prop("region", gap.region)] if gap.region else ()),
        ],
        "methods": ["EXAMINE"],
        "types": ["evidence-gap"],
        "collected": document.run.as_of,
        "remarks": f"Unknown because of it: {code_span(', '.join(gap.provides), 1_000)}",
    }


def _prop(name: str, value: str) -> dict[str, str]:
    """A property; its value has no blank at its ends and is not empty, as OSCAL demands."""
    return {"name": name, "ns": _NS, "value": clip(value, 2_048).strip() or "-"}
