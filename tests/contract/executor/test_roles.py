"""The role of a job, looked up in moto's IAM when the job runs."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from auditor.executor.engine.roles import Roles
from auditor.executor.seam.driver import DriverError
from auditor.executor.service import RoleUse
from tests.contract.executor.role_permissions import Judge
from tests.contract.executor.world import World

ACCOUNT, REGION = "123456789012", "eu-west-1"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/Backup"
VAULT = f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:night"
REFUSED = f"The provided role {ROLE} cannot be assumed by AWS Backup."
BACKUP = {"Service": "backup.amazonaws.com"}
ALLOW = {"Effect": "Allow", "Principal": BACKUP, "Action": "sts:AssumeRole"}
DENY = ALLOW | {"Effect": "Deny"}


def trusting(world: World, *statements: dict[str, Any]) -> None:
    """Give the role this trust policy, making it where it is not there."""
    iam = world.moto_client("iam", "us-east-1")
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    try:
        iam.create_role(Path="/service-role/", RoleName="Backup", AssumeRolePolicyDocument=policy)
    except iam.exceptions.EntityAlreadyExistsException:
        iam.update_assume_role_policy(RoleName="Backup", PolicyDocument=policy)


def assumed(role_arn: str = ROLE, account: str = ACCOUNT) -> RoleUse:
    """A use of a role for which it needs no permission."""
    return RoleUse(role_arn, account, REGION, ())


@pytest.fixture
def roles(world: World) -> Roles:
    """The check, on moto's IAM."""
    return Roles(lambda service, _account, region: world.moto_client(service, region), world.service.clock)


def condition(operator: str, key: str, value: Any) -> dict[str, Any]:
    """A statement's condition."""
    return {"Condition": {operator: {key: value}}}


CASES: dict[str, tuple[list[dict[str, Any]], bool]] = {
    "allowed": ([ALLOW], True),
    "among others": ([ALLOW | {"Principal": {"Service": ["ec2.amazonaws.com", *BACKUP.values()]}}], True),
    "any action of STS": ([ALLOW | {"Action": ["sts:TagSession", "STS:Assume*"]}], True),
    "everyone": ([ALLOW | {"Principal": "*"}], True),
    "another service": ([ALLOW | {"Principal": {"Service": "ec2.amazonaws.com"}}], False),
    "an account": ([ALLOW | {"Principal": {"AWS": ACCOUNT}}], False),
    "another action": ([ALLOW | {"Action": "sts:TagSession"}], False),
    "denied": ([ALLOW, DENY], False),
    "denied to another": ([ALLOW, DENY | {"Principal": {"Service": "ec2.amazonaws.com"}}], True),
    "for this account": ([ALLOW | condition("StringEquals", "aws:SourceAccount", ACCOUNT)], True),
    "for another account": ([ALLOW | condition("StringEquals", "aws:SourceAccount", "210987654321")], False),
    "for this account's things": (
        [ALLOW | condition("ArnLike", "aws:SourceArn", f"arn:aws:backup:*:{ACCOUNT}:*")],
        True,
    ),
    "denied on what is not known": ([ALLOW, DENY | condition("Bool", "aws:SecureTransport", "false")], True),
}


@pytest.mark.parametrize("case", CASES)
def test_trust_policies(world: World, roles: Roles, case: str) -> None:
    """A statement must let the service assume the role, and none deny it."""
    statements, trusted = CASES[case]
    trusting(world, *statements)
    assert roles(assumed()) == (None if trusted else REFUSED)


@pytest.mark.parametrize(
    ("role_arn", "account"),
    [
        (ROLE.replace("Backup", "Missing"), ACCOUNT),
        (ROLE.replace("service-role/", ""), ACCOUNT),
        (ROLE, "210987654321"),
        (ROLE.replace(ACCOUNT, "210987654321"), ACCOUNT),
        ("role", ACCOUNT),
    ],
)
def test_roles_that_are_not_there(world: World, roles: Roles, role_arn: str, account: str) -> None:
    """The role must exist, under its path, in the account of the job."""
    trusting(world, ALLOW)
    assert roles(assumed(role_arn, account)) == REFUSED.replace(ROLE, role_arn)


@pytest.mark.parametrize(
    ("partition", "service", "expected"),
    [
        ("aws-cn", "backup.amazonaws.com", None),
        ("aws-cn", "backup.amazonaws.com.cn", None),
        ("aws-us-gov", "backup.amazonaws.com", None),
        ("aws", "backup.amazonaws.com.cn", REFUSED),
    ],
)
def test_partitions(world: World, partition: str, service: str, expected: str | None) -> None:
    """The role is asked of its partition's IAM, and trusts the service by its name there."""
    role = ROLE.replace("arn:aws:", f"arn:{partition}:")
    asked: list[str] = []
    client = world.moto_client("iam", "us-east-1")
    found = {
        "Arn": role,
        "Path": "/service-role/",
        "RoleName": "Backup",
        "RoleId": "AROAEXAMPLEEXAMPLE",
        "CreateDate": START,
        "AssumeRolePolicyDocument": json.dumps({"Statement": ALLOW | {"Principal": {"Service": service}}}),
    }

    def clients(name: str, _account: str, region: str) -> Any:
        asked.append(f"{name} {region}")
        return client

    with Stubber(client) as stub:
        stub.add_response("get_role", {"Role": found})
        assert Roles(clients, world.service.clock)(assumed(role)) == expected
    regions = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
    assert asked == [f"iam {regions[partition]}"]


def test_a_role_that_passes_is_remembered_for_five_minutes(world: World, roles: Roles) -> None:
    """One that does not is asked for again at once, so that a mended role works at once."""
    trusting(world, DENY)
    answers = [roles(assumed())]
    trusting(world, ALLOW)
    answers.append(roles(assumed()))
    trusting(world, DENY)
    for seconds in (299, 300):
        world.traveller.move_to(START + timedelta(seconds=seconds))
        answers.append(roles(assumed()))
    assert answers == [REFUSED, None, None, REFUSED]


@pytest.mark.parametrize(
    ("code", "category", "advice"),
    [
        ("AccessDenied", "ACCESS_DENIED", f"Allow iam:GetRole to the executor's role in account {ACCOUNT}: "),
        ("Throttling", "FATAL_ERROR", ""),
    ],
)
def test_iam_that_does_not_answer(world: World, code: str, category: str, advice: str) -> None:
    """What cannot be found out is no pass and no refusal: it is asked again a minute later."""
    client = world.moto_client("iam", "us-east-1")
    roles = Roles(lambda *_: client, world.service.clock)
    message = f"{advice}An error occurred ({code}) when calling the GetRole operation: "
    for seconds, answers in ((0, 1), (59, 0), (60, 1)):
        world.traveller.move_to(START + timedelta(seconds=seconds))
        with Stubber(client) as stub:
            for _ in range(answers):
                stub.add_client_error("get_role", code)
            with pytest.raises(DriverError) as caught:
                roles(assumed())
            stub.assert_no_pending_responses()
        assert (caught.value.message, caught.value.category) == (message, category)
        assert caught.value.transient


def test_an_account_that_the_executor_cannot_enter(world: World) -> None:
    """Without its own role there the executor finds nothing out, which is no refusal either."""

    def clients(*_: str) -> Any:
        raise DriverError("Role AuditorExecutor could not be assumed.", "ACCESS_DENIED")

    with pytest.raises(DriverError) as caught:
        Roles(clients, world.service.clock)(assumed())
    assert (caught.value.message, caught.value.category, caught.value.transient) == (
        "Role AuditorExecutor could not be assumed.",
        "ACCESS_DENIED",
        True,
    )


def test_every_kind_of_job_asks_when_it_runs(world: World, roles: Roles) -> None:
    """Made while the role was there; run when it is gone: FAILED, ACCESS_DENIED, and nothing is made."""
    world.service.check_role = roles
    backup, ec2 = world.backup(), world.moto_client("ec2", REGION)
    trusting(world, ALLOW)
    world.permit("Backup")
    backup.create_backup_vault(BackupVaultName="night")
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=1)["VolumeId"]
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/{volume}"
    start = {"BackupVaultName": "night", "ResourceArn": arn, "IamRoleArn": ROLE}
    first = backup.start_backup_job(**start)["BackupJobId"]
    world.run(START + timedelta(hours=1))
    point = backup.describe_backup_job(BackupJobId=first)["RecoveryPointArn"]
    second = backup.start_backup_job(**start)["BackupJobId"]
    copy = backup.start_copy_job(
        RecoveryPointArn=point,
        SourceBackupVaultName="night",
        DestinationBackupVaultArn=VAULT,
        IamRoleArn=ROLE,
    )["CopyJobId"]
    metadata = {"availabilityZone": f"{REGION}a"}
    restore = backup.start_restore_job(RecoveryPointArn=point, IamRoleArn=ROLE, Metadata=metadata)
    unnamed = backup.start_restore_job(RecoveryPointArn=point, Metadata=metadata)
    iam = world.moto_client("iam", "us-east-1")
    iam.delete_role_policy(RoleName="Backup", PolicyName="permissions")
    iam.delete_role(RoleName="Backup")
    world.run(START + timedelta(hours=3))

    def ended(describe: Callable[..., Any], state: str = "State", **job_id: str) -> tuple[str, str]:
        found = describe(**job_id)
        return found[state], found.get("StatusMessage", "")

    def of_copy(**job_id: str) -> Any:
        return backup.describe_copy_job(**job_id)["CopyJob"]

    assert ended(backup.describe_backup_job, BackupJobId=first) == ("COMPLETED", "")
    assert ended(backup.describe_backup_job, BackupJobId=second) == ("FAILED", REFUSED)
    assert ended(of_copy, CopyJobId=copy) == ("FAILED", REFUSED)
    restores = [job["RestoreJobId"] for job in (restore, unnamed)]
    assert [ended(backup.describe_restore_job, "Status", RestoreJobId=job) for job in restores] == [
        ("FAILED", REFUSED),
        ("COMPLETED", ""),
    ]
    denied = backup.list_backup_jobs(ByMessageCategory="ACCESS_DENIED")["BackupJobs"]
    assert [job["BackupJobId"] for job in denied] == [second]
    assert len(ec2.describe_snapshots(OwnerIds=[ACCOUNT])["Snapshots"]) == 1


def select(world: World, role_arn: str) -> None:
    """Put a selection with this role to a plan of its own."""
    backup = world.backup()
    rule = {"RuleName": "night", "TargetBackupVaultName": "night"}
    name = f"plan-{len(backup.list_backup_plans()['BackupPlansList'])}"
    plan_id = backup.create_backup_plan(BackupPlan={"BackupPlanName": name, "Rules": [rule]})["BackupPlanId"]
    chosen = {"SelectionName": "all", "IamRoleArn": role_arn, "Resources": ["*"]}
    backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=chosen)


def select_for_tests(world: World, role_arn: str) -> None:
    """Put a selection with this role to a restore-testing plan, made where it is not there."""
    backup = world.backup()
    chosen = {"Algorithm": "LATEST_WITHIN_WINDOW", "IncludeVaults": ["*"], "RecoveryPointTypes": ["SNAPSHOT"]}
    plan = {"RestoreTestingPlanName": "tests", "ScheduleExpression": "cron(0 5 ? * * *)"}
    if not backup.list_restore_testing_plans()["RestoreTestingPlans"]:
        backup.create_restore_testing_plan(RestoreTestingPlan=plan | {"RecoveryPointSelection": chosen})
    tested = {"ProtectedResourceType": "EBS", "ProtectedResourceArns": ["*"], "IamRoleArn": role_arn}
    backup.create_restore_testing_selection(
        RestoreTestingPlanName="tests",
        RestoreTestingSelection=tested | {"RestoreTestingSelectionName": "all"},
    )


SELECTIONS = pytest.mark.parametrize("selecting", [select, select_for_tests])


@SELECTIONS
@pytest.mark.parametrize(
    "wrong", [("Backup", "Missing"), (ACCOUNT, "210987654321"), ("arn:aws:", "arn:aws-cn:")]
)
def test_a_selection_without_its_role_is_refused(
    world: World, roles: Roles, selecting: Callable[[Any, str], None], wrong: tuple[str, str]
) -> None:
    """One that is not there, or of another account, in AWS Backup's words; nothing is made."""
    world.service.check_role = roles
    trusting(world, ALLOW)
    role = ROLE.replace(*wrong)
    with pytest.raises(ClientError) as refused:
        selecting(world, role)

    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"]) == (
        "InvalidParameterValueException",
        f"IAM Role {role} cannot be assumed by AWS Backup",
    )
    selecting(world, ROLE)


@SELECTIONS
def test_a_selection_needs_a_role_that_trusts_the_service(
    world: World, roles: Roles, selecting: Callable[[Any, str], None]
) -> None:
    """What the role may do is seen when its jobs run."""
    world.service.check_role = roles
    trusting(world, DENY)
    with pytest.raises(ClientError, match="cannot be assumed by AWS Backup"):
        selecting(world, ROLE)
    trusting(world, ALLOW)
    selecting(world, ROLE)


@SELECTIONS
def test_a_selection_is_taken_while_iam_does_not_answer(
    world: World, selecting: Callable[[Any, str], None]
) -> None:
    """Nothing is refused for what is not known; the account of the role always is."""
    world.service.check_role = Judge(DriverError("Rate exceeded.", transient=True))
    with pytest.raises(ClientError, match="cannot be assumed by AWS Backup"):
        selecting(world, ROLE.replace(ACCOUNT, "210987654321"))
    selecting(world, ROLE)
