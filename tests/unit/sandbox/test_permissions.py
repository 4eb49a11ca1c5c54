"""SimulatePrincipalPolicy as the sandbox teaches it to moto."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from auditor.sandbox import services
from auditor.sandbox.entrance import Entrance

REGION = "eu-west-1"
KEY = "arn:aws:s3:::bucket"
ALLOW = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


@pytest.fixture
def iam() -> Any:
    """IAM of an empty account with the role `r`."""
    entrance = Entrance(services.native_services(), "aws", REGION)
    client = entrance.management("iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": [ALLOW | {"Principal": "*"}]})
    client.create_role(RoleName="r", AssumeRolePolicyDocument=trust)
    return client


def document(*statements: dict[str, Any]) -> str:
    """A policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def simulate(iam: Any, *actions: str, resources: tuple[str, ...] = (KEY,), **context: str) -> list[list[Any]]:
    """For each action the strictest decision, and the decision and the missing keys of each resource."""
    entries = [
        {"ContextKeyName": f"aws:{key}", "ContextKeyValues": [value], "ContextKeyType": "string"}
        for key, value in context.items()
    ]
    arn = iam.get_role(RoleName="r")["Role"]["Arn"]
    answer = iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=list(actions), ResourceArns=list(resources), ContextEntries=entries
    )
    assert answer["IsTruncated"] is False
    return [
        [result["EvalDecision"]]
        + [
            (row["EvalResourceDecision"], row.get("MissingContextValues", []))
            for row in result["ResourceSpecificResults"]
        ]
        for result in answer["EvaluationResults"]
    ]


@pytest.mark.parametrize(
    ("statement", "decision"),
    [
        ({"Action": "S3:get*"}, "allowed"),
        ({"Action": ["s3:GetObject", "s3:PutObject"]}, "implicitDeny"),
        ({"NotAction": "s3:Put*"}, "allowed"),
        ({"NotAction": "s3:Get*"}, "implicitDeny"),
        ({"Action": "*", "Resource": "arn:aws:s3:::buck?t"}, "allowed"),
        ({"Action": "*", "NotResource": "arn:aws:s3:::bucket"}, "implicitDeny"),
        ({"Action": "*", "Effect": "Deny"}, "explicitDeny"),
    ],
)
def test_one_statement(iam: Any, statement: dict[str, Any], decision: str) -> None:
    """Actions without regard to case, wildcards, and the elements with Not."""
    rest = {} if "NotResource" in statement else {"Resource": "*"}
    policy = document({"Effect": "Allow"} | rest | statement)
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=policy)
    assert simulate(iam, "s3:GetBucketVersioning") == [[decision, (decision, [])]]


def test_conditions_and_what_is_missing(iam: Any) -> None:
    """A key that is given is compared; every other key of the role's policies is told as missing."""
    condition = {"Condition": {"StringEquals": {"aws:RequestedRegion": REGION}}}
    tagged = ALLOW | {"Action": "ec2:*", "Condition": {"Null": {"aws:ResourceTag/team": "false"}}}
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=document(ALLOW | condition, tagged))
    tag = "aws:ResourceTag/team"
    assert simulate(iam, "s3:A", RequestedRegion=REGION) == [["allowed", ("allowed", [tag])]]
    assert simulate(iam, "s3:A", RequestedRegion="x") == [["implicitDeny", ("implicitDeny", [tag])]]
    both = ["aws:RequestedRegion", tag]
    assert simulate(iam, "s3:A") == [["implicitDeny", ("implicitDeny", both)]]


def test_actions_and_resources_are_crossed(iam: Any) -> None:
    """One result an action, one row a resource, above them the strictest decision."""
    deny = ALLOW | {"Effect": "Deny", "Action": "s3:B", "Resource": f"{KEY}-2"}
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=document(ALLOW, deny))
    allowed: tuple[str, list[str]] = ("allowed", [])
    denied: tuple[str, list[str]] = ("explicitDeny", [])
    assert simulate(iam, "s3:A", "s3:B", resources=(KEY, f"{KEY}-2")) == [
        ["allowed", allowed, allowed],
        ["explicitDeny", allowed, denied],
    ]


def test_the_default_version_of_an_attached_policy(iam: Any) -> None:
    """An earlier version of a managed policy says nothing."""
    arn = iam.create_policy(PolicyName="p", PolicyDocument=document(ALLOW))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    before = simulate(iam, "s3:A")
    other = document(ALLOW | {"Action": "ec2:*"})
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=other, SetAsDefault=True)
    assert (before[0][0], simulate(iam, "s3:A")[0][0]) == ("allowed", "implicitDeny")


def test_a_role_that_is_not_there(iam: Any) -> None:
    """NoSuchEntity, as IAM answers."""
    with pytest.raises(ClientError) as caught:
        iam.simulate_principal_policy(
            PolicySourceArn="arn:aws:iam::123456789012:role/other", ActionNames=["s3:A"]
        )
    assert caught.value.response["Error"]["Code"] == "NoSuchEntity"
