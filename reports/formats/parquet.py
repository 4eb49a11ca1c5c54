"""The format `parquet`."""

from typing import Final

from reports.formats.base import ReportFile, ReportFolder, ReportFormat, ReportSource

_FINDINGS: Final = ReportFile(
    "findings.parquet",
    "application/vnd.apache.parquet",
    "every finding with its evidence, a row a reason, with the columns of `findings.csv`",
)


class ParquetReport(ReportFormat):
    """The findings as a table."""

    name = "parquet"
    help = (
        "The findings as a table for programs; the verdicts, causes, gaps, resources and slots of a run are "
        "Parquet without it."
    )
    files = (_FINDINGS,)
    by_default = False

    def write(self, source: ReportSource, folder: ReportFolder) -> None:
        """Write the rows by batches."""
        from reports.render_csv import findings_parquet

        with folder.file(_FINDINGS.name) as file:
            findings_parquet(source.document, source.findings, file)
