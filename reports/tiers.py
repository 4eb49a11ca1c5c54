"""The demands of the tiers: checked against the document's schema, and shown as the schema says.

A demand's `title` is the heading of its column (several may share one), `shown` is how its value is said:
`{}` stands for the value, and what is true or false is said where it is true. With `only_if_demanded` it has
no column where no tier has it.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import orjson

from reports.document import DocumentError
from reports.text import clean_tree, clip
from reports.words import N_, Words

Tier = Mapping[str, Any]

#: No demands: a column of its own, and whether there are any.
_APART: Final = ("name", "required")
_DEMANDED: Final = N_("demanded")
_NOTHING: Final = "none"


@cache
def _schema() -> Mapping[str, Any]:
    whole = orjson.loads(Path(__file__).with_name("document.schema.json").read_bytes())
    found: Mapping[str, Any] = whole["$defs"]["tier"]
    return found


def check(tiers: Sequence[Tier]) -> None:
    """Raise `DocumentError` when a document could not hold `tiers`, each with its `name`."""
    validator = jsonschema_rs.Draft202012Validator(dict(_schema()))
    for tier in tiers:
        error = next(iter(validator.iter_errors(dict(tier))), None)
        if error is not None:
            raise DocumentError(f"tier {tier['name']}: {error.message}")


def table(tiers: Sequence[Tier], words: Words, limit: int, length: int) -> dict[str, Any]:
    """Return headings and rows of the first `limit` tiers, each text of at most `length` characters.

    `rest` tiers are not shown.
    """
    columns = _columns(tiers)
    shown = [
        {
            "name": clip(str(tier["name"]), length),
            "required": tier["required"],
            "cells": [clip(_cell(tier, column, words), length) for column in columns.values()],
        }
        for tier in tiers[:limit]
    ]
    return {
        "headings": [words.text(title) for title in columns],
        "shown": clean_tree(shown),
        "rest": len(tiers) - len(shown),
    }


def _columns(tiers: Sequence[Tier]) -> Mapping[str, Mapping[str, Any]]:
    """The title of each column and the schemas of its demands, in the order of the schema."""
    declared = set[str]().union(*tiers)
    columns: dict[str, dict[str, Any]] = {}
    for key, schema in _schema()["properties"].items():
        told = key in declared or not schema.get("only_if_demanded")
        if key not in _APART and told:
            columns.setdefault(schema.get("title", key), {})[key] = schema
    return columns


def _cell(tier: Tier, column: Mapping[str, Any], words: Words) -> str:
    said = (_said(tier[key], schema, words) for key, schema in column.items() if key in tier)
    return ", ".join(part for part in said if part)


def _said(value: Any, schema: Mapping[str, Any], words: Words) -> str:
    """A demand as a reader's words; "" where it asks for nothing."""
    if isinstance(value, Mapping):
        inner = schema["properties"]
        return ", ".join(_said(part, inner[key], words) for key, part in value.items())
    if isinstance(value, bool):
        return words.text(schema.get("shown", _DEMANDED)) if value else ""
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return "" if value == _NOTHING else words.text(schema.get("shown", "{}")).format(value)
