from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditor.catalogue.responses import Responses
from auditor.judge.earlier import Earlier, causes_part
from reports.document import AuditDocument
from tests.golden.sample_document import build
from tests.golden.sample_periods import write_periods


@pytest.fixture(scope="session")
def sample_audit() -> tuple[AuditDocument, pa.Table, pa.Table]:
    """The fixed audit of sample_document.py: the document, every verdict and every gap."""
    return build()


@pytest.fixture
def verdicts_parquet(sample_audit: tuple[AuditDocument, pa.Table, pa.Table], tmp_path: Path) -> Path:
    """The sample's verdicts.parquet, with the other tables of a run beside it."""
    path = tmp_path / "verdicts.parquet"
    pq.write_table(sample_audit[1], path)
    pq.write_table(sample_audit[2], tmp_path / "gaps.parquet")
    causes_part(tmp_path, sample_audit[0].causes["shown"], Earlier(), Responses())
    write_periods(sample_audit[0], tmp_path)
    return path
