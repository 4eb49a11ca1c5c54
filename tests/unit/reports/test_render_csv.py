import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reports.document import AuditDocument
from reports.render_csv import findings_csv, gaps_csv, verdicts_csv
from reports.text import spreadsheet_safe

Audit = tuple[AuditDocument, pa.Table, pa.Table]


def _read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def test_every_verdict_is_listed_and_neutralised(
    sample_audit: Audit, verdicts_parquet: Path, tmp_path: Path
) -> None:
    """verdicts.csv holds every row of verdicts.parquet in its order, each text made harmless."""
    with (tmp_path / "verdicts.csv").open("wb") as file:
        verdicts_csv(verdicts_parquet, file)
    listed = sample_audit[1].drop_columns(["evidence", "further", "waiver", "account_name"])
    expected = [{k: spreadsheet_safe(v) for k, v in row.items()} for row in listed.to_pylist()]
    assert _read(tmp_path / "verdicts.csv") == expected
    hostile = next(row for row in expected if "HYPERLINK" in row["name"])
    assert (
        hostile["name"]
        == '\'=HYPERLINK("http://evil.example") <script>alert(1)</script> \\u202Egnp.\\u001B[31m'
    )


def test_dictionaries_and_nulls_are_written(sample_audit: Audit, tmp_path: Path) -> None:
    """A dictionary column is written as its texts, and a null as an empty cell."""
    names = sample_audit[1].column_names
    columns = {name: pa.array(["=x", "b", "=x", None]).dictionary_encode() for name in names}
    pq.write_table(pa.table(columns), tmp_path / "verdicts.parquet")
    with (tmp_path / "verdicts.csv").open("wb") as file:
        verdicts_csv(tmp_path / "verdicts.parquet", file)
    assert [row["name"] for row in _read(tmp_path / "verdicts.csv")] == ["'=x", "b", "'=x", ""]


def test_findings_have_their_evidence_as_json(
    sample: AuditDocument, verdicts_parquet: Path, tmp_path: Path
) -> None:
    """A row for each finding and reason, with account name, evidence and waiver."""
    with (tmp_path / "findings.csv").open("wb") as file:
        findings_csv(sample, verdicts_parquet, file)
    rows = _read(tmp_path / "findings.csv")
    assert [row["finding"] for row in rows] == [str(number) for number in range(1, len(sample.findings) + 1)]
    waived = next(row for row in rows if row["verdict"] == "WAIVED")
    assert json.loads(waived.pop("evidence"))["demanded"] == "compliance"
    assert waived == {
        "finding": waived["finding"], "finding_id": waived["finding_id"], "control_id": "BKP-IMM-001",
        "control_title": "A vault lock is in force in the demanded mode", "verdict": "WAIVED",
        "severity": "high",
        "subject_type": "vault", "resource_type": "", "name": "gold",
        "arn": "arn:aws:backup:eu-west-1:300000000001:backup-vault:gold", "account_id": "300000000001",
        "account_name": "Payments staging", "region": "eu-west-1", "code": "wrong_mode",
        "message": "The lock is in governance mode; tier gold demands compliance.",
        "waiver_reason": "Staging is rebuilt weekly from production; accepted until the migration ends.",
        "waiver_approved_by": "ciso@example.com", "waiver_expires": "2026-02-28",
        "cause": "", "waiver_owner": "", "waiver_ticket": "",
    }  # fmt: skip


def test_a_finding_has_a_row_for_each_reason_and_one_without_any(
    sample: AuditDocument, sample_audit: Audit, tmp_path: Path
) -> None:
    """Nothing that was found is left out; both rows of one finding have its number, and a pass has none."""
    further = [{"code": "b", "evidence": {"n": 2, "a": 1}, "message": "=second"}]
    waiver = {"reason": "r", "approved_by": "a", "expires": "2026-03-31", "owner": "=o", "ticket": "OPS-7"}
    told = {
        "verdict": ["NON_COMPLIANT", "COMPLIANT", "ERROR", "NOT_APPLICABLE"],
        "code": ["a", "", "", ""],
        "message": ["first", "", "", ""],
        "evidence": ['{"n":1}', "", "", ""],
        "further": [json.dumps(further), "", "", ""],
        "waiver": [json.dumps(waiver), "", "", ""],
        "account_name": ["n"] * 4,
        "causes": ["cause-1 cause-2", "", "cause-3", ""],
    }
    names = [name for name in sample_audit[1].column_names if name not in told]
    columns = {name: pa.array([name] * 4) for name in names}
    pq.write_table(pa.table({**columns, **told}), tmp_path / "verdicts.parquet")
    with (tmp_path / "findings.csv").open("wb") as file:
        findings_csv(sample, tmp_path / "verdicts.parquet", file)
    keys = ("finding", "verdict", "code", "message", "evidence", "cause", "waiver_owner", "waiver_ticket")
    assert [tuple(row[key] for key in keys) for row in _read(tmp_path / "findings.csv")] == [
        ("1", "NON_COMPLIANT", "a", "first", '{"n":1}', "cause-1", "'=o", "OPS-7"),
        ("1", "NON_COMPLIANT", "b", "'=second", '{"a":1,"n":2}', "cause-2", "'=o", "OPS-7"),
        ("2", "ERROR", "", "", "{}", "cause-3", "", ""),
    ]


def test_gaps_are_listed(verdicts_parquet: Path, tmp_path: Path) -> None:
    """gaps.csv names the call that failed and the tables that are incomplete."""
    with (tmp_path / "gaps.csv").open("wb") as file:
        gaps_csv(verdicts_parquet.with_name("gaps.parquet"), file)
    assert _read(tmp_path / "gaps.csv")[1] == {
        "gap_id": "gap-91be03d4", "account_id": "400000000001", "region": "eu-west-1", "service": "backup",
        "operation": "ListRecoveryPointsByBackupVault", "error": "ThrottlingException",
        "message": "Rate exceeded",
        "provides": "recovery_points",
    }  # fmt: skip


def test_excel_sees_the_encoding(verdicts_parquet: Path, tmp_path: Path) -> None:
    """The file begins with the byte order mark and every text is quoted."""
    with (tmp_path / "verdicts.csv").open("wb") as file:
        verdicts_csv(verdicts_parquet, file)
    assert (tmp_path / "verdicts.csv").read_bytes().startswith(b'\xef\xbb\xbf"control_id","subject_type"')


_STREAM = r"""
import re, sys
from pathlib import Path
from reports.render_csv import verdicts_csv
with Path(sys.argv[2]).open("wb") as file:
    verdicts_csv(Path(sys.argv[1]), file)
assert "pandas" not in sys.modules, "40 MB and a fifth of a second for nothing"
print(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the high water mark is read from Linux")
def test_memory_does_not_grow_with_the_number_of_verdicts(sample_audit: Audit, tmp_path: Path) -> None:
    """Six hundred thousand verdicts take at most 40 MB more than 100,000 of them."""
    peaks = []
    for count in (100_000, 600_000):
        path = tmp_path / f"{count}.parquet"
        names = [name for name in sample_audit[1].column_names if name != "arn"]
        columns = {name: pa.array([name] * 100_000) for name in names}
        with pq.ParquetWriter(path, pa.table({**columns, "arn": ["x"] * 100_000}).schema) as writer:
            for start in range(0, count, 100_000):
                arns = [
                    f"arn:aws:ec2:eu-central-1:200000000001:volume/vol-{i}"
                    for i in range(start, start + 100_000)
                ]
                writer.write_table(pa.table({**columns, "arn": arns}))
        done = subprocess.run(
            [sys.executable, "-c", _STREAM, str(path), str(tmp_path / "out.csv")],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        peaks.append(int(done.stdout) * 1024)
    assert peaks[1] - peaks[0] < 40_000_000
