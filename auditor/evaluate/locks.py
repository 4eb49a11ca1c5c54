"""What the lock of a vault was at `as_of`, as far as a later reading of it can tell."""

from datetime import datetime
from typing import Any

from auditor.derive.lock import in_force, lock_mode
from auditor.evaluate.scope import ScopeFacts
from auditor.evaluate.times import epoch_ms, rfc3339
from auditor.model.vaults import VaultLock


def known_then(lock: VaultLock, as_of: datetime, *, past: bool) -> bool:
    """Whether it is known how the lock was at `as_of`; `past`: it was read long after `as_of`.

    A compliance lock that was in force at `as_of` cannot have changed since. A governance lock has no date
    and can have been put, changed or taken away at any time, and so can a compliance lock before its date.
    """
    if lock.locked is None:
        return False
    return not past or lock.air_gapped or (lock.lock_date is not None and in_force(lock, as_of))


def lock_gap(scope: ScopeFacts, arn: str, lock: VaultLock) -> tuple[str, ...]:
    """The id of the gap for which it is not known how the lock of a vault was at `as_of`; () where it is."""
    if known_then(lock, scope.as_of, past=scope.past):
        return ()
    if lock.locked is None:
        said = f"The answer does not say whether vault {arn} is locked."
        return (scope.unknown("ListBackupVaults", "Unreadable", arn, said),)
    said = (
        f"The lock of vault {arn} was read long after as_of, and may have been put, changed or taken away in "
        "between."
    )
    return (scope.unknown("ListBackupVaults", "ReadLater", arn, said),)


def lock_facts(lock: VaultLock, as_of: datetime, *, past: bool) -> dict[str, Any]:
    """The lock's mode, dates and range; where they are not known, that no compliance lock was in force.

    Nothing of a lock of which the answer does not say whether it is there.
    """
    if lock.locked is None:
        return {}
    if not known_then(lock, as_of, past=past):
        return {"compliance_in_force": False}
    mode, holds = lock_mode(lock), in_force(lock, as_of)
    facts: dict[str, Any] = {
        "mode": mode,
        "in_force": holds,
        "compliance_in_force": holds and mode == "compliance",
    }
    if lock.lock_date is not None:
        facts["lock_date"] = rfc3339(epoch_ms(lock.lock_date))
    return facts | retention_range(lock)


def retention_range(lock: VaultLock) -> dict[str, int]:
    """The retentions that a lock admits, without ends that it leaves open or that are impossible (`odd`)."""
    ends = {"min_retention_days": lock.min_retention_days, "max_retention_days": lock.max_retention_days}
    return {name: days for name, days in ends.items() if days is not None and days >= 0}


def odd(lock: VaultLock) -> bool:
    """Whether an end of its range is impossible: a negative number of days."""
    return any(days is not None and days < 0 for days in (lock.min_retention_days, lock.max_retention_days))
