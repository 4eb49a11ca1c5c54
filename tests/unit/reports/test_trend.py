"""The trend in the reports: bars beside numbers, and what is not known without one."""

import gettext
from dataclasses import replace

import pytest

from reports.document import AuditDocument
from reports.pdf_job import job
from reports.render_html import html
from reports.trend import trend
from reports.trend_points import point
from reports.words import Words

WORDS = Words(gettext.NullTranslations(), "en")


@pytest.fixture(scope="module")
def two(sample: AuditDocument) -> AuditDocument:
    """The sample after a run that did not say what was due, and had half the findings."""
    before = {**point(sample), "run_id": "<before>", "as_of": "2026-02-01T00:00:00Z"}
    before = {name: value for name, value in before.items() if name not in ("due", "in_time")}
    before["findings"] //= 2
    note = "The run x does not count: it was not judged."
    return replace(sample, trend={"runs": [before], "notes": [note]})


def test_each_run_has_a_row_and_what_is_not_known_has_no_bar(two: AuditDocument) -> None:
    """The own run is the last; the longest bar of findings is that of the most of them."""
    told = trend(two, WORDS)
    first, last = told["rows"]
    assert (first["run_id"], last["run_id"]) == ("<before>", two.run.id)
    assert (first["share"], first["share_bar"]) == ("", "")
    assert (first["findings"], last["findings"]) == (two.summary.verdicts["NON_COMPLIANT"] // 2, 25)
    assert ["h47.5" in str(first["findings_bar"]), "h99" in str(last["findings_bar"])] == [True, True]
    assert told["notes"] == ["The run x does not count: it was not judged."]


def test_page_and_pdf_say_the_numbers(two: AuditDocument) -> None:
    """In words beside the bars, hostile names harmless; runs that do not count are named."""
    for page in (html(two, WORDS), job(two, WORDS)["editions"][0]):
        assert "25 findings" in page
        assert "&lt;before&gt;" in page
        assert "The run x does not count: it was not judged." in page
        assert page.count('class="share"') == 5


def test_a_run_without_earlier_ones_says_so(sample: AuditDocument) -> None:
    """A sentence; nothing at all in the document of an older release."""
    alone = html(replace(sample, trend={"runs": [], "notes": []}), WORDS)
    assert "No earlier run in the same folder counts, so there is no trend." in alone
    assert 'id="trend"' not in html(sample, WORDS)
