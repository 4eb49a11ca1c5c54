import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reports.document import AuditDocument
from reports.formats.registry import FORMATS
from reports.render import render

Written = tuple[bytes, list[str]]
Audit = tuple[AuditDocument, pa.Table, pa.Table]
#: A name that means something to each of the formats.
HOSTILE = (
    "</x>]]>|`<script>&amp;@team #1 [a](http://evil.example) \x00\x1b[2J\ufffe\u202e\ud7ff 中文\n::error::"
)


@pytest.fixture
def written(sample: AuditDocument, verdicts_parquet: Path, tmp_path: Path) -> Callable[[str], Written]:
    """Write the sample in a format: the bytes of its file, and what the user was told."""

    def write(name: str) -> Written:
        said: list[str] = []
        made = render(sample, verdicts_parquet.parent, tmp_path / "out", [name], warn=said.append)
        return made[0].read_bytes(), said

    return write


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch, written: Callable[[str], Written]) -> Callable[..., Written]:
    """Write the sample in a format whose module has other limits."""

    def write(name: str, **limits: int) -> Written:
        module = next(one.__module__ for one in FORMATS if one.name == name)
        for limit, value in limits.items():
            monkeypatch.setattr(f"{module}.{limit}", value)
        return written(name)

    return write


@pytest.fixture
def hostile(
    sample: AuditDocument, sample_audit: Audit, verdicts_parquet: Path, tmp_path: Path
) -> Callable[[str], bytes]:
    """Write an audit in a format: three findings and a gap whose every free text is hostile."""

    def write(name: str) -> bytes:
        rows: list[dict[str, Any]] = sample_audit[1].to_pylist()
        chosen = [next(row for row in rows if row["verdict"] == verdict) for verdict in ("ERROR", "WAIVED")]
        chosen.append(rows[0])
        for row in chosen:
            row |= {"name": HOSTILE, "message": HOSTILE, "account_name": HOSTILE, "arn": f"arn:aws:{HOSTILE}"}
        pq.write_table(pa.Table.from_pylist(chosen, sample_audit[1].schema), verdicts_parquet)
        gap = sample_audit[2].slice(0, 1).to_pylist()[0] | {"message": HOSTILE, "error": HOSTILE}
        pq.write_table(
            pa.Table.from_pylist([gap], sample_audit[2].schema), verdicts_parquet.with_name("gaps.parquet")
        )
        document = dataclasses.replace(
            sample, summary=dataclasses.replace(sample.summary, findings=3, gaps=1)
        )
        out = tmp_path / "hostile"
        return render(document, verdicts_parquet.parent, out, [name], warn=pytest.fail)[0].read_bytes()

    return write
