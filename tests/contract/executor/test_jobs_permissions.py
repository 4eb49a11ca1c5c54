"""Jobs and deletions whose role may not do what they need, with moto's IAM."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from auditor.executor.engine import roles as roles_of_jobs
from auditor.executor.engine.roles import Roles
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import DriverError
from auditor.executor.seam.permissions import Act, Task
from tests.contract.executor.role_permissions import (
    ACCOUNT,
    ADDRESS,
    DELETIONS,
    REGION,
    ROLE,
    SNAPSHOT,
    SNAPSHOTS,
    START,
    VOLUME,
    VOLUME_RESTORES,
    VOLUMES,
    Judge,
    refused,
)
from tests.contract.executor.world import World


@pytest.fixture
def night(world: World, roles: Roles) -> Callable[[], str]:
    """A vault, and `back_up()`: the recovery point of a new volume that was made with the role."""
    world.service.check_role = roles
    world.permit("Backup", SNAPSHOTS)
    world.backup().create_backup_vault(BackupVaultName="night")

    def back_up() -> str:
        job = start(world)
        world.run(world.service.clock() + timedelta(hours=1))
        found = world.backup().describe_backup_job(BackupJobId=job)
        assert found["State"] == "COMPLETED"
        return str(found["RecoveryPointArn"])

    return back_up


def start(world: World, **more: Any) -> str:
    """A backup job of a new volume."""
    volume = world.moto_client("ec2", REGION).create_volume(AvailabilityZone=f"{REGION}a", Size=1)
    job = world.backup().start_backup_job(
        BackupVaultName="night", ResourceArn=f"{VOLUMES}/{volume['VolumeId']}", IamRoleArn=ROLE, **more
    )
    return str(job["BackupJobId"])


def point(world: World, arn: str) -> tuple[str, str]:
    """Status and message of a recovery point; "" for one that is gone."""
    backup = world.backup()
    found = {
        row["RecoveryPointArn"]: (row["Status"], row.get("StatusMessage", ""))
        for row in backup.list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"]
    }
    return found.get(arn, ("", ""))


def snapshots(world: World) -> int:
    """How many snapshots there are."""
    return len(world.moto_client("ec2", REGION).describe_snapshots(OwnerIds=[ACCOUNT])["Snapshots"])


def test_jobs_whose_role_may_not(world: World, roles: Roles, night: Callable[[], str]) -> None:
    """Backup, copy and restore jobs fail with IAM's words, and nothing is made."""
    arn = night()
    world.permit("Backup", DELETIONS)
    roles.forget()
    backup = world.backup()
    failed = start(world)
    vault = f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:night"
    copy = backup.start_copy_job(
        RecoveryPointArn=arn,
        SourceBackupVaultName="night",
        DestinationBackupVaultArn=vault,
        IamRoleArn=ROLE,
    )["CopyJobId"]
    restore = backup.start_restore_job(
        RecoveryPointArn=arn, IamRoleArn=ROLE, Metadata={"availabilityZone": f"{REGION}a"}
    )["RestoreJobId"]
    world.run(START + timedelta(hours=3))
    jobs = [
        backup.describe_backup_job(BackupJobId=failed),
        backup.describe_copy_job(CopyJobId=copy)["CopyJob"],
        backup.describe_restore_job(RestoreJobId=restore),
    ]
    resource = jobs[0]["ResourceArn"]
    assert [(job.get("State", job.get("Status")), job["StatusMessage"]) for job in jobs] == [
        ("FAILED", refused("ec2:CreateSnapshot", resource)),
        ("FAILED", refused("ec2:CopySnapshot", arn)),
        ("FAILED", refused("ec2:CreateVolume", arn)),
    ]
    assert [job["MessageCategory"] for job in jobs[:2]] == ["ACCESS_DENIED", "ACCESS_DENIED"]
    assert snapshots(world) == 1


@pytest.mark.parametrize("statements", [[SNAPSHOTS], [SNAPSHOTS, DELETIONS | ADDRESS]])
def test_a_deletion_that_the_role_may_not_do(
    world: World, night: Callable[[], str], statements: list[dict[str, Any]]
) -> None:
    """DeleteRecoveryPoint succeeds, the recovery point is EXPIRED; with the permission it is then deleted.

    So it is, too, where the permission hangs on a condition that cannot be judged.
    """
    arn = night()
    world.permit("Backup", *statements)
    delete = {"BackupVaultName": "night", "RecoveryPointArn": arn}
    world.backup().delete_recovery_point(**delete)
    assert (point(world, arn), snapshots(world)) == (
        ("EXPIRED", refused("ec2:DeleteSnapshot", arn)),
        1,
    )
    world.permit("Backup", DELETIONS)
    world.backup().delete_recovery_point(**delete)
    assert (point(world, arn), snapshots(world)) == (("", ""), 0)


@pytest.mark.parametrize("gone", [True, False])
@pytest.mark.usefixtures("night")
def test_expiry(world: World, iam: Any, *, gone: bool) -> None:
    """A role that may delete does; one that is gone by then leaves the recovery point EXPIRED."""
    world.permit("Backup", SNAPSHOTS, DELETIONS)
    job = start(world, Lifecycle={"DeleteAfterDays": 1})
    world.run(START + timedelta(hours=1))
    arn = world.backup().describe_backup_job(BackupJobId=job)["RecoveryPointArn"]
    if gone:
        iam.delete_role_policy(RoleName="Backup", PolicyName="permissions")
        iam.delete_role(RoleName="Backup")
    world.run(START + timedelta(days=2))
    message = f"The provided role {ROLE} cannot be assumed by AWS Backup."
    assert (point(world, arn), snapshots(world)) == ((("EXPIRED", message), 1) if gone else (("", ""), 0))


@pytest.mark.parametrize(("account", "message"), [(ACCOUNT, "x"), ("210987654321", None)])
def test_a_copy_in_another_account(world: World, account: str, message: str | None) -> None:
    """It is deleted with AWS Backup's service-linked role: the job's role is of the source's account."""
    judge = Judge("x")
    world.service.check_role = judge
    task = Task(
        Act.DELETE, AccountRegion(account, REGION, "aws"), "EBS", VOLUME, managed=False, backup_arn=SNAPSHOT
    )
    try:
        roles_of_jobs.check(world.service, ROLE, task)
        found = None
    except DriverError as error:
        found = error.message
    assert (found, len(judge.asked)) == (message, 0 if message is None else 1)


def test_a_deletion_for_which_iam_does_not_answer(
    world: World, iam: Any, roles: Roles, night: Callable[[], str]
) -> None:
    """It stays DELETING and says why, the engine says so too, and deletes it when IAM answers."""
    arn = night()
    world.permit("Backup", DELETIONS)
    with Stubber(iam) as stub:
        roles.forget()
        stub.add_client_error("get_role", "Throttling")
        world.backup().delete_recovery_point(BackupVaultName="night", RecoveryPointArn=arn)
    before = (point(world, arn), snapshots(world))
    (status, message), left = before
    assert (status, "Throttling" in message, left) == ("DELETING", True, 1)
    with pytest.raises(DriverError, match=r"Recovery points were not deleted: .*Throttling"):
        world.run(world.service.clock() + timedelta(seconds=59))
    world.traveller.move_to(world.service.clock() + timedelta(minutes=1))
    world.run(world.service.clock() + timedelta(seconds=1))
    assert (point(world, arn), snapshots(world)) == (("", ""), 0)


@pytest.mark.long
def test_a_restore_for_which_iam_does_not_answer(
    world: World, iam: Any, roles: Roles, night: Callable[[], str]
) -> None:
    """The restore waits as PENDING, begins ten minutes later and makes one volume."""
    arn = night()
    world.permit("Backup", VOLUME_RESTORES)
    begun = world.service.clock()
    job = world.backup().start_restore_job(
        RecoveryPointArn=arn, IamRoleArn=ROLE, Metadata={"availabilityZone": f"{REGION}a"}
    )["RestoreJobId"]
    roles.forget()
    with Stubber(iam) as stub:
        stub.add_client_error("get_role", "Throttling")
        world.run(begun + timedelta(minutes=9))
    waiting = world.backup().describe_restore_job(RestoreJobId=job)
    world.run(begun + timedelta(hours=1))
    done = world.backup().describe_restore_job(RestoreJobId=job)
    assert (waiting["Status"], "Throttling" in waiting["StatusMessage"]) == ("PENDING", True)
    assert (done["Status"], "StatusMessage" in done) == ("COMPLETED", False)
    assert len(world.moto_client("ec2", REGION).describe_volumes()["Volumes"]) == 2


def test_a_restore_is_begun_again_for_a_day(world: World, night: Callable[[], str]) -> None:
    """Then it fails, with what stood against it."""
    arn = night()

    world.service.check_role = Judge(DriverError("Rate exceeded.", transient=True))
    begun = world.service.clock()
    job = world.backup().start_restore_job(
        RecoveryPointArn=arn, IamRoleArn=ROLE, Metadata={"availabilityZone": f"{REGION}a"}
    )["RestoreJobId"]
    states = []
    for minutes in (24 * 60, 24 * 60 + 1):
        world.run(begun + timedelta(minutes=minutes))
        found = world.backup().describe_restore_job(RestoreJobId=job)
        states.append((found["Status"], found["StatusMessage"]))
    assert states == [("PENDING", "Rate exceeded."), ("FAILED", "Rate exceeded.")]
