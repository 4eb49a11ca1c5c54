"""Backups of stacks that break off or are stopped."""

from datetime import timedelta
from typing import Any

import pytest

from auditor.executor.seam.driver import Composite
from tests.contract.executor.nightly import START, once
from tests.contract.executor.on_demand import start
from tests.contract.executor.stacks import REGION, RESOURCES, Make, children, describe, points
from tests.contract.executor.world import World


def test_a_run_that_breaks_off_between_nested_jobs(
    world: World, make_stack: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run makes what is missing and nothing twice."""
    job_id = start(world, make_stack())
    driver = world.service.driver("EBS")
    back_up = driver.back_up
    broken: list[Any] = []

    def die(*given: Any, **more: Any) -> Any:
        made = back_up(*given, **more)
        if not broken:
            broken.append(made)
            raise KeyboardInterrupt
        return made

    monkeypatch.setattr(driver, "back_up", die)
    with pytest.raises(KeyboardInterrupt):
        world.run(START + timedelta(hours=1))
    broken_off = describe(world, job_id)["State"]
    world.run(START + timedelta(hours=2))
    snapshots = world.moto_client("ec2", REGION).describe_snapshots(OwnerIds=["self"])["Snapshots"]

    assert broken_off in {"PENDING", "RUNNING"}
    assert (describe(world, job_id)["State"], len(snapshots)) == ("COMPLETED", 1)
    assert sorted(points(world)) == ["CloudFormation", "DynamoDB", "EBS", "S3", "composite"]
    assert len(world.backup().list_backup_jobs()["BackupJobs"]) == 5


def test_a_run_that_breaks_off_while_a_stack_is_read(
    world: World, make_stack: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nested jobs are there with their parent's new state, or not at all."""
    job_id = start(world, make_stack())
    with monkeypatch.context() as patch:
        patch.setattr("auditor.executor.engine.run.EngineRun.flush", die_at_once)
        with pytest.raises(KeyboardInterrupt):
            world.run(START + timedelta(hours=1))
    before = (describe(world, job_id)["State"], children(world, job_id))
    world.run(START + timedelta(hours=1))

    assert before == ("CREATED", {})
    assert describe(world, job_id)["ChildJobsInState"] == {"COMPLETED": 4}


def die_at_once(*_: Any) -> None:
    """Be a process that is killed."""
    raise KeyboardInterrupt


def test_a_stack_is_stopped_with_what_can_be(
    world: World, make_stack: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nested jobs of databases cannot be stopped; their recovery point stays, in a PARTIAL composite."""
    monkeypatch.setattr("auditor.executor.engine.backups.duration_ms", lambda _: 10 * 60_000)
    database = {
        "Type": "AWS::RDS::DBInstance",
        "Properties": {
            "DBInstanceIdentifier": "db",
            "Engine": "postgres",
            "DBInstanceClass": "db.t3.micro",
            "AllocatedStorage": "20",
            "MasterUsername": "admin1",
            "MasterUserPassword": "password1",
        },
    }
    job_id = start(world, make_stack({"Disk": RESOURCES["Disk"], "Base": database}))
    world.run(START + timedelta(minutes=2))
    world.backup().stop_backup_job(BackupJobId=job_id)
    stopping = (describe(world, job_id)["State"], children(world, job_id))
    world.run(START + timedelta(hours=1))
    job = describe(world, job_id)

    assert stopping == ("ABORTING", {"CloudFormation": "ABORTING", "EBS": "ABORTING", "RDS": "RUNNING"})
    assert (job["State"], children(world, job_id)) == (
        "PARTIAL",
        {"CloudFormation": "ABORTED", "EBS": "ABORTED", "RDS": "COMPLETED"},
    )
    assert {kind: point["Status"] for kind, point in points(world).items()} == {
        "composite": "PARTIAL",
        "RDS": "COMPLETED",
    }


def test_a_stack_that_is_stopped_while_it_is_read(
    world: World, make_stack: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job is ABORTED and none is nested in it."""
    job_id = start(world, make_stack())
    driver = world.service.driver("CloudFormation")
    assert isinstance(driver, Composite)
    members = driver.members

    def stop(stack: Any) -> Any:
        world.backup().stop_backup_job(BackupJobId=job_id)
        return members(stack)

    monkeypatch.setattr(driver, "members", stop)
    world.run(START + timedelta(hours=1))

    assert describe(world, job_id)["State"] == "ABORTED"
    assert (children(world, job_id), points(world)) == ({}, {})


@once
@pytest.mark.parametrize("minutes", [0, 2])
def test_a_stack_that_is_stopped_leaves_nothing(world: World, make_stack: Make, minutes: int) -> None:
    """Before its nested jobs are there, and while they run."""
    job_id = start(world, make_stack())
    if minutes:
        world.run(START + timedelta(minutes=minutes))
    world.backup().stop_backup_job(BackupJobId=job_id)
    world.run(START + timedelta(hours=1))
    job = describe(world, job_id)

    assert (job["State"], job["NumberOfChildJobs"]) == ("ABORTED", 4 if minutes else 0)
    assert set(children(world, job_id).values()) <= {"ABORTED"}
    assert points(world) == {}
    assert world.moto_client("ec2", REGION).describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
