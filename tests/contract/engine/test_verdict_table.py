"""The whole story, in each partition and on each engine: every planted fault is found, and nothing else."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from auditor import audit
from auditor.evidence.store import Evidence
from auditor.judge.sinks import VERDICTS
from auditor.model.settings import Settings, silent
from reports.document import AuditDocument, Subject
from tests.demo import JUDGED_BY, Demo, run_demo
from tests.expected import expected_rows

PARTITIONS = {
    "aws": ("eu-central-1", "eu-west-1"),
    "aws-cn": ("cn-north-1", "cn-northwest-1"),
    "aws-us-gov": ("us-gov-west-1", "us-gov-east-1"),
}
OTHERS = [pytest.param(name, marks=pytest.mark.long) for name in PARTITIONS if name != "aws"]

Row = tuple[str, str, str, str, str, str]


@pytest.fixture(scope="module", params=["aws", *OTHERS])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of `auditor demo` in one partition."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "aws":
        shared: Demo = request.getfixturevalue("shared_demo")
        return shared.copied(folder).run
    return run_demo(folder, request.param).run


@pytest.fixture(scope="module", params=["embedded", pytest.param("opa-server", marks=pytest.mark.opa)])
def document(request: pytest.FixtureRequest, run: Path) -> AuditDocument:
    """What one engine says of the evidence."""
    settings = judging(run, engine=request.param)
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "opa-server":
            patch.setenv("AUDITOR_OPA", request.getfixturevalue("opa_program"))
        return audit.evaluate_run(run, settings, silent)


def judging(run: Path, **more: Any) -> Settings:
    """What the demo judged by, as its run keeps it."""
    own: dict[str, Any] = {name: run / path for name, path in JUDGED_BY.items()}
    return Settings(datetime.now(UTC), **own, **more)


def expected(partition: str) -> list[Row]:
    """The table beside the sample organization, for a partition."""
    keys = ("control", "subject", "account", "region", "verdict", "code")
    return sorted(tuple(row[key] for key in keys) for row in expected_rows(partition))


def found(run: Path, document: AuditDocument) -> list[Row]:
    """The findings in the words of the table: names for ARNs, primary and secondary for Regions."""
    evidence = Evidence.open(run)
    accounts = {account["account_id"]: account["name"] for account in document.run.accounts}
    roles = {"": "", **dict(zip(PARTITIONS[document.run.partition], ("primary", "secondary"), strict=True))}
    names: dict[str, str] = {}
    for account, region in evidence.partitions():
        resources = evidence.read("resources", account, region, ["arn", "name"]).to_pylist()
        by_arn = {row["arn"]: row["name"] for row in resources}
        points = evidence.read("recovery_points", account, region, ["arn", "resource_arn"]).to_pylist()
        names |= {row["arn"]: by_arn.get(row["resource_arn"], "gone") for row in points}
        names |= dict.fromkeys(evidence.read("keys", account, region)["arn"].to_pylist(), "key")
    return sorted(
        (
            finding.control_id,
            name_of(finding.subject, names),
            accounts[finding.subject.account_id],
            roles[finding.subject.region],
            finding.verdict,
            finding.reasons[0].code,
        )
        for finding in document.findings
    )


def name_of(subject: Subject, names: Mapping[str, str]) -> str:
    """A subject in the words of the table: a waiver or attestation is known by its control."""
    if subject.type in ("waiver", "attestation"):
        return subject.name.partition(":")[0]
    return subject.name or names[subject.arn]


def but_for_the_engine(document: AuditDocument) -> AuditDocument:
    """A document that does not say which engine has judged."""
    told = dict(document.provenance)
    told["settings"] = [row for row in told["settings"] if row["name"] not in {"engine", "engine_url"}]
    told["versions"] = {**told["versions"], "judged": {**told["versions"]["judged"], "Rego engine": ""}}
    return replace(document, run=replace(document.run, engine=""), provenance=told)


def test_every_planted_fault_is_found_and_nothing_else(run: Path, document: AuditDocument) -> None:
    """The findings are exactly the table; everything else is compliant or not applicable."""
    assert found(run, document) == expected(document.run.partition)


def test_every_verdict_is_written_down(run: Path, document: AuditDocument) -> None:
    """One row for each control and subject, and as many of each verdict as the summary says."""
    rows = pq.read_table(run / VERDICTS).to_pylist()
    counted = dict.fromkeys(document.summary.verdicts, 0)
    for row in rows:
        counted[row["verdict"]] += 1
    assert counted == document.summary.verdicts
    subjects = [(row["control_id"], row["arn"], row["region"]) for row in rows]
    assert len(subjects) == len(set(subjects))


def test_what_is_found_of_one_subject_passes_for_another(run: Path, document: AuditDocument) -> None:
    """Each control of the table shows both sides."""
    rows = pq.read_table(run / VERDICTS, columns=["control_id", "verdict"]).to_pylist()
    passed = {row["control_id"] for row in rows if row["verdict"] == "COMPLIANT"}
    found = {finding.control_id for finding in document.findings if finding.verdict == "NON_COMPLIANT"}
    assert found <= passed


@pytest.mark.long
def test_the_same_evidence_gives_the_same_bytes(run: Path, document: AuditDocument) -> None:
    """Judged again in process: the same `verdicts.parquet`, and a document that names another engine."""
    verdicts = (run / VERDICTS).read_bytes()
    again = audit.evaluate_run(run, judging(run), silent)
    assert (run / VERDICTS).read_bytes() == verdicts
    assert but_for_the_engine(document) == but_for_the_engine(again)
