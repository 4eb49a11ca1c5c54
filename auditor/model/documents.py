"""Read AWS's JSON documents: null means absent, and an error names what cannot be understood.

A document of the API may hold less than its shape promises, or something else. Whatever it holds, the only
error that these functions raise is `UnreadableDocument`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

#: Longer than any window (52,560,000 minutes) and any retention (36,500 days) of AWS Backup.
_MOST: Final = 100_000_000


class UnreadableDocument(ValueError):  # noqa: N818 -- named for what it says of the document
    """A document that cannot be understood; the message is a clause such as "Lifecycle is not an object"."""


def mapping(value: object, what: str) -> Mapping[str, Any]:
    """An object; null is an empty one."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return value
    raise UnreadableDocument(f"{what} is not an object")


def entries(value: object, what: str) -> Sequence[Any]:
    """A list; null is an empty one."""
    if value is None:
        return ()
    if isinstance(value, list | tuple):
        return value
    raise UnreadableDocument(f"{what} is not a list")


def text(value: object, what: str) -> str:
    """A text; null is an empty one."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    raise UnreadableDocument(f"{what} is not a text")


def needed(value: object, what: str) -> str:
    """A text that must be there."""
    found = text(value, what)
    if not found:
        raise UnreadableDocument(f"{what} is missing")
    return found


def flag(value: object, what: str) -> bool:
    """True or false; null is false."""
    if value is None or isinstance(value, bool):
        return bool(value)
    raise UnreadableDocument(f"{what} is neither true nor false")


def whole(value: object, what: str) -> int | None:
    """A whole number that is not negative, or -1; null is None."""
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and -1 <= value <= _MOST:
        number = int(value)
        if number == value:
            return number
    raise UnreadableDocument(f"{what} is not a whole number that can be")
