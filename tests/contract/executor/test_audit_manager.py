"""Frameworks and report plans as clients declare them (aws-backup.md 2.2-2.4)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.model.audit_controls import CONTROLS
from tests.contract.executor.world import World

ACCOUNT = "123456789012"
START = datetime(2026, 1, 5, tzinfo=UTC)
ENCRYPTED = {"ControlName": "BACKUP_RECOVERY_POINT_ENCRYPTED"}
RETAINED = {
    "ControlName": "BACKUP_RECOVERY_POINT_MINIMUM_RETENTION_CHECK",
    "ControlInputParameters": [{"ParameterName": "requiredRetentionDays", "ParameterValue": "35"}],
    "ControlScope": {"Tags": {"tier": "gold"}},
}
PLAN: dict[str, Any] = {
    "ReportPlanName": "daily",
    "ReportDeliveryChannel": {"S3BucketName": "reports", "Formats": ["CSV", "JSON"]},
    "ReportSetting": {"ReportTemplate": "BACKUP_JOB_REPORT"},
}


def answer(response: dict[str, Any]) -> dict[str, Any]:
    """A response without its metadata."""
    return {key: value for key, value in response.items() if key != "ResponseMetadata"}


def test_a_framework(world: World) -> None:
    """Created, described, listed, changed, tagged, deleted; nobody evaluates it here, and that is said."""
    backup = world.backup()
    made = backup.create_framework(
        FrameworkName="f1",
        FrameworkDescription="what",
        FrameworkControls=[ENCRYPTED, RETAINED],
        FrameworkTags={"a": "b"},
        IdempotencyToken="once",
    )
    arn = made["FrameworkArn"]
    common = {
        "FrameworkName": "f1",
        "FrameworkArn": arn,
        "FrameworkDescription": "what",
        "CreationTime": START,
        "DeploymentStatus": "FAILED",
    }
    more = {"FrameworkStatus": "UNAVAILABLE", "IdempotencyToken": "once"}
    described = common | more | {"FrameworkControls": [ENCRYPTED, RETAINED]}
    assert answer(backup.describe_framework(FrameworkName="f1")) == described
    assert backup.list_frameworks()["Frameworks"] == [common | {"NumberOfControls": 2}]
    assert backup.list_tags(ResourceArn=arn)["Tags"] == {"a": "b"}
    backup.update_framework(FrameworkName="f1", FrameworkControls=[ENCRYPTED])
    found = answer(backup.describe_framework(FrameworkName="f1"))
    assert found == described | {"FrameworkControls": [ENCRYPTED]}
    backup.delete_framework(FrameworkName="f1")
    assert backup.list_frameworks()["Frameworks"] == []
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.describe_framework(FrameworkName="f1")


@pytest.mark.long
def test_frameworks_that_are_refused(world: World) -> None:
    """Unknown controls, two tags, the same name or controls again, too many."""
    backup = world.backup()
    two = RETAINED | {"ControlScope": {"Tags": {"a": "1", "b": "2"}}}
    resources = ENCRYPTED | {"ControlScope": {"ComplianceResourceIds": ["a", "b"]}}
    types = ENCRYPTED | {"ControlScope": {"ComplianceResourceTypes": ["EBS", "NOTHING"]}}
    for controls in ([], [{"ControlName": "NONE"}], [two], [resources], [types]):
        with pytest.raises(backup.exceptions.InvalidParameterValueException):
            backup.create_framework(FrameworkName="f", FrameworkControls=controls)
    backup.create_framework(FrameworkName="f", FrameworkControls=[ENCRYPTED])
    for name in ("f", "g"):
        with pytest.raises(backup.exceptions.AlreadyExistsException):
            backup.create_framework(FrameworkName=name, FrameworkControls=[ENCRYPTED])
    names = sorted(CONTROLS.keys() - {"RESTORE_TIME_FOR_RESOURCES_MEET_TARGET"})
    others = [{"ControlName": name} for name in names]
    for left_out in range(5):
        of = [one for number, one in enumerate(others) if number != left_out]
        backup.create_framework(FrameworkName=f"g{left_out}", FrameworkControls=of)
    backup.create_framework(FrameworkName="g5", FrameworkControls=others[:4])
    with pytest.raises(backup.exceptions.LimitExceededException):
        backup.create_framework(FrameworkName="h", FrameworkControls=[RETAINED])
    with pytest.raises(backup.exceptions.LimitExceededException):
        backup.update_framework(FrameworkName="f", FrameworkControls=[ENCRYPTED, RETAINED])
    assert [f["FrameworkName"] for f in backup.list_frameworks()["Frameworks"]] == [
        "f",
        *(f"g{number}" for number in range(6)),
    ]


def test_a_report_plan(world: World) -> None:
    """Created, described, listed, changed, deleted."""
    backup = world.backup()
    arn = backup.create_report_plan(**PLAN)["ReportPlanArn"]
    expected = PLAN | {"ReportPlanArn": arn, "CreationTime": START, "DeploymentStatus": "COMPLETED"}
    assert backup.describe_report_plan(ReportPlanName="daily")["ReportPlan"] == expected
    assert backup.list_report_plans()["ReportPlans"] == [expected]
    backup.update_report_plan(ReportPlanName="daily", ReportPlanDescription="new")
    found = backup.describe_report_plan(ReportPlanName="daily")["ReportPlan"]
    assert found == expected | {"ReportPlanDescription": "new"}
    with pytest.raises(backup.exceptions.AlreadyExistsException):
        backup.create_report_plan(**PLAN)
    backup.delete_report_plan(ReportPlanName="daily")
    assert backup.list_report_plans()["ReportPlans"] == []


@pytest.mark.parametrize(
    ("channel", "setting"),
    [
        ({"S3BucketName": "No_Bucket"}, {}),
        ({"Formats": ["PDF"]}, {}),
        ({}, {"ReportTemplate": "BOGUS"}),
        ({}, {"Regions": ["*"]}),
        ({}, {"Accounts": ["1", "2"]}),
        ({}, {"FrameworkArns": ["arn:aws:backup:eu-west-1:1:framework:f"]}),
    ],
)
def test_report_plans_that_are_refused(
    world: World, channel: dict[str, Any], setting: dict[str, Any]
) -> None:
    """Formats, templates, and what only CSV can do."""
    plan = PLAN | {
        "ReportDeliveryChannel": PLAN["ReportDeliveryChannel"] | channel,
        "ReportSetting": PLAN["ReportSetting"] | setting,
    }
    with pytest.raises(world.backup().exceptions.InvalidParameterValueException):
        world.backup().create_report_plan(**plan)
    assert world.backup().list_report_plans()["ReportPlans"] == []


def test_a_framework_report_names_frameworks(world: World) -> None:
    """Compliance reports may; several Regions as CSV."""
    setting = {
        "ReportTemplate": "CONTROL_COMPLIANCE_REPORT",
        "FrameworkArns": ["arn:aws:backup:eu-west-1:1:framework:f"],
        "Regions": ["*"],
    }
    plan = PLAN | {"ReportSetting": setting, "ReportDeliveryChannel": {"S3BucketName": "reports"}}
    world.backup().create_report_plan(**plan)
    assert (
        world.backup().describe_report_plan(ReportPlanName="daily")["ReportPlan"]["ReportSetting"] == setting
    )


@pytest.mark.parametrize(
    ("control", "name", "good", "bad"),
    [
        ("BACKUP_RECOVERY_POINT_MINIMUM_RETENTION_CHECK", "requiredRetentionDays", "36500", "36501"),
        ("BACKUP_RECOVERY_POINT_MINIMUM_RETENTION_CHECK", "requiredRetentionDays", "1", "0"),
        ("BACKUP_PLAN_MIN_FREQUENCY_AND_MIN_RETENTION_CHECK", "requiredFrequencyUnit", "hours", "weeks"),
        ("BACKUP_RESOURCES_PROTECTED_BY_CROSS_ACCOUNT", "crossAccountList", f"{ACCOUNT},{ACCOUNT}", "prod"),
        ("BACKUP_RESOURCES_PROTECTED_BY_CROSS_REGION", "crossRegionList", "eu-west-1, us-gov-east-1", "*"),
        ("BACKUP_LAST_RECOVERY_POINT_CREATED", "recoveryPointAgeValue", "31", "32"),
        ("RESTORE_TIME_FOR_RESOURCES_MEET_TARGET", "maxRestoreTime", "60", "-1"),
    ],
)
def test_parameters_of_controls(world: World, control: str, name: str, good: str, bad: str) -> None:
    """A control takes its own parameters with values that make sense; others are refused, never kept."""
    backup = world.backup()

    def create(*parameters: tuple[str, str]) -> None:
        given = [{"ParameterName": name, "ParameterValue": value} for name, value in parameters]
        controls = [{"ControlName": control, "ControlInputParameters": given}]
        backup.create_framework(FrameworkName="f", FrameworkControls=controls)

    for refused in ([(name, bad)], [("nope", good)], [(name, good), (name, good)]):
        with pytest.raises(backup.exceptions.InvalidParameterValueException):
            create(*refused)
    create((name, good))
    assert len(backup.list_frameworks()["Frameworks"]) == 1


def test_a_framework_with_an_auditor_is_deployed(world: World) -> None:
    """Where whoever started the service has handed in what evaluates frameworks, they are COMPLETED."""
    backup = world.backup()
    backup.create_framework(FrameworkName="f", FrameworkControls=[ENCRYPTED])

    def state() -> str:
        return str(backup.describe_framework(FrameworkName="f")["DeploymentStatus"])

    assert state() == "FAILED"
    world.service.compliance = lambda _question: []
    assert state() == "COMPLETED"
