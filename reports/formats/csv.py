"""The format `csv`."""

from typing import Final

from reports.formats.base import ReportFile, ReportFolder, ReportFormat, ReportSource

_VERDICTS: Final = ReportFile("verdicts.csv", "text/csv", "every verdict")
_FINDINGS: Final = ReportFile("findings.csv", "text/csv", "every finding with its evidence, a row a reason")
_GAPS: Final = ReportFile("gaps.csv", "text/csv", "every gap")
_CAUSES: Final = ReportFile(
    "causes.csv", "text/csv", "every cause of findings: its sentence, where, whose, since when, what to do"
)
_FRAMEWORKS: Final = ReportFile(
    "frameworks.csv", "text/csv", "every requirement of the frameworks, and what evidence of it there is"
)
#: Written where the run has its table; a run of an older release does not.
_STATED: Final = (
    ReportFile("resources.csv", "text/csv", "every resource, what protects it, and each verdict about it"),
    ReportFile("slots.csv", "text/csv", "every backup that was due, with the job that proves it"),
    ReportFile("scope.csv", "text/csv", "what was looked at: a row for each account, Region and kind"),
    ReportFile("exempt.csv", "text/csv", "every resource that needs no backup, with tier and reason"),
    ReportFile("reconciliation.csv", "text/csv", "every count that was compared with one of AWS"),
)


class CsvReport(ReportFormat):
    """The full lists."""

    name = "csv"
    help = "The full lists, for a spreadsheet."
    files = (_VERDICTS, _FINDINGS, _CAUSES, _GAPS, _FRAMEWORKS, *_STATED)

    def write(self, source: ReportSource, folder: ReportFolder) -> None:
        """Write each list by batches."""
        from reports.frameworks import frameworks_csv
        from reports.render_causes import causes_csv
        from reports.render_csv import findings_csv, gaps_csv, table_csv, verdicts_csv

        verdicts, gaps = source.table("verdicts.parquet"), source.table("gaps.parquet")
        with folder.file(_VERDICTS.name) as file:
            verdicts_csv(verdicts, file)
        with folder.file(_FINDINGS.name) as file:
            findings_csv(source.document, source.findings, file)
        causes = source.table("causes.parquet")
        if causes.exists():
            with folder.file(_CAUSES.name) as file:
                causes_csv(source.document, causes, source.words, file)
        with folder.file(_GAPS.name) as file:
            gaps_csv(gaps, file)
        if source.document.frameworks:
            with folder.file(_FRAMEWORKS.name) as file:
                frameworks_csv(source.document, file)
        for stated in _STATED:
            table = source.table(stated.name.replace(".csv", ".parquet"))
            if table.exists():
                with folder.file(stated.name) as file:
                    table_csv(table, file)
