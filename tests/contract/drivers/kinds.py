"""One case for each driver: how a resource of its type comes to be, and what is looked at behind its back."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.ec2.models import ec2_backends
from moto.rds.models import rds_backends
from moto.redshift.models import redshift_backends

Clients = Callable[[str, str, str], Any]

ACCOUNT = "123456789012"
TAGS = {"backup-tier": "gold", "Name": "data"}
TAG_LIST = [{"Key": key, "Value": value} for key, value in TAGS.items()]


@dataclass(frozen=True)
class Kind:
    """One driver, how a resource of its type comes to be, and what is looked at behind its back.

    `arn` is the pattern of its recovery points' ARNs. `elsewhere` makes a native backup that is not the
    executor's. `set_state` sets the state of a backup by its ARN; `making`, `complete` and `failed` are the
    service's words. Without it the service has no such states.
    """

    resource_type: str
    make: Callable[[Clients, str, str], None]
    arn: str
    exists: Callable[[Clients, str, str], bool]
    elsewhere: Callable[[Clients, str, str], str]
    managed: bool = False
    copied: bool = True
    making: str = ""
    complete: str = ""
    failed: str = ""
    set_state: Callable[..., None] | None = None

    def put_into(self, region: str, arn: str, state: str, account: str = ACCOUNT) -> None:
        """Have the service say that a backup is in a state."""
        assert self.set_state is not None
        self.set_state(region, arn, state, account)


def make_volume(clients: Clients, region: str, key: str) -> None:
    """An encrypted EBS volume."""
    clients("ec2", ACCOUNT, region).create_volume(
        AvailabilityZone=f"{region}a",
        Size=10,
        Encrypted=True,
        KmsKeyId=key,
        TagSpecifications=[{"ResourceType": "volume", "Tags": TAG_LIST}],
    )


def make_instance(clients: Clients, region: str, _key: str) -> None:
    """An instance with a root volume."""
    ec2 = clients("ec2", ACCOUNT, region)
    image = ec2.register_image(Name="base")["ImageId"]
    ec2.run_instances(
        ImageId=image,
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": TAG_LIST}],
    )


def make_database(clients: Clients, region: str, key: str) -> None:
    """An encrypted database."""
    clients("rds", ACCOUNT, region).create_db_instance(
        DBInstanceIdentifier="data",
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        StorageEncrypted=True,
        KmsKeyId=key,
        MasterUsername="admin1",
        MasterUserPassword="password1",
        Tags=TAG_LIST,
    )


def make_cluster(clients: Clients, region: str, key: str) -> None:
    """An encrypted Aurora cluster with an instance, which is no resource of its own."""
    rds = clients("rds", ACCOUNT, region)
    rds.create_db_cluster(
        DBClusterIdentifier="data",
        Engine="aurora-postgresql",
        StorageEncrypted=True,
        KmsKeyId=key,
        MasterUsername="admin1",
        MasterUserPassword="password1",
        Tags=TAG_LIST,
    )
    rds.create_db_instance(
        DBInstanceIdentifier="data-1",
        DBClusterIdentifier="data",
        Engine="aurora-postgresql",
        DBInstanceClass="db.r6g.large",
    )


def make_table(clients: Clients, region: str, _key: str) -> None:
    """A table with items, binary ones among them."""
    dynamodb = clients("dynamodb", ACCOUNT, region)
    dynamodb.create_table(
        TableName="data",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=TAG_LIST,
    )
    for number in range(3):
        dynamodb.put_item(TableName="data", Item={"id": {"S": str(number)}, "blob": {"B": b"\x00\xff"}})


def make_bucket(clients: Clients, region: str, _key: str) -> None:
    """A versioned bucket with an awkward key."""
    s3 = clients("s3", ACCOUNT, region)
    s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": region})
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket="data", Tagging={"TagSet": TAG_LIST})
    s3.put_object(Bucket="data", Key="a/b c+é", Body=b"12345", Metadata={"author": "me"}, Tagging="kind=x")


def make_stack(clients: Clients, region: str, _key: str) -> None:
    """A stack with a volume."""
    disk = {"Type": "AWS::EC2::Volume", "Properties": {"AvailabilityZone": f"{region}a", "Size": 8}}
    clients("cloudformation", ACCOUNT, region).create_stack(
        StackName="data", TemplateBody=json.dumps({"Resources": {"Disk": disk}}), Tags=TAG_LIST
    )


def elsewhere_snapshot(clients: Clients, region: str, resource_arn: str) -> str:
    """A snapshot that somebody took."""
    ec2 = clients("ec2", ACCOUNT, region)
    volume = resource_arn.split("/")[1]
    tags = [{"ResourceType": "snapshot", "Tags": TAG_LIST}]
    made = ec2.create_snapshot(VolumeId=volume, Description="Backup job", TagSpecifications=tags)
    return f"arn:aws:ec2:{region}::snapshot/{made['SnapshotId']}"


def elsewhere_image(clients: Clients, region: str, resource_arn: str) -> str:
    """An image that somebody made."""
    ec2 = clients("ec2", ACCOUNT, region)
    made = ec2.create_image(InstanceId=resource_arn.split("/")[1], Name="awsbackup-mine")
    return f"arn:aws:ec2:{region}::image/{made['ImageId']}"


def elsewhere_db_snapshot(clients: Clients, region: str, _resource_arn: str) -> str:
    """A snapshot that somebody took."""
    made = clients("rds", ACCOUNT, region).create_db_snapshot(
        DBInstanceIdentifier="data", DBSnapshotIdentifier="mine", Tags=TAG_LIST
    )
    return str(made["DBSnapshot"]["DBSnapshotArn"])


def elsewhere_cluster_snapshot(clients: Clients, region: str, _resource_arn: str) -> str:
    """A snapshot that somebody took."""
    made = clients("rds", ACCOUNT, region).create_db_cluster_snapshot(
        DBClusterIdentifier="data", DBClusterSnapshotIdentifier="mine", Tags=TAG_LIST
    )
    return str(made["DBClusterSnapshot"]["DBClusterSnapshotArn"])


def elsewhere_table_backup(clients: Clients, region: str, _resource_arn: str) -> str:
    """A backup that somebody made."""
    made = clients("dynamodb", ACCOUNT, region).create_backup(TableName="data", BackupName="mine")
    return str(made["BackupDetails"]["BackupArn"])


def make_warehouse(clients: Clients, region: str, key: str) -> None:
    """An encrypted Redshift cluster."""
    clients("redshift", ACCOUNT, region).create_cluster(
        ClusterIdentifier="data",
        NodeType="ra3.large",
        MasterUsername="admin1",
        MasterUserPassword="Password1",
        Encrypted=True,
        KmsKeyId=key,
        Tags=TAG_LIST,
    )


def warehouse_snapshot_exists(clients: Clients, region: str, arn: str) -> bool:
    """Whether the snapshot is there with its tags."""
    found = clients("redshift", ACCOUNT, region).describe_cluster_snapshots()["Snapshots"]
    names = [each["SnapshotIdentifier"] for each in found if each["Tags"] == TAG_LIST]
    return arn.rsplit("/", 1)[1] in names


def elsewhere_warehouse_snapshot(clients: Clients, region: str, _resource_arn: str) -> str:
    """A snapshot that somebody took."""
    clients("redshift", ACCOUNT, region).create_cluster_snapshot(
        ClusterIdentifier="data", SnapshotIdentifier="mine", Tags=TAG_LIST
    )
    return f"arn:aws:redshift:{region}:{ACCOUNT}:snapshot:data/mine"


def warehouse_snapshot_state(region: str, arn: str, state: str, account: str = ACCOUNT) -> None:
    """Set a snapshot's state."""
    redshift_backends[account][region].snapshots[arn.rsplit("/", 1)[1]].status = state


def elsewhere_stored(*names: str) -> Callable[[Clients, str, str], str]:
    """Another recovery point in the store, whose name begins as the one that is looked for."""

    def make(clients: Clients, region: str, _resource_arn: str) -> str:
        s3 = clients("s3", ACCOUNT, region)
        for name in names:
            s3.put_object(Bucket=f"backup-{ACCOUNT}-{region}", Key=f"0a1b2c3d-and-more/{name}", Body=b"{}")
        return f"arn:aws:backup:{region}:{ACCOUNT}:recovery-point:0a1b2c3d-and-more"

    return make


def snapshot_state(region: str, arn: str, state: str, account: str = ACCOUNT) -> None:
    """Set a snapshot's state."""
    ec2_backends[account][region].snapshots[arn.split("/")[1]].status = state


def image_state(region: str, arn: str, state: str, account: str = ACCOUNT) -> None:
    """Set an image's state."""
    ec2_backends[account][region].amis[arn.split("/")[1]].state = state


def db_snapshot_state(region: str, arn: str, state: str, account: str = ACCOUNT) -> None:
    """Set a snapshot's state."""
    rds_backends[account][region].database_snapshots[arn.rsplit(":", 1)[1]].status = state


def cluster_snapshot_state(region: str, arn: str, state: str, account: str = ACCOUNT) -> None:
    """Set a snapshot's state."""
    rds_backends[account][region].cluster_snapshots[arn.rsplit(":", 1)[1]].status = state


def table_backup_state(region: str, arn: str, state: str, account: str = ACCOUNT) -> None:
    """Set a backup's state."""
    dynamodb_backends[account][region].backups[arn].status = state


def snapshot_exists(clients: Clients, region: str, arn: str) -> bool:
    """Whether the snapshot is there with its tags."""
    ec2 = clients("ec2", ACCOUNT, region)
    found = ec2.describe_snapshots(Filters=[{"Name": "snapshot-id", "Values": [arn.split("/")[1]]}])[
        "Snapshots"
    ]
    return [{t["Key"]: t["Value"] for t in snapshot["Tags"]} for snapshot in found] == [TAGS]


def image_exists(clients: Clients, region: str, arn: str) -> bool:
    """Whether the image is there."""
    ec2 = clients("ec2", ACCOUNT, region)
    return bool(ec2.describe_images(Filters=[{"Name": "image-id", "Values": [arn.split("/")[1]]}])["Images"])


def db_snapshot_exists(clients: Clients, region: str, arn: str) -> bool:
    """Whether the snapshot is there with its tags."""
    found = clients("rds", ACCOUNT, region).describe_db_snapshots()["DBSnapshots"]
    return arn in [snapshot["DBSnapshotArn"] for snapshot in found if snapshot["TagList"] == TAG_LIST]


def cluster_snapshot_exists(clients: Clients, region: str, arn: str) -> bool:
    """Whether the snapshot is there with its tags."""
    found = clients("rds", ACCOUNT, region).describe_db_cluster_snapshots()["DBClusterSnapshots"]
    return arn in [snapshot["DBClusterSnapshotArn"] for snapshot in found if snapshot["TagList"] == TAG_LIST]


def table_backup_exists(clients: Clients, region: str, arn: str) -> bool:
    """Whether the backup is there."""
    found = clients("dynamodb", ACCOUNT, region).list_backups()["BackupSummaries"]
    return arn in [backup["BackupArn"] for backup in found]


def stored(clients: Clients, region: str, arn: str) -> list[str]:
    """The names stored for a recovery point."""
    prefix = arn.rsplit(":", 1)[1]
    page = clients("s3", ACCOUNT, region).list_objects_v2(
        Bucket=f"backup-{ACCOUNT}-{region}", Prefix=f"{prefix}/"
    )
    return [item["Key"].removeprefix(f"{prefix}/") for item in page.get("Contents", [])]


def stored_table_exists(clients: Clients, region: str, arn: str) -> bool:
    """Whether the table is stored whole."""
    return stored(clients, region, arn) == ["job.json"]


def stored_stack_exists(clients: Clients, region: str, arn: str) -> bool:
    """Whether the stack's template is stored."""
    return stored(clients, region, arn) == ["job.json"]


def stored_bucket_exists(clients: Clients, region: str, arn: str) -> bool:
    """Whether the bucket is stored whole."""
    return stored(clients, region, f":{arn[-36:]}") == ["job.json"]


KINDS = (
    Kind(
        "EBS",
        make_volume,
        r"arn:{p}:ec2:{r}::snapshot/snap-[0-9a-f]+",
        snapshot_exists,
        elsewhere_snapshot,
        making="pending",
        complete="completed",
        failed="error",
        set_state=snapshot_state,
    ),
    Kind(
        "EC2",
        make_instance,
        r"arn:{p}:ec2:{r}::image/ami-[0-9a-f]+",
        image_exists,
        elsewhere_image,
        making="pending",
        complete="available",
        failed="failed",
        set_state=image_state,
    ),
    Kind(
        "RDS",
        make_database,
        r"arn:{p}:rds:{r}:{a}:snapshot:awsbackup-job-.+",
        db_snapshot_exists,
        elsewhere_db_snapshot,
        making="creating",
        complete="available",
        failed="failed",
        set_state=db_snapshot_state,
    ),
    Kind(
        "Aurora",
        make_cluster,
        r"arn:{p}:rds:{r}:{a}:cluster-snapshot:awsbackup-job-.+",
        cluster_snapshot_exists,
        elsewhere_cluster_snapshot,
        making="creating",
        complete="available",
        failed="failed",
        set_state=cluster_snapshot_state,
    ),
    Kind(
        "DynamoDB",
        make_table,
        r"arn:{p}:dynamodb:{r}:{a}:table/data/backup/.+",
        table_backup_exists,
        elsewhere_table_backup,
        copied=False,
        making="CREATING",
        complete="AVAILABLE",
        failed="DELETED",
        set_state=table_backup_state,
    ),
    Kind(
        "DynamoDB",
        make_table,
        r"arn:{p}:backup:{r}:{a}:recovery-point:[0-9a-f-]{{36}}",
        stored_table_exists,
        elsewhere_stored("job.json"),
        managed=True,
    ),
    Kind(
        "CloudFormation",
        make_stack,
        r"arn:{p}:backup:{r}:{a}:recovery-point:[0-9a-f-]{{36}}",
        stored_stack_exists,
        elsewhere_stored("job.json"),
        managed=True,
    ),
    Kind(
        "Redshift",
        make_warehouse,
        r"arn:{p}:redshift:{r}:{a}:snapshot:data/awsbackup-job-.+",
        warehouse_snapshot_exists,
        elsewhere_warehouse_snapshot,
        copied=False,
        making="creating",
        complete="available",
        failed="failed",
        set_state=warehouse_snapshot_state,
    ),
    Kind(
        "S3",
        make_bucket,
        r"arn:{p}:backup:{r}:{a}:recovery-point:data-20260105050300-.{{36}}",
        stored_bucket_exists,
        elsewhere_stored("job.json"),
        managed=True,
    ),
)


def kind_id(kind: Kind) -> str:
    """The name of a case."""
    return f"{kind.resource_type}{'-managed' if kind.managed else ''}"
