"""The resources of the services that moto has, their tags and their creation dates, from lists alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
import pytest

from auditor.collect.iam import caller_policy, iam_policy
from tests.contract.collect.conftest import Cloud

REGION = "cn-north-1"
HERE = ("123456789012", REGION)
TAGS = [{"Key": "tier", "Value": "gold"}, {"Key": "Name", "Value": "first"}]
SORTED = [("Name", "first"), ("tier", "gold")]


def table(cloud: Cloud, name: str, tags: list[dict[str, str]], region: str = REGION) -> None:
    """Make a DynamoDB table."""
    cloud.client("dynamodb", region).create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=tags,
    )


@pytest.fixture
def china(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The cloud in Beijing."""
    monkeypatch.setenv("AWS_REGION", REGION)
    return cloud


def read(cloud: Cloud, **settings: Any) -> dict[str, dict[str, Any]]:
    """Collect and give the resources by ARN."""
    collected, evidence = cloud.collect(**{"regions": (REGION,), **settings})
    assert collected.gaps == ()
    return {row["arn"]: row for row in evidence.read("resources", *HERE).to_pylist()}


def test_a_volume_and_an_instance(china: Any) -> None:
    """ARNs carry the partition; an instance dates from its first attachment, and a terminated one is gone."""
    ec2 = china.client("ec2", REGION)
    volume = ec2.create_volume(
        AvailabilityZone=f"{REGION}a",
        Size=1,
        Encrypted=True,
        TagSpecifications=[{"ResourceType": "volume", "Tags": TAGS}],
    )
    one, gone = (
        ec2.run_instances(ImageId="ami-12345678", MinCount=2, MaxCount=2)["Instances"][number]["InstanceId"]
        for number in (0, 1)
    )
    joined = ec2.attach_volume(VolumeId=volume["VolumeId"], InstanceId=one, Device="/dev/sdf")
    everything = [
        instance["InstanceId"]
        for page in ec2.describe_instances()["Reservations"]
        for instance in page["Instances"]
    ]
    ec2.terminate_instances(InstanceIds=[name for name in everything if name != one])
    stopped = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    ec2.stop_instances(InstanceIds=[stopped])
    assert gone in everything

    found = read(china)

    arn = f"arn:aws-cn:ec2:{REGION}:123456789012:volume/{volume['VolumeId']}"
    assert found[arn] | {"created_at": None, "kms_key_arn": None} == {
        "arn": arn,
        "resource_type": "EBS",
        "name": "first",
        "created_at": None,
        "tags": SORTED,
        "encrypted": True,
        "kms_key_arn": None,
        "attached": [(f"arn:aws-cn:ec2:{REGION}:123456789012:instance/{one}", joined["AttachTime"])],
        "running": None,
        "file_system_type": None,
    }
    assert found[arn]["created_at"] == volume["CreateTime"]
    instances = [row for row in found.values() if row["resource_type"] == "EC2"]
    states = {row["arn"].rpartition("/")[2]: row["running"] for row in instances}
    assert states == {one: True, stopped: False}
    instances.sort(key=lambda row: states[row["arn"].rpartition("/")[2]], reverse=True)
    assert (instances[0]["tags"], instances[0]["encrypted"]) == ([], None)
    assert abs(instances[0]["created_at"] - datetime.now(UTC)) < timedelta(minutes=5)


def test_databases_and_clusters(china: Any) -> None:
    """A member of a cluster is no resource of its own; each cluster is of its engine's type, once."""
    rds = china.client("rds", REGION)
    secret = {"MasterUsername": "root", "MasterUserPassword": "not-a-secret"}
    rds.create_db_instance(
        DBInstanceIdentifier="one",
        Engine="mysql",
        DBInstanceClass="db.t3.small",
        AllocatedStorage=20,
        Tags=TAGS,
        **secret,
    )
    rds.create_db_cluster(DBClusterIdentifier="aurora", Engine="aurora-mysql", **secret)
    rds.create_db_instance(
        DBInstanceIdentifier="member",
        DBClusterIdentifier="aurora",
        Engine="aurora-mysql",
        DBInstanceClass="db.t3.small",
    )
    rds.create_db_cluster(
        DBClusterIdentifier="multi",
        Engine="mysql",
        DBClusterInstanceClass="db.m5d.large",
        StorageType="io1",
        AllocatedStorage=100,
        Iops=1000,
        **secret,
    )
    china.client("neptune", REGION).create_db_cluster(DBClusterIdentifier="graph", Engine="neptune")

    found = read(china)

    prefix = f"arn:aws-cn:rds:{REGION}:123456789012"
    assert {arn: (row["resource_type"], row["name"], row["tags"]) for arn, row in found.items()} == {
        f"{prefix}:db:one": ("RDS", "one", SORTED),
        f"{prefix}:cluster:aurora": ("Aurora", "aurora", []),
        f"{prefix}:cluster:multi": ("RDS", "multi", []),
        f"{prefix}:cluster:graph": ("Neptune", "graph", []),
    }
    assert all(row["created_at"] is not None for row in found.values())


def test_tables_and_buckets_of_the_region_with_tags_from_the_tagging_api(china: Any) -> None:
    """What was never tagged is listed too; a bucket belongs to its own Region only."""
    table(china, "tagged", TAGS)
    table(china, "plain", [])
    table(china, "elsewhere", [], region="cn-northwest-1")
    for region in (REGION, "cn-northwest-1"):
        s3 = china.client("s3", region)
        s3.create_bucket(Bucket=f"in-{region}", CreateBucketConfiguration={"LocationConstraint": region})
        s3.put_bucket_tagging(Bucket=f"in-{region}", Tagging={"TagSet": TAGS})

    found = read(china)

    prefix = f"arn:aws-cn:dynamodb:{REGION}:123456789012:table"
    assert {arn: (row["resource_type"], row["tags"]) for arn, row in found.items()} == {
        f"{prefix}/tagged": ("DynamoDB", SORTED),
        f"{prefix}/plain": ("DynamoDB", []),
        f"arn:aws-cn:s3:::in-{REGION}": ("S3", SORTED),
    }


def test_clusters_of_redshift_and_eks_and_a_file_system_of_fsx(china: Any) -> None:
    """Each with its ARN; the tags of EKS are what the tagging API tells, which moto does not."""
    china.client("redshift", REGION).create_cluster(
        ClusterIdentifier="sales",
        NodeType="ra3.large",
        MasterUsername="owner",
        MasterUserPassword="not-a-Secret-0",
        Tags=TAGS,
    )
    china.client("eks", REGION).create_cluster(
        name="web", roleArn="arn:aws-cn:iam::123456789012:role/eks", resourcesVpcConfig={}
    )
    made = china.client("fsx", REGION).create_file_system(
        FileSystemType="WINDOWS", StorageCapacity=32, SubnetIds=["subnet-0123456789"], Tags=TAGS
    )["FileSystem"]

    found = read(china)

    prefix, place = "arn:aws-cn", f"{REGION}:123456789012"
    assert {arn: (row["resource_type"], row["name"], row["tags"]) for arn, row in found.items()} == {
        f"{prefix}:redshift:{place}:cluster:sales": ("Redshift", "sales", SORTED),
        f"{prefix}:eks:{place}:cluster/web": ("EKS", "web", []),
        made["ResourceARN"]: ("FSx", "first", SORTED),
    }
    created = {row["resource_type"] for row in found.values() if row["created_at"] is not None}
    assert created == {"EKS", "Redshift"}  # moto gives file systems of FSx no time


def test_a_file_system(china: Any) -> None:
    """With its tags, its key and the date of its creation."""
    efs = china.client("efs", REGION)
    made = efs.create_file_system(CreationToken="one", Encrypted=True, Tags=TAGS)

    arn = f"arn:aws-cn:elasticfilesystem:{REGION}:123456789012:file-system/{made['FileSystemId']}"
    found = read(china)

    assert found.keys() == {arn}
    assert found[arn] | {"created_at": None, "kms_key_arn": None} == {
        "arn": arn,
        "resource_type": "EFS",
        "name": "first",
        "created_at": None,
        "tags": SORTED,
        "encrypted": True,
        "kms_key_arn": None,
        "attached": None,
        "running": None,
        "file_system_type": None,
    }
    assert abs(found[arn]["created_at"] - datetime.now(UTC)) < timedelta(minutes=5)


def job(arn: str) -> dict[str, Any]:
    """A job of a resource, on the first day of the period."""
    return {"BackupJobId": arn, "ResourceArn": arn, "State": "COMPLETED", "CreationDate": 1767355200.0}


def test_a_hundred_and_one_tables_are_two_pages_of_each_list(china: Any) -> None:
    """Both the tables and their tags come 100 a page, and nothing is asked for each that was backed up."""
    for number in range(101):
        table(china, f"table-{number:03}", TAGS)
    prefix = f"arn:aws-cn:dynamodb:{REGION}:123456789012:table"
    china.backup.answers[*HERE, "ListBackupJobs"] = [
        job(f"{prefix}/table-{number:03}") for number in range(101)
    ]
    collected, evidence = china.collect(regions=(REGION,))
    assert collected.gaps == ()
    assert [row for row in evidence.read("resources", *HERE)["tags"].to_pylist() if row != SORTED] == []
    assert evidence.read("resources", *HERE).num_rows == 101
    calls = {row["operation"]: row["calls"] for row in evidence.read("calls").to_pylist()}
    assert (calls["ListTables"], "DescribeTable" in calls) == (2, False)
    assert calls["GetResources"] <= 3  # moto does not fill its pages


def test_the_policy_of_the_role_allows_every_call_that_was_made(china: Any) -> None:
    """The IAM policy is what the collectors declare, in the partition's ARNs, and allows no writing."""
    _, evidence = china.collect(regions=(REGION,))
    policy = iam_policy("aws-cn")
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    names = {"tagging:GetResources": "tag:GetResources", "s3:ListBuckets": "s3:ListAllMyBuckets"}
    signing = botocore.session.get_session().get_service_model
    made = {
        f"{signing(row['service']).signing_name}:{row['operation']}"
        for row in evidence.read("calls").to_pylist()
        if row["service"] not in {"sts", "organizations"}  # the caller's, not the role's
    }
    assert {names.get(call, call) for call in made} <= allowed
    assert {action.partition(":")[2][:3] for action in allowed} == {"Get", "Lis", "Des"}
    assert policy["Statement"][1] == {
        "Sid": "ReadKeys",
        "Effect": "Allow",
        "Action": ["kms:DescribeKey", "kms:GetKeyPolicy"],
        "Resource": "arn:aws-cn:kms:*:*:key/*",
    }
    assert caller_policy("aws-cn", "AuditorRead")["Statement"][1]["Resource"] == (
        "arn:aws-cn:iam::*:role/AuditorRead"
    )
