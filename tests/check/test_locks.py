"""Locks of vaults that AWS Backup refuses: which lock there will be is not known."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.check.conftest import Check, messages, said_of
from tests.check.terraform import Plan, backup_plan, by_tag, selection, vault
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
