"""The format `pdf`."""

from typing import Final

from reports.formats.base import ChildReportFormat, ReportFile, ReportFolder, ReportSource
from reports.pdf_process import NO_FONT, NO_LIBRARIES, TOO_SLOW, PdfProcess

_PAGES: Final = ReportFile(
    "report.pdf", "application/pdf", "the result, and the first findings of each class"
)


class PdfReport(ChildReportFormat):
    """A tagged PDF of bounded length."""

    name = "pdf"
    help = (
        "For people, to print or to file (PDF/UA-1): at most 60 pages, and few where there "
        "is nothing to look at; it has a place to sign."
    )
    files = (_PAGES,)
    warns = (NO_LIBRARIES, NO_FONT, TOO_SLOW)

    def __init__(self) -> None:
        self._process: PdfProcess | None = None

    def start(self) -> None:
        """Start what draws and what lays out."""
        self._process = PdfProcess()

    def send(self, source: ReportSource) -> None:
        """Hand over what is drawn and laid out."""
        from reports.pdf_job import job

        self._started.send(job(source.document, source.words, source.tables))

    def write(self, source: ReportSource, folder: ReportFolder) -> None:  # noqa: ARG002 - `send` gave it
        """Wait for the PDF and write it."""
        made, said = self._started.finish()
        if said:
            folder.say(said)
        with folder.file(_PAGES.name) as file:
            file.write(made)

    def end(self) -> None:
        """End both processes."""
        if self._process:
            self._process.abandon()

    @property
    def _started(self) -> PdfProcess:
        assert self._process is not None, "start it first"  # noqa: S101 - a slip of ours
        return self._process
