"""The format `markdown`: the result and the worst findings, as a comment or the summary of a job.

The findings that have room are shown, the worst first, and the page and the user are told how many there are.
Untrusted text stands in code spans.
"""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

from reports.formats.base import GAPS_CUT, ReportFile, ReportFolder, ReportFormat, ReportSource
from reports.text import CONTROL_ID, MAX_COMMENT, code_span, utf16_length

if TYPE_CHECKING:
    from reports.document import GapEntry
    from reports.listing import Found
    from reports.words import Words

_PAGE: Final = ReportFile("report.md", "text/markdown", "the result, the gaps and the worst findings")
CUT: Final = (
    "{file} shows the worst {shown} of {total} findings, as a comment of GitHub takes no more; "
    "findings.csv (format csv) has all of them."
)
MAX_LENGTH: Final = MAX_COMMENT
#: Findings that may have room.
_MOST: Final = 400
MAX_GAPS: Final = 20
_REST: Final = 1_000


class MarkdownReport(ReportFormat):
    """The result as one page of Markdown."""

    name = "markdown"
    help = "The result and the worst findings, for a comment or the summary of a job."
    files = (_PAGE,)
    warns = (CUT, GAPS_CUT)
    by_default = False

    def write(self, source: ReportSource, folder: ReportFolder) -> None:
        """Write the page."""
        from reports.listing import KeptFindings, gaps

        listing = KeptFindings(source.findings, _MOST)
        told = list(islice(gaps(source.table("gaps.parquet")), MAX_GAPS))
        top = "\n".join([*_top(source, source.words), *_gaps(source, told)])
        rows, room = [], MAX_LENGTH - _REST - utf16_length(top)
        for found in listing.worst_first():
            row = _row(found, source.words)
            room -= utf16_length(row) + 1
            if room < 0:
                break
            rows.append(row)
        table = [
            f"### Findings: {len(rows):,} of {listing.total:,} shown",
            "",
            "| severity | verdict | control | subject | account | Region | why |",
            "|---|---|---|---|---|---|---|",
            *rows,
        ]
        cut = len(rows) < listing.total
        said = CUT.format(file=_PAGE.name, shown=len(rows), total=listing.total)
        page = "\n".join([top, *(table if rows else ()), *(("", said) if cut else ())]) + "\n"
        with folder.file(_PAGE.name) as file:
            file.write(page.encode())
        if cut:
            folder.say(CUT, file=_PAGE.name, shown=len(rows), total=listing.total)
        if len(told) < source.document.summary.gaps:
            folder.say(GAPS_CUT, file=_PAGE.name, shown=len(told), total=source.document.summary.gaps)


def _top(source: ReportSource, words: "Words") -> Iterator[str]:
    """The result, the number of each verdict, and what was judged."""
    from reports.scope import sentences

    run, summary = source.document.run, source.document.summary
    yield f"## Backup audit: {words.verdict(summary.overall)}"
    yield ""
    yield f"As of {words.time(run.as_of)}, from {words.time(run.period_start)}; run {code_span(run.id, 60)}."
    yield ""
    unread = f", {summary.accounts_unread:,} of them unread" if summary.accounts_unread else ""
    asked = summary.accounts - sum(summary.accounts_left_out.values())
    yield f"- Accounts: {asked:,}{unread}, with findings: {summary.accounts_with_findings:,}"
    required, wrong = summary.resources_required, summary.resources_with_findings
    yield f"- Resources that need a backup: {required:,}, with findings: {wrong:,}"
    yield f"- Gaps in the evidence: {summary.gaps:,}"
    yield from (f"- {sentence}" for sentence in sentences(source.document, words))
    yield ""
    yield "| verdict | number |"
    yield "|---|--:|"
    for verdict, number in source.verdicts.items():
        yield f"| {words.verdict(verdict)} | {number:,} |"
    yield ""


def _gaps(source: ReportSource, told: list["GapEntry"]) -> Iterator[str]:
    """What could not be read: nothing there is a pass."""
    total = source.document.summary.gaps
    if not total:
        return
    yield f"### Not read: {len(told):,} of {total:,} shown"
    yield ""
    yield "Nothing that rests on these calls counts as a pass."
    yield ""
    yield "| account | Region | call | error | message |"
    yield "|---|---|---|---|---|"
    for gap in told:
        call = f"{gap.service}:{gap.operation}"
        cells = (gap.account_id, gap.region or "all", call, gap.error, gap.message)
        yield f"| {' | '.join(code_span(cell, 200) for cell in cells)} |"
    yield ""


def _row(found: "Found", words: "Words") -> str:
    why = code_span(found.message, 300)
    if found.waiver is not None:
        reason, until = (code_span(str(found.waiver[key]), 120) for key in ("reason", "expires"))
        why = f"{why} waived until {until}: {reason}"
    cells = (
        words.severity(found.severity),
        words.verdict(found.verdict),
        code_span(found.control_id, CONTROL_ID),
        code_span(found.name or found.arn, 160),
        code_span(found.account_id, 20),
        code_span(found.region or "all", 30),
        why,
    )
    return f"| {' | '.join(cells)} |"
