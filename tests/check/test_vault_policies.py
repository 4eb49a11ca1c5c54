"""What the policy of a vault opens, of Terraform and CloudFormation, and what is not known of it."""

import json
from typing import Any

import pytest

from tests.check.conftest import Check, messages, saying
from tests.check.terraform import ACCOUNT, Json, Later, Plan, protected

CLOSED = "BKP-IMM-004"
DELETE, COPY = "backup:DeleteRecoveryPoint", "backup:CopyIntoBackupVault"
ADDRESS = "aws_backup_vault_policy.main"
OUTSIDE = "arn:aws:iam::999988887777:root"
ONE_ROLE: Json = {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/operator"}}
TAGGED: Json = {"StringEquals": {"aws:ResourceTag/env": "prod"}}
ROLE_OUTSIDE: Json = {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::999988887777:role/operator"}}
ORGANIZATION: Json = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}


def statement(action: Any = DELETE, principal: Any = "*", effect: str = "Allow", **more: Any) -> Json:
    """A statement of a policy."""
    return {"Effect": effect, "Principal": principal, "Action": action, "Resource": "*", **more}


def document(*statements: Json) -> str:
    """A policy as Terraform has it."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def plan(policy: Any) -> Plan:
    """A plan that protects, with a policy on its vault."""
    name = Later("main", ["aws_backup_vault.main.name"])
    return protected().add(ADDRESS, backup_vault_name=name, policy=policy)


said = saying(CLOSED)

EVERYONE, OTHERS = {("NON_COMPLIANT", "open_to_everyone")}, {("NON_COMPLIANT", "open_to_accounts")}
OPEN: set[tuple[str, str]] = {("INSUFFICIENT_DATA", "fact_not_known")}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([statement()], EVERYONE),
        ([statement("backup:Del*")], EVERYONE),
        ([statement(COPY)], set()),
        ([statement(COPY, {"AWS": OUTSIDE})], set()),
        ([statement(principal={"AWS": OUTSIDE})], OTHERS),
        ([statement(principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/restore"})], set()),
        ([statement(Condition=ONE_ROLE)], set()),
        ([statement(Condition=ROLE_OUTSIDE)], OTHERS),
        ([statement(principal={"AWS": OUTSIDE}, Condition=ROLE_OUTSIDE)], OTHERS),
        ([statement(principal={"AWS": OUTSIDE}, Condition=ONE_ROLE)], set()),
        ([statement(Condition=ORGANIZATION)], EVERYONE),
        ([statement(), statement("backup:*", effect="Deny")], set()),
        ([statement(), statement("backup:*", effect="Deny", Resource="arn:aws:ec2:*::snapshot/*")], OPEN),
        ([statement(effect="Deny")], set()),
        ([statement(Condition=TAGGED)], OPEN),
        ([statement(principal={"AWS": OUTSIDE}, Condition=TAGGED)], OPEN),
        ([statement(Condition=TAGGED), statement("backup:DeleteBackupVault")], EVERYONE),
        ([{"Effect": "Allow"}], OPEN),
    ],
    ids=[
        "everybody", "wildcard", "copies-into", "copies-of-another", "another-account", "a-role", "condition",
        "a-role-of-another", "another-account-by-role", "another-account-by-own-role",
        "everybody-of-the-organization",
        "denied", "denied-for-some", "only-denied", "tagged", "another-account-tagged",
        "another-is-sure", "no-policy",
    ],
)  # fmt: skip
def test_what_a_policy_opens(check: Check, statements: list[Json], expected: set[tuple[str, str]]) -> None:
    """The same in a plan and in a template, which has it as an object."""
    template = {
        "Resources": {
            "Vault": {
                "Type": "AWS::Backup::BackupVault",
                "Properties": {"BackupVaultName": "main", "AccessPolicy": json.loads(document(*statements))},
            }
        }
    }
    assert said(check, plan(document(*statements)).first()) == expected
    assert said(check, template, account=ACCOUNT) == expected


def test_a_vault_without_a_policy_is_not_asked_about(check: Check) -> None:
    """And the finding names what is allowed."""
    assert said(check, protected().first()) == set()
    found = messages(check(plan(document(statement(["backup:Delete*", "backup:StartCopyJob"]))).first()))
    assert (
        "its policy allows everybody backup:DeleteRecoveryPoint, backup:DeleteBackupVault, "
        "backup:DeleteBackupVaultAccessPolicy, backup:DeleteBackupVaultLockConfiguration, backup:StartCopyJob"
    ) in found


def test_other_accounts_are_not_known_where_the_own_one_is_not(check: Check) -> None:
    """A template alone says no account; what is open to everybody is open all the same."""
    other, everybody = statement(principal={"AWS": OUTSIDE}), statement("backup:DeleteBackupVault")

    def template(*statements: Json) -> Json:
        properties = {"AccessPolicy": {"Statement": list(statements)}}
        return {"Resources": {"Vault": {"Type": "AWS::Backup::BackupVault", "Properties": properties}}}

    assert said(check, template(other)) == OPEN
    assert said(check, template(other, everybody)) == EVERYONE
    unsaid = template({**everybody, "Principal": {"Fn::ImportValue": "who"}})
    assert said(check, unsaid) == OPEN
    assert "it depends on Fn::ImportValue" in messages(check(unsaid))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Action": COPY, "Condition": {"StringEquals": {"aws:PrincipalOrgID": {"Ref": "Who"}}}}, set()),
        ({"Condition": {"StringEquals": {"aws:PrincipalArn": {"Ref": "Who"}}}}, OPEN),
        ({"Condition": {"StringEquals": {"aws:PrincipalArn": [{"Fn::Sub": "${Who}"}]}}}, OPEN),
        ({"Condition": {"StringEquals": {"aws:PrincipalArn": "*"}}}, OPEN),
        ({"Condition": {"StringEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/a"}}}, set()),
        ({"Condition": {"ArnEquals": {"aws:PrincipalArn": {"Ref": "Who"}}}}, OPEN),
        ({"Condition": {"ArnNotEquals": {"aws:PrincipalArn": {"Ref": "Who"}}}}, OPEN),
        ({"Condition": {"StringNotEquals": {"aws:PrincipalArn": {"Ref": "Who"}}}}, EVERYONE),
        ({"Condition": {"ArnLike": {"aws:PrincipalArn": {"Ref": "Who"}}}}, OPEN),
        ({"Condition": {"Ref": "Who"}}, OPEN),
        ({"Resource": {"Ref": "Who"}}, EVERYONE),
        ({"Action": COPY, "Resource": [{"Ref": "Who"}]}, set()),
        ({"Action": {"Ref": "Who"}}, OPEN),
        ({"Principal": {"AWS": {"Ref": "Who"}}}, OPEN),
    ],
    ids=[
        "organization", "arn", "arn-in-a-list", "arn-star", "own-arn",
        "arn-equals", "arn-not-equals", "not-equals",
        "arn-like", "whole-condition", "resource", "copies", "action",
        "principal",
    ],
)  # fmt: skip
def test_what_makes_no_difference_may_be_unknown(
    check: Check, changes: Json, expected: set[tuple[str, str]]
) -> None:
    """The resources of a template's policy, and what a condition asks to be equal."""
    properties = {"BackupVaultName": "main", "AccessPolicy": {"Statement": [{**statement(), **changes}]}}
    template = {
        "Parameters": {"Who": {"Type": "String"}},
        "Resources": {"Vault": {"Type": "AWS::Backup::BackupVault", "Properties": properties}},
    }
    assert said(check, template, account=ACCOUNT) == expected


def block(**changes: Any) -> Json:
    """A block of a policy document that is read after the apply."""
    return {
        "effect": "Allow",
        "actions": [DELETE],
        "not_actions": None,
        "principals": [{"type": "AWS", "identifiers": ["*"]}],
        "not_principals": [],
        "resources": [None],
        "condition": [],
        **changes,
    }


#: A condition such as `ONE_ROLE`, as a block.
AS_ONE_ROLE: Json = {"test": "ArnEquals", "variable": "aws:PrincipalArn", "values": ["arn:aws:iam::1:role/a"]}

#: One with the same test and variable: the values of both count.
AS_ALL_ROLES: Json = {**AS_ONE_ROLE, "values": [f"arn:aws:iam::{ACCOUNT}:role/*"]}


def read_later(*blocks: Json, unknown: Json | None = None, **more: Any) -> Json:
    """The first plan with a policy that has the ARN of the new vault in it."""
    found = plan(Later(None, ["data.aws_iam_policy_document.main.json"])).first()
    hidden = [{"resources": [True], **(unknown or {})} for _ in blocks]
    read = {
        "address": "data.aws_iam_policy_document.main",
        "mode": "data",
        "type": "aws_iam_policy_document",
        "name": "main",
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {
            "actions": ["read"],
            "before": None,
            "after": {"statement": list(blocks), **more},
            "after_unknown": {"id": True, "json": True, "statement": hidden},
        },
    }
    return {**found, "resource_changes": [*found["resource_changes"], read]}


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (read_later(block()), EVERYONE),
        (read_later(block(principals=[{"type": "*", "identifiers": ["*"]}])), EVERYONE),
        (read_later(block(actions=[COPY])), set()),
        (read_later(block(actions=None, not_actions=[COPY])), EVERYONE),
        (read_later(block(principals=[{"type": "AWS", "identifiers": [OUTSIDE]}])), OTHERS),
        (read_later(block(condition=[AS_ONE_ROLE])), set()),
        (read_later(block(condition=[AS_ONE_ROLE, AS_ALL_ROLES])), EVERYONE),
        (read_later(block(), block(effect="Deny")), OPEN),
        (read_later(block(), unknown={"actions": True}), OPEN),
        (read_later(block(), unknown={"principals": [{"identifiers": [True]}]}), OPEN),
        (read_later(block(), source_policy_documents=["{}"]), OPEN),
        (plan(Later(None, ["local.policy"])).first(), OPEN),
        (plan(Later(None, ["data.aws_iam_policy_document.other.json"])).first(), OPEN),
    ],
    ids=[
        "everybody", "star", "copies-into", "all-but", "another-account", "condition", "conditions-joined",
        "denied-for-what",
        "actions-unknown", "principals-unknown", "of-others", "local", "not-there",
    ],
)  # fmt: skip
def test_a_document_that_is_read_after_the_apply(
    check: Check, read: Json, expected: set[tuple[str, str]]
) -> None:
    """Its blocks say what it allows, but for the resources that are not there yet."""
    assert said(check, read) == expected
