"""Policies of roles that a change set changes in place: what backups need is allowed no more."""

from typing import Any

import pytest

from tests.check.change_sets import LATER, ROLE, SELECTION, Json, change, change_set, selection
from tests.check.conftest import Check, said_of

POLICY, OF_ROLE, MANAGED = "AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"
BACKUP = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
TRUST: Json = {
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]
}
USING = change("Using", SELECTION, before=selection(), after=selection())
LOST, OPEN = ("NON_COMPLIANT", "weakened"), ("INSUFFICIENT_DATA", "change_known_after_apply")


def document(*actions: str, effect: str = "Allow") -> Json:
    """A policy of some actions, on everything."""
    return {"Statement": [{"Effect": effect, "Action": [*actions], "Resource": "*"}]}


SNAPSHOTS, TAGS = document("ec2:CreateSnapshot", "ec2:CreateTags"), document("ec2:CreateTags")
DENIED: Json = {"Statement": [*SNAPSHOTS["Statement"], *document("ec2:*", effect="Deny")["Statement"]]}


def role(before: Any, after: Any, *, trust: Json = TRUST, **more: Any) -> Json:
    """A role with a policy of its own that changes."""
    held = [
        {"AssumeRolePolicyDocument": trust, "Policies": [{"PolicyName": "p", "PolicyDocument": one}], **more}
        for one in (before, after)
    ]
    return change("X", ROLE, before=held[0], after=held[1], PhysicalResourceId="backup")


def policy(before: Any, after: Any, kind: str = POLICY, to: str = "backup") -> Json:
    """A policy that is attached to a role, and changes."""
    of = {"Roles": [to]} if kind == POLICY else {"RoleName": to}
    held = [{"PolicyName": "p", "PolicyDocument": one, **of} for one in (before, after)]
    return change("X", kind, before=held[0], after=held[1])


def of_the_change(check: Check, *documents: Json) -> set[tuple[str, str]]:
    """The verdict and reason of what the control on changes says of `X`."""
    found = said_of(check(*documents))
    return {
        (verdict, code) for control, name, verdict, code in found if (control, name) == ("BKP-GOV-001", "X")
    }


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([role(SNAPSHOTS, SNAPSHOTS)], set()),
        ([role(SNAPSHOTS, TAGS)], {OPEN}),
        ([role(SNAPSHOTS, DENIED)], {LOST}),
        ([role(SNAPSHOTS, TAGS, ManagedPolicyArns=[BACKUP])], set()),
        ([role(SNAPSHOTS, TAGS, trust={})], set()),
        ([USING, role(SNAPSHOTS, TAGS, trust={})], {OPEN}),
        ([role(TAGS, SNAPSHOTS)], set()),
        ([role(SNAPSHOTS, LATER)], {OPEN}),
        ([USING, policy(SNAPSHOTS, TAGS)], {OPEN}),
        ([USING, policy(SNAPSHOTS, DENIED, OF_ROLE)], {LOST}),
        ([USING, policy(SNAPSHOTS, DENIED, to="other")], set()),
    ],
)
def test_what_a_change_set_alone_tells(
    check: Check, entries: list[Json], expected: set[tuple[str, str]]
) -> None:
    """A denial is lost for sure; what else lets the role back up, only the template says."""
    assert of_the_change(check, change_set(*entries)) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [(TAGS, {LOST}), (SNAPSHOTS, set()), ({"Fn::ImportValue": "document"}, {OPEN})],
)
def test_the_template_says_what_else_the_role_has(
    check: Check, more: Json, expected: set[tuple[str, str]]
) -> None:
    """Nothing that is enough, a policy that is, and one that is not known."""
    own = {"PolicyName": "p", "PolicyDocument": TAGS}
    attached = {"ManagedPolicyName": "m", "PolicyDocument": more, "Roles": [{"Ref": "X"}]}
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            "X": {"Type": ROLE, "Properties": {"AssumeRolePolicyDocument": TRUST, "Policies": [own]}},
            "More": {"Type": MANAGED, "Properties": attached},
        },
    }

    assert of_the_change(check, change_set(role(SNAPSHOTS, TAGS)), template) == expected
