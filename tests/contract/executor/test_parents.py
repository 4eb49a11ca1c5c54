"""Listings narrowed to what belongs to one parent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from auditor.executor.database import sql_tables
from tests.contract.executor.world import World

ACCOUNT, REGION = "123456789012", "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/AWSBackupDefaultServiceRole"
VAULT = f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:night"


@pytest.fixture
def nested(world: World) -> Any:
    """Two backups with a copy and a restore each; those of the first are given the parent `P`."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")
    ids: dict[str, list[str]] = {"backup": [], "copy": [], "restore": [], "point": []}
    for _ in range(2):
        volume = world.moto_client("ec2", REGION).create_volume(AvailabilityZone=f"{REGION}a", Size=1)
        arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/{volume['VolumeId']}"
        job = backup.start_backup_job(BackupVaultName="night", ResourceArn=arn, IamRoleArn=ROLE)
        ids["backup"].append(job["BackupJobId"])
        world.run(datetime.now(UTC) + timedelta(hours=1))
        point = backup.describe_backup_job(BackupJobId=job["BackupJobId"])["RecoveryPointArn"]
        ids["point"].append(point)
        copy = backup.start_copy_job(
            RecoveryPointArn=point,
            SourceBackupVaultName="night",
            DestinationBackupVaultArn=VAULT,
            IamRoleArn=ROLE,
        )
        ids["copy"].append(copy["CopyJobId"])
        restore = backup.start_restore_job(
            RecoveryPointArn=point, IamRoleArn=ROLE, Metadata={"availabilityZone": f"{REGION}a"}
        )
        ids["restore"].append(restore["RestoreJobId"])
    with world.service.database.write() as connection:
        for kind in ("backup", "copy", "restore"):
            table = sql_tables.METADATA.tables[f"{kind}_jobs"]
            connection.execute(update(table).filter_by(id=ids[kind][0]).values(parent_job_id="P"))
        points = sql_tables.recovery_points
        connection.execute(update(points).filter_by(arn=ids["point"][0]).values(parent_arn="P"))
    return ids


def test_jobs_and_recovery_points_of_one_parent(world: World, nested: dict[str, list[str]]) -> None:
    """ByParentJobId and ByParentRecoveryPointArn give the children, all of them, and nobody else's."""
    backup = world.backup()

    def found(parent: str) -> list[list[str]]:
        jobs = {"ByParentJobId": parent}
        listed = backup.list_recovery_points_by_backup_vault(
            BackupVaultName="night", ByParentRecoveryPointArn=parent
        )
        return [
            [job["BackupJobId"] for job in backup.list_backup_jobs(**jobs)["BackupJobs"]],
            [job["CopyJobId"] for job in backup.list_copy_jobs(**jobs)["CopyJobs"]],
            [job["RestoreJobId"] for job in backup.list_restore_jobs(**jobs)["RestoreJobs"]],
            [point["RecoveryPointArn"] for point in listed["RecoveryPoints"]],
        ]

    assert found("P") == [[nested[kind][0]] for kind in ("backup", "copy", "restore", "point")]
    assert found("Q") == [[]] * 4
    assert len(backup.list_backup_jobs()["BackupJobs"]) == 2
