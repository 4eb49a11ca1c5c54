"""Locks of vaults as inputs declare them (aws-backup.md 4.7)."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from auditor.check.declared import Declaration, DeclaredVault
from auditor.model.documents import UnreadableDocument
from auditor.model.vaults import VaultLock

#: What AWS Backup takes.
_LEAST_GRACE, _MOST_DAYS = 3, 36_500
#: The date of a compliance lock that is only declared: after every time that is judged.
_LATER: Final = datetime(2199, 12, 31, tzinfo=UTC)


class LastingLock(NamedTuple):
    """A lock that nobody can undo, and how many days it can be undone once it is there."""

    vault: str
    declaration: Declaration
    days: int

    def __str__(self) -> str:
        """As a sentence."""
        begun = f"{self.days:,} days after it is made" if self.days else "the moment it is made"
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


def lasting_locks(vaults: Iterable[DeclaredVault]) -> Iterator[LastingLock]:
    """The locks that nobody can undo, of vaults that are made or changed, or of which that is not told.

    A logically air-gapped vault is locked from the moment it is made (aws-backup.md 1.3).
    """
    for one in vaults:
        new = one.prior is None or one.prior.changes
        if new and not one.fault and (one.lock.air_gapped or one.lock.grace_days):
            days = 0 if one.lock.air_gapped else one.lock.grace_days or 0
            yield LastingLock(one.name, one.declaration, days)
