import importlib.util
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reports.document import AuditDocument


@pytest.fixture(scope="session")
def sample_audit() -> tuple[AuditDocument, pa.Table, pa.Table]:
    """The fixed audit of sample_document.py: the document, every verdict and every gap."""
    spec = importlib.util.spec_from_file_location(
        "sample_document", Path(__file__).with_name("sample_document.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    built: tuple[AuditDocument, pa.Table, pa.Table] = module.build()
    return built


@pytest.fixture
def verdicts_parquet(sample_audit: tuple[AuditDocument, pa.Table, pa.Table], tmp_path: Path) -> Path:
    """The sample's verdicts.parquet, with gaps.parquet beside it."""
    path = tmp_path / "verdicts.parquet"
    pq.write_table(sample_audit[1], path)
    pq.write_table(sample_audit[2], tmp_path / "gaps.parquet")
    return path
