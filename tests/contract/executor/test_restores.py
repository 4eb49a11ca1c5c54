"""Restore jobs from StartRestoreJob to the new resource in moto (aws-backup.md 1.1 row 23)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.executor.world import World

ACCOUNT = "123456789012"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
HOUR = timedelta(hours=1)


def back_up(world: World, arn: str, **more: Any) -> str:
    """Back a resource up into `night` and give the recovery point's ARN."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night", CreatorRequestId="once")
    job = backup.start_backup_job(BackupVaultName="night", ResourceArn=arn, IamRoleArn=ROLE, **more)
    world.run(datetime.now(UTC) + HOUR)
    return str(backup.describe_backup_job(BackupJobId=job["BackupJobId"])["RecoveryPointArn"])


def restore(
    world: World, point: str, metadata: dict[str, str], hours: int = 1, **more: Any
) -> dict[str, Any]:
    """Restore and give the job after some hours."""
    job = world.backup().start_restore_job(RecoveryPointArn=point, Metadata=metadata, IamRoleArn=ROLE, **more)
    world.run(datetime.now(UTC) + hours * HOUR)
    answer: dict[str, Any] = world.backup().describe_restore_job(RestoreJobId=job["RestoreJobId"])
    del answer["ResponseMetadata"]
    return answer


def make_volume(world: World) -> str:
    """The ARN of a tagged volume."""
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "tier", "Value": "gold"}]}]
    made = world.moto_client("ec2", "eu-west-1").create_volume(
        AvailabilityZone="eu-west-1a", Size=8, TagSpecifications=tags
    )
    return f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/{made['VolumeId']}"


def make_table(world: World) -> str:
    """The ARN of a table with items of every kind of value and indexes."""
    dynamodb = world.moto_client("dynamodb", "eu-west-1")
    projection = {"ProjectionType": "ALL"}
    dynamodb.create_table(
        TableName="data",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("id", "by")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-name",
                "KeySchema": [{"AttributeName": "by", "KeyType": "HASH"}],
                "Projection": projection,
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    for number in range(30):
        dynamodb.put_item(TableName="data", Item=item(number))
    return f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/data"


def item(number: int) -> dict[str, Any]:
    """An item with nested and binary values."""
    return {
        "id": {"S": f"{number:02d}"},
        "by": {"S": "é"},
        "blob": {"B": b"\x00\xff"},
        "nested": {"M": {"list": {"L": [{"BS": [b"\x01"]}, {"N": "7"}, {"NULL": True}]}}},
    }


def make_bucket(world: World) -> str:
    """The ARN of a versioned bucket with two objects."""
    s3 = world.moto_client("s3", "eu-west-1")
    s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="data", Key="a/b c+é", Body=b"12345", Metadata={"author": "me"}, Tagging="kind=x")
    s3.put_object(Bucket="data", Key="second", Body=b"2")
    return "arn:aws:s3:::data"


def test_a_volume(world: World) -> None:
    """The job goes from PENDING to COMPLETED and names the new volume, of its snapshot, with copied tags."""
    source = make_volume(world)
    point = back_up(world, source)
    backup, ec2 = world.backup(), world.moto_client("ec2", "eu-west-1")
    metadata = backup.get_recovery_point_restore_metadata(BackupVaultName="night", RecoveryPointArn=point)
    assert (metadata["RestoreMetadata"], metadata["ResourceType"]) == (
        {"encrypted": "false", "volumeId": source.split("/")[1], "volumeSize": "8"},
        "EBS",
    )
    given = metadata["RestoreMetadata"] | {"availabilityZone": "eu-west-1b", "volumeType": "gp3"}
    request = {"RecoveryPointArn": point, "Metadata": given, "IamRoleArn": ROLE, "IdempotencyToken": "a"}
    first, again = (
        backup.start_restore_job(**request, CopySourceTagsToRestoredResource=True)["RestoreJobId"]
        for _ in range(2)
    )
    pending = backup.describe_restore_job(RestoreJobId=first)
    began = datetime.now(UTC)
    world.run(began + timedelta(minutes=1))
    running = backup.describe_restore_job(RestoreJobId=first)["Status"]
    world.run(began + HOUR)
    (job,) = backup.list_restore_jobs()["RestoreJobs"]
    volume = ec2.describe_volumes(VolumeIds=[job["CreatedResourceArn"].split("/")[1]])["Volumes"][0]

    assert (first == again, pending["Status"], running) == (True, "PENDING", "RUNNING")
    assert job == {
        "AccountId": ACCOUNT,
        "RestoreJobId": first,
        "RecoveryPointArn": point,
        "SourceResourceArn": source,
        "BackupVaultArn": f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:night",
        "CreationDate": began,
        "CompletionDate": job["CompletionDate"],
        "Status": "COMPLETED",
        "PercentDone": "100.00%",
        "BackupSizeInBytes": 8 << 30,
        "IamRoleArn": ROLE,
        "CreatedResourceArn": f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/{volume['VolumeId']}",
        "ResourceType": "EBS",
        "RecoveryPointCreationDate": START,
        "IsParent": False,
    }
    assert (volume["AvailabilityZone"], volume["SnapshotId"], volume["VolumeType"], volume["Tags"]) == (
        "eu-west-1b",
        point.split("/")[1],
        "gp3",
        [{"Key": "tier", "Value": "gold"}],
    )
    assert backup.get_restore_job_metadata(RestoreJobId=first)["Metadata"] == given
    described = backup.describe_protected_resource(ResourceArn=source)
    assert described["LatestRestoreJobCreationDate"] == began
    assert described["LatestRestoreRecoveryPointCreationDate"] == START
    assert 2 <= described["LatestRestoreExecutionTimeMinutes"] <= 20
    by_resource = backup.list_restore_jobs_by_protected_resource
    assert by_resource(ResourceArn=source)["RestoreJobs"] == [job]
    assert by_resource(ResourceArn=f"{source}0")["RestoreJobs"] == []
    assert by_resource(ResourceArn=source, ByRecoveryPointCreationDateAfter=START)["RestoreJobs"] == []


@pytest.mark.long
@pytest.mark.parametrize("managed", [True, False])
def test_a_table(world: World, managed: bool) -> None:  # noqa: FBT001 -- a case
    """Every item comes back into a new table, whether DynamoDB or the executor kept them."""
    source = make_table(world)
    world.backup().update_region_settings(ResourceTypeManagementPreference={"DynamoDB": managed})
    job = restore(world, back_up(world, source), {"targetTableName": "again"})
    dynamodb = world.moto_client("dynamodb", "eu-west-1")
    table = dynamodb.describe_table(TableName="again")["Table"]

    assert (job["Status"], job["CreatedResourceArn"]) == ("COMPLETED", source.replace("data", "again"))
    assert dynamodb.scan(TableName="again")["Count"] == 30
    assert dynamodb.get_item(TableName="again", Key={"id": {"S": "07"}})["Item"] == item(7)
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by-name"]
    again = restore(world, job["RecoveryPointArn"], {"targetTableName": "again"})
    assert again["Status"] == "FAILED"
    assert again["StatusMessage"]


def test_a_bucket(world: World) -> None:
    """Objects with metadata and tags into a new bucket; single ones into the original."""
    point, s3 = back_up(world, make_bucket(world)), world.moto_client("s3", "eu-west-1")
    whole = restore(world, point, {"DestinationBucketName": "again", "NewBucket": "true"})
    found = s3.get_object(Bucket="again", Key="a/b c+é")
    s3.delete_object(Bucket="data", Key="a/b c+é")
    s3.delete_object(Bucket="data", Key="second")
    single = restore(world, point, {"ItemsToRestore": json.dumps(["second"])})
    wrong = [
        restore(world, point, {"ItemsToRestore": text})["StatusMessage"] for text in ('["third"]', "{", "7")
    ]

    assert (whole["Status"], whole["CreatedResourceArn"]) == ("COMPLETED", "arn:aws:s3:::again")
    assert (found["Body"].read(), found["Metadata"], found["TagCount"]) == (b"12345", {"author": "me"}, 1)
    assert single["CreatedResourceArn"] == "arn:aws:s3:::data"
    assert [o["Key"] for o in s3.list_objects_v2(Bucket="data")["Contents"]] == ["second"]
    assert wrong == ["third is not in the backup."] + 2 * [
        "ItemsToRestore must be a JSON list of object keys."
    ]


def test_databases(world: World) -> None:
    """An instance and a cluster from their snapshots."""
    rds = world.moto_client("rds", "eu-west-1")
    master = {"MasterUsername": "admin1", "MasterUserPassword": "password1"}
    instance = rds.create_db_instance(
        DBInstanceIdentifier="db",
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        **master,
    )["DBInstance"]["DBInstanceArn"]
    cluster = rds.create_db_cluster(DBClusterIdentifier="cluster", Engine="aurora-mysql", **master)[
        "DBCluster"
    ]["DBClusterArn"]
    jobs = [
        restore(world, back_up(world, instance), {"DBInstanceIdentifier": "db-2", "MultiAZ": "true"}),
        restore(
            world, back_up(world, cluster), {"DBClusterIdentifier": "cluster-2", "Engine": "aurora-mysql"}
        ),
    ]

    assert [(job["Status"], job["CreatedResourceArn"]) for job in jobs] == [
        ("COMPLETED", instance.replace(":db:db", ":db:db-2")),
        ("COMPLETED", cluster.replace("cluster:cluster", "cluster:cluster-2")),
    ]
    assert rds.describe_db_instances(DBInstanceIdentifier="db-2")["DBInstances"][0]["MultiAZ"] is True


def test_an_instance(world: World) -> None:
    """A new instance from the image."""
    ec2 = world.moto_client("ec2", "eu-west-1")
    made = ec2.run_instances(ImageId=ec2.register_image(Name="base")["ImageId"], MinCount=1, MaxCount=1)
    arn = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/{made['Instances'][0]['InstanceId']}"
    job = restore(world, back_up(world, arn), {"InstanceType": "t3.small"})
    restored = job["CreatedResourceArn"].split("/")[1]
    (found,) = ec2.describe_instances(InstanceIds=[restored])["Reservations"][0]["Instances"]

    assert (job["Status"], found["InstanceType"]) == ("COMPLETED", "t3.small")
    assert job["RecoveryPointArn"].endswith(found["ImageId"])


def test_metadata_without_an_effect_are_said(world: World) -> None:
    """Not those that GetRecoveryPointRestoreMetadata tells, nor AWS Backup's own; the restore goes on."""
    point = back_up(world, make_volume(world))
    told = world.backup().get_recovery_point_restore_metadata(BackupVaultName="night", RecoveryPointArn=point)
    plain = {**told["RestoreMetadata"], "availabilityZone": "eu-west-1a", "aws:backup:request-id": "1"}
    done = restore(world, point, plain)
    assert (done["Status"], "StatusMessage" in done) == ("COMPLETED", False)

    done = restore(world, point, plain | {"multiAttach": "true", "Kind": "x", "volumeId": "vol-other"})
    said = "These restore metadata have no effect in this backup service: Kind, multiAttach, volumeId."
    assert (done["Status"], done["StatusMessage"]) == ("COMPLETED", said)


def test_requests_that_are_refused(world: World) -> None:
    """What the type needs, what it is, and what is not there; no job is made."""
    point = back_up(world, make_volume(world))
    backup, zone = world.backup(), {"availabilityZone": "eu-west-1a"}
    bucket = back_up(world, make_bucket(world))
    wrong: list[dict[str, Any]] = [
        {"RecoveryPointArn": point, "Metadata": {}},
        {"RecoveryPointArn": point, "Metadata": zone, "ResourceType": "RDS"},
        {"RecoveryPointArn": point, "Metadata": zone, "IamRoleArn": "nobody"},
        {"RecoveryPointArn": bucket, "Metadata": {}, "CopySourceTagsToRestoredResource": True},
    ]
    for request in wrong:
        with pytest.raises(backup.exceptions.InvalidParameterValueException):
            backup.start_restore_job(**request)
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.start_restore_job(RecoveryPointArn=f"{point}0", Metadata=zone)
    for call in (backup.describe_restore_job, backup.get_restore_job_metadata):
        with pytest.raises(backup.exceptions.ResourceNotFoundException):
            call(RestoreJobId="none")
    assert backup.list_restore_jobs()["RestoreJobs"] == []


def test_resources_of_a_vault(world: World) -> None:
    """Each once, with its newest recovery point there."""
    volume, bucket = make_volume(world), make_bucket(world)
    back_up(world, volume)
    newest = [back_up(world, arn) for arn in (volume, bucket)]
    listed = world.backup().get_paginator("list_protected_resources_by_backup_vault")
    pages = listed.paginate(BackupVaultName="night", PaginationConfig={"PageSize": 1})

    found = [(row["ResourceArn"], row["LastRecoveryPointArn"]) for page in pages for row in page["Results"]]
    assert found == list(zip((volume, bucket), newest, strict=True))
