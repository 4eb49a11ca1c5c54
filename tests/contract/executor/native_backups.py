"""A resource of each type, and how the native backup of it is deleted behind the service's back."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from auditor.executor.engine import reconcile
from tests.contract.executor.world import World

ACCOUNT, REGION = "123456789012", "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
START = datetime(2026, 1, 5, tzinfo=UTC)
LATER = START + timedelta(days=5)
ZONE = f"{REGION}a"

Native = tuple[str, Callable[[str], None]]


def back_up(
    world: World, resource: str, *, vault: str = "night", run_for: timedelta = timedelta(hours=2)
) -> str:
    """Back a resource up on demand, kept for 30 days; gives the recovery point's ARN."""
    backup = world.backup()
    job = backup.start_backup_job(
        BackupVaultName=vault, ResourceArn=resource, IamRoleArn=ROLE, Lifecycle={"DeleteAfterDays": 30}
    )["BackupJobId"]
    world.run(datetime.now(UTC) + run_for)
    done = backup.describe_backup_job(BackupJobId=job)
    assert done["State"] == "COMPLETED", done
    return str(done["RecoveryPointArn"])


def described(world: World, arn: str) -> str:
    """The status of a recovery point, or what is said where it is not in its vault."""
    backup = world.backup()
    try:
        found = backup.describe_recovery_point(BackupVaultName="night", RecoveryPointArn=arn)
    except backup.exceptions.ResourceNotFoundException as error:
        return str(error.response["Error"]["Message"])
    return str(found["Status"])


def gone(arn: str, found: datetime) -> str:
    """What is said of a recovery point that was found to be gone."""
    where = f"Recovery point {arn} does not exist in backup vault night."
    return f"{where} {reconcile.GONE}, found at {found:%Y-%m-%dT%H:%M:%SZ}."


def in_vault(world: World) -> list[str]:
    """The ARNs that the vault has, in their order; the vault's count agrees."""
    backup = world.backup()
    points = backup.list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"]
    count = backup.describe_backup_vault(BackupVaultName="night")["NumberOfRecoveryPoints"]
    assert count == len(points)
    return sorted(point["RecoveryPointArn"] for point in points)


def name(arn: str) -> str:
    """What ends an ARN."""
    return arn.replace("/", ":").rpartition(":")[2]


def volume(world: World) -> Native:
    """A volume of EBS, and how its snapshot is deleted."""
    ec2 = world.moto_client("ec2", REGION)
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/{made}"
    return arn, lambda point: ec2.delete_snapshot(SnapshotId=name(point))


def instance(world: World) -> Native:
    """An instance of EC2, and how its image is deregistered."""
    ec2 = world.moto_client("ec2", REGION)
    image = ec2.register_image(Name="base")["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{made}"
    return arn, lambda point: ec2.deregister_image(ImageId=name(point))


def database(world: World) -> Native:
    """An instance of RDS, and how its snapshot is deleted."""
    rds = world.moto_client("rds", REGION)
    given = {"DBInstanceClass": "db.t3.micro", "Engine": "postgres", "AllocatedStorage": 20}
    users = {"MasterUsername": "admin1", "MasterUserPassword": "password1"}
    made = rds.create_db_instance(DBInstanceIdentifier="db", **given, **users)["DBInstance"]["DBInstanceArn"]
    return made, lambda point: rds.delete_db_snapshot(DBSnapshotIdentifier=name(point))


def cluster(world: World) -> Native:
    """A cluster of Aurora, and how its snapshot is deleted."""
    rds = world.moto_client("rds", REGION)
    users = {"MasterUsername": "admin1", "MasterUserPassword": "password1"}
    made = rds.create_db_cluster(DBClusterIdentifier="cluster", Engine="aurora-mysql", **users)
    arn = made["DBCluster"]["DBClusterArn"]
    return arn, lambda point: rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=name(point))


def warehouse(world: World) -> Native:
    """A cluster of Redshift, and how its snapshot is deleted."""
    redshift = world.moto_client("redshift", REGION)
    users = {"MasterUsername": "admin1", "MasterUserPassword": "Password1"}
    redshift.create_cluster(ClusterIdentifier="dw", NodeType="ra3.large", ClusterType="single-node", **users)
    arn = f"arn:aws:redshift:{REGION}:{ACCOUNT}:cluster:dw"
    return arn, lambda point: redshift.delete_cluster_snapshot(SnapshotIdentifier=name(point))


def table(world: World) -> Native:
    """A table with DynamoDB's own backups, and how one is deleted."""
    world.backup().update_region_settings(ResourceTypeManagementPreference={"DynamoDB": False})
    dynamodb = world.moto_client("dynamodb", REGION)
    return _table(dynamodb), lambda point: dynamodb.delete_backup(BackupArn=point)


def managed_table(world: World) -> Native:
    """A table whose items are stored, and how they are deleted."""
    return _table(world.moto_client("dynamodb", REGION)), lambda point: empty_store(world, point)


def _table(dynamodb: Any) -> str:
    made = dynamodb.create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return str(made["TableDescription"]["TableArn"])


def bucket(world: World) -> Native:
    """A bucket, and how what is stored of it is deleted."""
    s3 = world.moto_client("s3", REGION)
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="bucket", Key="one", Body=b"1")
    return "arn:aws:s3:::bucket", lambda point: empty_store(world, point)


def stack(world: World) -> Native:
    """A stack without data, and how its template is deleted."""
    template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    client = world.moto_client("cloudformation", REGION)
    made = client.create_stack(StackName="stack", TemplateBody=template)["StackId"]
    return made, lambda point: empty_store(world, point)


def file_system(world: World) -> Native:
    """The file system of EFS that is mounted, and how what is stored of it is deleted."""
    (found,) = world.moto_client("efs", REGION).describe_file_systems()["FileSystems"]
    return found["FileSystemArn"], lambda point: empty_store(world, point)


def share(world: World) -> Native:
    """A file system of FSx, and how its backup is deleted. Moto's backups are told to be complete."""
    fsx = world.moto_client("fsx", REGION)
    made = fsx.create_file_system(FileSystemType="WINDOWS", StorageCapacity=32, SubnetIds=["subnet-00000001"])

    def complete(parsed: dict[str, Any], **_: Any) -> None:
        for backup in parsed["Backups"]:
            backup |= {"Lifecycle": "AVAILABLE", "FileSystem": made["FileSystem"]}

    fsx.meta.events.register("after-call.fsx.DescribeBackups", complete)
    return made["FileSystem"]["ResourceARN"], lambda point: fsx.delete_backup(BackupId=name(point))


def gateway_volume(world: World) -> Native:
    """A volume of Storage Gateway, and how its snapshot is deleted. The gateway is this; EBS is moto's."""
    ebs, delete = volume(world)
    ec2, gateway = world.moto_client("ec2", REGION), world.moto_client("storagegateway", REGION)
    head = f"arn:aws:storagegateway:{REGION}:{ACCOUNT}:gateway/sgw-12A3456B/volume/"
    arn = f"{head}vol-{name(ebs)[4:].upper()}"  # as gateways write the ids of volumes

    def answer(model: Any, params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        if model.name == "ListVolumes":
            answered: dict[str, Any] = {"VolumeInfos": [{"VolumeARN": arn}]}
        elif model.name == "DescribeCachediSCSIVolumes":
            answered = {"CachediSCSIVolumes": [{"VolumeARN": arn, "VolumeSizeInBytes": 1 << 30}]}
        else:
            asked = json.loads(params["body"])["SnapshotDescription"]
            answered = ec2.create_snapshot(VolumeId=name(ebs), Description=asked)
        return AWSResponse("", 200, HTTPHeaders(), None), answered

    gateway.meta.events.register("before-call.storagegateway", answer)
    return arn, delete


def empty_store(world: World, point: str) -> None:
    """Delete what says what a stored recovery point is."""
    s3, store = world.moto_client("s3", REGION), f"backup-{ACCOUNT}-{REGION}"
    for item in s3.list_objects_v2(Bucket=store, Prefix=f"{name(point)[-36:]}/")["Contents"]:
        s3.delete_object(Bucket=store, Key=item["Key"])


def only_what_was_deleted_is_gone(world: World, kind: Callable[[World], Native]) -> None:
    """Of two backups one is deleted in its own service: it leaves its vault, and it is said why."""
    world.backup().create_backup_vault(BackupVaultName="night")
    resource, delete = kind(world)
    first, second = back_up(world, resource), back_up(world, resource)
    delete(first)
    world.run(LATER)

    assert described(world, first) == gone(first, START + timedelta(hours=4))
    assert described(world, second) == "COMPLETED"
    assert in_vault(world) == [second]


KINDS = (volume, instance, database, cluster, warehouse, table, managed_table, bucket)
#: Those that need the world with a mounted file system and gateways.
MORE_KINDS = (file_system, share, gateway_volume)
