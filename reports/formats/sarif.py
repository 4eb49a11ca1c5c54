"""The format `sarif`: SARIF 2.1.0 as GitHub code scanning takes it.

The worst results are kept where not all have room, and the file and the user are told.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, Final
from urllib.parse import quote

from reports.formats.base import GAPS_CUT, ReportFile, ReportFolder, ReportFormat, ReportSource
from reports.sarif import (
    MAX_PACKED,
    MAX_RESULTS,
    end,
    fingerprints,
    judgement,
    note,
    rule,
    suppression,
    text,
    write_results,
)
from reports.text import clip, why_unknown

if TYPE_CHECKING:
    from reports.document import AuditDocument, GapEntry
    from reports.listing import Found, KeptFindings

_RESULTS: Final = ReportFile(
    "findings.sarif", "application/sarif+json", "the findings as results of one run, at most 25,000"
)
CUT: Final = (
    "{file} has the worst {shown} of {total} findings, as GitHub takes no more; "
    "findings.csv (format csv) has all of them."
)
#: Kept for what follows the results.
_REST: Final = 1_500_000
MAX_GAPS: Final = 1_000


class SarifReport(ReportFormat):
    """The findings as results of a run."""

    name = "sarif"
    help = "The findings for code scanning (SARIF), within the limits of GitHub."
    files = (_RESULTS,)
    warns = (CUT, GAPS_CUT)
    by_default = False

    def write(self, source: ReportSource, folder: ReportFolder) -> None:
        """Write the results by parts, and after them what became of the run."""
        from itertools import islice

        from reports.listing import KeptFindings, gaps

        document = source.document
        listing = KeptFindings(source.findings, MAX_RESULTS)
        with folder.file(_RESULTS.name) as file:
            shown = _results(document, listing, file)
            told = list(islice(gaps(source.table("gaps.parquet")), MAX_GAPS))
            cuts = (CUT, shown, listing.total), (GAPS_CUT, len(told), document.summary.gaps)
            said = [
                (sentence, {"file": _RESULTS.name, "shown": some, "total": total})
                for sentence, some, total in cuts
                if some < total
            ]
            file.write(_end(source, told, [sentence.format(**fields) for sentence, fields in said]))
        for sentence, fields in said:
            folder.say(sentence, **fields)


def _results(document: "AuditDocument", listing: "KeptFindings", file: BinaryIO) -> int:
    """Write the beginning and the results; return how many there was room for."""
    from reports.listing import json_line

    rules = {control.id: index for index, control in enumerate(document.controls)}
    results = (json_line(_result(found, rules)).rstrip() for found in listing.worst_first())
    driver = json_line(_driver(document)).rstrip()
    return write_results(file, driver, results, MAX_PACKED - _REST)


def _end(source: ReportSource, told: list["GapEntry"], said: list[str]) -> bytes:
    from reports.listing import json_line

    run, summary, framework = source.document.run, source.document.summary, source.framework
    notes = [*map(_notification, told), *map(note, said)]
    invocation = {
        "executionSuccessful": not summary.gaps and not summary.verdicts.get("ERROR", 0),
        "exitCode": summary.exit_code,
        "endTimeUtc": run.as_of,
        "toolExecutionNotifications": notes,
    }
    properties = {
        "auditor/run": run.id,
        "auditor/asOf": run.as_of,
        "auditor/periodStart": run.period_start,
        "auditor/periodEnd": run.period_end,
        "auditor/overall": summary.overall,
        **({"auditor/framework": framework} if framework else {}),
        "auditor/verdicts": source.verdicts,
        "auditor/evidenceSha256": run.evidence_sha256,
    }
    details = {"id": f"backup-auditor/{run.id}"}
    rest = {"invocations": [invocation], "automationDetails": details, "properties": properties}
    return end(json_line(rest))


def _driver(document: "AuditDocument") -> dict[str, Any]:
    return {
        "name": "auditor",
        "semanticVersion": document.run.auditor_version,
        "rules": [
            rule(
                control.id,
                control.severity,
                control.subject,
                control.title,
                control.description,
                control.remediation,
            )
            for control in document.controls
        ],
    }


def _result(found: "Found", rules: Mapping[str, int]) -> dict[str, Any]:
    subject = clip(found.name, 100) or clip(found.arn, 200)
    result: dict[str, Any] = {
        "ruleId": found.control_id,
        **({"ruleIndex": rules[found.control_id]} if found.control_id in rules else {}),
        **judgement(found.verdict, found.severity),
        "message": {"text": text(f"{subject}: {found.message}", 600)},
        "locations": [_location(found)],
        "partialFingerprints": fingerprints(found.id),
        "properties": {
            "auditor/findingId": found.id,
            "auditor/verdict": found.verdict,
            "auditor/severity": found.severity,
            "auditor/accountId": found.account_id,
            "auditor/region": found.region,
            "auditor/codes": [clip(reason.code, 100) for reason in found.reasons[:10]],
        },
    }
    if found.waiver is not None:
        result["suppressions"] = [suppression(found.waiver)]
    return result


def _location(found: "Found") -> dict[str, Any]:
    """Where it is. GitHub shows no result without a file, so the subject has a path, of no disk."""
    parts = _parts(found)
    uri = "/".join(quote(clip(part, 120), safe="") for part in parts)
    return {
        "physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": 1}},
        "logicalLocations": [{"fullyQualifiedName": clip(found.arn, 2_048), "kind": "resource"}],
    }


def _parts(found: "Found") -> Iterator[str]:
    yield "aws"
    yield found.account_id
    yield found.region or "all-regions"
    yield found.resource_type or found.subject_type
    yield found.arn.split(":", 5)[-1] or found.name


def _notification(gap: "GapEntry") -> dict[str, Any]:
    where = f"Account {gap.account_id}" + (f", {gap.region}" if gap.region else "")
    told = f"{where}: {why_unknown(gap.service, gap.operation, gap.error, gap.message)}".rstrip(".")
    unknown = f"Unknown because of it: {text(', '.join(gap.provides), 300)}."
    said = note(f"{text(told, 500)}. {unknown}", "error")
    return {**said, "properties": {"auditor/gapId": gap.gap_id}}
