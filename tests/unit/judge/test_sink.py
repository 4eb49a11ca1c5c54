"""Verdicts and findings as they are written down: the file and the document say the same."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditor.evaluate.ask import Answered
from auditor.evaluate.facts import Column, Frame, Hole, Lazy, constant, encode, project
from auditor.evaluate.gaps import GapIndex
from auditor.judge.sink import VerdictSink
from auditor.judge.verdict_file import counted
from auditor.judge.verdicts import judge
from auditor.model.organization import Account
from auditor.model.policy import Control
from auditor.model.verdicts import Gap, Severity, Waiver
from auditor.rego.engine import Answer

ACCOUNT = "111122223333"
ACCOUNTS = {ACCOUNT: Account(ACCOUNT, "Payments", "aws", None, "ACTIVE")}
GAP = Gap("g1", ACCOUNT, "eu-west-1", "kms", "DescribeKey", "AccessDenied", "no", ("keys",))
UNLISTED = replace(GAP, region="us-east-1", provides=("recovery_points",))
CONTROL = Control(
    id="BKP-RET-002",
    title="t",
    description="d",
    severity=Severity.HIGH,
    subject="recovery_point",
    moments=("audit",),
    reads=("days", "key"),
    cites=("recovery_point.vault_arn", "recovery_point.job_id"),
    reasons={"early": "kept {days} days", "other": "another"},
    remediation="r",
    package="controls.x",
    path="x.rego",
)


def frame(size: int) -> Frame:
    """Recovery points in two vaults: kept 7, 14, 7, 14 … days; the key of the last one is unknown."""
    names = [f"arn:aws:ec2:eu-west-1::snapshot/snap-{number:05d}" for number in reversed(range(size))]
    unknown = np.arange(size) == size - 1
    jobs = [None if number % 3 else f"job-{number}" for number in range(size)]
    return Frame(
        "recovery_point", ACCOUNT, "eu-west-1", pa.array(names),
        pa.array(["EBS"] * size), pa.array([""] * size),
        {
            "days": Column(np.arange(size) % 2, [7, 14]),
            "key": Column(np.where(unknown, -1, 0), ["CUSTOMER"], (Hole(("g1",), unknown),)),
            "recovery_point.vault_arn": encode([f"arn:vault-{number // 2 % 2}" for number in range(size)]),
            "recovery_point.job_id": Lazy(jobs.__getitem__, size),
            "tier": constant({"required": True}, size),
        },
    )  # fmt: skip


def written(folder: Path, size: int, *waivers: Waiver) -> tuple[VerdictSink, list[dict[str, str]]]:
    """What a sink holds and has written of that frame: 7 days are a finding of two reasons, 14 are a pass."""
    shown = frame(size)
    projection = project(shown, CONTROL.reads, "2026-02-09T00:00:00Z", lambda _path, _value: None)
    early = ({"code": "early", "evidence": {"days": 7}}, {"code": "other", "evidence": {}})
    bad, good = Answer(applicable=True, non_compliant=early), Answer(applicable=True, compliant=True)
    answers = [bad if facts["days"] == 7 else good for facts in projection.inputs]
    with (
        (folder / "verdicts.parquet").open("wb") as file,
        VerdictSink(file, {"g1": GAP}, ACCOUNTS) as sink,
    ):
        sink.add(judge(Answered(CONTROL, shown, projection, answers), waivers, date(2026, 2, 9)))
        sink.add_unlisted(CONTROL, GapIndex((UNLISTED,)))
    return sink, pq.read_table(folder / "verdicts.parquet").to_pylist()


def test_the_file_says_of_each_finding_what_the_document_says(tmp_path: Path) -> None:
    """Code, message, evidence, further reasons and waiver: of findings, waived ones, gaps and places."""
    waiver = Waiver("BKP-RET-002", "*snap-00006", "migration", "me", date(2026, 3, 1))
    sink, rows = written(tmp_path, 9, waiver)
    _, findings = sink.classes.published()
    bad = {row["arn"]: row for row in rows if row["verdict"] not in ("COMPLIANT", "NOT_APPLICABLE")}
    assert len(bad) == len(findings) == 6
    for finding in findings:
        row = bad[finding.subject.arn]
        first, *more = finding.reasons
        assert (row["code"], row["message"], row["verdict"]) == (first.code, first.message, finding.verdict)
        assert json.loads(row["evidence"]) == json.loads(orjson.dumps(first.evidence))
        assert json.loads(row["further"] or "[]") == json.loads(orjson.dumps(more))
        assert json.loads(row["waiver"] or "null") == finding.waiver
        assert row["account_name"] == "Payments"
    assert {finding.verdict for finding in findings} == {"NON_COMPLIANT", "WAIVED", "INSUFFICIENT_DATA"}


def test_a_pass_has_no_reason_and_no_evidence(tmp_path: Path) -> None:
    """What is compliant costs no text."""
    _, rows = written(tmp_path, 4)
    (passed,) = (row for row in rows if row["verdict"] == "COMPLIANT")
    assert {passed[name] for name in ("code", "message", "evidence", "further", "waiver")} == {""}


@pytest.mark.long
def test_findings_are_counted_by_vault_and_the_document_lists_the_first(tmp_path: Path) -> None:
    """Twenty thousand findings of one class: fifty are listed, by ARN; all are counted and in the file."""
    sink, rows = written(tmp_path, 40_001)
    early, *_ = sink.classes.published()[0]
    assert (early.code, early.findings, early.shown, early.grouped_by) == ("early", 20_000, 50, "vault")
    assert list(early.largest) == [
        {"group": "arn:vault-0", "findings": 10_000}, {"group": "arn:vault-1", "findings": 10_000}
    ]  # fmt: skip
    listed = [f.subject.arn for f in sink.classes.published()[1] if f.verdict == "NON_COMPLIANT"]
    assert listed == sorted(row["arn"] for row in rows if row["verdict"] == "NON_COMPLIANT")[:50]
    assert counted(tmp_path / "verdicts.parquet")["NON_COMPLIANT"] == 20_000
