"""The change of a vault's lock (aws-backup.md 4.7). A lock is never removed and its mode never weakened."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from auditor.derive.lock import in_force, lock_mode
from auditor.model.vaults import VaultLock
from auditor.push.changes import Action, Change, ChangeKind


def lock_change(
    new: partial[Change], vault: str, desired: dict[str, Any], present: VaultLock | None, as_of: datetime
) -> Change:
    """Compare the lock of `vault` (None: there is no such vault yet) with the desired one at `as_of`."""
    mode = desired["mode"]
    present = present or VaultLock(locked=False)
    change = partial(new, ChangeKind.LOCK, vault, before=_document(present), parent=vault)
    if mode == "none":
        kept = (f"Vault {vault} has a lock that its tier does not ask for; it is kept.",)
        return change(Action.NONE, after=_document(present), warnings=kept if present.locked else ())
    after = {
        "MinRetentionDays": desired["min_retention_days"],
        "MaxRetentionDays": desired.get("max_retention_days"),
        "ChangeableForDays": desired.get("changeable_for_days"),
    }
    after = {key: value for key, value in after.items() if value is not None}
    there = lock_mode(present)
    same_range = (present.min_retention_days, present.max_retention_days) == (
        desired["min_retention_days"],
        desired.get("max_retention_days"),
    )
    if same_range and there in (mode, "compliance"):
        return change(Action.NONE, after=after)
    planned = change(
        Action.UPDATE if present.locked else Action.CREATE, after=after, warnings=_warnings(vault, desired)
    )
    if there == "compliance" and in_force(present, as_of):
        return planned.failed(
            f"The compliance lock of vault {vault} is in force since {_date(present)} and nobody can change "
            "it: put the tier's retention and lock back to what it is, or choose another "
            "organization.name_prefix in parameters.yaml."
        )
    if there == "compliance" and mode == "governance":
        return planned.failed(
            f"Vault {vault} has a compliance lock, which is stronger than the governance lock of its tier: "
            f"delete the lock before {_date(present)}, or ask for lock: compliance in tiers.yaml."
        )
    return planned


def _warnings(vault: str, desired: dict[str, Any]) -> tuple[str, ...]:
    if desired["mode"] != "compliance":
        return ()
    least, most = desired["min_retention_days"], desired.get("max_retention_days")
    kept = f"{least} to {most}" if most else f"{least} or more"
    warning = (
        f"The compliance lock of vault {vault} is irreversible: {desired['changeable_for_days']} days after "
        "it is set nobody, neither the account's root user nor AWS, can alter or remove it, and what the "
        f"vault holds is kept {kept} days, whatever happens."
    )
    return (warning,)


def _date(lock: VaultLock) -> str:
    return f"{lock.lock_date.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if lock.lock_date else "its lock date"


def _document(lock: VaultLock) -> dict[str, Any] | None:
    """The lock as DescribeBackupVault shows it; None without one."""
    if not lock.locked:
        return None
    document = {
        "MinRetentionDays": lock.min_retention_days,
        "MaxRetentionDays": lock.max_retention_days,
        "LockDate": lock.lock_date,
    }
    return {key: value for key, value in document.items() if value is not None}
