"""Locks of vaults as inputs declare them (aws-backup.md 4.7)."""

from datetime import UTC, datetime
from typing import Final

from auditor.model.documents import UnreadableDocument
from auditor.model.vaults import VaultLock

#: What AWS Backup takes.
_LEAST_GRACE, _MOST_DAYS = 3, 36_500
#: The date of a compliance lock that is only declared: after every time that is judged.
_LATER: Final = datetime(2199, 12, 31, tzinfo=UTC)


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
    )
