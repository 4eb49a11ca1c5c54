import dataclasses
import gettext
import json
import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest

from auditor.model.audit_controls import CONTROLS
from reports.document import AuditDocument, Summary, from_json, to_json
from reports.pdf_job import job
from reports.render_html import MAX_BYTES, MAX_FINDINGS, html
from reports.words import Words

ENGLISH = Words(gettext.NullTranslations(), "en")


class _Page(HTMLParser):
    """Collects elements, their addresses and the texts that a reader sees."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.texts: list[str] = []
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        for name, value in attrs:
            if name in ("src", "href", "action", "data", "poster", "srcset"):
                self.addresses.append(value or "")
            if name.startswith("on") or name == "style":
                self.handlers.append(name)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the base class's signature
        self._inside = ""

    def handle_data(self, data: str) -> None:
        kind = {"script": self.scripts, "style": self.styles}.get(self._inside, self.texts)
        kind.append(data)


@pytest.fixture(scope="module")
def page(sample: AuditDocument) -> str:
    """The sample's page."""
    return html(sample, ENGLISH)


def test_the_longest_id_of_a_control_is_shown_whole(sample: AuditDocument) -> None:
    """One that is cut off names no control, and the page would not find what mends its findings."""
    longest = max(CONTROLS, key=len)
    renamed = from_json(to_json(sample).replace(b"BKP-FRQ-001", longest.encode()))

    for page in (html(renamed, ENGLISH), *job(renamed, ENGLISH)["editions"]):
        assert longest in page
        assert longest[:30] not in page.replace(longest, "")


def test_the_page_names_no_other_address(page: str) -> None:
    """Every address is a place in the page or empty data; no attribute holds a style or a script."""
    parsed = _Page(page)
    assert {address for address in parsed.addresses if not address.startswith("#")} == {"data:,"}
    assert parsed.handlers == []


def test_the_policy_allows_the_page_s_own_script_and_style_only(page: str) -> None:
    """The hashes of the policy are those of the one style and the one script."""
    parsed = _Page(page)
    found = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert found is not None
    style, script = (
        b64encode(sha256(text.encode()).digest()).decode() for text in (parsed.styles[0], parsed.scripts[-1])
    )
    assert found[1].replace("&#39;", "'") == (
        f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def test_nothing_of_the_data_can_end_its_script(huge: Callable[[int], AuditDocument]) -> None:
    """Names with </script>, line separators and ampersands stay inside the data and are read back whole."""
    document = huge(3)
    name = "</script><!--<script>\u2028&amp;]]>"
    first = dataclasses.replace(
        document.findings[0], subject=dataclasses.replace(document.findings[0].subject, name=name)
    )
    page = html(dataclasses.replace(document, findings=(first, *document.findings[1:])), ENGLISH)
    data, rows, _ = _Page(page).scripts
    assert not set("<>&\u2028\u2029") & set(data + rows)
    assert json.loads(rows)[0][5] == "</script><!--<script> &amp;]]>"
    assert page.count("<script") == page.count("</script>") == 3


def test_all_that_is_known_is_embedded_within_the_bound(sample: AuditDocument, page: str) -> None:
    """A document within the bounds is embedded whole, and no sentence says otherwise."""
    rows = json.loads(_Page(page).scripts[1])
    assert [row[6] for row in rows] == [
        finding.subject.arn.replace("\u202e", "\\u202E") for finding in sample.findings
    ]
    assert "findings are in this file" not in page


@pytest.mark.parametrize(("more", "said"), [(0, False), (1, True)])
def test_more_findings_than_are_listed_are_announced(sample: AuditDocument, more: int, said: object) -> None:
    """One finding more than the document lists, and the page says loudly how many and where all are."""
    total = len(sample.findings) + more
    summary = dataclasses.replace(sample.summary, findings=total)
    page = html(dataclasses.replace(sample, summary=summary), ENGLISH)
    assert len(json.loads(_Page(page).scripts[1])) == len(sample.findings)
    assert (f"{len(sample.findings)} of {total} verdicts shown: the first of each class." in page) is said
    assert ("shown verdicts match" in page) is said


def test_a_document_that_lists_more_than_a_page_holds_is_cut(sample: AuditDocument) -> None:
    """The page keeps its own bound, one finding above it."""
    summary = dataclasses.replace(sample.summary, findings=MAX_FINDINGS + 1)
    findings = (sample.findings * 200)[: MAX_FINDINGS + 1]
    page = html(dataclasses.replace(sample, findings=findings, summary=summary), ENGLISH)
    assert len(json.loads(_Page(page).scripts[1])) == MAX_FINDINGS
    assert f"{MAX_FINDINGS:,} of {MAX_FINDINGS + 1:,} verdicts shown" in page


def test_every_class_says_how_many_of_it_are_shown(sample: AuditDocument) -> None:
    """A class of 30 of which 10 are listed says so, and in which vaults the findings of one fact lie."""
    vaults = ({"group": "arn:aws:backup:eu-west-1:1:backup-vault:a", "findings": 28},)
    entry = dataclasses.replace(
        sample.classes[0], findings=30, shown=10, grouped_by="vault", groups=2, largest=vaults
    )
    page = html(dataclasses.replace(sample, classes=(entry,)), ENGLISH)
    assert "10 of 30 shown" in page
    assert "In 2 vaults. arn:aws:backup:eu-west-1:1:backup-vault:a: 28" in page


@pytest.mark.long
def test_long_hostile_findings_do_not_make_a_file_without_bound(huge: Callable[[int], AuditDocument]) -> None:
    """20,000 findings with long names give a document and a page of a few megabytes, which say so."""
    document = huge(20_000)
    page = html(document, ENGLISH)
    embedded = len(json.loads(_Page(page).scripts[1]))
    assert len(to_json(document)) < 8_000_000
    assert len(page) < 1.6 * MAX_BYTES
    assert f"{embedded:,} of 20,000 verdicts shown" in page


def test_a_run_without_a_verdict_is_not_called_compliant(sample: AuditDocument) -> None:
    """An empty run says that nothing was judged."""
    nothing: dict[str, Any] = {
        field.name: {} for field in dataclasses.fields(Summary) if "Mapping" in str(field.type)
    }
    counts = {field.name: 0 for field in dataclasses.fields(Summary) if field.type in (int, "int")}
    said = {"overall": "NOT_APPLICABLE", "headline": "nothing_in_scope", "fail_on": "low"}
    empty = Summary(**(nothing | counts | said))
    run = dataclasses.replace(sample.run, accounts=(), regions=())
    document = dataclasses.replace(
        sample, run=run, summary=empty, controls=(), classes=(), findings=(), gaps=(), waivers=()
    )  # fmt: skip
    page = html(document, ENGLISH)
    assert "No resource that needs backup was found." in page
    assert "Nothing was judged." in page
    assert "Nothing in scope</h1>" in page
    assert "Every demand that applies is met" not in page
    assert "None: every call was answered in full." in page


def test_what_is_outside_scope_and_catalogue_is_shown_all_the_same(sample: AuditDocument) -> None:
    """Verdicts of a control or account that the document does not describe are in both reports by id."""
    run = dataclasses.replace(sample.run, accounts=())
    document = dataclasses.replace(sample, run=run, controls=())
    for page in (html(document, ENGLISH), job(document, ENGLISH)["editions"][0]):
        assert "BKP-IMM-001" in page
        assert "400000000002" in page


def test_the_same_audit_gives_the_same_bytes(sample: AuditDocument, page: str) -> None:
    """No clock, no order of a set and no order of keys is in the page."""
    assert html(from_json(to_json(sample)), ENGLISH) == page
