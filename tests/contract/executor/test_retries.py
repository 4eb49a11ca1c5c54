"""Errors that pass, calls that come late and jobs that are stopped: one backup is made, or none."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.executor.engine.run import LeaseLostError
from auditor.executor.engine.scheduler import run_until
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import DriverError
from tests.contract.executor.nightly import ACCOUNT, ROLE, START, snapshots
from tests.contract.executor.on_demand import outcome, start
from tests.contract.executor.world import World


def passing(times: int, driver: Any, method: str, *, transient: bool = True) -> Any:
    """`method` of `driver`, refused the first `times` times; gives the list of its calls' times."""
    really, calls = getattr(driver, method), []

    def call(*args: Any, **kwargs: Any) -> Any:
        calls.append(datetime.now(UTC))
        if len(calls) <= times:
            raise DriverError("Rate exceeded.", "LIMIT_EXCEEDED", transient=transient)
        return really(*args, **kwargs)

    return call, calls


def test_passing_errors_are_retried(world: World, volume: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every 10 minutes of the start window, CREATED meanwhile (aws-backup.md 4.2)."""
    call, calls = passing(2, world.service.driver("EBS"), "back_up")
    monkeypatch.setattr(world.service.driver("EBS"), "back_up", call)
    job_id = start(world, volume)
    world.run(START + timedelta(minutes=15))
    waiting = world.backup().describe_backup_job(BackupJobId=job_id)
    world.run(START + timedelta(hours=1))

    assert (waiting["State"], waiting["StatusMessage"]) == ("CREATED", "Rate exceeded.")
    assert [moment - START for moment in calls] == [timedelta(minutes=minutes) for minutes in (0, 10, 20)]
    assert (outcome(world, job_id), len(snapshots(world))) == (("COMPLETED", "SUCCESS", ""), 1)


def test_errors_that_do_not_pass_expire_the_job(
    world: World, volume: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the end of its start window, with the last error."""
    call, calls = passing(99, world.service.driver("EBS"), "back_up")
    monkeypatch.setattr(world.service.driver("EBS"), "back_up", call)
    job_id = start(world, volume, StartWindowMinutes=60)
    world.run(START + timedelta(hours=2))

    message = "Backup job expired: it could not start within its start window. Rate exceeded."
    assert (outcome(world, job_id), len(calls)) == (("EXPIRED", "JOB_EXPIRED", message), 6)


@pytest.mark.parametrize(("times", "state"), [(12, "COMPLETED"), (13, "FAILED")])
def test_copies_are_retried_for_two_hours(
    world: World, volume: str, copies: str, monkeypatch: pytest.MonkeyPatch, times: int, state: str
) -> None:
    """The last attempt is made two hours after the first (aws-backup.md 4.12)."""
    start(world, volume)
    world.run(START + timedelta(hours=1))
    (point,) = world.backup().list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"]
    call, calls = passing(times, world.service.driver("EBS"), "copy")
    monkeypatch.setattr(world.service.driver("EBS"), "copy", call)
    request = {"SourceBackupVaultName": "night", "DestinationBackupVaultArn": copies, "IamRoleArn": ROLE}
    copy_id = world.backup().start_copy_job(RecoveryPointArn=point["RecoveryPointArn"], **request)[
        "CopyJobId"
    ]
    world.run(START + timedelta(hours=4))

    job = world.backup().describe_copy_job(CopyJobId=copy_id)["CopyJob"]
    assert (job["State"], len(calls), calls[-1] - calls[0]) == (state, 13, timedelta(hours=2))


@pytest.mark.parametrize(("minutes", "state", "begun"), [(0, "CREATED", 0), (1, "RUNNING", 1)])
def test_a_job_is_stopped(world: World, volume: str, minutes: int, state: str, begun: int) -> None:
    """Waiting or running: ABORTING at once, ABORTED at the next look, nothing left (aws-backup.md 4.4)."""
    backup, job_id = world.backup(), start(world, volume)
    world.run(START + timedelta(minutes=minutes))
    states = [backup.describe_backup_job(BackupJobId=job_id)["State"]]
    assert len(snapshots(world)) == begun
    for _ in range(2):
        backup.stop_backup_job(BackupJobId=job_id)
    states += [job["State"] for job in backup.list_backup_jobs(ByState="ABORTING")["BackupJobs"]]
    world.run(START + timedelta(minutes=2))
    job = backup.describe_backup_job(BackupJobId=job_id)

    assert (states, len(snapshots(world))) == ([state, "ABORTING"], 0)
    assert (job["State"], job["StatusMessage"]) == ("ABORTED", "Backup job was stopped on request.")
    assert job["CompletionDate"] == START + timedelta(minutes=minutes)
    assert backup.list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"] == []
    with pytest.raises(backup.exceptions.InvalidRequestException):
        backup.stop_backup_job(BackupJobId=job_id)
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.stop_backup_job(BackupJobId=f"{job_id}0")


def test_jobs_that_cannot_be_stopped(world: World) -> None:
    """RDS backups cannot (API StopBackupJob)."""
    world.backup().create_backup_vault(BackupVaultName="night")
    database = world.moto_client("rds", "eu-west-1").create_db_instance(
        DBInstanceIdentifier="db", Engine="postgres", DBInstanceClass="db.t3.micro", AllocatedStorage=20
    )
    job_id = start(world, database["DBInstance"]["DBInstanceArn"])
    with pytest.raises(world.backup().exceptions.InvalidRequestException):
        world.backup().stop_backup_job(BackupJobId=job_id)
    assert world.backup().describe_backup_job(BackupJobId=job_id)["State"] == "CREATED"


def test_one_running_job_over_many_runs(world: World, volume: str) -> None:
    """A job that runs beyond the end of a run keeps its resource in the next ones (aws-backup.md 1.5)."""
    first = start(world, volume)
    second = start(world, volume)
    most = 0
    for minute in range(1, 46):
        world.run(START + timedelta(minutes=minute))
        found = world.backup().list_backup_jobs(ByState="RUNNING")["BackupJobs"]
        most = max(most, len(found))

    assert most == 1
    assert [outcome(world, job)[0] for job in (first, second)] == ["COMPLETED", "COMPLETED"]


def test_a_job_that_is_stopped_while_it_completes(
    world: World, volume: str, copies: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is ABORTED without a recovery point, and nothing is copied."""
    backup = world.backup()
    rule = {
        "RuleName": "daily",
        "TargetBackupVaultName": "night",
        "ScheduleExpression": "cron(0 5 * * ? *)",
        "CopyActions": [{"DestinationBackupVaultArn": copies}],
    }
    plan = backup.create_backup_plan(BackupPlan={"BackupPlanName": "plan", "Rules": [rule]})["BackupPlanId"]
    selection = {"SelectionName": "volumes", "IamRoleArn": ROLE, "Resources": [volume]}
    backup.create_backup_selection(BackupPlanId=plan, BackupSelection=selection)
    driver = world.service.driver("EBS")
    settled = driver.settled

    def stop(*place: str) -> Any:
        (job,) = backup.list_backup_jobs(ByState="RUNNING")["BackupJobs"]
        backup.stop_backup_job(BackupJobId=job["BackupJobId"])
        return settled(*place)

    monkeypatch.setattr(driver, "settled", stop)
    world.run(START + timedelta(hours=7))

    assert [job["State"] for job in backup.list_backup_jobs()["BackupJobs"]] == ["ABORTED"]
    assert backup.list_copy_jobs()["CopyJobs"] == []
    assert len(snapshots(world)) == 0


def test_a_backup_that_may_have_been_made_is_looked_for_before_it_is_given_up(
    world: World, volume: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is lost and looking fails beyond the start window: what was made is taken, once."""
    driver = world.service.driver("EBS")
    back_up, find = driver.back_up, driver.find

    def lost(*args: Any, **kwargs: Any) -> Any:
        back_up(*args, **kwargs)
        raise DriverError("Connection was closed.", transient=True)

    looks = iter(range(100))

    def away(*args: Any) -> Any:
        if next(looks) < 8:
            raise DriverError("Could not connect.")
        return find(*args)

    monkeypatch.setattr(driver, "back_up", lost)
    monkeypatch.setattr(driver, "find", away)
    job_id = start(world, volume, StartWindowMinutes=60)
    world.run(START + timedelta(hours=3))

    assert (outcome(world, job_id), len(snapshots(world))) == (("COMPLETED", "SUCCESS", ""), 1)


def test_what_an_expired_job_may_have_made_does_not_stay(
    world: World, volume: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup of which only a part is there is taken back at the end of the start window."""
    driver = world.service.driver("EBS")
    back_up = driver.back_up

    def broken(*args: Any, **kwargs: Any) -> Any:
        back_up(*args, **kwargs)
        raise DriverError("Slow down.", transient=True)

    monkeypatch.setattr(driver, "back_up", broken)
    monkeypatch.setattr(driver, "find", lambda *_: None)
    job_id = start(world, volume, StartWindowMinutes=60)
    world.run(START + timedelta(hours=3))

    assert (outcome(world, job_id)[0], len(snapshots(world))) == ("EXPIRED", 0)


def test_an_executor_that_stood_still_takes_its_own_backup_back(
    world: World, volume: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease ends between its decision and its call; the one that took over has made the backup."""
    driver, scope = world.service.driver("EBS"), AccountRegion(ACCOUNT, "eu-west-1", "aws")
    back_up, taken_over = driver.back_up, []

    def late(*args: Any, **kwargs: Any) -> Any:
        taken_over.append(True)
        monkeypatch.setattr(driver, "back_up", back_up)
        run_until(world.service, scope, datetime.now(UTC))
        return back_up(*args, **kwargs)

    monkeypatch.setattr(driver, "back_up", late)
    job_id = start(world, volume)
    world.traveller.move_to(START + timedelta(minutes=5))
    with pytest.raises(LeaseLostError):
        run_until(world.service, scope, datetime.now(UTC), fence=lambda _: not taken_over)
    world.run(START + timedelta(hours=1))

    assert (outcome(world, job_id), len(snapshots(world))) == (("COMPLETED", "SUCCESS", ""), 1)


class Killed(BaseException):
    """The process ends here."""


def call_late(
    world: World,
    volume: str,
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: Callable[[str, AccountRegion], None],
) -> str:
    """Have an executor stand still before its call until `meanwhile` is over; it is killed after it."""
    driver, scope = world.service.driver("EBS"), AccountRegion(ACCOUNT, "eu-west-1", "aws")
    back_up = driver.back_up

    def late(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(driver, "back_up", back_up)
        meanwhile(job_id, scope)
        back_up(*args, **kwargs)
        raise Killed

    monkeypatch.setattr(driver, "back_up", late)
    job_id = start(world, volume)
    world.traveller.move_to(START + timedelta(minutes=5))
    with pytest.raises(Killed):
        run_until(world.service, scope, datetime.now(UTC))
    return job_id


@pytest.mark.parametrize(("minutes", "left"), [(59, 2), (60, 1)])
def test_what_a_late_call_makes_beside_a_completed_backup_goes(
    world: World, volume: str, monkeypatch: pytest.MonkeyPatch, minutes: int, left: int
) -> None:
    """An executor stands still before its call, which comes after that of the one that took over."""

    def take_over(_job_id: str, scope: AccountRegion) -> None:
        run_until(world.service, scope, datetime.now(UTC))

    job_id = call_late(world, volume, monkeypatch, take_over)
    world.run(START + timedelta(minutes=30))
    job = world.backup().describe_backup_job(BackupJobId=job_id)
    world.run(job["CompletionDate"] + timedelta(minutes=minutes, milliseconds=1))
    world.run(job["CompletionDate"] + timedelta(minutes=minutes, milliseconds=2))

    assert (outcome(world, job_id), len(snapshots(world))) == (("COMPLETED", "SUCCESS", ""), left)
    kept = world.moto_client("ec2", "eu-west-1").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert job["RecoveryPointArn"].endswith(min(kept, key=lambda one: one["StartTime"])["SnapshotId"])


@pytest.mark.parametrize(("minutes", "left"), [(59, 1), (60, 0)])
def test_what_a_late_call_makes_of_a_stopped_job_goes(
    world: World, volume: str, monkeypatch: pytest.MonkeyPatch, minutes: int, left: int
) -> None:
    """The job is stopped while its call is under way, and the call is carried out after that."""

    def stop(job_id: str, scope: AccountRegion) -> None:
        world.backup().stop_backup_job(BackupJobId=job_id)
        run_until(world.service, scope, datetime.now(UTC) + timedelta(milliseconds=1))

    def state() -> str:
        return str(world.backup().describe_backup_job(BackupJobId=job_id)["State"])

    job_id = call_late(world, volume, monkeypatch, stop)
    assert (state(), len(snapshots(world))) == ("ABORTED", 1)
    world.run(START + timedelta(minutes=5 + minutes, milliseconds=1))

    assert (state(), len(snapshots(world))) == ("ABORTED", left)
