"""The trend in the reports: bars beside numbers, and what is not known without one."""

import gettext
from dataclasses import replace
from typing import Any

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
    assert (first["in_time"], first["share_bar"]) == ("how many were made in time is not known", "")
    assert (first["verdict"], last["in_time"][-12:]) == ("Non-compliant", "made in time")
    assert (first["findings"], last["findings"]) == (two.summary.verdicts["NON_COMPLIANT"] // 2, 25)
    assert ["h47.5" in str(first["findings_bar"]), "h99" in str(last["findings_bar"])] == [True, True]
    assert told["notes"] == ["The run x does not count: it was not judged."]


def test_page_and_pdf_say_the_numbers(two: AuditDocument) -> None:
    """In words beside the bars, hostile names harmless; runs that do not count are named."""
    for page in (html(two, WORDS), job(two, WORDS)["editions"][0]):
        assert "25 findings" in page
        assert page.count("Non-compliant: ") >= 2
        assert "&lt;before&gt;" in page
        assert "The run x does not count: it was not judged." in page
        assert page.count('class="share"') == 5


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"due": 0, "in_time": 0}, "nothing was due whose time is over"),
        ({"due": 0, "in_time": 0, "unknown": 1}, "nothing is known to have been due"),
        (
            {"due": 0, "in_time": 0, "overall": "INSUFFICIENT_DATA"},
            "nothing is known to have been due",
        ),
        ({}, "how many were made in time is not known"),
        ({"due": 1, "in_time": 0}, "0.0 % made in time"),
    ],
)
def test_nothing_due_is_known_where_all_is(sample: AuditDocument, more: dict[str, Any], said: str) -> None:
    """An absent number is not known; zero is, but not where something could not be judged."""
    bare = {name: value for name, value in point(sample).items() if name not in ("due", "in_time")}
    before = {**bare, "overall": "COMPLIANT", "unknown": 0, **more}
    first = trend(replace(sample, trend={"runs": [before], "notes": []}), WORDS)["rows"][0]
    assert (first["in_time"], bool(first["share_bar"])) == (said, "due" in more and more["due"] > 0)


@pytest.mark.parametrize(
    ("populations", "due"),
    [
        ([{"states": {}}], (0, 0)),
        ([{"states": {"PENDING": 3, "MET": 0}}], (0, 0)),
        ([{"states": {"PENDING": 3, "MET": 1, "MISSED": 1}}], (2, 1)),
        ([{}], (None, None)),
        ([], (None, None)),
    ],
)
def test_what_was_due_is_absent_only_where_it_is_not_said(
    sample: AuditDocument, populations: list[dict[str, Any]], due: tuple[int | None, int | None]
) -> None:
    """Slots without any state are none that was due."""
    told = point(replace(sample, populations=tuple(populations)))
    assert (told.get("due"), told.get("in_time")) == due


def test_a_run_without_earlier_ones_says_so(sample: AuditDocument) -> None:
    """A sentence; nothing at all in the document of an older release."""
    alone = html(replace(sample, trend={"runs": [], "notes": []}), WORDS)
    assert "No earlier run in the same folder counts, so there is no trend." in alone
    assert 'id="trend"' not in html(sample, WORDS)
