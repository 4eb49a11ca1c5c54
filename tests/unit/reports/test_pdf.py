import gettext
import http.server
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pypdf import PdfReader

from reports import layout
from reports.charts import stacked
from reports.document import AuditDocument, to_json
from reports.formats.base import FormatUnavailable
from reports.pdf_job import MAX_PAGES, job
from reports.pdf_process import PdfProcess
from reports.words import Words

ENGLISH = Words(gettext.NullTranslations(), "en")
#: What the sample has beside Latin: names of accounts, and a message.
CHINESE = "产付副卷影支本生"

#: Renders a document and prints what it cost: the peaks of the PDF's process and of its own in bytes.
_MEASURE = r"""
import json, re, resource, sys
from pathlib import Path
from reports.document import from_json
from reports.render import render
document = from_json(Path(sys.argv[1]).read_bytes())
unit = 1 if sys.platform == "darwin" else 1024
said = []
render(document, Path("/nowhere"), Path(sys.argv[2]), ["pdf"], warn=said.append)
child = resource.getrusage(resource.RUSAGE_CHILDREN)
# ru_maxrss is inherited from the process that forks: this one's own peak is the kernel's high water mark
status = Path("/proc/self/status")
own = int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) * 1024 if status.exists() else 0
print(json.dumps({"child": child.ru_maxrss * unit, "own": own, "said": said}))
"""


@pytest.fixture(scope="module")
def made(sample: AuditDocument, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's PDF, made with the fonts of this machine."""
    path = tmp_path_factory.mktemp("pdf") / "report.pdf"
    path.write_bytes(PdfProcess(job(sample, ENGLISH)).finish()[0])
    return path


@pytest.fixture(scope="module")
def pdf(made: Path) -> PdfReader:
    """The sample's PDF, opened."""
    return PdfReader(made)


@pytest.fixture(scope="module")
def pages(pdf: PdfReader) -> list[str]:
    """The text of each of its pages."""
    return [page.extract_text() for page in pdf.pages]


def _objects(node: Any, kind: str) -> Iterator[Any]:
    """Yield the elements of one kind from the tree of tags."""
    node = node.get_object()
    if isinstance(node, list):
        for child in node:
            yield from _objects(child, kind)
    elif isinstance(node, dict):
        if node.get("/S") == kind:
            yield node
        if "/K" in node:
            yield from _objects(node["/K"], kind)


def test_page_one_has_scope_result_and_gaps(pages: list[str]) -> None:
    """Result, period, accounts, what could not be read and how many gaps there are stand on the cover."""
    text = " ".join(pages[0].split())
    for expected in (
        "Not compliant",
        "7 of 170 resources that need backup have findings; it is not known whether 2 more need backup;",
        "28 of 200 resources are exempt from backup (14 %).",
        "5 of 8 accounts have findings.",
        "Counted apart: 14 of 4,218 recovery points have findings.",
        "25 of 704 verdicts are non-compliant.",
        "20 verdicts could not be reached because",
        "2026-01-10 00:00 UTC – 2026-02-09 00:00 UTC (30 days)",  # noqa: RUF001 - a dash between two times
        "8, 1 of them could not be read",
        "eu-central-1, eu-west-1 (partition aws)",
        "Gaps in the evidence: 2",
        "Acquired Ltd",
        "sts:AssumeRole",
        "1 more follow in the section on gaps and in gaps.csv.",
    ):
        assert expected in text, expected


def test_an_unanswered_call_is_mended_by_the_call(pages: list[str]) -> None:
    """What to do about a gap in the evidence is to let the call succeed, not what the control asks for."""
    text = " ".join(" ".join(pages).split())
    findings = text.rsplit("BKP-COV-001 · evidence_gap", maxsplit=1)[1]

    assert findings.split("What to do: ")[1].startswith("Let the calls that are named succeed")


def test_what_to_do_is_that_of_the_reason(pages: list[str]) -> None:
    """Under the class as under the cause; the catalogue has that of the whole control."""
    text = " ".join(" ".join(pages).split())
    said = "What to do: Take it out of NotResources (Terraform: not_resources), or tag it <right>."

    assert text.rpartition("BKP-COV-001 · not_selected")[2].split(" Subject Evidence")[0].endswith(said)


@pytest.mark.long
def test_every_page_says_its_number_of_how_many(pages: list[str]) -> None:
    """Page x of y is on each page."""
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in page


def test_bookmarks_lead_to_every_part_and_class(pdf: PdfReader) -> None:
    """The outline has the chapters, and the classes of findings below their verdict."""
    titles: list[tuple[int, str]] = []

    def walk(entries: list[Any], depth: int) -> None:
        for entry in entries:
            if isinstance(entry, list):
                walk(entry, depth + 1)
            else:
                titles.append((depth, str(entry.title)))

    walk(pdf.outline, 0)
    assert [title for depth, title in titles if depth == 0] == [
        "Not compliant", "Scope and completeness", "Contents", "Summary", "Causes",
        "Gaps in the evidence",
        "Verdicts to look at", "Waivers",
        "Annex A: Method",
        "Annex B: Control catalogue", "Annex C: What this report rests on",
    ]  # fmt: skip
    assert (1, "Non-compliant") in titles
    assert (2, "BKP-FRQ-001 · gap_exceeds_rpo") in titles


def test_it_is_tagged_and_says_so(pdf: PdfReader) -> None:
    """PDF/UA-1: marked, in a language, its title shown, figures described, cells related to headers."""
    root: Any = pdf.trailer["/Root"]
    assert str(root["/MarkInfo"]["/Marked"]).lower() == "true"
    assert root["/Lang"] == "en"
    assert str(root["/ViewerPreferences"]["/DisplayDocTitle"]).lower() == "true"
    metadata = root["/Metadata"].get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata or 'pdfuaid:part="1"' in metadata
    tree = root["/StructTreeRoot"]["/K"]
    figures = list(_objects(tree, "/Figure"))
    assert len(figures) == 3
    assert [figure for figure in figures if not figure.get("/Alt")] == []
    assert len(list(_objects(tree, "/H1"))) == 11
    cells = list(_objects(tree, "/TD"))
    assert [cell for cell in cells if not cell["/A"].get("/Headers")] == []


def test_headings_skip_no_level_and_links_have_no_parts(pdf: PdfReader) -> None:
    """PDF/UA-1, a heading is at most one deeper than the last; no part of a link is a tag."""
    tree: Any = pdf.trailer["/Root"]["/StructTreeRoot"]["/K"]  # type: ignore[index]  # pypdf's own objects
    levels = [int(str(one["/S"])[2:]) for one in _tagged(tree) if re.fullmatch(r"/H\d", str(one["/S"]))]
    assert levels[0] == 1
    assert [(old, new) for old, new in pairwise(levels) if new > old + 1] == []
    links = list(_objects(tree, "/Link"))
    assert links
    assert [link for link in links if list(_objects(link["/K"], "/Span"))] == []


def _tagged(node: Any) -> Iterator[Any]:
    """Yield every element of the tree of tags, in the order of reading."""
    node = node.get_object()
    if isinstance(node, list):
        for child in node:
            yield from _tagged(child)
    elif isinstance(node, dict):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from _tagged(node["/K"])


def test_dates_are_the_run_s_and_not_today_s(pdf: PdfReader) -> None:
    """Those of the end of its collection: the clock of the machine that reports is not in the file."""
    assert pdf.metadata is not None
    assert str(pdf.metadata["/CreationDate"]) == str(pdf.metadata["/ModDate"]) == "D:20260209000941Z"


def test_every_page_has_the_run_at_its_foot(pages: list[str], sample: AuditDocument) -> None:
    """The first one and the annexes too."""
    assert [sample.run.id in page for page in pages] == [True] * len(pages)


def test_scope_and_completeness_stand_on_the_second_page(pages: list[str]) -> None:
    """Behind the result, before everything else."""
    assert pages[1].find("Scope and completeness") >= 0


@pytest.mark.long
def test_findings_name_job_ids_and_recovery_points(pages: list[str], sample: AuditDocument) -> None:
    """The evidence of a class goes down to ids, Chinese text included."""
    text = "".join("".join(pages).split())
    finding = next(
        f for f in sample.findings if f.control_id == "BKP-FRQ-001" and len(f.reasons[0].evidence) > 5
    )
    evidence = finding.reasons[0].evidence
    assert evidence["worst_gap_after"] in text
    assert "卷影副本" in text
    copy = next(f for f in sample.findings if f.control_id == "BKP-ISO-001" and f.verdict == "NON_COMPLIANT")
    assert copy.reasons[0].evidence["failures"][0]["job_id"] in text
    assert "\u202e" not in text


@pytest.mark.long
def test_a_normal_document_is_made_in_little_memory(
    sample: AuditDocument, tmp_path: Path, machine: Callable[[str], str]
) -> None:
    """Its process stays below 215 MB, the caller does not grow with it, and nothing is complained of."""
    (tmp_path / "in.json").write_bytes(to_json(sample))
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(tmp_path / "in.json"), str(tmp_path)],
        env=os.environ | {"FONTCONFIG_FILE": machine(CHINESE)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    cost = json.loads(done.stdout)
    assert cost["said"] == []
    assert cost["child"] < 215_000_000
    assert cost["own"] < 160_000_000


@pytest.mark.long
def test_the_same_audit_gives_the_same_bytes(made: Path, sample: AuditDocument) -> None:
    """Two processes agree to the last byte."""
    assert PdfProcess(job(sample, ENGLISH)).finish()[0] == made.read_bytes()


@pytest.mark.long
def test_a_process_that_was_started_before_its_job_makes_the_same(made: Path, sample: AuditDocument) -> None:
    """It waits; one that never gets a job is ended with its context."""
    with PdfProcess() as process, PdfProcess() as idle:
        process.send(job(sample, ENGLISH))
        assert process.finish()[0] == made.read_bytes()
    assert None not in (idle._draw.returncode, idle._lay_out.returncode)


@pytest.mark.long
def test_a_huge_hostile_audit_is_bounded(huge: Callable[[int], AuditDocument]) -> None:
    """500 accounts, 20,000 findings, 3,000 gaps, long names: at most 60 pages; page one is whole."""
    document = huge(20_000)
    made, _ = PdfProcess(job(document, ENGLISH)).finish()
    pdf = PdfReader(_file(made))
    assert len(pdf.pages) <= MAX_PAGES
    text = pdf.pages[0].extract_text()
    assert "Gaps in the evidence: 3,000" in text
    assert "2,999 more follow in the section on gaps and in gaps.csv." in text
    assert "Scope and completeness" in pdf.pages[1].extract_text()
    everything = "".join(page.extract_text() for page in pdf.pages)
    assert re.search(r"1 of \d+ shown; all of them are in findings.csv.", everything)
    assert "more are in gaps.csv." in everything
    assert re.search(
        r"(20|8) of 20,000 causes shown; causes.csv has all of them.", " ".join(everything.split())
    )


def test_the_shorter_edition_is_taken_when_the_longer_has_too_many_pages() -> None:
    """The bound holds by what was laid out, not by the estimate."""
    long = "<html lang=en><title>t</title>" + "<p style='break-after: page'>x" * 5
    short = "<html lang=en><title>t</title><p>y"
    assert len(_laid_out([long, short], pages=5).pages) == 5
    assert len(_laid_out([long, short], pages=4).pages) == 1


def _laid_out(editions: list[str], *, pages: int) -> PdfReader:
    made, _ = layout.pdf(editions, pages=pages, identifier=b"i", sentences={"shown": ""})
    return PdfReader(_file(made))


def _file(data: bytes) -> Any:
    return pa.BufferReader(data)


class _Counting(http.server.BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:  # the name that http.server calls
        self.asked.append(self.path)
        self.send_error(404)


def test_layout_fetches_nothing(tmp_path: Path) -> None:
    """Neither an image of a server nor a file of the machine is asked for, whatever the page says."""
    asked: list[str] = []
    handler = type("Handler", (_Counting,), {"asked": asked})
    secret = tmp_path / "secret.css"
    secret.write_text("p::after { content: 'SECRET' }")
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        page = (
            f"<html lang=en><title>t</title><link rel=stylesheet href='{secret.as_uri()}'>"
            f"<p style='background: url(http://127.0.0.1:{server.server_port}/css)'>text"
            f"<img alt=x src='http://127.0.0.1:{server.server_port}/img'>"
        )
        made = _laid_out([page], pages=1)
        server.shutdown()
    assert asked == []
    assert made.pages[0].extract_text().strip() == "textx"


def test_charts_are_the_same_bytes_and_describe_themselves() -> None:
    """A chart has no date and no letter of a font; its title is the words for those who do not see it."""
    rows = [{"COMPLIANT": 3, "ERROR": 1}, {}]
    chart = stacked(rows, title="Two <rows> & none", width=80, row=6, share=True)
    assert chart == stacked(rows, title="Two <rows> & none", width=80, row=6, share=True)
    assert "<title>Two &lt;rows&gt; &amp; none</title>" in chart
    assert "<text" not in chart
    assert "dc:date" not in chart
    assert chart.startswith("<svg")


@pytest.mark.long
@pytest.mark.parametrize(
    ("lacking", "where"), [("drawings", "drawing the PDF"), ("pages", "laying out the PDF")]
)
def test_a_fault_in_a_process_is_shown_whole(lacking: str, where: str) -> None:
    """A job that cannot be done is a fault of the program: the traceback of its process is not swallowed."""
    whole = {"editions": ["<p>"], "drawings": {}, "pages": 1, "identifier": "i", "characters": {"shown": ""}}
    with pytest.raises(RuntimeError, match=rf"(?s)^{where}.*KeyError: '{lacking}'"):
        PdfProcess({key: value for key, value in whole.items() if key != lacking}).finish()


@pytest.mark.long
def test_a_process_that_takes_too_long_is_given_up(
    sample: AuditDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its time the format is unavailable and the process gone."""
    monkeypatch.setattr("reports.pdf_process._PATIENCE", 0.01)
    process = PdfProcess(job(sample, ENGLISH))
    with pytest.raises(FormatUnavailable, match=r"^The PDF was given up after 0\.01 s"):
        process.finish()
    assert None not in (process._draw.returncode, process._lay_out.returncode)
