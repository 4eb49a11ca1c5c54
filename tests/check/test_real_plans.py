"""What is said of plans that a real Terraform made of the code beside them (`scripts/terraform_plans.py`)."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.check.conftest import Check, messages, said_of

FOLDER = Path(__file__).parent / "terraform_code"
LOCK, KEY = "BKP-IMM-002", "BKP-ENC-006"
DATA, GOLD, SILVER, ORDERS = (
    "aws_ebs_volume.data",
    'module.backup["gold"].aws_backup_plan.this',
    'module.backup["silver"].aws_backup_plan.this',
    "module.orders.aws_backup_plan.this",
)
#: What the code is wrong in, whatever exists.
WRONG = {
    ("BKP-COV-001", f"{DATA}[2]", "NON_COMPLIANT", "not_selected"),
    ("BKP-RET-001", ORDERS, "NON_COMPLIANT", "retention_too_short"),
}
HIDDEN = {("BKP-COV-001", "aws_ebs_volume.hidden", "INSUFFICIENT_DATA", "tags_known_after_apply")}


def plan(case: str, name: str) -> Any:
    """A stored plan."""
    return json.loads((FOLDER / case / f"{name}.json").read_text(encoding="utf-8"))


def said(check: Check, case: str, name: str) -> set[tuple[str, str, str, str]]:
    """What is said of a plan, but for locks of vaults that it does not declare, and for keys of resources."""
    return {one for one in said_of(check(plan(case, name))) if one[0] not in (LOCK, KEY)}


def test_the_first_plan_says_what_the_second_does(check: Check) -> None:
    """Of modules, `for_each`, `count` and dynamic blocks; what a tag of another provider hides is unknown."""
    first, second = said(check, "workload", "first"), said(check, "workload", "second")

    assert second == WRONG
    assert {one for one in first if one[2] == "NON_COMPLIANT"} == WRONG
    assert first >= HIDDEN
    assert {address for _, address, verdict, _ in first if verdict == "INSUFFICIENT_DATA"} == {
        "aws_ebs_volume.hidden", "aws_backup_vault.main", GOLD, SILVER, ORDERS,
    }  # fmt: skip


def test_what_a_change_replaces_deletes_moves_and_forgets(check: Check) -> None:
    """What is renamed in the code, and what Terraform only forgets, is lost by nobody."""
    assert said(check, "workload", "changed") == WRONG | {
        ("BKP-GOV-001", "aws_backup_vault.main", "NON_COMPLIANT", "replaced"),
        ("BKP-GOV-001", "aws_backup_vault_lock_configuration.main", "NON_COMPLIANT", "replaced"),
        ("BKP-GOV-001", SILVER, "NON_COMPLIANT", "deleted"),
        (
            "BKP-GOV-001",
            'module.backup["silver"].aws_backup_selection.this',
            "NON_COMPLIANT",
            "deleted",
        ),
        ("BKP-COV-001", f"{DATA}[1]", "NON_COMPLIANT", "not_selected"),
        ("BKP-RET-001", GOLD, "NON_COMPLIANT", "retention_too_short"),
    }


def test_references_of_all_kinds_say_the_same_in_both_plans(check: Check) -> None:
    """Outputs that are objects, splats, `values`, `concat`, other Regions, generated names, default tags.

    What a policy of a vault says is known only after the apply where the vault's ARN is in it.
    """
    first, second = said(check, "references", "first"), said(check, "references", "second")

    assert second == {("BKP-GOV-003", "aws_iam_role.backup", "NON_COMPLIANT", "not_covered")}
    policies = {
        ("BKP-IMM-004", f"module.{one}.aws_backup_vault_policy.this", "INSUFFICIENT_DATA", "fact_not_known")
        for one in ("main", "dr[0]")
    }
    assert first == second | policies
    assert "policy is known only after the apply (aws_backup_vault.this.arn)" in messages(
        check(plan("references", "first"))
    )
    assert said(check, "references", "changed") == second | {
        (
            "BKP-GOV-001",
            "module.dr[0].aws_backup_vault_lock_configuration.this[0]",
            "NON_COMPLIANT",
            "deleted",
        ),
        ("BKP-IMM-003", "module.dr[0].aws_backup_vault.this", "NON_COMPLIANT", "not_declared"),
    }


def test_the_tree_of_a_new_organization(check: Check) -> None:
    """Units by `for_each`; in which of them an account by a map lies, its plan does not tell."""
    base = "aws_organizations_policy.shorter plans/gold in"
    assert {address for _, address, _, _ in said(check, "new_organization", "first")} == {
        f"{base} aws_organizations_account.web eu-west-1",
        f'{base} any account of aws_organizations_organizational_unit.team["data"] eu-west-1',
    }


def test_the_tree_of_an_organization_that_there_is(check: Check) -> None:
    """Its root is read; an account that moves in the same change gets what its new place does."""
    assert said(check, "organization", "first") == said(check, "organization", "second") == set()
    assert said(check, "organization", "changed") == {
        (
            "BKP-RET-001",
            "aws_organizations_policy.shorter plans/gold in aws_organizations_account.shop eu-west-1",
            "NON_COMPLIANT",
            "retention_too_short",
        )
    }


@pytest.mark.parametrize("case", sorted(path.name for path in FOLDER.iterdir()))
def test_each_plan_has_its_code_beside_it(case: str) -> None:
    """And nothing of the machine that made it."""
    names = {path.stem for path in (FOLDER / case).glob("*.json")}
    assert names == ({"first", "second", "changed"} if (FOLDER / case / "changed").is_dir() else {"first"})
    assert (FOLDER / case / "code" / "main.tf").is_file()
    for name in names:
        assert "/tmp" not in json.dumps(plan(case, name))  # noqa: S108 -- what must not be in it


def test_where_no_program_is_one_sentence_says_so(tmp_path: Path) -> None:
    """And nothing is written."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.terraform_plans"],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "There is neither terraform nor tofu on the PATH: install one of them, or leave the plans as they "
        "are.\n"
    )
