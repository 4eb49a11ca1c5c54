"""Findings, passes and gaps from the tables: whole, whatever the row groups; the worst where some are cut."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reports.document import SEVERITIES, AuditDocument
from reports.listing import KeptFindings, gaps, passed

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


def test_gaps_are_as_the_document_has_them(sample: AuditDocument, verdicts_parquet: Path) -> None:
    """With the tables that are incomplete."""
    assert tuple(gaps(verdicts_parquet.with_name("gaps.parquet"))) == sample.gaps
