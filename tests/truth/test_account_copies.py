"""Copies in other accounts: those that arrived and are kept, and places that nobody read."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import audit
from tests.loopback.faults import denied
from tests.loopback.standing import (
    ACCOUNT,
    AS_OF,
    AWAY,
    HOME,
    PLAN,
    VOLUME,
    World,
    copy_action,
    standing,
    vault_arn,
)

COPY, OTHER, CLOSED = "BKP-ISO-002", "444455556666", "555566667777"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TIER = {"account_copy": {"retention_days": 7}}
SAME_REGION, SAME_ACCOUNT = vault_arn("far", HOME, OTHER), vault_arn("far", AWAY)


def copied(vault: str = SAME_REGION, age: timedelta = DAY, keep: int = 7) -> World:
    """The standing volume in an organization of two accounts, with one copy in a vault."""
    world = standing(14)
    world.account(OTHER, "vaults")
    world.copied(AS_OF - age, vault, keep=keep)
    return world


@pytest.mark.parametrize(
    ("world", "verdict", "codes"),
    [
        (copied(), "COMPLIANT", []),
        (copied(vault_arn("far", AWAY, OTHER)), "COMPLIANT", []),
        (copied(SAME_ACCOUNT), "NON_COMPLIANT", ["no_copy"]),
        (copied(age=52 * HOUR), "COMPLIANT", []),
        (copied(age=53 * HOUR), "NON_COMPLIANT", ["newest_copy_too_old"]),
        (copied(keep=6), "NON_COMPLIANT", ["copy_deleted_too_early"]),
    ],
    ids=["same Region", "another Region", "same account", "two RPOs", "older", "too briefly"],
)
def test_a_copy_counts_where_it_lies_in_another_account(
    tmp_path: Path, world: World, verdict: str, codes: list[str]
) -> None:
    """In whichever Region; one in another Region of the same account is none."""
    found = audit(world, tmp_path, tier=TIER, accounts="organization")

    assert (found.verdict(COPY, VOLUME), found.codes(COPY, VOLUME)) == (verdict, codes)


def test_a_tier_that_asks_for_none_is_not_judged(tmp_path: Path) -> None:
    """A copy in another Region is another demand."""
    found = audit(copied(), tmp_path, tier={"copy": {"retention_days": 7}}, accounts="organization")

    assert found.verdict(COPY, VOLUME) == "NOT_APPLICABLE"
    assert found.verdict("BKP-ISO-001", VOLUME) == "NON_COMPLIANT"


def test_an_account_that_was_not_read_leaves_it_open(tmp_path: Path) -> None:
    """A plan copies there, and what lies there is not known: neither a pass nor a finding."""
    world = standing(14, CopyActions=[copy_action(vault_arn("far", HOME, CLOSED))])
    found = audit(world, tmp_path, tier=TIER)

    (reason,) = found.reasons(COPY, VOLUME)
    assert (found.verdict(COPY, VOLUME), reason.code) == ("INSUFFICIENT_DATA", "evidence_gap")


def test_a_refusal_elsewhere_leaves_a_copy_that_was_seen(tmp_path: Path) -> None:
    """More copies take nothing away."""
    found = audit(
        copied(),
        tmp_path,
        tier=TIER,
        accounts="organization",
        faults=[denied("ListRecoveryPointsByBackupVault", account_id=OTHER, region=AWAY)],
    )

    assert found.verdict(COPY, VOLUME) == "COMPLIANT"


def test_the_cause_is_the_plan_that_copies_nowhere_else(tmp_path: Path) -> None:
    """A copy into another Region of the account is no copy into another account."""
    world = standing(14, CopyActions=[copy_action(SAME_ACCOUNT)])
    found = audit(world, tmp_path, tier=TIER)

    (reason,) = found.reasons(COPY, VOLUME)
    assert reason.evidence["account_copies"]["cause"] == {"kind": "plan", "name": PLAN, "why": "no_copy_rule"}


@pytest.mark.long
@pytest.mark.parametrize(
    ("account", "lock", "verdict", "codes"),
    [
        (OTHER, {"Locked": True, "LockDate": AS_OF}, "COMPLIANT", []),
        (ACCOUNT, {"Locked": True, "LockDate": AS_OF}, "NON_COMPLIANT", ["no_own_key"]),
        (OTHER, {"Locked": True}, "NON_COMPLIANT", ["vault_not_locked"]),
        ("", {"Locked": True, "LockDate": AS_OF}, "INSUFFICIENT_DATA", ["evidence_gap"]),
    ],
)
def test_the_key_and_the_lock_that_a_copy_lies_under(
    tmp_path: Path, account: str, lock: dict[str, Any], verdict: str, codes: list[str]
) -> None:
    """As the tier demands them; a copy of which AWS Backup names no key leaves it open."""
    world = copied()
    (point,) = world.at(HOME, OTHER).recovery_points["far"]
    point["EncryptionKeyArn"] = f"arn:aws:kms:{HOME}:{account}:key/one"
    if not account:
        del point["EncryptionKeyArn"]
    (vault,) = world.at(HOME, OTHER).vaults
    vault |= lock
    tier = {"account_copy": {"retention_days": 7, "under": {"own_key": True, "lock": "compliance"}}}
    found = audit(world, tmp_path, tier=tier, accounts="organization")

    assert (found.verdict("BKP-ISO-006", VOLUME), found.codes("BKP-ISO-006", VOLUME)) == (verdict, codes)
    assert found.verdict(COPY, VOLUME) == "COMPLIANT"


BOTH = vault_arn("far", AWAY, OTHER)
LONG_THERE = {
    "copy": {"retention_days": 14, "retention_max_days": 30},
    "account_copy": {"retention_days": 365},
}
SHORT_THERE = {
    "copy": {"retention_days": 35},
    "account_copy": {"retention_days": 7, "retention_max_days": 90},
}


@pytest.mark.parametrize(
    ("tier", "vault", "keep", "verdicts"),
    [
        (LONG_THERE, SAME_REGION, 365, ("COMPLIANT", "NOT_APPLICABLE")),
        (LONG_THERE, SAME_REGION, 364, ("NON_COMPLIANT", "NOT_APPLICABLE")),
        (LONG_THERE, SAME_ACCOUNT, 31, ("COMPLIANT", "NON_COMPLIANT")),
        (LONG_THERE, BOTH, 365, ("COMPLIANT", "NOT_APPLICABLE")),
        (LONG_THERE, BOTH, 13, ("NON_COMPLIANT", "NOT_APPLICABLE")),
        (SHORT_THERE, SAME_REGION, 7, ("COMPLIANT", "COMPLIANT")),
        (SHORT_THERE, SAME_REGION, 91, ("COMPLIANT", "NON_COMPLIANT")),
        (SHORT_THERE, SAME_ACCOUNT, 34, ("NON_COMPLIANT", "NOT_APPLICABLE")),
        (SHORT_THERE, BOTH, 7, ("COMPLIANT", "NOT_APPLICABLE")),
        (TIER, SAME_REGION, 6, ("NON_COMPLIANT", "NOT_APPLICABLE")),
        (TIER, SAME_ACCOUNT, 6, ("NOT_APPLICABLE", "NOT_APPLICABLE")),
    ],
)
@pytest.mark.parametrize("named", [True, False], ids=["source named", "source not named"])
def test_a_copy_is_held_against_the_demand_for_its_kind(
    tmp_path: Path, tier: dict[str, Any], vault: str, keep: int, verdicts: tuple[str, str], *, named: bool
) -> None:
    """Kept for long enough (BKP-RET-002) and not for too long (BKP-RET-005), by where it lies."""
    world = copied(vault, keep=keep)
    _, _, _, region, account_id, _ = vault.split(":", 5)
    (point,) = world.at(region, account_id).recovery_points["far"]
    if not named:
        del point["SourceBackupVaultArn"]
    found = audit(world, tmp_path, tier=tier, accounts="organization")

    arn = point["RecoveryPointArn"]
    assert (found.verdict("BKP-RET-002", arn), found.verdict("BKP-RET-005", arn)) == verdicts
