"""Stacks: composite jobs and recovery points (Developer Guide, "CloudFormation stack backups")."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

ACCOUNT = "123456789012"
REGION = "eu-west-1"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
OTHER = f"arn:aws:backup:eu-central-1:{ACCOUNT}:backup-vault:copies"
TABLE = {
    "TableName": "orders",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
RESOURCES = {
    "Disk": {"Type": "AWS::EC2::Volume", "Properties": {"AvailabilityZone": "eu-west-1a", "Size": 8}},
    "Orders": {"Type": "AWS::DynamoDB::Table", "Properties": TABLE},
    "Files": {
        "Type": "AWS::S3::Bucket",
        "Properties": {"BucketName": "files"},
    },
    "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}},
}

Make = Callable[..., str]


@pytest.fixture
def make_stack(world: Any) -> Make:
    """Make a stack of resources, and give its ARN; the vaults `night` and, elsewhere, `copies` are there."""
    world.backup().create_backup_vault(BackupVaultName="night")
    world.backup("eu-central-1").create_backup_vault(BackupVaultName="copies")

    def make(resources: dict[str, Any] = RESOURCES, name: str = "shop") -> str:
        client = world.moto_client("cloudformation", REGION)
        template = json.dumps({"Resources": resources})
        tags = [{"Key": "team", "Value": "sales"}]
        stack = client.create_stack(StackName=name, TemplateBody=template, Tags=tags)["StackId"]
        if "Files" in resources:  # which moto makes without its VersioningConfiguration
            world.moto_client("s3", REGION).put_bucket_versioning(
                Bucket="files", VersioningConfiguration={"Status": "Enabled"}
            )
        return str(stack)

    return make


def start(world: Any, arn: str, **more: Any) -> str:
    """Start a backup on demand and give its id."""
    request = {"BackupVaultName": "night", "ResourceArn": arn, "IamRoleArn": ROLE}
    return str(world.backup().start_backup_job(**request, **more)["BackupJobId"])


def describe(world: Any, job_id: str) -> Any:
    """A backup job."""
    return world.backup().describe_backup_job(BackupJobId=job_id)


def children(world: Any, job_id: str) -> dict[str, str]:
    """The states of the jobs nested in one, by type."""
    found = world.backup().list_backup_jobs(ByParentJobId=job_id)["BackupJobs"]
    return {job["ResourceType"]: job["State"] for job in found}


def points(world: Any, vault: str = "night", region: str = REGION, **filters: Any) -> dict[str, Any]:
    """The recovery points of a vault by what they are of: a type, or "composite"."""
    found = world.backup(region).list_recovery_points_by_backup_vault(BackupVaultName=vault, **filters)
    return {
        "composite" if point["IsParent"] else point["ResourceType"]: point
        for point in found["RecoveryPoints"]
    }


def test_a_stack_is_backed_up_with_its_resources(world: Any, make_stack: Make) -> None:
    """A composite recovery point with one nested for the template and for each resource with data."""
    stack = make_stack()
    job_id = start(world, stack, Lifecycle={"DeleteAfterDays": 35})
    world.run(START + timedelta(hours=1))
    job, found = describe(world, job_id), points(world)
    composite = found.pop("composite")

    assert (job["State"], job["IsParent"], job["MessageCategory"]) == ("COMPLETED", True, "SUCCESS")
    assert (job["NumberOfChildJobs"], job["ChildJobsInState"]) == (4, {"COMPLETED": 4})
    assert job["RecoveryPointArn"] == composite["RecoveryPointArn"]
    assert composite["RecoveryPointArn"] == (
        f"arn:aws:backup:eu-west-1:{ACCOUNT}:recovery-point:composite:cloudformation/shop-{job_id.lower()}"
    )
    assert composite["Status"] == "COMPLETED"
    assert {kind: point.get("CompositeMemberIdentifier") for kind, point in found.items()} == {
        "CloudFormation": None,
        "EBS": "Disk",
        "DynamoDB": "Orders",
        "S3": "Files",
    }
    assert {point["ParentRecoveryPointArn"] for point in found.values()} == {composite["RecoveryPointArn"]}
    assert {point["CalculatedLifecycle"]["DeleteAt"] for point in (composite, *found.values())} == {
        START + timedelta(days=35)
    }
