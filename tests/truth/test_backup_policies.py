"""Backup policies of an organization in an audit: what is in force, and the plans that were made of it."""

from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import Fault, denied
from tests.loopback.organization_policies import EFFECTIVE, governed, in_force, made
from tests.loopback.standing import ACCOUNT, World, standing

IN_FORCE, PLANS = "BKP-GOV-020", "BKP-GOV-021"
BARE = "222233334444"
COMPARED = {"evidence": {"backup_policies": {"compared": True}}}
POLICY_CALLS = ("DescribeEffectivePolicy", "ListAccountsWithInvalidEffectivePolicy",
                "ListEffectivePolicyValidationErrors")  # fmt: skip


def world() -> World:
    """The standing account, whose plan was made of a policy, and one in which none was made."""
    found = standing()
    found.account(BARE, "bare")
    governed(found, BARE)
    made(found)
    return found


def judged(found: Judgement, control: str) -> dict[str, str]:
    """The verdicts by account."""
    return {arn.split(":")[4]: one for (name, arn), one in found.verdicts.items() if name == control}


def compared(found: World, path: Path, **more: Any) -> Judgement:
    """An audit of the whole organization that compares its backup policies."""
    return audit(found, path, accounts="organization", parameters=COMPARED, **more)


def told(found: Judgement, control: str, account: str) -> list[str]:
    """The messages of the finding about an account."""
    return [one.message for one in found.reasons(control, f"arn:aws:iam::{account}:root")]


def test_what_is_in_force_and_made_is_compared_in_each_account(tmp_path: Path) -> None:
    """The error is AWS's; one call tells of each account, and one of all that are not valid."""
    found = compared(world(), tmp_path)

    assert judged(found, IN_FORCE) == {ACCOUNT: "COMPLIANT", BARE: "NON_COMPLIANT"}
    assert judged(found, PLANS) == {ACCOUNT: "COMPLIANT", BARE: "NON_COMPLIANT"}
    said = "the last valid policy stays in force in it: /plans/gold/rules: The plan has 11 rules."
    assert told(found, IN_FORCE, BARE) == [said]
    said = "its plans are not those of the effective policy: gold in eu-central-1 is not there"
    assert told(found, PLANS, BARE) == [said]
    calls = [call.operation for call in found.calls if call.operation in POLICY_CALLS]
    assert sorted(calls) == [POLICY_CALLS[0], *POLICY_CALLS]


@pytest.mark.long
def test_an_older_policy_that_is_still_in_force_is_found(tmp_path: Path) -> None:
    """Also where AWS lists no error of the account."""
    made_ = world()
    older = {**EFFECTIVE["plans"]["gold"], "regions": ["eu-west-1"]}
    made_.effective_policies[ACCOUNT] = in_force({"plans": {"gold": older}})
    found = compared(made_, tmp_path)

    said = 'plans/gold/regions is ["eu-west-1"] and not ["eu-central-1"]'
    assert told(found, IN_FORCE, ACCOUNT) == [
        f"what is in force in it is not what its policies come to: {said}"
    ]
    said = "gold in eu-central-1 is in no policy; gold in eu-west-1 is not there"
    assert told(found, PLANS, ACCOUNT) == [f"its plans are not those of the effective policy: {said}"]


@pytest.mark.long
def test_a_plan_that_selects_otherwise_is_found(tmp_path: Path) -> None:
    """The tag that the policy names; where a selection is not told, nobody knows."""
    made_ = world()
    (selection,) = made_.accounts[ACCOUNT].regions["eu-central-1"].selections["orgs/plan-1"]
    selection["BackupSelection"]["ListOfTags"][0]["ConditionValue"] = "Gold"
    found = compared(made_, tmp_path)
    said = "gold in eu-central-1: selection selection-1 chooses what is in no policy"
    assert said in told(found, PLANS, ACCOUNT)[0]

    found = compared(world(), tmp_path, faults=[denied("GetBackupSelection")])
    assert judged(found, PLANS)[ACCOUNT] == "INSUFFICIENT_DATA"


@pytest.mark.long
@pytest.mark.parametrize(
    ("operation", "of", "open_"),
    [
        ("ListPolicies", ACCOUNT, (IN_FORCE, PLANS)),
        ("DescribeEffectivePolicy", ACCOUNT, (IN_FORCE, PLANS)),
        ("ListAccountsWithInvalidEffectivePolicy", ACCOUNT, (IN_FORCE,)),
        ("ListEffectivePolicyValidationErrors", BARE, ()),
    ],
)
def test_what_was_denied_is_unknown(tmp_path: Path, operation: str, of: str, open_: tuple[str, ...]) -> None:
    """The gap names the account; that the policies of one are not valid is known without the errors."""
    found = compared(world(), tmp_path, faults=[denied(operation)])

    verdicts = {control: judged(found, control)[ACCOUNT] for control in (IN_FORCE, PLANS)}
    assert verdicts == {IN_FORCE: "COMPLIANT", PLANS: "COMPLIANT"} | dict.fromkeys(open_, "INSUFFICIENT_DATA")
    gaps = {(gap["account_id"], gap["region"]) for gap in found.gaps if gap["operation"] == operation}
    assert (of, "") in gaps
    if not open_:
        said = "the last valid policy stays in force in it: its errors were not told"
        assert told(found, IN_FORCE, BARE) == [said]


@pytest.mark.long
def test_whoever_asks_for_the_organization_is_told_the_same(tmp_path: Path) -> None:
    """A delegated administrator asks with its own credentials; a suspended account is not asked about."""
    made_, closed = world(), "333344445555"
    made_.account(closed, "closed", status="SUSPENDED")
    made_.caller = BARE
    found = compared(made_, tmp_path)

    assert judged(found, IN_FORCE) == {ACCOUNT: "COMPLIANT", BARE: "NON_COMPLIANT"}
    assert judged(found, PLANS) == {ACCOUNT: "COMPLIANT", BARE: "NON_COMPLIANT"}
    asked = [call for call in found.calls if call.operation in POLICY_CALLS]
    assert {call.account_id for call in asked} == {BARE}
    assert closed not in {call.parameters.get("TargetId") for call in asked}


@pytest.mark.long
def test_what_the_partition_does_not_offer_is_unknown(tmp_path: Path) -> None:
    """An operation that an older endpoint does not know is a gap, and no policy that is in force."""
    fault = Fault("DescribeEffectivePolicy", code={"": "UnknownOperationException"})
    found = compared(world(), tmp_path, faults=[fault])
    assert judged(found, PLANS) == dict.fromkeys((ACCOUNT, BARE), "INSUFFICIENT_DATA")


@pytest.mark.long
def test_where_the_type_is_not_turned_on_nothing_more_is_asked(tmp_path: Path) -> None:
    """Nor is anybody judged; so it is without the parameter, where the root is not asked either."""
    off = world()
    off.backup_policies = {}
    found = compared(off, tmp_path)
    assert (
        judged(found, IN_FORCE) == judged(found, PLANS) == {ACCOUNT: "NOT_APPLICABLE", BARE: "NOT_APPLICABLE"}
    )
    assert {*POLICY_CALLS, "ListPolicies"}.isdisjoint(call.operation for call in found.calls)

    found = audit(world(), tmp_path, accounts="organization")
    assert judged(found, IN_FORCE) == {}
    assert {*POLICY_CALLS, "ListPolicies"}.isdisjoint(call.operation for call in found.calls)
