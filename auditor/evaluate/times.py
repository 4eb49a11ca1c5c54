"""The audited period, and time as the reports write it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(milliseconds: int) -> str:
    """A time in epoch milliseconds as RFC 3339 in UTC; fractions of a second only where there are any."""
    when = moment(milliseconds)
    text = when.isoformat(timespec="milliseconds" if when.microsecond else "seconds")
    return text.replace("+00:00", "Z")


def moment(milliseconds: int) -> datetime:
    """The aware time of epoch milliseconds, in UTC."""
    return _EPOCH + timedelta(milliseconds=int(milliseconds))


def day_ms(day: date) -> int:
    """Epoch milliseconds of the beginning of a day, UTC."""
    return epoch_ms(datetime.combine(day, time(), UTC))


def epoch_ms(when: datetime) -> int:
    """Epoch milliseconds of an aware time."""
    return (when - _EPOCH) // timedelta(milliseconds=1)


def long_after(read_ms: int, as_of_ms: int) -> bool:
    """Whether evidence was read so long after `as_of` that it may show what was not so then; both in ms."""
    return read_ms - as_of_ms > HOUR_MS


def parse(text: str) -> datetime:
    """An RFC 3339 time as the evidence and documents write it."""
    return datetime.fromisoformat(text).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """The audited time, [start, end] in epoch milliseconds; `end_ms` is `as_of`."""

    start_ms: int
    end_ms: int

    @classmethod
    def of(cls, start: datetime, end: datetime) -> Self:
        """From two aware times."""
        return cls(epoch_ms(start), epoch_ms(end))

    @property
    def as_of(self) -> str:
        """The end, as the controls see it."""
        return rfc3339(self.end_ms)
