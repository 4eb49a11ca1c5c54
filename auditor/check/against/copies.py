"""The copies that plans promise a resource, before and after a change."""

from collections.abc import Iterator, Mapping
from typing import Final

from auditor.check.difference import Aspect
from auditor.model.calendar import FOREVER

#: The retention of copies in days by account and Region, None where it is not known.
Copies = Mapping[tuple[str, str], int] | None

_NONE: Final = "none"
_UNKNOWN: Final = "unknown"


def copy_aspects(before: Copies, after: Copies) -> Iterator[Aspect]:
    """What is another of them."""
    if before != after:
        worse = before is not None and after is not None and _fewer(before, after)
        yield Aspect("copy", _copied(before), _copied(after), worse, unknown=after is None)


def kept_for(days: int | None) -> str:
    """A retention in words."""
    if days is None:
        return _UNKNOWN
    return "for ever" if days >= FOREVER else f"{days} days"


def _fewer(before: Mapping[tuple[str, str], int], after: Mapping[tuple[str, str], int]) -> bool:
    """Whether a copy is gone, or kept for less."""
    return any(after.get(place, 0) < days for place, days in before.items())


def _copied(copies: Copies) -> str:
    if copies is None:
        return _UNKNOWN
    found = (f"{account} {region} {kept_for(days)}" for (account, region), days in sorted(copies.items()))
    return ", ".join(found) or _NONE
