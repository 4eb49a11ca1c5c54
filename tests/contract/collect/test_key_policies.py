"""The policies of keys are read where guardians are named, one call for each key of the account."""

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.evidence.store import Evidence
from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, HOME, World, standing

CUSTODY, READ = "BKP-ENC-003", "GetKeyPolicy"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
GUARDED = {"evidence": {"destroyers": {"guardians": ["arn:aws:iam::*:role/break-glass"]}}}
POLICY = json.dumps(
    {"Statement": {"Effect": "Allow", "Principal": {"AWS": ALICE}, "Action": "kms:*", "Resource": "*"}}
)


def world(policy: str = POLICY) -> World:
    """A vault with a key of that policy."""
    made = standing()
    made.at().key_policies[made.key()] = policy
    return made


def judged(
    made: World, tmp_path: Path, *faults: Any, guarded: bool = True, accounts: str = "organization"
) -> Judgement:
    """An audit of one Region of the organization, whose one account is its management account."""
    parameters = GUARDED if guarded else None
    return audit(
        made, tmp_path, parameters=parameters, faults=list(faults), regions=[HOME], accounts=accounts
    )


def test_whom_the_policy_of_a_key_names_is_found(tmp_path: Path) -> None:
    """And what it says is kept."""
    made = world()
    found = judged(made, tmp_path)
    assert [reason.message for reason in found.reasons(CUSTODY, made.key())] == [
        f"its policy lets these take it away, who are no guardians: {ALICE} (kms:ScheduleKeyDeletion)"
    ]
    assert Evidence.open(found.run).read("key_policies", ACCOUNT, HOME).to_pylist() == [
        {"key_arn": made.key(), "document": POLICY}
    ]
    assert [call.operation for call in found.calls if call.operation == READ] == [READ]


@pytest.mark.long
def test_where_no_control_policy_is_read_it_is_known_of_the_management_account(tmp_path: Path) -> None:
    """An audit of the account alone asks for none, and none bounds it; the root's key needs none."""
    made = world()
    told, untold = (
        judged(made, tmp_path, *faults, accounts="caller").verdict(CUSTODY, made.key())
        for faults in ([], [denied("DescribeOrganization")])
    )
    assert (told, untold) == ("NON_COMPLIANT", "INSUFFICIENT_DATA")
    made = world(POLICY.replace("user/alice", "root"))
    assert judged(made, tmp_path, accounts="caller").verdict(CUSTODY, made.key()) == "COMPLIANT"


@pytest.mark.long
def test_what_the_root_has_is_no_finding_and_what_was_denied_is_unknown(tmp_path: Path) -> None:
    """The gap names the call."""
    made = world(POLICY.replace("user/alice", "root"))
    assert judged(made, tmp_path).verdict(CUSTODY, made.key()) == "COMPLIANT"
    found = judged(made, tmp_path, denied(READ), accounts="caller")
    assert found.verdict(CUSTODY, made.key()) == "INSUFFICIENT_DATA"
    refused = [(gap["operation"], gap["provides"]) for gap in found.gaps if gap["service"] != "auditor"]
    assert refused == [(READ, ["key_policies"])]


@pytest.mark.long
def test_without_guardians_no_policy_is_read(tmp_path: Path) -> None:
    """Nor is anything said."""
    made = world()
    found = judged(made, tmp_path, guarded=False)
    assert found.verdict(CUSTODY, made.key()) == ""
    assert READ not in {call.operation for call in found.calls}
