"""The evidence of many findings as a column of JSON text, made without an object for each of them.

A finding's evidence has two parts: what its reason says, which thousands of findings share, and the facts
that the control cites, which are columns. The text is put together column by column. It equals, byte for
byte, `orjson.dumps({**cited, **said}, option=OPT_SORT_KEYS)`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.arrow import EMPTY, numbers, texts
from auditor.evaluate.facts import Column, Frame, Lazy, combine, distinct

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A value as JSON for each row: `values[codes[i]]`, absent where the code is -1."""

    codes: Codes
    values: pa.Array

    def at(self, rows: Codes) -> pa.Array:
        return self.values.take(numbers(self.codes[rows]))


def json_text(value: Any) -> str:
    """A value as JSON, its keys sorted."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=dict).decode()


def evidence(
    frame: Frame, cites: Sequence[str], rows: Codes, said: Sequence[Mapping[str, Any]], number: Codes
) -> pa.Array:
    """The evidence of the subjects `rows` of `frame`: what they cite, under `said[number[i]]` of row i."""
    if not len(rows):
        return pa.repeat(EMPTY, 0)
    leaves = _cited(frame, cites, rows)
    shapes: dict[tuple[str, ...], int] = {}
    shape = np.array([shapes.setdefault(tuple(sorted(one)), len(shapes)) for one in said], np.int64)[number]
    present = [(leaf.codes != ABSENT).astype(np.int64) for leaf in leaves.values()]
    first, group = distinct(combine([shape, *present], len(rows)))
    names = list(shapes)
    parts, order = [], []
    for position, row in enumerate(first.tolist()):
        members = np.flatnonzero(group == position)
        keys = names[shape[row]]
        own = {key: _own(said, key, number) for key in keys}
        held = {name: leaf for name, leaf in leaves.items() if leaf.codes[row] != ABSENT}
        kept = {name: leaf for name, leaf in held.items() if name.split(".")[0] not in own}
        parts.append(_joined({**_tree(kept), **own}, members))
        order.append(members)
    back = np.empty(len(rows), np.int64)
    back[np.concatenate(order)] = np.arange(len(rows))
    return pa.concat_arrays(parts).take(numbers(back))


def _own(said: Sequence[Mapping[str, Any]], key: str, number: Codes) -> _Leaf:
    return _Leaf(number, texts(json_text(one[key]) if key in one else "" for one in said))


def _cited(frame: Frame, cites: Sequence[str], rows: Codes) -> dict[str, _Leaf]:
    """The cited facts by dotted path; a fact inside another cited fact is part of that one's text."""
    columns = {name: column for path in cites for name, column in frame.matching(path)}
    whole = {
        name: column
        for name, column in columns.items()
        if not any(name.startswith(other + ".") for other in columns)
    }
    return {name: _leaf(column, rows) for name, column in whole.items()}


def _leaf(column: Column | Lazy, rows: Codes) -> _Leaf:
    if isinstance(column, Column):
        used, codes = np.unique(column.codes[rows], return_inverse=True)
        values = [column.values[code] for code in used.tolist() if code != ABSENT]
        shift = int(len(used) > len(values))  # the absent code sorts first
        return _Leaf(codes.reshape(-1) - shift, texts(map(json_text, values)))
    values = [column.at(index) for index in rows.tolist()]
    present = np.array([value is not None for value in values], bool)
    codes = np.where(present, np.cumsum(present) - 1, ABSENT)
    return _Leaf(codes, texts(json_text(value) for value in values if value is not None))


def _tree(leaves: Mapping[str, _Leaf]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, leaf in leaves.items():
        *parents, last = name.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = leaf
    return tree


def _joined(tree: Mapping[str, Any], rows: Codes) -> pa.Array:
    """The text of an object for each of `rows`: constant pieces between the columns of its leaves."""
    pieces: list[Any] = []
    constant = ""
    for piece in _pieces(tree):
        if isinstance(piece, str):
            constant += piece
        else:
            pieces += [_scalar(constant), piece.at(rows)]
            constant = ""
    if not pieces:
        return pa.repeat(_scalar(constant), len(rows))
    return pc.binary_join_element_wise(*pieces, _scalar(constant), EMPTY)


def _pieces(tree: Mapping[str, Any]) -> Iterator[str | _Leaf]:
    yield "{"
    for position, key in enumerate(sorted(tree)):
        yield f"{',' if position else ''}{json_text(key)}:"
        if isinstance(tree[key], _Leaf):
            yield tree[key]
        else:
            yield from _pieces(tree[key])
    yield "}"


@cache
def _scalar(text: str) -> Any:
    return texts([text])[0]
