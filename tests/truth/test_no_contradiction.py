"""Whatever was counted, no page and no terminal says two things that cannot both be true."""

import gettext
from dataclasses import replace
from html import unescape
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from auditor.cli.listing import gaps, verdicts
from auditor.judge.outcome import Counts, outcome
from auditor.model.verdicts import Verdict
from reports.document import AuditDocument, from_json
from reports.pdf_job import job
from reports.render_html import html
from reports.words import Words

SAMPLE = from_json((Path(__file__).parents[1] / "golden" / "sample" / "document.json").read_bytes())
WORDS = Words(gettext.NullTranslations(), "en")
NUMBERS = st.integers(0, 3)


@st.composite
def documents(draw: st.DrawFn) -> AuditDocument:
    """The sample with other counts, its outcome made of them by the one function that makes it."""
    counted = {str(verdict): draw(NUMBERS) for verdict in Verdict}
    found = SAMPLE.gaps[: draw(st.integers(0, len(SAMPLE.gaps)))]
    required, exempt, unknown = draw(NUMBERS), draw(NUMBERS), draw(NUMBERS)
    made = outcome(
        Counts(
            verdicts=counted,
            by_severity={"high": counted},
            gaps=len(found),
            resources=required + exempt + unknown,
            exempt=exempt,
            judged=draw(st.integers(0, required)),
        ),
        "low",
    )
    left_out = draw(st.dictionaries(st.sampled_from(["SUSPENDED", "PENDING_CLOSURE"]), st.integers(1, 3)))
    summary = replace(
        SAMPLE.summary,
        overall=str(made.overall),
        headline=str(made.headline),
        exit_code=int(made.exit_code),
        verdicts=counted,
        gaps=len(found),
        accounts=SAMPLE.summary.accounts + sum(left_out.values()),
        accounts_left_out=left_out,
        accounts_unread=draw(st.integers(0, 1)),
        resources_required=required,
        resources_exempt=exempt,
        resources_unknown=unknown,
        resources_by_verdict={"COMPLIANT": required},
        resources_with_findings=0,
    )
    closed = tuple(
        {"account_id": f"99999999999{number}", "name": "<closed>", "ou_path": [], "status": status,
         "regions": [], "left_out": True}
        for number, status in enumerate(status for status, count in left_out.items() for _ in range(count))
    )  # fmt: skip
    run = replace(SAMPLE.run, accounts=(*SAMPLE.run.accounts, *closed))
    return replace(SAMPLE, run=run, summary=summary, gaps=found, findings=(), classes=())


def editions(document: AuditDocument) -> dict[str, str]:
    """What each reader sees, on one line."""
    console = Console(width=200, markup=False)
    with console.capture() as capture:
        for thing in (*gaps(document), *verdicts(document, 200)):
            console.print(thing, soft_wrap=True)
    texts = {
        "HTML": html(document, WORDS),
        "PDF": job(document, WORDS)["editions"][0],
        "terminal": capture.get(),
    }
    return {name: " ".join(unescape(text).split()) for name, text in texts.items()}


@given(documents())
def test_no_two_sentences_contradict_each_other(document: AuditDocument) -> None:
    """All answered and a verdict open, evidence missing and no gap, no resource and one that may be."""
    summary = document.summary
    unreached = summary.verdicts["ERROR"] + summary.verdicts["INSUFFICIENT_DATA"]
    for name, text in editions(document).items():
        whole = "answered in full" in text or "no gaps in the evidence" in text
        nevertheless = "could nevertheless not be reached" in text
        missing = "because evidence is missing" in text
        assert whole == (not summary.gaps and not unreached), name
        assert nevertheless == (not summary.gaps and unreached > 0), name
        assert missing == (summary.gaps > 0 and unreached > 0), name
        assert not (missing and "no call failed" in text), name
        assert not (whole and "Evidence incomplete" in text), name
        none = "No resource that needs backup was found" in text
        assert none == (not summary.resources_required and not summary.resources_unknown), name
        assert ("It is not known whether" in text) == (
            not summary.resources_required and summary.resources_unknown > 0
        ), name
        asked = summary.accounts - sum(summary.accounts_left_out.values())
        assert f"of {asked} accounts have findings." in text, name
        for one in document.run.accounts:
            named = f"{one['account_id']} ({one.get('status')})" in text.replace(" <closed>", "")
            assert named == one.get("left_out", False), name
        for status, count in summary.accounts_left_out.items():
            assert f"{count} {status}" in text, name
        if "Every demand that applies is met" in text:
            assert (summary.exit_code, summary.gaps, unreached) == (0, 0, 0), name
