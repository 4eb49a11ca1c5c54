"""The format `json`."""

from typing import Final

from reports.formats.base import ReportFile, ReportFolder, ReportFormat, ReportSource

_DOCUMENT: Final = ReportFile("document.json", "application/json", "the audit document")


class JsonReport(ReportFormat):
    """The audit document as it is."""

    name = "json"
    help = "The audit document, bounded whatever the organization, for programs."
    files = (_DOCUMENT,)

    def write(self, source: ReportSource, folder: ReportFolder) -> None:
        """Write the document."""
        from reports.document import to_json

        with folder.file(_DOCUMENT.name) as file:
            file.write(to_json(source.document))
