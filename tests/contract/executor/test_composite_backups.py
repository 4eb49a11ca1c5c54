"""Stacks: composite jobs and recovery points (Developer Guide, "CloudFormation stack backups")."""

import json
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from moto.cloudformation.models import CloudFormationBackend, cloudformation_backends

from tests.contract.executor.nightly import ACCOUNT, ROLE, START, once
from tests.contract.executor.on_demand import refuse, start
from tests.contract.executor.stacks import REGION, RESOURCES, Make, children, describe, points
from tests.contract.executor.world import World


def test_a_stack_is_backed_up_with_its_resources(world: World, make_stack: Make) -> None:
    """A composite recovery point with one nested for the template and for each resource with data."""
    stack = make_stack()
    job_id = start(world, stack, Lifecycle={"DeleteAfterDays": 35}, RecoveryPointTags={"backup": "on-demand"})
    world.run(START + timedelta(hours=1))
    job, found = describe(world, job_id), points(world)
    composite = found.pop("composite")
    protected = world.backup().describe_protected_resource(ResourceArn=stack)
    tags = [
        world.backup().list_tags(ResourceArn=point["RecoveryPointArn"])["Tags"]
        for point in (composite, found["CloudFormation"])
    ]

    assert (job["State"], job["IsParent"], job["MessageCategory"]) == ("COMPLETED", True, "SUCCESS")
    assert (job["NumberOfChildJobs"], job["ChildJobsInState"]) == (4, {"COMPLETED": 4})
    assert job["RecoveryPointArn"] == composite["RecoveryPointArn"]
    assert composite["RecoveryPointArn"] == (
        f"arn:aws:backup:eu-west-1:{ACCOUNT}:recovery-point:composite:cloudformation/shop-{job_id.lower()}"
    )
    assert (composite["Status"], protected["LastRecoveryPointArn"]) == (
        "COMPLETED",
        composite["RecoveryPointArn"],
    )
    assert tags == [{"backup": "on-demand"}, {"backup": "on-demand", "team": "sales"}]
    assert {kind: point.get("CompositeMemberIdentifier") for kind, point in found.items()} == {
        "CloudFormation": None,
        "EBS": "Disk",
        "DynamoDB": "Orders",
        "S3": "Files",
    }
    assert {point["ParentRecoveryPointArn"] for point in found.values()} == {composite["RecoveryPointArn"]}
    assert {point["CalculatedLifecycle"]["DeleteAt"] for point in (composite, *found.values())} == {
        START + timedelta(days=35)
    }


def test_a_parent_waits_runs_and_ends_with_those_below_it(
    world: World, make_stack: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PENDING until the first nested job starts, RUNNING until the last has ended; one job a resource."""
    monkeypatch.setattr("auditor.executor.engine.backups.duration_ms", lambda _: 10 * 60_000)
    stack = make_stack({"Disk": RESOURCES["Disk"]})
    (volume,) = world.moto_client("ec2", REGION).describe_volumes()["Volumes"]
    start(world, f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/{volume['VolumeId']}")
    world.run(START + timedelta(minutes=1))
    job_id = start(world, stack)
    seen = []
    for minute in (2, 11, 12, 21, 22):
        world.run(START + timedelta(minutes=minute))
        job = describe(world, job_id)
        seen.append((job["State"], children(world, job_id), job["ChildJobsInState"]))

    assert seen == [
        ("RUNNING", {"CloudFormation": "RUNNING", "EBS": "CREATED"}, {"CREATED": 1, "RUNNING": 1}),
        ("RUNNING", {"CloudFormation": "RUNNING", "EBS": "RUNNING"}, {"RUNNING": 2}),
        ("RUNNING", {"CloudFormation": "COMPLETED", "EBS": "RUNNING"}, {"COMPLETED": 1, "RUNNING": 1}),
        ("COMPLETED", {"CloudFormation": "COMPLETED", "EBS": "COMPLETED"}, {"COMPLETED": 2}),
        ("COMPLETED", {"CloudFormation": "COMPLETED", "EBS": "COMPLETED"}, {"COMPLETED": 2}),
    ]


@once
def test_two_backups_of_one_stack_follow_one_another(world: World, make_stack: Make) -> None:
    """A stack has one running composite job."""
    stack = make_stack({"Disk": RESOURCES["Disk"]})
    first, second = start(world, stack), start(world, stack)
    most = 0
    for minute in range(1, 60, 2):
        world.run(START + timedelta(minutes=minute))
        states = [describe(world, job)["State"] for job in (first, second)]
        most = max(most, sum(state in {"PENDING", "RUNNING"} for state in states))

    assert (most, states) == (1, ["COMPLETED", "COMPLETED"])


def test_a_nested_job_that_fails_makes_the_composite_partial(
    world: World, make_stack: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could be backed up is kept; job and recovery point say what is missing."""
    monkeypatch.setattr(world.service.driver("DynamoDB"), "back_up", refuse)
    job_id = start(world, make_stack())
    world.run(START + timedelta(hours=1))
    job, found = describe(world, job_id), points(world)

    message = "Missing: Orders (DynamoDB): The role may not do it."
    assert (job["State"], job["MessageCategory"], job["StatusMessage"]) == (
        "PARTIAL",
        "ACCESS_DENIED",
        message,
    )
    assert job["ChildJobsInState"] == {"COMPLETED": 3, "FAILED": 1}
    assert sorted(found) == ["CloudFormation", "EBS", "S3", "composite"]
    assert (found["composite"]["Status"], found["composite"]["StatusMessage"]) == ("PARTIAL", message)


@once
@pytest.mark.parametrize(
    ("kind", "category"),
    [("AWS::EKS::Cluster", "RESOURCE_NOT_SUPPORTED"), ("AWS::EC2::Volume", "RESOURCE_NOT_FOUND")],
)
def test_data_that_is_not_backed_up_makes_the_composite_partial(
    world: World, make_stack: Make, add_member: Callable[..., None], kind: str, category: str
) -> None:
    """A type that AWS Backup knows and this service does not, and what is gone, are named."""
    job_id = start(world, make_stack({"Disk": RESOURCES["Disk"]}))
    add_member("More", "more", kind)
    world.run(START + timedelta(hours=1))
    job = describe(world, job_id)

    assert (job["State"], job["MessageCategory"], job["StatusMessage"], job["NumberOfChildJobs"]) == (
        "PARTIAL",
        category,
        f"Missing: More ({kind}).",
        2,
    )


@pytest.fixture
def add_member(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Add a resource of a type that moto cannot make to what it lists of stacks."""
    listed = CloudFormationBackend.list_stack_resources

    def add(logical: str, physical: str, kind: str) -> None:
        more = SimpleNamespace(
            logical_resource_id=logical, physical_resource_id=physical, cf_resource_type=kind
        )

        def answer(backend: CloudFormationBackend, name: str) -> Any:
            stack, resources = listed(backend, name)
            return stack, [*resources, more]

        monkeypatch.setattr(CloudFormationBackend, "list_stack_resources", answer)

    return add


@once
def test_a_stack_of_which_nothing_can_be_backed_up(
    world: World, make_stack: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job is FAILED and there is no recovery point."""
    for kind in ("CloudFormation", "EBS"):
        monkeypatch.setattr(world.service.driver(kind), "back_up", refuse)
    job_id = start(world, make_stack({"Disk": RESOURCES["Disk"]}))
    world.run(START + timedelta(hours=1))
    job = describe(world, job_id)

    assert (job["State"], job["MessageCategory"], points(world)) == ("FAILED", "ACCESS_DENIED", {})
    assert "RecoveryPointArn" not in job


@once
def test_a_stack_that_changes_is_waited_for(world: World, make_stack: Make) -> None:
    """Only a stack whose status has COMPLETE in it can be backed up; within the start window it may come."""
    stack = make_stack({"Disk": RESOURCES["Disk"]})
    made = cloudformation_backends[ACCOUNT][REGION].stacks[stack]
    made.status = "UPDATE_IN_PROGRESS"
    job_id = start(world, stack)
    world.run(START + timedelta(minutes=5))
    waiting = describe(world, job_id)
    made.status = "UPDATE_ROLLBACK_COMPLETE"
    world.run(START + timedelta(hours=1))
    failed = start(world, stack)
    made.status = "DELETE_FAILED"
    world.run(START + timedelta(hours=2))

    assert (waiting["State"], waiting["StatusMessage"]) == (
        "CREATED",
        "Stack shop cannot be backed up: its status is UPDATE_IN_PROGRESS.",
    )
    assert [describe(world, job)["State"] for job in (job_id, failed)] == ["COMPLETED", "FAILED"]


@once
def test_stacks_in_stacks(world: World, make_stack: Make) -> None:
    """What is in a nested stack is nested in the same composite, its template too."""
    s3 = world.moto_client("s3", "us-east-1")
    s3.create_bucket(Bucket="templates")
    inner = json.dumps({"Resources": {"Inside": RESOURCES["Disk"]}})
    s3.put_object(Bucket="templates", Key="inner.json", Body=inner)
    url = "https://templates.s3.amazonaws.com/inner.json"
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
    job_id = start(world, make_stack({"Disk": RESOURCES["Disk"], "Inner": nested}))
    world.run(START + timedelta(hours=1))
    found = world.backup().list_recovery_points_by_backup_vault(
        BackupVaultName="night", ByParentRecoveryPointArn=describe(world, job_id)["RecoveryPointArn"]
    )["RecoveryPoints"]

    assert describe(world, job_id)["State"] == "COMPLETED"
    assert sorted((one["ResourceType"], one.get("CompositeMemberIdentifier", "")) for one in found) == [
        ("CloudFormation", ""),
        ("CloudFormation", "Inner"),
        ("EBS", "Disk"),
        ("EBS", "Inside"),
    ]


@once
def test_a_plan_backs_up_stacks_but_for_what_it_excludes(world: World, make_stack: Make) -> None:
    """NotResources and negative conditions are asked of what is in a stack, the others of the stack alone."""
    stack = make_stack()
    backup = world.backup()
    rule = {"RuleName": "daily", "TargetBackupVaultName": "night", "ScheduleExpression": "cron(0 5 * * ? *)"}
    plan = backup.create_backup_plan(BackupPlan={"BackupPlanName": "stacks", "Rules": [rule]})
    backup.create_backup_selection(
        BackupPlanId=plan["BackupPlanId"],
        BackupSelection={
            "SelectionName": "stacks",
            "IamRoleArn": ROLE,
            "Resources": ["arn:aws:cloudformation:*:*:stack/*"],
            "NotResources": ["arn:aws:dynamodb:*:*:table/*"],
            "Conditions": {
                "StringEquals": [{"ConditionKey": "aws:ResourceTag/team", "ConditionValue": "sales"}],
                "StringNotLike": [{"ConditionKey": "aws:ResourceTag/backup", "ConditionValue": "n*"}],
            },
        },
    )
    (volume,) = world.moto_client("ec2", REGION).describe_volumes()["Volumes"]
    tags = [{"Key": "backup", "Value": "no"}]
    world.moto_client("ec2", REGION).create_tags(Resources=[volume["VolumeId"]], Tags=tags)
    backup.update_region_settings(ResourceTypeOptInPreference={"S3": False})
    world.run(START + timedelta(hours=7))
    parents = [job for job in backup.list_backup_jobs()["BackupJobs"] if job["IsParent"]]

    assert [(job["ResourceArn"], job["State"]) for job in parents] == [(stack, "COMPLETED")]
    assert children(world, parents[0]["BackupJobId"]) == {"CloudFormation": "COMPLETED", "S3": "COMPLETED"}
    assert {point["CreatedBy"]["BackupPlanName"] for point in points(world).values()} == {"stacks"}
