"""Durations as the sample organization's files write them."""

import re
from datetime import timedelta
from typing import Final

from auditor.model.errors import UsageError

_DURATION: Final = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")


def duration(text: str) -> timedelta:
    """Read an ISO 8601 duration of days, hours and minutes."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise UsageError(
            f"{text[:100]!r} is not a duration; write days, hours and minutes like P33DT12H or PT30M."
        )
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)
