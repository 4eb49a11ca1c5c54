"""A change set beside a template of its stack: the one that it makes, or an older one."""

from typing import Any

import pytest

from auditor.model.errors import ExitCode
from tests.check.change_sets import (
    PLAN,
    ROLE,
    SELECTION,
    VAULT,
    Json,
    change,
    change_set,
    plan,
    selection,
    vault,
)
from tests.check.conftest import Check, messages, said_of
from tests.check.terraform import ACCOUNT

BUCKET, KEY, POLICY = "AWS::S3::Bucket", "AWS::KMS::Key", "AWS::IAM::Policy"
AWS = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyFor"
TRUST: Json = {
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "backup.amazonaws.com"}}
    ]
}
FOUND, OPEN = "NON_COMPLIANT", "INSUFFICIENT_DATA"


def bucket(status: str | None = "Enabled") -> Json:
    """The properties of a bucket of the tier gold."""
    versioning = {"VersioningConfiguration": {"Status": status}} if status else {}
    return {"BucketName": "data", "Tags": [{"Key": "backup-tier", "Value": "gold"}], **versioning}


def role(*names: str, trust: Json = TRUST) -> Json:
    """The properties of the role of the selection, with policies of AWS Backup."""
    arns = [f"{AWS}{name}" for name in names]
    return {"RoleName": "backup", "AssumeRolePolicyDocument": trust, "ManagedPolicyArns": arns}


def policy(action: str = "ec2:CreateSnapshot") -> Json:
    """The properties of a policy of the role."""
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return {"Roles": ["backup"], "PolicyDocument": {"Statement": [statement]}}


def opened(action: str) -> Json:
    """The properties of a vault with a policy for everybody."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}
    return vault(AccessPolicy={"Statement": [statement]}, EncryptionKeyArn={"Fn::GetAtt": ["Key", "Arn"]})


def template(**more: tuple[str, Json]) -> Json:
    """A stack with something of each, as it is before the change."""
    made: dict[str, tuple[str, Json]] = {
        "Main": (VAULT, opened("backup:CopyIntoBackupVault")),
        "Plan": (PLAN, plan(vault="main")),
        "Selection": (SELECTION, selection(plan_id={"Ref": "Plan"})),  # type: ignore[arg-type]  # as written
        "Data": (BUCKET, bucket()),
        "Key": (KEY, {"Enabled": True}),
        "Role": (ROLE, role("Backup", "S3Backup")),
        **more,
    }
    resources = {name: {"Type": kind, "Properties": given} for name, (kind, given) in made.items()}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}


def said(check: Check, control: str, *documents: Any) -> set[tuple[str, str]]:
    """Addresses and verdicts of one control."""
    found = said_of(check(*documents))
    return {(address, verdict) for name, address, verdict, _ in found if name == control}


def test_the_stack_has_nothing_wrong(check: Check) -> None:
    """Before the change."""
    result = check(template(), account=ACCOUNT, region="eu-west-1")
    assert (result.entries, result.exit_code) == ([], ExitCode.COMPLIANT)


def changes(logical: str, kind: str, before: Json, after: Json) -> tuple[Json, Json]:
    """A change of one resource, and the template after it."""
    entry = change(logical, kind, before=before, after=after, PhysicalResourceId=logical.lower())
    return change_set(entry), template(**{logical: (kind, after)})


@pytest.mark.parametrize(
    ("control", "logical", "kind", "good", "bad"),
    [
        ("BKP-COV-002", "Data", BUCKET, bucket(), bucket("Suspended")),
        ("BKP-COV-002", "Data", BUCKET, bucket(), bucket(None)),
        (
            "BKP-IMM-004",
            "Main",
            VAULT,
            opened("backup:CopyIntoBackupVault"),
            opened("backup:DeleteRecoveryPoint"),
        ),
        ("BKP-IMM-004", "Main", VAULT, vault(), opened("backup:*")),
        ("BKP-ENC-002", "Key", KEY, {"Enabled": True}, {"Enabled": "false"}),
    ],
    ids=["suspended", "no-versioning", "policy", "new-policy", "key"],
)
def test_a_change_set_says_what_backups_rest_on_beside_any_template(
    check: Check, control: str, logical: str, kind: str, good: Json, bad: Json
) -> None:
    """What is made wrong is a finding beside the old template too, and what is mended is none."""
    worse, after = changes(logical, kind, good, bad)
    assert said(check, control, worse, after) == {(logical, FOUND)}
    assert said(check, control, worse, template()) == {(logical, FOUND)}
    better, mended = changes(logical, kind, bad, good)
    assert said(check, control, better, mended) == set()
    assert said(check, control, better, template(**{logical: (kind, bad)})) == set()


@pytest.mark.parametrize(
    "after",
    [role("Restores"), role("S3Backup"), role("Backup", "S3Backup", trust={"Statement": []})],
    ids=["restores", "buckets-only", "trust"],
)
def test_a_role_is_not_known_beside_an_older_template(check: Check, after: Json) -> None:
    """It may have more than the change set tells; its own template says what it comes to."""
    document, own = changes("Role", ROLE, role("Backup", "S3Backup"), after)
    assert said(check, "BKP-GOV-003", document, template()) == {("Role", OPEN)}
    assert "makes Role otherwise than it says" in messages(check(document, template()))
    assert "makes Role otherwise" not in messages(check(document, own))
    assert (said(check, "BKP-GOV-003", document, own) - {("Role", FOUND)}) == set()


@pytest.mark.parametrize(
    ("entry", "open_"),
    [
        (change("Own", POLICY, before=policy(), after=policy()), False),
        (change("Own", POLICY, before=policy(), after=policy("ec2:Describe*")), True),
        (change("Own", POLICY), True),
        (change("Own", POLICY, "Remove", before=policy()), True),
    ],
    ids=["the-same", "less", "no-values", "removed"],
)
def test_a_policy_of_a_role_counts_as_well(check: Check, entry: Json, *, open_: bool) -> None:
    """One that the change set changes, or takes away though the template still has it."""
    held = template(Own=(POLICY, policy()))
    same = change("Data", BUCKET, before=bucket(), after=bucket(), PhysicalResourceId="data")
    assert said(check, "BKP-GOV-003", change_set(same, entry), held) == ({("Role", OPEN)} if open_ else set())


def test_a_template_that_still_has_what_is_taken_away_is_an_older_one(check: Check) -> None:
    """So nothing passes by the plan that it has."""
    gone = change_set(change("Data", BUCKET, before=bucket(), after=bucket(), PhysicalResourceId="data"))
    kept = check(gone, template())
    assert kept.incomplete == []
    gone["Changes"].append(change("Selection", SELECTION, "Remove", before=selection()))
    result = check(gone, template())
    (why,) = (one.why for one in result.incomplete)
    assert "takes Selection away, which it still has; name the template of the change set" in why
    assert ("BKP-COV-001", "Data", OPEN) in {found[:3] for found in said_of(result)}


@pytest.mark.parametrize(
    ("gone", "region", "older"),
    [("Selection", "eu-west-1", True), ("Selection", "eu-west-2", False), ("Other", "eu-west-1", False)],
    ids=["still-there", "of-another-region", "not-there"],
)
def test_a_change_set_that_only_takes_away_has_an_older_template_too(
    check: Check, gone: str, region: str, *, older: bool
) -> None:
    """Where it still has that, in the same account and Region."""
    document = change_set(change(gone, SELECTION, "Remove", before=selection()))
    document["StackId"] = document["StackId"].replace("eu-west-1", region)
    same = change_set(change("Data", BUCKET, before=bucket(), after=bucket(), PhysicalResourceId="data"))
    result = check(document, template(), same)
    assert ["takes Selection away" in one.why for one in result.incomplete] == [True] * older
