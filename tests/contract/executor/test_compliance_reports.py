"""A framework that a client declares, judged by an auditor: its report in the plan's bucket."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.cli.executor_compliance import compliance_of
from tests.contract.executor.world import World
from tests.loopback.auditing import Judgement, audit
from tests.loopback.standing import ACCOUNT, AS_OF, HOME, standing

KEPT, ENCRYPTED = "BACKUP_RECOVERY_POINT_MINIMUM_RETENTION_CHECK", "BACKUP_RECOVERY_POINT_ENCRYPTED"

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """An audit of a volume with one recovery point of 14 days that is not encrypted."""
    world = standing(keep=14, backups=[])
    world.point(AS_OF - timedelta(days=3), keep=14, IsEncrypted=False)
    return audit(world, tmp_path_factory.mktemp("runs"))


def reported(world: World, backup: Any, template: str, framework: str) -> tuple[Rows, Rows]:
    """The rows of a new report on a framework, from the CSV and the JSON that the job left."""
    name = template.lower()
    channel = {"S3BucketName": "reports", "Formats": ["CSV", "JSON"]}
    setting = {"ReportTemplate": template, "FrameworkArns": [framework]}
    backup.create_report_plan(ReportPlanName=name, ReportDeliveryChannel=channel, ReportSetting=setting)
    job_id = backup.start_report_job(ReportPlanName=name)["ReportJobId"]
    world.run(datetime.now(UTC) + timedelta(hours=1))
    job = backup.describe_report_job(ReportJobId=job_id)["ReportJob"]
    assert job["Status"] == "COMPLETED", job
    bucket = world.moto_client("s3", HOME)
    table, document = (
        bucket.get_object(Bucket="reports", Key=key)["Body"].read().decode()
        for key in job["ReportDestination"]["S3Keys"]
    )
    return list(csv.DictReader(io.StringIO(table))), json.loads(document)["reportItems"]


@pytest.mark.long
def test_a_stored_framework_is_judged_into_the_bucket(run: Judgement, world: World) -> None:
    """By the parameters of CreateFramework, in an account that has nothing else in the service."""
    world.service.compliance = compliance_of(run.run.parent)
    (made_point,) = {arn for _, arn in run.verdicts if ":snapshot/" in arn}
    backup = world.backup(HOME, account=ACCOUNT)
    where = {"LocationConstraint": HOME}
    world.moto_client("s3", HOME).create_bucket(Bucket="reports", CreateBucketConfiguration=where)
    world.run(AS_OF + timedelta(hours=6))
    days = [{"ParameterName": "requiredRetentionDays", "ParameterValue": "14"}]
    kept = {"ControlName": KEPT, "ControlInputParameters": days}
    made = backup.create_framework(FrameworkName="Ours", FrameworkControls=[kept, {"ControlName": ENCRYPTED}])
    assert backup.describe_framework(FrameworkName="Ours")["DeploymentStatus"] == "COMPLETED"

    columns = ("accountId", "region", "frameworkName", "controlName")
    kept_well, bad = (ACCOUNT, HOME, "Ours", KEPT), (ACCOUNT, HOME, "Ours", ENCRYPTED)
    point = f"AWS::Backup::RecoveryPoint/{made_point}"
    for template, status, more, expected in [
        (
            "CONTROL_COMPLIANCE_REPORT",
            "controlComplianceStatus",
            "controlParameters",
            [(*kept_well, "COMPLIANT", '{"requiredRetentionDays":"14"}'), (*bad, "NON_COMPLIANT", "")],
        ),
        (
            "RESOURCE_COMPLIANCE_REPORT",
            "resourceComplianceStatus",
            "resourceId",
            [(*kept_well, "COMPLIANT", point), (*bad, "NON_COMPLIANT", point)],
        ),
    ]:
        table, document = reported(world, backup, template, made["FrameworkArn"])
        assert [tuple(row[name] for name in (*columns, status, more)) for row in table] == expected
        assert [tuple(row[name] or "" for name in (*columns, status, more)) for row in document] == expected
