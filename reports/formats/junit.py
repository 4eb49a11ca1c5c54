"""The format `junit`: JUnit XML, for programs that show the tests of a pipeline.

The worst findings are kept where not all have room, and the file and the user are told. Each gap is an
`error`, in a suite of its own.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Final

from reports.formats.base import GAPS_CUT, ReportFile, ReportFolder, ReportFormat, ReportSource
from reports.junit import (
    ELEMENT,
    MAX_BYTES,
    MAX_FINDINGS,
    case,
    counted,
    escaped,
    opened,
    properties,
    quoted,
)
from reports.text import clip

if TYPE_CHECKING:
    from reports.document import GapEntry
    from reports.listing import Found, KeptFindings, Passed

_CASES: Final = ReportFile(
    "findings.junit.xml", "application/xml", "the findings, the passes and the gaps as test cases"
)
CUT: Final = (
    "{file} has the worst {shown} of {total} findings, as GitLab takes no larger file; "
    "findings.csv (format csv) has all of them."
)
MAX_GAPS: Final = 1_000
#: Kept for the gaps and the passes.
_REST: Final = 5_000_000
_SUITE: Final = "backup controls"
_GAPS: Final = "evidence gaps"


class JunitReport(ReportFormat):
    """The findings as test cases."""

    name = "junit"
    help = "The findings as failed tests, for what shows the tests of a pipeline (JUnit XML)."
    files = (_CASES,)
    warns = (CUT, GAPS_CUT)
    by_default = False

    def write(self, source: ReportSource, folder: ReportFolder) -> None:
        """Write the suite of the controls, whose cases are counted before, and the suite of the gaps."""
        from reports.listing import KeptFindings, gaps

        document = source.document
        found = KeptFindings(source.findings, MAX_FINDINGS)
        passes = list(_passes(source.passed))
        told = list(islice(gaps(source.table("gaps.parquet")), MAX_GAPS))
        when = document.run.as_of.removesuffix("Z")
        with TemporaryFile() as cases, folder.file(_CASES.name) as file:
            counts = _cases(found, cases)
            shown = counts.total()
            cut = {"file": _CASES.name, "shown": shown, "total": found.total} if shown < found.total else {}
            tests, errors = shown + len(passes), Counter(error=len(told))
            file.write(b'<?xml version="1.0" encoding="UTF-8"?>\n')
            whole = counted(tests + len(told), counts + errors)
            file.write(f'<testsuites name="auditor" {whole}>\n'.encode())
            begin = f'<testsuite name="{_SUITE}" timestamp="{when}" {counted(tests, counts)}>\n'
            file.write((begin + _properties(source, CUT.format(**cut) if cut else "")).encode())
            copyfileobj(cases, file)
            file.write(f"{''.join(passes)}</testsuite>\n".encode())
            file.write(_gaps(told, document.summary.gaps, when).encode())
            file.write(b"</testsuites>\n")
        if cut:
            folder.say(CUT, **cut)
        if len(told) < document.summary.gaps:
            folder.say(GAPS_CUT, file=_CASES.name, shown=len(told), total=document.summary.gaps)


def _cases(kept: "KeptFindings", cases: IO[bytes]) -> Counter[str]:
    """Write the cases for which there is room, the worst first, and count them by their element."""
    counts: Counter[str] = Counter()
    for found in kept.worst_first():
        text = _case(found).encode()
        if cases.tell() + len(text) > MAX_BYTES - _REST:
            break
        cases.write(text)
        counts[ELEMENT[found.verdict]] += 1
    cases.seek(0)
    return counts


def _properties(source: ReportSource, said: str) -> str:
    """What the run was, the verdicts that it counted, and what is cut."""
    run, summary, framework = source.document.run, source.document.summary, source.framework
    values = {
        "auditor.run": run.id,
        "auditor.version": run.auditor_version,
        "auditor.as_of": run.as_of,
        "auditor.period_start": run.period_start,
        "auditor.period_end": run.period_end,
        "auditor.overall": summary.overall,
        **({"auditor.framework": framework} if framework else {}),
        **{f"auditor.verdicts.{verdict}": str(n) for verdict, n in source.verdicts.items()},
        **({"auditor.cut": said} if said else {}),
    }
    return properties(values)


def _case(found: "Found") -> str:
    return case(
        opened(found.control_id, f"{_subject(found)} {found.id}"),
        found.verdict,
        found.message,
        [reason.code for reason in found.reasons],
        f"{clip(found.arn, 200)} {found.severity} {found.id}",
        waiver=found.waiver,
        longest=400,
    )


def _subject(found: "Found") -> str:
    where = " ".join(part for part in (found.account_id, found.region) if part)
    return f"{where}: {clip(found.name, 80) or clip(found.arn, 120)}"


def _passes(passed: Iterable["Passed"]) -> Iterator[str]:
    """A case for each control and kind of subject that it found compliant."""
    for (control, kind), group in groupby(passed, key=lambda one: (one.control_id, one.subject_type)):
        found = list(group)
        number, accounts = sum(one.subjects for one in found), len({one.account_id for one in found})
        told = f"{number} compliant, in {accounts} accounts (kind: {kind})"
        yield f"{opened(control, told).removesuffix('>')}/>\n"


def _gaps(told: Iterable["GapEntry"], total: int, when: str) -> str:
    """The suite of the gaps: silence would read as a pass."""
    cases = [_gap(gap) for gap in told]
    begin = (
        f'<testsuite name="{_GAPS}" timestamp="{when}" {counted(len(cases), Counter(error=len(cases)))}>\n'
    )
    cut = GAPS_CUT.format(file=_CASES.name, shown=len(cases), total=total)
    return (
        begin
        + "".join(cases)
        + (f"<system-out>{cut}</system-out>\n" if total > len(cases) else "")
        + "</testsuite>\n"
    )


def _gap(gap: "GapEntry") -> str:
    where = " ".join(part for part in (gap.account_id, gap.region) if part)
    body = clip(f"Unknown because of it: {', '.join(gap.provides)}", 300)
    begin = opened("gap", clip(f"{where}: {gap.service}:{gap.operation} {gap.gap_id}", 200))
    told = f"message={quoted(gap.message, 400)} type={quoted(gap.error, 80)}"
    return f"{begin}<error {told}>{escaped(body)}</error></testcase>\n"
