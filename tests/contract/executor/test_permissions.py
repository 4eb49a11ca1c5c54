"""What the role of a job may do, asked of IAM when the job runs: of moto's, and of stubs."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from auditor.executor.engine import roles as roles_of_jobs
from auditor.executor.engine.roles import Roles
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import DriverError
from auditor.executor.seam.permissions import TABLE, Act, Need, Task, needs
from auditor.executor.service import RoleUse

ACCOUNT, REGION = "123456789012", "eu-west-1"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Backup"
TRUST = {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
VOLUMES = f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume"
SNAPSHOT = f"arn:aws:ec2:{REGION}::snapshot/snap-1"
SNAPSHOTS = {"Effect": "Allow", "Action": "ec2:CreateSnapshot", "Resource": "*"}
DELETIONS = {"Effect": "Allow", "Action": "ec2:DeleteSnapshot", "Resource": "*"}
VOLUME_RESTORES = {"Effect": "Allow", "Action": "ec2:CreateVolume", "Resource": "*"}
USER = f"User: arn:aws:sts::{ACCOUNT}:assumed-role/Backup/AWSBackup-Backup is not authorized to perform: "
UNMENTIONED = "because no identity-based policy allows the {} action"


def refused(action: str, arn: str, reason: str = UNMENTIONED) -> str:
    """IAM's words."""
    return f"{USER}{action} on resource: {arn} {reason.format(action)}"


def backing_up(volume: str = "vol-1") -> RoleUse:
    """The backup of a volume."""
    task = Task(
        Act.BACK_UP, AccountRegion(ACCOUNT, REGION, "aws"), "EBS", f"{VOLUMES}/{volume}", managed=False
    )
    return RoleUse(ROLE, ACCOUNT, REGION, needs(task))


def deletion() -> RoleUse:
    """The deletion of a snapshot."""
    task = Task(
        Act.DELETE, AccountRegion(ACCOUNT, REGION, "aws"), "EBS", VOLUMES, managed=False, backup_arn=SNAPSHOT
    )
    return RoleUse(ROLE, ACCOUNT, REGION, needs(task))


@pytest.fixture
def iam(world: Any) -> Any:
    """Moto's IAM with the role, which may do nothing."""
    client = world.moto_client("iam", "us-east-1")
    client.create_role(RoleName="Backup", AssumeRolePolicyDocument=json.dumps({"Statement": TRUST}))
    return client


@pytest.fixture
def roles(world: Any, iam: Any) -> Roles:
    """The check, on moto's IAM."""
    return Roles(lambda *_: iam, world.service.clock)


ALLOWED_HERE = SNAPSHOTS | {"Resource": f"{VOLUMES}/vol-1"}
TAGGED = {"Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}
DENIED = "with an explicit deny in an identity-based policy"
CASES: dict[str, tuple[list[dict[str, Any]], str | None]] = {
    "allowed": ([SNAPSHOTS], None),
    "allowed with every action of EC2": ([SNAPSHOTS | {"Action": "ec2:Create*"}], None),
    "another action": ([SNAPSHOTS | {"Action": "ec2:DeleteSnapshot"}], UNMENTIONED),
    "this volume": ([ALLOWED_HERE], None),
    "another volume": ([SNAPSHOTS | {"Resource": f"{VOLUMES}/vol-2"}], UNMENTIONED),
    "denied": ([SNAPSHOTS, SNAPSHOTS | {"Effect": "Deny"}], DENIED),
    "denied for another volume": (
        [SNAPSHOTS, ALLOWED_HERE | {"Effect": "Deny", "Resource": f"{VOLUMES}/vol-2"}],
        None,
    ),
    "in this Region": (
        [SNAPSHOTS | {"Condition": {"StringEquals": {"aws:RequestedRegion": REGION}}}],
        None,
    ),
    "in another Region": (
        [SNAPSHOTS | {"Condition": {"StringEquals": {"aws:RequestedRegion": "eu-north-1"}}}],
        UNMENTIONED,
    ),
    "for a tag that is not known here": ([SNAPSHOTS | TAGGED], None),
    "for a key of another service": (
        [SNAPSHOTS | {"Condition": {"StringEquals": {"kms:ViaService": "ec2"}}}],
        UNMENTIONED,
    ),
}


ADDRESS = {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}
ELSEWHERE = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} | ADDRESS
DENIAL = SNAPSHOTS | {"Effect": "Deny", "Action": "ec2:*"}
#: What policies say; the reasons against a backup and against a deletion.
UNKNOWN: dict[str, tuple[list[dict[str, Any]], str | None, str | None]] = {
    "allowed, and a condition elsewhere": ([SNAPSHOTS, DELETIONS, ELSEWHERE], None, None),
    "denied, and a condition elsewhere": ([SNAPSHOTS, DELETIONS, DENIAL, ELSEWHERE], DENIED, DENIED),
    "denied where a condition holds that is not known here": (
        [SNAPSHOTS, DELETIONS, DENIAL | ADDRESS],
        None,
        None,
    ),
    "denied where a condition does not hold that is not known here": (
        [SNAPSHOTS, DELETIONS, DENIAL | {"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}}],
        DENIED,
        DENIED,
    ),
    "allowed where a condition holds that is not known here": (
        [SNAPSHOTS | ADDRESS, DELETIONS | ADDRESS],
        None,
        UNMENTIONED,
    ),
    "not allowed, and a condition elsewhere": ([ELSEWHERE], None, UNMENTIONED),
    "allowed for the source's tag": (
        [
            SNAPSHOTS,
            DELETIONS | {"Condition": {"Null": {"aws:ResourceTag/aws:backup:source-resource": "false"}}},
        ],
        None,
        None,
    ),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_policies_with_keys_that_nobody_can_know_here(world: Any, roles: Roles, case: str) -> None:
    """An explicit deny refuses; that nothing allows may hang on the key, and refuses deletions alone."""
    statements, backing, deleting = UNKNOWN[case]
    world.permit("Backup", *statements)
    volume = f"{VOLUMES}/vol-1"
    assert (roles(backing_up()), roles(deletion())) == (
        None if backing is None else refused("ec2:CreateSnapshot", volume, backing),
        None if deleting is None else refused("ec2:DeleteSnapshot", SNAPSHOT, deleting),
    )


DELETED = [row for row in TABLE if row[1] is Act.DELETE]


@pytest.mark.parametrize("row", DELETED, ids=[kind for kind, _ in DELETED])
def test_no_deletion_passes_for_what_cannot_be_known(world: Any, roles: Roles, row: tuple[str, Act]) -> None:
    """That holds for each type's own action, and for continuous backups, which are ended with it."""
    _, action = TABLE[row]
    use = RoleUse(ROLE, ACCOUNT, REGION, (Need((action,), SNAPSHOT),))
    allowed = {"Effect": "Allow", "Action": action, "Resource": "*"}
    world.permit("Backup", allowed | ADDRESS)
    found = [roles(use)]
    world.permit("Backup", allowed, ELSEWHERE)
    found.append(roles(use))
    assert found == [refused(action, SNAPSHOT), None]


@pytest.mark.parametrize("case", CASES)
def test_what_policies_say(world: Any, roles: Roles, case: str) -> None:
    """Only what IAM allows on this very resource passes; a denial on what nobody can know here is none."""
    statements, reason = CASES[case]
    world.permit("Backup", *statements)
    expected = None if reason is None else refused("ec2:CreateSnapshot", f"{VOLUMES}/vol-1", reason)
    assert roles(backing_up()) == expected


@pytest.mark.parametrize(("action", "passes"), [("ec2:*", True), ("s3:*", False)])
def test_a_permissions_boundary(world: Any, iam: Any, roles: Roles, action: str, *, passes: bool) -> None:
    """What the boundary does not allow is refused, whatever the role's own policies say."""
    world.permit("Backup", SNAPSHOTS)
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = iam.create_policy(PolicyName="boundary", PolicyDocument=document)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="Backup", PermissionsBoundary=made)
    reason = "because no permissions boundary allows the {} action"
    expected = None if passes else refused("ec2:CreateSnapshot", f"{VOLUMES}/vol-1", reason)
    assert roles(backing_up()) == expected


def test_a_pass_is_of_one_resource_and_for_five_minutes(world: Any, roles: Roles) -> None:
    """A pass for one volume is none for another; a refusal is asked again at once."""
    world.permit("Backup", ALLOWED_HERE)
    refusals = [roles(backing_up(volume)) for volume in ("vol-1", "vol-2")]
    world.permit("Backup", SNAPSHOTS)
    refusals.append(roles(backing_up("vol-2")))
    world.permit("Backup", DELETIONS)
    for seconds in (299, 300):
        world.traveller.move_to(START + timedelta(seconds=seconds))
        refusals.append(roles(backing_up("vol-2")))
    other = refused("ec2:CreateSnapshot", f"{VOLUMES}/vol-2")
    assert refusals == [None, other, None, None, other]


def test_forgetting(world: Any, roles: Roles) -> None:
    """`forget` has IAM asked again."""
    world.permit("Backup", SNAPSHOTS)
    before = roles(backing_up())
    world.permit("Backup", DELETIONS)
    roles.forget()
    assert (before, roles(backing_up())) == (None, refused("ec2:CreateSnapshot", f"{VOLUMES}/vol-1"))


def test_one_question_for_many(world: Any, iam: Any, roles: Roles) -> None:
    """What is expected is asked about by the hundred; one that is refused among them fails alone."""
    asked = questions(iam)
    names = [f"vol-{number}" for number in range(250)]
    deny = SNAPSHOTS | {"Effect": "Deny", "Resource": f"{VOLUMES}/vol-7"}
    world.permit("Backup", SNAPSHOTS, deny)

    for name in names:
        roles.expect(backing_up(name))
    refusals = {name: roles(backing_up(name)) for name in names}
    assert {name for name, message in refusals.items() if message is not None} == {"vol-7"}
    assert refusals["vol-7"] == refused("ec2:CreateSnapshot", f"{VOLUMES}/vol-7", DENIED)
    assert [len(arns) for arns in asked] == [100, 100, 1, 51]


def questions(iam: Any) -> list[list[str]]:
    """The resources of each question that IAM is asked from now on."""
    asked: list[list[str]] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        asked.append([value for key, value in params["body"].items() if key.startswith("ResourceArns.")])

    iam.meta.events.register("before-call.iam.SimulatePrincipalPolicy", note)
    return asked


def test_what_is_expected_is_kept_in_bounds(
    world: Any, iam: Any, roles: Roles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what is never asked about the newest stay; what was asked, or forgotten, is expected no more."""
    monkeypatch.setattr(roles_of_jobs, "EXPECTED", 3)
    asked = questions(iam)
    world.permit("Backup", SNAPSHOTS)
    for number in range(1, 5):
        roles.expect(backing_up(f"vol-{number}"))
    roles(backing_up("vol-5"))
    roles.expect(backing_up("vol-6"))
    roles.forget()
    roles(backing_up("vol-7"))
    numbers = [[int(arn.rpartition("-")[2]) for arn in arns] for arns in asked]
    assert numbers == [[5, 2, 3, 4], [7]]


def test_a_role_that_cannot_be_assumed_is_expected_no_more(world: Any, iam: Any, roles: Roles) -> None:
    """Its resources do not pile up until it is mended, though IAM is never asked about them."""
    asked = questions(iam)
    world.permit("Backup", SNAPSHOTS)
    trusts = {
        service: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": TRUST | {"Principal": {"Service": f"{service}.amazonaws.com"}},
            }
        )
        for service in ("ec2", "backup")
    }
    iam.update_assume_role_policy(RoleName="Backup", PolicyDocument=trusts["ec2"])
    for volume in ("vol-1", "vol-2"):
        roles.expect(backing_up(volume))
    message = f"The provided role {ROLE} cannot be assumed by AWS Backup."
    assert roles(backing_up("vol-1")) == message
    iam.update_assume_role_policy(RoleName="Backup", PolicyDocument=trusts["backup"])
    assert roles(backing_up("vol-3")) is None
    assert asked == [[f"{VOLUMES}/vol-3", f"{VOLUMES}/vol-2"]]


OTHER = "210987654321"


def test_the_account_of_the_resource(world: Any, iam: Any, roles: Roles) -> None:
    """It is the one that the ARN names, else the job's; one question is about resources of one account."""
    accounts: list[str] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        body = params["body"]
        name = next(key for key, value in body.items() if value == "aws:ResourceAccount")
        accounts.append(body[name.replace("ContextKeyName", "ContextKeyValues.member.1")])

    iam.meta.events.register("before-call.iam.SimulatePrincipalPolicy", note)
    condition = {"Condition": {"StringEquals": {"aws:ResourceAccount": ACCOUNT}}}
    world.permit("Backup", {"Effect": "Allow", "Action": "*", "Resource": "*"} | condition)
    needed = ("backup:CopyIntoBackupVault",)
    vaults = {
        account: f"arn:aws:backup:{REGION}:{account}:backup-vault:night" for account in (ACCOUNT, OTHER)
    }
    uses = [RoleUse(ROLE, ACCOUNT, REGION, (Need(needed, arn),)) for arn in vaults.values()]
    for use in uses:
        roles.expect(use)
    found = [roles(use) for use in [*uses, deletion()]]
    assert found == [None, refused(needed[0], vaults[OTHER]), None]
    assert accounts == [ACCOUNT, OTHER, ACCOUNT]


def result(
    arns: dict[str, dict[str, Any]], action: str = "ec2:CreateSnapshot", **more: Any
) -> dict[str, Any]:
    """An evaluation of IAM's, with one row a resource; the decision above is the strictest."""
    order = ["allowed", "implicitDeny", "explicitDeny"]
    strictest = max(
        (row["EvalResourceDecision"] for row in arns.values()), key=order.index, default="allowed"
    )
    return {
        "EvalActionName": action,
        "EvalResourceName": "arn:${Partition}:ec2:${Region}:${Account}:volume/${VolumeId}",
        "EvalDecision": strictest,
        "ResourceSpecificResults": [{"EvalResourceName": arn} | row for arn, row in arns.items()],
    } | more


VOLUME = f"{VOLUMES}/vol-1"
ALLOW = {"EvalResourceDecision": "allowed"}
IMPLICIT = {"EvalResourceDecision": "implicitDeny"}
EXPLICIT = {"EvalResourceDecision": "explicitDeny"}
ANSWERS: dict[str, tuple[list[dict[str, Any]], str | None]] = {
    "allowed": ([result({VOLUME: ALLOW})], None),
    "implicit deny": ([result({VOLUME: IMPLICIT})], UNMENTIONED),
    "explicit deny": ([result({VOLUME: EXPLICIT})], DENIED),
    "missing, and may matter": (
        [result({VOLUME: IMPLICIT | {"MissingContextValues": ["aws:PrincipalOrgID"]}})],
        None,
    ),
    "an explicit deny, and what is missing": (
        [result({VOLUME: EXPLICIT | {"MissingContextValues": ["ec2:Encrypted"]}})],
        DENIED,
    ),
    "missing, of others' calls": (
        [
            result(
                {VOLUME: IMPLICIT | {"MissingContextValues": ["kms:ViaService", "ec2:CreateAction"]}},
                MissingContextValues=["aws:ResourceTag/AmazonFSx"],
            )
        ],
        UNMENTIONED,
    ),
    "a service control policy, for all": (
        [
            result(
                {VOLUME: ALLOW},
                EvalDecision="explicitDeny",
                OrganizationsDecisionDetail={"AllowedByOrganizations": False},
            )
        ],
        "with an explicit deny in a service control policy",
    ),
    "a service control policy that denies where what is missing may matter": (
        [
            result(
                {VOLUME: IMPLICIT | {"MissingContextValues": ["aws:PrincipalOrgID"]}},
                EvalDecision="explicitDeny",
                OrganizationsDecisionDetail={"AllowedByOrganizations": False},
            )
        ],
        "with an explicit deny in a service control policy",
    ),
    "milder than the resource's": ([result({VOLUME: IMPLICIT}, EvalDecision="allowed")], UNMENTIONED),
    "a service control policy without rows": (
        [
            result(
                {},
                EvalDecision="implicitDeny",
                OrganizationsDecisionDetail={"AllowedByOrganizations": False},
            )
        ],
        "because no service control policy allows the {} action",
    ),
    "a boundary": (
        [
            result(
                {
                    VOLUME: IMPLICIT
                    | {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}}
                }
            )
        ],
        "because no permissions boundary allows the {} action",
    ),
    "one result a resource, as before": (
        [
            {
                "EvalActionName": "ec2:CreateSnapshot",
                "EvalResourceName": VOLUME,
                "EvalDecision": "implicitDeny",
            }
        ],
        UNMENTIONED,
    ),
}


def stubbed(world: Any, iam: Any, *pages: dict[str, Any]) -> str | None:
    """What the check says when IAM answers with these pages."""
    roles = Roles(lambda *_: iam, world.service.clock)
    roles(RoleUse(ROLE, ACCOUNT, REGION, ()))
    with Stubber(iam) as stub:
        for page in pages:
            stub.add_response("simulate_principal_policy", page)
        found = roles(backing_up())
        stub.assert_no_pending_responses()
    return found


@pytest.mark.parametrize("case", ANSWERS)
def test_answers_of_iam(world: Any, iam: Any, case: str) -> None:
    """The shapes of the real service that moto does not give."""
    results, reason = ANSWERS[case]
    expected = None if reason is None else refused("ec2:CreateSnapshot", VOLUME, reason)
    assert stubbed(world, iam, {"EvaluationResults": results, "IsTruncated": False}) == expected


def test_answers_on_several_pages(world: Any, iam: Any) -> None:
    """Each page is read."""
    first = {"EvaluationResults": [result({}, "ec2:Other")], "IsTruncated": True, "Marker": "next"}
    second = {"EvaluationResults": [result({VOLUME: IMPLICIT})], "IsTruncated": False}
    assert stubbed(world, iam, first, second) == refused("ec2:CreateSnapshot", VOLUME)


def test_an_answer_that_leaves_something_out(world: Any, iam: Any) -> None:
    """Silence is no pass."""
    page = {"EvaluationResults": [result({"arn:aws:s3:::other": ALLOW})], "IsTruncated": False}
    with pytest.raises(DriverError, match="IAM did not say all") as caught:
        stubbed(world, iam, page)
    assert caught.value.transient


def test_what_is_asked(world: Any, iam: Any) -> None:
    """The role, its actions, the resource, and the context of AWS Backup's own calls."""
    use = RoleUse(ROLE, ACCOUNT, REGION, (Need(("ec2:DeleteSnapshot",), SNAPSHOT, of_backup=True),))
    roles = Roles(lambda *_: iam, world.service.clock)
    roles(RoleUse(ROLE, ACCOUNT, REGION, ()))
    values = {
        "aws:PrincipalArn": ("string", ROLE),
        "aws:PrincipalAccount": ("string", ACCOUNT),
        "aws:PrincipalType": ("string", "AssumedRole"),
        "aws:ResourceAccount": ("string", ACCOUNT),
        "aws:RequestedRegion": ("string", REGION),
        "aws:TagKeys": ("stringList", "aws:backup:source-resource"),
        "aws:ResourceTag/aws:backup:source-resource": ("string", "backup"),
        "aws:SecureTransport": ("boolean", "true"),
        "aws:ViaAWSService": ("boolean", "false"),
        "aws:PrincipalIsAWSService": ("boolean", "false"),
    }
    expected = {
        "PolicySourceArn": ROLE,
        "ActionNames": ["ec2:DeleteSnapshot"],
        "ResourceArns": [SNAPSHOT],
        "ContextEntries": [
            {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": kind}
            for key, (kind, value) in values.items()
        ],
    }
    page = {"EvaluationResults": [result({SNAPSHOT: ALLOW}, "ec2:DeleteSnapshot")], "IsTruncated": False}
    with Stubber(iam) as stub:
        stub.add_response("simulate_principal_policy", page, expected)
        assert roles(use) is None


@pytest.mark.parametrize(
    ("code", "category", "advice"),
    [
        (
            "AccessDenied",
            "ACCESS_DENIED",
            f"Allow iam:SimulatePrincipalPolicy to the executor's role in account {ACCOUNT}: ",
        ),
        ("Throttling", "FATAL_ERROR", ""),
        ("PolicyEvaluation", "FATAL_ERROR", ""),
    ],
)
def test_iam_that_does_not_say(world: Any, iam: Any, code: str, category: str, advice: str) -> None:
    """Neither a pass nor a refusal: the job is begun again later."""
    roles = Roles(lambda *_: iam, world.service.clock)
    roles(RoleUse(ROLE, ACCOUNT, REGION, ()))
    with Stubber(iam) as stub:
        stub.add_client_error("simulate_principal_policy", code)
        with pytest.raises(DriverError) as caught:
            roles(backing_up())
    text = f"{advice}An error occurred ({code}) when calling the SimulatePrincipalPolicy operation: "
    assert (caught.value.message, caught.value.category, caught.value.transient) == (text, category, True)


class Judge:
    """A check with one answer for everything."""

    def __init__(self, answer: str | DriverError) -> None:
        self.answer = answer
        self.asked: list[RoleUse] = []

    def __call__(self, use: RoleUse) -> str:
        """Give the answer."""
        self.asked.append(use)
        if isinstance(self.answer, DriverError):
            raise DriverError(self.answer.message, transient=self.answer.transient)
        return self.answer

    def expect(self, use: RoleUse) -> None:
        """Nothing is asked ahead."""


@pytest.fixture
def night(world: Any, roles: Roles) -> Callable[[], str]:
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


def start(world: Any, **more: Any) -> str:
    """A backup job of a new volume."""
    volume = world.moto_client("ec2", REGION).create_volume(AvailabilityZone=f"{REGION}a", Size=1)
    job = world.backup().start_backup_job(
        BackupVaultName="night", ResourceArn=f"{VOLUMES}/{volume['VolumeId']}", IamRoleArn=ROLE, **more
    )
    return str(job["BackupJobId"])


def point(world: Any, arn: str) -> tuple[str, str]:
    """Status and message of a recovery point; "" for one that is gone."""
    backup = world.backup()
    found = {
        row["RecoveryPointArn"]: (row["Status"], row.get("StatusMessage", ""))
        for row in backup.list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"]
    }
    return found.get(arn, ("", ""))


def snapshots(world: Any) -> int:
    """How many snapshots there are."""
    return len(world.moto_client("ec2", REGION).describe_snapshots(OwnerIds=[ACCOUNT])["Snapshots"])


def test_jobs_whose_role_may_not(world: Any, night: Callable[[], str]) -> None:
    """Backup, copy and restore jobs fail with IAM's words, and nothing is made."""
    arn = night()
    world.permit("Backup", DELETIONS)
    world.service.check_role.forget()
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
    world: Any, night: Callable[[], str], statements: list[dict[str, Any]]
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
def test_expiry(world: Any, iam: Any, *, gone: bool) -> None:
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
def test_a_copy_in_another_account(world: Any, account: str, message: str | None) -> None:
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


def test_a_deletion_for_which_iam_does_not_answer(world: Any, iam: Any, night: Callable[[], str]) -> None:
    """It stays DELETING and says why, the engine says so too, and deletes it when IAM answers."""
    arn = night()
    world.permit("Backup", DELETIONS)
    with Stubber(iam) as stub:
        world.service.check_role.forget()
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


def test_a_restore_for_which_iam_does_not_answer(world: Any, iam: Any, night: Callable[[], str]) -> None:
    """The restore waits as PENDING, begins ten minutes later and makes one volume."""
    arn = night()
    world.permit("Backup", VOLUME_RESTORES)
    begun = world.service.clock()
    job = world.backup().start_restore_job(
        RecoveryPointArn=arn, IamRoleArn=ROLE, Metadata={"availabilityZone": f"{REGION}a"}
    )["RestoreJobId"]
    world.service.check_role.forget()
    with Stubber(iam) as stub:
        stub.add_client_error("get_role", "Throttling")
        world.run(begun + timedelta(minutes=9))
    waiting = world.backup().describe_restore_job(RestoreJobId=job)
    world.run(begun + timedelta(hours=1))
    done = world.backup().describe_restore_job(RestoreJobId=job)
    assert (waiting["Status"], "Throttling" in waiting["StatusMessage"]) == ("PENDING", True)
    assert (done["Status"], "StatusMessage" in done) == ("COMPLETED", False)
    assert len(world.moto_client("ec2", REGION).describe_volumes()["Volumes"]) == 2


def test_a_restore_is_begun_again_for_a_day(world: Any, night: Callable[[], str]) -> None:
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
