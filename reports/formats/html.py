"""The format `html`."""

from typing import Final

from reports.formats.base import ReportFile, ReportFolder, ReportFormat, ReportSource

_PAGE: Final = ReportFile(
    "report.html", "text/html", "the findings, with search and filters, and the periods of resources"
)


class HtmlReport(ReportFormat):
    """One self-contained page."""

    name = "html"
    help = (
        "One self-contained page for a browser, which asks nothing of any network; each resource of a shown "
        "finding has its expected backups as a picture, as far as 3 MB go."
    )
    files = (_PAGE,)

    def write(self, source: ReportSource, folder: ReportFolder) -> None:
        """Write the page."""
        from reports.render_html import html

        page = html(source.document, source.words, source.tables)
        with folder.file(_PAGE.name) as file:
            file.write(page.encode())
