"""What somebody says in an entry of a file: words, and days.

`wrong` makes the error about a key: it names the file and the line.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from auditor.model.errors import UsageError

Wrong = Callable[[str, str], UsageError]


def check_words(entry: Mapping[str, Any], told: Mapping[str, str], wrong: Wrong) -> None:
    """See that each key of `told`, with what it tells, has a letter or digit; raises what `wrong` makes."""
    for key, what in told.items():
        if not any(letter.isalnum() for letter in entry[key]):
            raise wrong(key, f"{key!r} says nothing; write {what}.")


def day_of(entry: Mapping[str, Any], key: str, wrong: Wrong) -> date:
    """The day of a key, UTC; raises what `wrong` makes."""
    try:
        return date.fromisoformat(entry[key])
    except ValueError:
        raise wrong(key, "write the day as YYYY-MM-DD.") from None
