"""Items of an answer whose members may be missing or of another type than the API's model says."""

import re
from typing import Any, Final

from auditor.model.calendar import END_MS, FIRST_MS, MOST_DAYS

#: A time as the parsers of answers give it: seconds since the epoch.
SECONDS: Final = (int, float)

#: arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE; Region and account may be empty.
_ARN: Final = re.compile(r"arn:[^:\s]+:[^:\s]+:[^:\s]*:[^:\s]*:\S")


def member(item: Any, name: str, kind: type | tuple[type, ...] = str) -> Any:
    """Give a member that must be there; raises one of `MALFORMED` where it is not, or is of another type.

    A text has at least one character. True and false are no numbers.
    """
    value = item[name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"its {name} is of another type than the API says")
    if kind is SECONDS and not is_time(value):
        raise ValueError(f"its {name} is not a time")
    if value == "":
        raise ValueError(f"its {name} is empty")
    return value


def is_time(seconds: Any) -> bool:
    """Whether a number of seconds since the epoch is a time within the range that we accept."""
    return bool(FIRST_MS <= 1000 * seconds < END_MS)


def arn(item: Any, name: str) -> str:
    """Give a member that must be an ARN; raises as `member` does."""
    value: str = member(item, name)
    if not _ARN.match(value):
        raise ValueError(f"its {name} is not an ARN")
    return value


def days(item: Any, name: str) -> int | None:
    """Give a number of days that may be missing or null; raises as `member` does."""
    value: int | None = optional(item, name, int)
    if value is not None and abs(value) > MOST_DAYS:
        raise ValueError(f"its {name} is not a number of days")
    return value


def tags(item: Any, name: str) -> list[dict[str, str]]:
    """Give the tags in a list of Key and Value that may be missing; raises as `member` does."""
    listed = optional(item, name, list) or ()
    return [{"Key": member(tag, "Key"), "Value": _value(tag)} for tag in listed]


def name_tag(item: Any, name: str) -> str:
    """Give the value of the tag Name in such a list; "" where there is none."""
    return next((tag.get("Value") or "" for tag in item.get(name, ()) if tag["Key"] == "Name"), "")


def _value(tag: Any) -> str:
    """A tag's value, which may be empty or missing."""
    return "" if tag.get("Value") in (None, "") else str(member(tag, "Value"))


def each(item: Any, name: str, kind: type | tuple[type, ...] = str) -> list[Any]:
    """Give what is in a list that may be missing or null; raises as `member` does, of each of it too."""
    return [member({name: one}, name, kind) for one in optional(item, name, list) or ()]


def optional(item: Any, name: str, kind: type | tuple[type, ...] = str) -> Any:
    """Give a member that may be missing or null: None then; raises as `member` does."""
    return None if item.get(name) is None else member(item, name, kind)
