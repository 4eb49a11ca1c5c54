"""What jobs find when what they made arrives: vaults, locks and retentions may have changed meanwhile."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.executor.world import World

ACCOUNT = "123456789012"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
COPIES = f"arn:aws:backup:eu-central-1:{ACCOUNT}:backup-vault:copies"
WEEK = {"DeleteAfterDays": 7}
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def backup(world: World) -> Any:
    """A client; the vaults `night` and, elsewhere, `copies` are there."""
    world.backup().create_backup_vault(BackupVaultName="night")
    world.backup("eu-central-1").create_backup_vault(BackupVaultName="copies")
    return world.backup()


@pytest.fixture
def volume(world: World) -> str:
    """The ARN of a volume."""
    made = world.moto_client("ec2", "eu-west-1").create_volume(AvailabilityZone="eu-west-1a", Size=8)
    return f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/{made['VolumeId']}"


def start(backup: Any, volume: str, lifecycle: dict[str, int] | None = None) -> str:
    """Start a backup into `night`; gives the job's id."""
    started = backup.start_backup_job(
        BackupVaultName="night", ResourceArn=volume, IamRoleArn=ROLE, Lifecycle=lifecycle or WEEK
    )
    return str(started["BackupJobId"])


def copy(backup: Any, point: str, **lifecycle: int) -> str:
    """Start a copy into `copies`; gives the job's id."""
    more = {"Lifecycle": lifecycle} if lifecycle else {}
    started = backup.start_copy_job(
        RecoveryPointArn=point,
        SourceBackupVaultName="night",
        DestinationBackupVaultArn=COPIES,
        IamRoleArn=ROLE,
        **more,
    )
    return str(started["CopyJobId"])


def snapshots(world: World, region: str) -> int:
    """How many native snapshots there are."""
    return len(world.moto_client("ec2", region).describe_snapshots(OwnerIds=["self"])["Snapshots"])


def remake(client: Any, name: str) -> None:
    """Delete a vault and make another of its name."""
    client.delete_backup_vault(BackupVaultName=name)
    client.create_backup_vault(BackupVaultName=name)


def lock(client: Any, name: str) -> None:
    """Lock a vault for retentions from 30 days on."""
    client.put_backup_vault_lock_configuration(BackupVaultName=name, MinRetentionDays=30)


@pytest.mark.parametrize(
    ("change", "category", "words"),
    [
        (remake, "RESOURCE_NOT_FOUND", "deleted and made again while the job ran."),
        (lock, "INVALID_LIFECYCLE", "not within the range specified for the target Backup Vault."),
    ],
)
def test_a_vault_that_changes_while_a_backup_runs(
    world: World, backup: Any, volume: str, change: Any, category: str, words: str
) -> None:
    """The job fails and leaves nothing; one that is right for the vault as it is now comes in."""
    job_id = start(backup, volume)
    world.run(START + MINUTE)
    assert backup.describe_backup_job(BackupJobId=job_id)["State"] == "RUNNING"
    change(backup, "night")
    world.run(START + HOUR)

    job = backup.describe_backup_job(BackupJobId=job_id)
    assert (job["State"], job["MessageCategory"]) == ("FAILED", category)
    assert job["StatusMessage"].endswith(words)
    assert backup.list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"] == []
    assert snapshots(world, "eu-west-1") == 0
    long = start(backup, volume, {"DeleteAfterDays": 30})
    world.run(START + 2 * HOUR)
    assert backup.describe_backup_job(BackupJobId=long)["State"] == "COMPLETED"


@pytest.mark.parametrize(
    ("change", "category"), [(remake, "RESOURCE_NOT_FOUND"), (lock, "INVALID_LIFECYCLE")]
)
def test_a_vault_that_changes_while_a_copy_runs(
    world: World, backup: Any, volume: str, change: Any, category: str
) -> None:
    """The copy fails and leaves nothing in the other Region; its source stays."""
    job_id = start(backup, volume)
    world.run(START + HOUR)
    point = backup.describe_backup_job(BackupJobId=job_id)["RecoveryPointArn"]
    copy_id = copy(backup, point)
    world.run(START + HOUR + MINUTE)
    assert backup.describe_copy_job(CopyJobId=copy_id)["CopyJob"]["State"] == "RUNNING"
    change(world.backup("eu-central-1"), "copies")
    world.run(START + 2 * HOUR)

    job = backup.describe_copy_job(CopyJobId=copy_id)["CopyJob"]
    assert (job["State"], job["MessageCategory"]) == ("FAILED", category)
    assert (snapshots(world, "eu-west-1"), snapshots(world, "eu-central-1")) == (1, 0)


def test_a_lock_that_allows_the_retention_changes_nothing(world: World, backup: Any, volume: str) -> None:
    """A job that runs when the lock is set is completed, and tells the lock that its vault has now."""
    job_id = start(backup, volume, {"DeleteAfterDays": 30})
    assert backup.describe_backup_job(BackupJobId=job_id)["VaultLockState"] == "UNLOCKED"
    world.run(START + MINUTE)
    lock(backup, "night")
    world.run(START + HOUR)
    job = backup.describe_backup_job(BackupJobId=job_id)
    assert (job["State"], job["VaultLockState"]) == ("COMPLETED", "LOCKED")
    lock(world.backup("eu-central-1"), "copies")
    copy_id = copy(backup, job["RecoveryPointArn"])
    world.run(START + 2 * HOUR)
    copied = backup.describe_copy_job(CopyJobId=copy_id)["CopyJob"]
    assert (copied["State"], copied["DestinationVaultLockState"]) == ("COMPLETED", "LOCKED")


@pytest.mark.long
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, 7),
        ({"DeleteAfterDays": -1}, 7),
        ({"DeleteAfterDays": 9}, 9),
        ({"DeleteAfterDays": -1, "MoveToColdStorageAfterDays": -1}, None),
    ],
)
def test_a_copy_without_an_end_of_its_own(
    world: World, backup: Any, volume: str, given: dict[str, int], kept: int | None
) -> None:
    """DeleteAfterDays -1 keeps the source's expiry, on demand and in a rule; -1 for both takes it away."""
    rule = {
        "RuleName": "r",
        "TargetBackupVaultName": "night",
        "ScheduleExpression": "cron(0 1 * * ? *)",
        "Lifecycle": WEEK,
        "CopyActions": [{"DestinationBackupVaultArn": COPIES} | ({"Lifecycle": given} if given else {})],
    }
    plan = {"BackupPlanName": "p", "Rules": [rule]}
    plan_id = backup.create_backup_plan(BackupPlan=plan)["BackupPlanId"]
    selection = {"SelectionName": "s", "IamRoleArn": ROLE, "Resources": [volume]}
    backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=selection)
    world.run(START + 3 * HOUR)
    (source,) = backup.list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"]
    copy(backup, source["RecoveryPointArn"], **given)
    world.run(START + 4 * HOUR)

    found = world.backup("eu-central-1").list_recovery_points_by_backup_vault(BackupVaultName="copies")
    ends = [point.get("CalculatedLifecycle", {}).get("DeleteAt") for point in found["RecoveryPoints"]]
    assert ends == [None if kept is None else source["CreationDate"] + kept * DAY] * 2


def test_a_copy_whose_retention_is_over(world: World, backup: Any, volume: str) -> None:
    """It is refused when it is asked for, and fails where its time runs out before it arrives."""
    job_id = start(backup, volume)
    world.run(START + HOUR)
    point = backup.describe_backup_job(BackupJobId=job_id)["RecoveryPointArn"]
    world.run(START + DAY - timedelta(seconds=30))
    late = copy(backup, point, DeleteAfterDays=1)
    world.run(START + DAY)
    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        copy(backup, point, DeleteAfterDays=1)
    good = copy(backup, point, DeleteAfterDays=2)
    world.run(START + DAY + HOUR)

    states = [backup.describe_copy_job(CopyJobId=one)["CopyJob"]["State"] for one in (late, good)]
    assert states == ["FAILED", "COMPLETED"]
    failed = backup.describe_copy_job(CopyJobId=late)["CopyJob"]
    assert failed["MessageCategory"] == "INVALID_LIFECYCLE"
    assert snapshots(world, "eu-central-1") == 1


def test_the_last_restore_of_a_recovery_point(world: World, backup: Any, volume: str) -> None:
    """LastRestoreTime is there after a completed restore, in both answers; a failed one says nothing."""
    job_id = start(backup, volume)
    world.run(START + HOUR)
    point = backup.describe_backup_job(BackupJobId=job_id)["RecoveryPointArn"]

    def last() -> list[datetime | None]:
        one = backup.describe_recovery_point(BackupVaultName="night", RecoveryPointArn=point)
        (two,) = backup.list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"]
        return [one.get("LastRestoreTime"), two.get("LastRestoreTime")]

    def restore(**more: str) -> dict[str, Any]:
        metadata = {"availabilityZone": "eu-west-1a", **more}
        made = backup.start_restore_job(RecoveryPointArn=point, Metadata=metadata, IamRoleArn=ROLE)
        world.run(datetime.now(UTC) + HOUR)
        return dict(backup.describe_restore_job(RestoreJobId=made["RestoreJobId"]))

    assert last() == [None, None]
    done = restore()
    failed = restore(volumeSize="many")
    assert (done["Status"], failed["Status"]) == ("COMPLETED", "FAILED")
    assert last() == [done["CompletionDate"]] * 2


def test_summaries_say_their_period(world: World, backup: Any) -> None:
    """AggregationPeriod is in each answer, asked for or not."""
    assert world is not None
    for ask in (
        backup.list_backup_job_summaries,
        backup.list_copy_job_summaries,
        backup.list_restore_job_summaries,
    ):
        assert ask()["AggregationPeriod"] == "ONE_DAY"
        assert ask(AggregationPeriod="SEVEN_DAYS")["AggregationPeriod"] == "SEVEN_DAYS"
