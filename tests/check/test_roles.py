"""The roles that selections back up with: whether AWS Backup may take them on, and what they cover."""

import json
from typing import Any

import pytest

from tests.check.conftest import Check, messages, said_of, saying
from tests.check.terraform import (
    ACCOUNT,
    Json,
    Later,
    Plan,
    backup_plan,
    by_tag,
    selection,
    vault,
    volume,
)

CAN = "BKP-GOV-003"
ROLE = "aws_iam_role.backup"
ARN = f"arn:aws:iam::{ACCOUNT}:role/backup"
MANAGED = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyFor"
BACKUP, RESTORES = f"{MANAGED}Backup", f"{MANAGED}Restores"
#: AWS has those of buckets under no path.
S3 = "arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup"
TRUST: Json = {
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "backup.amazonaws.com"},
        }
    ]
}
OTHER_TRUST = json.loads(json.dumps(TRUST).replace("backup.", "ec2."))


def allows(*actions: str) -> Json:
    """A policy that allows something."""
    return {"Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


def plan(trust: Any = TRUST, *, bucket: bool = False, **role: Any) -> Plan:
    """A plan that protects a volume, and a bucket too, with a role of its own."""
    made = vault(Plan())
    backup_plan(made, "gold")
    arn = Later(ARN, [f"{ROLE}.arn"])
    selection(made, "gold", "gold", selection_tag=by_tag("gold"), iam_role_arn=arn)
    volume(made, "data", backup_tier="gold")
    tags = {"backup-tier": "gold"}
    if bucket:
        on = [{"enabled": True}]
        made.add("aws_s3_bucket.data", bucket="data", tags=tags, tags_all=tags, versioning=on)
    document = trust if isinstance(trust, Later) else json.dumps(trust)
    values = {"arn": Later(ARN), "id": Later("backup"), "name": "backup", **role}
    return made.add(ROLE, assume_role_policy=document, **values)


def attach(made: Plan, *arns: Any) -> Plan:
    """The plan with policies attached to the role."""
    for number, arn in enumerate(arns):
        name = Later("backup", [f"{ROLE}.name"])
        made.add(f"aws_iam_role_policy_attachment.a{number}", role=name, policy_arn=arn)
    return made


said = saying(CAN)

LACKS, CLOSED = {("NON_COMPLIANT", "not_covered")}, {("NON_COMPLIANT", "not_trusted")}
OPEN: set[tuple[str, str]] = {("INSUFFICIENT_DATA", "fact_not_known")}


def test_aws_policies_are_known_by_their_names(check: Check) -> None:
    """A bucket needs its own; the first plan says the same as the second one."""
    for arns, bucket, expected in (
        ([BACKUP], False, set()),
        ([BACKUP], True, LACKS),
        ([S3], True, LACKS),
        ([BACKUP, S3], True, set()),
        ([RESTORES], False, LACKS),
        ([], False, LACKS),
        (["arn:aws:iam::aws:policy/AdministratorAccess"], True, set()),
        (["arn:aws:iam::aws:policy/PowerUserAccess"], False, OPEN),
    ):
        made = attach(plan(bucket=bucket), *arns)
        assert said(check, made.first()) == said(check, made.second()) == expected, arns

    assert "its policies do not cover backups of S3" in messages(
        check(attach(plan(bucket=True), BACKUP).first())
    )


def test_aws_backup_may_take_it_on(check: Check) -> None:
    """By the trust policy, which may not be known."""
    assert said(check, attach(plan(OTHER_TRUST), BACKUP).first()) == CLOSED
    assert said(check, attach(plan(Later("{}", ["var.trust"])), BACKUP).first()) == OPEN
    assert said(check, attach(plan(OTHER_TRUST)).first()) == CLOSED | LACKS


def trust_from(account: Any) -> Json:
    """A trust policy for backups of an account."""
    condition = {"StringEquals": {"aws:SourceAccount": account}}
    return {"Statement": [{**TRUST["Statement"][0], "Condition": condition}]}


def test_a_trust_for_the_backups_of_one_account(check: Check) -> None:
    """Is none for those of another one; where the own one is not known, neither is that."""
    for account, own, expected in (
        (ACCOUNT, ACCOUNT, set()),
        ("444455556666", ACCOUNT, CLOSED),
        (["444455556666", ACCOUNT], ACCOUNT, set()),
        ("444455556666", "", OPEN),
    ):
        trust = trust_from(account)
        document = template(ManagedPolicyArns=[BACKUP], AssumeRolePolicyDocument=trust)
        assert said(check, document, account=own) == expected, (account, own)
        if own:
            assert said(check, attach(plan(trust), BACKUP).first(), account=own) == expected, account


def denies(*actions: str, **more: Any) -> str:
    """A policy of one's own that denies something."""
    return json.dumps({"Statement": [{"Effect": "Deny", "Action": list(actions), "Resource": "*", **more}]})


@pytest.mark.parametrize(
    ("policy", "boundary", "expected"),
    [
        (denies("ec2:*"), None, LACKS),
        (denies("ec2:Describe*"), None, set()),
        (denies("ec2:*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}), None, OPEN),
        (denies("ec2:*", Resource="arn:aws:ec2:*::snapshot/*"), None, OPEN),
        (denies("ec2:Describe*"), f"arn:aws:iam::{ACCOUNT}:policy/boundary", OPEN),
    ],
    ids=["denied", "another-denied", "under-a-condition", "for-some", "boundary"],
)
def test_what_is_denied_is_not_covered(
    check: Check, policy: str, boundary: str | None, expected: set[tuple[str, str]]
) -> None:
    """Whatever AWS's own policies allow; within a boundary, and of a denial for some, it is not known."""
    made = attach(plan(permissions_boundary=boundary), BACKUP)
    made.add("aws_iam_role_policy.own", name="own", role="backup", policy=policy)
    assert said(check, made.first()) == expected


def test_a_role_that_is_not_used_or_not_there_is_not_asked_about(check: Check) -> None:
    """One of another name, and one that is made elsewhere."""
    other = attach(plan(name="other", arn=f"{ARN}-2"))
    other.changes[3]["change"]["after"]["iam_role_arn"] = ARN
    assert said(check, other.second()) == set()
    without = vault(Plan())
    backup_plan(without, "gold")
    selection(without, "gold", "gold", selection_tag=by_tag("gold"))
    assert said(check, volume(without, "data", backup_tier="gold").first()) == set()


def test_what_the_role_itself_has(check: Check) -> None:
    """Written in it, or read of what is there, but for what the change detaches."""
    assert said(check, plan(managed_policy_arns=[BACKUP]).first()) == set()
    inline = [{"name": "own", "policy": json.dumps(allows("ec2:CreateSnapshot"))}]
    assert said(check, plan(inline_policy=inline).first()) == set()
    assert said(check, plan(managed_policy_arns=Later([], ["var.arns"])).first()) == OPEN
    gone = plan(managed_policy_arns=[BACKUP])
    kind = "aws_iam_role_policy_attachment.old"
    gone.add(kind, ["delete"], before={"role": "backup", "policy_arn": BACKUP})
    assert said(check, gone.first()) == LACKS


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (json.dumps(allows("ec2:Create*")), set()),
        (json.dumps(allows("ec2:Describe*")), LACKS),
        (Later("{}", ["local.policy"]), OPEN),
        ("{", OPEN),
    ],
    ids=["covers", "covers-not", "unknown", "none"],
)
def test_policies_of_ones_own_are_read(check: Check, policy: Any, expected: set[tuple[str, str]]) -> None:
    """Inline or managed, where the inputs have them."""
    inline = plan().add("aws_iam_role_policy.own", name="own", role="backup", policy=policy)
    assert said(check, inline.first()) == expected
    named = Later(f"arn:aws:iam::{ACCOUNT}:policy/own", ["aws_iam_policy.own.arn"])
    managed = attach(plan(), named)
    managed.add("aws_iam_policy.own", name="own", policy=policy, arn=Later(named.value))
    assert said(check, managed.first()) == expected


def test_what_may_be_attached_elsewhere_is_unknown(check: Check) -> None:
    """Of a policy whose role is not known, of a policy that is not, and of a plan that is not whole."""
    nobody = plan().add("aws_iam_role_policy_attachment.a", role=Later("x", ["var.role"]), policy_arn=BACKUP)
    assert said(check, nobody.first()) == OPEN
    assert said(check, attach(plan(), Later(BACKUP, ["var.arn"])).first()) == OPEN
    partly = plan()
    partly.more["errored"] = True
    assert said(check, partly.first()) == OPEN


def test_a_policy_that_the_change_takes_from_the_role_is_a_loss(check: Check) -> None:
    """Inline ones too, of a role that selections use."""
    before = {"role": "backup", "name": "own", "policy": "{}"}
    using: Json = {"iam_role_arn": ARN, "plan_id": "id-of-gold"}
    made = plan().add("aws_iam_role_policy.own", ["delete"], before=before)
    made.add("aws_backup_selection.old", ["no-op"], before=using, name="old", **using)
    found = said_of(check(made.first()))
    assert ("BKP-GOV-001", "aws_iam_role_policy.own", "NON_COMPLIANT", "deleted") in found


def template(more: Json | None = None, **role: Any) -> Json:
    """The same as a template."""
    tag = {"ConditionType": "STRINGEQUALS", "ConditionKey": "backup-tier", "ConditionValue": "gold"}
    rule = {
        "RuleName": "main",
        "TargetBackupVault": "main",
        "ScheduleExpression": "cron(0 0/6 ? * * *)",
        "StartWindowMinutes": 60,
        "Lifecycle": {"DeleteAfterDays": 35},
    }
    chosen = {"SelectionName": "gold", "IamRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}, "ListOfTags": [tag]}
    tags = [{"Key": "backup-tier", "Value": "gold"}]
    return {
        "Parameters": {"Arn": {"Type": "String"}},
        "Resources": {
            "Data": {"Type": "AWS::EC2::Volume", "Properties": {"Tags": tags}},
            "Plan": {
                "Type": "AWS::Backup::BackupPlan",
                "Properties": {"BackupPlan": {"BackupPlanName": "gold", "BackupPlanRule": [rule]}},
            },
            "Selection": {
                "Type": "AWS::Backup::BackupSelection",
                "Properties": {"BackupPlanId": {"Ref": "Plan"}, "BackupSelection": chosen},
            },
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {"AssumeRolePolicyDocument": TRUST, **role},
            },
            **(more or {}),
        },
    }


def of_type(kind: str, **properties: Any) -> Json:
    """A policy beside the role."""
    return {"Own": {"Type": f"AWS::IAM::{kind}", "Properties": properties}}


SNAPSHOT = allows("ec2:CreateSnapshot")
WHERE: Json = {"Fn::ImportValue": "where"}
#: It allows a backup, and something to what is not known.
ELSEWHERE: Json = {
    "Statement": [*SNAPSHOT["Statement"], {**allows("sns:Publish")["Statement"][0], "Resource": WHERE}]
}
OWN_ACCOUNT: Json = {"Ref": "AWS::AccountId"}
OWN = of_type("ManagedPolicy", PolicyDocument=SNAPSHOT)
ANYWHERE = BACKUP.replace(":aws:iam", ":${AWS::Partition}:iam")


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (template(ManagedPolicyArns=[BACKUP]), set()),
        (template(ManagedPolicyArns=[{"Fn::Sub": ANYWHERE}]), set()),
        (template(ManagedPolicyArns=[S3]), LACKS),
        (template(), LACKS),
        (template(ManagedPolicyArns=[{"Ref": "Arn"}]), OPEN),
        (template(ManagedPolicyArns=[{"Ref": "Arn"}, BACKUP]), OPEN),
        (template(ManagedPolicyArns=[{"Ref": "Arn"}, S3]), OPEN),
        (template(Policies=[{"PolicyName": "own", "PolicyDocument": SNAPSHOT}]), set()),
        (template(Policies=[{"PolicyName": WHERE, "PolicyDocument": ELSEWHERE}]), set()),
        (template(Policies=[{"PolicyName": "own", "PolicyDocument": WHERE}]), OPEN),
        (template(Policies=WHERE), OPEN),
        (template(ManagedPolicyArns=[BACKUP], AssumeRolePolicyDocument=trust_from(WHERE)), OPEN),
        (template(ManagedPolicyArns=[BACKUP], AssumeRolePolicyDocument=trust_from(OWN_ACCOUNT)), set()),
        (template(of_type("Policy", PolicyDocument=SNAPSHOT, Roles=[WHERE, {"Ref": "Role"}])), set()),
        (template(of_type("Policy", PolicyDocument=SNAPSHOT, Roles=[{"Ref": "Role"}])), set()),
        (template(of_type("Policy", PolicyDocument=SNAPSHOT, Roles=["other"])), LACKS),
        (template(of_type("Policy", PolicyDocument=SNAPSHOT, Roles=[{"Ref": "Arn"}])), OPEN),
        (template(of_type("RolePolicy", PolicyDocument=SNAPSHOT, RoleName={"Ref": "Role"})), set()),
        (template(OWN, ManagedPolicyArns=[{"Ref": "Own"}]), set()),
        (template(ManagedPolicyArns=[BACKUP], AssumeRolePolicyDocument=OTHER_TRUST), CLOSED),
        (template(ManagedPolicyArns=[BACKUP], AssumeRolePolicyDocument={"Ref": "Arn"}), OPEN),
    ],
    ids=[
        "managed", "partition", "buckets-only", "nothing", "parameter", "one-of-two", "other-of-two",
        "inline", "inline-for-something", "inline-unknown", "inlines-unknown", "trust-for-something",
        "trust-for-own-account",
        "policy-for-two", "policy", "of-another",
        "of-somebody", "role-policy", "managed-own", "not-trusted", "trust-unknown",
    ],
)  # fmt: skip
def test_a_template_has_roles_too(check: Check, document: Json, expected: set[tuple[str, str]]) -> None:
    """With what is attached to them by resources of their own."""
    assert said(check, document) == expected


def test_a_policy_may_be_attached_by_other_types(check: Check) -> None:
    """One resource for several roles, and the type that keeps others off; in both plans."""
    names, arns = (
        Later(["other", "backup"], ["aws_iam_role.other.name", f"{ROLE}.name"]),
        Later([], ["var.a"]),
    )
    shared, only = "aws_iam_policy_attachment.a", "aws_iam_role_policy_attachments_exclusive.a"
    for address, values, expected in (
        (shared, {"roles": ["backup"], "policy_arn": BACKUP}, set()),
        (shared, {"roles": Later(["backup"], [f"{ROLE}.name"]), "policy_arn": BACKUP}, set()),
        (shared, {"roles": names, "policy_arn": BACKUP}, set()),
        (shared, {"roles": ["other"], "policy_arn": BACKUP}, LACKS),
        (shared, {"roles": ["backup"], "policy_arn": RESTORES}, LACKS),
        (only, {"role_name": "backup", "policy_arns": [BACKUP]}, set()),
        (only, {"role_name": "backup", "policy_arns": []}, LACKS),
    ):
        made = plan().add(address, **values)
        assert said(check, made.first()) == said(check, made.second()) == expected, values
    assert said(check, plan().add(only, role_name="backup", policy_arns=arns).first()) == OPEN
    kept = plan().add("aws_iam_role_policies_exclusive.a", role_name="backup", policy_names=[])
    assert said(check, attach(kept, BACKUP).first()) == set()
    own = json.dumps(allows("ec2:CreateSnapshot"))
    kept.add("aws_iam_role_policy.own", name="own", role="backup", policy=own)
    assert said(check, kept.first()) == OPEN


@pytest.mark.parametrize(
    ("arns", "tags", "expected"),
    [
        ([BACKUP], Later({"backup-tier": "gold"}, ["var.tags"]), OPEN),
        ([BACKUP, S3], Later({"backup-tier": "gold"}, ["var.tags"]), set()),
        ([BACKUP], {"backup-tier": "none"}, set()),
        ([], {"backup-tier": "none"}, LACKS),
    ],
    ids=["perhaps-a-bucket", "covered", "no-bucket", "lacks-anyway"],
)
def test_what_it_perhaps_has_to_back_up(
    check: Check, arns: list[str], tags: Any, expected: set[tuple[str, str]]
) -> None:
    """A bucket whose tags are not known may be selected."""
    made = attach(plan(), *arns)
    on = [{"enabled": True}]
    made.add("aws_s3_bucket.data", bucket="data", tags=tags, tags_all=tags, versioning=on)
    found = check(made.first())
    assert {(verdict, code) for control, _, verdict, code in said_of(found) if control == CAN} == expected
    assert ("whether it has to back up S3 is not known" in messages(found)) is (expected == OPEN)


def test_a_role_with_nothing_is_no_pass_where_nothing_is_known_of_what_it_backs_up(check: Check) -> None:
    """Where no input has a resource, or a selection is not known; one that is known to select lacks it."""

    def made(*arns: str, chosen: Any = None, resource: bool = False) -> Plan:
        one = vault(Plan())
        backup_plan(one, "gold")
        how: Json = {"selection_tag": by_tag("gold")} if chosen is None else {"resources": chosen}
        selection(one, "gold", "gold", iam_role_arn=Later(ARN, [f"{ROLE}.arn"]), **how)
        one.add(ROLE, assume_role_policy=json.dumps(TRUST), arn=Later(ARN), id=Later("backup"), name="backup")
        return attach(volume(one, "data", backup_tier="gold") if resource else one, *arns)

    hidden = Later(["*"], ["var.arns"])
    assert said(check, made().first()) == OPEN
    assert said(check, made(BACKUP).first()) == set()
    assert said(check, made(chosen=hidden, resource=True).first()) == OPEN
    assert said(check, made(chosen=hidden, resource=True).second()) == LACKS
    assert said(check, made(BACKUP, chosen=hidden, resource=True).first()) == set()


@pytest.mark.parametrize(
    ("trust", "arns", "first", "second"),
    [
        (TRUST, [BACKUP], set(), set()),
        (OTHER_TRUST, [BACKUP], OPEN, CLOSED),
        (TRUST, [RESTORES], OPEN, LACKS),
        (OTHER_TRUST, [], OPEN, CLOSED | LACKS),
    ],
    ids=["fits", "not-trusted", "not-covered", "neither"],
)
def test_a_role_that_is_perhaps_used(
    check: Check, trust: Json, arns: list[str], first: set[tuple[str, str]], second: set[tuple[str, str]]
) -> None:
    """Behind a condition that a plan does not tell: it is no finding, and no pass either."""
    made = vault(Plan())
    backup_plan(made, "gold")
    named = Later(ARN, ["var.role_arn", f"{ROLE}[0].arn"])
    selection(made, "gold", "gold", selection_tag=by_tag("gold"), iam_role_arn=named)
    volume(made, "data", backup_tier="gold")
    values: Json = {"arn": Later(ARN), "id": Later("backup"), "name": "backup"}
    made.add(f"{ROLE}[0]", assume_role_policy=json.dumps(trust), **values)
    for number, arn in enumerate(arns):
        made.add(f"aws_iam_role_policy_attachment.a{number}", role="backup", policy_arn=arn)
    assert said(check, made.first()) == first
    assert said(check, made.second()) == second
    passed = check(made.first()).counts["COMPLIANT"]
    assert passed == check(made.second()).counts["COMPLIANT"] - (first == second)
