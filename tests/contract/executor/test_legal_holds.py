"""Legal holds: what they take in, what they forbid, and what follows their end (aws-backup.md 4.8)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.executor.world import World

ACCOUNT = "123456789012"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
OTHER = f"arn:aws:backup:eu-central-1:{ACCOUNT}:backup-vault:copies"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HELD = "The recovery point cannot be deleted because it has active legal hold(s)"


def make_volume(world: World) -> str:
    """The ARN of a new volume."""
    made = world.moto_client("ec2", "eu-west-1").create_volume(AvailabilityZone="eu-west-1a", Size=8)
    return f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/{made['VolumeId']}"


@pytest.fixture
def backups(world: World) -> dict[str, str]:
    """Recovery points by name: `first` of 00:00 and `second` of 02:00 in `night`, `vault` in `day`."""
    backup, one, two = world.backup(), make_volume(world), make_volume(world)
    made = {}
    for name in ("night", "day"):
        backup.create_backup_vault(BackupVaultName=name)
    for name, vault, volume in (("first", "night", one), ("second", "night", two), ("vault", "day", one)):
        job = backup.start_backup_job(
            BackupVaultName=vault, ResourceArn=volume, IamRoleArn=ROLE, Lifecycle={"DeleteAfterDays": 2}
        )
        world.run(datetime.now(UTC) + 2 * HOUR)
        made[name] = backup.describe_backup_job(BackupJobId=job["BackupJobId"])["RecoveryPointArn"]
    made["one"] = one
    return made


def hold(world: World, **selection: Any) -> str:
    """Create a hold and give its id."""
    answer = world.backup().create_legal_hold(
        Title="case 7", Description="litigation", RecoveryPointSelection=selection
    )
    return str(answer["LegalHoldId"])


def held(world: World, hold_id: str) -> list[str]:
    """The ARNs under a hold."""
    pages = world.backup().get_paginator("list_recovery_points_by_legal_hold")
    found = pages.paginate(LegalHoldId=hold_id, PaginationConfig={"PageSize": 1})
    return [point["RecoveryPointArn"] for page in found for point in page["RecoveryPoints"]]


def points(world: World, vault: str = "night", region: str = "eu-west-1") -> list[str]:
    """The ARNs in a vault."""
    found = world.backup(region).list_recovery_points_by_backup_vault(BackupVaultName=vault)
    return [point["RecoveryPointArn"] for point in found["RecoveryPoints"]]


def test_what_a_hold_takes_in(world: World, backups: dict[str, str]) -> None:
    """Vaults, resources by ARN or type, and inclusive dates; every filter given must match."""
    first, second, day, one = (backups[name] for name in ("first", "second", "vault", "one"))
    dates = {"FromDate": START, "ToDate": START + 2 * HOUR}
    early = {"FromDate": START, "ToDate": START + 2 * HOUR - timedelta(milliseconds=1)}

    assert [
        held(world, hold(world)),
        held(world, hold(world, VaultNames=["night"])),
        held(world, hold(world, ResourceIdentifiers=[one])),
        held(world, hold(world, ResourceIdentifiers=["EBS"], VaultNames=["day"])),
        held(world, hold(world, ResourceIdentifiers=["RDS"])),
        held(world, hold(world, DateRange=dates)),
        held(world, hold(world, DateRange=early)),
        held(world, hold(world, DateRange=dates, VaultNames=["day"])),
    ] == [[first, second, day], [first, second], [first, day], [day], [], [first, second], [first], []]


def test_a_hold_is_described_and_listed(world: World) -> None:
    """Created once for a token, described, listed with its state, kept on record for a while, tagged."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")
    world.traveller.move_to(START + DAY)
    selection = {"VaultNames": ["night"], "DateRange": {"FromDate": START, "ToDate": START + HOUR}}
    request = {"Title": "case 7", "Description": "why", "RecoveryPointSelection": selection}
    made, again = (
        backup.create_legal_hold(**request, IdempotencyToken="once", Tags={"case": "7"}) for _ in range(2)
    )
    hold_id, arn = made["LegalHoldId"], made["LegalHoldArn"]
    active = request | {
        "Status": "ACTIVE",
        "LegalHoldId": hold_id,
        "LegalHoldArn": arn,
        "CreationDate": START + DAY,
    }
    for answer in (made, again, backup.get_legal_hold(LegalHoldId=hold_id)):
        del answer["ResponseMetadata"]
        assert answer == active
    assert arn == f"arn:aws:backup:eu-west-1:{ACCOUNT}:legal-hold:{hold_id}"
    assert backup.list_tags(ResourceArn=arn)["Tags"] == {"case": "7"}
    backup.cancel_legal_hold(LegalHoldId=hold_id, CancelDescription="settled", RetainRecordInDays=3)
    ended = {"Status": "CANCELED", "CancellationDate": START + DAY}
    listed = {key: value for key, value in active.items() if key != "RecoveryPointSelection"} | ended
    assert backup.list_legal_holds()["LegalHolds"] == [listed]
    answer = backup.get_legal_hold(LegalHoldId=hold_id)
    del answer["ResponseMetadata"]
    assert answer == active | ended | {"CancelDescription": "settled", "RetainRecordUntil": START + 4 * DAY}
    with pytest.raises(backup.exceptions.InvalidResourceStateException):
        backup.cancel_legal_hold(LegalHoldId=hold_id, CancelDescription="again")
    world.traveller.move_to(START + 4 * DAY)
    assert backup.list_legal_holds()["LegalHolds"] == []
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.get_legal_hold(LegalHoldId=hold_id)


def test_nothing_is_deleted_under_a_hold(world: World, backups: dict[str, str]) -> None:
    """Neither by hand nor by its lifecycle, until the last hold is cancelled; then within a day."""
    backup, first = world.backup(), backups["first"]
    one, two = hold(world, VaultNames=["night"]), hold(world, ResourceIdentifiers=[backups["one"]])
    with pytest.raises(backup.exceptions.InvalidRequestException) as caught:
        backup.delete_recovery_point(BackupVaultName="night", RecoveryPointArn=first)
    assert caught.value.response["Error"]["Message"] == HELD
    world.run(START + 9 * DAY)
    assert (sorted(points(world)), points(world, "day")) == (
        sorted([first, backups["second"]]),
        [backups["vault"]],
    )
    backup.cancel_legal_hold(LegalHoldId=one, CancelDescription="settled")
    world.run(START + 10 * DAY)
    assert points(world) == [first]
    backup.cancel_legal_hold(LegalHoldId=two, CancelDescription="settled")
    assert (held(world, two), points(world)) == ([], [first])
    world.run(START + 11 * DAY)
    assert points(world) == points(world, "day") == []
    assert world.moto_client("ec2", "eu-west-1").describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


def test_a_released_recovery_point_keeps_its_own_date(world: World, backups: dict[str, str]) -> None:
    """What was not due under the hold expires when it would have, and can be deleted by hand."""
    backup = world.backup()
    hold_id = hold(world)
    backup.cancel_legal_hold(LegalHoldId=hold_id, CancelDescription="settled")
    backup.delete_recovery_point(BackupVaultName="night", RecoveryPointArn=backups["first"])
    world.run(START + 2 * DAY + 2 * HOUR)
    assert points(world) == [backups["second"]]
    world.run(START + 2 * DAY + 10 * HOUR)
    assert points(world) == []


def test_copies_and_later_backups_are_free(world: World, backups: dict[str, str]) -> None:
    """A copy does not inherit its source's hold, and a hold takes in what is there when it is made."""
    hold_id = hold(world)
    other = world.backup("eu-central-1")
    other.create_backup_vault(BackupVaultName="copies")
    world.backup().start_copy_job(
        RecoveryPointArn=backups["first"],
        SourceBackupVaultName="night",
        DestinationBackupVaultArn=OTHER,
        IamRoleArn=ROLE,
    )
    world.run(datetime.now(UTC) + 2 * HOUR)
    (copy,) = points(world, "copies", "eu-central-1")
    other.delete_recovery_point(BackupVaultName="copies", RecoveryPointArn=copy)

    assert points(world, "copies", "eu-central-1") == []
    assert len(held(world, hold_id)) == 3


def test_a_hold_delays_cold_storage(world: World) -> None:
    """The transition is put off until the hold is cancelled (API LegalHold)."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")
    cold = {"MoveToColdStorageAfterDays": 1, "OptInToArchiveForSupportedResources": True}
    backup.start_backup_job(
        BackupVaultName="night", ResourceArn=make_volume(world), IamRoleArn=ROLE, Lifecycle=cold
    )
    world.run(START + HOUR)
    named = {"BackupVaultName": "night", "RecoveryPointArn": points(world)[0]}
    hold_id = hold(world)
    world.traveller.move_to(START + 3 * DAY)
    before = backup.describe_recovery_point(**named)["StorageClass"]
    backup.cancel_legal_hold(LegalHoldId=hold_id, CancelDescription="settled")

    assert (before, backup.describe_recovery_point(**named)["StorageClass"]) == ("WARM", "COLD")


@pytest.mark.parametrize(
    "selection",
    [
        {"VaultNames": ["nowhere"]},
        {"ResourceIdentifiers": ["volume-1"]},
        {"DateRange": {"FromDate": START, "ToDate": START + timedelta(milliseconds=1)}},
        {"DateRange": {"FromDate": START, "ToDate": START - timedelta(milliseconds=1)}},
    ],
)
def test_selections_that_are_refused(world: World, selection: dict[str, Any]) -> None:
    """A vault that is not there, what is no resource, the future, and dates the wrong way round."""
    with pytest.raises(world.backup().exceptions.InvalidParameterValueException):
        hold(world, **selection)
    assert world.backup().list_legal_holds()["LegalHolds"] == []


@pytest.mark.long
def test_an_account_has_fifty_active_holds(world: World) -> None:
    """Cancelled ones do not count (aws-backup.md 1.5)."""
    first, *_ = [hold(world) for _ in range(50)]
    with pytest.raises(world.backup().exceptions.LimitExceededException):
        hold(world)
    world.backup().cancel_legal_hold(LegalHoldId=first, CancelDescription="settled")
    assert hold(world)
