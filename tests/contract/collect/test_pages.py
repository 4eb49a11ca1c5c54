"""What the AWS Backup API says becomes rows, page after page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from tests.contract.collect.conftest import Cloud

HERE = ("123456789012", "eu-west-1")
VAULT = "arn:aws:backup:eu-west-1:123456789012:backup-vault:gold"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
START = datetime(2026, 1, 2, tzinfo=UTC)


def at(days: float) -> datetime:
    """A moment, in days after the period's start."""
    return START + timedelta(days=days)


def point(number: int, **more: Any) -> dict[str, Any]:
    """A recovery point as ListRecoveryPointsByBackupVault writes it, with members that are not kept."""
    return {
        "RecoveryPointArn": f"arn:aws:ec2:eu-west-1::snapshot/snap-{number}",
        "BackupVaultName": "gold",
        "BackupVaultArn": VAULT,
        "ResourceArn": "arn:aws:ec2:eu-west-1:123456789012:volume/vol-1",
        "ResourceType": "EBS",
        "CreatedBy": {"BackupPlanId": "plan", "BackupRuleId": "rule", "BackupRuleName": "nightly"},
        "Status": "COMPLETED",
        "CreationDate": at(number).timestamp() + 0.123,
        "CompletionDate": at(number + 0.5).timestamp(),
        "BackupSizeInBytes": 1 << 40,
        "CalculatedLifecycle": {"DeleteAt": at(number + 35).timestamp()},
        "Lifecycle": {"DeleteAfterDays": 35},
        "EncryptionKeyArn": KEY,
        "IsEncrypted": True,
        "EncryptionKeyType": "CUSTOMER_MANAGED_KMS_KEY",
        **more,
    }


def point_row(number: int, **more: Any) -> dict[str, Any]:
    """The row of `point(number)`."""
    return {
        "arn": f"arn:aws:ec2:eu-west-1::snapshot/snap-{number}",
        "vault_arn": VAULT,
        "resource_arn": "arn:aws:ec2:eu-west-1:123456789012:volume/vol-1",
        "resource_type": "EBS",
        "status": "COMPLETED",
        "created_at": at(number) + timedelta(milliseconds=123),
        "completed_at": at(number + 0.5),
        "delete_after_days": 35,
        "delete_after_event": None,
        "delete_at": at(number + 35),
        "move_to_cold_at": None,
        "encrypted": True,
        "encryption_key_arn": KEY,
        "encryption_key_type": "CUSTOMER_MANAGED_KMS_KEY",
        "source_vault_arn": None,
        "plan_id": "plan",
        "rule_id": "rule",
        "size_bytes": 1 << 40,
        "is_parent": None,
        "parent_arn": None,
        "scanned_at": None,
        "scan_failed": None,
        "scan_findings": None,
        **more,
    }


@pytest.fixture
def vault(cloud: Cloud) -> Any:
    """A cloud with one locked vault."""
    cloud.backup.answers[*HERE, "ListBackupVaults"] = [
        {
            "BackupVaultName": "gold",
            "BackupVaultArn": VAULT,
            "CreationDate": at(-400).timestamp(),
            "Locked": True,
            "MinRetentionDays": 7,
            "LockDate": at(-300).timestamp(),
        }
    ]
    return cloud


def test_recovery_points_of_three_pages_are_kept_in_order(vault: Any) -> None:
    """Six points in pages of two are six rows, with null where AWS says nothing and for "never"."""
    points = [
        point(0),
        point(1, Lifecycle={"DeleteAfterDays": -1}, CalculatedLifecycle={}),
        point(2, CreatedBy=None, IsParent=True),
        point(3, Lifecycle=None, CompletionDate=None),
        point(4, IsEncrypted=False, EncryptionKeyArn=None),
        point(5, Lifecycle={"DeleteAfterDays": 35, "DeleteAfterEvent": "DELETE_AFTER_COPY"}),
    ]
    vault.backup.answers[*HERE, "ListRecoveryPointsByBackupVault"] = points
    vault.backup.page_size = 2

    _, evidence = vault.collect()

    assert evidence.read("recovery_points", *HERE).to_pylist() == [
        point_row(0),
        point_row(1, delete_after_days=None, delete_at=None),
        point_row(2, plan_id=None, rule_id=None, is_parent=True),
        point_row(3, delete_after_days=None, completed_at=None),
        point_row(4, encrypted=False, encryption_key_arn=None),
        point_row(5, delete_after_event="DELETE_AFTER_COPY"),
    ]


def test_calls_grow_with_pages_and_each_is_counted(vault: Any) -> None:
    """2,001 points are three calls of 1,000; the table of calls agrees with what the service saw."""
    vault.backup.answers[*HERE, "ListRecoveryPointsByBackupVault"] = [
        point(0) | {"BackupSizeInBytes": size} for size in range(2001)
    ]
    _, evidence = vault.collect()
    assert evidence.read("recovery_points", *HERE).num_rows == 2001

    counted = {
        row["operation"]: row["calls"]
        for row in evidence.read("calls").to_pylist()
        if row["service"] == "backup"
    }
    seen = [operation for *_, operation in vault.backup.log]
    assert counted == {operation: seen.count(operation) for operation in set(seen)}
    assert counted["ListRecoveryPointsByBackupVault"] == 3


def test_a_vault_has_its_lock(vault: Any) -> None:
    """The lock date tells a compliance lock."""
    _, evidence = vault.collect()
    assert evidence.read("backup_vaults", *HERE).to_pylist() == [
        {
            "arn": VAULT,
            "name": "gold",
            "vault_type": None,
            "created_at": at(-400),
            "encryption_key_arn": None,
            "encryption_key_type": None,
            "locked": True,
            "min_retention_days": 7,
            "max_retention_days": None,
            "lock_date": at(-300),
        }
    ]


def test_kms_is_asked_once_for_each_key(vault: Any) -> None:
    """A key of KMS has its manager, one that KMS does not know has none, and neither is a gap."""
    known = vault.client("kms").create_key()["KeyMetadata"]["Arn"]
    vault.backup.answers[*HERE, "ListRecoveryPointsByBackupVault"] = [
        point(0, EncryptionKeyArn=known),
        point(1, EncryptionKeyArn=known),
        point(2),
    ]
    collected, evidence = vault.collect()
    rows = {row["arn"]: row["key_manager"] for row in evidence.read("keys", *HERE).to_pylist()}
    assert (collected.gaps, rows) == ((), {known: "CUSTOMER", KEY: None})


def test_what_scans_found_is_read_with_the_recovery_points(vault: Cloud) -> None:
    """One that was not scanned says nothing of it."""
    clean = {"FailedScan": False, "Findings": [], "LastComputed": at(3).timestamp()}
    vault.backup.answers[*HERE, "ListRecoveryPointsByBackupVault"] = [
        point(0, AggregatedScanResult=clean),
        point(1, AggregatedScanResult={**clean, "Findings": ["MALWARE"]}),
        point(2),
    ]
    collected, evidence = vault.collect()
    columns = ["scan_failed", "scan_findings", "scanned_at"]
    rows = [[*row.values()] for row in evidence.read("recovery_points", *HERE, columns).to_pylist()]
    assert rows == [[False, [], at(3)], [False, ["MALWARE"], at(3)], [None, None, None]]
    assert collected.gaps == ()


def job(name: str, key: str = "BackupJobId", **more: Any) -> dict[str, Any]:
    """What every job has."""
    return {
        key: name,
        "ResourceArn": "arn:r",
        "State": "COMPLETED",
        "CreationDate": at(1).timestamp(),
        **more,
    }


def test_the_retention_that_a_job_was_asked_for_is_kept(cloud: Cloud) -> None:
    """AWS's -1 is "for ever" and stays; what AWS leaves out is not known."""
    cloud.backup.answers[*HERE, "ListBackupJobs"] = [
        job("days", RecoveryPointLifecycle={"DeleteAfterDays": 14}),
        job("ever", RecoveryPointLifecycle={"DeleteAfterDays": -1}),
        job("empty", RecoveryPointLifecycle={}),
        job("absent"),
    ]
    _, evidence = cloud.collect()
    rows = evidence.read("backup_jobs", *HERE, ["job_id", "delete_after_days"]).to_pylist()
    assert {row["job_id"]: row["delete_after_days"] for row in rows} == {
        "days": 14,
        "ever": -1,
        "empty": None,
        "absent": None,
    }


def test_a_copy_names_the_backup_job_that_started_it(cloud: Cloud) -> None:
    """A copy on demand was started by none."""
    cloud.backup.answers[*HERE, "ListCopyJobs"] = [
        job("planned", "CopyJobId", CreatedByBackupJobId="job-1"),
        job("on demand", "CopyJobId"),
    ]
    _, evidence = cloud.collect()
    rows = evidence.read("copy_jobs", *HERE, ["job_id", "created_by_backup_job_id"]).to_pylist()
    assert {row["job_id"]: row["created_by_backup_job_id"] for row in rows} == {
        "planned": "job-1",
        "on demand": None,
    }


def test_a_restore_names_what_was_backed_up_and_who_validated_it(cloud: Cloud) -> None:
    """What AWS leaves out is not known: one that nobody validates, one that no test started."""
    base = {"Status": "COMPLETED", "CreationDate": at(1).timestamp()}
    testing = {"RestoreTestingPlanArn": "arn:plan"}
    cloud.backup.answers[*HERE, "ListRestoreJobs"] = [
        {**base, "RestoreJobId": "test", "SourceResourceArn": "arn:r", "CreatedBy": testing,
         "ValidationStatus": "SUCCESSFUL"},
        {**base, "RestoreJobId": "by hand"},
    ]  # fmt: skip
    collected, evidence = cloud.collect()
    columns = ["job_id", "resource_arn", "testing_plan_arn", "validation_status"]
    rows = [[*row.values()] for row in evidence.read("restore_jobs", *HERE, columns).to_pylist()]
    assert rows == [["test", "arn:r", "arn:plan", "SUCCESSFUL"], ["by hand", None, None, None]]
    assert collected.gaps == ()


def test_jobs_are_asked_from_the_start_of_the_period(cloud: Cloud) -> None:
    """A job created at the very start is within the filter, whose seconds are whole."""
    cloud.backup.answers[*HERE, "ListBackupJobs"] = [
        {
            "BackupJobId": "job-1",
            "ResourceArn": "arn:aws:ec2:eu-west-1:123456789012:volume/vol-1",
            "ResourceType": "EBS",
            "State": "COMPLETED",
            "MessageCategory": "SUCCESS",
            "CreationDate": START.timestamp(),
            "CreatedBy": {"BackupPlanId": "plan", "BackupPlanVersion": "v", "BackupRuleId": "rule"},
            "StartBy": at(0.25).timestamp(),
            "IsParent": False,
        }
    ]
    _, evidence = cloud.collect()
    assert cloud.backup.queries["ListBackupJobs"][0] == {
        "createdAfter": "2026-01-01T23:59:59Z",
        "maxResults": "1000",
    }
    (row,) = evidence.read("backup_jobs", *HERE).to_pylist()
    assert {name: value for name, value in row.items() if value is not None} == {
        "job_id": "job-1",
        "resource_arn": "arn:aws:ec2:eu-west-1:123456789012:volume/vol-1",
        "resource_type": "EBS",
        "state": "COMPLETED",
        "message_category": "SUCCESS",
        "created_at": START,
        "start_by": at(0.25),
        "plan_id": "plan",
        "plan_version": "v",
        "rule_id": "rule",
        "is_parent": False,
    }


@pytest.mark.parametrize(("days", "gaps"), [(30, []), (31, ["HistoryLimit"])])
def test_jobs_that_aws_no_longer_lists_are_a_gap(cloud: Cloud, days: int, gaps: list[str]) -> None:
    """AWS lists the jobs of 30 days: a longer period is not covered, and says so."""
    collected, _ = cloud.collect(period_days=days)
    assert [gap.error for gap in collected.gaps] == gaps


@pytest.mark.parametrize(("hours", "gaps"), [(1, []), (2, ["HistoryLimit"])])
def test_a_period_that_ended_long_ago_is_not_covered_by_jobs(
    cloud: Cloud, hours: int, gaps: list[str]
) -> None:
    """By the endpoint's own clock; what a run loses while it is under way is within the hour."""
    cloud.tokens.now += timedelta(hours=hours)
    collected, _ = cloud.collect()
    assert [(gap.error, gap.provides) for gap in collected.gaps] == [(gap, ("backup_jobs",)) for gap in gaps]


def test_every_plan_version_of_the_period_is_read(cloud: Cloud) -> None:
    """A version is in force until the next one; one that ended before the period is not asked for."""

    def version(name: str, days: float) -> dict[str, Any]:
        return {
            "BackupPlanId": "p",
            "BackupPlanArn": "arn:aws:backup:eu-west-1:1:backup-plan:p",
            "VersionId": name,
            "CreationDate": at(days).timestamp(),
        }

    cloud.backup.answers[*HERE, "ListBackupPlans"] = [
        version("v3", -60) | {"BackupPlanName": "daily"},
        version("old", -90)
        | {"BackupPlanName": "gone", "BackupPlanId": "q", "DeletionDate": at(-1).timestamp()},
    ]
    cloud.backup.answers[*HERE, "ListBackupPlanVersions"] = [
        version("v3", 3),
        version("v1", -60),
        version("v2", -2),
    ]
    cloud.backup.answers[*HERE, "GetBackupPlan"] = lambda parameters: {
        "BackupPlan": {"Rules": [], "BackupPlanName": f"daily {parameters['versionId']}"}
    }
    cloud.backup.answers[*HERE, "ListBackupSelections"] = [
        {"SelectionId": "s", "SelectionName": "all", "CreationDate": at(-60).timestamp()}
    ]
    cloud.backup.answers[*HERE, "GetBackupSelection"] = {
        "BackupSelection": {"SelectionName": "all", "Resources": ["*"]}
    }

    _, evidence = cloud.collect()

    rows = evidence.read("backup_plans", *HERE).to_pylist()
    assert [(row["version_id"], row["valid_from"], row["valid_until"]) for row in rows] == [
        ("v2", at(-2), at(3)),
        ("v3", at(3), None),
    ]
    assert orjson.loads(rows[0]["document"]) == {"BackupPlanName": "daily v2", "Rules": []}
    assert evidence.read("backup_selections", *HERE).to_pylist() == [
        {
            "plan_id": "p",
            "selection_id": "s",
            "name": "all",
            "created_at": at(-60),
            "document": '{"Resources":["*"],"SelectionName":"all"}',
        }
    ]


def test_the_settings_of_a_region_are_rows(cloud: Cloud) -> None:
    """A type that is only in one of the two preferences has null in the other."""
    cloud.backup.answers[*HERE, "DescribeRegionSettings"] = {
        "ResourceTypeOptInPreference": {"S3": False, "EBS": True},
        "ResourceTypeManagementPreference": {"DynamoDB": True},
    }
    _, evidence = cloud.collect()
    assert evidence.read("region_settings", *HERE).to_pylist() == [
        {"resource_type": "DynamoDB", "opted_in": None, "managed": True},
        {"resource_type": "EBS", "opted_in": True, "managed": None},
        {"resource_type": "S3", "opted_in": False, "managed": None},
    ]


def test_the_same_answers_give_the_same_bytes(vault: Any) -> None:
    """Two collections of the same state have manifests that are equal byte by byte."""
    vault.backup.answers[*HERE, "ListRecoveryPointsByBackupVault"] = [point(number) for number in range(30)]
    vault.client("dynamodb").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}],
    )
    _, first = vault.collect("first")
    _, second = vault.collect("second")
    assert (first.path / "manifest.json").read_bytes() == (second.path / "manifest.json").read_bytes()
