"""The format `audit-manager`."""

import gettext
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reports.document import AuditDocument
from reports.formats.audit_manager import AuditManagerReport
from reports.formats.base import FormatUnavailable, ReportFolder, ReportSource
from reports.words import Words

ROWS = [
    {"accountId": "111122223333", "resourceId": "AWS::EC2::Volume/vol-1", "count": 2},
    {"accountId": "111122223333", "resourceId": "=1+1", "count": 0},
    {"accountId": "111122223333", "resourceId": None, "count": None},
]


def write(document: AuditDocument, tables: Path, folder: Path) -> ReportFolder:
    """Write the format of the tables."""
    words = Words(gettext.NullTranslations(), "en")
    target = ReportFolder(folder, AuditManagerReport, words, pytest.fail)
    AuditManagerReport().write(ReportSource(document, tables, words), target)
    return target


def test_rows_are_written_as_they_are(sample: AuditDocument, tmp_path: Path) -> None:
    """In the order of the table; what is not known is empty, and no cell is calculated."""
    for name in ("control_compliance", "resource_compliance"):
        pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / f"{name}.parquet")
    written = write(sample, tmp_path, tmp_path).written

    assert [path.name for path in written] == [file.name for file in AuditManagerReport.files]
    assert written[0].read_bytes() == (
        b"accountId,resourceId,count\n111122223333,AWS::EC2::Volume/vol-1,2\n"
        b"111122223333,'=1+1,0\n111122223333,,\n"
    )
    assert json.loads(written[1].read_bytes()) == {"reportItems": ROWS}


def test_an_audit_for_something_else_has_none(sample: AuditDocument, tmp_path: Path) -> None:
    """The user is told what to do."""
    with pytest.raises(FormatUnavailable, match=r"judge the run with `--framework aws-backup-audit-manager`"):
        write(sample, tmp_path, tmp_path)
    assert list(tmp_path.iterdir()) == []
