"""An audit for AWS Backup Audit Manager: its verdicts, and its compliance reports from both sides."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.executor_compliance import compliance_of
from auditor.executor.engine.report_files import as_csv
from auditor.executor.engine.report_rows import COLUMNS
from auditor.executor.service import ComplianceQuestion
from tests.loopback.auditing import Judgement, audit, command
from tests.loopback.faults import Fault, denied
from tests.loopback.standing import ACCOUNT, AS_OF, AWAY, HOME, VOLUME, World, standing

FRAMEWORK: Mapping[str, Any] = {
    "FrameworkName": "Ours",
    "FrameworkDescription": "=what we ask",
    "FrameworkArn": f"arn:aws:backup:{HOME}:{ACCOUNT}:framework:Ours-1",
    "FrameworkControls": [
        {
            "ControlName": "BACKUP_LAST_RECOVERY_POINT_CREATED",
            "ControlInputParameters": [
                {"ParameterName": "recoveryPointAgeUnit", "ParameterValue": "hours"},
                {"ParameterName": "recoveryPointAgeValue", "ParameterValue": "22"},
            ],
            "ControlScope": {"ComplianceResourceTypes": ["EBS"]},
        },
        {"ControlName": "BACKUP_RECOVERY_POINT_ENCRYPTED", "ControlInputParameters": []},
    ],
    "CreationTime": "2026-01-01T00:00:00+00:00",
    "DeploymentStatus": "COMPLETED",
    "FrameworkStatus": "ACTIVE",
}
RECENT, ENCRYPTED = (one["ControlName"] for one in FRAMEWORK["FrameworkControls"])
RESTORED = "RESTORE_TIME_FOR_RESOURCES_MEET_TARGET"
TEMPLATES = ("CONTROL_COMPLIANCE_REPORT", "RESOURCE_COMPLIANCE_REPORT")


def world() -> World:
    """A volume with three good nights, of whose recovery points one is not encrypted."""
    found = standing(backups=[AS_OF - timedelta(days=day, hours=-1) for day in (1, 2)])
    found.point(AS_OF - timedelta(days=3), IsEncrypted=False)
    return found


def judged(tmp_path: Path, **settings: Any) -> Judgement:
    """An audit for the framework of that service."""
    asked = tmp_path / "framework.json"
    asked.write_text(json.dumps(FRAMEWORK), encoding="utf-8")
    chosen = {"framework": "aws-backup-audit-manager", "audit_manager": str(asked), **settings}
    return audit(world(), tmp_path, formats=["json", "audit-manager"], **chosen)


@pytest.mark.long
def test_reports_of_both_sides(tmp_path: Path) -> None:
    """Only its controls are asked; the command and StartReportJob write the same rows with AWS's columns."""
    found = judged(tmp_path)
    points = sorted(arn for control, arn in found.verdicts if control == ENCRYPTED)
    question = ComplianceQuestion(
        TEMPLATES[0], ACCOUNT, HOME, "aws", (ACCOUNT,), (HOME, AWAY), (FRAMEWORK,), AS_OF
    )

    assert {control for control, _ in found.verdicts} == {RECENT, ENCRYPTED}
    assert found.verdict(RECENT, VOLUME) == "NON_COMPLIANT"
    assert [one["audited_for"] for one in found.document["frameworks"]] == [True]
    for template in TEMPLATES:
        name = template.lower()
        told = list(compliance_of(found.run.parent)(replace(question, template=template)))
        written = json.loads((found.run / f"{name}.json").read_text(encoding="utf-8"))["reportItems"]
        assert [tuple(row) for row in written] == [COLUMNS[template]] * len(written)
        assert written == [{column: row[column] for column in COLUMNS[template]} for row in told]
        text = (found.run / f"{name}.csv").read_bytes()
        assert text == as_csv(COLUMNS[template], told)
    assert [row["resourceId"] for row in written] == [
        "AWS::EC2::Volume/vol-1",
        *(f"AWS::Backup::RecoveryPoint/{point}" for point in points),
        None,
        None,
    ]


def test_a_control_report_in_full(tmp_path: Path) -> None:
    """Status, counts, scope and parameters of each control in each place; what has nothing does not pass."""
    found = judged(tmp_path)
    with (found.run / "control_compliance_report.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    about = {"accountId": ACCOUNT, "frameworkName": "Ours", "frameworkDescription": "'=what we ask",
             "lastEvaluationTime": "2026-03-01T00:00:00Z"}  # fmt: skip
    recent = {
        "controlName": RECENT,
        "controlFrequency": "TwentyFour_Hours",
        "controlScope": '{"ComplianceResourceTypes":["EBS"]}',
        "controlParameters": '{"recoveryPointAgeUnit":"hours","recoveryPointAgeValue":"22"}',
    }
    encrypted = {
        "controlName": ENCRYPTED,
        "controlFrequency": "",
        "controlScope": "",
        "controlParameters": "",
    }

    def counted(status: str, good: int, bad: int) -> dict[str, str]:
        numbers = {"numResourcesCompliant": str(good), "numResourcesNonCompliant": str(bad)}
        return {"controlComplianceStatus": status, **numbers}

    assert rows == [
        about | recent | counted("NON_COMPLIANT", 0, 1) | {"region": HOME},
        about | encrypted | counted("NON_COMPLIANT", 2, 1) | {"region": HOME},
        about | recent | counted("INSUFFICIENT_DATA", 0, 0) | {"region": AWAY},
        about | encrypted | counted("INSUFFICIENT_DATA", 0, 0) | {"region": AWAY},
    ]


@pytest.mark.long
@pytest.mark.parametrize(
    ("minutes", "faults", "status"),
    [
        ("60", [], "COMPLIANT"),
        ("59", [], "NON_COMPLIANT"),
        ("60", [denied("ListRestoreJobs")], "INSUFFICIENT_DATA"),
        ("59", [denied("ListRestoreJobs", region=HOME)], "INSUFFICIENT_DATA"),
        ("59", [denied("ListRestoreJobs", region=AWAY)], "NON_COMPLIANT"),
    ],
)
def test_restores_that_were_refused_leave_their_time_open(
    tmp_path: Path, minutes: str, faults: Sequence[Fault], status: str
) -> None:
    """In the verdicts and both reports; a gap names the call, and no tier has to ask for restores."""
    found_world = world()
    found_world.restore(AS_OF - timedelta(days=2))
    parameter = {"ParameterName": "maxRestoreTime", "ParameterValue": minutes}
    asked = {"ControlName": RESTORED, "ControlInputParameters": [parameter]}
    file = tmp_path / "framework.json"
    file.write_text(json.dumps({"FrameworkName": "f", "FrameworkControls": [asked]}), encoding="utf-8")
    found = audit(
        found_world,
        tmp_path,
        faults=faults,
        formats=["json", "audit-manager"],
        framework="aws-backup-audit-manager",
        audit_manager=str(file),
    )
    told = {
        (name, row[column])
        for name, column in zip(
            TEMPLATES, ("controlComplianceStatus", "resourceComplianceStatus"), strict=True
        )
        for row in json.loads((found.run / f"{name.lower()}.json").read_bytes())["reportItems"]
        if row["region"] == HOME
    }

    assert (found.verdict(RESTORED, VOLUME), told) == (status, {(name, status) for name in TEMPLATES})
    assert {gap["operation"] for gap in found.gaps} == ({"ListRestoreJobs"} if faults else set())


@pytest.mark.long
def test_an_audit_for_all_has_no_such_reports(tmp_path: Path) -> None:
    """Judged again without the framework, the run forgets them, and the format says what to do."""
    found = judged(tmp_path)
    code, output, _ = command(world(), "evaluate", str(found.run))
    assert code in (3, 4), output
    assert not (found.run / "control_compliance.parquet").exists()
    _, output, _ = command(world(), "report", str(found.run), "--formats", "audit-manager")

    assert "judge the run with `--framework aws-backup-audit-manager` first" in " ".join(output.split())


@pytest.mark.parametrize(
    ("content", "framework", "said"),
    [
        ("{}", "aws-backup-audit-manager", "FrameworkName is a letter and up to 255 letters"),
        ("[]", "aws-backup-audit-manager", "it is no framework; write what CreateFramework takes"),
        (json.dumps(FRAMEWORK), "dora", "add `--framework aws-backup-audit-manager`"),
        (
            json.dumps({**FRAMEWORK, "FrameworkControls": [{"ControlName": "X"}]}),
            "aws-backup-audit-manager",
            "'X' is not a control of AWS Backup Audit Manager",
        ),
    ],
)
def test_what_is_no_framework_is_refused(tmp_path: Path, content: str, framework: str, said: str) -> None:
    """With one sentence, before anything is read."""
    file = tmp_path / "framework.json"
    file.write_text(content, encoding="utf-8")
    code, output, calls = command(
        world(), "audit", "--framework", framework, "--audit-manager", str(file), "--out", str(tmp_path)
    )

    assert (code, [call for call in calls if call.operation.startswith("List")]) == (2, [])
    assert said in " ".join(output.split())
