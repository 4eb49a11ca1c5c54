import dataclasses
import json
import sys
from pathlib import Path

import pytest

from reports.document import AuditDocument, to_json
from reports.formats.pdf import PdfReport
from reports.formats.registry import NAMES
from reports.pdf_process import NO_LIBRARIES
from reports.render import BegunReports, UnknownFormat, render


def test_json_and_csv_come_in_the_order_of_the_formats(
    sample: AuditDocument, verdicts_parquet: Path, tmp_path: Path
) -> None:
    """Formats are made once each whatever their order, into a folder that is made."""
    made = render(
        sample, verdicts_parquet.parent, tmp_path / "a" / "b", ["json", "csv", "json"], warn=pytest.fail
    )
    assert [path.relative_to(tmp_path / "a" / "b").as_posix() for path in made] == [
        "verdicts.csv", "findings.csv", "causes.csv", "gaps.csv", "document.json"
    ]  # fmt: skip
    assert made[-1].read_bytes() == to_json(sample)


def test_an_unknown_format_is_refused_before_anything_is_written(
    sample: AuditDocument, verdicts_parquet: Path, tmp_path: Path
) -> None:
    """The sentence names the formats that there are."""
    sentence = rf"^There is no report format 'docx'; choose from {', '.join(NAMES)}\.$"
    with pytest.raises(UnknownFormat, match=sentence):
        render(sample, verdicts_parquet.parent, tmp_path / "out", ["html", "docx"], warn=pytest.fail)
    assert not (tmp_path / "out").exists()


@pytest.mark.long
def test_without_pango_every_other_format_is_made(
    sample: AuditDocument, verdicts_parquet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where WeasyPrint cannot load its libraries the user is told what to install, and the rest is there."""
    lacking = tmp_path / "lacking" / "weasyprint"
    lacking.mkdir(parents=True)
    (lacking / "__init__.py").write_text("raise OSError(\"cannot load library 'libpango-1.0-0'\")\n")
    monkeypatch.setenv("PYTHONPATH", str(lacking.parent))
    said: list[str] = []
    made = render(
        sample, verdicts_parquet.parent, tmp_path / "out", ["html", "pdf", "csv", "json"], warn=said.append
    )
    assert [path.name for path in made] == [
        "report.html",
        "verdicts.csv",
        "findings.csv",
        "causes.csv",
        "gaps.csv",
        "document.json",
    ]
    assert said == [NO_LIBRARIES]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(path.name for path in made)


@pytest.mark.long
def test_a_failure_leaves_the_old_report_and_no_half_of_a_new_one(
    sample: AuditDocument, tmp_path: Path
) -> None:
    """An unreadable verdicts.parquet stops the run; what stood there stands, and nothing partial is left."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "verdicts.csv").write_text("old")
    (tmp_path / "verdicts.parquet").write_bytes(b"PAR1 not really PAR1")
    with pytest.raises(ValueError, match=r"(?i)parquet"):
        render(sample, tmp_path, out, ["csv", "pdf"], warn=pytest.fail)
    assert {path.name: path.read_text() for path in out.iterdir()} == {"verdicts.csv": "old"}


def test_what_was_begun_and_not_rendered_is_ended() -> None:
    """An evaluation that fails leaves no process of the PDF behind."""
    with BegunReports(["pdf", "json"]) as begun:
        (pdf,) = begun.children
    assert isinstance(pdf, PdfReport)
    assert pdf._process is not None
    assert None not in (pdf._process._draw.returncode, pdf._process._lay_out.returncode)


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no mode there")
def test_an_unwritable_folder_is_an_os_error(
    sample: AuditDocument, verdicts_parquet: Path, tmp_path: Path
) -> None:
    """A file where the folder should be is said by the operating system's own error."""
    (tmp_path / "out").write_text("a file")
    with pytest.raises(FileExistsError):
        render(sample, verdicts_parquet.parent, tmp_path / "out", ["json"], warn=pytest.fail)


@pytest.mark.long
def test_reports_do_not_depend_on_the_working_folder(
    sample: AuditDocument, verdicts_parquet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A json.py in the user's folder is not run by the PDF's process."""
    (tmp_path / "json.py").write_text("raise SystemExit('run from the working folder')\n")
    monkeypatch.chdir(tmp_path)
    made = render(
        dataclasses.replace(sample, findings=()),
        verdicts_parquet.parent,
        tmp_path / "out",
        ["pdf"],
        warn=str,
    )
    assert [path.name for path in made] == ["report.pdf"]
    assert json.__file__ != str(tmp_path / "json.py")
