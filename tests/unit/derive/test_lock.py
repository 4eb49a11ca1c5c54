"""Vault locks: mode, force, and what they refuse."""

from datetime import UTC, datetime, timedelta

import pytest

from auditor.derive.lock import in_force, lock_mode, violations
from auditor.model.plans import Lifecycle
from auditor.model.vaults import VaultLock

NOW = datetime(2026, 2, 1, tzinfo=UTC)
TICK = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("lock", "mode", "holds"),
    [
        (VaultLock(locked=False), "none", False),
        (VaultLock(locked=False, lock_date=NOW - TICK), "none", False),
        (VaultLock(locked=True), "governance", True),
        (VaultLock(locked=True, lock_date=NOW + TICK), "compliance", False),
        (VaultLock(locked=True, lock_date=NOW), "compliance", True),
        (VaultLock(locked=True, lock_date=NOW - TICK), "compliance", True),
    ],
)
def test_mode_and_force(lock: VaultLock, mode: str, *, holds: bool) -> None:
    """The lock date makes the mode and begins the force; the flag alone says neither."""
    assert (lock_mode(lock), in_force(lock, NOW)) == (mode, holds)


@pytest.mark.parametrize(
    ("days", "least", "most", "expected"),
    [
        (35, 35, 90, ()),
        (34, 35, 90, ("below_minimum",)),
        (90, 35, 90, ()),
        (91, 35, 90, ("above_maximum",)),
        (None, 35, 90, ("never_expires",)),
        (None, 35, None, ()),
        (None, None, None, ()),
        (1, None, 90, ()),
        (36500, 35, None, ()),
        (50, 60, 40, ("below_minimum", "above_maximum")),
    ],
)
def test_a_lifecycle_must_lie_inside_the_range(
    days: int | None, least: int | None, most: int | None, expected: tuple[str, ...]
) -> None:
    """Both bounds are included; no end breaks a maximum only."""
    assert violations(Lifecycle(days), VaultLock(True, least, most)) == expected  # noqa: FBT003 -- compliance, governance
    assert violations(Lifecycle(days), VaultLock(False, least, most)) == ()  # noqa: FBT003 -- compliance, governance
