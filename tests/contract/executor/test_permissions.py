"""What the policies of a job's role allow, asked of moto's IAM when the job runs."""

import json
from datetime import timedelta
from typing import Any

import pytest

from auditor.executor.engine import roles as roles_of_jobs
from auditor.executor.engine.roles import Roles
from auditor.executor.seam.permissions import TABLE, Act, Need
from auditor.executor.service import RoleUse
from tests.contract.executor.role_permissions import (
    ACCOUNT,
    ADDRESS,
    DELETIONS,
    DENIED,
    REGION,
    ROLE,
    SNAPSHOT,
    SNAPSHOTS,
    START,
    TRUST,
    UNMENTIONED,
    VOLUMES,
    backing_up,
    deletion,
    refused,
)
from tests.contract.executor.world import World

ALLOWED_HERE = SNAPSHOTS | {"Resource": f"{VOLUMES}/vol-1"}
TAGGED = {"Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}
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
def test_policies_with_keys_that_nobody_can_know_here(world: World, roles: Roles, case: str) -> None:
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
def test_no_deletion_passes_for_what_cannot_be_known(
    world: World, roles: Roles, row: tuple[str, Act]
) -> None:
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
def test_what_policies_say(world: World, roles: Roles, case: str) -> None:
    """Only what IAM allows on this very resource passes; a denial on what nobody can know here is none."""
    statements, reason = CASES[case]
    world.permit("Backup", *statements)
    expected = None if reason is None else refused("ec2:CreateSnapshot", f"{VOLUMES}/vol-1", reason)
    assert roles(backing_up()) == expected


@pytest.mark.parametrize(("action", "passes"), [("ec2:*", True), ("s3:*", False)])
def test_a_permissions_boundary(world: World, iam: Any, roles: Roles, action: str, *, passes: bool) -> None:
    """What the boundary does not allow is refused, whatever the role's own policies say."""
    world.permit("Backup", SNAPSHOTS)
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = iam.create_policy(PolicyName="boundary", PolicyDocument=document)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="Backup", PermissionsBoundary=made)
    reason = "because no permissions boundary allows the {} action"
    expected = None if passes else refused("ec2:CreateSnapshot", f"{VOLUMES}/vol-1", reason)
    assert roles(backing_up()) == expected


def test_a_pass_is_of_one_resource_and_for_five_minutes(world: World, roles: Roles) -> None:
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


def test_forgetting(world: World, roles: Roles) -> None:
    """`forget` has IAM asked again."""
    world.permit("Backup", SNAPSHOTS)
    before = roles(backing_up())
    world.permit("Backup", DELETIONS)
    roles.forget()
    assert (before, roles(backing_up())) == (None, refused("ec2:CreateSnapshot", f"{VOLUMES}/vol-1"))


def test_one_question_for_many(world: World, iam: Any, roles: Roles) -> None:
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
    world: World, iam: Any, roles: Roles, monkeypatch: pytest.MonkeyPatch
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


def test_a_role_that_cannot_be_assumed_is_expected_no_more(world: World, iam: Any, roles: Roles) -> None:
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


def test_the_account_of_the_resource(world: World, iam: Any, roles: Roles) -> None:
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
