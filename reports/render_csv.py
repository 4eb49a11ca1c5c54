"""The full listings as CSV: every verdict, every finding with its evidence, every gap.

UTF-8 with a byte order mark (Excel reads Chinese without it as noise; pandas, DuckDB and Arrow skip it),
every text quoted, lines ended by a line feed, and no cell that a spreadsheet would calculate.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from reports.document import AuditDocument, Finding
from reports.text import spreadsheet_safe

_MARK: Final = "\ufeff".encode()
_ROWS: Final = 8_192
_VERDICTS: Final = (
    *("control_id", "subject_type", "arn", "account_id", "region", "resource_type", "name"),
    *("verdict", "severity", "code", "message"),
)
_FINDINGS: Final = (
    *("finding", "finding_id", "control_id", "control_title", "verdict", "severity"),
    *("subject_type", "resource_type", "name", "arn", "account_id", "account_name", "region"),
    *("code", "message", "evidence", "waiver_reason", "waiver_approved_by", "waiver_expires"),
)
_GAPS: Final = ("gap_id", "account_id", "region", "service", "operation", "error", "message", "provides")


def verdicts_csv(verdicts: Path, target: Path) -> None:
    """Write every verdict of `verdicts.parquet` by batches: memory does not grow with their number."""
    source = pq.ParquetFile(verdicts, pre_buffer=False, buffer_size=1 << 20)
    schema = pa.schema([pa.field(name, pa.string()) for name in _VERDICTS])
    with target.open("wb") as out:
        out.write(_MARK)
        options = pa_csv.WriteOptions(quoting_style="all_valid")
        with pa_csv.CSVWriter(out, schema, write_options=options) as writer:
            for batch in source.iter_batches(batch_size=_ROWS, columns=list(_VERDICTS), use_threads=False):
                columns = [_safe(batch.column(name)) for name in _VERDICTS]
                writer.write_batch(pa.record_batch(columns, schema=schema))


def findings_csv(document: AuditDocument, target: Path) -> None:
    """Write a row for each finding and reason; `finding` counts the findings from 1, `evidence` is JSON."""
    titles = {control.id: control.title for control in document.controls}
    names = {str(account["account_id"]): str(account["name"]) for account in document.run.accounts}
    rows = (
        row
        for number, finding in enumerate(document.findings, start=1)
        for row in _finding(number, finding, titles.get(finding.control_id, ""), names)
    )
    _write(target, _FINDINGS, rows)


def gaps_csv(document: AuditDocument, target: Path) -> None:
    """Write a row for each gap; `provides` names the evidence tables, separated by blanks."""
    rows = (
        (gap.gap_id, gap.account_id, gap.region, gap.service, gap.operation, gap.error, gap.message,
         " ".join(gap.provides))
        for gap in document.gaps
    )  # fmt: skip
    _write(target, _GAPS, rows)


def _safe(column: pa.Array) -> pa.Array:
    """Neutralise a column; each distinct value once."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    values = [None if value is None else spreadsheet_safe(value) for value in encoded.dictionary.to_pylist()]
    return pa.array(values, pa.string()).take(encoded.indices)


def _finding(number: int, finding: Finding, title: str, names: dict[str, str]) -> Iterator[tuple[Any, ...]]:
    subject = finding.subject
    waiver = finding.waiver or {}
    before = (
        *(number, finding.id, finding.control_id, title, finding.verdict, finding.severity),
        *(subject.type, subject.resource_type, subject.name, subject.arn),
        *(subject.account_id, names.get(subject.account_id, ""), subject.region),
    )
    after = tuple(str(waiver.get(key, "")) for key in ("reason", "approved_by", "expires"))
    for reason in finding.reasons:
        evidence = orjson.dumps(reason.evidence, option=orjson.OPT_SORT_KEYS, default=dict).decode()
        yield (*before, reason.code, reason.message, evidence, *after)
    if not finding.reasons:
        yield (*before, "", "", "{}", *after)


def _write(target: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with target.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(
            [spreadsheet_safe(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
        )
