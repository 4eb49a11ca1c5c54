"""What goes wrong with jobs and recovery points, and how it is told."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.executor.engine.run import LeaseLostError
from auditor.executor.engine.scheduler import run_until
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import DriverError
from auditor.executor.service import RoleUse

ACCOUNT = "123456789012"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
OTHER = f"arn:aws:backup:eu-central-1:{ACCOUNT}:backup-vault:copies"


@pytest.fixture
def volume(world: Any) -> str:
    """The ARN of a volume; the vaults `night` and, in the other Region, `copies` are there."""
    made = world.moto_client("ec2", "eu-west-1").create_volume(AvailabilityZone="eu-west-1a", Size=8)
    world.backup().create_backup_vault(BackupVaultName="night")
    world.backup("eu-central-1").create_backup_vault(BackupVaultName="copies")
    return f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/{made['VolumeId']}"


def start(world: Any, arn: str, **more: Any) -> str:
    """Start a backup on demand and give its id."""
    request = {"BackupVaultName": "night", "ResourceArn": arn, "IamRoleArn": ROLE}
    return str(world.backup().start_backup_job(**request, **more)["BackupJobId"])


def outcome(world: Any, job_id: str) -> tuple[str, str, str]:
    """State, category and message of a backup job."""
    job = world.backup().describe_backup_job(BackupJobId=job_id)
    return job["State"], job["MessageCategory"], job.get("StatusMessage", "")


def snapshots(world: Any, region: str = "eu-west-1") -> int:
    """How many native snapshots there are."""
    return len(world.moto_client("ec2", region).describe_snapshots(OwnerIds=["self"])["Snapshots"])


def refuse(*_: Any, **__: Any) -> None:
    """Be a driver that may not."""
    raise DriverError("The role may not do it.", "ACCESS_DENIED")


def test_a_resource_that_cannot_be_backed_up(world: Any, volume: str) -> None:
    """The service's own words are the job's message."""
    job_id = start(world, volume)
    world.moto_client("ec2", "eu-west-1").delete_volume(VolumeId=volume.split("/")[1])
    world.run(START + timedelta(hours=1))

    assert outcome(world, job_id) == ("FAILED", "RESOURCE_NOT_FOUND", f"Resource {volume} does not exist.")


def test_a_service_that_refuses(world: Any, volume: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver's error fails its job and no other."""
    monkeypatch.setattr(world.service.driver("EBS"), "back_up", refuse)
    job_id = start(world, volume)
    world.run(START + timedelta(hours=1))

    assert outcome(world, job_id) == ("FAILED", "ACCESS_DENIED", "The role may not do it.")


def test_a_job_that_cannot_start_in_its_window_expires(
    world: Any, volume: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resource has one running job; who waits beyond its start window is EXPIRED (aws-backup.md 4.2)."""
    monkeypatch.setattr("auditor.executor.engine.backups.duration_ms", lambda _: 61 * 60_000)
    start(world, volume)
    world.traveller.move_to(START + timedelta(seconds=1))
    waiting = start(world, volume, StartWindowMinutes=60)
    world.run(START + timedelta(hours=2))
    job = world.backup().describe_backup_job(BackupJobId=waiting)

    assert outcome(world, waiting) == (
        "EXPIRED",
        "JOB_EXPIRED",
        "Backup job expired: it could not start within its start window.",
    )
    assert job["CompletionDate"] == job["StartBy"] == START + timedelta(hours=1, seconds=1)
    assert snapshots(world) == 1


@pytest.mark.parametrize(("minutes", "state", "left"), [(15, "COMPLETED", 1), (14, "ABORTED", 0)])
def test_the_completion_window(
    world: Any, volume: str, monkeypatch: pytest.MonkeyPatch, minutes: int, state: str, left: int
) -> None:
    """A backup that takes longer is cancelled and its snapshot deleted (aws-backup.md 4.2)."""
    monkeypatch.setattr("auditor.executor.engine.backups.duration_ms", lambda _: 15 * 60_000)
    job_id = start(world, volume, CompleteWindowMinutes=minutes)
    world.run(START + timedelta(hours=1))
    job = world.backup().describe_backup_job(BackupJobId=job_id)

    assert (job["State"], snapshots(world)) == (state, left)
    assert job["CompletionDate"] == START + timedelta(minutes=minutes)


def test_a_vault_deleted_under_a_running_job(world: Any, volume: str) -> None:
    """The snapshot does not stay behind unrecorded."""
    job_id = start(world, volume)
    world.run(START + timedelta(minutes=1))
    running = world.backup().describe_backup_job(BackupJobId=job_id)["State"]
    world.backup().delete_backup_vault(BackupVaultName="night")
    world.run(START + timedelta(hours=1))

    assert (running, snapshots(world)) == ("RUNNING", 0)
    assert outcome(world, job_id) == ("FAILED", "RESOURCE_NOT_FOUND", "Backup vault night was deleted.")


def test_a_vault_deleted_under_a_running_copy(
    world: Any, volume: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither does the copy; where it cannot be deleted the job names it."""
    start(world, volume)
    world.run(START + timedelta(hours=1))
    (point,) = world.backup().list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"]
    request = {"SourceBackupVaultName": "night", "DestinationBackupVaultArn": OTHER, "IamRoleArn": ROLE}
    copy_id = world.backup().start_copy_job(RecoveryPointArn=point["RecoveryPointArn"], **request)[
        "CopyJobId"
    ]
    world.run(START + timedelta(hours=1, minutes=1))
    running = world.backup().describe_copy_job(CopyJobId=copy_id)["CopyJob"]
    world.backup("eu-central-1").delete_backup_vault(BackupVaultName="copies")
    monkeypatch.setattr(world.service.driver("EBS"), "delete", refuse)
    world.run(START + timedelta(hours=2))
    copy = world.backup().describe_copy_job(CopyJobId=copy_id)["CopyJob"]

    left = running["DestinationRecoveryPointArn"]
    message = f"Backup vault {OTHER} was deleted. {left} is left behind: The role may not do it."
    assert (running["State"], copy["State"], copy["StatusMessage"]) == ("RUNNING", "FAILED", message)


def test_too_many_tags_fail_the_job(world: Any, volume: str) -> None:
    """50 tags are the most that a recovery point can have (aws-backup.md 4.9)."""
    tags = [{"Key": f"key-{number}", "Value": ""} for number in range(49)]
    world.moto_client("ec2", "eu-west-1").create_tags(Resources=[volume.split("/")[1]], Tags=tags)
    fits = start(world, volume, RecoveryPointTags={"one": ""})
    beyond = start(world, volume, RecoveryPointTags={"one": "", "two": ""})
    world.run(START + timedelta(hours=2))

    assert [outcome(world, job_id)[:2] for job_id in (fits, beyond)] == [
        ("COMPLETED", "SUCCESS"),
        ("FAILED", "LIMIT_EXCEEDED"),
    ]


def test_copies_that_cannot_be(world: Any) -> None:
    """DynamoDB's own backups cannot be copied."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")
    world.backup("eu-central-1").create_backup_vault(BackupVaultName="copies")
    world.moto_client("dynamodb", "eu-west-1").create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    backup.update_region_settings(ResourceTypeManagementPreference={"DynamoDB": False})
    start(world, f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/table")
    world.run(START + timedelta(hours=1))
    (point,) = backup.list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"]
    backup.start_copy_job(
        RecoveryPointArn=point["RecoveryPointArn"],
        DestinationBackupVaultArn=OTHER,
        SourceBackupVaultName="night",
        IamRoleArn=ROLE,
    )
    world.run(START + timedelta(hours=2))

    (copy,) = backup.list_copy_jobs(ByState="FAILED")["CopyJobs"]
    assert copy["StatusMessage"] == "Recovery points of DynamoDB cannot be copied."


def test_a_deletion_by_hand_that_fails(world: Any, volume: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """DeleteRecoveryPoint answers success and the recovery point becomes EXPIRED (aws-backup.md 4.7)."""
    start(world, volume)
    world.run(START + timedelta(hours=1))
    backup = world.backup()
    (point,) = backup.list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"]
    named = {"BackupVaultName": "night", "RecoveryPointArn": point["RecoveryPointArn"]}
    monkeypatch.setattr(world.service.driver("EBS"), "delete", refuse)
    backup.delete_recovery_point(**named)

    assert backup.describe_recovery_point(**named)["Status"] == "EXPIRED"
    assert snapshots(world) == 1


def test_cold_storage(world: Any, volume: str) -> None:
    """An archived snapshot is COLD from its date on, and that part of its lifecycle is then fixed."""
    cold = {"MoveToColdStorageAfterDays": 30, "OptInToArchiveForSupportedResources": True}
    start(world, volume, Lifecycle=cold)
    world.run(START + timedelta(hours=1))
    backup = world.backup()
    (point,) = backup.list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"]
    named = {"BackupVaultName": "night", "RecoveryPointArn": point["RecoveryPointArn"]}
    classes = []
    for moment in (START + timedelta(days=30, milliseconds=-1), START + timedelta(days=30)):
        world.traveller.move_to(moment)
        classes.append(backup.describe_recovery_point(**named)["StorageClass"])

    assert (classes, point["CalculatedLifecycle"]) == (
        ["WARM", "COLD"],
        {"MoveToColdStorageAt": START + timedelta(days=30)},
    )
    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        backup.update_recovery_point_lifecycle(**named, Lifecycle=cold | {"MoveToColdStorageAfterDays": 60})


def test_filters_of_recovery_points(world: Any, volume: str) -> None:
    """Each filter keeps what it names; the bounds of time are open."""
    backup = world.backup()
    moments = [START + timedelta(hours=hours) for hours in (0, 2, 4)]
    for moment in moments:
        world.traveller.move_to(moment)
        start(world, volume)
        world.run(moment + timedelta(hours=1))

    def hours(**filters: Any) -> list[int]:
        found = backup.list_recovery_points_by_backup_vault(BackupVaultName="night", **filters)
        return [point["CreationDate"].hour for point in found["RecoveryPoints"]]

    assert [
        hours(),
        hours(ByCreatedAfter=moments[1]),
        hours(ByCreatedBefore=moments[1]),
        hours(ByResourceArn=volume, ByResourceType="EBS"),
        hours(ByResourceType="RDS"),
        hours(ByBackupPlanId="none"),
        hours(ByParentRecoveryPointArn=volume),
        hours(MaxResults=1),
    ] == [[4, 2, 0], [4], [0], [4, 2, 0], [], [], [], [4]]
    described = backup.describe_protected_resource(ResourceArn=volume)
    assert described["LastBackupTime"] == moments[2]
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.describe_protected_resource(ResourceArn=f"{volume}0")
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.list_recovery_points_by_backup_vault(BackupVaultName="night", BackupVaultAccountId="9" * 12)
    with pytest.raises(backup.exceptions.InvalidRequestException):
        backup.delete_backup_vault(BackupVaultName="night")


def test_a_run_that_breaks_off_is_taken_up_again(
    world: Any, volume: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an unforeseen error the next run makes each due job, once."""
    backup = world.backup()
    rule = {"RuleName": "hourly", "TargetBackupVaultName": "night", "ScheduleExpression": "cron(0 * * * ? *)"}
    plan = {"BackupPlanName": "hourly", "Rules": [rule | {"StartWindowMinutes": 60}]}
    plan_id = backup.create_backup_plan(BackupPlan=plan)["BackupPlanId"]
    selection = {"SelectionName": "one", "IamRoleArn": ROLE, "Resources": [volume]}
    backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=selection)
    driver = world.service.driver("EBS")
    back_up, calls = driver.back_up, iter(range(100))

    def breaking(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == 7:
            raise RuntimeError("out of memory")
        return back_up(*args, **kwargs)

    monkeypatch.setattr(driver, "back_up", breaking)
    with pytest.raises(RuntimeError):
        world.run(START + timedelta(hours=12))
    halfway = len(backup.list_backup_jobs()["BackupJobs"])
    world.run(START + timedelta(hours=12))

    found = backup.list_backup_jobs()["BackupJobs"]
    assert 0 < halfway < 12
    assert [job["CreationDate"].hour for job in found] == list(range(11, -1, -1))
    assert {job["State"] for job in found} == {"COMPLETED"}


def passing(times: int, driver: Any, method: str, *, transient: bool = True) -> Any:
    """`method` of `driver`, refused the first `times` times; gives the list of its calls' times."""
    really, calls = getattr(driver, method), []

    def call(*args: Any, **kwargs: Any) -> Any:
        calls.append(datetime.now(UTC))
        if len(calls) <= times:
            raise DriverError("Rate exceeded.", "LIMIT_EXCEEDED", transient=transient)
        return really(*args, **kwargs)

    return call, calls


def test_passing_errors_are_retried(world: Any, volume: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every 10 minutes of the start window, CREATED meanwhile (aws-backup.md 4.2)."""
    call, calls = passing(2, world.service.driver("EBS"), "back_up")
    monkeypatch.setattr(world.service.driver("EBS"), "back_up", call)
    job_id = start(world, volume)
    world.run(START + timedelta(minutes=15))
    waiting = world.backup().describe_backup_job(BackupJobId=job_id)
    world.run(START + timedelta(hours=1))

    assert (waiting["State"], waiting["StatusMessage"]) == ("CREATED", "Rate exceeded.")
    assert [moment - START for moment in calls] == [timedelta(minutes=minutes) for minutes in (0, 10, 20)]
    assert (outcome(world, job_id), snapshots(world)) == (("COMPLETED", "SUCCESS", ""), 1)


def test_errors_that_do_not_pass_expire_the_job(
    world: Any, volume: str, monkeypatch: pytest.MonkeyPatch
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
    world: Any, volume: str, monkeypatch: pytest.MonkeyPatch, times: int, state: str
) -> None:
    """The last attempt is made two hours after the first (aws-backup.md 4.12)."""
    start(world, volume)
    world.run(START + timedelta(hours=1))
    (point,) = world.backup().list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"]
    call, calls = passing(times, world.service.driver("EBS"), "copy")
    monkeypatch.setattr(world.service.driver("EBS"), "copy", call)
    request = {"SourceBackupVaultName": "night", "DestinationBackupVaultArn": OTHER, "IamRoleArn": ROLE}
    copy_id = world.backup().start_copy_job(RecoveryPointArn=point["RecoveryPointArn"], **request)[
        "CopyJobId"
    ]
    world.run(START + timedelta(hours=4))

    job = world.backup().describe_copy_job(CopyJobId=copy_id)["CopyJob"]
    assert (job["State"], len(calls), calls[-1] - calls[0]) == (state, 13, timedelta(hours=2))


@pytest.mark.parametrize(("minutes", "state", "begun"), [(0, "CREATED", 0), (1, "RUNNING", 1)])
def test_a_job_is_stopped(world: Any, volume: str, minutes: int, state: str, begun: int) -> None:
    """Waiting or running: ABORTING at once, ABORTED at the next look, nothing left (aws-backup.md 4.4)."""
    backup, job_id = world.backup(), start(world, volume)
    world.run(START + timedelta(minutes=minutes))
    states = [backup.describe_backup_job(BackupJobId=job_id)["State"]]
    assert snapshots(world) == begun
    for _ in range(2):
        backup.stop_backup_job(BackupJobId=job_id)
    states += [job["State"] for job in backup.list_backup_jobs(ByState="ABORTING")["BackupJobs"]]
    world.run(START + timedelta(minutes=2))
    job = backup.describe_backup_job(BackupJobId=job_id)

    assert (states, snapshots(world)) == ([state, "ABORTING"], 0)
    assert (job["State"], job["StatusMessage"]) == ("ABORTED", "Backup job was stopped on request.")
    assert job["CompletionDate"] == START + timedelta(minutes=minutes)
    assert backup.list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"] == []
    with pytest.raises(backup.exceptions.InvalidRequestException):
        backup.stop_backup_job(BackupJobId=job_id)
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.stop_backup_job(BackupJobId=f"{job_id}0")


def test_jobs_that_cannot_be_stopped(world: Any) -> None:
    """RDS backups cannot (API StopBackupJob)."""
    world.backup().create_backup_vault(BackupVaultName="night")
    database = world.moto_client("rds", "eu-west-1").create_db_instance(
        DBInstanceIdentifier="db", Engine="postgres", DBInstanceClass="db.t3.micro", AllocatedStorage=20
    )
    job_id = start(world, database["DBInstance"]["DBInstanceArn"])
    with pytest.raises(world.backup().exceptions.InvalidRequestException):
        world.backup().stop_backup_job(BackupJobId=job_id)
    assert world.backup().describe_backup_job(BackupJobId=job_id)["State"] == "CREATED"


def test_one_running_job_over_many_runs(world: Any, volume: str) -> None:
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
    world: Any, volume: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is ABORTED without a recovery point, and nothing is copied."""
    backup = world.backup()
    rule = {
        "RuleName": "daily",
        "TargetBackupVaultName": "night",
        "ScheduleExpression": "cron(0 5 * * ? *)",
        "CopyActions": [{"DestinationBackupVaultArn": OTHER}],
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
    assert snapshots(world) == 0


def test_a_backup_that_may_have_been_made_is_looked_for_before_it_is_given_up(
    world: Any, volume: str, monkeypatch: pytest.MonkeyPatch
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

    assert (outcome(world, job_id), snapshots(world)) == (("COMPLETED", "SUCCESS", ""), 1)


def test_what_an_expired_job_may_have_made_does_not_stay(
    world: Any, volume: str, monkeypatch: pytest.MonkeyPatch
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

    assert (outcome(world, job_id)[0], snapshots(world)) == ("EXPIRED", 0)


def test_an_executor_that_stood_still_takes_its_own_backup_back(
    world: Any, volume: str, monkeypatch: pytest.MonkeyPatch
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

    assert (outcome(world, job_id), snapshots(world)) == (("COMPLETED", "SUCCESS", ""), 1)


class Silent:
    """IAM does not answer."""

    def __call__(self, _use: RoleUse) -> str | None:
        """Not be asked."""
        raise DriverError("Allow iam:SimulatePrincipalPolicy to the executor's role.", transient=True)

    def expect(self, _use: RoleUse) -> None:
        """Hear of it."""


def test_nothing_expires_in_silence_while_roles_cannot_be_asked_about(
    world: Any, volume: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run says so, and the recovery point is as before; one that is deleted by hand says it itself."""
    backup, scope = world.backup(), AccountRegion(ACCOUNT, "eu-west-1", "aws")
    jobs = [start(world, volume, Lifecycle={"DeleteAfterDays": 1}), start(world, volume)]
    world.run(START + timedelta(hours=12))
    due, other = (backup.describe_backup_job(BackupJobId=job)["RecoveryPointArn"] for job in jobs)
    monkeypatch.setattr(world.service, "check_role", Silent())
    world.traveller.move_to(START + timedelta(days=2))
    told = "Recovery points were not deleted: Allow iam:SimulatePrincipalPolicy to the executor's role."
    with pytest.raises(DriverError, match=re.escape(told)):
        run_until(world.service, scope, datetime.now(UTC))
    backup.delete_recovery_point(BackupVaultName="night", RecoveryPointArn=other)

    points = [
        backup.describe_recovery_point(BackupVaultName="night", RecoveryPointArn=a) for a in (due, other)
    ]
    assert [(point["Status"], point.get("StatusMessage")) for point in points] == [
        ("COMPLETED", None),
        ("DELETING", "Allow iam:SimulatePrincipalPolicy to the executor's role."),
    ]
    monkeypatch.undo()
    world.run(START + timedelta(days=2, minutes=1))
    assert (
        backup.list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"],
        snapshots(world),
    ) == ([], 0)


class Killed(BaseException):
    """The process ends here."""


def call_late(
    world: Any, volume: str, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[str, AccountRegion], None]
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
    world: Any, volume: str, monkeypatch: pytest.MonkeyPatch, minutes: int, left: int
) -> None:
    """An executor stands still before its call, which comes after that of the one that took over."""

    def take_over(_job_id: str, scope: AccountRegion) -> None:
        run_until(world.service, scope, datetime.now(UTC))

    job_id = call_late(world, volume, monkeypatch, take_over)
    world.run(START + timedelta(minutes=30))
    job = world.backup().describe_backup_job(BackupJobId=job_id)
    world.run(job["CompletionDate"] + timedelta(minutes=minutes, milliseconds=1))
    world.run(job["CompletionDate"] + timedelta(minutes=minutes, milliseconds=2))

    assert (outcome(world, job_id), snapshots(world)) == (("COMPLETED", "SUCCESS", ""), left)
    kept = world.moto_client("ec2", "eu-west-1").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert job["RecoveryPointArn"].endswith(min(kept, key=lambda one: one["StartTime"])["SnapshotId"])


@pytest.mark.parametrize(("minutes", "left"), [(59, 1), (60, 0)])
def test_what_a_late_call_makes_of_a_stopped_job_goes(
    world: Any, volume: str, monkeypatch: pytest.MonkeyPatch, minutes: int, left: int
) -> None:
    """The job is stopped while its call is under way, and the call is carried out after that."""

    def stop(job_id: str, scope: AccountRegion) -> None:
        world.backup().stop_backup_job(BackupJobId=job_id)
        run_until(world.service, scope, datetime.now(UTC) + timedelta(milliseconds=1))

    def state() -> str:
        return str(world.backup().describe_backup_job(BackupJobId=job_id)["State"])

    job_id = call_late(world, volume, monkeypatch, stop)
    assert (state(), snapshots(world)) == ("ABORTED", 1)
    world.run(START + timedelta(minutes=5 + minutes, milliseconds=1))

    assert (state(), snapshots(world)) == ("ABORTED", left)
