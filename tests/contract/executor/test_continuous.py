"""Continuous backups of buckets, from a plan to a restore at a second."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from botocore.exceptions import ClientError
from sqlalchemy import select

from auditor.executor.database.notifications import outbox
from auditor.executor.drivers.s3 import S3Driver
from tests.contract.executor.continuous import DAY, HOUR, PITR, REGION, SECOND, plan, restore
from tests.contract.executor.nightly import ACCOUNT, ROLE, START, jobs, once, points
from tests.contract.executor.world import World

SNAPSHOT = {
    name: value for name, value in PITR.items() if name not in {"EnableContinuousBackup", "RuleName"}
} | {"RuleName": "snapshots", "Lifecycle": {"DeleteAfterDays": 100}}


@pytest.fixture
def bucket(world: World) -> str:
    """The ARN of a versioned bucket with an object; the vaults `night` and `day` are there."""
    for name in ("night", "day"):
        world.backup().create_backup_vault(BackupVaultName=name)
    s3 = world.moto_client("s3", REGION)
    s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="data", Key="a", Body=b"first")
    return "arn:aws:s3:::data"


def write(world: World, body: str) -> datetime:
    """Overwrite the object; gives the time."""
    world.moto_client("s3", REGION).put_object(Bucket="data", Key="a", Body=body.encode())
    return datetime.now(UTC)


def read(world: World, name: str) -> str:
    """The object of a restored bucket."""
    return str(world.moto_client("s3", REGION).get_object(Bucket=name, Key="a")["Body"].read().decode())


@pytest.mark.long
@once
def test_a_bucket_is_restored_to_a_second(world: World, bucket: str) -> None:
    """One recovery point that jobs renew and looks keep up; each second of it can be restored."""
    plan(world, PITR | {"ScheduleExpression": "cron(0 1,4 * * ? *)"})
    world.run(START + 2 * HOUR)
    (first,) = points(world)
    written = []
    for number in range(2):
        world.run(datetime.now(UTC) + HOUR / 2)
        written.append((write(world, str(number)), str(number)))
    world.run(START + 6 * HOUR)
    (point,) = points(world)
    metadata = world.backup().get_recovery_point_restore_metadata(
        BackupVaultName="night", RecoveryPointArn=point["RecoveryPointArn"]
    )["RestoreMetadata"]
    latest = datetime.fromisoformat(metadata["LatestRestorableTime"])
    described = world.backup().describe_recovery_point(
        BackupVaultName="night", RecoveryPointArn=point["RecoveryPointArn"]
    )

    assert [job["State"] for job in jobs(world)] == ["COMPLETED"] * 2
    assert {job["RecoveryPointArn"] for job in jobs(world)} == {point["RecoveryPointArn"]}
    assert point["RecoveryPointArn"].startswith(
        f"arn:aws:backup:{REGION}:{ACCOUNT}:recovery-point:continuous:data-"
    )
    assert (described["Status"], described["ResourceArn"]) == ("AVAILABLE", bucket)
    assert described["CreationDate"] == first["CreationDate"]
    ends = [p["CalculatedLifecycle"]["DeleteAt"] for p in (first, point)]
    assert ends == [START + HOUR + 3 * DAY, START + 4 * HOUR + 3 * DAY]
    assert timedelta() < START + 6 * HOUR - latest <= timedelta(minutes=16)
    for number, (at, body) in enumerate(written):
        for name, moment, wanted in (
            (f"before-{number}", at - SECOND, written[number - 1][1] if number else "first"),
            (f"at-{number}", at, body),
        ):
            given = {"RestoreTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}
            given |= {"DestinationBucketName": name, "NewBucket": "true"}
            assert restore(world, point["RecoveryPointArn"], given)["Status"] == "COMPLETED"
            assert read(world, name) == wanted


@once
@pytest.mark.usefixtures("hourly_looks")
def test_it_ends_a_retention_after_the_last_job(world: World, bucket: str) -> None:
    """Without its rule a continuous backup goes on until its retention is over, then all of it goes."""
    plan_id = plan(world, PITR | {"Lifecycle": {"DeleteAfterDays": 1}})
    world.run(START + 2 * HOUR)
    backup = world.backup()
    (selection,) = backup.list_backup_selections(BackupPlanId=plan_id)["BackupSelectionsList"]
    backup.delete_backup_selection(BackupPlanId=plan_id, SelectionId=selection["SelectionId"])
    backup.delete_backup_plan(BackupPlanId=plan_id)
    world.run(START + DAY + HOUR)
    assert [p["Status"] for p in points(world)] == ["AVAILABLE"]
    world.run(START + DAY + 10 * HOUR)

    assert points(world) == []
    stored = world.moto_client("s3", REGION).list_objects_v2(Bucket=f"backup-{ACCOUNT}-{REGION}")
    assert (stored["KeyCount"], bucket) == (0, "arn:aws:s3:::data")


@once
def test_snapshots_beside_it(world: World, bucket: str) -> None:
    """A snapshot rule at the same hour makes snapshots; types without continuous backups have those only."""
    world.moto_client("ec2", REGION).create_volume(AvailabilityZone=f"{REGION}a", Size=8)
    plan(world, PITR, SNAPSHOT)
    world.run(START + 5 * HOUR)
    found = sorted((p["ResourceType"], p["Status"], p["Lifecycle"]["DeleteAfterDays"]) for p in points(world))

    assert found == [("EBS", "COMPLETED", 100), ("S3", "AVAILABLE", 3), ("S3", "COMPLETED", 100)]
    assert bucket in {p["ResourceArn"] for p in points(world)}


@pytest.mark.usefixtures("bucket")
def test_one_a_resource(world: World) -> None:
    """A second rule makes snapshots with an issue in another vault; in the same vault the longest wins."""
    later = {"ScheduleExpression": "cron(0 3 * * ? *)"}
    plan(world, PITR)
    plan(world, PITR | later | {"TargetBackupVaultName": "day"}, name="day")
    plan(world, PITR | later | {"Lifecycle": {"DeleteAfterDays": 2}}, name="short")
    world.run(START + 6 * HOUR)
    (continuous,), (snapshot,) = points(world), points(world, "day")
    told = {(job["BackupVaultName"], job.get("StatusMessage", "")) for job in jobs(world)}
    why = f"PITR already configured in backup plan: {continuous['RecoveryPointArn']}"

    assert (continuous["Status"], continuous["Lifecycle"]) == ("AVAILABLE", {"DeleteAfterDays": 3})
    assert snapshot["Status"] == "COMPLETED"
    assert told == {
        ("night", ""),
        ("day", f"Enabling continuous backup failed, because of the following error: {why}"),
    }


@pytest.mark.long
@once
@pytest.mark.usefixtures("bucket", "hourly_looks")
def test_another_retention(world: World) -> None:
    """A bucket's continuous backup with another retention is another recovery point (aws-backup.md 4.5)."""
    plan_id = plan(world, PITR)
    world.run(START + 2 * HOUR)
    changed = PITR | {"Lifecycle": {"DeleteAfterDays": 2}}
    world.backup().update_backup_plan(
        BackupPlanId=plan_id, BackupPlan={"BackupPlanName": "gold", "Rules": [changed]}
    )
    world.run(START + DAY + 2 * HOUR)

    assert [(p["Status"], p["Lifecycle"]["DeleteAfterDays"]) for p in points(world)] == [
        ("STOPPED", 3),
        ("AVAILABLE", 2),
    ]


@pytest.mark.long
@once
@pytest.mark.usefixtures("bucket")
def test_what_stops_it(world: World) -> None:
    """Without versioning it is STOPPED and can still be restored; the next job begins another."""
    plan(world, PITR)
    s3 = world.moto_client("s3", REGION)
    world.run(START + 2 * HOUR)
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Suspended"})
    world.run(START + 4 * HOUR)
    (stopped,) = points(world)
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    world.run(START + DAY + 2 * HOUR)
    given = {
        "DestinationBucketName": "again",
        "NewBucket": "true",
        "RestoreTime": f"{START + 90 * timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}",
    }

    assert (stopped["Status"], stopped["StatusMessage"]) == (
        "STOPPED",
        "Bucket data cannot be backed up: versioning is not enabled on it.",
    )
    assert [p["Status"] for p in points(world)] == ["STOPPED", "AVAILABLE"]
    assert restore(world, stopped["RecoveryPointArn"], given)["Status"] == "COMPLETED"


@pytest.mark.long
@once
@pytest.mark.usefixtures("bucket")
def test_copies_are_snapshots(world: World, copies: str) -> None:
    """The copy of a bucket's continuous backup is what the bucket was then (aws-backup.md 4.5)."""
    plan(world, PITR | {"CopyActions": [{"DestinationBackupVaultArn": copies}]})
    world.run(START + 5 * HOUR)
    (continuous,), (copy,) = points(world), points(world, "copies", "eu-central-1")

    assert (continuous["Status"], copy["Status"]) == ("AVAILABLE", "COMPLETED")
    assert ":continuous:" not in copy["RecoveryPointArn"]
    with pytest.raises(ClientError, match="only the copy actions of its rule copy it"):
        world.backup().start_copy_job(
            RecoveryPointArn=continuous["RecoveryPointArn"],
            SourceBackupVaultName="night",
            DestinationBackupVaultArn=copies,
            IamRoleArn=ROLE,
        )


@pytest.mark.usefixtures("bucket")
def test_operations_on_a_bucket_s(world: World) -> None:
    """Its lifecycle is the plan's; disassociated it is STOPPED and stays; locks forbid, holds pass it by."""
    plan(world, PITR, SNAPSHOT)
    world.run(START + 4 * HOUR)
    backup = world.backup()
    continuous, snapshot = sorted(points(world), key=lambda p: p["Status"])
    named = {"BackupVaultName": "night", "RecoveryPointArn": continuous["RecoveryPointArn"]}
    with pytest.raises(ClientError, match="its backup plan has its retention"):
        backup.update_recovery_point_lifecycle(**named, Lifecycle={"DeleteAfterDays": 5})
    with pytest.raises(ClientError, match="is a snapshot: only continuous backups"):
        backup.disassociate_recovery_point(
            BackupVaultName="night", RecoveryPointArn=snapshot["RecoveryPointArn"]
        )
    hold = backup.create_legal_hold(Title="a", Description="b")
    held = backup.list_recovery_points_by_legal_hold(LegalHoldId=hold["LegalHoldId"])["RecoveryPoints"]
    assert [p["RecoveryPointArn"] for p in held] == [snapshot["RecoveryPointArn"]]
    backup.put_backup_vault_lock_configuration(BackupVaultName="night", MinRetentionDays=1)
    with pytest.raises(ClientError, match="is locked"):
        backup.disassociate_recovery_point(**named)
    backup.delete_backup_vault_lock_configuration(BackupVaultName="night")
    backup.disassociate_recovery_point(**named)
    stopped = backup.describe_recovery_point(**named)
    world.run(START + DAY)

    assert (stopped["Status"], stopped["StatusMessage"]) == (
        "STOPPED",
        "The recovery point was disassociated on request.",
    )
    assert backup.describe_recovery_point(**named)["Status"] == "STOPPED"
    backup.delete_recovery_point(**named)
    assert [p["Status"] for p in points(world)] == ["COMPLETED"]


@pytest.mark.long
@once
@pytest.mark.usefixtures("bucket", "hourly_looks")
def test_stopping_a_job_does_not_delete_it(world: World) -> None:
    """A job that has renewed the recovery point has ended: nothing of it can be stopped or undone."""
    plan(world, PITR)
    world.run(START + DAY + HOUR + 59 * timedelta(minutes=1))
    for job in jobs(world):
        with pytest.raises(ClientError):
            world.backup().stop_backup_job(BackupJobId=job["BackupJobId"])

    world.run(START + DAY + 3 * HOUR)
    assert [p["Status"] for p in points(world)] == ["AVAILABLE"]


class KilledError(BaseException):
    """The process ends."""


@pytest.mark.usefixtures("hourly_looks")
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_job_begins_it_once(
    world: World, bucket: str, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while it begins a continuous backup, a job takes up what it made."""
    plan(world, PITR)
    start, names = S3Driver.start, []

    def cut_off(*args: Any, **params: Any) -> Any:
        if when == "after":
            names.append(start(*args, **params).arn)
        raise KilledError

    monkeypatch.setattr(S3Driver, "start", cut_off)
    with pytest.raises(KilledError):
        world.run(START + 2 * HOUR)
    monkeypatch.undo()
    world.run(START + 3 * HOUR)
    (point,) = points(world)

    assert (point["Status"], point["ResourceArn"]) == ("AVAILABLE", bucket)
    assert names in ([], [point["RecoveryPointArn"]])
    assert [job["State"] for job in jobs(world)] == ["COMPLETED"]
    world.run(START + DAY + 2 * HOUR)
    assert [p["RecoveryPointArn"] for p in points(world)] == [point["RecoveryPointArn"]]


@pytest.mark.usefixtures("bucket")
def test_an_interruption_is_told(world: World) -> None:
    """A vault's topic hears CONTINUOUS_BACKUP_INTERRUPTED when a continuous backup is STOPPED."""
    plan(world, PITR)
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:told"
    world.backup().put_backup_vault_notifications(
        BackupVaultName="night", SNSTopicArn=topic, BackupVaultEvents=["CONTINUOUS_BACKUP_INTERRUPTED"]
    )
    world.run(START + 2 * HOUR)
    status = {"Status": "Suspended"}
    world.moto_client("s3", REGION).put_bucket_versioning(Bucket="data", VersioningConfiguration=status)
    world.run(START + 4 * HOUR)
    with world.service.database.read() as connection:
        told = [orjson.loads(row.message)["Message"] for row in connection.execute(select(outbox))]

    why = "Bucket data cannot be backed up: versioning is not enabled on it."
    assert told == [f"An AWS Backup continuous backup was interrupted. {why}"]
