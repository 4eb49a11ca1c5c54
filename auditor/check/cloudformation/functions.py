"""What is said of values of a template, whichever template it is: texts, functions, and what is not known.

Source: CloudFormation user guide, "Intrinsic function reference".
"""

from collections.abc import Mapping
from typing import Any, Final

Json = Any

#: Source: user guide, "Get values stored in other services using dynamic references"; DescribeChangeSet.
_LATER: Final = {"{{resolve:": "a dynamic reference", "{{changeSet:": "what AWS will make"}
#: Which a program that sends a template may have put in place, and CloudFormation does not know.
_MERGE: Final = "<<"
#: How long a text may become.
_MOST_TEXT: Final = 10_000


class UnknownInTemplate(Exception):  # noqa: N818 -- named for what it says of a value
    """What a template does not tell, such as "Ref Tier"."""


def as_text(value: Json) -> str:
    """A value as CloudFormation compares and joins it: as a text, flags in small letters."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int):  # of 1.10 it is not known how it was written
        raise UnknownInTemplate("a value that is no text")
    return str(value)


def static(value: Json) -> Json:
    """A value, if it is no reference that CloudFormation looks up when it makes the resource."""
    for later in (said for start, said in _LATER.items() if isinstance(value, str) and start in value):
        raise UnknownInTemplate(later)
    return value


def is_later(value: Json) -> bool:
    """Whether a part of a value of a change set is known only when that is executed."""
    return any(start in repr(value) for start in _LATER)


def functions_of(value: Mapping[str, Json]) -> list[str]:
    """The keys of an object of which other keys may come: functions, and merges of YAML."""
    return [name for name in value if name.startswith("Fn::") or name == _MERGE]


def refuse_functions(value: Mapping[str, Json]) -> None:
    """Raise `UnknownInTemplate` where a key of an object is a function: other keys may come of it."""
    for name in functions_of(value):
        raise UnknownInTemplate(name)


def short(text: str) -> str:
    """A text, if it is no longer than a value may be. Raises `UnknownInTemplate`."""
    if len(text) > _MOST_TEXT:
        raise UnknownInTemplate(f"a text of more than {_MOST_TEXT} characters")
    return text
