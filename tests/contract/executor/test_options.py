"""Backup options: taken for their types only, and each has the effect that it names."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.executor.world import World

ACCOUNT = "123456789012"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
RULE = {
    "RuleName": "night",
    "TargetBackupVaultName": "night",
    "ScheduleExpression": "cron(0 1 * * ? *)",
    "StartWindowMinutes": 60,
    "Lifecycle": {"DeleteAfterDays": 7},
}


@pytest.fixture
def backup(world: World) -> Any:
    """A client; the vault `night` is there."""
    world.backup().create_backup_vault(BackupVaultName="night")
    return world.backup()


def plan(backup: Any, settings: list[dict[str, Any]], **rule: Any) -> str:
    """Make a plan with AdvancedBackupSettings that selects everything; gives its id."""
    document = {"BackupPlanName": "gold", "Rules": [RULE | rule], "AdvancedBackupSettings": settings}
    plan_id = backup.create_backup_plan(BackupPlan=document)["BackupPlanId"]
    selection = {"SelectionName": "all", "IamRoleArn": ROLE, "Resources": ["*"]}
    backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=selection)
    return str(plan_id)


def setting(kind: str, **options: str) -> dict[str, Any]:
    """One of AdvancedBackupSettings."""
    return {"ResourceType": kind, "BackupOptions": options}


@pytest.mark.parametrize(
    "settings",
    [
        [setting("EC2", BackupACLs="disabled")],
        [setting("S3", WindowsVSS="enabled")],
        [setting("EBS", WindowsVSS="enabled")],
        [setting("NOTHING", WindowsVSS="enabled")],
        [setting("EC2", WindowsVSS="on")],
        [setting("EC2", windowsvss="enabled")],
        [setting("S3", BackupACLs="disabled", Compression="enabled")],
        [setting("EC2")],
        [{"BackupOptions": {"WindowsVSS": "enabled"}}],
        [setting("S3", BackupACLs="disabled"), setting("S3", BackupObjectTags="disabled")],
    ],
)
def test_settings_that_are_refused(backup: Any, settings: list[dict[str, Any]]) -> None:
    """Unknown types, options and values, options of another type, a type twice; in updates too."""
    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        plan(backup, settings)
    plan_id = plan(backup, [])
    document = {"BackupPlanName": "gold", "Rules": [RULE], "AdvancedBackupSettings": settings}
    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        backup.update_backup_plan(BackupPlanId=plan_id, BackupPlan=document)


def instance(world: World) -> str:
    """The ARN of an instance."""
    ec2 = world.moto_client("ec2", "eu-west-1")
    image = ec2.register_image(Name="base", RootDeviceName="/dev/sda1")["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    return f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/{made}"


@pytest.mark.long
@pytest.mark.parametrize(("value", "category"), [("enabled", "VSS_ERROR"), ("disabled", "SUCCESS")])
def test_a_shadow_copy_that_was_not_made_is_said(
    world: World, backup: Any, value: str, category: str
) -> None:
    """WindowsVSS makes a regular backup here: a completed job with AWS Backup's issue; disabled without."""
    arn = instance(world)
    plan(backup, [setting("EC2", WindowsVSS=value)])
    world.run(START + timedelta(hours=3))

    found = {job["ResourceArn"]: job for job in backup.list_backup_jobs()["BackupJobs"]}
    job = found[arn]
    told = (job["State"], job["MessageCategory"], job["BackupOptions"])
    assert told == ("COMPLETED", category, {"WindowsVSS": value})
    assert ("VSS" in job.get("StatusMessage", "")) == (category == "VSS_ERROR")
    assert all("BackupOptions" not in job for other, job in found.items() if other != arn)


def bucket(world: World) -> str:
    """The ARN of a versioned bucket with one object that has a tag."""
    s3 = world.moto_client("s3", "eu-west-1")
    where = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket="data", CreateBucketConfiguration=where)
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="data", Key="a", Body=b"1", Tagging="tier=gold", ACL="public-read")
    return "arn:aws:s3:::data"


def restored(world: World, backup: Any, point: str, **more: str) -> tuple[dict[str, str], int]:
    """The tags, and how many grants, of the object that comes back from a recovery point."""
    backup.start_restore_job(
        RecoveryPointArn=point,
        Metadata={"DestinationBucketName": "new", "NewBucket": "true", **more},
        IamRoleArn=ROLE,
    )
    world.run(datetime.now(UTC) + timedelta(hours=1))
    (job, *_) = backup.list_restore_jobs()["RestoreJobs"]
    assert job["Status"] == "COMPLETED", job
    s3 = world.moto_client("s3", "eu-west-1")
    tags = s3.get_object_tagging(Bucket="new", Key="a")["TagSet"]
    grants = s3.get_object_acl(Bucket="new", Key="a")["Grants"]
    return {tag["Key"]: tag["Value"] for tag in tags}, len(grants)


@pytest.mark.long
@pytest.mark.parametrize("continuous", [False, True])
@pytest.mark.parametrize("tags", ["enabled", "disabled"])
def test_object_tags_that_are_not_wanted(world: World, backup: Any, tags: str, *, continuous: bool) -> None:
    """BackupObjectTags=disabled leaves them out, of snapshots and of continuous backups."""
    bucket(world)
    plan(backup, [setting("S3", BackupObjectTags=tags)], EnableContinuousBackup=continuous)
    world.run(START + timedelta(hours=3))
    (job,) = backup.list_backup_jobs()["BackupJobs"]
    assert job["BackupOptions"] == {"BackupObjectTags": tags}

    point = {"BackupVaultName": "night", "RecoveryPointArn": job["RecoveryPointArn"]}
    about = backup.get_recovery_point_restore_metadata(**point)["RestoreMetadata"]
    when = {"RestoreTime": about["LatestRestorableTime"]} if continuous else {}
    found, _ = restored(world, backup, job["RecoveryPointArn"], **when)

    assert found == ({"tier": "gold"} if tags == "enabled" else {})


def test_acls_that_are_not_wanted(world: World, backup: Any) -> None:
    """BackupACLs=disabled: a restore without them works, one with them fails in AWS's words."""
    arn = bucket(world)
    started = backup.start_backup_job(
        BackupVaultName="night", ResourceArn=arn, IamRoleArn=ROLE, BackupOptions={"BackupACLs": "disabled"}
    )
    world.run(START + timedelta(hours=2))
    job = backup.describe_backup_job(BackupJobId=started["BackupJobId"])
    assert (job["State"], job["BackupOptions"]) == ("COMPLETED", {"BackupACLs": "disabled"})
    assert restored(world, backup, job["RecoveryPointArn"]) == ({"tier": "gold"}, 1)
    backup.start_restore_job(
        RecoveryPointArn=job["RecoveryPointArn"],
        Metadata={"DestinationBucketName": "data", "RestoreACLs": "true"},
        IamRoleArn=ROLE,
    )
    world.run(datetime.now(UTC) + timedelta(hours=1))
    (last, *_) = backup.list_restore_jobs()["RestoreJobs"]
    assert (last["Status"], "BackupACLs" in last["StatusMessage"]) == ("FAILED", True)


@pytest.mark.long
@pytest.mark.usefixtures("hourly_looks")
def test_other_options_begin_another_continuous_backup(world: World, backup: Any) -> None:
    """The one before is STOPPED and says why; the same options renew it."""
    bucket(world)
    plan_id = plan(backup, [setting("S3", BackupACLs="disabled")], EnableContinuousBackup=True)
    world.run(START + timedelta(days=2))
    listing = backup.list_recovery_points_by_backup_vault
    assert [point["Status"] for point in listing(BackupVaultName="night")["RecoveryPoints"]] == ["AVAILABLE"]
    document = {"BackupPlanName": "gold", "Rules": [RULE | {"EnableContinuousBackup": True}]}
    backup.update_backup_plan(BackupPlanId=plan_id, BackupPlan=document)
    world.run(START + timedelta(days=3))

    new, old = listing(BackupVaultName="night")["RecoveryPoints"]

    assert (new["Status"], old["Status"]) == ("AVAILABLE", "STOPPED")
    assert old["StatusMessage"] == "The backup options of the continuous backup were changed."


@pytest.mark.parametrize("options", [{"WindowsVSS": "enabled"}, {"BackupACLs": "maybe"}, {"Nope": "enabled"}])
def test_options_on_demand_that_are_refused(world: World, backup: Any, options: dict[str, str]) -> None:
    """Options of another type, unknown ones and unknown values; and an index that nobody would make."""
    arn = bucket(world)
    job = {"BackupVaultName": "night", "ResourceArn": arn, "IamRoleArn": ROLE}
    for refused in ({"BackupOptions": options}, {"Index": "ENABLED"}):
        with pytest.raises(ClientError, match="InvalidParameterValueException"):
            backup.start_backup_job(**job, **refused)
    backup.start_backup_job(**job, Index="DISABLED")
