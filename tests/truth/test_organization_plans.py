"""Plans of the organization (`orgs/…`): the management account's opt-in decides, not the member's."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from auditor.explain import explain
from auditor.model.settings import Settings
from tests.loopback import faults
from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import Fault
from tests.loopback.standing import ACCOUNT, AS_OF, AWAY, HOME, World, rule

pytestmark = pytest.mark.long

MEMBER = "222233334444"
VOLUME = f"arn:aws:ec2:{HOME}:{MEMBER}:volume/vol-1"
ORGANIZATIONS, OWN = "orgs/0a1b2c3d", "plan-1"


def member(plan_id: str, *, management: bool, own: bool) -> World:
    """A member's volume, which a plan selects by `*`; whether EBS is opted in in either account."""
    world = World()
    world.account(MEMBER, "shop")
    world.volume(account_id=MEMBER)
    world.vault(account_id=MEMBER)
    world.plan([rule()], plan_id, account_id=MEMBER)
    world.selection(plan_id, account_id=MEMBER, Resources=["*"])
    for account_id, opted_in in ((ACCOUNT, management), (MEMBER, own)):
        world.at(HOME, account_id).settings["ResourceTypeOptInPreference"]["EBS"] = opted_in
        world.at(AWAY, account_id).settings["ResourceTypeOptInPreference"]["EBS"] = not opted_in
    return world


def judged(
    world: World, tmp_path: Path, accounts: str | list[str] = "organization", faults: Sequence[Fault] = ()
) -> Judgement:
    """The audit of the whole organization, unless it is to read some accounts only."""
    return audit(world, tmp_path, accounts=accounts, faults=faults)


@pytest.mark.parametrize(
    ("plan_id", "management", "own", "verdict"),
    [
        (ORGANIZATIONS, True, False, "COMPLIANT"),
        (ORGANIZATIONS, False, True, "NON_COMPLIANT"),
        (OWN, True, False, "NON_COMPLIANT"),
        (OWN, False, True, "COMPLIANT"),
    ],
)
def test_the_opt_in_of_the_plans_maker_decides(
    tmp_path: Path,
    plan_id: str,
    management: bool,  # noqa: FBT001 -- a case
    own: bool,  # noqa: FBT001 -- a case
    verdict: str,
) -> None:
    """Of the management account for its plans, of the member for its own; of the same Region."""
    world = member(plan_id, management=management, own=own)

    assert judged(world, tmp_path).verdict("BKP-COV-001", VOLUME) == verdict


def test_a_management_account_that_was_not_read_leaves_it_open(tmp_path: Path) -> None:
    """Only the member was asked: neither a pass nor a finding, and the call that would tell is named."""
    found = judged(member(ORGANIZATIONS, management=True, own=True), tmp_path, [MEMBER])

    assert found.verdict("BKP-COV-001", VOLUME) == "INSUFFICIENT_DATA"
    assert ("DescribeRegionSettings", "NotRead") in [(gap["operation"], gap["error"]) for gap in found.gaps]


def test_settings_that_the_management_account_did_not_tell_leave_it_open(tmp_path: Path) -> None:
    """The failed call of the management account is the gap of the member's resource."""
    fault = faults.denied("DescribeRegionSettings", account_id=ACCOUNT, region=HOME)

    found = judged(member(ORGANIZATIONS, management=True, own=True), tmp_path, faults=[fault])

    assert found.verdict("BKP-COV-001", VOLUME) == "INSUFFICIENT_DATA"
    (reason,) = found.reasons("BKP-COV-001", VOLUME)
    assert f"backup:DescribeRegionSettings failed in account {ACCOUNT} {HOME}" in reason.message


def test_a_members_own_plan_needs_no_other_account(tmp_path: Path) -> None:
    """What the management account says is nothing to it."""
    found = judged(member(OWN, management=False, own=True), tmp_path, [MEMBER])

    assert (found.verdict("BKP-COV-001", VOLUME), found.gaps) == ("COMPLIANT", [])


def test_a_plan_of_the_organization_that_names_the_type_needs_no_opt_in(tmp_path: Path) -> None:
    """As any plan that does."""
    world = member(ORGANIZATIONS, management=False, own=False)
    world.selection(ORGANIZATIONS, account_id=MEMBER, Resources=["arn:aws:ec2:*:*:volume/*"])

    assert judged(world, tmp_path).verdict("BKP-COV-001", VOLUME) == "COMPLIANT"


def test_a_recorded_job_settles_what_nobody_read(tmp_path: Path) -> None:
    """AWS Backup has made one by the plan of the organization since its selection was made."""
    world = member(ORGANIZATIONS, management=True, own=True)
    made = world.created_by(HOME, MEMBER, BackupPlanId=ORGANIZATIONS)
    world.job(AS_OF.replace(month=2, hour=1), VOLUME, CreatedBy=made)

    assert judged(world, tmp_path, [MEMBER]).verdict("BKP-COV-001", VOLUME) == "COMPLIANT"


def test_the_explanation_names_the_account_whose_settings_count(tmp_path: Path) -> None:
    """Else nobody would look there."""
    run = judged(member(ORGANIZATIONS, management=False, own=True), tmp_path).run

    told = explain(run, VOLUME, Settings(AS_OF))

    assert told.resource is not None
    assert told.resource.selections is not None
    assert told.resource.selections[0].steps[-1] == (
        f"EBS is not opted in in this Region of the account {ACCOUNT}."
    )
