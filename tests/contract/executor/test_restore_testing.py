"""Restore-testing plans: declared, carried out, validated, cleaned up (aws-backup.md 1.3)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.executor.world import World

ACCOUNT = "123456789012"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CHOICE = {
    "Algorithm": "LATEST_WITHIN_WINDOW",
    "IncludeVaults": ["*"],
    "RecoveryPointTypes": ["SNAPSHOT"],
}
PLAN = {
    "RestoreTestingPlanName": "weekly",
    "ScheduleExpression": "cron(0 12 * * ? *)",
    "RecoveryPointSelection": CHOICE,
}
SELECTION = {
    "RestoreTestingSelectionName": "volumes",
    "IamRoleArn": ROLE,
    "ProtectedResourceType": "EBS",
    "ProtectedResourceArns": ["*"],
}


def answer(response: dict[str, Any]) -> dict[str, Any]:
    """A response without its metadata."""
    return {key: value for key, value in response.items() if key != "ResponseMetadata"}


def declare(world: World, plan: dict[str, Any], *selections: dict[str, Any]) -> str:
    """Make a plan with selections and give its ARN."""
    backup = world.backup()
    arn = backup.create_restore_testing_plan(RestoreTestingPlan=PLAN | plan)["RestoreTestingPlanArn"]
    for selection in selections:
        backup.create_restore_testing_selection(
            RestoreTestingPlanName="weekly", RestoreTestingSelection=SELECTION | selection
        )
    return str(arn)


@pytest.fixture
def volumes(world: World) -> list[str]:
    """Two volumes, one tier=gold; both in `night` of 00:00 and 02:00, the first in `day` of 04:00."""
    ec2, backup, made = world.moto_client("ec2", "eu-west-1"), world.backup(), []
    for name in ("night", "day"):
        backup.create_backup_vault(BackupVaultName=name)
    for tier in ("gold", "lead"):
        tags = [{"ResourceType": "volume", "Tags": [{"Key": "tier", "Value": tier}]}]
        volume = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=8, TagSpecifications=tags)
        made.append(f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/{volume['VolumeId']}")
    for _ in range(2):
        for arn in made:
            backup.start_backup_job(BackupVaultName="night", ResourceArn=arn, IamRoleArn=ROLE)
        world.run(datetime.now(UTC) + 2 * HOUR)
    backup.start_backup_job(BackupVaultName="day", ResourceArn=made[0], IamRoleArn=ROLE)
    world.run(datetime.now(UTC) + 2 * HOUR)
    return made


def outcomes(world: World) -> list[tuple[str, str, int]]:
    """Status, source and hour of the restored recovery point of each restore job."""
    jobs = world.backup().list_restore_jobs()["RestoreJobs"]
    return sorted((j["Status"], j["SourceResourceArn"], j["RecoveryPointCreationDate"].hour) for j in jobs)


def test_plans(world: World) -> None:
    """Created once for a request id, described with defaults, changed, listed, tagged, deleted."""
    backup = world.backup()
    made, again = (
        answer(
            backup.create_restore_testing_plan(
                RestoreTestingPlan=PLAN, CreatorRequestId="once", Tags={"a": "b"}
            )
        )
        for _ in range(2)
    )
    arn = made["RestoreTestingPlanArn"]
    defaults = {"StartWindowHours": 24, "ScheduleExpressionTimezone": "Etc/UTC"}
    chosen = {"RecoveryPointSelection": CHOICE | {"ExcludeVaults": [], "SelectionWindowDays": 30}}
    named = {"RestoreTestingPlanArn": arn, "RestoreTestingPlanName": "weekly", "CreationTime": START}
    plan = PLAN | defaults | named
    assert made == again == named
    assert backup.list_tags(ResourceArn=arn)["Tags"] == {"a": "b"}
    found = backup.get_restore_testing_plan(RestoreTestingPlanName="weekly")["RestoreTestingPlan"]
    assert found == plan | chosen | {"CreatorRequestId": "once"}
    with pytest.raises(backup.exceptions.AlreadyExistsException):
        backup.create_restore_testing_plan(RestoreTestingPlan=PLAN)
    changed = backup.update_restore_testing_plan(
        RestoreTestingPlanName="weekly", RestoreTestingPlan={"StartWindowHours": 1}
    )
    assert answer(changed) == named | {"UpdateTime": START}
    listed = {key: value for key, value in plan.items() if key != "RecoveryPointSelection"}
    assert backup.list_restore_testing_plans()["RestoreTestingPlans"] == [
        listed | {"StartWindowHours": 1, "LastUpdateTime": START}
    ]
    backup.create_restore_testing_selection(
        RestoreTestingPlanName="weekly", RestoreTestingSelection=SELECTION
    )
    with pytest.raises(backup.exceptions.InvalidRequestException):
        backup.delete_restore_testing_plan(RestoreTestingPlanName="weekly")
    backup.delete_restore_testing_selection(
        RestoreTestingPlanName="weekly", RestoreTestingSelectionName="volumes"
    )
    backup.delete_restore_testing_plan(RestoreTestingPlanName="weekly")
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.get_restore_testing_plan(RestoreTestingPlanName="weekly")


def test_selections(world: World) -> None:
    """Created, described, changed and listed below their plan."""
    backup, arn = world.backup(), declare(world, {}, {})
    named = {"RestoreTestingPlanName": "weekly", "RestoreTestingSelectionName": "volumes"}
    get = backup.get_restore_testing_selection
    common = {"CreationTime": START, "RestoreTestingPlanName": "weekly"}

    expected = SELECTION | common | {"ValidationWindowHours": 0}
    assert get(**named)["RestoreTestingSelection"] == expected
    changed = backup.update_restore_testing_selection(
        **named, RestoreTestingSelection={"ValidationWindowHours": 2}
    )
    assert answer(changed) == named | {
        "CreationTime": START,
        "UpdateTime": START,
        "RestoreTestingPlanArn": arn,
    }
    listed = backup.list_restore_testing_selections(RestoreTestingPlanName="weekly")
    members = ("RestoreTestingSelectionName", "IamRoleArn", "ProtectedResourceType")
    assert listed["RestoreTestingSelections"] == [
        {key: SELECTION[key] for key in members} | common | {"ValidationWindowHours": 2}
    ]
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        get(**named | {"RestoreTestingPlanName": "other"})


WRONG: list[dict[str, Any]] = [
    {"ScheduleExpression": "cron(banana)"},
    {"StartWindowHours": 0},
    {"StartWindowHours": 169},
    {"RestoreTestingPlanName": "a-b"},
    {"RecoveryPointSelection": CHOICE | {"SelectionWindowDays": 366}},
    {"RecoveryPointSelection": CHOICE | {"IncludeVaults": ["night"]}},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_plans_that_are_refused(world: World, wrong: dict[str, Any]) -> None:
    """Out of the ranges of the API."""
    with pytest.raises(world.backup().exceptions.InvalidParameterValueException):
        declare(world, wrong)
    assert world.backup().list_restore_testing_plans()["RestoreTestingPlans"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"ProtectedResourceType": "Tape"},
        {"ProtectedResourceArns": []},
        {"ProtectedResourceArns": ["volume"]},
        {"ValidationWindowHours": 169},
        {"ProtectedResourceConditions": {"StringEquals": [{"Key": "tier", "Value": "gold"}]}},
    ],
)
def test_selections_that_are_refused(world: World, wrong: dict[str, Any]) -> None:
    """Out of the ranges of the API."""
    with pytest.raises(world.backup().exceptions.InvalidParameterValueException):
        declare(world, {}, wrong)


def condition(operator: str, value: str) -> dict[str, Any]:
    """Conditions on the tag tier."""
    return {operator: [{"Key": "aws:ResourceTag/tier", "Value": value}]}


CHOICES: dict[str, tuple[dict[str, Any], dict[str, Any], list[tuple[int, int]]]] = {
    "the latest of each": ({}, {}, [(0, 4), (1, 2)]),
    "a vault": ({"IncludeVaults": ["arn:aws:backup:*:*:backup-vault:day"]}, {}, [(0, 4)]),
    "not a vault": ({"ExcludeVaults": ["arn:aws:backup:*:*:backup-vault:d*"]}, {}, [(0, 2), (1, 2)]),
    "continuous": ({"RecoveryPointTypes": ["CONTINUOUS"]}, {}, []),
    "a tag": ({}, {"ProtectedResourceConditions": condition("StringEquals", "gold")}, [(0, 4)]),
    "not a tag": ({}, {"ProtectedResourceConditions": condition("StringNotEquals", "gold")}, [(1, 2)]),
    "another type": ({}, {"ProtectedResourceType": "RDS"}, []),
    "one ARN": ({}, {"ProtectedResourceArns": ["arn:aws:ec2:eu-west-1:1:volume/vol-1"]}, []),
}


@pytest.mark.parametrize("case", CHOICES)
def test_what_is_restored(world: World, volumes: list[str], case: str) -> None:
    """At most one recovery point a resource, of the vaults, types and resources that are asked for."""
    choice, selection, expected = CHOICES[case]
    declare(world, {"RecoveryPointSelection": CHOICE | choice}, selection)
    world.run(START + 13 * HOUR)
    assert outcomes(world) == sorted(("COMPLETED", volumes[number], hour) for number, hour in expected)


def test_the_window_of_recovery_points(world: World, volumes: list[str]) -> None:
    """Older ones are not tested; a random one is one of the window."""
    declare(
        world,
        {"RecoveryPointSelection": CHOICE | {"SelectionWindowDays": 1, "Algorithm": "RANDOM_WITHIN_WINDOW"}},
        {},
    )
    world.run(START + 2 * DAY)
    found = outcomes(world)

    assert [(status, arn) for status, arn, _ in found] == sorted(("COMPLETED", arn) for arn in volumes)
    assert {hour for *_, hour in found} <= {0, 2, 4}
    plan = world.backup().get_restore_testing_plan(RestoreTestingPlanName="weekly")["RestoreTestingPlan"]
    assert plan["LastExecutionTime"] == START + DAY + 12 * HOUR


@pytest.mark.usefixtures("volumes")
def test_a_test_is_validated_and_cleaned_up(world: World) -> None:
    """One gets a result, one times out; results cannot be changed; what was restored is deleted."""
    backup, ec2 = world.backup(), world.moto_client("ec2", "eu-west-1")
    arn = declare(world, {}, {"ValidationWindowHours": 2})
    world.run(START + 13 * HOUR)
    first, second = backup.list_restore_jobs(ByRestoreTestingPlanArn=arn)["RestoreJobs"]
    waiting = [first["ValidationStatus"], second["ValidationStatus"], len(ec2.describe_volumes()["Volumes"])]
    result = {"RestoreJobId": first["RestoreJobId"], "ValidationStatus": "SUCCESSFUL"}
    backup.put_restore_validation_result(**result, ValidationStatusMessage="reads")
    with pytest.raises(backup.exceptions.InvalidRequestException):
        backup.put_restore_validation_result(**result | {"ValidationStatus": "FAILED"})
    world.run(START + 16 * HOUR)

    def members(job: dict[str, Any]) -> tuple[Any, ...]:
        found = backup.describe_restore_job(RestoreJobId=job["RestoreJobId"])
        names = ("ValidationStatus", "ValidationStatusMessage", "DeletionStatus", "CreatedBy")
        return tuple(found.get(name) for name in names)

    made_by = {"RestoreTestingPlanArn": arn}
    assert waiting == ["VALIDATING", "VALIDATING", 4]
    assert members(first) == ("SUCCESSFUL", "reads", "SUCCESSFUL", made_by)
    assert members(second) == ("TIMED_OUT", None, "SUCCESSFUL", made_by)
    assert len(ec2.describe_volumes()["Volumes"]) == 2
    (point, *_) = backup.list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"]
    by_hand = backup.start_restore_job(
        RecoveryPointArn=point["RecoveryPointArn"], Metadata={"availabilityZone": "eu-west-1a"}
    )
    with pytest.raises(backup.exceptions.InvalidRequestException):
        backup.put_restore_validation_result(**result | {"RestoreJobId": by_hand["RestoreJobId"]})


@pytest.mark.usefixtures("volumes")
def test_inferred_metadata(world: World) -> None:
    """The least that a restore needs; a restore with it succeeds."""
    backup = world.backup()
    (point, *_) = backup.list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"]
    named = {"BackupVaultName": "night", "RecoveryPointArn": point["RecoveryPointArn"]}
    metadata = backup.get_restore_testing_inferred_metadata(**named)["InferredMetadata"]

    assert metadata == {"availabilityZone": "eu-west-1a"}
