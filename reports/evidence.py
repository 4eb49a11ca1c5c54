"""The evidence of a reason as lines that a reader can follow: job ids, recovery points, due times."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from reports.text import clip

Line = tuple[str, str]

#: What a reader looks for first in one of a list of facts; the others follow by name.
_FIRST: Final = ("due", "created_at", "state", "job_id", "recovery_point_arn")
_CONTAINERS: Final = (Mapping, list, tuple)
_SHORT: Final = 30
_NONE: Final = "\N{EN DASH}"


def lines(evidence: Mapping[str, Any], *, count: int, length: int) -> tuple[list[Line], int]:
    """Return (label, value) lines, at most `count` of `length` characters, and how many were left out.

    A list of facts such as slots becomes one line each, after the single facts, so that those are not left
    out first.
    """
    found = list(_walk("", evidence))
    shown = [(clip(label, 60), clip(value, length)) for label, value in found[:count]]
    return shown, max(0, len(found) - count)


def _walk(label: str, value: Any) -> Iterator[Line]:
    """Yield the lines of a value: single facts, then groups of facts, then lists of facts."""
    if isinstance(value, Mapping):
        single = [key for key in sorted(value) if not isinstance(value[key], _CONTAINERS)]
        # a group's short facts share a line; an ARN or an id has its own and is not cut
        shared = [key for key in single if label and len(_inline(value[key])) <= _SHORT]
        if shared:
            yield label, _inline({key: value[key] for key in shared})
        for key in (*(key for key in single if key not in shared), *_groups(value)):
            yield from _walk(f"{label} {_label(key)}".strip(), value[key])
    elif isinstance(value, (list, tuple)):
        if not value:
            yield label, _NONE
        for item in value:
            yield label, _inline(item)
    else:
        yield label, _inline(value)


def _groups(value: Mapping[str, Any]) -> list[str]:
    keys = (key for key in value if isinstance(value[key], _CONTAINERS))
    return sorted(keys, key=lambda key: (not isinstance(value[key], Mapping), key))


def _label(key: Any) -> str:
    return str(key).replace("_", " ")


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        ordered = sorted(
            value, key=lambda key: (key not in _FIRST, _FIRST.index(key) if key in _FIRST else 0, key)
        )
        return " · ".join(f"{_label(key)} {_inline(value[key])}" for key in ordered)
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_inline, value))
    if value is None:
        return _NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
