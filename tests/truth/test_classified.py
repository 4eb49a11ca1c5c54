"""Resources that nobody has given a tier, and the vaults and roles of plans, in a whole audit."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import DAILY, audit
from tests.loopback.standing import AS_OF, AWAY, PLAN, VOLUME, copy_action, plan_arn, standing, vault_arn

CLASSIFIED, VAULTS, ROLES = "BKP-COV-003", "BKP-GOV-005", "BKP-GOV-006"


@pytest.mark.long
@pytest.mark.parametrize(
    ("tags", "marked", "verdict"),
    [
        ({}, {"unclassified": True}, "NON_COMPLIANT"),
        ({"tier": "gold"}, {"unclassified": True}, "COMPLIANT"),
        ({}, {}, "NOT_APPLICABLE"),
    ],
)
def test_what_falls_into_a_tier_that_is_marked_has_none(
    tmp_path: Path, tags: dict[str, str], marked: dict[str, Any], verdict: str
) -> None:
    """Its other demands hold all the same; without such a tier nobody asks."""
    assignment = [{"tier": "gold", "tags": {"tier": "gold"}}]
    tiers = {"tiers": {"gold": DAILY, "rest": DAILY | marked}, "assignment": assignment, "default": "rest"}
    found = audit(standing(14, tags=tags), tmp_path, tiers=tiers)

    assert (found.verdict(CLASSIFIED, VOLUME), found.verdict("BKP-COV-001", VOLUME)) == (verdict, "COMPLIANT")


def test_a_vault_that_is_not_there_and_a_role_of_another_account(tmp_path: Path) -> None:
    """The copy's vault was never made, the backup's was; the selection names a role of another account."""
    world = standing(14, CopyActions=[copy_action(vault_arn("far", AWAY))])
    other = "arn:aws:iam::444455556666:role/backup"
    (selection,) = world.at().selections[PLAN]
    selection["BackupSelection"]["IamRoleArn"] = other
    found = audit(world, tmp_path)

    (vault,), (role,) = found.reasons(VAULTS, plan_arn(PLAN)), found.reasons(ROLES, plan_arn(PLAN))
    assert (vault.code, vault.evidence["kind"], vault.evidence["vault_arn"]) == (
        "vault_missing",
        "copy",
        vault_arn("far", AWAY),
    )
    assert (role.code, role.evidence["role_arn"]) == ("role_elsewhere", other)


def test_what_is_there_passes(tmp_path: Path) -> None:
    """The standing plan, its vault and its role."""
    found = audit(standing(14), tmp_path)

    assert [found.verdict(control, plan_arn(PLAN)) for control in (VAULTS, ROLES)] == ["COMPLIANT"] * 2


@pytest.mark.parametrize(
    ("account_id", "verdict"), [("111122223333", "INSUFFICIENT_DATA"), ("444455556666", "NON_COMPLIANT")]
)
def test_of_the_past_a_role_of_another_account_is_found_and_none_is_ruled_out(
    tmp_path: Path, account_id: str, verdict: str
) -> None:
    """A selection that was deleted since may have had one; one that is listed still had it."""
    world = standing(14)
    (selection,) = world.at().selections[PLAN]
    selection["BackupSelection"]["IamRoleArn"] = f"arn:aws:iam::{account_id}:role/backup"
    found = audit(world, tmp_path, as_of=AS_OF - timedelta(days=9), period_days=15)

    assert found.verdict(ROLES, plan_arn(PLAN)) == verdict
