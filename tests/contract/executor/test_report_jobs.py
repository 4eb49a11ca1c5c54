"""Report jobs: AWS's columns, in the plan's bucket (aws-backup.md 2.4)."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.executor.service import ComplianceQuestion, OrganizationMembership
from auditor.model.errors import AuditorError
from tests.contract.executor.world import World

ACCOUNT, MEMBER = "123456789012", "333333333333"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PLAN = "backupPlanName,backupRuleName,backupRuleSchedule,backupRuleTimezone,startWindowEnd,backupOptions"
VAULT = (
    "vaultType,vaultLockStatus,isEncrypted,encryptionKeyArn,deleteAfterDays,moveToColdAfterDays,enableArchive"
)
PERIOD = "reportTimePeriodStart,reportTimePeriodEnd,accountId,region"
HEADERS = {
    "BACKUP_JOB_REPORT": f"{PERIOD},backupJobId,jobStatus,resourceType,resourceArn,resourceName,"
    f"backupPlanArn,backupRuleId,initiationDate,{PLAN},isParentJob,parentJobId,creationDate,completionDate,"
    f"recoveryPointArn,jobRunTime,backupSizeInBytes,backupVaultName,backupVaultArn,{VAULT},iamRoleArn",
    "COPY_JOB_REPORT": f"{PERIOD},copyJobId,jobStatus,jobRunTime,resourceType,resourceArn,resourceName,"
    f"initiationDate,{PLAN},isParentJob,parentJobId,creationDate,completionDate,backupSizeInBytes,"
    "sourceRecoveryPointArn,sourceBackupVaultArn,destinationRecoveryPointArn,destinationBackupVaultArn,"
    f"{VAULT},iamRoleArn",
    "RESTORE_JOB_REPORT": "reportTimePeriod,accountId,region,restoreJobId,jobStatus,recoveryPointArn,"
    f"resourceName,initiationDate,{PLAN},isParentJob,parentJobId,{VAULT},sourceResourceArn,backupVaultArn,"
    "creationDate,backupSizeInBytes,percentDone,iamRoleArn",
    "SCAN_JOB_REPORT": f"{PERIOD},scanJobId,scanId,malwareScanner,jobStatus,scanResultStatus,statusMessage,"
    "resourceType,resourceArn,backupPlanArn,creationDate,recoveryPointArn,backupVaultName,backupVaultArn,"
    "iamRoleArn,scannerRoleArn",
    "CONTROL_COMPLIANCE_REPORT": "accountId,region,frameworkName,frameworkDescription,controlName,"
    "controlComplianceStatus,lastEvaluationTime,numResourcesCompliant,numResourcesNonCompliant,"
    "controlFrequency,controlScope,controlParameters",
    "RESOURCE_COMPLIANCE_REPORT": "accountId,region,frameworkName,frameworkDescription,controlName,"
    "resourceId,resourceType,resourceComplianceStatus,lastEvaluationTime",
}


@pytest.fixture
def backup(world: World) -> Any:
    """A client; the vaults `night` and `copies` and the bucket `reports` are there."""
    for name in ("night", "copies"):
        world.backup().create_backup_vault(BackupVaultName=name)
    where = {"LocationConstraint": "eu-west-1"}
    world.moto_client("s3", "eu-west-1").create_bucket(Bucket="reports", CreateBucketConfiguration=where)
    return world.backup()


def plan(backup: Any, template: str, *formats: str, bucket: str = "reports", **setting: Any) -> str:
    """Make a report plan; gives its name."""
    name = f"{template.lower()}_{bucket.replace('-', '_')}"
    channel = {"S3BucketName": bucket, "S3KeyPrefix": "audit/", "Formats": list(formats) or ["CSV"]}
    backup.create_report_plan(
        ReportPlanName=name,
        ReportDeliveryChannel=channel,
        ReportSetting={"ReportTemplate": template, **setting},
    )
    return name


def run(world: World, backup: Any, name: str) -> dict[str, Any]:
    """Start a report job, and give it at its end."""
    job_id = backup.start_report_job(ReportPlanName=name)["ReportJobId"]
    world.run(datetime.now(UTC) + HOUR)
    return dict(backup.describe_report_job(ReportJobId=job_id)["ReportJob"])


def content(world: World, key: str) -> str:
    """A file of the bucket."""
    body = world.moto_client("s3", "eu-west-1").get_object(Bucket="reports", Key=key)["Body"]
    return str(body.read().decode())


def report(world: World, backup: Any, name: str) -> tuple[str, list[dict[str, str]]]:
    """Header and rows of the CSV file of a new job."""
    job = run(world, backup, name)
    assert job["Status"] == "COMPLETED", job
    text = content(world, job["ReportDestination"]["S3Keys"][0])
    return text.partition("\n")[0], list(csv.DictReader(io.StringIO(text)))


def back_up(world: World, backup: Any, name: str = "data") -> tuple[str, str]:
    """Back a volume up by a plan, copy and restore it; gives the volume's ARN and the recovery point's."""
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": name}]}]
    made = world.moto_client("ec2", "eu-west-1").create_volume(
        AvailabilityZone="eu-west-1a", Size=8, TagSpecifications=tags
    )
    volume = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/{made['VolumeId']}"
    copies = f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:copies"
    rule = {
        "RuleName": "r",
        "TargetBackupVaultName": "night",
        "ScheduleExpression": "cron(0 1 5 1 ? *)",
        "StartWindowMinutes": 60,
        "Lifecycle": {"DeleteAfterDays": 7},
        "CopyActions": [{"DestinationBackupVaultArn": copies}],
    }
    plan_id = backup.create_backup_plan(BackupPlan={"BackupPlanName": "p", "Rules": [rule]})["BackupPlanId"]
    selection = {"SelectionName": "s", "IamRoleArn": ROLE, "Resources": [volume]}
    backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=selection)
    world.run(START + 3 * HOUR)
    (job,) = backup.list_backup_jobs()["BackupJobs"]
    metadata = {"availabilityZone": "eu-west-1a"}
    point = job["RecoveryPointArn"]
    backup.start_restore_job(RecoveryPointArn=point, Metadata=metadata, IamRoleArn=ROLE)
    world.run(START + 4 * HOUR)
    return volume, point


def test_backup_copy_and_restore_jobs(world: World, backup: Any) -> None:
    """Each job of the last day is a row that says what the API says of it."""
    volume, point = back_up(world, backup)
    (job,), (copy,) = backup.list_backup_jobs()["BackupJobs"], backup.list_copy_jobs()["CopyJobs"]
    (restore,) = backup.list_restore_jobs()["RestoreJobs"]
    header, (row,) = report(world, backup, plan(backup, "BACKUP_JOB_REPORT"))
    assert header == HEADERS["BACKUP_JOB_REPORT"]
    took = job["CompletionDate"] - job["CreationDate"]
    assert row == {
        "reportTimePeriodStart": "2026-01-04T04:00:00Z",
        "reportTimePeriodEnd": "2026-01-05T04:00:00Z",
        "accountId": ACCOUNT,
        "region": "eu-west-1",
        "backupJobId": job["BackupJobId"],
        "jobStatus": "COMPLETED",
        "resourceType": "EBS",
        "resourceArn": volume,
        "resourceName": "data",
        "backupPlanArn": job["CreatedBy"]["BackupPlanArn"],
        "backupRuleId": job["CreatedBy"]["BackupRuleId"],
        "initiationDate": "2026-01-05T01:00:00Z",
        "backupPlanName": "p",
        "backupRuleName": "r",
        "backupRuleSchedule": "cron(0 1 5 1 ? *)",
        "backupRuleTimezone": "Etc/UTC",
        "startWindowEnd": "2026-01-05T02:00:00Z",
        "backupOptions": "{}",
        "isParentJob": "false",
        "parentJobId": "",
        "creationDate": "2026-01-05T01:00:00Z",
        "completionDate": f"{job['CompletionDate'].astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "recoveryPointArn": point,
        "jobRunTime": f"0{took}",
        "backupSizeInBytes": str(8 << 30),
        "backupVaultName": "night",
        "backupVaultArn": job["BackupVaultArn"],
        "vaultType": "BACKUP_VAULT",
        "vaultLockStatus": "UNLOCKED",
        "isEncrypted": "false",
        "encryptionKeyArn": "",
        "deleteAfterDays": "7",
        "moveToColdAfterDays": "",
        "enableArchive": "false",
        "iamRoleArn": ROLE,
    }
    header, (row,) = report(world, backup, plan(backup, "COPY_JOB_REPORT"))
    assert header == HEADERS["COPY_JOB_REPORT"]
    shown = [row[name] for name in ("copyJobId", "sourceRecoveryPointArn", "destinationRecoveryPointArn")]
    assert shown == [copy["CopyJobId"], point, copy["DestinationRecoveryPointArn"]]
    header, (row,) = report(world, backup, plan(backup, "RESTORE_JOB_REPORT"))
    assert header == HEADERS["RESTORE_JOB_REPORT"]
    shown = [row[name] for name in ("restoreJobId", "resourceName", "backupRuleName", "vaultLockStatus")]
    assert shown == [restore["RestoreJobId"], "data", "r", "UNLOCKED"]
    assert row["reportTimePeriod"] == "2026-01-04T06:00:00Z - 2026-01-05T06:00:00Z"


def test_the_job_and_its_files(world: World, backup: Any) -> None:
    """CREATED, then COMPLETED with a key for each format, below account, Region and day."""
    back_up(world, backup)
    name = plan(backup, "BACKUP_JOB_REPORT", "CSV", "JSON")
    made = backup.start_report_job(ReportPlanName=name, IdempotencyToken="once")["ReportJobId"]
    again = backup.start_report_job(ReportPlanName=name, IdempotencyToken="once")["ReportJobId"]
    waiting = backup.describe_report_job(ReportJobId=made)["ReportJob"]
    arn = backup.describe_report_plan(ReportPlanName=name)["ReportPlan"]["ReportPlanArn"]
    created = START + 4 * HOUR
    expected = {
        "ReportJobId": made,
        "ReportPlanArn": arn,
        "ReportTemplate": "BACKUP_JOB_REPORT",
        "CreationTime": created,
        "Status": "CREATED",
    }
    assert (made, waiting) == (again, expected)
    world.run(created + HOUR)

    job = backup.describe_report_job(ReportJobId=made)["ReportJob"]
    stem = f"audit/Backup/{ACCOUNT}/eu-west-1/2026/01/05/{name}_2026-01-05T04-00-00Z_{made}"
    destination = {"S3BucketName": "reports", "S3Keys": [f"{stem}.csv", f"{stem}.json"]}
    ended = {"Status": "COMPLETED", "CompletionTime": created, "ReportDestination": destination}
    assert job == expected | ended
    assert backup.list_report_jobs()["ReportJobs"] == [job]
    found = backup.describe_report_plan(ReportPlanName=name)["ReportPlan"]
    times = [found["LastAttemptedExecutionTime"], found["LastSuccessfulExecutionTime"]]
    assert times == [created, created]
    (item,) = json.loads(content(world, f"{stem}.json"))["reportItems"]
    assert ",".join(item) == HEADERS["BACKUP_JOB_REPORT"]
    assert (item["backupOptions"], item["isParentJob"], item["parentJobId"]) == ({}, False, None)
    assert (item["deleteAfterDays"], item["isEncrypted"]) == (7, False)
    filters = {"ByReportPlanName": name, "ByStatus": "COMPLETED", "ByCreationAfter": START}
    assert backup.list_report_jobs(**filters)["ReportJobs"] == [job]
    for other in ({"ByReportPlanName": "other"}, {"ByStatus": "FAILED"}, {"ByCreationBefore": START}):
        assert backup.list_report_jobs(**other)["ReportJobs"] == []
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.describe_report_job(ReportJobId="none")
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.start_report_job(ReportPlanName="none")


def test_an_account_without_vaults_has_its_reports(world: World) -> None:
    """Such as one that only collects them: the daily one, and one that is asked for."""
    backup = world.backup("eu-central-1", account=MEMBER)
    where = {"LocationConstraint": "eu-central-1"}
    world.moto_client("s3", "eu-central-1").create_bucket(Bucket="reports", CreateBucketConfiguration=where)
    name = plan(backup, "BACKUP_JOB_REPORT")
    world.run(START + 5 * HOUR)
    asked = backup.start_report_job(ReportPlanName=name)["ReportJobId"]
    world.run(START + 6 * HOUR)

    jobs = {job["ReportJobId"]: job["Status"] for job in backup.list_report_jobs()["ReportJobs"]}
    assert (len(jobs), jobs[asked], {*jobs.values()}) == (2, "COMPLETED", {"COMPLETED"})


def test_a_report_each_day(world: World, backup: Any) -> None:
    """Between 1 and 5 o'clock on the day before, once; a plan that is gone has none."""
    back_up(world, backup)
    name = plan(backup, "BACKUP_JOB_REPORT")
    world.run(START + DAY + 5 * HOUR)
    world.run(START + DAY + 6 * HOUR)

    (job,) = backup.list_report_jobs()["ReportJobs"]
    assert START + DAY + HOUR <= job["CreationTime"] < START + DAY + 5 * HOUR
    (key,) = job["ReportDestination"]["S3Keys"]
    (row,) = csv.DictReader(io.StringIO(content(world, key)))
    period = [row["reportTimePeriodStart"], row["reportTimePeriodEnd"]]
    assert period == ["2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"]
    assert "/2026/01/05/" in key
    backup.delete_report_plan(ReportPlanName=name)
    world.run(START + 3 * DAY)
    assert len(backup.list_report_jobs()["ReportJobs"]) == 1


@pytest.mark.parametrize("template", sorted(HEADERS))
def test_every_template_has_its_columns(world: World, backup: Any, template: str) -> None:
    """Also where there is nothing to report; compliance comes from whoever was handed in."""
    world.service.compliance = lambda _question: []
    assert report(world, backup, plan(backup, template)) == (HEADERS[template], [])


def test_compliance_comes_from_an_auditor(world: World, backup: Any) -> None:
    """It is asked about the plan's frameworks; without one, and where it cannot, the job fails in words."""
    controls = [{"ControlName": "BACKUP_RECOVERY_POINT_ENCRYPTED"}]
    arn = backup.create_framework(FrameworkName="f", FrameworkControls=controls)["FrameworkArn"]
    name = plan(backup, "RESOURCE_COMPLIANCE_REPORT", FrameworkArns=[arn])
    failed = run(world, backup, name)
    assert (failed["Status"], "auditor" in failed["StatusMessage"]) == ("FAILED", True)
    asked: list[ComplianceQuestion] = []

    def judge(question: ComplianceQuestion) -> list[dict[str, str]]:
        asked.append(question)
        return [{"accountId": ACCOUNT, "controlName": "C", "resourceComplianceStatus": "COMPLIANT"}]

    world.service.compliance = judge
    header, (row,) = report(world, backup, name)
    assert (header, row["controlName"], row["resourceId"]) == (HEADERS["RESOURCE_COMPLIANCE_REPORT"], "C", "")
    framework = {"FrameworkName": "f", "FrameworkArn": arn, "FrameworkControls": controls}
    (question,) = asked
    assert (question.accounts, question.regions) == ((ACCOUNT,), ("eu-west-1",))
    assert [dict(one) for one in question.frameworks] == [framework]

    def broken(_question: ComplianceQuestion) -> list[dict[str, str]]:
        raise AuditorError("no evidence: run auditor collect first")

    world.service.compliance = broken
    failed = run(world, backup, name)
    assert failed["StatusMessage"] == "no evidence: run auditor collect first"
    found = backup.describe_report_plan(ReportPlanName=name)["ReportPlan"]
    assert found["LastAttemptedExecutionTime"] > found["LastSuccessfulExecutionTime"]


def test_a_bucket_that_is_not_there(world: World, backup: Any) -> None:
    """The job fails with the service's words, and the plan has no successful execution."""
    name = plan(backup, "BACKUP_JOB_REPORT", bucket="nowhere-at-all")
    job = run(world, backup, name)
    assert (job["Status"], "NoSuchBucket" in job["StatusMessage"]) == ("FAILED", True)
    found = backup.describe_report_plan(ReportPlanName=name)["ReportPlan"]
    assert ("LastAttemptedExecutionTime" in found, "LastSuccessfulExecutionTime" in found) == (True, False)


def test_a_report_over_an_organization(world: World, backup: Any) -> None:
    """The management account's ROOT is every member, `*` every Region; a member may ask for itself only."""
    world.service.membership = lambda _account: OrganizationMembership("o-1", ACCOUNT)
    made = world.moto_client("ec2", "eu-central-1").create_volume(AvailabilityZone="eu-central-1a", Size=8)
    other = world.backup("eu-central-1", account=MEMBER)
    other.create_backup_vault(BackupVaultName="night")
    other.start_backup_job(
        BackupVaultName="night",
        ResourceArn=f"arn:aws:ec2:eu-central-1:{MEMBER}:volume/{made['VolumeId']}",
        IamRoleArn=f"arn:aws:iam::{MEMBER}:role/backup",
    )
    name = plan(backup, "BACKUP_JOB_REPORT", Accounts=["ROOT"], Regions=["*"])
    world.run(START + HOUR)
    job = run(world, backup, name)
    (key,) = job["ReportDestination"]["S3Keys"]
    (row,) = csv.DictReader(io.StringIO(content(world, key)))
    assert key.startswith("audit/Backup/crossaccount/crossregion/2026/01/05/")
    assert (row["accountId"], row["region"]) == (MEMBER, "eu-central-1")
    for accounts in (["ROOT"], [ACCOUNT]):
        with pytest.raises(other.exceptions.InvalidParameterValueException):
            plan(other, "BACKUP_JOB_REPORT", Accounts=accounts)
    with pytest.raises(other.exceptions.InvalidParameterValueException):
        plan(other, "BACKUP_JOB_REPORT", OrganizationUnits=["ou-1"])


def test_no_name_is_a_formula(world: World, backup: Any) -> None:
    """What a spreadsheet would take for a formula begins with an apostrophe."""
    back_up(world, backup, name='=HYPERLINK("http://x")')
    _, (row,) = report(world, backup, plan(backup, "BACKUP_JOB_REPORT"))
    assert row["resourceName"] == '\'=HYPERLINK("http://x")'


def test_a_report_comes_into_a_bucket_that_keeps_it(world: World, backup: Any) -> None:
    """S3 takes nothing without a checksum into a bucket whose Object Lock has a retention."""
    s3 = world.moto_client("s3", "eu-west-1")
    where = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket="kept", CreateBucketConfiguration=where, ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 365}}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    s3.put_object_lock_configuration(Bucket="kept", ObjectLockConfiguration=lock)

    assert run(world, backup, plan(backup, "BACKUP_JOB_REPORT", bucket="kept"))["Status"] == "COMPLETED"
