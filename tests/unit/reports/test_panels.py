"""The resources that have something to look at, with their periods, in the page and in the PDF."""

import dataclasses
import gettext
import io
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from reports import panels, render_html
from reports.document import AuditDocument
from reports.pdf_job import job
from reports.pdf_process import PdfProcess
from reports.render_html import html
from reports.words import Words
from tests.golden.sample_periods import write_periods

ROOM = 2_400_000
WORDS = Words(gettext.NullTranslations(), "en")


@pytest.fixture(scope="module")
def tables(sample: AuditDocument, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The populations of the sample."""
    folder = tmp_path_factory.mktemp("tables")
    write_periods(sample, folder)
    return folder


def found(document: AuditDocument, tables: Path) -> dict[str, Any]:
    """The panels of a document."""
    return panels.panels(document, tables, {}, WORDS, ROOM)


def test_the_worst_resource_comes_first_and_each_comes_once(sample: AuditDocument, tables: Path) -> None:
    """What is proven before what is not known; all findings of a resource stand in its panel."""
    twice = dataclasses.replace(sample.findings[0], control_id="BKP-ISO-001", severity="low")
    document = dataclasses.replace(sample, findings=(*sample.findings, twice))
    shown = found(document, tables)["shown"]
    verdicts = [one["verdict"] for one in shown]
    assert verdicts == ["NON_COMPLIANT"] * 7 + ["ERROR"] + ["INSUFFICIENT_DATA"] * 9
    assert len({one["arn"] for one in shown}) == 17
    assert [reason["control_id"] for reason in shown[0]["reasons"]] == ["BKP-COV-001", "BKP-ISO-001"]


@pytest.mark.parametrize(("most", "rest"), [(17, 0), (16, 1)])
def test_what_is_not_shown_is_counted(
    sample: AuditDocument, tables: Path, monkeypatch: pytest.MonkeyPatch, *, most: int, rest: int
) -> None:
    """Without room there are the least that a page has, on both sides of it; the page says so."""
    assert len(found(sample, tables)["shown"]) == 17
    monkeypatch.setattr(panels, "LEAST", most)
    monkeypatch.setattr(render_html, "_ROOM", 0)
    monkeypatch.setattr(sys.modules[__name__], "ROOM", 0)
    told = found(sample, tables)
    assert (len(told["shown"]), told["count"], told["rest"]) == (most, 17, rest)
    assert ("16 of 17 resources shown; all of them are in resources.csv" in html(sample, WORDS, tables)) == (
        rest == 1
    )


def test_a_run_without_populations_has_no_panels(sample: AuditDocument, tmp_path: Path) -> None:
    """Neither in the page nor in its navigation."""
    assert found(sample, tmp_path) == {}
    assert 'id="resources"' not in html(sample, WORDS, tmp_path)
    assert 'href="#resources"' not in html(sample, WORDS)


def test_a_hundred_panels_of_a_page_are_bounded(sample: AuditDocument, tables: Path) -> None:
    """Each has some kilobytes: a hundred of the largest are a fraction of what a page may have."""
    without, with_them = html(sample, WORDS), html(sample, WORDS, tables)
    assert len(with_them) - len(without) < 17 * 3_000


def test_the_pdf_shows_a_strip_where_its_resource_is_first(sample: AuditDocument, tables: Path) -> None:
    """Once, with its key before the first, and not where a run has no populations."""
    worst = sample.findings[0]
    again = dataclasses.replace(worst, reasons=(dataclasses.replace(worst.reasons[0], code="again"),))
    entry = dataclasses.replace(
        sample.classes[0], control_id=worst.control_id, code="again", verdict=worst.verdict
    )
    document = dataclasses.replace(
        sample, findings=(*sample.findings, again), classes=(*sample.classes, entry)
    )
    page = job(document, WORDS, tables)["editions"][0]
    assert page.count(f'<span class="arn">{again.subject.arn[:20]}') == 2
    assert page.count('<svg class="strip"') == 8
    assert page.index('class="shapes"') < page.index('<svg class="strip"')
    assert 'class="shapes"' not in job(sample, WORDS)["editions"][0]


@pytest.mark.long
def test_strips_are_described_for_those_who_do_not_see_them(sample: AuditDocument, tables: Path) -> None:
    """PDF/UA-1: each figure has a text, and the words with the data are text of the page."""
    pdf = PdfReader(io.BytesIO(PdfProcess(job(sample, WORDS, tables)).finish()[0]))
    root: Any = pdf.trailer["/Root"]
    figures = [figure.get("/Alt") for figure in _figures(root["/StructTreeRoot"]["/K"])]
    text = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    assert None not in figures
    assert "30 backups were due: 27 made in time, 3 never started. The text below has the data." in figures
    assert re.search(r"Not met: 2026-01-19 05:00 missed: no job; 2026-01-20 05:00 missed: no job;", text)


def _figures(node: Any) -> list[Any]:
    node = node.get_object()
    if isinstance(node, list):
        return [figure for child in node for figure in _figures(child)]
    if not isinstance(node, dict):
        return []
    own = [node] if node.get("/S") == "/Figure" else []
    return own + (_figures(node["/K"]) if "/K" in node else [])
