"""One job at a time on a resource: first come, first served, over many runs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.executor.seam.driver import DriverError
from tests.contract.executor.world import World

ACCOUNT, REGION = "123456789012", "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
NIGHT, AWAY = f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:night", "backup-vault:away"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def volume(world: World) -> str:
    """The ARN of a volume; the vaults `night` and `away` are there."""
    made = world.moto_client("ec2", REGION).create_volume(AvailabilityZone=f"{REGION}a", Size=1)
    for name in ("night", "away"):
        world.backup().create_backup_vault(BackupVaultName=name)
    return f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/{made['VolumeId']}"


def back_up(world: World, volume: str) -> str:
    """Ask for a backup; gives the job's id."""
    asked = {"BackupVaultName": "night", "ResourceArn": volume, "IamRoleArn": ROLE}
    return str(world.backup().start_backup_job(**asked)["BackupJobId"])


def copy(world: World, point: str) -> str:
    """Ask for a copy; gives the job's id."""
    destination = NIGHT.replace("night", "away")
    asked = {"SourceBackupVaultName": "night", "DestinationBackupVaultArn": destination}
    return str(world.backup().start_copy_job(RecoveryPointArn=point, IamRoleArn=ROLE, **asked)["CopyJobId"])


def minutes(world: World, count: int) -> Iterator[None]:
    """Let so many minutes pass with a run of the engine in each, as a server's."""
    for _ in range(count):
        yield
        world.run(datetime.now(UTC) + MINUTE)


def ended(world: World) -> list[str]:
    """The ids of the jobs that are complete, in the order of their completion."""
    backup = world.backup()
    jobs = [(job["CompletionDate"], job["BackupJobId"]) for job in backup.list_backup_jobs()["BackupJobs"]
            if job["State"] == "COMPLETED"]  # fmt: skip
    jobs += [(job["CompletionDate"], job["CopyJobId"]) for job in backup.list_copy_jobs()["CopyJobs"]
             if job["State"] == "COMPLETED"]  # fmt: skip
    return [job_id for _, job_id in sorted(jobs)]


def first_point(world: World, volume: str) -> str:
    """A recovery point that is there."""
    job = back_up(world, volume)
    world.run(datetime.now(UTC) + 30 * MINUTE)
    return str(world.backup().describe_backup_job(BackupJobId=job)["RecoveryPointArn"])


@pytest.mark.long
def test_jobs_of_both_kinds_come_in_the_order_of_their_creation(world: World, volume: str) -> None:
    """Whatever runs when they are asked for, and however often the engine looks."""
    point = first_point(world, volume)
    before = ended(world)
    asked: list[str] = []
    for number, _ in enumerate(minutes(world, 150)):
        if number < 8:
            asked.append(copy(world, point) if number % 3 == 1 else back_up(world, volume))
    assert ended(world) == [*before, *asked]


@pytest.mark.long
def test_copies_do_not_starve_behind_backups(world: World, volume: str) -> None:
    """More backups than a resource has time for: each copy is made when those before it are."""
    point = first_point(world, volume)
    copies: list[str] = []
    for number, _ in enumerate(minutes(world, 200)):
        if number < 120 and number % 5 == 0:
            back_up(world, volume)
        if number < 60 and number % 20 == 0:
            copies.append(copy(world, point))
    states = [world.backup().describe_copy_job(CopyJobId=job)["CopyJob"]["State"] for job in copies]
    assert states == ["COMPLETED"] * 3


def test_who_waits_for_something_else_is_passed_by(world: World, volume: str, monkeypatch: Any) -> None:
    """A copy that is tried again in ten minutes keeps no backup waiting."""
    point = first_point(world, volume)
    driver, calls = world.service.driver("EBS"), 0
    make = driver.copy

    def busy(*arguments: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise DriverError("Too many snapshots.", transient=True)
        return make(*arguments, **more)

    monkeypatch.setattr(driver, "copy", busy)
    late = copy(world, point)
    soon = back_up(world, volume)
    for _ in minutes(world, 60):
        pass
    assert ended(world)[-2:] == [soon, late]
