"""The organization in an audit: whether AWS Backup copies between its accounts, where a tier demands it."""

from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, World, standing

CONTROL, READ, SETTING = "BKP-ISO-007", "DescribeGlobalSettings", "isCrossAccountBackupEnabled"
DEMANDED: dict[str, Any] = {"account_copy": {"retention_days": 7}}
MEMBER = "444455556666"


def world(**settings: str) -> World:
    """An organization of two accounts with these settings."""
    made = standing()
    made.account(MEMBER, "vaults")
    made.global_settings = settings
    return made


def said(found: Judgement) -> tuple[list[str], list[str]]:
    """The verdicts of the control, and the accounts that were asked for the settings."""
    verdicts = [one for (control, _), one in found.verdicts.items() if control == CONTROL]
    return verdicts, [call.account_id for call in found.calls if call.operation == READ]


def test_copies_between_accounts_that_are_off_are_found(tmp_path: Path) -> None:
    """By one call to the account that manages the organization."""
    found = audit(world(**{SETTING: "false"}), tmp_path, tier=DEMANDED, accounts="organization")

    assert said(found) == (["NON_COMPLIANT"], [ACCOUNT])
    (arn,) = (arn for control, arn in found.verdicts if control == CONTROL)
    assert arn.startswith(f"arn:aws:organizations::{ACCOUNT}:organization/o-")
    message = "copies between its accounts are turned off; daily demand copies in another account"
    assert [one.message for one in found.reasons(CONTROL, arn)] == [message]


@pytest.mark.long
def test_copies_that_are_on_and_what_is_not_known(tmp_path: Path) -> None:
    """An answer without the setting says nothing; one of another form, and a denied call, are gaps."""
    for settings, verdict in (
        ({SETTING: "true"}, "COMPLIANT"),
        ({}, "INSUFFICIENT_DATA"),
        ({SETTING: "perhaps"}, "INSUFFICIENT_DATA"),
    ):
        found = audit(world(**settings), tmp_path, tier=DEMANDED, accounts="organization")
        assert said(found) == ([verdict], [ACCOUNT])
    found = audit(world(), tmp_path, tier=DEMANDED, accounts="organization", faults=[denied(READ)])
    assert said(found)[0] == ["INSUFFICIENT_DATA"]
    assert [(gap["account_id"], gap["region"], gap["operation"]) for gap in found.gaps] == [
        (ACCOUNT, "", READ)
    ]


@pytest.mark.long
def test_a_delegated_administrator_asks_the_management_account(tmp_path: Path) -> None:
    """What the setting is called there counts; where its role cannot be taken on, nobody knows."""
    made = world(**{SETTING: "true"})
    made.caller = MEMBER
    asked: dict[str, Any] = {"tier": DEMANDED, "accounts": "organization"}
    assert said(audit(made, tmp_path, **asked)) == (["COMPLIANT"], [ACCOUNT])
    found = audit(made, tmp_path, **asked, faults=[denied("AssumeRole", account_id=ACCOUNT)])
    assert said(found) == (["INSUFFICIENT_DATA"], [])


@pytest.mark.long
def test_where_nothing_asks_for_it_nothing_is_read(tmp_path: Path) -> None:
    """No tier demands such copies, or only some accounts are audited."""
    for asked in ({"tier": {}, "accounts": "organization"}, {"tier": DEMANDED}):
        assert said(audit(world(), tmp_path, **asked)) == ([], [])
