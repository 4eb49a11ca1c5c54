"""Copies of composite recovery points, and of what is nested in them."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.contract.executor.nightly import ACCOUNT, ROLE, START, once
from tests.contract.executor.on_demand import start
from tests.contract.executor.stacks import OTHER, RESOURCES, Make, named, points
from tests.contract.executor.world import World


def copy(world: World, point: Any, **more: Any) -> str:
    """Start a copy into the other Region's vault and give its id."""
    request = {"SourceBackupVaultName": "night", "DestinationBackupVaultArn": OTHER, "IamRoleArn": ROLE}
    arn = point["RecoveryPointArn"]
    return str(world.backup().start_copy_job(RecoveryPointArn=arn, **request, **more)["CopyJobId"])


def test_a_composite_is_copied_with_what_is_nested_in_it(world: World, backed_up: dict[str, Any]) -> None:
    """One nested job each; the copies belong to the composite's copy and keep their dates."""
    copy_id = copy(world, backed_up["composite"], Lifecycle={"DeleteAfterDays": 90})
    world.run(START + timedelta(hours=1, minutes=1))
    running = world.backup().describe_copy_job(CopyJobId=copy_id)["CopyJob"]
    world.run(START + timedelta(hours=2))
    jobs = world.backup().list_copy_jobs()["CopyJobs"]
    (job,) = [one for one in jobs if one["IsParent"]]
    copies = points(world, "copies", "eu-central-1")

    assert (running["State"], running["NumberOfChildJobs"]) == ("RUNNING", 4)
    assert (job["CopyJobId"], job["State"], job["ChildJobsInState"]) == (
        copy_id,
        "COMPLETED",
        {"COMPLETED": 4},
    )
    assert {one["ParentJobId"] for one in jobs if not one["IsParent"]} == {copy_id}
    assert job["DestinationRecoveryPointArn"] == copies["composite"]["RecoveryPointArn"]
    assert copies["composite"]["RecoveryPointArn"] == (
        f"arn:aws:backup:eu-central-1:{ACCOUNT}:recovery-point:composite:cloudformation/shop-{copy_id.lower()}"
    )
    assert {
        (kind, point["Status"], point.get("ParentRecoveryPointArn"), point.get("CompositeMemberIdentifier"))
        for kind, point in copies.items()
    } == {
        ("composite", "COMPLETED", None, None),
        ("CloudFormation", "COMPLETED", copies["composite"]["RecoveryPointArn"], None),
        ("EBS", "COMPLETED", copies["composite"]["RecoveryPointArn"], "Disk"),
        ("DynamoDB", "COMPLETED", copies["composite"]["RecoveryPointArn"], "Orders"),
        ("S3", "COMPLETED", copies["composite"]["RecoveryPointArn"], "Files"),
    }
    assert {point["CalculatedLifecycle"]["DeleteAt"] for point in copies.values()} == {
        START + timedelta(days=90)
    }


@once
def test_a_composite_is_copied_into_another_account(world: World, make_stack: Make) -> None:
    """Nested jobs are the source's, recovery points the destination's; the vault's policy lets all in."""
    start(world, make_stack({"Orders": RESOURCES["Orders"]}))
    world.run(START + timedelta(hours=1))
    other = "210987654321"
    safe = f"arn:aws:backup:eu-west-1:{other}:backup-vault:safe"
    theirs = world.backup(account=other)
    theirs.create_backup_vault(BackupVaultName="safe")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ACCOUNT},
        "Action": "backup:CopyIntoBackupVault",
        "Resource": "*",
    }
    theirs.put_backup_vault_access_policy(
        BackupVaultName="safe", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    world.backup().update_global_settings(GlobalSettings={"isCrossAccountBackupEnabled": "true"})
    copy_id = world.backup().start_copy_job(
        SourceBackupVaultName="night",
        DestinationBackupVaultArn=safe,
        IamRoleArn=ROLE,
        RecoveryPointArn=points(world)["composite"]["RecoveryPointArn"],
    )["CopyJobId"]
    world.run(START + timedelta(hours=2))
    job = world.backup().describe_copy_job(CopyJobId=copy_id)["CopyJob"]
    copies = theirs.list_recovery_points_by_backup_vault(BackupVaultName="safe")["RecoveryPoints"]
    arn = f"arn:aws:backup:eu-west-1:{other}:recovery-point"

    assert (job["State"], job["ChildJobsInState"]) == ("COMPLETED", {"COMPLETED": 2})
    assert job["DestinationRecoveryPointArn"] == f"{arn}:composite:cloudformation/shop-{copy_id.lower()}"
    assert {point.get("ParentRecoveryPointArn") for point in copies} == {
        None,
        job["DestinationRecoveryPointArn"],
    }
    assert all(point["RecoveryPointArn"].startswith(arn) for point in copies)
    assert theirs.list_copy_jobs()["CopyJobs"] == []


@once
def test_what_cannot_be_copied_is_missing_in_the_copy(world: World, make_stack: Make) -> None:
    """DynamoDB's own backups stay where they are; so does the copy of a plan's backup (aws-backup.md 1.2)."""
    backup = world.backup()
    backup.update_region_settings(ResourceTypeManagementPreference={"DynamoDB": False})
    make_stack()
    rule = {
        "RuleName": "daily",
        "TargetBackupVaultName": "night",
        "ScheduleExpression": "cron(0 5 * * ? *)",
        "CopyActions": [{"DestinationBackupVaultArn": OTHER}],
    }
    plan = backup.create_backup_plan(BackupPlan={"BackupPlanName": "stacks", "Rules": [rule]})
    selection = {
        "SelectionName": "stacks",
        "IamRoleArn": ROLE,
        "Resources": ["arn:aws:cloudformation:*:*:stack/*"],
    }
    backup.create_backup_selection(BackupPlanId=plan["BackupPlanId"], BackupSelection=selection)
    world.run(START + timedelta(hours=7))
    (job,) = [one for one in backup.list_copy_jobs()["CopyJobs"] if one["IsParent"]]
    copies = points(world, "copies", "eu-central-1")

    assert (job["State"], job["MessageCategory"], job["StatusMessage"], job["ChildJobsInState"]) == (
        "PARTIAL",
        "RESOURCE_NOT_SUPPORTED",
        "Missing: orders (DynamoDB).",
        {"COMPLETED": 3},
    )
    assert points(world)["composite"]["Status"] == "COMPLETED"
    assert {kind: point["Status"] for kind, point in copies.items()} == {
        "composite": "PARTIAL",
        "CloudFormation": "COMPLETED",
        "EBS": "COMPLETED",
        "S3": "COMPLETED",
    }


@once
def test_the_copy_of_a_partial_composite_is_partial(world: World, backed_up: dict[str, Any]) -> None:
    """It lacks what its source lacks; of an empty one there is no copy."""
    backup, composite = world.backup(), backed_up.pop("composite")
    backup.delete_recovery_point(**named(backed_up.pop("S3")))
    partial = copy(world, composite)
    world.run(START + timedelta(hours=2))
    for point in backed_up.values():
        backup.delete_recovery_point(**named(point))
    empty = copy(world, composite)
    world.run(START + timedelta(hours=3))
    jobs = [backup.describe_copy_job(CopyJobId=one)["CopyJob"] for one in (partial, empty)]

    assert [(job["State"], job["StatusMessage"]) for job in jobs] == [
        ("PARTIAL", "Missing: what the source recovery point does not have."),
        ("FAILED", f"No recovery point is nested in {composite['RecoveryPointArn']}."),
    ]


@once
def test_a_nested_recovery_point_is_copied_alone(world: World, backed_up: dict[str, Any]) -> None:
    """The copy belongs to no composite."""
    copy(world, backed_up["EBS"])
    world.run(START + timedelta(hours=2))
    (copied,) = points(world, "copies", "eu-central-1").values()

    assert (copied["ResourceType"], copied["IsParent"]) == ("EBS", False)
    assert "ParentRecoveryPointArn" not in copied


def test_a_copy_that_breaks_off(
    world: World, backed_up: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run copies what is missing and nothing twice."""
    copy_id = copy(world, backed_up["composite"])
    driver = world.service.driver("EBS")
    make, broken = driver.copy, [True]

    def die(*given: Any, **more: Any) -> Any:
        made = make(*given, **more)
        if broken:
            broken.clear()
            raise KeyboardInterrupt
        return made

    monkeypatch.setattr(driver, "copy", die)
    with pytest.raises(KeyboardInterrupt):
        world.run(START + timedelta(hours=2))
    world.run(START + timedelta(hours=3))
    snapshots = world.moto_client("ec2", "eu-central-1").describe_snapshots(OwnerIds=["self"])["Snapshots"]

    assert world.backup().describe_copy_job(CopyJobId=copy_id)["CopyJob"]["State"] == "COMPLETED"
    assert (len(snapshots), len(points(world, "copies", "eu-central-1"))) == (1, 5)
