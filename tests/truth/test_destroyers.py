"""Who may destroy backups in an audit, by users, groups and roles of a real IAM of moto."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from moto import mock_aws

from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, World, standing

ALONE = "BKP-GOV-012"
BELOW, BESIDE = "222233334444", "333344445555"
ASKED = {"evidence": {"destroyers": {"guardians": ["arn:aws:iam::*:role/break-glass"]}}}
READ = "GetAccountAuthorizationDetails"
TO_DELETE, TO_PLAN = "backup:DeleteRecoveryPoint", "backup:CreateBackupPlan"
VERDICTS = {ACCOUNT: "COMPLIANT", BELOW: "NON_COMPLIANT", BESIDE: "COMPLIANT"}


def document(*actions: str, effect: str = "Allow", **more: Any) -> str:
    """A policy of one statement about everything."""
    statement = {"Effect": effect, "Action": actions, "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


TRUST = document("sts:AssumeRole").replace('"Resource": "*"', '"Principal": {"AWS": "*"}')


def as_sent(value: Any) -> Any:
    """The answer as it is on the wire: documents are percent-encoded."""
    if isinstance(value, list):
        return [as_sent(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: quote(json.dumps(one)) if name.endswith("Document") and isinstance(one, dict) else as_sent(one)
        for name, one in value.items()
    }


@mock_aws
def identities(account_id: str, *, runs: bool = False, bound: bool = False) -> Any:
    """What IAM tells of a guardian and, in a group, of a user who may delete recovery points.

    A policy that is managed lets the user do so; with `bound` its boundary does not.
    """
    iam = boto3.client("iam", "us-east-1", aws_access_key_id="a", aws_secret_access_key="s")
    iam.create_role(RoleName="break-glass", AssumeRolePolicyDocument=TRUST)
    actions = (TO_DELETE, TO_PLAN) if runs else (TO_DELETE,)
    iam.put_role_policy(RoleName="break-glass", PolicyName="own", PolicyDocument=document(*actions))
    made = iam.create_policy(PolicyName="cleaning", PolicyDocument=document("backup:Delete*"))
    small = iam.create_policy(PolicyName="small", PolicyDocument=document("s3:*"))
    iam.create_group(GroupName="cleaners")
    iam.attach_group_policy(GroupName="cleaners", PolicyArn=made["Policy"]["Arn"])
    iam.create_user(UserName="alice")
    iam.add_user_to_group(GroupName="cleaners", UserName="alice")
    answer = iam.get_account_authorization_details()
    answer.pop("ResponseMetadata")
    if bound:  # moto does not know boundaries of users that are there
        limit = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": small["Policy"]["Arn"]}
        answer["UserDetailList"][0]["PermissionsBoundary"] = limit
    answer["Policies"] = [one for one in answer["Policies"] if ":123456789012:" in one["Arn"]]
    return json.loads(json.dumps(as_sent(answer), default=str).replace("123456789012", account_id))


def world(**asked: bool) -> World:
    """Below a unit a user may delete; beside it a policy of the unit lets nobody but the guardian."""
    made = standing()
    made.account(BELOW, "below", ou_path=("Prod",), identities=identities(BELOW, **asked))
    made.account(BESIDE, "beside", ou_path=("Lab",), identities=identities(BESIDE))
    made.accounts[ACCOUNT].identities = identities(ACCOUNT, bound=True)
    but = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/break-glass"}}
    units: list[Any] = [(), ("Prod",), ("Lab",)]
    made.control_policies = {
        "FullAWSAccess": (document("*"), [*units, ACCOUNT, BELOW, BESIDE]),
        "guard": (document("backup:Delete*", effect="Deny", Condition={**but}), [("Lab",)]),
    }
    return made


def judged(found: Judgement) -> dict[str, str]:
    """The verdicts by account."""
    verdicts = {arn: verdict for (control, arn), verdict in found.verdicts.items() if control == ALONE}
    return {arn.split(":")[4]: verdict for arn, verdict in verdicts.items()}


def asked(made: World, path: Path, **more: Any) -> Judgement:
    """An audit of the whole organization that asks who may destroy backups."""
    return audit(made, path, accounts="organization", **{"parameters": ASKED, **more})


@pytest.mark.long
def test_a_user_who_is_no_guardian_is_named(tmp_path: Path) -> None:
    """Not where a boundary or a service control policy takes it back; one call an account."""
    found = asked(world(), tmp_path)

    assert judged(found) == VERDICTS
    said = (
        f"these may destroy backups and are no guardians: arn:aws:iam::{BELOW}:user/alice "
        f"({TO_DELETE} by cleaners/arn:aws:iam::{BELOW}:policy/cleaning, 3 more)"
    )
    assert [one.message for one in found.reasons(ALONE, f"arn:aws:iam::{BELOW}:root")] == [said]
    asked_of = sorted(call.account_id for call in found.calls if call.operation == READ)
    assert asked_of == [ACCOUNT, BELOW, BESIDE]
    assert found.gaps == []


@pytest.mark.long
def test_a_guardian_who_runs_backups_too_is_named_where_that_is_asked(tmp_path: Path) -> None:
    """With the other reason."""
    apart = {"evidence": {"destroyers": {"guardians": ["*"], "apart_from_operators": True}}}
    found = asked(world(runs=True), tmp_path, parameters=apart)

    assert judged(found) == VERDICTS
    assert found.codes(ALONE, f"arn:aws:iam::{BELOW}:root") == ["not_separated"]


@pytest.mark.long
def test_without_guardians_nothing_is_read_or_said(tmp_path: Path) -> None:
    """Nothing is said where only some accounts are read, either; they are, for the roles of selections."""
    for found, calls in (
        (asked(world(), tmp_path, parameters=None), []),
        (audit(world(), tmp_path, parameters=ASKED), [ACCOUNT]),
    ):
        assert judged(found) == {}
        assert [call.account_id for call in found.calls if call.operation == READ] == calls


@pytest.mark.long
def test_what_was_not_read_is_unknown(tmp_path: Path) -> None:
    """In the account whose identities were denied, or that could not be read at all."""
    denied_here = asked(world(), tmp_path, faults=[denied(READ, account_id=BESIDE)])
    assert judged(denied_here) == {**VERDICTS, BESIDE: "INSUFFICIENT_DATA"}
    assert [(gap["account_id"], gap["operation"], gap["provides"]) for gap in denied_here.gaps] == [
        (BESIDE, READ, ["principals"])
    ]
    closed = asked(world(), tmp_path, faults=[denied("AssumeRole", account_id=BESIDE)])
    assert judged(closed) == {**VERDICTS, BESIDE: "INSUFFICIENT_DATA"}


@pytest.mark.long
def test_without_the_policies_of_the_organization_what_members_may_is_unknown(tmp_path: Path) -> None:
    """Not in the management account, where they do not count."""
    found = asked(world(), tmp_path, faults=[denied("ListPolicies")])
    assert judged(found) == {ACCOUNT: "COMPLIANT", **dict.fromkeys((BELOW, BESIDE), "INSUFFICIENT_DATA")}
