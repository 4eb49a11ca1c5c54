"""Service control policies of an organization in an audit: what they deny on the path of each account."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, World, standing

GUARDED = "BKP-GOV-011"
BELOW, BESIDE, ALONE = "222233334444", "333344445555", "444455556666"
UNLOCK, LEAVE = "backup:DeleteBackupVaultLockConfiguration", "organizations:LeaveOrganization"
BREAK_GLASS = "arn:aws:iam::*:role/break-glass"
RAILS = {"evidence": {"guard_rails": {"actions": [UNLOCK, LEAVE], "guardians": [BREAK_GLASS]}}}
POLICY_CALLS = {"ListPolicies", "DescribePolicy", "ListTargetsForPolicy"}


def document(*statements: Any) -> str:
    """A policy as AWS Organizations keeps it."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def world() -> World:
    """Two units, one of which is guarded, and an account below the root that is guarded by itself in part."""
    made = standing()
    made.account(BELOW, "below", ou_path=("Prod", "Shop"))
    made.account(BESIDE, "beside", ou_path=("Lab",))
    made.account(ALONE, "alone")
    full = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    units: list[Any] = [(), ("Prod",), ("Prod", "Shop"), ("Lab",)]
    but = {"ArnNotLike": {"aws:PrincipalArn": BREAK_GLASS}}
    deny = {"Effect": "Deny", "Action": [UNLOCK, LEAVE], "Resource": "*", "Condition": but}
    made.control_policies = {
        "FullAWSAccess": (document(full), [*units, ACCOUNT, BELOW, BESIDE, ALONE]),
        "guard": (document(deny), [("Prod",)]),
        "stay": (document({**deny, "Action": LEAVE}), [ALONE]),
    }
    return made


def judged(found: Judgement) -> dict[str, str]:
    """The verdicts by account."""
    verdicts = {arn: verdict for (control, arn), verdict in found.verdicts.items() if control == GUARDED}
    return {arn.split(":")[4]: verdict for arn, verdict in verdicts.items()}


def guarded(made: World, path: Path, **more: Any) -> Judgement:
    """An audit of the whole organization that asks for guard rails."""
    return audit(made, path, accounts="organization", parameters=RAILS, **more)


def root(account: str) -> str:
    """The ARN of an account as a subject."""
    return f"arn:aws:iam::{account}:root"


def test_an_account_is_guarded_by_what_is_on_its_path(tmp_path: Path) -> None:
    """The management account is not asked; calls grow with the policies and not with the accounts."""
    found = guarded(world(), tmp_path)

    assert judged(found) == {
        ACCOUNT: "NOT_APPLICABLE", BELOW: "COMPLIANT", BESIDE: "NON_COMPLIANT", ALONE: "NON_COMPLIANT"
    }  # fmt: skip
    told = [reason.message for one in (BESIDE, ALONE) for reason in found.reasons(GUARDED, root(one))]
    said = "no control policy of the organization on its path denies {} to all but guardians"
    assert told == [said.format(f"{UNLOCK}, {LEAVE}"), said.format(UNLOCK)]
    calls = [call.operation for call in found.calls if call.operation in POLICY_CALLS]
    assert sorted(calls) == ["DescribePolicy"] * 3 + ["ListPolicies"] + ["ListTargetsForPolicy"] * 3


@pytest.mark.long
def test_without_the_parameter_nothing_is_read_or_said(tmp_path: Path) -> None:
    """So it is where only some accounts are read, too."""
    for found in (
        audit(world(), tmp_path, accounts="organization"),
        audit(world(), tmp_path, parameters=RAILS),
    ):
        assert judged(found) == {}
        assert POLICY_CALLS.isdisjoint(call.operation for call in found.calls)


@pytest.mark.long
def test_an_account_of_no_organization_is_guarded_by_nothing(tmp_path: Path) -> None:
    """AWS Organizations says so in an audit of that account; where it refuses to, nothing is said."""
    made = standing()
    made.organized = False
    told = audit(made, tmp_path, parameters=RAILS)
    assert judged(told) == {ACCOUNT: "NON_COMPLIANT"}
    refused = audit(made, tmp_path, parameters=RAILS, faults=[denied("DescribeOrganization")])
    assert judged(refused) == {}


@pytest.mark.long
def test_a_resource_control_policy_guards_keys(tmp_path: Path) -> None:
    """It is read where the type is turned on, and of AWS Backup it denies nothing."""
    made = world()
    made.control_policies = {}
    denial = {"Effect": "Deny", "Principal": "*", "Action": ["kms:*", "backup:*"], "Resource": "*"}
    made.resource_policies = {"keys": (document(denial), [("Prod",)])}
    rails = {"guard_rails": {"actions": [UNLOCK, "kms:ScheduleKeyDeletion"], "guardians": []}}
    found = audit(made, tmp_path, accounts="organization", parameters={"evidence": rails})

    said = "no control policy of the organization on its path denies {} to all but guardians"
    told = [reason.message for one in (BELOW, ALONE) for reason in found.reasons(GUARDED, root(one))]
    assert told == [said.format(UNLOCK), said.format(f"{UNLOCK}, kms:ScheduleKeyDeletion")]
    calls = [call.operation for call in found.calls if call.operation in POLICY_CALLS]
    assert sorted(calls) == sorted(POLICY_CALLS)


@pytest.mark.long
@pytest.mark.parametrize("operation", sorted(POLICY_CALLS))
def test_policies_that_were_not_read_are_unknown(tmp_path: Path, operation: str) -> None:
    """Every account but the management account, also the guarded one."""
    found = guarded(world(), tmp_path, faults=[denied(operation)])

    assert judged(found) == {
        ACCOUNT: "NOT_APPLICABLE", **dict.fromkeys((BELOW, BESIDE, ALONE), "INSUFFICIENT_DATA")
    }  # fmt: skip
    assert [(gap["operation"], gap["provides"]) for gap in found.gaps] == [(operation, ["control_policies"])]


@pytest.mark.long
def test_where_the_type_is_not_turned_on_nothing_is_denied(tmp_path: Path) -> None:
    """No policy counts then, whatever is kept."""
    made = world()
    made.control_policies = {}
    found = guarded(made, tmp_path)
    assert {judged(found)[one] for one in (BELOW, BESIDE, ALONE)} == {"NON_COMPLIANT"}


@pytest.mark.long
def test_a_target_without_a_policy_is_no_denial(tmp_path: Path) -> None:
    """AWS Organizations leaves none without: the listing lacks something."""
    made = world()
    text, targets = made.control_policies["FullAWSAccess"]
    made.control_policies["FullAWSAccess"] = (text, [one for one in targets if one != BESIDE])
    assert judged(guarded(made, tmp_path))[BESIDE] == "INSUFFICIENT_DATA"
