"""How recovery points end, and what a lock or a hand changes about it."""

from datetime import timedelta

import pytest

from auditor.executor.seam.driver import DriverError
from tests.contract.executor.nightly import NIGHT, START, jobs, points, protect, snapshots
from tests.contract.executor.world import World

pytestmark = pytest.mark.usefixtures("volume")


def test_expiry_deletes_the_native_backup(world: World) -> None:
    """Within 8 hours after its retention a recovery point and its snapshot are gone (aws-backup.md 4.3)."""
    protect(world, NIGHT)
    world.run(START + timedelta(days=2, hours=1))
    before = [point["CreationDate"] for point in points(world)]
    world.run(START + timedelta(days=2, hours=9, minutes=1))

    due = [START + timedelta(days=n, hours=1) for n in range(3)]
    assert before == due[:2]
    assert [point["CreationDate"] for point in points(world)] == due[1:]
    assert len(snapshots(world)) == 2


def test_a_deletion_that_fails_leaves_an_expired_recovery_point(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EXPIRED is "retention over but the delete failed" (aws-backup.md 4.3)."""
    protect(world, NIGHT)
    world.run(START + timedelta(hours=2))
    driver = world.service.driver("EBS")

    def refuse(*_: str) -> None:
        raise DriverError("The role may not delete it.", "ACCESS_DENIED")

    monkeypatch.setattr(driver, "delete", refuse)
    world.run(START + timedelta(days=2, hours=9, minutes=1))

    states = [(point["Status"], point.get("StatusMessage")) for point in points(world)]
    assert states == [("EXPIRED", "The role may not delete it."), ("COMPLETED", None), ("COMPLETED", None)]
    assert len(snapshots(world)) == 3


@pytest.mark.parametrize(
    ("lock", "days", "state"),
    [
        ({"MinRetentionDays": 2}, 2, "COMPLETED"),
        ({"MinRetentionDays": 3}, 2, "FAILED"),
        ({"MaxRetentionDays": 2}, 2, "COMPLETED"),
        ({"MaxRetentionDays": 1}, 2, "FAILED"),
        ({"MinRetentionDays": 3}, -1, "COMPLETED"),
        ({"MaxRetentionDays": 36_500}, -1, "FAILED"),
        ({"MinRetentionDays": 3, "ChangeableForDays": 3}, 2, "FAILED"),
    ],
)
def test_jobs_outside_the_locks_range_fail(world: World, lock: dict[str, int], days: int, state: str) -> None:
    """In either mode and in the grace time too (aws-backup.md 4.7); no snapshot is made."""
    world.backup().put_backup_vault_lock_configuration(BackupVaultName="night", **lock)
    protect(world, NIGHT | {"Lifecycle": {"DeleteAfterDays": days}})
    world.run(START + timedelta(hours=2))
    (job,) = jobs(world)

    failed = state == "FAILED"
    assert (job["State"], job["MessageCategory"]) == (state, "INVALID_LIFECYCLE" if failed else "SUCCESS")
    assert len(snapshots(world)) == len(points(world)) == (0 if failed else 1)


def test_locked_recovery_points_stay(world: World) -> None:
    """Neither deleted nor changed by hand, and expired in their own time."""
    backup = world.backup()
    protect(world, NIGHT)
    backup.put_backup_vault_lock_configuration(BackupVaultName="night", MinRetentionDays=1)
    world.run(START + timedelta(hours=2))
    named = {"BackupVaultName": "night", "RecoveryPointArn": points(world)[0]["RecoveryPointArn"]}

    with pytest.raises(backup.exceptions.InvalidRequestException):
        backup.delete_recovery_point(**named)
    with pytest.raises(backup.exceptions.InvalidRequestException):
        backup.update_recovery_point_lifecycle(**named, Lifecycle={"DeleteAfterDays": 9})
    with pytest.raises(backup.exceptions.InvalidRequestException):
        backup.delete_backup_vault(BackupVaultName="night")
    world.run(START + timedelta(days=2, hours=9, minutes=1))
    assert named["RecoveryPointArn"] not in [point["RecoveryPointArn"] for point in points(world)]


def test_recovery_points_by_hand(world: World) -> None:
    """A lifecycle changes the calculated dates; a deletion takes the snapshot along."""
    backup = world.backup()
    protect(world, NIGHT)
    world.run(START + timedelta(hours=2))
    named = {"BackupVaultName": "night", "RecoveryPointArn": points(world)[0]["RecoveryPointArn"]}
    changed = backup.update_recovery_point_lifecycle(**named, Lifecycle={"DeleteAfterDays": 9})

    delete_at = START + timedelta(days=9, hours=1)
    assert changed["CalculatedLifecycle"] == {"DeleteAt": delete_at}
    assert points(world)[0]["CalculatedLifecycle"] == {"DeleteAt": delete_at}
    backup.delete_recovery_point(**named)
    assert points(world) == snapshots(world) == []
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.describe_recovery_point(**named)
