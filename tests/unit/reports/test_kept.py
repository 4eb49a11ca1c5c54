"""Retention and locks as bars: their lengths, their words, and nothing drawn of what is not known."""

import gettext
from dataclasses import replace
from typing import Any

import pytest

from reports.document import AuditDocument
from reports.kept import kept
from reports.pdf_job import job
from reports.render_html import html
from reports.words import Words

WORDS = Words(gettext.NullTranslations(), "en")
POINTS = {"tier": "<gold>", "copy": False, "demanded_days": 35, "points": 1200, "short": 3, "unknown": 2}
LOCKS = [
    {"demanded": "compliance", "lock": "compliance", "vaults": 2},
    {"demanded": "compliance", "lock": "governance", "vaults": 1},
    {"demanded": "compliance", "lock": "unknown", "vaults": 1},
    {"demanded": "none", "lock": "none", "vaults": 9},
]


def of(sample: AuditDocument, least: float | None) -> AuditDocument:
    """The sample with a shortest retention and some locks."""
    row: dict[str, Any] = {**POINTS, "for_ever": 1, "least_days": least}
    return replace(sample, kept={"retention": [row], "locks": LOCKS})


@pytest.mark.parametrize(
    ("least", "bar"), [(35.0, "t-good"), (34.9, "t-short"), (None, "")], ids=["kept", "short", "unknown"]
)
def test_a_retention_has_a_bar_beside_its_demand(sample: AuditDocument, least: float, bar: str) -> None:
    """Whole from the demand on, striped below it, none where it is not known; the numbers stand in words."""
    (row,) = kept(of(sample, least), WORDS)["retention"]
    assert [kind for kind in ("t-good", "t-short") if kind in row["bar"]] == ([bar] if bar else [])
    told = f"; the shortest is kept {least:g} days" if least else ""
    assert (
        row["said"]
        == f"1,200 recovery points{told}; 3 are kept too briefly; 1 for ever; of 2 it is not known"
    )
    assert (row["what"], row["demanded"]) == ("<gold>", "35 days")


def test_locks_are_shares_of_the_vaults(sample: AuditDocument) -> None:
    """As demanded, weaker, and not known, which has no bar; what demands nothing has no row."""
    (row,) = kept(of(sample, 35.0), WORDS)["locks"]
    assert (row["what"], row["demanded"]) == ("4 vaults", "compliance")
    assert row["said"] == "2 in compliance mode; 1 in governance mode; 1 not known"
    assert ["M1.0 3h99.0" in row["bar"], "M100.0 6h49.5" in row["bar"]] == [True, True]


def test_page_and_pdf_have_them(sample: AuditDocument) -> None:
    """Hostile names are harmless; the document of an older release has none."""
    for page in (html(of(sample, 14.0), WORDS), job(of(sample, 14.0), WORDS)["editions"][0]):
        assert "&lt;gold&gt;" in page
        assert page.count('class="share"') == 2
    assert 'id="kept"' not in html(sample, WORDS)
