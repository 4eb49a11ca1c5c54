"""How composite recovery points end, are held and are restored."""

from datetime import timedelta
from typing import Any

import pytest

from tests.contract.executor.nightly import ACCOUNT, ROLE, START, once
from tests.contract.executor.stacks import REGION, named, points
from tests.contract.executor.world import World


def test_a_composite_goes_after_those_nested_in_it(world: World, backed_up: dict[str, Any]) -> None:
    """By hand: refused while it has any, PARTIAL once one is gone; what is nested is really deleted."""
    backup, composite = world.backup(), backed_up.pop("composite")
    with pytest.raises(backup.exceptions.InvalidRequestException, match="contains nested recovery points"):
        backup.delete_recovery_point(**named(composite))
    seen = []
    for kind in sorted(backed_up):
        backup.delete_recovery_point(**named(backed_up[kind]))
        seen.append((backup.describe_recovery_point(**named(composite))["Status"], sorted(points(world))))
    backup.delete_recovery_point(**named(composite))

    assert seen == [
        ("PARTIAL", ["DynamoDB", "EBS", "S3", "composite"]),
        ("PARTIAL", ["EBS", "S3", "composite"]),
        ("PARTIAL", ["S3", "composite"]),
        ("PARTIAL", ["composite"]),
    ]
    assert points(world) == {}
    assert world.moto_client("ec2", REGION).describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


def test_a_nested_recovery_point_can_leave(world: World, backed_up: dict[str, Any]) -> None:
    """Both stay; the composite is PARTIAL and can go alone then."""
    backup, composite = world.backup(), backed_up.pop("composite")
    for point in backed_up.values():
        backup.disassociate_recovery_point_from_parent(**named(point))
    left = points(world)
    with pytest.raises(backup.exceptions.InvalidRequestException, match="has no parent"):
        backup.disassociate_recovery_point_from_parent(**named(backed_up["EBS"]))
    backup.delete_recovery_point(**named(composite))
    alone = {"ParentRecoveryPointArn", "CompositeMemberIdentifier"}

    assert left.pop("composite") == composite | {"Status": "PARTIAL"}
    assert left == {
        kind: {key: value for key, value in point.items() if key not in alone}
        for kind, point in backed_up.items()
    }
    assert sorted(points(world)) == ["CloudFormation", "DynamoDB", "EBS", "S3"]


def test_a_composite_expires_after_those_nested_in_it(world: World, backed_up: dict[str, Any]) -> None:
    """All go within 8 hours of their end; one under a legal hold, and its composite, after its release."""
    backup = world.backup()
    world.traveller.move_to(START + timedelta(days=1))
    (volume,) = world.moto_client("ec2", REGION).describe_volumes()["Volumes"]
    arn = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/{volume['VolumeId']}"
    span = {"FromDate": START, "ToDate": START + timedelta(days=1)}
    hold = backup.create_legal_hold(
        Title="matter",
        Description="of one volume",
        RecoveryPointSelection={"ResourceIdentifiers": [arn], "DateRange": span},
    )
    world.run(START + timedelta(days=35))
    before = sorted(points(world))
    world.run(START + timedelta(days=36))
    held = {kind: point["Status"] for kind, point in points(world).items()}
    backup.cancel_legal_hold(LegalHoldId=hold["LegalHoldId"], CancelDescription="settled")
    world.run(START + timedelta(days=38))

    assert before == sorted(backed_up)
    assert held == {"EBS": "COMPLETED", "composite": "PARTIAL"}
    assert points(world) == {}


def test_a_hold_on_a_stack_keeps_what_is_nested_in_its_composite(
    world: World, backed_up: dict[str, Any]
) -> None:
    """A hold that names the stack names all of its backup."""
    backup, composite = world.backup(), backed_up.pop("composite")
    world.traveller.move_to(START + timedelta(days=1))
    span = {"FromDate": START, "ToDate": START + timedelta(days=1)}
    stack = {"ResourceIdentifiers": [composite["ResourceArn"]], "DateRange": span}
    backup.create_legal_hold(Title="matter", Description="of a stack", RecoveryPointSelection=stack)
    for point in backed_up.values():
        for operation in (backup.delete_recovery_point, backup.disassociate_recovery_point_from_parent):
            with pytest.raises(backup.exceptions.InvalidRequestException, match="active legal hold"):
                operation(**named(point))
    world.run(START + timedelta(days=40))

    assert points(world) == backed_up | {"composite": composite}


@once
def test_a_composite_expires_in_one_run_with_those_nested_in_it(
    world: World, backed_up: dict[str, Any]
) -> None:
    """However far time goes at once."""
    assert len(backed_up) == 5
    world.run(START + timedelta(days=36))

    assert points(world) == {}


def test_the_lifecycle_of_a_composite_is_the_longest_of_those_nested_in_it(
    world: World, backed_up: dict[str, Any]
) -> None:
    """It follows theirs, and cannot be set."""
    backup, composite = world.backup(), backed_up["composite"]
    with pytest.raises(backup.exceptions.InvalidRequestException, match="the longest of those nested"):
        backup.update_recovery_point_lifecycle(**named(composite), Lifecycle={"DeleteAfterDays": 50})
    ends = []
    for days in (10, 90, -1, 20):
        backup.update_recovery_point_lifecycle(**named(backed_up["EBS"]), Lifecycle={"DeleteAfterDays": days})
        found = backup.describe_recovery_point(**named(composite))
        ends.append(found.get("CalculatedLifecycle", {}).get("DeleteAt"))

    assert ends == [START + timedelta(days=35), START + timedelta(days=90), None, START + timedelta(days=35)]


@once
def test_a_locked_vault_keeps_a_composite_and_what_is_nested_in_it(
    world: World, backed_up: dict[str, Any]
) -> None:
    """Nothing of it can be deleted (aws-backup.md 4.7)."""
    backup = world.backup()
    backup.put_backup_vault_lock_configuration(BackupVaultName="night", MinRetentionDays=1)
    for point in backed_up.values():
        with pytest.raises(backup.exceptions.InvalidRequestException, match="is locked"):
            backup.delete_recovery_point(**named(point))

    assert points(world) == backed_up


@once
def test_a_composite_cannot_be_restored_but_its_template_can(world: World, backed_up: dict[str, Any]) -> None:
    """The template comes as a change set of a new stack, which then makes the resources anew."""
    backup = world.backup()
    metadata = {"StackName": "again", "ChangeSetName": "restored"}
    request = {"IamRoleArn": ROLE, "Metadata": metadata}
    with pytest.raises(backup.exceptions.InvalidRequestException, match="is composite"):
        backup.start_restore_job(RecoveryPointArn=backed_up["composite"]["RecoveryPointArn"], **request)
    with pytest.raises(backup.exceptions.InvalidParameterValueException, match="is composite"):
        backup.get_recovery_point_restore_metadata(**named(backed_up["composite"]))
    template = backed_up["CloudFormation"]["RecoveryPointArn"]
    with pytest.raises(backup.exceptions.InvalidParameterValueException, match="StackName is required"):
        backup.start_restore_job(
            RecoveryPointArn=template, IamRoleArn=ROLE, Metadata={"ChangeSetName": "restored"}
        )
    job_id = backup.start_restore_job(
        RecoveryPointArn=template, CopySourceTagsToRestoredResource=True, **request
    )["RestoreJobId"]
    world.run(START + timedelta(hours=2))
    job = backup.describe_restore_job(RestoreJobId=job_id)
    (stack,) = world.moto_client("cloudformation", REGION).describe_stacks(StackName="again")["Stacks"]

    assert (job["Status"], job["CreatedResourceArn"]) == ("COMPLETED", stack["StackId"])
    assert (stack["StackStatus"], stack["Tags"]) == (
        "REVIEW_IN_PROGRESS",
        [{"Key": "team", "Value": "sales"}],
    )
