"""The roles of selections in an audit: whether they are there and open to AWS Backup."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, HOME, PLAN, World, plan_arn, role_arn, standing

CONTROL, READ = "BKP-GOV-023", "GetAccountAuthorizationDetails"
ASKED = {"evidence": {"selection_roles": {"read": True}}}


def world(arn: str = role_arn(ACCOUNT), service: str = "backup") -> World:
    """The standing account with one role."""
    trusted = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": f"{service}.amazonaws.com"},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    made = standing()
    made.accounts[ACCOUNT].identities = {
        "RoleDetailList": [{"Arn": arn, "AssumeRolePolicyDocument": document}], "IsTruncated": False,
    }  # fmt: skip
    return made


def asked(made: World, path: Path, **more: Any) -> Judgement:
    """An audit of one account that asks for the roles of selections."""
    return audit(made, path, **{"parameters": ASKED, **more})


def said(found: Judgement) -> tuple[str | None, list[str]]:
    """What is said of the plan, and the accounts whose roles were asked for."""
    calls = [call.account_id for call in found.calls if call.operation == READ]
    return found.verdicts.get((CONTROL, plan_arn(PLAN, HOME, ACCOUNT))), calls


@pytest.mark.long
def test_roles_are_judged_with_one_call_an_account(tmp_path: Path) -> None:
    """One that can be used, one that is not there, and one that is closed."""
    assert said(asked(world(), tmp_path)) == ("COMPLIANT", [ACCOUNT])
    assert said(asked(world(f"{role_arn(ACCOUNT)}2"), tmp_path)) == ("NON_COMPLIANT", [ACCOUNT])
    assert said(asked(world(service="ec2"), tmp_path)) == ("NON_COMPLIANT", [ACCOUNT])


@pytest.mark.long
def test_what_was_not_read_is_unknown_and_what_nobody_asks_is_not_read(tmp_path: Path) -> None:
    """The gap names the account."""
    found = asked(world(), tmp_path, faults=[denied(READ)])
    assert said(found)[0] == "INSUFFICIENT_DATA"
    assert [(gap["account_id"], gap["region"], gap["operation"]) for gap in found.gaps] == [
        (ACCOUNT, "", READ)
    ]
    assert said(asked(world(), tmp_path, parameters=None)) == (None, [])
