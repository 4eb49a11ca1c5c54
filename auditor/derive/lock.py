"""What a vault lock is and what it forbids (aws-backup.md 4.7).

The `Locked` flag alone says neither the mode nor whether it can still be removed: a lock is in compliance
mode if and only if it has a lock date, and nobody can remove it from that date on.
"""

from datetime import datetime
from typing import Final, Literal

from auditor.model.plans import Lifecycle
from auditor.model.vaults import VaultLock

LockMode = Literal["none", "governance", "compliance"]
Violation = Literal["below_minimum", "above_maximum", "never_expires"]

#: The modes, the weakest first.
STRICTNESS: Final[tuple[str, ...]] = ("none", "governance", "compliance")


def lock_mode(lock: VaultLock) -> LockMode:
    """The lock's mode, whether or not its grace time is over."""
    if lock.air_gapped:
        return "compliance"
    if not lock.locked:
        return "none"
    return "governance" if lock.lock_date is None else "compliance"


def in_force(lock: VaultLock, as_of: datetime) -> bool:
    """Whether the lock holds at `as_of` (aware) in its own mode.

    A governance lock holds as soon as it is there; a compliance lock from its lock date on: until then it can
    be removed like a governance lock. That of a logically air-gapped vault always holds.
    """
    due = lock.lock_date is None or lock.lock_date <= as_of
    return lock.air_gapped or (bool(lock.locked) and due)


def violations(lifecycle: Lifecycle, lock: VaultLock) -> tuple[Violation, ...]:
    """Why the lock makes a job with this lifecycle fail; empty when it does not. Both bounds are included.

    A lifecycle without end breaks a maximum and satisfies a minimum.
    """
    if lock_mode(lock) == "none":
        return ()
    days, least, most = lifecycle.delete_after_days, lock.min_retention_days, lock.max_retention_days
    if days is None:
        return ("never_expires",) if most is not None else ()
    found: list[Violation] = []
    if least is not None and days < least:
        found.append("below_minimum")
    if most is not None and days > most:
        found.append("above_maximum")
    return tuple(found)
