"""Milliseconds since 1970, the database's time, to what the API and the standard library speak. All UTC."""

from datetime import UTC, datetime
from typing import Final

DAY_MS: Final = 86_400_000
MINUTE_MS: Final = 60_000


def to_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970 of an aware datetime."""
    return round(moment.timestamp() * 1000)


def to_datetime(ms: int) -> datetime:
    """The UTC datetime of milliseconds since 1970."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def seconds(ms: int) -> float:
    """Seconds since 1970, as the API writes times."""
    return ms / 1000


def optional_seconds(ms: int | None) -> float | None:
    """Seconds since 1970, None for None."""
    return None if ms is None else ms / 1000


def from_seconds(value: float) -> int:
    """Whole milliseconds of seconds since 1970."""
    return round(value * 1000)
