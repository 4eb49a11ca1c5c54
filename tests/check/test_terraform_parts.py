"""What a plan says only in part: a lock on a vault that is not known yet."""

import pytest

from tests.check.conftest import Check, messages, said_of
from tests.check.terraform import Later, Plan, backup_plan, by_tag, selection, vault, volume

DECLARED, INSIDE = "BKP-IMM-003", "BKP-IMM-002"
LOCK = "aws_backup_vault_lock_configuration"


@pytest.mark.parametrize(
    ("region", "references", "said"),
    [
        ("eu-west-1", ["var.name"], {(INSIDE, "aws_backup_plan.gold", "INSUFFICIENT_DATA")}),
        ("eu-west-1", ["aws_backup_vault.main.name"], set()),
        ("us-east-1", ["var.name"], {(DECLARED, "aws_backup_vault.main", "NON_COMPLIANT")}),
    ],
)
def test_a_lock_on_a_vault_that_is_not_known_may_be_on_any_in_its_place(
    check: Check, region: str, references: list[str], said: set[tuple[str, str, str]]
) -> None:
    """A vault without a lock of its own; no vault of another Region, and not one that is named."""
    plan = backup_plan(vault(Plan(), locked=False), "gold")
    selection(plan, "gold", "gold", selection_tag=by_tag("gold"))
    volume(plan, "data", backup_tier="gold")
    name = Later("main", references)
    plan.add(f"{LOCK}.one", backup_vault_name=name, changeable_for_days=3, region=region)

    result = check(plan.first())

    assert {entry[:3] for entry in said_of(result)} == said
    hidden = f"the vault of {LOCK}.one is known only after the apply (var.name)"
    assert (hidden in messages(result)) == (region == "eu-west-1" and bool(said))


def test_a_lock_of_its_own_is_known(check: Check) -> None:
    """Whatever vault another lock is on."""
    plan = selection(backup_plan(vault(Plan()), "gold"), "gold", "gold", selection_tag=by_tag("gold"))
    volume(plan, "data", backup_tier="gold")
    plan.add(f"{LOCK}.one", backup_vault_name=Later("other", ["var.name"]), changeable_for_days=3)

    assert said_of(check(plan.first())) == set()
