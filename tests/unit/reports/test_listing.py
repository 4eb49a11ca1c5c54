"""Findings, passes and gaps from the tables: whole, whatever the row groups; the worst where some are cut."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from reports import listing
from reports.document import SEVERITIES, AuditDocument
from reports.listing import KeptFindings, gaps, only_found, passed

Audit = tuple[AuditDocument, pa.Table, pa.Table]
_ORDER = ("NON_COMPLIANT", "ERROR", "INSUFFICIENT_DATA", "WAIVED")


@pytest.fixture
def grouped(sample_audit: Audit, tmp_path: Path) -> Path:
    """The sample's verdicts turned round, in row groups of seven, so that passes begin it."""
    table = sample_audit[1]
    turned = table.take(pa.array(range(table.num_rows - 1, -1, -1)))
    pq.write_table(turned, tmp_path / "verdicts.parquet", row_group_size=7)
    return tmp_path / "verdicts.parquet"


def test_every_finding_of_every_row_group(sample: AuditDocument, grouped: Path) -> None:
    """In the order of the table, each as the document has it."""
    kept = KeptFindings(grouped)
    found = list(kept)

    assert [one.id for one in found] == [one.id for one in reversed(sample.findings)]
    assert (kept.shown, kept.total) == (46, 46)
    told = {one.id: (one.verdict, one.severity, one.message) for one in found}
    assert told == {
        one.id: (one.verdict, one.severity, " ".join(reason.message for reason in one.reasons))
        for one in sample.findings
    }


@pytest.mark.parametrize("limit", [0, 1, 25, 26, 45, 46, 47])
def test_the_worst_are_kept(grouped: Path, limit: int) -> None:
    """By verdict and severity; equals in the order of the table."""
    every = sorted(
        KeptFindings(grouped), key=lambda one: (_ORDER.index(one.verdict), SEVERITIES.index(one.severity))
    )
    kept = KeptFindings(grouped, limit)

    assert list(kept.worst_first()) == every[:limit]
    assert sorted(one.id for one in kept) == sorted(one.id for one in every[:limit])
    assert (kept.shown, kept.total) == (min(limit, 46), 46)


def test_a_table_without_rows_has_nothing(sample_audit: Audit, tmp_path: Path) -> None:
    """Neither a finding nor a pass nor a gap."""
    for name, table in (("verdicts", sample_audit[1]), ("gaps", sample_audit[2])):
        pq.write_table(table.slice(0, 0), tmp_path / f"{name}.parquet")
    kept = KeptFindings(tmp_path / "verdicts.parquet", 5)

    assert (list(kept), list(kept.worst_first()), kept.total) == ([], [], 0)
    assert (passed(tmp_path / "verdicts.parquet"), list(gaps(tmp_path / "gaps.parquet"))) == ([], [])


def test_passes_are_counted_with_what_stands_beside_them(sample: AuditDocument, grouped: Path) -> None:
    """All that is compliant is counted once; `others` are the findings of the same group."""
    found = passed(grouped)
    mixed = {(one.control_id, one.account_id, one.region): one.others for one in found if one.others}

    assert sum(one.subjects for one in found) == sample.summary.verdicts["COMPLIANT"]
    assert mixed["BKP-COV-001", "300000000001", "eu-central-1"] == 1
    assert mixed["BKP-FRQ-001", "400000000001", "eu-west-1"] == 9


@pytest.mark.parametrize(("rows", "held", "groups"), [(46, 1 << 24, 1), (20, 1 << 24, 3), (1 << 13, 1, 7)])
def test_findings_alone_are_a_table_of_the_same_columns(
    grouped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, held: int, groups: int
) -> None:
    """In the same order, in row groups that are bounded by findings and by bytes; no pass is in it."""
    monkeypatch.setattr(listing, "_ROWS", 7)
    monkeypatch.setattr(listing, "_GROUPED", rows)
    monkeypatch.setattr(listing, "_HELD", held)
    only_found(grouped, tmp_path / "found.parquet")

    every, found = pq.read_table(grouped), pq.ParquetFile(tmp_path / "found.parquet")
    passes = pa.array(["COMPLIANT", "NOT_APPLICABLE"])
    assert found.read().equals(every.filter(pc.invert(pc.is_in(every["verdict"].cast("string"), passes))))
    assert list(KeptFindings(tmp_path / "found.parquet", 25)) == list(KeptFindings(grouped, 25))
    assert [found.metadata.num_rows, passed(tmp_path / "found.parquet")] == [46, []]
    assert found.num_row_groups == groups


def test_a_finding_of_an_unknown_severity_is_one(sample_audit: Audit, tmp_path: Path) -> None:
    """It comes after those of its verdict, and before what is less bad."""
    table = sample_audit[1]
    at = table.schema.get_field_index("severity")
    table = table.set_column(at, "severity", pa.array(["odd", *table["severity"].to_pylist()[1:]]))
    at = table.schema.get_field_index("verdict")
    table = table.set_column(at, "verdict", pa.array(["ERROR", *table["verdict"].to_pylist()[1:]]))
    pq.write_table(table, tmp_path / "verdicts.parquet")
    told = [(one.verdict, one.severity) for one in KeptFindings(tmp_path / "verdicts.parquet").worst_first()]
    errors = [severity for verdict, severity in told if verdict == "ERROR"]
    assert (errors[-1], errors.count("odd")) == ("odd", 1)
    assert [told[n][0] for n in range(len(told))] == sorted((one[0] for one in told), key=_ORDER.index)


def test_gaps_are_as_the_document_has_them(sample: AuditDocument, verdicts_parquet: Path) -> None:
    """With the tables that are incomplete."""
    assert tuple(gaps(verdicts_parquet.with_name("gaps.parquet"))) == sample.gaps
