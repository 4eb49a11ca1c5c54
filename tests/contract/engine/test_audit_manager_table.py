"""The demo's evidence, judged as AWS Backup Audit Manager judges: a finding and a pass of each control."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from auditor import audit
from auditor.evidence.store import Evidence
from auditor.judge.sinks import VERDICTS
from auditor.model.audit_manager import FRAMEWORK
from auditor.model.settings import Settings, silent
from auditor.sandbox.organization import SampleOrganization, sample_folder
from tests.demo import JUDGED_BY, Demo

ROWS: list[dict[str, str]] = yaml.safe_load((sample_folder() / "audit-manager.yaml").read_text())


def judged(run: Path) -> dict[tuple[str, str, str, str], set[tuple[str, str]]]:
    """Verdicts and codes by control, account, Region and name; a recovery point has that of its resource."""
    evidence = Evidence.open(run)
    names: dict[str, str] = {}
    for place in evidence.partitions():
        resources = evidence.read("resources", *place, ["arn", "name"]).to_pylist()
        by_arn = {row["arn"]: row["name"] for row in resources}
        points = evidence.read("recovery_points", *place, ["arn", "resource_arn"]).to_pylist()
        names |= {row["arn"]: by_arn.get(row["resource_arn"], "") for row in points}
    columns = ["control_id", "account_name", "region", "name", "arn", "verdict", "code"]
    found: dict[tuple[str, str, str, str], set[tuple[str, str]]] = {}
    for row in pq.read_table(run / VERDICTS, columns=columns).to_pylist():
        name = row["name"] or names.get(row["arn"], "")
        key = (row["control_id"], row["account_name"], row["region"], name)
        found.setdefault(key, set()).add((row["verdict"], row["code"]))
    return found


@pytest.mark.long
def test_each_control_of_audit_manager_has_its_finding_and_its_pass(
    shared_demo: Demo, tmp_path: Path
) -> None:
    """As examples/organization/audit-manager.yaml says, from the evidence of the one demo."""
    run = shared_demo.copied(tmp_path).run
    sample = SampleOrganization.load()
    settings = Settings(
        datetime.now(UTC),
        framework=FRAMEWORK,
        policies=run / JUDGED_BY["policies"],
        audit_manager=sample_folder() / "framework.yaml",
    )
    audit.evaluate_run(run, settings, silent)

    found = judged(run)

    def said(row: dict[str, Any], name: str) -> set[tuple[str, str]]:
        return found[row["control"], row["account"], sample.region("aws", row["region"]), name]

    assert [(said(row, row["finding"]), said(row, row["pass"])) for row in ROWS] == [
        ({("NON_COMPLIANT", row["code"])}, {("COMPLIANT", "")}) for row in ROWS
    ]
