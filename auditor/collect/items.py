"""Items of an answer whose members may be missing or of another type than the API's model says."""

from typing import Any, Final

#: A time as the parsers of answers give it: seconds since the epoch.
SECONDS: Final = (int, float)


def member(item: Any, name: str, kind: type | tuple[type, ...] = str) -> Any:
    """Give a member that must be there; raises one of `MALFORMED` where it is not, or is of another type."""
    value = item[name]
    if not isinstance(value, kind):
        raise TypeError(f"its {name} is of another type than the API says")
    return value


def optional(item: Any, name: str, kind: type | tuple[type, ...] = str) -> Any:
    """Give a member that may be missing or null: None then; raises as `member` does."""
    return None if item.get(name) is None else member(item, name, kind)
