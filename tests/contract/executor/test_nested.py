"""Stacks: composite jobs and recovery points (Developer Guide, "CloudFormation stack backups")."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from moto.cloudformation.models import CloudFormationBackend, cloudformation_backends

from auditor.executor.seam.driver import DriverError

ACCOUNT = "123456789012"
REGION = "eu-west-1"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
OTHER = f"arn:aws:backup:eu-central-1:{ACCOUNT}:backup-vault:copies"
TABLE = {
    "TableName": "orders",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
RESOURCES = {
    "Disk": {"Type": "AWS::EC2::Volume", "Properties": {"AvailabilityZone": "eu-west-1a", "Size": 8}},
    "Orders": {"Type": "AWS::DynamoDB::Table", "Properties": TABLE},
    "Files": {
        "Type": "AWS::S3::Bucket",
        "Properties": {"BucketName": "files"},
    },
    "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}},
}

Make = Callable[..., str]

#: For what hangs on no database.
once = pytest.mark.parametrize("database_url", ["memory"], indirect=True)


@pytest.fixture
def make_stack(world: Any) -> Make:
    """Make a stack of resources, and give its ARN; the vaults `night` and, elsewhere, `copies` are there."""
    world.backup().create_backup_vault(BackupVaultName="night")
    world.backup("eu-central-1").create_backup_vault(BackupVaultName="copies")

    def make(resources: dict[str, Any] = RESOURCES, name: str = "shop") -> str:
        client = world.moto_client("cloudformation", REGION)
        template = json.dumps({"Resources": resources})
        tags = [{"Key": "team", "Value": "sales"}]
        stack = client.create_stack(StackName=name, TemplateBody=template, Tags=tags)["StackId"]
        if "Files" in resources:  # which moto makes without its VersioningConfiguration
            world.moto_client("s3", REGION).put_bucket_versioning(
                Bucket="files", VersioningConfiguration={"Status": "Enabled"}
            )
        return str(stack)

    return make


def start(world: Any, arn: str, **more: Any) -> str:
    """Start a backup on demand and give its id."""
    request = {"BackupVaultName": "night", "ResourceArn": arn, "IamRoleArn": ROLE}
    return str(world.backup().start_backup_job(**request, **more)["BackupJobId"])


def describe(world: Any, job_id: str) -> Any:
    """A backup job."""
    return world.backup().describe_backup_job(BackupJobId=job_id)


def children(world: Any, job_id: str) -> dict[str, str]:
    """The states of the jobs nested in one, by type."""
    found = world.backup().list_backup_jobs(ByParentJobId=job_id)["BackupJobs"]
    return {job["ResourceType"]: job["State"] for job in found}


def points(world: Any, vault: str = "night", region: str = REGION, **filters: Any) -> dict[str, Any]:
    """The recovery points of a vault by what they are of: a type, or "composite"."""
    found = world.backup(region).list_recovery_points_by_backup_vault(BackupVaultName=vault, **filters)
    return {
        "composite" if point["IsParent"] else point["ResourceType"]: point
        for point in found["RecoveryPoints"]
    }


def test_a_stack_is_backed_up_with_its_resources(world: Any, make_stack: Make) -> None:
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
    world: Any, make_stack: Make, monkeypatch: pytest.MonkeyPatch
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
def test_two_backups_of_one_stack_follow_one_another(world: Any, make_stack: Make) -> None:
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
    world: Any, make_stack: Make, monkeypatch: pytest.MonkeyPatch
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


def refuse(*_: Any, **__: Any) -> None:
    """Be a driver that may not."""
    raise DriverError("The role may not do it.", "ACCESS_DENIED")


@once
@pytest.mark.parametrize(
    ("kind", "category"),
    [("AWS::EKS::Cluster", "RESOURCE_NOT_SUPPORTED"), ("AWS::EC2::Volume", "RESOURCE_NOT_FOUND")],
)
def test_data_that_is_not_backed_up_makes_the_composite_partial(
    world: Any, make_stack: Make, add_member: Callable[..., None], kind: str, category: str
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
    world: Any, make_stack: Make, monkeypatch: pytest.MonkeyPatch
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
def test_a_stack_that_changes_is_waited_for(world: Any, make_stack: Make) -> None:
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


def test_a_run_that_breaks_off_between_nested_jobs(
    world: Any, make_stack: Make, monkeypatch: pytest.MonkeyPatch
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
    world: Any, make_stack: Make, monkeypatch: pytest.MonkeyPatch
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
    world: Any, make_stack: Make, monkeypatch: pytest.MonkeyPatch
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
    world: Any, make_stack: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job is ABORTED and none is nested in it."""
    job_id = start(world, make_stack())
    driver = world.service.driver("CloudFormation")
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
def test_a_stack_that_is_stopped_leaves_nothing(world: Any, make_stack: Make, minutes: int) -> None:
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


@once
def test_stacks_in_stacks(world: Any, make_stack: Make) -> None:
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
def test_a_plan_backs_up_stacks_but_for_what_it_excludes(world: Any, make_stack: Make) -> None:
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


@pytest.fixture
def backed_up(world: Any, make_stack: Make) -> dict[str, Any]:
    """The recovery points of a stack's backup that is to be kept for 35 days."""
    job_id = start(world, make_stack(), Lifecycle={"DeleteAfterDays": 35})
    world.run(START + timedelta(hours=1))
    assert describe(world, job_id)["State"] == "COMPLETED"
    return points(world)


def named(point: Any) -> dict[str, str]:
    """What operations on a recovery point are given."""
    return {"BackupVaultName": "night", "RecoveryPointArn": point["RecoveryPointArn"]}


def test_a_composite_goes_after_those_nested_in_it(world: Any, backed_up: dict[str, Any]) -> None:
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


def test_a_nested_recovery_point_can_leave(world: Any, backed_up: dict[str, Any]) -> None:
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


def test_a_composite_expires_after_those_nested_in_it(world: Any, backed_up: dict[str, Any]) -> None:
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
    world: Any, backed_up: dict[str, Any]
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
    world: Any, backed_up: dict[str, Any]
) -> None:
    """However far time goes at once."""
    assert len(backed_up) == 5
    world.run(START + timedelta(days=36))

    assert points(world) == {}


def test_the_lifecycle_of_a_composite_is_the_longest_of_those_nested_in_it(
    world: Any, backed_up: dict[str, Any]
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
    world: Any, backed_up: dict[str, Any]
) -> None:
    """Nothing of it can be deleted (aws-backup.md 4.7)."""
    backup = world.backup()
    backup.put_backup_vault_lock_configuration(BackupVaultName="night", MinRetentionDays=1)
    for point in backed_up.values():
        with pytest.raises(backup.exceptions.InvalidRequestException, match="is locked"):
            backup.delete_recovery_point(**named(point))

    assert points(world) == backed_up


def copy(world: Any, point: Any, **more: Any) -> str:
    """Start a copy into the other Region's vault and give its id."""
    request = {"SourceBackupVaultName": "night", "DestinationBackupVaultArn": OTHER, "IamRoleArn": ROLE}
    arn = point["RecoveryPointArn"]
    return str(world.backup().start_copy_job(RecoveryPointArn=arn, **request, **more)["CopyJobId"])


def test_a_composite_is_copied_with_what_is_nested_in_it(world: Any, backed_up: dict[str, Any]) -> None:
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
def test_a_composite_is_copied_into_another_account(world: Any, make_stack: Make) -> None:
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
def test_what_cannot_be_copied_is_missing_in_the_copy(world: Any, make_stack: Make) -> None:
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
def test_the_copy_of_a_partial_composite_is_partial(world: Any, backed_up: dict[str, Any]) -> None:
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
def test_a_nested_recovery_point_is_copied_alone(world: Any, backed_up: dict[str, Any]) -> None:
    """The copy belongs to no composite."""
    copy(world, backed_up["EBS"])
    world.run(START + timedelta(hours=2))
    (copied,) = points(world, "copies", "eu-central-1").values()

    assert (copied["ResourceType"], copied["IsParent"]) == ("EBS", False)
    assert "ParentRecoveryPointArn" not in copied


def test_a_copy_that_breaks_off(
    world: Any, backed_up: dict[str, Any], monkeypatch: pytest.MonkeyPatch
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


@once
def test_a_composite_cannot_be_restored_but_its_template_can(world: Any, backed_up: dict[str, Any]) -> None:
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
