"""What guidance on evidence asks of a report, one assertion for each thing: the page and the PDF say it."""

import gettext
import re

import pytest

from reports.document import AuditDocument
from reports.pdf_job import job
from reports.render_html import html
from reports.words import Words
from tests.golden.sample_periods import write_periods

ENGLISH = Words(gettext.NullTranslations(), "en")

#: What is asked for, and the words that answer it.
CHECKLIST = {
    "who collected it": "Collected by",
    "when it was collected, by both clocks": "Collected, by the endpoint",
    "of which period": "2026-01-10 00:00 UTC",
    "as of when it was judged": "Judged as of",
    "with which settings and parameters, and whence": "Settings and parameters, with their origin",
    "by which versions": "auditor 0.1.0",
    "by which policies": "Policies with tiers, parameters and schemas",
    "what was left out by a setting": "left out by the setting",
    "what was looked at": "Scope and completeness",
    "what is never looked at": "What this version does not look at",
    "what limits any run": "Limits of any run",
    "totals that reconcile with others": "Counts beside those of AWS",
    "exceptions: resources that need none": "Resources that need no backup, and why",
    "exceptions: what was accepted, and by whom": "ciso@example.com",
    "what is not known": "Gaps in the evidence",
    "the population": "What a sample is drawn from",
    "how to draw a sample again": "auditor sample",
    "the way from a finding to its evidence": "From a finding to its evidence",
    "a digest of the evidence": "Evidence (its manifest)",
    "what the verdicts mean": "The evidence shows that the control",
}


@pytest.fixture(scope="module")
def editions(sample: AuditDocument, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The text of the page and of what the PDF is made of."""
    tables = tmp_path_factory.mktemp("tables")
    write_periods(sample, tables)
    pages = {"html": html(sample, ENGLISH, tables), "pdf": job(sample, ENGLISH, tables)["editions"][0]}
    return {name: " ".join(re.sub(r"<[^>]+>", " ", page).split()) for name, page in pages.items()}


@pytest.mark.parametrize("asked", CHECKLIST)
def test_evidence_guidance_is_answered(editions: dict[str, str], asked: str) -> None:
    """In both reports for people."""
    said = CHECKLIST[asked]
    assert {name: said in text for name, text in editions.items()} == {"html": True, "pdf": True}
