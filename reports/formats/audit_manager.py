"""The format `audit-manager`: the compliance reports of AWS Backup Audit Manager, with its columns."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from reports.formats.base import FormatUnavailable, ReportFile, ReportFolder, ReportFormat, ReportSource

_NAMES: Final = ("control_compliance", "resource_compliance")
_FILES: Final = tuple(
    ReportFile(f"{name}_report.{form}", media, f"{name.upper()}_REPORT, as AWS Backup writes it")
    for name in _NAMES
    for form, media in (("csv", "text/csv"), ("json", "application/json"))
)
_NOTHING: Final = (
    "The format audit-manager is about an audit for AWS Backup Audit Manager; judge the run with "
    "`--framework aws-backup-audit-manager` first."
)


class AuditManagerReport(ReportFormat):
    """Both compliance reports, as CSV and JSON."""

    name = "audit-manager"
    help = (
        "The compliance reports of AWS Backup Audit Manager, of an audit for the framework of that service."
    )
    files = _FILES
    warns = (_NOTHING,)
    by_default = False

    def write(self, source: ReportSource, folder: ReportFolder) -> None:
        """Write each report in both forms, by batches."""
        for name in _NAMES:
            table = source.table(f"{name}.parquet")
            if not table.exists():
                raise FormatUnavailable(_NOTHING)
            with folder.file(f"{name}_report.csv") as file:
                _csv(table, file)
            with folder.file(f"{name}_report.json") as file:
                _json(table, file)


def _rows(table: Path) -> Iterator[Mapping[str, Any]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(table) as file:
        for batch in file.iter_batches(8192):
            yield from batch.to_pylist()


def _csv(table: Path, target: BinaryIO) -> None:
    """A header and a line for each row, without quotes where none are needed, as AWS writes them."""
    import csv

    import pyarrow.parquet as pq

    from reports.text import spreadsheet_safe

    text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(pq.read_schema(table).names)
    for row in _rows(table):
        writer.writerow(
            spreadsheet_safe(value) if isinstance(value, str) else value for value in row.values()
        )
    text.detach()  # whoever opened the file closes it


def _json(table: Path, target: BinaryIO) -> None:
    """AWS's `reportItems`."""
    import orjson

    target.write(b'{"reportItems":[')
    target.writelines(
        (b"," if number else b"") + orjson.dumps(row) for number, row in enumerate(_rows(table))
    )
    target.write(b"]}\n")
