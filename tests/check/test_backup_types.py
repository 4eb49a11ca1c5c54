"""The types of AWS Backup whole: what is judged of each, and what is said to be not looked at."""

from pathlib import Path

import pytest

from auditor.check.backup_types import INSTEAD, ROWS
from auditor.check.formats.base import CheckSource
from auditor.check.formats.terminal import TerminalFormat
from tests.check.change_sets import change, change_set
from tests.check.conftest import Check, messages, saying
from tests.check.terraform import Json, Plan, volume
from tests.check.test_copies_declared import OTHER, OTHER_ACCOUNT, catalogue, copy_to, copying, engine, told

__all__ = ["catalogue", "engine"]  # a tier that demands a copy in another account
said = saying("BKP-GOV-001")
LOST = {("NON_COMPLIANT", "deleted")}
TESTING, TESTED = "aws_backup_restore_testing_plan", "aws_backup_restore_testing_selection"


@pytest.mark.parametrize("kind", [TESTING, TESTED])
def test_restore_tests_that_are_deleted(check: Check, kind: str) -> None:
    """Of Terraform; what changes in place, or is only forgotten, is none."""
    values: Json = {
        "name": "monthly",
        "restore_testing_plan_name": "monthly",
        "protected_resource_type": "EBS",
    }
    for actions, expected in ((("delete",), LOST), (("update",), set()), (("forget",), set())):
        after = {} if actions == ("delete",) else values
        made = Plan().add(f"{kind}.monthly", actions, before=values, **after)
        assert said(check, made.first()) == expected
        assert check(made.first()).not_looked_at == {}
    kept = Plan().add(f"{kind}.old", ("delete",), before=values).add(f"{kind}.new", ("create",), **values)
    assert said(check, kept.first()) == (set() if kind == TESTED else LOST)


@pytest.mark.parametrize("kind", ["RestoreTestingPlan", "RestoreTestingSelection"])
def test_restore_tests_that_a_change_set_removes(check: Check, kind: str) -> None:
    """By their names."""
    gone = change("Monthly", f"AWS::Backup::{kind}", "Remove", before={f"{kind}Name": "monthly"})
    assert said(check, change_set(gone)) == LOST
    assert "monthly is deleted" in messages(check(change_set(gone)))


def settings(value: str) -> Json:
    """A plan whose copies go into another account, where the organization allows them or not."""
    made = copying(copy_to(OTHER))
    made.add("aws_backup_global_settings.all", global_settings={"isCrossAccountBackupEnabled": value})
    return made.first()


def test_copies_into_other_accounts_that_are_switched_off(check: Check) -> None:
    """No rule makes one then, whatever it says."""
    lacks = (OTHER_ACCOUNT, "NON_COMPLIANT", "no_copy")
    assert lacks in told(check, settings("false"))
    assert lacks not in told(check, settings("true"))


def test_what_is_not_looked_at_is_named_with_why(check: Check) -> None:
    """Each type of the table has one or the other."""
    made = volume(Plan(), "data").add("aws_backup_framework.main", name="main")
    text = TerminalFormat().render(CheckSource(check(made.first()), lambda _: None)).decode()

    assert "not looked at: 1 aws_backup_framework (an audit judges by its controls)" in text
    assert all(bool(row.judged) is not bool(row.instead) for row in ROWS)
    assert INSTEAD.keys() >= {"AWS::Backup::LegalHold", "aws_backup_report_plan"}


def test_the_page_has_the_table() -> None:
    """Row by row."""
    page = (Path(__file__).parents[2] / "docs" / "check.md").read_text(encoding="utf-8")
    for row in ROWS:
        names = ", ".join(f"`{name}`" for name in row[:2] if name)
        assert f"| {names} | {row.judged or f'nothing: {row.instead}'} |" in page
