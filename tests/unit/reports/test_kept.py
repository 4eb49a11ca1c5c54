"""Retention and locks as bars: their lengths, their words, and nothing drawn of what is not known."""

import gettext
import re
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


def of(sample: AuditDocument, least: float | None, **more: Any) -> AuditDocument:
    """The sample with a shortest retention and some locks."""
    row: dict[str, Any] = {**POINTS, "for_ever": 1, "least_days": least, **more}
    return replace(sample, kept={"retention": [row], "locks": LOCKS})


@pytest.mark.parametrize(
    ("least", "short", "unknown", "bar"),
    [
        (35.0, 0, 0, "t-good"),
        (35.0, 0, 2, ""),
        (34.99, 3, 0, "t-short"),
        (34.99, 3, 2, "t-short"),
        (35.0, 3, 2, "t-short"),
        (None, 0, 2, ""),
    ],
    ids=["kept", "kept where known", "short", "short where known", "rounded before", "unknown"],
)
def test_a_retention_has_a_bar_beside_its_demand(
    sample: AuditDocument, least: float | None, short: int, unknown: int, bar: str
) -> None:
    """Whole from the demand on, striped below it, none where one may be; the numbers stand in words."""
    (row,) = kept(of(sample, least, short=short, unknown=unknown), WORDS)["retention"]
    assert [kind for kind in ("t-good", "t-short") if kind in row["bar"]] == ([bar] if bar else [])
    told = f"; the shortest{' that is known' if unknown else ''} is kept {least:g} days" if least else ""
    told += "; 3 are kept too briefly" if short else ""
    told += "; 1 for ever" + ("; of 2 it is not known" if unknown else "")
    assert row["said"] == f"1,200 recovery points{told}"
    assert (row["what"], row["demanded"]) == ("<gold>", "35 days")


@pytest.mark.parametrize(
    ("demanded", "least", "ever", "drawn"),
    [
        (35, None, 1200, ["M1.0 3h198.0", "M1 1h198.0"]),
        (35, None, 1199, ["M1 1h198.0"]),
        (0, None, 1200, ["M1.0 3h198.0", "M1 1h0.0"]),
        (0, None, 0, ["M1 1h0.0"]),
        (0, 0.0, 0, ["M1.0 3h3.0", "M1 1h0.0"]),
        (0, 7.0, 0, ["M1.0 3h198.0", "M1 1h0.0"]),
    ],
)
def test_for_ever_and_no_demand_have_a_bar_too(
    sample: AuditDocument, demanded: int, least: float | None, ever: int, drawn: list[str]
) -> None:
    """All for ever fills the frame, but not where one is not known; a demand of nothing is a line."""
    given = of(sample, least, demanded_days=demanded, for_ever=ever, short=0, unknown=0)
    (row,) = kept(given, WORDS)["retention"]
    assert re.findall(r"M\S+ [136]h[0-9.]+", row["bar"]) == drawn


@pytest.mark.parametrize(
    ("counts", "drawn"),
    [
        ({"compliance": 10_000, "none": 1}, ["M1.0 3h195.0", "M196.0 6h3.0"]),
        ({"compliance": 1, "none": 10_000}, ["M1.0 3h3.0", "M4.0 6h195.0"]),
        ({"compliance": 1, "none": 1, "unknown": 10_000}, ["M1.0 3h3.0", "M4.0 6h3.0"]),
        ({"compliance": 10_000, "unknown": 1}, ["M1.0 3h195.0"]),
        ({"none": 1}, ["M1.0 6h198.0"]),
    ],
)
def test_one_vault_of_many_is_seen(sample: AuditDocument, counts: dict[str, int], drawn: list[str]) -> None:
    """Good, bad or not known, which is the empty end: the widest part gives what it needs."""
    locks = [{"demanded": "compliance", "lock": lock, "vaults": count} for lock, count in counts.items()]
    (row,) = kept(replace(sample, kept={"retention": [], "locks": locks}), WORDS)["locks"]
    assert re.findall(r"M\S+ [36]h[0-9.]+", row["bar"]) == drawn


@pytest.mark.parametrize(
    ("told", "what"),
    [
        ({"copy": False, "account_copy": False}, "<gold>"),
        ({"copy": True, "account_copy": False}, "<gold>, copies"),
        ({"copy": True, "account_copy": True}, "<gold>, copies in another account"),
        ({"copy": True}, "<gold>, copies"),
    ],
    ids=["originals", "copies", "in another account", "an older release"],
)
def test_a_retention_says_what_it_is_of(sample: AuditDocument, told: dict[str, bool], what: str) -> None:
    """A document of an older release knows one kind of copy."""
    row = {**POINTS, "for_ever": 0, "least_days": 35.0, **told}
    (shown,) = kept(replace(sample, kept={"retention": [row], "locks": []}), WORDS)["retention"]
    assert shown["what"] == what


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
