"""From a plan to jobs and recovery points, with real native backups in moto."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.executor.database.keys import derived
from auditor.executor.scope import AccountRegion
from tests.contract.executor.nightly import ACCOUNT, NIGHT, ROLE, START, jobs, points, protect, snapshots
from tests.contract.executor.world import World

pytestmark = pytest.mark.usefixtures("volume")
OWN_KEY = derived(AccountRegion("123456789012", "eu-west-1", "aws"))


@pytest.fixture
def volume(world: World, volume: str) -> str:
    """The volume has the tags tier=gold and Name=data."""
    tags = [{"Key": "tier", "Value": "gold"}, {"Key": "Name", "Value": "data"}]
    world.moto_client("ec2", "eu-west-1").create_tags(Resources=[volume.split("/")[1]], Tags=tags)
    return volume


def test_a_job_and_its_recovery_point(world: World, volume: str) -> None:
    """Job, recovery point, native snapshot and protected resource tell the same story."""
    plan_id = protect(world, NIGHT | {"RecoveryPointTags": {"by": "rule"}})
    world.run(START + timedelta(hours=2))
    (job,), (point,), (snapshot,) = jobs(world), points(world), snapshots(world)
    plan = world.backup().get_backup_plan(BackupPlanId=plan_id)
    due = START + timedelta(hours=1)
    arn = f"arn:aws:ec2:eu-west-1::snapshot/{snapshot['SnapshotId']}"
    created_by = {
        "BackupPlanId": plan_id,
        "BackupPlanArn": plan["BackupPlanArn"],
        "BackupPlanName": "gold",
        "BackupPlanVersion": plan["VersionId"],
        "BackupRuleId": plan["BackupPlan"]["Rules"][0]["RuleId"],
        "BackupRuleName": "night",
        "BackupRuleCron": "cron(0 1 * * ? *)",
        "BackupRuleTimezone": "Etc/UTC",
    }

    assert job == {
        "AccountId": ACCOUNT,
        "BackupJobId": job["BackupJobId"],
        "BackupVaultName": "night",
        "BackupVaultArn": f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:night",
        "VaultType": "BACKUP_VAULT",
        "VaultLockState": "UNLOCKED",
        "RecoveryPointArn": arn,
        "RecoveryPointLifecycle": {"DeleteAfterDays": 2},
        "IsEncrypted": False,
        "ResourceArn": volume,
        "ResourceType": "EBS",
        "ResourceName": "data",
        "CreationDate": due,
        "InitiationDate": due,
        "StartBy": due + timedelta(hours=1),
        "CompletionDate": job["CompletionDate"],
        "State": "COMPLETED",
        "MessageCategory": "SUCCESS",
        "PercentDone": "100.0",
        "BackupSizeInBytes": 8 << 30,
        "BytesTransferred": 8 << 30,
        "IamRoleArn": ROLE,
        "CreatedBy": created_by,
        "IsParent": False,
    }
    assert due < snapshot["StartTime"] < job["CompletionDate"] <= due + timedelta(minutes=30)
    assert point == {
        "RecoveryPointArn": arn,
        "BackupVaultName": "night",
        "BackupVaultArn": job["BackupVaultArn"],
        "ResourceArn": volume,
        "ResourceType": "EBS",
        "ResourceName": "data",
        "CreatedBy": created_by,
        "IamRoleArn": ROLE,
        "Status": "COMPLETED",
        "CreationDate": due,
        "InitiationDate": due,
        "CompletionDate": job["CompletionDate"],
        "BackupSizeInBytes": 8 << 30,
        "CalculatedLifecycle": {"DeleteAt": due + timedelta(days=2)},
        "Lifecycle": {"DeleteAfterDays": 2},
        "IsEncrypted": False,
        "IsParent": False,
        "VaultType": "BACKUP_VAULT",
    }
    tags = {"tier": "gold", "Name": "data", "by": "rule"}
    assert {t["Key"]: t["Value"] for t in snapshot["Tags"]} == tags
    assert world.backup().list_tags(ResourceArn=arn)["Tags"] == tags
    described = world.backup().describe_recovery_point(BackupVaultName="night", RecoveryPointArn=arn)
    assert {k: v for k, v in described.items() if k != "ResponseMetadata"} == point | {"StorageClass": "WARM"}
    described = world.backup().describe_backup_job(BackupJobId=job["BackupJobId"])
    assert {k: v for k, v in described.items() if k != "ResponseMetadata"} == job
    (protected,) = world.backup().list_protected_resources()["Results"]
    assert (protected["ResourceArn"], protected["LastBackupTime"], protected["LastRecoveryPointArn"]) == (
        volume,
        due,
        arn,
    )
    (by_resource,) = world.backup().list_recovery_points_by_resource(ResourceArn=volume)["RecoveryPoints"]
    assert by_resource == {
        "RecoveryPointArn": arn,
        "CreationDate": due,
        "Status": "COMPLETED",
        "BackupVaultName": "night",
        "BackupSizeBytes": 8 << 30,
        "IsParent": False,
        "ResourceName": "data",
        "VaultType": "BACKUP_VAULT",
    }


def test_running_again_changes_nothing(world: World) -> None:
    """Stretches may be cut anywhere and run twice: the same jobs, one snapshot a job."""
    protect(world, NIGHT | {"Lifecycle": {}})
    for hours in (0.5, 1, 1.1, 1.1, 1.3, 2, 1, 26, 26, 49):
        world.run(START + timedelta(hours=hours))

    assert [job["CreationDate"] for job in jobs(world)] == [START + timedelta(hours=h) for h in (1, 25)]
    assert {job["State"] for job in jobs(world)} == {"COMPLETED"}
    assert len(snapshots(world)) == len(points(world)) == 2


def test_a_due_time_at_the_end_belongs_to_the_next_stretch(world: World) -> None:
    """A run ends just before `until`."""
    protect(world, NIGHT)
    world.run(START + timedelta(hours=1))
    before = jobs(world)
    world.run(START + timedelta(hours=1, seconds=1))

    assert (before, [job["State"] for job in jobs(world)]) == ([], ["CREATED"])


def test_missing_vault_fails_the_job(world: World) -> None:
    """A vault is named, not checked, in a plan (aws-backup.md 1.1 row 6)."""
    protect(world, NIGHT | {"TargetBackupVaultName": "nowhere"})
    world.run(START + timedelta(hours=2))

    found = [(job["State"], job["MessageCategory"], job["StatusMessage"]) for job in jobs(world)]
    assert found == [("FAILED", "RESOURCE_NOT_FOUND", "Backup vault nowhere does not exist.")]


def test_overlapping_rules(world: World) -> None:
    """On the first of the month only the rule that retains longest runs (aws-backup.md 4.2)."""
    monthly = NIGHT | {
        "RuleName": "monthly",
        "ScheduleExpression": "cron(30 1 1 * ? *)",
        "Lifecycle": {"DeleteAfterDays": 365},
    }
    protect(world, NIGHT | {"Lifecycle": {"DeleteAfterDays": 31}}, monthly)
    world.run(datetime(2026, 2, 3, tzinfo=UTC))

    ran = [(job["CreatedBy"]["BackupRuleName"], job["CreationDate"]) for job in jobs(world)]
    assert ran[-3:] == [
        ("night", datetime(2026, 1, 31, 1, tzinfo=UTC)),
        ("monthly", datetime(2026, 2, 1, 1, 30, tzinfo=UTC)),
        ("night", datetime(2026, 2, 2, 1, tzinfo=UTC)),
    ]


def test_rules_whose_windows_only_touch(world: World) -> None:
    """A window that ends when the other begins does not overlap it."""
    later = NIGHT | {
        "RuleName": "later",
        "ScheduleExpression": "cron(0 2 * * ? *)",
        "Lifecycle": {"DeleteAfterDays": 9},
    }
    protect(world, NIGHT, later)
    world.run(START + timedelta(hours=3))

    assert [job["CreatedBy"]["BackupRuleName"] for job in jobs(world)] == ["night", "later"]


def test_opt_in(world: World, volume: str) -> None:
    """A type that is opted out is left out of "*" and kept where an ARN names it (aws-backup.md 4.6)."""
    world.backup().update_region_settings(ResourceTypeOptInPreference={"EBS": False})
    protect(world, NIGHT)
    world.run(START + timedelta(days=1))
    before = jobs(world)
    protect(world, NIGHT, name="named", Resources=[volume])
    world.run(START + timedelta(days=2))

    assert (before, [job["CreatedBy"]["BackupPlanName"] for job in jobs(world)]) == ([], ["named"])


def test_new_versions_rule_from_their_creation_on(world: World) -> None:
    """Each job names the version that was in force when it was due."""
    plan_id = protect(world, NIGHT)
    world.run(START + timedelta(days=1))
    first = world.backup().get_backup_plan(BackupPlanId=plan_id)["VersionId"]
    rule = NIGHT | {"ScheduleExpression": "cron(0 3 * * ? *)"}
    second = world.backup().update_backup_plan(
        BackupPlanId=plan_id, BackupPlan={"BackupPlanName": "gold", "Rules": [rule]}
    )["VersionId"]
    world.run(START + timedelta(days=2))

    ran = [(job["CreationDate"].hour, job["CreatedBy"]["BackupPlanVersion"]) for job in jobs(world)]
    assert ran == [(1, first), (3, second)]
    assert world.backup().get_backup_plan(BackupPlanId=plan_id)["LastExecutionDate"] == START + timedelta(
        days=1, hours=3
    )


def test_resources_are_backed_up_from_their_creation_on(world: World, volume: str) -> None:
    """Catching up over a month makes no backups of what was not there yet."""
    protect(world, NIGHT)
    world.traveller.move_to(START + timedelta(days=2, hours=1, seconds=1))
    world.moto_client("ec2", "eu-west-1").create_volume(AvailabilityZone="eu-west-1a", Size=1)
    world.run(START + timedelta(days=4))

    found = sorted((job["CreationDate"].day, job["ResourceArn"] == volume) for job in jobs(world))
    assert found == [(5, True), (6, True), (7, True), (8, False), (8, True)]


def test_on_demand_backup_and_copy(world: World, volume: str, copies: str) -> None:
    """StartBackupJob and StartCopyJob make jobs that the engine carries out; a token makes them once."""
    backup = world.backup()
    request = {"BackupVaultName": "night", "ResourceArn": volume, "IamRoleArn": ROLE, "IdempotencyToken": "a"}
    first, again = (backup.start_backup_job(**request)["BackupJobId"] for _ in range(2))
    states = [backup.describe_backup_job(BackupJobId=first)["State"]]
    world.run(START + timedelta(hours=1))
    states.append(backup.describe_backup_job(BackupJobId=first)["State"])
    (point,) = points(world)
    request = {
        "RecoveryPointArn": point["RecoveryPointArn"],
        "SourceBackupVaultName": "night",
        "DestinationBackupVaultArn": copies,
        "IamRoleArn": ROLE,
    }
    copy = backup.start_copy_job(**request)["CopyJobId"]
    world.run(START + timedelta(hours=2))

    assert (first == again, states) == (True, ["CREATED", "COMPLETED"])
    assert backup.describe_copy_job(CopyJobId=copy)["CopyJob"]["State"] == "COMPLETED"
    assert [p["CreationDate"] for p in points(world, "copies", "eu-central-1")] == [point["CreationDate"]]
    for wrong in (volume[:-1] + "x", volume.replace("volume", "tape")):
        with pytest.raises(
            (backup.exceptions.ResourceNotFoundException, backup.exceptions.InvalidParameterValueException)
        ):
            backup.start_backup_job(BackupVaultName="night", ResourceArn=wrong, IamRoleArn=ROLE)


def test_one_running_job_a_resource(world: World, volume: str) -> None:
    """The second job waits for the first (aws-backup.md 4.2)."""
    for _ in range(2):
        world.backup().start_backup_job(BackupVaultName="night", ResourceArn=volume, IamRoleArn=ROLE)
    world.run(START + timedelta(hours=2))
    starts = sorted(snapshot["StartTime"] for snapshot in snapshots(world))

    first = min(job["CompletionDate"] for job in jobs(world))
    assert [job["State"] for job in jobs(world)] == ["COMPLETED", "COMPLETED"]
    assert starts[0] < starts[1]
    assert abs(starts[1] - first) < timedelta(seconds=1)


def test_jobs_are_listed_for_thirty_days(world: World, volume: str) -> None:
    """ListBackupJobs forgets what is older; DescribeBackupJob does not (aws-backup.md 1.1 row 26)."""
    world.backup().start_backup_job(BackupVaultName="night", ResourceArn=volume, IamRoleArn=ROLE)
    world.run(START + timedelta(days=30))
    (job,) = jobs(world)
    world.traveller.move_to(START + timedelta(days=30, milliseconds=1))

    assert jobs(world) == []
    assert world.backup().describe_backup_job(BackupJobId=job["BackupJobId"])["State"] == "COMPLETED"


def test_filters_of_jobs(world: World, volume: str) -> None:
    """Each filter keeps what it names; the bounds of time are open."""
    protect(world, NIGHT)
    world.run(START + timedelta(days=3))
    middle = START + timedelta(days=1, hours=1)

    def days(**filters: Any) -> list[int]:
        return [job["CreationDate"].day for job in jobs(world, **filters)]

    assert [
        days(),
        days(ByCreatedAfter=middle),
        days(ByCreatedBefore=middle),
        days(ByState="FAILED"),
        days(ByResourceType="EBS", ByBackupVaultName="night", ByResourceArn=volume, ByAccountId=ACCOUNT),
        days(ByResourceType="RDS"),
        days(ByCompleteAfter=middle, ByMessageCategory="SUCCESS"),
        days(ByMessageCategory="*", PaginationConfig={"PageSize": 1}),
    ] == [[5, 6, 7], [7], [5], [], [5, 6, 7], [], [6, 7], [5, 6, 7]]


def test_every_resource_type(world: World) -> None:
    """Every resource type of the executor goes through the engine."""
    rds, s3 = world.moto_client("rds", "eu-west-1"), world.moto_client("s3", "eu-west-1")
    rds.create_db_instance(
        DBInstanceIdentifier="db",
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        MasterUsername="admin1",
        MasterUserPassword="password1",
    )
    rds.create_db_cluster(
        DBClusterIdentifier="cluster",
        Engine="aurora-mysql",
        MasterUsername="admin1",
        MasterUserPassword="password1",
    )
    world.moto_client("dynamodb", "eu-west-1").create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    ec2 = world.moto_client("ec2", "eu-west-1")
    ec2.run_instances(ImageId=ec2.register_image(Name="base")["ImageId"], MinCount=1, MaxCount=1)
    protect(world, NIGHT)
    world.run(START + timedelta(days=2, hours=11))

    types = ["Aurora", "DynamoDB", "EBS", "EBS", "EC2", "RDS", "S3"]
    first = [job for job in jobs(world) if job["CreationDate"].day == 5]
    assert sorted(job["ResourceType"] for job in first) == types
    assert {job["State"] for job in jobs(world)} == {"COMPLETED"}
    assert sorted(point["ResourceType"] for point in points(world)) == sorted(types * 2)
    keys = {p["ResourceType"]: p.get("EncryptionKeyType") for p in points(world)}
    assert keys == dict.fromkeys(types) | {"S3": "AWS_OWNED_KMS_KEY", "DynamoDB": "AWS_OWNED_KMS_KEY"}
    own = dict.fromkeys(types) | dict.fromkeys(("S3", "DynamoDB"), OWN_KEY)
    assert {p["ResourceType"]: p.get("EncryptionKeyArn") for p in points(world)} == own
    assert {job["ResourceType"]: job.get("EncryptionKeyArn") for job in first} == own
