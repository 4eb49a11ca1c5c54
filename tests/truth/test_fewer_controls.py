"""A control says the same whichever others are asked besides: fewer tables never make more known."""

from pathlib import Path

import pytest

from tests.contract.collect.test_needed import policies
from tests.loopback.auditing import audit
from tests.loopback.standing import (
    ACCOUNT,
    AWAY,
    HOME,
    PLAN,
    World,
    copy_action,
    plan_arn,
    standing,
    vault_arn,
)

INSIDE, ENDLESS, EXISTS = "BKP-IMM-002", "BKP-IMM-005", "BKP-GOV-005"
OTHER = "444455556666"
OF_PLANS = ("lifecycle_inside_lock", "no_end_in_locked_vault", "target_vaults_exist")


def copying(vault: str, keep: int | None = 14) -> World:
    """The standing plan with a copy into a vault; its own vault has a compliance lock."""
    world = standing(14, CopyActions=[copy_action(vault, keep)])
    world.vault(Locked=True, MinRetentionDays=7, LockDate=world.as_of.replace(year=2025))
    return world


@pytest.mark.parametrize("account_id", [ACCOUNT, OTHER], ids=["Region", "account"])
def test_a_vault_in_a_place_that_was_not_read_is_open_whatever_else_is_asked(
    tmp_path: Path, account_id: str
) -> None:
    """Neither missing nor without a lock, also where no control asks for what lies in vaults."""
    chosen = str(policies(tmp_path / "policies", *OF_PLANS))
    world = copying(vault_arn("far", AWAY, account_id), 1)

    few = audit(world, tmp_path, policies=chosen, regions=[HOME])
    all_ = audit(world, tmp_path, regions=[HOME])

    for judged in (few, all_):
        said = {one: judged.verdict(one, plan_arn(PLAN)) for one in (INSIDE, ENDLESS, EXISTS)}
        assert said == dict.fromkeys((INSIDE, ENDLESS, EXISTS), "INSUFFICIENT_DATA")
    (gap,) = (gap for gap in few.gaps if gap["region"] == AWAY)
    assert (gap["account_id"], gap["error"]) == (account_id, "NotRead")
    assert "backup_vaults" in gap["provides"]


def test_what_is_read_is_judged_by_few_controls(tmp_path: Path) -> None:
    """A vault that is not there is missing, and a lock that is there is seen."""
    chosen = str(policies(tmp_path / "policies", *OF_PLANS))
    missing = audit(copying(vault_arn("far", AWAY)), tmp_path, policies=chosen)
    short = copying(vault_arn("far", AWAY), 1)
    short.vault("far", AWAY, Locked=True, MinRetentionDays=7, LockDate=short.as_of.replace(year=2025))
    found = audit(short, tmp_path, policies=chosen)

    assert (missing.verdict(EXISTS, plan_arn(PLAN)), missing.gaps) == ("NON_COMPLIANT", [])
    said = [found.verdict(one, plan_arn(PLAN)) for one in (INSIDE, ENDLESS, EXISTS)]
    assert (said, found.gaps) == (["NON_COMPLIANT", "COMPLIANT", "COMPLIANT"], [])
