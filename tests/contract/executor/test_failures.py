"""What goes wrong with jobs and recovery points, and how it is told."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.executor.engine.scheduler import run_until
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import DriverError
from auditor.executor.service import RoleUse
from tests.contract.executor.nightly import ACCOUNT, ROLE, START, snapshots
from tests.contract.executor.on_demand import outcome, refuse, start
from tests.contract.executor.world import World


def test_a_resource_that_cannot_be_backed_up(world: World, volume: str) -> None:
    """The service's own words are the job's message."""
    job_id = start(world, volume)
    world.moto_client("ec2", "eu-west-1").delete_volume(VolumeId=volume.split("/")[1])
    world.run(START + timedelta(hours=1))

    assert outcome(world, job_id) == ("FAILED", "RESOURCE_NOT_FOUND", f"Resource {volume} does not exist.")


def test_a_service_that_refuses(world: World, volume: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver's error fails its job and no other."""
    monkeypatch.setattr(world.service.driver("EBS"), "back_up", refuse)
    job_id = start(world, volume)
    world.run(START + timedelta(hours=1))

    assert outcome(world, job_id) == ("FAILED", "ACCESS_DENIED", "The role may not do it.")


def test_a_job_that_cannot_start_in_its_window_expires(
    world: World, volume: str, monkeypatch: pytest.MonkeyPatch
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
    assert len(snapshots(world)) == 1


@pytest.mark.parametrize(("minutes", "state", "left"), [(15, "COMPLETED", 1), (14, "ABORTED", 0)])
def test_the_completion_window(
    world: World, volume: str, monkeypatch: pytest.MonkeyPatch, minutes: int, state: str, left: int
) -> None:
    """A backup that takes longer is cancelled and its snapshot deleted (aws-backup.md 4.2)."""
    monkeypatch.setattr("auditor.executor.engine.backups.duration_ms", lambda _: 15 * 60_000)
    job_id = start(world, volume, CompleteWindowMinutes=minutes)
    world.run(START + timedelta(hours=1))
    job = world.backup().describe_backup_job(BackupJobId=job_id)

    assert (job["State"], len(snapshots(world))) == (state, left)
    assert job["CompletionDate"] == START + timedelta(minutes=minutes)


def test_a_vault_deleted_under_a_running_job(world: World, volume: str) -> None:
    """The snapshot does not stay behind unrecorded."""
    job_id = start(world, volume)
    world.run(START + timedelta(minutes=1))
    running = world.backup().describe_backup_job(BackupJobId=job_id)["State"]
    world.backup().delete_backup_vault(BackupVaultName="night")
    world.run(START + timedelta(hours=1))

    assert (running, len(snapshots(world))) == ("RUNNING", 0)
    assert outcome(world, job_id) == ("FAILED", "RESOURCE_NOT_FOUND", "Backup vault night was deleted.")


def test_a_vault_deleted_under_a_running_copy(
    world: World, volume: str, copies: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither does the copy; where it cannot be deleted the job names it."""
    start(world, volume)
    world.run(START + timedelta(hours=1))
    (point,) = world.backup().list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"]
    request = {"SourceBackupVaultName": "night", "DestinationBackupVaultArn": copies, "IamRoleArn": ROLE}
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
    message = f"Backup vault {copies} was deleted. {left} is left behind: The role may not do it."
    assert (running["State"], copy["State"], copy["StatusMessage"]) == ("RUNNING", "FAILED", message)


def test_too_many_tags_fail_the_job(world: World, volume: str) -> None:
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


def test_copies_that_cannot_be(world: World, copies: str) -> None:
    """DynamoDB's own backups cannot be copied."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")
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
        DestinationBackupVaultArn=copies,
        SourceBackupVaultName="night",
        IamRoleArn=ROLE,
    )
    world.run(START + timedelta(hours=2))

    (copy,) = backup.list_copy_jobs(ByState="FAILED")["CopyJobs"]
    assert copy["StatusMessage"] == "Recovery points of DynamoDB cannot be copied."


def test_a_deletion_by_hand_that_fails(world: World, volume: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """DeleteRecoveryPoint answers success and the recovery point becomes EXPIRED (aws-backup.md 4.7)."""
    start(world, volume)
    world.run(START + timedelta(hours=1))
    backup = world.backup()
    (point,) = backup.list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"]
    named = {"BackupVaultName": "night", "RecoveryPointArn": point["RecoveryPointArn"]}
    monkeypatch.setattr(world.service.driver("EBS"), "delete", refuse)
    backup.delete_recovery_point(**named)

    assert backup.describe_recovery_point(**named)["Status"] == "EXPIRED"
    assert len(snapshots(world)) == 1


def test_cold_storage(world: World, volume: str) -> None:
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


def test_filters_of_recovery_points(world: World, volume: str) -> None:
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
    world: World, volume: str, monkeypatch: pytest.MonkeyPatch
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


class Silent:
    """IAM does not answer."""

    def __call__(self, _use: RoleUse) -> str | None:
        """Not be asked."""
        raise DriverError("Allow iam:SimulatePrincipalPolicy to the executor's role.", transient=True)

    def expect(self, _use: RoleUse) -> None:
        """Hear of it."""


def test_nothing_expires_in_silence_while_roles_cannot_be_asked_about(
    world: World, volume: str, monkeypatch: pytest.MonkeyPatch
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
        len(snapshots(world)),
    ) == ([], 0)
