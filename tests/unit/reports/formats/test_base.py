"""What a format may do: write the files that it declares, and say the sentences that it declares."""

import gettext
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from reports.document import AuditDocument
from reports.formats.base import FormatUnavailable, ReportFile, ReportFolder, ReportFormat, ReportSource
from reports.render import render
from reports.words import Words

LACKS = "No {what} here; install one."


class Notes(ReportFormat):
    """Writes one of its two files, and fails or not."""

    name = "notes"
    help = "Notes."
    files = (ReportFile("a.txt", "text/plain", "a"), ReportFile("b.txt", "text/plain", "b"))
    warns = (LACKS,)
    fault: Exception | None = None

    def write(self, source: ReportSource, folder: ReportFolder) -> None:
        """Write the table's name, by parts."""
        with folder.file("a.txt") as file:
            file.write(source.table("verdicts.parquet").name.encode())
            if self.fault:
                raise self.fault
            file.write(b"!")


class _Shouted(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        return message.upper().replace("{WHAT}", "{what}")


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> type[Notes]:
    """`Notes` as the only format."""
    monkeypatch.setattr("reports.render.FORMATS", (Notes,))
    monkeypatch.setattr("reports.render.NAMES", ("notes",))
    return Notes


def test_only_what_was_finished_is_listed(notes: type[Notes], sample: AuditDocument, tmp_path: Path) -> None:
    """A declared file that is not written is none of the paths; the tables need not be there."""
    made = render(sample, tmp_path / "nowhere", tmp_path, [notes.name], warn=pytest.fail)

    assert {path.name: path.read_bytes() for path in made} == {"a.txt": b"verdicts.parquet!"}


def test_an_unavailable_format_is_said_in_the_language_of_the_edition(
    notes: type[Notes], sample: AuditDocument, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence is translated before its fields are filled in, and no half of a file is left."""
    monkeypatch.setattr(notes, "fault", FormatUnavailable(LACKS, what="pen"))
    said: list[str] = []

    made = render(sample, tmp_path, tmp_path, ["notes"], warn=said.append, translations=_Shouted())

    assert (made, said, list(tmp_path.iterdir())) == ([], ["NO pen HERE; INSTALL ONE."], [])


def test_the_findings_are_taken_out_of_the_table_once(
    sample: AuditDocument, verdicts_parquet: Path, tmp_path: Path
) -> None:
    """On first use, where there is a folder; else they are read where they lie. So are the passes."""
    own = tmp_path / "own"
    own.mkdir()
    words = Words(gettext.NullTranslations(), "en")
    alone, shared = (ReportSource(sample, verdicts_parquet.parent, words, folder) for folder in (None, own))
    assert (alone.findings, [*own.iterdir()]) == (verdicts_parquet, [])
    assert shared.findings == own / "verdicts.parquet"
    assert pq.read_metadata(shared.findings).num_rows == sample.summary.findings
    passes = alone.passed
    assert shared.passed == passes
    verdicts_parquet.unlink()
    assert (shared.findings.exists(), shared.passed) == (True, passes)


def test_what_is_not_declared_is_a_slip_of_the_format(tmp_path: Path) -> None:
    """A file that the pages do not name, and a sentence that they do not have."""
    folder = ReportFolder(tmp_path, Notes, Words(gettext.NullTranslations(), "en"), pytest.fail)

    with pytest.raises(AssertionError, match=r"^c\.txt is no file of notes"), folder.file("c.txt"):
        pass
    with pytest.raises(AssertionError, match="does not declare 'Else'"):
        folder.say("Else")
    assert list(tmp_path.iterdir()) == []
