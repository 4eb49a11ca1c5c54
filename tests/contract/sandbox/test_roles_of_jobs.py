"""The sandbox's roles of backups: they have AWS's own policies, and what IAM is told counts at once."""

from datetime import datetime, timedelta
from typing import Any

import pytest

ROLE = "AWSBackupDefaultServiceRole"
POLICIES = [
    f"arn:aws-cn:iam::aws:policy/{name}"
    for name in (
        "service-role/AWSBackupServiceRolePolicyForBackup",
        "service-role/AWSBackupServiceRolePolicyForRestores",
        "AWSBackupServiceRolePolicyForS3Backup",
        "AWSBackupServiceRolePolicyForS3Restore",
    )
]


def back_up(sandbox: Any, backup: Any, resource_arn: str) -> Any:
    """A backup job by hand, 25 minutes later."""
    role = sandbox.role_arn("dev-lab", f"service-role/{ROLE}")
    job = backup.start_backup_job(BackupVaultName="by-hand", ResourceArn=resource_arn, IamRoleArn=role)
    until = datetime.fromisoformat(sandbox.status()["now"]) + timedelta(minutes=25)
    sandbox.advance(until.isoformat())
    return backup.describe_backup_job(BackupJobId=job["BackupJobId"])


@pytest.mark.long
def test_a_policy_that_is_detached(roles_change: Any) -> None:
    """The first backup is made with AWS's policies; the next, after one was taken away, is refused."""
    account_id = roles_change.facts["accounts"]["dev-lab"]
    keys = roles_change.assume("dev-lab", "AuditorPush")
    backup, iam, ec2 = (roles_change.client(name, keys) for name in ("backup", "iam", "ec2"))
    attached = iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]
    volume = ec2.describe_volumes()["Volumes"][0]["VolumeId"]
    arn = f"arn:aws-cn:ec2:{roles_change.region('primary')}:{account_id}:volume/{volume}"
    backup.create_backup_vault(BackupVaultName="by-hand")
    first = back_up(roles_change, backup, arn)
    iam.detach_role_policy(RoleName=ROLE, PolicyArn=POLICIES[0])
    second = back_up(roles_change, backup, arn)

    assert [row["PolicyArn"] for row in attached] == POLICIES
    assert (first["State"], second["State"], second["MessageCategory"]) == (
        "COMPLETED",
        "FAILED",
        "ACCESS_DENIED",
    )
    session = f"arn:aws-cn:sts::{account_id}:assumed-role/{ROLE}/AWSBackup-{ROLE}"
    assert second["StatusMessage"] == (
        f"User: {session} is not authorized to perform: ec2:CreateSnapshot on resource: {arn} "
        "because no identity-based policy allows the ec2:CreateSnapshot action"
    )
