"""The format `csv`."""

from typing import Final

from reports.formats.base import ReportFile, ReportFolder, ReportFormat, ReportSource

_VERDICTS: Final = ReportFile("verdicts.csv", "text/csv", "every verdict")
_FINDINGS: Final = ReportFile("findings.csv", "text/csv", "every finding with its evidence, a row a reason")
_GAPS: Final = ReportFile("gaps.csv", "text/csv", "every gap")


class CsvReport(ReportFormat):
    """The full lists."""

    name = "csv"
    help = "The full lists, for a spreadsheet."
    files = (_VERDICTS, _FINDINGS, _GAPS)

    def write(self, source: ReportSource, folder: ReportFolder) -> None:
        """Write each list by batches."""
        from reports.render_csv import findings_csv, gaps_csv, verdicts_csv

        verdicts, gaps = source.table("verdicts.parquet"), source.table("gaps.parquet")
        with folder.file(_VERDICTS.name) as file:
            verdicts_csv(verdicts, file)
        with folder.file(_FINDINGS.name) as file:
            findings_csv(source.document, verdicts, file)
        with folder.file(_GAPS.name) as file:
            gaps_csv(gaps, file)
