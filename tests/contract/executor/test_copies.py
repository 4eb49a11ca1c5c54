"""Copies that a plan asks for, into another Region."""

from datetime import timedelta

import pytest

from tests.contract.executor.nightly import ACCOUNT, NIGHT, START, jobs, points, protect, snapshots
from tests.contract.executor.world import World

pytestmark = pytest.mark.usefixtures("volume")

OTHER = f"arn:aws:backup:eu-central-1:{ACCOUNT}:backup-vault:copies"


def test_copies_in_another_region(world: World, volume: str, copies: str) -> None:
    """A copy keeps its source's creation date, names its source's vault and lives by its own lifecycle."""
    action = {"DestinationBackupVaultArn": copies, "Lifecycle": {"DeleteAfterDays": 9}}
    protect(world, NIGHT | {"CopyActions": [action]})
    world.run(START + timedelta(hours=3))
    (job,), (copy_job,) = jobs(world), world.backup().list_copy_jobs()["CopyJobs"]
    (copy,), (snapshot,) = points(world, "copies", "eu-central-1"), snapshots(world, "eu-central-1")

    arn = f"arn:aws:ec2:eu-central-1::snapshot/{snapshot['SnapshotId']}"
    names = (
        "State",
        "DestinationRecoveryPointArn",
        "SourceRecoveryPointArn",
        "CreatedByBackupJobId",
        "CreationDate",
    )
    assert [copy_job[name] for name in names] == [
        "COMPLETED", arn, job["RecoveryPointArn"], job["BackupJobId"], job["CompletionDate"]
    ]  # fmt: skip
    told = (
        "RecoveryPointArn",
        "ResourceArn",
        "CreationDate",
        "SourceBackupVaultArn",
        "CompletionDate",
        "CalculatedLifecycle",
    )
    assert [copy[name] for name in told] == [
        arn,
        volume,
        job["CreationDate"],
        job["BackupVaultArn"],
        copy_job["CompletionDate"],
        {"DeleteAt": job["CreationDate"] + timedelta(days=9)},
    ]
    assert job["CompletionDate"] < snapshot["StartTime"] < copy_job["CompletionDate"]
    described = world.backup().describe_copy_job(CopyJobId=copy_job["CopyJobId"])["CopyJob"]
    assert described == copy_job
    assert world.backup("eu-central-1").list_protected_resources()["Results"] == []


def test_a_copy_that_names_no_deletion_is_kept_as_long_as_its_source(world: World, copies: str) -> None:
    """Its action speaks of cold storage only."""
    action = {"DestinationBackupVaultArn": copies, "Lifecycle": {"MoveToColdStorageAfterDays": 1}}
    protect(world, NIGHT | {"Lifecycle": {"DeleteAfterDays": 100}, "CopyActions": [action]})
    world.run(START + timedelta(hours=3))

    (copy,) = points(world, "copies", "eu-central-1")
    assert copy["Lifecycle"] == {"DeleteAfterDays": 100, "MoveToColdStorageAfterDays": 1}
    assert copy["CalculatedLifecycle"]["DeleteAt"] == copy["CreationDate"] + timedelta(days=100)


@pytest.mark.parametrize(
    ("vault", "category", "message"),
    [
        (None, "RESOURCE_NOT_FOUND", f"Backup vault {OTHER} does not exist."),
        (
            {"MinRetentionDays": 3},
            "INVALID_LIFECYCLE",
            (
                "Copy job failed. The retention specified in the job is not within the range specified for "
                "the target Backup Vault."
            ),
        ),
    ],
)
def test_copies_that_fail(world: World, vault: dict[str, int] | None, category: str, message: str) -> None:
    """The backup stays COMPLETED; the copy says why it did not arrive (aws-backup.md 4.7)."""
    other = world.backup("eu-central-1")
    if vault is not None:
        other.create_backup_vault(BackupVaultName="copies")
        other.put_backup_vault_lock_configuration(BackupVaultName="copies", **vault)
    protect(world, NIGHT | {"CopyActions": [{"DestinationBackupVaultArn": OTHER}]})
    world.run(START + timedelta(hours=3))
    (copy,) = world.backup().list_copy_jobs(ByState="FAILED")["CopyJobs"]

    assert (copy["MessageCategory"], copy["StatusMessage"]) == (category, message)
    assert [job["State"] for job in jobs(world)] == ["COMPLETED"]
    assert snapshots(world, "eu-central-1") == []
