"""Native backups that somebody else has made: shown with a resource's recovery points, and never touched."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.ec2.models import ec2_backends

from auditor.aws.session import Credentials, make_client
from tests.contract.executor.world import World

ACCOUNT, REGION = "123456789012", "eu-west-1"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
STRANGER = "0A1B2C3D-0000-4000-8000-00000000000A"

Refuse = Callable[[str], None]


@pytest.fixture
def asked(world: World) -> Iterator[list[str]]:
    """The calls that list snapshots, as they come."""
    calls: list[str] = []
    events = world.moto_client("ec2", REGION).meta.events

    def note(model: Any, **_: Any) -> None:
        calls.append(model.name)

    events.register("before-call.ec2.DescribeSnapshots", note)
    yield calls
    events.unregister("before-call.ec2.DescribeSnapshots", note)


@pytest.fixture
def refuse(world: World) -> Iterator[Refuse]:
    """`refuse(code)`: EC2 refuses to list snapshots from now on."""
    events, registered = world.moto_client("ec2", REGION).meta.events, list[Any]()

    def begin(code: str) -> None:
        def answer(**_: Any) -> Any:
            error = {"Code": code, "Message": "not now"}
            return type("Answer", (), {"status_code": 400}), {"Error": error, "ResponseMetadata": {}}

        registered.append(answer)
        events.register("before-call.ec2.DescribeSnapshots", answer)

    yield begin
    for answer in registered:
        events.unregister("before-call.ec2.DescribeSnapshots", answer)


def back_up(world: World, resource_arn: str) -> str:
    """Start a backup job; gives its id."""
    job = world.backup().start_backup_job(BackupVaultName="night", ResourceArn=resource_arn, IamRoleArn=ROLE)
    return str(job["BackupJobId"])


def own(world: World, volume: str, *hours: float) -> list[str]:
    """Recovery points of jobs that were asked for at those hours, as ARNs."""
    ids = []
    for hour in hours:
        world.traveller.move_to(START + timedelta(hours=hour))
        ids.append(back_up(world, volume))
        world.run(START + timedelta(hours=hour + 1))
    return [world.backup().describe_backup_job(BackupJobId=each)["RecoveryPointArn"] for each in ids]


def snapshot(world: World, volume: str, hour: float, description: str = "mine") -> str:
    """A snapshot that somebody makes at that hour, as an ARN."""
    world.traveller.move_to(START + timedelta(hours=hour))
    made = world.moto_client("ec2", REGION).create_snapshot(
        VolumeId=volume.split("/")[1], Description=description
    )
    return f"arn:aws:ec2:{REGION}::snapshot/{made['SnapshotId']}"


def listed(world: World, resource_arn: str, **params: Any) -> list[str]:
    """The ARNs of what is listed of a resource, over all pages."""
    pages = world.backup().get_paginator("list_recovery_points_by_resource")
    found = pages.paginate(ResourceArn=resource_arn, **params)
    return [point["RecoveryPointArn"] for page in found for point in page["RecoveryPoints"]]


def test_the_databases_come_first_then_those_made_elsewhere(world: World, volume: str) -> None:
    """Each part the newest first; of what is in no vault there is no vault's name."""
    (older, newer) = own(world, volume, 1, 3)
    (early, late) = (snapshot(world, volume, hour) for hour in (2, 6))

    points = world.backup().list_recovery_points_by_resource(ResourceArn=volume)["RecoveryPoints"]

    assert [point["RecoveryPointArn"] for point in points] == [newer, older, late, early]
    assert [point.get("BackupVaultName") for point in points] == ["night", "night", None, None]
    assert points[2] == {
        "RecoveryPointArn": late,
        "CreationDate": START + timedelta(hours=6),
        "Status": "COMPLETED",
        "BackupSizeBytes": 8 << 30,
    }
    assert listed(world, volume, ManagedByAWSBackupOnly=False) == [newer, older, late, early]
    assert listed(world, volume, ManagedByAWSBackupOnly=True) == [newer, older]
    in_vault = world.backup().list_recovery_points_by_backup_vault(BackupVaultName="night")
    assert [point["RecoveryPointArn"] for point in in_vault["RecoveryPoints"]] == [newer, older]


def test_a_database_has_its_name_and_key(world: World) -> None:
    """Automated snapshots of RDS are made elsewhere, too."""
    key = world.moto_client("kms", REGION).create_key()["KeyMetadata"]["Arn"]
    rds = world.moto_client("rds", REGION)
    database = rds.create_db_instance(
        DBInstanceIdentifier="data",
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        StorageEncrypted=True,
        KmsKeyId=key,
    )["DBInstance"]["DBInstanceArn"]
    (automated,) = rds.describe_db_snapshots()["DBSnapshots"]
    assert automated["SnapshotType"] == "automated"

    (point,) = world.backup().list_recovery_points_by_resource(ResourceArn=database)["RecoveryPoints"]

    assert point == {
        "RecoveryPointArn": automated["DBSnapshotArn"],
        "CreationDate": START,
        "Status": "COMPLETED",
        "EncryptionKeyArn": key,
        "BackupSizeBytes": 20 << 30,
        "ResourceName": "data",
    }


def test_pages_lead_over_the_seam(world: World, volume: str, asked: list[str]) -> None:
    """Every page is full but the last, nothing comes twice, and EC2 is asked from the seam on only."""
    points = own(world, volume, 1, 3, 5)
    everything = [*points[::-1], *sorted(snapshot(world, volume, 8) for _ in range(3))]

    for size in (1, 2, 3, 4, 5, 6, 7, 1000):
        asked.clear()
        pages, token = list[list[str]](), dict[str, str]()
        while not pages or token:
            page = world.backup().list_recovery_points_by_resource(
                ResourceArn=volume, MaxResults=size, **token
            )
            pages.append([point["RecoveryPointArn"] for point in page["RecoveryPoints"]])
            assert bool(asked) is (len(pages) * size >= len(points))
            token = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
        assert pages == [everything[start : start + size] for start in range(0, 6, size)]


def test_what_comes_and_goes_meanwhile_moves_nothing(world: World, volume: str) -> None:
    """Between two pages: one more of each kind, the last one seen is gone, and the next one, too."""
    own(world, volume, 1)
    others = [snapshot(world, volume, hour) for hour in (3, 4, 5, 6)]
    first = world.backup().list_recovery_points_by_resource(ResourceArn=volume, MaxResults=2)
    assert first["RecoveryPoints"][1]["RecoveryPointArn"] == others[3]

    snapshot(world, volume, 7)
    own(world, volume, 8)
    for arn in (others[3], others[2]):
        world.moto_client("ec2", REGION).delete_snapshot(SnapshotId=arn.split("/")[1])
    rest = world.backup().list_recovery_points_by_resource(ResourceArn=volume, NextToken=first["NextToken"])

    assert [point["RecoveryPointArn"] for point in rest["RecoveryPoints"]] == [others[1], others[0]]
    assert "NextToken" not in rest


def test_a_page_after_everything_has_gone_is_empty(world: World, volume: str) -> None:
    """A token stays right."""
    others = [snapshot(world, volume, hour) for hour in (1, 2)]
    first = world.backup().list_recovery_points_by_resource(ResourceArn=volume, MaxResults=1)
    for arn in others:
        world.moto_client("ec2", REGION).delete_snapshot(SnapshotId=arn.split("/")[1])

    rest = world.backup().list_recovery_points_by_resource(ResourceArn=volume, NextToken=first["NextToken"])

    assert (rest["RecoveryPoints"], "NextToken" in rest) == ([], False)


def token_of(values: bytes) -> str:
    """A token of the listing with these values."""
    return f"ListRecoveryPointsByResource.{urlsafe_b64encode(values).decode()}"


def test_a_token_of_something_else_is_refused(world: World, volume: str) -> None:
    """Neither part gave it; and a token of what was made elsewhere is none of the database's."""
    ask = world.backup().list_recovery_points_by_resource
    for values in (b'[1,"a",2]', b'["a",1]', b"[]", b'{"a":1}', b"no"):
        with pytest.raises(ClientError, match="NextToken is not one"):
            ask(ResourceArn=volume, NextToken=token_of(values))
    beyond = token_of(b'[-1,"arn"]')
    with pytest.raises(ClientError, match="NextToken is not one"):
        ask(ResourceArn=volume, NextToken=beyond, ManagedByAWSBackupOnly=True)


def test_what_this_databases_jobs_made_is_never_made_elsewhere(world: World, volume: str) -> None:
    """While the job runs, and when its recovery point is gone from the database and not from EC2."""
    job = back_up(world, volume)
    world.run(START + timedelta(minutes=1))
    assert world.backup().describe_backup_job(BackupJobId=job)["State"] == "RUNNING"
    made = world.moto_client("ec2", REGION).describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert [each["Description"] for each in made] == [f"Backup job {job}"]
    while_running = listed(world, volume)

    world.run(START + timedelta(hours=1))
    (point,) = listed(world, volume)
    world.backup().delete_recovery_point(BackupVaultName="night", RecoveryPointArn=point)
    snapshot(world, volume, 2, f"Backup job {job}")

    assert (while_running, listed(world, volume)) == ([], [])


def test_a_recovery_point_that_has_lost_its_mark_is_listed_once(world: World, volume: str) -> None:
    """The tag of a backup of FSx can be removed: the database knows its ARN, too."""
    (point,) = own(world, volume, 1)
    ec2_backends[ACCOUNT][REGION].snapshots[point.split("/")[1]].description = "mine"

    assert listed(world, volume) == [point]


def test_what_another_databases_jobs_made_is_made_elsewhere(world: World, volume: str) -> None:
    """A token that this database has not given out says nothing here."""
    theirs = snapshot(world, volume, 1, f"Backup job {STRANGER}")

    assert listed(world, volume) == [theirs]


def test_what_a_job_of_another_place_made_was_copied_from_there(world: World, volume: str) -> None:
    """Somebody who copies a backup may keep its name or description."""
    world.backup("eu-central-1").create_backup_vault(BackupVaultName="night")
    made = world.moto_client("ec2", "eu-central-1").create_volume(AvailabilityZone="eu-central-1a", Size=8)
    there = f"arn:aws:ec2:eu-central-1:{ACCOUNT}:volume/{made['VolumeId']}"
    job = world.backup("eu-central-1").start_backup_job(
        BackupVaultName="night", ResourceArn=there, IamRoleArn=ROLE
    )["BackupJobId"]
    mine = snapshot(world, volume, 1, f"Backup job {job}")

    assert listed(world, volume) == [mine]


def test_what_a_copy_job_is_making_here_was_not_made_elsewhere(world: World) -> None:
    """A job of another Region copies into this one; moto takes the copy for one of this Region's database."""
    settings = {"Engine": "postgres", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20}
    for region in (REGION, "eu-central-1"):
        world.backup(region).create_backup_vault(BackupVaultName="night")
        world.moto_client("rds", region).create_db_instance(DBInstanceIdentifier="data", **settings)
    here, there = (f"arn:aws:rds:{region}:{ACCOUNT}:db:data" for region in (REGION, "eu-central-1"))
    (automated,) = listed(world, here)
    other = world.backup("eu-central-1")
    job = other.start_backup_job(BackupVaultName="night", ResourceArn=there, IamRoleArn=ROLE)
    world.run(START + timedelta(hours=1))
    point = other.describe_backup_job(BackupJobId=job["BackupJobId"])["RecoveryPointArn"]
    copy = other.start_copy_job(
        RecoveryPointArn=point,
        SourceBackupVaultName="night",
        DestinationBackupVaultArn=f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:night",
        IamRoleArn=ROLE,
    )["CopyJobId"]
    world.run(START + timedelta(hours=1, minutes=1))

    assert other.describe_copy_job(CopyJobId=copy)["CopyJob"]["State"] == "RUNNING"
    made = world.moto_client("rds", REGION).describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert [each["DBSnapshotIdentifier"] for each in made] == [f"awsbackup-job-{copy.lower()}"]
    assert listed(world, here) == [automated]


def test_of_instances_only_recovery_points_of_aws_backup_are_listed(world: World) -> None:
    """AWS lists no images that somebody made."""
    ec2 = world.moto_client("ec2", REGION)
    image = ec2.register_image(Name="base")["ImageId"]
    (machine,) = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"]
    world.backup().create_backup_vault(BackupVaultName="night")
    instance = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{machine['InstanceId']}"
    (point,) = own(world, instance, 1)
    ec2.create_image(InstanceId=machine["InstanceId"], Name="mine")

    assert listed(world, instance) == [point]


def test_nobody_is_asked_for_resources_that_are_not_here(world: World, volume: str, asked: list[str]) -> None:
    """Of another account, Region or partition, without native backups, of no known type, no ARN."""
    snapshot(world, volume, 1)
    others = [
        volume.replace(ACCOUNT, "999999999999"),
        volume.replace(REGION, "eu-central-1"),
        volume.replace("arn:aws:", "arn:aws-cn:"),
        "arn:aws:s3:::data",
        f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:file-system/fs-1",
        f"arn:aws:storagegateway:{REGION}:{ACCOUNT}:gateway/sgw-1/volume/vol-1",
        f"arn:aws:sqs:{REGION}:{ACCOUNT}:data",
        "data",
    ]

    assert [listed(world, arn) for arn in others] == [[]] * len(others)
    assert asked == []


@pytest.mark.parametrize(
    ("code", "remedy"),
    [("AccessDenied", "Let the executor's role list them"), ("Throttling", "Ask again later")],
)
def test_a_refusal_is_told_and_never_an_empty_list(
    world: World, volume: str, refuse: Refuse, code: str, remedy: str
) -> None:
    """The database's own are still to be had."""
    (point,) = own(world, volume, 1)
    refuse(code)
    impatient = make_client(
        "backup",
        REGION,
        credentials=Credentials(ACCOUNT, "secret"),
        endpoint_url=world.endpoint,
        config=Config(retries={"total_max_attempts": 1}),
    )

    with pytest.raises(ClientError) as refused:
        impatient.list_recovery_points_by_resource(ResourceArn=volume)

    assert isinstance(refused.value, impatient.exceptions.ServiceUnavailableException)
    message = str(refused.value)
    assert f"The native backups of {volume} could not be listed" in message
    assert f"not now {remedy}, or ask with ManagedByAWSBackupOnly for those that" in message
    assert listed(world, volume, ManagedByAWSBackupOnly=True) == [point]
    first = world.backup().list_recovery_points_by_resource(ResourceArn=volume, ManagedByAWSBackupOnly=True)
    assert "NextToken" not in first


def test_what_was_made_elsewhere_is_never_touched(world: World, volume: str) -> None:
    """It is no recovery point of a vault: nothing can be asked of it, and expiry leaves it."""
    mine = snapshot(world, volume, 1)
    (point,) = own(world, volume, 2)
    backup, asked = world.backup(), {"BackupVaultName": "night", "RecoveryPointArn": mine}
    lifecycle = {"DeleteAfterDays": 1}

    for operation, params in (
        ("describe_recovery_point", {}),
        ("update_recovery_point_lifecycle", {"Lifecycle": lifecycle}),
        ("delete_recovery_point", {}),
        ("get_recovery_point_restore_metadata", {}),
    ):
        with pytest.raises(backup.exceptions.ResourceNotFoundException):
            getattr(backup, operation)(**asked, **params)
    backup.update_recovery_point_lifecycle(
        BackupVaultName="night", RecoveryPointArn=point, Lifecycle=lifecycle
    )
    world.run(START + timedelta(days=3))

    assert listed(world, volume) == [mine]
    left = world.moto_client("ec2", REGION).describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert [each["SnapshotId"] for each in left] == [mine.split("/")[1]]
