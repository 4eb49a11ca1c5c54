"""Locks of vaults that AWS Backup refuses: which lock there will be is not known."""

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.check.formats.base import CheckSource
from auditor.check.formats.registry import FORMATS
from auditor.check.result import CheckResult
from tests.check.conftest import Check, messages, said_of
from tests.check.terraform import REGION, Plan, backup_plan, by_tag, selection, vault, volume
from tests.check.test_cloudformation import changed, yaml_value

WORDS = '{MinRetentionDays: 7, MaxRetentionDays: "35", ChangeableForDays: 3}'
NAMES = {
    "min_retention_days": "MinRetentionDays",
    "max_retention_days": "MaxRetentionDays",
    "changeable_for_days": "ChangeableForDays",
}


@pytest.mark.parametrize(
    ("lock", "why"),
    [
        ({"changeable_for_days": 3, "max_retention_days": 36_500}, ""),
        ({"changeable_for_days": 2}, "2 is no number for its days of grace: AWS Backup takes 3 to 36,500"),
        ({"changeable_for_days": 36_501}, "36,501 is no number for its days of grace"),
        ({"min_retention_days": -1}, "-1 is no number for its lowest retention"),
        ({"max_retention_days": 36_501}, "36,501 is no number for its highest retention"),
        ({"min_retention_days": 36, "max_retention_days": 35}, "its lowest retention, 36 days, is above"),
    ],
)
def test_a_lock_that_aws_backup_refuses_is_no_lock_that_is_known(
    check: Check, tmp_path: Path, lock: dict[str, Any], why: str
) -> None:
    """Neither a pass nor a finding, in either format."""
    plan = vault(Plan(), **lock)
    backup_plan(plan, "gold")
    selection(plan, "gold", "gold", selection_tag=by_tag("gold"))
    of_vault = {"ChangeableForDays": 3} | {NAMES[key]: value for key, value in lock.items()}
    text = changed((WORDS, json.dumps(of_vault)))

    for result in (check(plan.first()), check(yaml_value(tmp_path, text))):
        said = {(control, verdict) for control, _, verdict, _ in said_of(result)}
        assert (("BKP-IMM-003", "INSUFFICIENT_DATA") in said) is bool(why)
        assert why in messages(result)
        assert "NON_COMPLIANT" not in {verdict for _, verdict in said}


def lasting(result: CheckResult) -> list[tuple[str, str, int]]:
    """Vault, address and days of each lock that nobody can undo."""
    return [(one.vault, one.declaration.address, one.days) for one in result.lasting]


def test_a_lock_that_nobody_can_undo_is_said_with_its_days(check: Check, tmp_path: Path) -> None:
    """Of a vault that is made or locked anew; neither a governance lock, nor what does not change."""
    gapped = Plan().add(
        "aws_backup_logically_air_gapped_backup_vault.safe",
        name="safe",
        min_retention_days=7,
        max_retention_days=35,
    )
    address = "aws_backup_logically_air_gapped_backup_vault.safe"

    assert lasting(check(vault(Plan(), changeable_for_days=30).first())) == [
        ("main", "aws_backup_vault.main", 30)
    ]
    assert lasting(check(yaml_value(tmp_path, changed()), region=REGION)) == [(f"main-{REGION}", "Main", 3)]
    assert lasting(check(gapped.first())) == [("safe", address, 0)]
    assert lasting(check(vault(Plan(), changeable_for_days=None).first())) == []
    assert lasting(check(vault(Plan(), changeable_for_days=30).second())) == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("terminal", "for good: {said}"),
        ("markdown", "- For good: `{said}`"),
        ("sarif", '"level":"warning","message":{{"text":"{said}"}}'),
        ("json", '"days": 3'),
    ],
)
def test_formats_say_that_a_lock_is_for_good(check: Check, name: str, shown: str) -> None:
    """Beside the findings."""
    plan = volume(vault(Plan()), "data", backup_tier="gold")
    backup_plan(plan, "gold")
    made = next(one for one in FORMATS if one.name == name)
    result = check(plan.first())
    said = (
        f"nobody can undo the lock of vault main (aws_backup_vault.main, {result.inputs[0]['file']}) from "
        "3 days after it is made on"
    )
    text = made().render(CheckSource(result, lambda _: None)).decode()
    assert shown.format(said=said) in text
