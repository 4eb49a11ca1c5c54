"""Listings whose members alone do not make a row: one module for each type, named in the type's row.

Each module has `rows(scope, item)`, which gives the rows of `resources` that are in one item, as mappings.
Where the type's `creation` is "asked", it has `dated(scope, row)` too: it gives the row with the creation,
the row as it is where the creation is not told, and None where the resource is gone.
"""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

from auditor.collect.collector import Scope

Rows = Callable[[Scope, Any], Iterator[dict[str, Any]]]
Dated = Callable[[Scope, Mapping[str, Any]], Mapping[str, Any] | None]


def rows_by(code: str) -> Rows:
    """Give the function `rows` of the module `code`."""
    rows: Rows = import_module(f"{__name__}.{code}").rows
    return rows


def dated_by(code: str) -> Dated:
    """Give the function `dated` of the module `code`."""
    dated: Dated = import_module(f"{__name__}.{code}").dated
    return dated
