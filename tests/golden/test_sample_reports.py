"""The reports of the sample audit, byte for byte.

After a wanted change: `UPDATE_GOLDEN=1 pytest tests/golden`, and read the difference before
committing it.
"""

import os
from pathlib import Path

import pyarrow as pa
import pytest

from reports.document import AuditDocument, from_json
from reports.formats.registry import NAMES
from reports.render import render

GOLDEN = Path(__file__).parent / "sample"
#: Of the PDF there is no golden file: it is looked at by what it says.
#: The libraries of the first two are in their bytes; the last one is about an audit for Audit Manager.
ALL = tuple(name for name in NAMES if name not in ("pdf", "parquet", "audit-manager"))


def test_reports_of_the_sample_audit_are_the_committed_ones(
    sample_audit: tuple[AuditDocument, pa.Table, pa.Table], verdicts_parquet: Path, tmp_path: Path
) -> None:
    """The same audit gives the same bytes, in every format but PDF and Parquet."""
    made = render(sample_audit[0], verdicts_parquet.parent, tmp_path / "out", ALL, warn=pytest.fail)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        for path in made:
            (GOLDEN / path.name).write_bytes(path.read_bytes())
    expected = {path.name: path.read_bytes() for path in GOLDEN.iterdir()}
    assert {path.name: path.read_bytes() for path in made} == expected


def test_committed_document_is_read_back_as_the_sample(
    sample_audit: tuple[AuditDocument, pa.Table, pa.Table],
) -> None:
    """document.json of the golden folder holds all that the document holds."""
    assert from_json((GOLDEN / "document.json").read_bytes()) == from_json(
        (GOLDEN / "document.json").read_bytes().replace(b"\n", b" ")
    )
    assert from_json((GOLDEN / "document.json").read_bytes()).findings == sample_audit[0].findings
