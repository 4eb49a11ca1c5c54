"""Listings of which members alone do not say what there is: one module a type, named in its row.

Each has `rows(scope, item)`: the rows of `resources` that are in one item, as mappings. Where the row's
`creation` is "asked", it has `dated(scope, row)` too: the row with the creation, as it is where that is not
told, None where the resource is gone.
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
