"""The PDF has no page for what there is none of, and a run without anything to look at is short."""

import gettext
import io
import re
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader

from reports.document import VERDICTS, AuditDocument
from reports.pdf_job import job
from reports.pdf_process import PdfProcess
from reports.scope import completeness
from reports.words import Words

ENGLISH = Words(gettext.NullTranslations(), "en")


@pytest.fixture(scope="module")
def clean(sample: AuditDocument) -> AuditDocument:
    """The sample as if nothing in it had to be looked at."""
    return replace(_without_gaps(sample), classes=(), findings=(), waivers=(), causes={})


def _without_gaps(document: AuditDocument) -> AuditDocument:
    verdicts = {**document.summary.verdicts, "INSUFFICIENT_DATA": 0, "ERROR": 0}
    return replace(document, summary=replace(document.summary, gaps=0, verdicts=verdicts), gaps=())


def _page(document: AuditDocument) -> str:
    page: str = job(document, ENGLISH)["editions"][0]
    return page


def _parts(page: str) -> list[str]:
    return re.findall(r'<h1 class="section"(?: id="(\w+)")?', page)


def _none(page: str) -> list[str]:
    found = re.search(r'<h2 id="none">.*?</ul>', page, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", item) for item in re.findall(r"<li>(.*?)</li>", found[0])] if found else []


NO_FINDINGS = "Verdicts to look at, and causes of them: None."
NO_GAPS = "Gaps in the evidence: None: every call was answered in full."
NO_WAIVERS = "Waivers: None: no deviation was accepted."


def test_what_there_is_none_of_has_a_line_and_no_page(sample: AuditDocument, clean: AuditDocument) -> None:
    """Causes, gaps, verdicts and waivers have a chapter where there are some."""
    whole, brief = _page(sample), _page(clean)
    without_gaps = _page(_without_gaps(sample))
    told = ["scope", "", "summary", "causes", "gaps", "findings", "waivers", "method", "catalogue", "hashes"]
    assert (_parts(whole), _none(whole)) == (told, [])
    assert _parts(without_gaps) == [part for part in told if part != "gaps"]
    assert 'href="#gaps"' in whole
    assert 'href="#gaps"' not in without_gaps
    assert _parts(brief) == ["scope", "summary", "method", "hashes"]
    assert _none(brief) == [NO_GAPS, NO_FINDINGS, NO_WAIVERS]


def test_a_run_with_a_gap_is_not_brief(clean: AuditDocument, sample: AuditDocument) -> None:
    """What could not be read is something to look at."""
    page = _page(replace(clean, gaps=sample.gaps, summary=sample.summary))
    assert _parts(page) == ["scope", "", "summary", "gaps", "method", "catalogue", "hashes"]
    assert _none(page) == [NO_FINDINGS, NO_WAIVERS]


def test_without_verdicts_to_look_at_the_accounts_of_a_run_with_gaps_have_their_table(
    clean: AuditDocument, sample: AuditDocument
) -> None:
    """Without the figure, whose bars would be empty; a brief run has a sentence that names files it has."""
    page = _page(replace(clean, gaps=sample.gaps, summary=sample.summary))
    after = page.split('id="by-account"')[1]
    assert 'chart id="accounts"' not in page
    assert after.index("400000000002") < after.index('id="none"')
    said = "none of them with a verdict to look at."
    told = [_page(one).split(said)[1].split("</p>")[0] for one in (clean, replace(clean, scope={}))]
    assert told == [" Each account is in scope.csv and verdicts.csv.", " Each account is in verdicts.csv."]


def test_a_brief_run_says_what_every_verdict_means(clean: AuditDocument) -> None:
    """Also of those that it has none of: "Waived" stands on page one, with a zero."""
    assert [name for name in VERDICTS if f'<span class="id">{name}</span>' not in _page(clean)] == []


def _with_types(document: AuditDocument, number: int) -> dict[str, Any]:
    """The document's scope with types of which there is none."""
    none = [{"kind": f"type {one}", "states": {"READ": 16}, "found": 0} for one in range(number)]
    return {**document.scope, "by_kind": [*document.scope["by_kind"], *none]}


def _all_read(document: AuditDocument) -> AuditDocument:
    """The document as if every account had been read, and nothing left out."""
    rows = [row for row in document.scope["rows"] if {*row["states"]} == {"READ"}]
    told = {"rows": rows, "row_count": len(rows), "regions_left_out": []}
    return replace(document, scope={**document.scope, **told})


def test_kinds_of_which_there_is_none_share_a_row(clean: AuditDocument) -> None:
    """Where their places have the same states; so do those not looked at, which is no zero."""
    said = _with_types(clean, 2)
    said["by_kind"] += [
        {"kind": "denied", "states": {"DENIED": 16}, "found": None},
        {"kind": "nothing", "states": {"DENIED": 16}, "found": 0},
        {"kind": "refused", "states": {"DENIED": 16}, "found": None},
        {"kind": "partly", "states": {"READ": 15, "DENIED": 1}, "found": 0},
        {"kind": "one", "states": {"READ": 16}, "found": 1},
        {"kind": "one more", "states": {"READ": 16}, "found": 1},
    ]
    rows = {row["kind"]: row for row in completeness(replace(clean, scope=said), ENGLISH)["by_kind"]}
    for kinds, states, found in (
        ("type 0, type 1", "read 16", "0"),
        ("denied, refused", "denied 16", "not looked at"),
        ("nothing", "denied 16", "0"),
        ("partly", "denied 1, read 15", "0"),
        ("one", "read 16", "1"),
        ("one more", "read 16", "1"),
    ):
        assert rows[kinds] == {"kind": kinds, "states": states, "found": found}


@pytest.mark.parametrize(
    ("state", "found", "empty"),
    [("DENIED", None, []), ("READ", 0, ["AWS::T::Z"]), ("NOT_OFFERED", None, ["AWS::T::Z"])],
)
def test_only_what_is_known_to_be_nowhere_has_no_column(
    clean: AuditDocument, state: str, found: int | None, empty: list[str]
) -> None:
    """Where AWS refused everything, every kind has its column: that there are none is not known."""
    kinds = ["vaults", "AWS::T::A", "AWS::T::Z"]
    others, count = ("DENIED", None) if state == "DENIED" else ("READ", 3)
    row = {**clean.scope["rows"][0], "states": [others, others, state]}
    by_kind = [{"kind": kind, "states": {others: 16}, "found": count} for kind in kinds[:2]]
    by_kind.append({"kind": kinds[2], "states": {state: 16}, "found": found})
    scope = {**clean.scope, "kinds": kinds, "rows": [row], "row_count": 1, "by_kind": by_kind}
    told = completeness(replace(clean, scope=scope), ENGLISH)
    shown = ["Vaults", *[kind for kind in kinds[1:] if kind not in empty]]
    assert (told["empty"], told["kinds"]) == (", ".join(empty), shown)


@pytest.mark.long
def test_a_short_run_without_anything_to_look_at_has_six_pages(clean: AuditDocument) -> None:
    """Twenty controls, all accounts read, types without a resource; each control has its id and title."""
    more = [replace(one, id=one.id.replace("-00", "-90")) for one in clean.controls]
    clean = replace(clean, controls=(*clean.controls, *more), scope=_with_types(_all_read(clean), 17))
    pdf = PdfReader(io.BytesIO(PdfProcess(job(clean, ENGLISH)).finish()[0]))
    text = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    assert len(pdf.pages) <= 6
    assert [control.id for control in clean.controls if control.title not in text] == []


def test_there_is_one_place_to_sign(clean: AuditDocument, sample: AuditDocument) -> None:
    """On page one where it has room, behind the digests where it has not."""
    brief, whole = _page(clean), _page(sample)
    assert [page.count('id="sign-off"') for page in (brief, whole)] == [1, 1]
    assert brief.index('id="sign-off"') < brief.index('id="scope"')
    assert whole.index('id="sign-off"') > whole.index('id="hashes"')
    assert f"this report of run {clean.run.id}," in brief


ASKED = {
    "id": "own", "title": "Our <rules>", "source": "https://example.com", "audited_for": True,
    "requirements": [
        {"id": "R1", "asks": "Everything is backed up each night.", "source": "https://example.com",
         "controls": ["BKP-COV-001", "BKP-ISO-001"], "silent": ["BKP-ISO-001"], "not_asked": [],
         "allows_more": [], "why": "",
         "status": "evidenced", "verdicts": {"COMPLIANT": 1200, "NOT_APPLICABLE": 3}},
        {"id": "R2", "asks": "Somebody tests the restore.", "source": "https://example.com", "controls": [],
         "silent": [], "not_asked": [], "allows_more": [], "why": "No control judges it.",
         "status": "not_evidenced", "verdicts": {}},
        {"id": "R3", "asks": "Changes are reviewed.", "source": "https://example.com",
         "controls": ["BKP-GOV-001"], "silent": [], "not_asked": ["BKP-GOV-001"],
         "allows_more": [], "why": "", "status": "not_evidenced", "verdicts": {}},
        {"id": "R4", "asks": "It is backed up each week.", "source": "https://example.com",
         "controls": ["BKP-FRQ-001"], "silent": [], "not_asked": [], "allows_more": ["longest_rpo_hours"],
         "why": "", "status": "not_evidenced", "verdicts": {"COMPLIANT": 7}},
        {"id": "R5", "asks": "All of it is kept.", "source": "https://example.com",
         "controls": ["BKP-RET-002"], "silent": [], "not_asked": [], "allows_more": [], "why": "",
         "status": "waived", "verdicts": {"WAIVED": 2}},
    ],
}  # fmt: skip


def test_the_framework_that_is_audited_for_has_a_chapter(clean: AuditDocument) -> None:
    """With each requirement; where all controls are asked, none has one, however many there are."""
    page = _page(replace(clean, frameworks=(ASKED,)))
    plain = _page(replace(clean, frameworks=({**ASKED, "audited_for": False},) * 11))

    assert _parts(page) == ["scope", "summary", "frameworks", "method", "hashes"]
    assert 'id="frameworks">Our &lt;rules&gt;</h1>' in page
    assert "1 waived, 1 evidenced, 3 not evidenced. A requirement of which" in page
    for said in (
        "<td>evidenced</td><td>1,200 compliant; no evidence from BKP-ISO-001<span",
        "<td>not evidenced</td><td>No control judges it.</td>",
        "<td>not evidenced</td><td>an audit asks none of its controls<span",
        "<td>not evidenced</td><td>the policies allow more than it does: longest_rpo_hours; 7 compliant<span",
        "<td>waived</td><td>2 waived<span",
    ):
        assert said in page
    assert _parts(plain) == ["scope", "summary", "method", "hashes"]
    assert "Our" not in plain
    said = (
        "Only the controls of the framework own were asked, and those over waivers; of its requirements are "
        "1 waived, 1 evidenced, 3 not evidenced."
    )
    assert [said in page.partition('<h1 class="section"')[0] for page in (page, plain)] == [True, False]
