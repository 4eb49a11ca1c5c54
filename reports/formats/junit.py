"""The format `junit`: JUnit XML, for what shows the tests of a pipeline.

GitLab takes files below 30 MB (docs.gitlab.com, "Unit test reports") and not above 250,000 objects of XML
(gitlab.com, gitlab-org/gitlab#507482); a case here has at most three and 1,200 bytes, but for the escaping
of hostile text. So the worst 20,000 findings are kept, and the file and the user are told.
A case without a failure reads as passed. Therefore a pass is written only where the control stated it, as one
case for each control, account, Region and kind of subject, with their number; what could not be judged is
`skipped`, a control that failed is an `error`, and a gap is an `error` of a suite of its own.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from reports.formats.base import ReportFile, ReportFolder, ReportFormat, ReportSource
from reports.text import clip

if TYPE_CHECKING:
    from reports.document import AuditDocument, GapEntry
    from reports.listing import Found, Passed

_CASES: Final = ReportFile(
    "findings.junit.xml", "application/xml", "the findings, the passes and the gaps as test cases"
)
CUT: Final = (
    "{file} has the worst {shown} of {total} findings, as GitLab takes no larger file; "
    "findings.csv (format csv) has all of them."
)
MAX_FINDINGS: Final = 20_000
MAX_GAPS: Final = 1_000
_SUITE: Final = "backup controls"
_GAPS: Final = "evidence gaps"
_ELEMENT: Final = {
    "NON_COMPLIANT": "failure",
    "ERROR": "error",
    "INSUFFICIENT_DATA": "skipped",
    "WAIVED": "skipped",
}


class JunitReport(ReportFormat):
    """The findings as test cases."""

    name = "junit"
    help = "The findings as failed tests, for what shows the tests of a pipeline (JUnit XML)."
    files = (_CASES,)
    warns = (CUT,)
    by_default = False

    def write(self, source: ReportSource, folder: ReportFolder) -> None:
        """Write the suite of the controls by parts, and the suite of the gaps."""
        from reports.listing import KeptFindings, gaps, passed

        document = source.document
        listing = KeptFindings(source.table("verdicts.parquet"), MAX_FINDINGS)
        passes = passed(source.table("verdicts.parquet"))
        told = list(islice(gaps(source.table("gaps.parquet")), MAX_GAPS))
        counts: Counter[str] = Counter()
        for verdict, n in listing.shown_by_verdict().items():
            counts[_ELEMENT[verdict]] += n
        said = ""
        if listing.shown < listing.total:
            said = CUT.format(file=_CASES.name, shown=listing.shown, total=listing.total)
        with folder.file(_CASES.name) as file:
            whole = counts + Counter({"error": len(told)})
            cases = listing.shown + len(passes)
            file.write(b'<?xml version="1.0" encoding="UTF-8"?>\n')
            file.write(f'<testsuites name="auditor" {_counts(cases + len(told), whole)}>\n'.encode())
            when = document.run.as_of.removesuffix("Z")
            begin = f'<testsuite name="{_SUITE}" timestamp="{when}" {_counts(cases, counts)}>\n'
            file.write((begin + _properties(document, said)).encode())
            for found in listing:
                file.write(_case(found).encode())
            file.writelines(_pass(one).encode() for one in passes)
            file.write(b"</testsuite>\n")
            file.write(_gaps(told, document.summary.gaps, when).encode())
            file.write(b"</testsuites>\n")
        if said:
            folder.say(CUT, file=_CASES.name, shown=listing.shown, total=listing.total)


def _counts(tests: int, counts: Counter[str]) -> str:
    told = {"tests": tests, "failures": counts["failure"], "errors": counts["error"]}
    return " ".join(f'{name}="{n}"' for name, n in {**told, "skipped": counts["skipped"]}.items())


def _properties(document: "AuditDocument", said: str) -> str:
    """What the run was, the verdicts that it counted, and what is cut."""
    run, summary = document.run, document.summary
    values = {
        "auditor.run": run.id,
        "auditor.version": run.auditor_version,
        "auditor.as_of": run.as_of,
        "auditor.period_start": run.period_start,
        "auditor.period_end": run.period_end,
        "auditor.overall": summary.overall,
        **{f"auditor.verdicts.{verdict}": str(n) for verdict, n in summary.verdicts.items()},
        **({"auditor.cut": said} if said else {}),
    }
    rows = (
        f"<property name={_quoted(key, 100)} value={_quoted(text, 300)}/>\n" for key, text in values.items()
    )
    return f"<properties>\n{''.join(rows)}</properties>\n"


def _case(found: "Found") -> str:
    element = _ELEMENT[found.verdict]
    message = found.message
    if found.waiver is not None:
        reason, by, until = (
            clip(str(found.waiver[key]), 100) for key in ("reason", "approved_by", "expires")
        )
        message = f"Waived until {until} by {by}: {reason} {message}"
    elif element != "failure":
        message = f"{found.verdict}: {message}"
    codes = ", ".join(reason.code for reason in found.reasons)
    kind = "" if element == "skipped" else f" type={_quoted(codes, 80)}"
    body = f"{clip(found.arn, 200)} {found.severity} {found.id}"
    return (
        f"{_begin(found.control_id, f'{_subject(found)} {found.id}')}"
        f"<{element} message={_quoted(message, 400)}{kind}>{escape(body)}</{element}></testcase>\n"
    )


def _subject(found: "Found") -> str:
    where = " ".join(part for part in (found.account_id, found.region) if part)
    return f"{where}: {clip(found.name, 80) or clip(found.arn, 120)}"


def _pass(one: "Passed") -> str:
    where = " ".join(part for part in (one.account_id, one.region) if part)
    told = f"{where}: {one.subjects} compliant, of kind {one.subject_type}"
    return f"{_begin(one.control_id, told).removesuffix('>')}/>\n"


def _gaps(told: Iterable["GapEntry"], total: int, when: str) -> str:
    """The suite of the gaps: silence would read as a pass."""
    cases = [_gap(gap) for gap in told]
    begin = (
        f'<testsuite name="{_GAPS}" timestamp="{when}" {_counts(len(cases), Counter(error=len(cases)))}>\n'
    )
    cut = f"<system-out>{len(cases)} of {total} gaps; gaps.parquet has all of them.</system-out>\n"
    return begin + "".join(cases) + (cut if total > len(cases) else "") + "</testsuite>\n"


def _gap(gap: "GapEntry") -> str:
    where = " ".join(part for part in (gap.account_id, gap.region) if part)
    body = clip(f"Unknown because of it: {', '.join(gap.provides)}", 300)
    begin = _begin("gap", clip(f"{where}: {gap.service}:{gap.operation} {gap.gap_id}", 200))
    told = f"message={_quoted(gap.message, 400)} type={_quoted(gap.error, 80)}"
    return f"{begin}<error {told}>{escape(body)}</error></testcase>\n"


def _begin(control: str, name: str) -> str:
    return f"<testcase classname={_quoted(f'auditor.{control}', 100)} name={_quoted(name, 260)}>"


def _quoted(text: str, limit: int) -> str:
    """An attribute's value; `clip` shows what XML 1.0 has no character for by its number."""
    return quoteattr(clip(text, limit))
