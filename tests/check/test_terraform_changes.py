"""Deletion and replacement of what protects: each case beside the change that loses nothing."""

from typing import Any

import pytest

from tests.check.conftest import Check, messages, said_of
from tests.check.terraform import ACCOUNT, Plan, backup_plan, by_tag, protected, selection, vault, volume

STAYS, COVERED = "BKP-GOV-001", "BKP-COV-001"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
DELETE, REPLACE, REPLACE_LATER = ["delete"], ["delete", "create"], ["create", "delete"]
FORGET = ["forget"]
BY_NAME = {
    "aws_backup_vault_lock_configuration": ["backup_vault_name"],
    "aws_backup_vault_policy": ["backup_vault_name"],
    "aws_iam_role_policy_attachment": ["role"],
}

OLD: dict[str, dict[str, Any]] = {
    "aws_backup_plan": {"name": "old", "id": "id-of-old", "rule": []},
    "aws_backup_selection": {"name": "old", "plan_id": "id-of-old", "selection_tag": by_tag("old")},
    "aws_backup_vault": {"name": "old", "id": "old"},
    "aws_backup_logically_air_gapped_backup_vault": {"name": "old", "id": "old"},
    "aws_backup_vault_lock_configuration": {"backup_vault_name": "old", "min_retention_days": 7},
    "aws_backup_vault_policy": {"backup_vault_name": "old", "policy": "{}"},
    "aws_iam_role": {"name": "backup", "arn": ROLE},
    "aws_iam_role_policy_attachment": {
        "role": "backup",
        "policy_arn": "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
    },
    "aws_organizations_policy": {"name": "old", "type": "BACKUP_POLICY"},
}


def changed(kind: str, actions: list[str], **values: Any) -> Plan:
    """A protected volume, and something old that a plan deletes, replaces or forgets."""
    plan = protected()
    selects = next(one for one in plan.changes if one["type"] == "aws_backup_selection")
    selects["change"]["before"] = {"iam_role_arn": ROLE}
    before = {**OLD[kind], **values}
    after = {} if actions in (DELETE, FORGET) else before
    return plan.add(f"{kind}.old", actions, before=before, **after)


def of_the_change(check: Check, plan: Plan) -> set[tuple[str, str]]:
    """Address and reason of what the control on changes says."""
    return {(address, code) for control, address, _, code in said_of(check(plan.first())) if control == STAYS}


@pytest.mark.parametrize("kind", OLD)
def test_what_protects_is_deleted(check: Check, kind: str) -> None:
    """A finding; what Terraform only forgets stays in AWS, and is none."""
    assert of_the_change(check, changed(kind, DELETE)) == {(f"{kind}.old", "deleted")}
    assert of_the_change(check, changed(kind, FORGET)) == set()
    assert of_the_change(check, changed(kind, ["update"])) == set()


@pytest.mark.parametrize("kind", OLD)
def test_what_protects_is_replaced(check: Check, kind: str) -> None:
    """A selection is replaced whenever it is edited; of a vault the recovery points are lost in any order.

    Deleting an old lock or policy takes away the new one of the same vault or role, not that of another.
    """
    at_once = set() if kind == "aws_backup_selection" else {(f"{kind}.old", "replaced")}
    assert of_the_change(check, changed(kind, REPLACE)) == at_once

    vaults = {"aws_backup_vault", "aws_backup_logically_air_gapped_backup_vault"}
    later = {(f"{kind}.old", "replaced")} if kind in vaults | {*BY_NAME} else set()
    plan = changed(kind, REPLACE_LATER)
    assert of_the_change(check, plan) == later

    plan.changes[-1]["change"]["after"].update(dict.fromkeys(BY_NAME.get(kind, []), "other"))
    assert of_the_change(check, plan) == (later if kind in vaults else set())


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("aws_iam_role", {"arn": f"arn:aws:iam::{ACCOUNT}:role/web"}),
        ("aws_iam_role_policy_attachment", {"role": "web", "policy_arn": "arn:aws:iam::aws:policy/ReadOnly"}),
        ("aws_organizations_policy", {"type": "SERVICE_CONTROL_POLICY"}),
    ],
)
def test_what_backups_do_not_need_may_go(check: Check, kind: str, values: dict[str, Any]) -> None:
    """A role of another use, a policy of another type."""
    assert of_the_change(check, changed(kind, DELETE, **values)) == set()


def test_a_selection_that_is_deleted_leaves_what_it_selected_without_a_plan(check: Check) -> None:
    """Both are said: what is deleted, and which resource falls out."""
    plan = backup_plan(vault(Plan()), "gold")
    plan.add("aws_backup_selection.gold", DELETE, before=OLD["aws_backup_selection"])
    volume(plan, "data", backup_tier="gold")

    assert said_of(check(plan.first())) == {
        (STAYS, "aws_backup_selection.gold", "NON_COMPLIANT", "deleted"),
        (COVERED, "aws_ebs_volume.data", "NON_COMPLIANT", "not_selected"),
    }


def test_what_moves_to_another_address_with_the_same_words_loses_nothing(check: Check) -> None:
    """A plan and its selection under new names: an equal selection takes over."""
    plan = protected()
    before = {"name": "old", "plan_id": "id-of-old", "selection_tag": by_tag("gold"), "resources": []}
    plan.add("aws_backup_plan.old", DELETE, before=OLD["aws_backup_plan"])
    plan.add("aws_backup_selection.old", DELETE, before=before)
    assert of_the_change(check, plan) == set()

    plan.add("aws_backup_selection.older", DELETE, before={**before, "selection_tag": by_tag("silver")})
    assert of_the_change(check, plan) == {
        ("aws_backup_plan.old", "deleted"),
        ("aws_backup_selection.older", "deleted"),
    }


def test_an_address_that_only_moves_is_no_change(check: Check) -> None:
    """`previous_address` with no action."""
    plan = protected()
    plan.add("aws_backup_vault.new", ["no-op"], before=OLD["aws_backup_vault"], name="old")
    document = plan.first()
    document["resource_changes"][-1]["previous_address"] = "aws_backup_vault.old"

    assert said_of(check(document)) == set()


def test_a_vault_under_a_new_name_is_a_replacement(check: Check) -> None:
    """Its name says what is lost."""
    plan = selection(backup_plan(vault(Plan()), "gold"), "gold", "gold", selection_tag=by_tag("gold"))
    plan.add("aws_backup_vault.second", REPLACE, before={"name": "old"}, name="new")

    said = messages(check(plan.first()))

    assert "the vault old is deleted to make another one: its recovery points are lost" in said


@pytest.mark.parametrize("before", [None, {}, {"iam_role_arn": 3, "selection_tag": 1, "name": []}])
@pytest.mark.parametrize("kind", OLD)
def test_a_before_of_the_wrong_shape_is_no_crash(check: Check, kind: str, before: Any) -> None:
    """It is named by its address."""
    plan = protected().add(f"{kind}.old", DELETE, before=before)

    assert check(plan.first()).exit_code in (0, 3)
