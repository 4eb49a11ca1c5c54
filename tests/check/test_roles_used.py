"""Which roles selections back up with: in each format, by expressions, of accounts that are not known."""

import json
from typing import Any

import pytest

from tests.check.conftest import Check
from tests.check.policies import policy
from tests.check.terraform import ACCOUNT, Json, Later, Plan, backup_plan, by_tag, selection, vault, volume
from tests.check.test_roles import (
    ARN,
    BACKUP,
    LACKS,
    OPEN,
    RESTORES,
    ROLE,
    TRUST,
    attach,
    said,
    template,
)

GET, ELSEWHERE = {"Fn::GetAtt": ["Role", "Arn"]}, {"Fn::ImportValue": "role"}
PARAMETERS: Json = {"Role": {"Type": "String", "Default": "own"}, "Unsaid": {"Type": "String"}}


def choosing(role: Any, *arns: str, whole: bool = False) -> Json:
    """A template whose selection names its role by an expression, or (`whole`) is named by one."""
    made = template(ManagedPolicyArns=list(arns))
    made["Parameters"] = PARAMETERS
    made["Conditions"] = {
        "Own": {"Fn::Equals": [{"Ref": "Role"}, "own"]},
        "Perhaps": {"Fn::Equals": [{"Ref": "Unsaid"}, "own"]},
    }
    properties = made["Resources"]["Selection"]["Properties"]
    inner = {**properties["BackupSelection"], "IamRoleArn": role}
    other = {**inner, "IamRoleArn": "arn:aws:iam::111122223333:role/other"}
    properties["BackupSelection"] = {"Fn::If": ["Own", inner, other]} if whole else inner
    return made


@pytest.mark.parametrize(
    ("role", "whole", "expected"),
    [
        (GET, False, LACKS),
        (GET, True, LACKS),
        ({"Fn::If": ["Own", GET, ELSEWHERE]}, False, LACKS),
        ({"Fn::If": ["Own", ELSEWHERE, GET]}, False, OPEN),
        ({"Fn::If": ["Perhaps", GET, ELSEWHERE]}, False, OPEN),
        ({"Fn::If": ["Perhaps", {"Fn::Sub": "${Role.Arn}"}, ELSEWHERE]}, False, OPEN),
        (ELSEWHERE, False, set()),
    ],
    ids=["get", "whole-selection", "known-condition", "other-branch", "unknown", "sub", "elsewhere"],
)
def test_a_template_may_name_its_role_by_an_expression(
    check: Check, role: Any, *, whole: bool, expected: set[tuple[str, str]]
) -> None:
    """A role that it perhaps is, is no finding and no pass; one that does is none in any case."""
    assert said(check, choosing(role, RESTORES, whole=whole)) == expected
    assert said(check, choosing(role, BACKUP, whole=whole)) == set()


@pytest.mark.parametrize(
    ("made", "arns", "expected"),
    [
        ("Own", [RESTORES], LACKS),
        ("Perhaps", [RESTORES], OPEN),
        ("Perhaps", [BACKUP], set()),
        ("Never", [RESTORES], set()),
    ],
)
def test_a_role_that_is_perhaps_made(
    check: Check, made: str, arns: list[str], expected: set[tuple[str, str]]
) -> None:
    """By a condition that depends on a parameter."""
    document = choosing(GET, *arns)
    document["Conditions"]["Never"] = {"Fn::Not": [{"Condition": "Own"}]}
    document["Resources"]["Role"]["Condition"] = made
    assert said(check, document) == expected


def test_the_service_may_be_written_with_the_suffix_of_the_partition(check: Check) -> None:
    """As `AWS::URLSuffix` gives it; in China it is not known which it is."""
    for region, expected in (("eu-west-1", set()), ("cn-north-1", OPEN)):
        service = {"Service": {"Fn::Sub": "backup.${AWS::URLSuffix}"}}
        trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": service}]}
        arn = BACKUP if region == "eu-west-1" else BACKUP.replace(":aws:iam", ":aws-cn:iam")
        document = template(AssumeRolePolicyDocument=trust, ManagedPolicyArns=[arn])
        assert said(check, document, account=ACCOUNT, region=region) == expected, region


def backup_json(arn: str) -> Json:
    """A plan and a selection as AWS Backup's API has them."""
    rule = {
        "RuleName": "main",
        "TargetBackupVaultName": "main",
        "ScheduleExpression": "cron(0 0/6 ? * * *)",
        "Lifecycle": {"DeleteAfterDays": 35},
    }
    tag = {"ConditionType": "STRINGEQUALS", "ConditionKey": "backup-tier", "ConditionValue": "gold"}
    return {
        "BackupPlan": {"BackupPlanName": "gold", "Rules": [rule]},
        "BackupSelection": {"SelectionName": "gold", "IamRoleArn": arn, "ListOfTags": [tag]},
    }


def of_role(*arns: str, account: str = ACCOUNT) -> Json:
    """A plan of Terraform with a volume and a role alone."""
    arn = f"arn:aws:iam::{account}:role/backup"
    made = volume(Plan(), "data", backup_tier="gold")
    made.add(ROLE, assume_role_policy=json.dumps(TRUST), arn=arn, id="backup", name="backup")
    return attach(made, *arns).first()


def test_a_selection_of_another_input_uses_the_role(check: Check) -> None:
    """AWS Backup's JSON names it; a role of another name is not asked about."""
    for arns, expected in (([RESTORES], LACKS), ([BACKUP], set())):
        documents = (of_role(*arns), backup_json(ARN))
        assert said(check, *documents, account=ACCOUNT) == expected
    assert said(check, of_role(RESTORES), backup_json(f"{ARN}-2"), account=ACCOUNT) == set()


@pytest.mark.parametrize(
    ("arn", "arns", "expected"),
    [
        (ARN, [RESTORES], OPEN),
        (ARN, [BACKUP], set()),
        (f"{ARN}-2", [RESTORES], set()),
        ("no ARN", [RESTORES], set()),
    ],
    ids=["lacks", "covers", "another", "none"],
)
def test_a_role_of_an_account_that_is_not_known_is_perhaps_the_one(
    check: Check, arn: str, arns: list[str], expected: set[tuple[str, str]]
) -> None:
    """Where a selection names one of that name by an account."""
    made = vault(Plan())
    backup_plan(made, "gold")
    selection(made, "gold", "gold", selection_tag=by_tag("gold"), iam_role_arn=arn)
    made.add(ROLE, assume_role_policy=json.dumps(TRUST), arn=Later(ARN), id=Later("backup"), name="backup")
    assert said(check, attach(made, *arns).first()) == expected


@pytest.mark.parametrize(("arns", "expected"), [([RESTORES], OPEN), ([BACKUP], set())])
def test_a_backup_policy_uses_the_role_perhaps(
    check: Check, arns: list[str], expected: set[tuple[str, str]]
) -> None:
    """It names one in each account, and alone it does not say in which."""
    assert said(check, of_role(*arns), policy(), account=ACCOUNT) == expected
