"""The format `sarif`: SARIF 2.1.0 as GitHub code scanning takes it.

Its limits (docs.github.com, "SARIF results exceed one or more limits", and the REST reference of uploads):
one file of at most 10 MB with gzip, 25,000 results a run, of which 5,000 are shown, and 20 tags a rule. More
than that is refused, so the worst results are kept, and the file and the user are told.
GitHub knows no `kind`: what could not be judged is there an alert of level `none`.
"""

import zlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, Final
from urllib.parse import quote

from reports.formats.base import GAPS_CUT, ReportFile, ReportFolder, ReportFormat, ReportSource
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
#: Results of a run, and bytes of the file with gzip: more is refused.
MAX_RESULTS: Final = 25_000
MAX_PACKED: Final = 10_000_000
#: Kept for what follows the results.
_REST: Final = 1_500_000
MAX_GAPS: Final = 1_000
_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL: Final = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
#: What GitHub makes critical (over 9.0), high (7.0), medium (4.0) and low of.
_SCORE: Final = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
_KIND: Final = {"NON_COMPLIANT": "fail", "WAIVED": "fail", "INSUFFICIENT_DATA": "open", "ERROR": "review"}


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
        listing = KeptFindings(source.table("verdicts.parquet"), MAX_RESULTS)
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
    head = (
        b'{"$schema":"%s","version":"2.1.0","runs":[{"tool":%s,"columnKind":"unicodeCodePoints","results":['
    )
    head %= _SCHEMA.encode(), json_line({"driver": _driver(document)}).rstrip()
    file.write(head)
    packer = zlib.compressobj()
    packed, shown = len(packer.compress(head)), 0
    for found in listing.worst_first():
        line = (b",\n" if shown else b"\n") + json_line(_result(found, rules)).rstrip()
        packed += len(packer.compress(line)) + len(packer.flush(zlib.Z_SYNC_FLUSH))
        if packed > MAX_PACKED - _REST:
            break
        file.write(line)
        shown += 1
    return shown


def _end(source: ReportSource, told: list["GapEntry"], said: list[str]) -> bytes:
    from reports.listing import json_line

    run, summary = source.document.run, source.document.summary
    notes = [*map(_notification, told), *map(_note, said)]
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
        "auditor/verdicts": source.verdicts,
        "auditor/evidenceSha256": run.evidence_sha256,
    }
    details = {"id": f"backup-auditor/{run.id}"}
    rest = {"invocations": [invocation], "automationDetails": details, "properties": properties}
    return b"\n]," + json_line(rest).rstrip()[1:] + b"]}\n"


def _driver(document: "AuditDocument") -> dict[str, Any]:
    return {
        "name": "auditor",
        "semanticVersion": document.run.auditor_version,
        "rules": [
            {
                "id": control.id,
                "shortDescription": {"text": clip(control.title, 250)},
                "fullDescription": {"text": clip(control.description, 1_000)},
                "help": {"text": clip(control.remediation, 2_000)},
                "defaultConfiguration": {"level": _LEVEL[control.severity]},
                "properties": {
                    "tags": ["backup", "security", control.subject],
                    "security-severity": _SCORE[control.severity],
                },
            }
            for control in document.controls
        ],
    }


def _result(found: "Found", rules: Mapping[str, int]) -> dict[str, Any]:
    kind = _KIND[found.verdict]
    subject = clip(found.name, 100) or clip(found.arn, 200)
    result: dict[str, Any] = {
        "ruleId": found.control_id,
        **({"ruleIndex": rules[found.control_id]} if found.control_id in rules else {}),
        "kind": kind,
        "level": _LEVEL[found.severity] if kind == "fail" else "none",
        "message": {"text": _text(f"{subject}: {found.message}", 600)},
        "locations": [_location(found)],
        "partialFingerprints": {"primaryLocationLineHash": f"{found.id}:1", "auditorFinding/v1": found.id},
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
        result["suppressions"] = [_suppression(found.waiver)]
    return result


def _location(found: "Found") -> dict[str, Any]:
    """Where it is. GitHub shows no result without a file, so the subject has a path, of no disk."""
    parts = _parts(found)
    uri = "/".join(quote(clip(part, 120), safe="") for part in parts)
    return {
        "physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": 1}},
        "logicalLocations": [{"fullyQualifiedName": clip(found.arn, 2_048), "kind": "resource"}],
    }


def _text(text: str, limit: int) -> str:
    r"""Untrusted text that no viewer takes for a link: ``[`` begins one in a SARIF message (3.11.6)."""
    return clip(text, limit).translate({ord(sign): f"\\{sign}" for sign in "\\[]"})


def _parts(found: "Found") -> Iterator[str]:
    yield "aws"
    yield found.account_id
    yield found.region or "all-regions"
    yield found.resource_type or found.subject_type
    yield found.arn.split(":", 5)[-1] or found.name


def _suppression(waiver: Mapping[str, Any]) -> dict[str, Any]:
    reason, by, until = (clip(str(waiver[key]), 300) for key in ("reason", "approved_by", "expires"))
    told = f"{reason} Approved by {by}, until {until}."
    return {"kind": "external", "status": "accepted", "justification": told}


def _notification(gap: "GapEntry") -> dict[str, Any]:
    where = f"Account {gap.account_id}" + (f", {gap.region}" if gap.region else "")
    told = f"{where}: {why_unknown(gap.service, gap.operation, gap.error, gap.message)}"
    note = _note(
        f"{_text(told.rstrip('.'), 500)}. Unknown because of it: {_text(', '.join(gap.provides), 300)}."
    )
    return {**note, "level": "error", "properties": {"auditor/gapId": gap.gap_id}}


def _note(text: str) -> dict[str, Any]:
    return {"level": "warning", "message": {"text": text}}
