"""findings.parquet: the rows of findings.csv, as they are."""

import csv
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reports import render_csv
from reports.document import AuditDocument
from reports.render_csv import findings_csv, findings_parquet
from reports.text import spreadsheet_safe


def test_it_has_the_rows_of_the_list_for_a_spreadsheet(
    sample: AuditDocument, verdicts_parquet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every row and column of `findings.csv`, over several row groups, and no cell made harmless."""
    monkeypatch.setattr(render_csv, "_FOUND", 20)
    monkeypatch.setattr(render_csv, "_BATCHES", 2)
    with (tmp_path / "findings.csv").open("wb") as file:
        findings_csv(sample, verdicts_parquet, file)
    with (tmp_path / "findings.parquet").open("wb") as file:
        findings_parquet(sample, verdicts_parquet, file)
    listed = (tmp_path / "findings.csv").read_text(encoding="utf-8-sig")
    table = pq.read_table(tmp_path / "findings.parquet")
    rows = table.to_pylist()
    assert [{k: spreadsheet_safe(v) for k, v in row.items()} for row in rows] == list(
        csv.DictReader(io.StringIO(listed, newline=""))
    )
    assert len(rows) == sample.summary.findings
    assert any(row["name"].startswith("=HYPERLINK") for row in rows)


def test_a_run_without_findings_has_an_empty_table(
    sample: AuditDocument, verdicts_parquet: Path, tmp_path: Path
) -> None:
    """With its columns."""
    nothing = pq.read_table(verdicts_parquet).slice(0, 0)
    pq.write_table(nothing, tmp_path / "verdicts.parquet")
    with (tmp_path / "findings.parquet").open("wb") as file:
        findings_parquet(sample, tmp_path / "verdicts.parquet", file)
    table = pq.read_table(tmp_path / "findings.parquet")
    assert (table.num_rows, table.schema.field("cause").type) == (0, pa.string())
