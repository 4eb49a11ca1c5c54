"""Cold storage: the service's own tier, what cannot be done from it, and what has none."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.executor.drivers import make_drivers
from auditor.executor.engine.cold import NOT_MOVED
from auditor.executor.engine.points import with_lifecycle
from auditor.executor.engine.scheduler import run_until
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import Archiver, DriverError
from tests.contract.executor.world import World

ACCOUNT, REGION = "123456789012", "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
VAULT = f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:night"
START = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
COLD = {"MoveToColdStorageAfterDays": 1, "DeleteAfterDays": 100}
ARCHIVE = COLD | {"OptInToArchiveForSupportedResources": True}


def back_up(world: World, resource: str, lifecycle: dict[str, Any]) -> str:
    """Back up at once; gives the recovery point's ARN."""
    backup = world.backup()
    asked = {"BackupVaultName": "night", "IamRoleArn": ROLE, "Lifecycle": lifecycle}
    job = backup.start_backup_job(ResourceArn=resource, **asked)["BackupJobId"]
    world.run(datetime.now(UTC) + timedelta(hours=2))
    return str(backup.describe_backup_job(BackupJobId=job)["RecoveryPointArn"])


def tier(world: World, point: str) -> str:
    """The tier of a snapshot, as EC2 tells it."""
    told = world.moto_client("ec2", REGION).describe_snapshot_tier_status()["SnapshotTierStatuses"]
    return str({each["SnapshotId"]: each["StorageTier"] for each in told}[point.rpartition("/")[2]])


def described(world: World, point: str) -> tuple[str, str]:
    """Storage class and message of a recovery point."""
    found = world.backup().describe_recovery_point(BackupVaultName="night", RecoveryPointArn=point)
    return found["StorageClass"], found.get("StatusMessage", "")


def test_a_snapshot_goes_into_the_archive_in_the_first_run_after_its_date(world: World, volume: str) -> None:
    """Not before, and without the opt-in never, which is said."""
    point, other = (back_up(world, volume, lifecycle) for lifecycle in (ARCHIVE, COLD))
    world.traveller.move_to(START + DAY - timedelta(milliseconds=1))
    world.run(START + DAY)
    assert (tier(world, point), described(world, point)) == ("standard", ("COLD", ""))
    world.run(START + DAY + timedelta(hours=1))

    assert (tier(world, point), tier(world, other)) == ("archive", "standard")
    ignored = "MoveToColdStorageAfterDays was ignored of EBS: OptInToArchiveForSupportedResources is not set."
    assert described(world, other) == ("WARM", ignored)


def test_nothing_is_copied_from_cold_storage(world: World, volume: str) -> None:
    """The request is refused; a job that was made before ends FAILED. A millisecond before it can be."""
    point = back_up(world, volume, ARCHIVE)
    backup = world.backup()
    asked = {"RecoveryPointArn": point, "SourceBackupVaultName": "night", "IamRoleArn": ROLE}
    asked |= {"DestinationBackupVaultArn": VAULT}
    world.traveller.move_to(START + DAY - timedelta(milliseconds=1))
    early = backup.start_copy_job(**asked)["CopyJobId"]
    world.traveller.move_to(START + DAY)
    with pytest.raises(backup.exceptions.InvalidRequestException, match="from which nothing can be copied"):
        backup.start_copy_job(**asked)
    world.run(START + DAY + timedelta(hours=1))

    job = backup.describe_copy_job(CopyJobId=early)["CopyJob"]
    said = f"{point} is in cold storage, from which nothing can be copied."
    assert (job["State"], job["StatusMessage"]) == ("FAILED", said)


def test_a_restore_waits_for_the_service_and_for_nothing_else(world: World, volume: str) -> None:
    """EC2 brings the snapshot back for a day; moto does so at once."""
    point = back_up(world, volume, ARCHIVE)
    world.run(START + 2 * DAY)
    world.run(START + 2 * DAY + timedelta(hours=1))
    backup, zone = world.backup(), {"availabilityZone": f"{REGION}a"}
    job = backup.start_restore_job(RecoveryPointArn=point, Metadata=zone, IamRoleArn=ROLE)["RestoreJobId"]
    world.run(START + 2 * DAY + timedelta(hours=3))

    done = backup.describe_restore_job(RestoreJobId=job)
    assert done["Status"] == "COMPLETED"
    assert done["CompletionDate"] - done["CreationDate"] <= timedelta(minutes=20)


@pytest.mark.long
@pytest.mark.parametrize(("readable_after", "status"), [(70, "COMPLETED"), (None, "FAILED")])
def test_a_restore_waits_days_for_the_archive(
    world: World, volume: str, monkeypatch: pytest.MonkeyPatch, readable_after: int | None, status: str
) -> None:
    """It is PENDING and says why; after four days it has FAILED."""
    point = back_up(world, volume, ARCHIVE)
    world.run(START + 2 * DAY)
    begin = datetime.now(UTC)

    def is_readable(*_: str) -> bool:
        return readable_after is not None and datetime.now(UTC) >= begin + timedelta(hours=readable_after)

    monkeypatch.setattr(world.service.driver("EBS"), "is_readable", is_readable)
    backup, zone = world.backup(), {"availabilityZone": f"{REGION}a"}
    job = backup.start_restore_job(RecoveryPointArn=point, Metadata=zone, IamRoleArn=ROLE)["RestoreJobId"]
    world.run(begin + 2 * DAY)
    waits = backup.describe_restore_job(RestoreJobId=job)
    world.run(begin + 5 * DAY)

    said = "The recovery point is brought back from cold storage."
    assert (waits["Status"], waits["StatusMessage"]) == ("PENDING", said)
    assert backup.describe_restore_job(RestoreJobId=job)["Status"] == status


def test_cold_is_what_a_driver_can_move() -> None:
    """Of every driver: a lifecycle gives a date of transition where there is a tier, and nowhere else."""
    lifecycle = {"MoveToColdStorageAfterDays": 1, "OptInToArchiveForSupportedResources": True}
    drivers = make_drivers(lambda *_: None, lambda: START, gateways=True)
    for driver in drivers:
        managed = driver.fully_managed
        row = {"created": 0, "arn": "arn:aws:backup:x", "resource_type": driver.resource_type}
        dated = with_lifecycle({}, row, lifecycle, fully_managed=managed)["cold_at"] is not None
        assert (driver.resource_type, dated) == (driver.resource_type, isinstance(driver, Archiver))


def test_what_is_stored_changes_its_storage_class(world: World) -> None:
    """The pages of a table's items; they are read at once, so the restore waits for nothing."""
    world.backup().create_backup_vault(BackupVaultName="night")
    dynamodb, s3 = world.moto_client("dynamodb", REGION), world.moto_client("s3", REGION)
    table = dynamodb.create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]["TableArn"]
    for number in range(6):
        dynamodb.put_item(TableName="table", Item={"id": {"S": str(number)}, "x": {"S": "x" * 380_000}})
    point = back_up(world, table, COLD)
    world.run(START + 2 * DAY)
    world.run(START + 3 * DAY)
    listed = s3.list_objects_v2(Bucket=f"backup-{ACCOUNT}-{REGION}")["Contents"]
    classes = {item["Key"].rpartition("/")[2]: item["StorageClass"] for item in listed}
    asked = {"RecoveryPointArn": point, "IamRoleArn": ROLE, "Metadata": {"targetTableName": "restored"}}
    job = world.backup().start_restore_job(**asked)["RestoreJobId"]
    world.run(START + 3 * DAY + timedelta(hours=1))

    assert classes.pop("job.json") == "STANDARD"
    assert set(classes.values()) == {"GLACIER_IR"}
    assert described(world, point) == ("COLD", "")
    assert world.backup().describe_restore_job(RestoreJobId=job)["Status"] == "COMPLETED"
    pages = dynamodb.get_paginator("scan").paginate(TableName="restored", Select="COUNT")
    assert sum(page["Count"] for page in pages) == 6


@pytest.mark.parametrize("transient", [True, False])
def test_what_the_service_does_not_move_stays_warm(
    world: World, volume: str, monkeypatch: pytest.MonkeyPatch, *, transient: bool
) -> None:
    """It is reported; what passes is tried again, what does not is said of the recovery point."""
    point = back_up(world, volume, ARCHIVE)

    def refused(*_: str) -> None:
        raise DriverError("Not now.", transient=transient)

    told: list[str] = []
    world.traveller.move_to(START + DAY)
    with monkeypatch.context() as now:
        now.setattr(world.service.driver("EBS"), "archive", refused)
        scope = AccountRegion(ACCOUNT, REGION, "aws")
        run_until(world.service, scope, START + DAY, report=lambda event, **_: told.append(event))
    state = ("COLD", "") if transient else ("WARM", f"It was {NOT_MOVED}: Not now.")
    assert (told, described(world, point)) == ([NOT_MOVED], state)
    world.run(START + DAY + timedelta(hours=1))
    assert tier(world, point) == ("archive" if transient else "standard")
