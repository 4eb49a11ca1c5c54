"""Look into a document that anybody may have written: what is not of the wanted shape is empty."""

import json
from collections.abc import Mapping
from typing import Any, Final

Json = Any

#: What leaves open where a key ends: an escaped backslash before a quote, and space before a colon.
_UNSURE: Final = (b'\\\\"', b" :", b"\t:", b"\n:", b"\r:")


def as_object(value: Json) -> Mapping[str, Json]:
    """An object, empty for anything else."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: Json) -> list[Json]:
    """A list, empty for anything else."""
    return value if isinstance(value, list) else []


def objects(value: Json) -> list[Mapping[str, Json]]:
    """The objects of a list."""
    return [item for item in as_list(value) if isinstance(item, Mapping)]


def deeper(document: Json, most: int) -> bool:
    """Whether values lie deeper in each other than `most`; without recursion, whatever the depth."""
    level = [document]
    for _ in range(most):
        level = (
            [
                value
                for held in level
                for value in (held.values() if isinstance(held, dict) else held)
                if isinstance(value, dict | list)
            ]
            if level and isinstance(level[0], dict | list)
            else []
        )
        if not level:
            return False
    return True


def surely_once(data: bytes, document: Json) -> bool:
    """Whether no object of JSON can have a key twice, told by counting: most of a plan's time is saved so.

    Where a quote ends a key is sure unless a backslash is escaped before one, or space lies before a colon.
    """
    if any(one in data for one in _UNSURE):
        return False
    count, level = 0, [document]
    while level:
        count += sum(len(held) for held in level if isinstance(held, dict))
        level = [
            value
            for held in level
            for value in (held.values() if isinstance(held, dict) else held)
            if isinstance(value, dict | list)
        ]
    return data.count(b'":') - data.count(b'\\":') == count


class _GivenTwiceError(ValueError):
    """A key is given twice; the message names it."""


def given_twice(text: str | bytes) -> str:
    """The first key of JSON that one object has twice, "" where there is none."""
    try:
        json.loads(text, object_pairs_hook=_once)
    except _GivenTwiceError as error:
        return str(error)
    return ""


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key, value in pairs:
        if key in found:
            raise _GivenTwiceError(key)
        found[key] = value
    return found
