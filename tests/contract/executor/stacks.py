"""Stacks to back up, and what is asked of their composite jobs and recovery points."""

from collections.abc import Callable
from typing import Any

from tests.contract.executor.nightly import ACCOUNT
from tests.contract.executor.world import World

REGION = "eu-west-1"
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


def describe(world: World, job_id: str) -> Any:
    """A backup job."""
    return world.backup().describe_backup_job(BackupJobId=job_id)


def children(world: World, job_id: str) -> dict[str, str]:
    """The states of the jobs nested in one, by type."""
    found = world.backup().list_backup_jobs(ByParentJobId=job_id)["BackupJobs"]
    return {job["ResourceType"]: job["State"] for job in found}


def points(world: World, vault: str = "night", region: str = REGION, **filters: Any) -> dict[str, Any]:
    """The recovery points of a vault by what they are of: a type, or "composite"."""
    found = world.backup(region).list_recovery_points_by_backup_vault(BackupVaultName=vault, **filters)
    return {
        "composite" if point["IsParent"] else point["ResourceType"]: point
        for point in found["RecoveryPoints"]
    }


def named(point: Any) -> dict[str, str]:
    """What operations on a recovery point are given."""
    return {"BackupVaultName": "night", "RecoveryPointArn": point["RecoveryPointArn"]}
