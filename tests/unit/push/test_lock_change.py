"""A lock is set, tightened or left alone; what cannot be is said."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from auditor.model.vaults import VaultLock
from auditor.push.changes import Action, Change, ChangeStatus
from auditor.push.lock_change import lock_change

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
NEW = partial(Change, "111122223333", "shop", "eu-central-1")
COMPLIANCE: dict[str, Any] = {
    "mode": "compliance",
    "min_retention_days": 35,
    "max_retention_days": 90,
    "changeable_for_days": 3,
}
GOVERNANCE: dict[str, Any] = {"mode": "governance", "min_retention_days": 35}


def lock(least: int | None, most: int | None, date: datetime | None = None) -> VaultLock:
    """A lock that is there."""
    return VaultLock(locked=True, min_retention_days=least, max_retention_days=most, lock_date=date)


def test_a_new_compliance_lock_says_that_it_is_irreversible() -> None:
    """The change has the API's members and the warning."""
    change = lock_change(NEW, "backup-gold", COMPLIANCE, None, NOW)
    assert (change.action, change.before, change.after, change.warnings) == (
        Action.CREATE,
        None,
        {"MinRetentionDays": 35, "MaxRetentionDays": 90, "ChangeableForDays": 3},
        (
            (
                "The compliance lock of vault backup-gold is irreversible: 3 days after it is set nobody, "
                "neither the account's root user nor AWS, can alter or remove it, and what the vault holds "
                "is kept 35 to 90 days, whatever happens."
            ),
        ),
    )


def test_a_governance_lock_warns_of_nothing_and_has_no_maximum_where_none_is_asked() -> None:
    """It can be taken away again."""
    change = lock_change(NEW, "v", GOVERNANCE, VaultLock(locked=False), NOW)
    assert (change.action, change.after, change.warnings) == (Action.CREATE, {"MinRetentionDays": 35}, ())


@pytest.mark.parametrize(
    ("desired", "present"),
    [
        (COMPLIANCE, lock(35, 90, NOW + timedelta(days=3))),
        (COMPLIANCE, lock(35, 90, NOW - timedelta(days=3))),
        (GOVERNANCE, lock(35, None)),
        (GOVERNANCE, lock(35, None, NOW - timedelta(days=3))),
        ({"mode": "none"}, VaultLock(locked=False)),
    ],
)
def test_a_lock_that_is_as_it_must_be_or_stronger_is_left(
    desired: dict[str, Any], present: VaultLock
) -> None:
    """A grace time that runs is not begun again; compliance satisfies governance."""
    change = lock_change(NEW, "v", desired, present, NOW)
    assert (change.action, change.outcome, change.warnings) == (Action.NONE, ChangeStatus.PLANNED, ())


def test_a_lock_that_nobody_asked_for_is_kept_and_named() -> None:
    """Push never removes a lock."""
    change = lock_change(NEW, "v", {"mode": "none"}, lock(7, 30), NOW)
    assert (change.action, change.warnings) == (
        Action.NONE,
        ("Vault v has a lock that its tier does not ask for; it is kept.",),
    )


@pytest.mark.parametrize(
    "present",
    [lock(35, 90), lock(30, 90, NOW + timedelta(seconds=1)), lock(35, None, NOW + timedelta(days=1))],
)
def test_a_lock_is_updated_while_it_can_be(present: VaultLock) -> None:
    """A governance lock at any time, a compliance lock until its lock date."""
    change = lock_change(NEW, "v", COMPLIANCE, present, NOW)
    assert (change.action, change.outcome, len(change.warnings)) == (Action.UPDATE, ChangeStatus.PLANNED, 1)


def test_a_different_lock_past_its_date_is_a_failed_change() -> None:
    """From the lock date on, that moment included, nobody can alter it."""
    change = lock_change(NEW, "v", COMPLIANCE, lock(30, 90, NOW), NOW)
    assert (change.outcome, change.error) == (
        ChangeStatus.FAILED,
        (
            "The compliance lock of vault v is in force since 2026-01-05 12:00 UTC and nobody can change "
            "it: put the tier's retention and lock back to what it is, or choose another "
            "organization.name_prefix in parameters.yaml."
        ),
    )


def test_a_compliance_lock_in_its_grace_time_is_not_weakened() -> None:
    """To governance, only a person may take it."""
    change = lock_change(NEW, "v", GOVERNANCE, lock(30, 90, NOW + timedelta(days=1)), NOW)
    assert (change.outcome, change.error) == (
        ChangeStatus.FAILED,
        (
            "Vault v has a compliance lock, which is stronger than the governance lock of its tier: delete "
            "the lock before 2026-01-06 12:00 UTC, or ask for lock: compliance in tiers.yaml."
        ),
    )
