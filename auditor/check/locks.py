"""Locks of vaults as inputs declare them (aws-backup.md 4.7)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from auditor.check.declared import Declaration, DeclaredVault
from auditor.model.documents import UnreadableDocument, whole
from auditor.model.vaults import VaultLock

#: What AWS Backup takes.
_LEAST_GRACE, _MOST_DAYS = 3, 36_500
_DAY: Final = timedelta(days=1)
#: What the API calls a logically air-gapped vault.
AIR_GAPPED_TYPE: Final = "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"
#: The date of a compliance lock that is only declared: after every time that is judged.
_LATER: Final = datetime(2199, 12, 31, tzinfo=UTC)


class LastingLock(NamedTuple):
    """A lock that nobody can undo, and how many days it can be undone once it is there.

    Of one that is there, `date` is its lock date (UTC), and `days` are those that are left.
    """

    vault: str
    declaration: Declaration
    days: int
    date: datetime | None = None

    def __str__(self) -> str:
        """As a sentence."""
        begun = f"{self.days:,} days after it is made" if self.days else "the moment it is made"
        if self.date is not None:
            left = f"in {self.days:,} day{'s' if self.days > 1 else ''}"
            told = f"from {self.date:%Y-%m-%d} on, {left}" if self.days else f"since {self.date:%Y-%m-%d}"
            return (
                f"nobody can undo the lock of vault {self.vault} "
                f"({self.declaration.address}, {self.declaration.file}) {told}"
            )
        where = f"{self.declaration.address}, {self.declaration.file}"
        return f"nobody can undo the lock of vault {self.vault} ({where}) from {begun} on"


def declared_lock(
    least: int | None, most: int | None, *, changeable_for_days: int | None, air_gapped: bool = False
) -> VaultLock:
    """A lock of which only the range and the days of grace are declared.

    With days of grace it is a compliance lock, whose date is not known before it is there.

    Raises:
        UnreadableDocument: AWS Backup refuses it, so nobody knows which lock there will be.
    """
    given = (
        ("days of grace", changeable_for_days, _LEAST_GRACE),
        ("lowest retention", least, 1),
        ("highest retention", most, 1),
    )
    for named, days, fewest in given:
        if days is not None and not fewest <= days <= _MOST_DAYS:
            raise UnreadableDocument(
                f"{days:,} is no number for its {named}: AWS Backup takes {fewest} to {_MOST_DAYS:,} days"
            )
    if least is not None and most is not None and least > most:
        raise UnreadableDocument(f"its lowest retention, {least:,} days, is above its highest, {most:,}")
    return VaultLock(
        locked=True,
        min_retention_days=least,
        max_retention_days=most,
        lock_date=_LATER if changeable_for_days else None,
        air_gapped=air_gapped,
        grace_days=changeable_for_days,
    )


def described_lock(vault: Mapping[str, Any]) -> VaultLock:
    """The lock of an answer of DescribeBackupVault. Raises `UnreadableDocument`."""
    return VaultLock(
        locked=vault.get("Locked") is True,
        min_retention_days=whole(vault.get("MinRetentionDays"), "MinRetentionDays") or None,
        max_retention_days=whole(vault.get("MaxRetentionDays"), "MaxRetentionDays") or None,
        lock_date=_date(vault.get("LockDate")),
        air_gapped=vault.get("VaultType") == AIR_GAPPED_TYPE,
    )


def _date(value: object) -> datetime | None:
    """A time as the API writes it, in seconds, or as the command line does; in UTC."""
    if value is None:
        return None
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise UnreadableDocument("LockDate is no time")


def lasting_locks(vaults: Iterable[DeclaredVault], as_of: datetime) -> Iterator[LastingLock]:
    """The locks that nobody can undo, of vaults that are made or changed, or of which that is not told.

    Of a vault as it is, that is so from its lock date on (aws-backup.md 4.7). A logically air-gapped vault is
    locked from the moment it is made (aws-backup.md 1.3).
    """
    for one in vaults:
        date = one.lock.lock_date
        if one.now and one.lock.locked and date is not None:
            yield LastingLock(one.name, one.declaration, max(0, -((as_of - date) // _DAY)), date)
            continue
        if one.now:
            continue
        new = one.prior is None or one.prior.changes
        if new and not one.fault and (one.lock.air_gapped or one.lock.grace_days):
            days = 0 if one.lock.air_gapped else one.lock.grace_days or 0
            yield LastingLock(one.name, one.declaration, days)
