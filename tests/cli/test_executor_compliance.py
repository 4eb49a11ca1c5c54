"""Compliance reports of the executor: what the runs of an auditor say of a framework's controls."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from moto import mock_aws

from auditor.cli.executor_compliance import compliance_of
from auditor.cli.executor_service import ServiceOptions, open_service
from auditor.executor.engine.report_files import Wanted, rows
from auditor.executor.operations import frameworks
from auditor.executor.scope import AccountRegion
from auditor.executor.service import ComplianceQuestion
from auditor.executor.times import to_ms
from auditor.model.errors import AuditorError
from tests.loopback.auditing import audit
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, AS_OF, HOME, VOLUME, attached, standing

pytestmark = pytest.mark.long

Rows = list[tuple[Any, ...]]
PROTECTED = "BACKUP_RESOURCES_PROTECTED_BY_BACKUP_PLAN"
ENCRYPTED = "BACKUP_RECOVERY_POINT_ENCRYPTED"
KEPT = "BACKUP_RECOVERY_POINT_MINIMUM_RETENTION_CHECK"
RECENT = "BACKUP_LAST_RECOVERY_POINT_CREATED"
RESTORED = "RESTORE_TIME_FOR_RESOURCES_MEET_TARGET"


def control(name: str, scope: Mapping[str, Any] | None = None, **parameters: str) -> dict[str, Any]:
    """A control as DescribeFramework gives it."""
    given = [{"ParameterName": key, "ParameterValue": value} for key, value in parameters.items()]
    return {"ControlName": name, "ControlInputParameters": given, "ControlScope": dict(scope or {})}


def asked(template: str, *controls: Mapping[str, Any]) -> ComplianceQuestion:
    """A question about one framework in one place."""
    framework = {"FrameworkName": "f", "FrameworkControls": controls}
    return ComplianceQuestion(template, ACCOUNT, HOME, "aws", (ACCOUNT,), (HOME,), (framework,), AS_OF)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run: of a volume that is backed up each night at 1 for 14 days, and of another.

    That one is attached to an instance that the plan selects, which does not count for it.
    """
    world = standing(keep=14, tags={"team": "sales"})
    world.volume("vol-10", Attachments=attached())
    world.selection(Resources=[world.instance()])
    world.point(AS_OF - timedelta(days=13), IsEncrypted=False)
    return audit(world, tmp_path_factory.mktemp("runs")).run.parent


def statuses(runs: Path, *controls: Mapping[str, Any]) -> Rows:
    """Status, and how many comply and do not, of each control in a framework of its own."""
    columns = ("controlComplianceStatus", "numResourcesCompliant", "numResourcesNonCompliant")
    return [
        tuple(row[column] for column in columns)
        for one in controls
        for row in compliance_of(runs)(asked("CONTROL_COMPLIANCE_REPORT", one))
    ]


VOLUMES = {"ComplianceResourceTypes": ["EBS"]}
SALES = VOLUMES | {"Tags": {"team": "sales"}}


def test_a_control_is_judged_by_its_own_parameters(runs: Path) -> None:
    """Whatever the audit's tiers demanded; what it did not read, as no tier asked for it, never passes."""
    hours = {"recoveryPointAgeUnit": "hours"}
    days = {"recoveryPointAgeUnit": "days", "recoveryPointAgeValue": "1"}
    nothing = ("INSUFFICIENT_DATA", 0, 0)
    said = [
        (control(PROTECTED), ("NON_COMPLIANT", 2, 1)),
        (control(PROTECTED, VOLUMES), ("NON_COMPLIANT", 1, 1)),
        (control(PROTECTED, SALES), ("COMPLIANT", 1, 0)),
        (control(PROTECTED, {"Tags": {"team": "sales"}}), ("COMPLIANT", 1, 0)),
        (control(PROTECTED, SALES | {"ComplianceResourceTypes": ["EBS", "EC2"]}), ("COMPLIANT", 1, 0)),
        (control(PROTECTED, SALES | {"ComplianceResourceTypes": ["EBS", "Timestream"]}), ("COMPLIANT", 1, 0)),
        (control(RECENT, SALES, recoveryPointAgeValue="23", **hours), ("COMPLIANT", 1, 0)),
        (control(RECENT, SALES, recoveryPointAgeValue="22", **hours), ("NON_COMPLIANT", 0, 1)),
        (control(RECENT, SALES, **days), ("COMPLIANT", 1, 0)),
        (control(RECENT, SALES), ("COMPLIANT", 1, 0)),
        (control(KEPT, requiredRetentionDays="14"), ("COMPLIANT", 15, 0)),
        (control(KEPT, requiredRetentionDays="15"), ("NON_COMPLIANT", 0, 15)),
        (control(KEPT), ("NON_COMPLIANT", 0, 15)),
        (control(ENCRYPTED), ("NON_COMPLIANT", 14, 1)),
        (control(ENCRYPTED, {"ComplianceResourceTypes": ["RDS"]}), nothing),
        (control(ENCRYPTED, {"Tags": {"team": "sales"}}), nothing),
        (control(PROTECTED, {"ComplianceResourceIds": ["vol-1"]}), ("COMPLIANT", 1, 0)),
        (control("BACKUP_RESOURCES_PROTECTED_BY_CROSS_REGION", SALES), ("NON_COMPLIANT", 0, 1)),
        (control(RESTORED, VOLUMES, maxRestoreTime="60"), nothing),
    ]

    assert statuses(runs, *(one for one, _ in said)) == [expected for _, expected in said]


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        (f"{VOLUME}-gone", "EBS"),
        (f"arn:aws:elasticfilesystem:{HOME}:{ACCOUNT}:file-system/fs-1", "EFS"),
    ],
)
def test_every_recovery_point_is_judged(tmp_path: Path, resource: str, kind: str) -> None:
    """Also where the resource is deleted, or of a type that an auditor does not list."""
    world = standing(keep=14)
    members: dict[str, Any] = {"ResourceType": kind, "IsEncrypted": False}
    world.point(AS_OF - timedelta(days=3), resource, keep=20, **members)
    runs = audit(world, tmp_path).run.parent
    kept = [control(KEPT, requiredRetentionDays=days) for days in ("14", "15")]

    assert statuses(runs, *kept, control(ENCRYPTED)) == [
        ("COMPLIANT", 15, 0),
        ("NON_COMPLIANT", 1, 14),
        ("NON_COMPLIANT", 14, 1),
    ]


@pytest.mark.parametrize(("kind", "status"), [("EBS", "COMPLIANT"), (None, "INSUFFICIENT_DATA")])
def test_a_recovery_point_of_a_type_that_was_not_told_may_be_of_the_scope(
    tmp_path: Path, kind: str | None, status: str
) -> None:
    """So a control of one type does not pass beside it."""
    world = standing(keep=14)
    world.point(AS_OF - timedelta(days=3), VOLUME, keep=14, ResourceType=kind)
    runs = audit(world, tmp_path).run.parent
    asked = {
        **control(KEPT, requiredRetentionDays="14"),
        "ControlScope": {"ComplianceResourceTypes": ["EBS"]},
    }

    ((found, *_),) = statuses(runs, asked)
    assert found == status


def test_selections_are_read_as_the_executor_reads_them(tmp_path: Path) -> None:
    """A resource without the tag meets StringNotEquals, whatever the audit was told to make of it."""
    world = standing(keep=14)
    unequal = [{"ConditionKey": "aws:ResourceTag/no", "ConditionValue": "1"}]
    world.volume("vol-10")
    world.selection(Resources=["*"], Conditions={"StringNotEquals": unequal})
    runs = audit(world, tmp_path, absent_tag="fails").run.parent

    assert statuses(runs, control(PROTECTED, VOLUMES)) == [("COMPLIANT", 2, 0)]


def test_resources_are_told_one_by_one(runs: Path) -> None:
    """Each control in its order; where nothing is judged there is a row without a resource."""
    nothing = control(ENCRYPTED, {"ComplianceResourceTypes": ["RDS"]})
    question = asked("RESOURCE_COMPLIANCE_REPORT", control(PROTECTED, VOLUMES), nothing)
    rows = list(compliance_of(runs)(replace(question, regions=(HOME, "us-east-1"))))
    columns = ("region", "controlName", "resourceId", "resourceType", "resourceComplianceStatus")

    unjudged = (None, None, "INSUFFICIENT_DATA")
    assert [tuple(row[column] for column in columns) for row in rows] == [
        (HOME, PROTECTED, "AWS::EC2::Volume/vol-1", "AWS::EC2::Volume", "COMPLIANT"),
        (HOME, PROTECTED, "AWS::EC2::Volume/vol-10", "AWS::EC2::Volume", "NON_COMPLIANT"),
        (HOME, ENCRYPTED, *unjudged),
        ("us-east-1", PROTECTED, *unjudged),
        ("us-east-1", ENCRYPTED, *unjudged),
    ]
    assert {(row["accountId"], row["frameworkName"], row["lastEvaluationTime"]) for row in rows} == {
        (ACCOUNT, "f", "2026-03-01T00:00:00Z")
    }


def test_the_time_of_restores_is_judged_where_the_run_has_them(tmp_path: Path) -> None:
    """The last one took an hour; AWS has no default, so without a time it stays open."""
    world = standing(keep=14)
    world.restore(AS_OF - timedelta(days=2))
    runs = audit(world, tmp_path, tier={"restore_test": {"max_age_days": 20}}).run.parent
    asked = [control(RESTORED, maxRestoreTime=minutes) for minutes in ("60", "59")]

    assert statuses(runs, *asked, control(RESTORED)) == [
        ("COMPLIANT", 1, 0),
        ("NON_COMPLIANT", 0, 1),
        ("INSUFFICIENT_DATA", 0, 0),
    ]


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("ListBackupSelections", PROTECTED),
        ("DescribeVolumes", PROTECTED),
        ("ListRecoveryPointsByBackupVault", ENCRYPTED),
    ],
)
def test_what_was_not_read_never_passes(tmp_path: Path, operation: str, name: str) -> None:
    """Neither the control nor a report on resources, which has a row for what is not known."""
    runs = audit(standing(), tmp_path, faults=[denied(operation)]).run.parent
    answer = compliance_of(runs)
    (row,) = answer(asked("CONTROL_COMPLIANCE_REPORT", control(name, VOLUMES)))
    told = {
        one["resourceComplianceStatus"]
        for one in answer(asked("RESOURCE_COMPLIANCE_REPORT", control(name, VOLUMES)))
    }

    assert (row["controlComplianceStatus"], told) == ("INSUFFICIENT_DATA", {"INSUFFICIENT_DATA"})


@pytest.mark.parametrize(
    ("later", "partition", "is_there"),
    [
        (timedelta(0), "aws", True),
        (timedelta(days=1, seconds=-1), "aws", True),
        (timedelta(days=1), "aws", False),
        (timedelta(seconds=-1), "aws", False),
        (timedelta(0), "aws-cn", False),
    ],
)
def test_a_run_counts_for_its_day(runs: Path, later: timedelta, partition: str, *, is_there: bool) -> None:
    """A report is of the newest run of its day and partition; without one it fails in words."""
    question = replace(
        asked("CONTROL_COMPLIANCE_REPORT", control(PROTECTED)), as_of=AS_OF + later, partition=partition
    )
    if is_there:
        assert len(list(compliance_of(runs)(question))) == 1
    else:
        with pytest.raises(
            AuditorError, match=r"has no run of the day before .* let `auditor audit` make one there"
        ):
            list(compliance_of(runs)(question))


@pytest.mark.parametrize(
    ("content", "said"),
    [("{}", "is not a manifest of a run"), ('{"version": 1}', "is of version 1 and this release reads")],
)
def test_a_run_that_cannot_be_read_is_named_where_no_other_is_there(
    runs: Path, tmp_path: Path, content: str, said: str
) -> None:
    """It may be what an auditor found; beside one that can be read it is passed over."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(AuditorError, match=rf"run/manifest\.json {said}"):
        list(compliance_of(tmp_path)(asked("CONTROL_COMPLIANCE_REPORT")))

    (name,) = (one for one in runs.iterdir() if not one.is_symlink())
    copytree(name, tmp_path / name.name)
    assert statuses(tmp_path, control(ENCRYPTED)) == [("NON_COMPLIANT", 14, 1)]


@pytest.mark.parametrize("given", [False, True])
def test_serve_and_run_hand_it_in(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, given: bool
) -> None:
    """Where `--runs` names a folder: both open the service in one place."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    options = ServiceOptions(
        database=str(tmp_path / "executor.db"),
        role_name="AuditorExecutor",
        external_id=None,
        mount=(),
        storage_gateway=False,
        accept_edits=False,
        runs=runs if given else None,
    )
    with mock_aws(), open_service(lambda _: None, None, **options) as (service, _):
        wanted = Wanted("CONTROL_COMPLIANCE_REPORT", (ACCOUNT,), (HOME,), (), 0, to_ms(AS_OF))
        scope = AccountRegion(ACCOUNT, HOME, "aws")
        framework = {"FrameworkName": "f", "FrameworkControls": [{"ControlName": PROTECTED}]}
        frameworks.create_framework(service, scope, framework)
        described = frameworks.describe_framework(service, scope, {"FrameworkName": "f"})
        assert described["DeploymentStatus"] == ("COMPLETED" if given else "FAILED")
        if given:
            (row,) = rows(service, scope, wanted)
            assert (row["controlName"], row["controlComplianceStatus"]) == (PROTECTED, "NON_COMPLIANT")
