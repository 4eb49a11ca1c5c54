"""Facts of many subjects as columns, and the projection of them that one control may read.

Thousands of subjects share the few facts that a control reads: each distinct projection is asked once. A fact
that was not read is absent, never null; a column says what is unknown of it, and why (`holes`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT, shared
from auditor.evaluate.arrow import array, numbers
from auditor.evaluate.tagged import HasTag

if TYPE_CHECKING:
    from auditor.evaluate.population import Population

Json = Any
Codes = NDArray[np.int64]

#: `check(path, value)`: what is wrong with a fact, None when it is as its schema says.
Check = Callable[[str, Json], str | None]

_RADIX_LIMIT: Final = 1 << 62
_DENSE: Final = 8  # keys are sorted where a table of all that they could be would be longer than so many rows


@dataclass(frozen=True, slots=True)
class Hole:
    """What is not known of one fact, for the subjects in `where` (None: all), and because of which gaps.

    Without `partial` the fact is not known at all. With `partial`, what the fact says is true, but there may
    be more. Then a finding is certain; a pass, or that the control does not apply, is not. With `passes`,
    more could only take a finding away: then a pass is certain and a finding is not.
    """

    gaps: tuple[str, ...]
    where: NDArray[np.bool_] | None = None
    partial: bool = False
    passes: bool = False

    def mask(self, size: int) -> NDArray[np.bool_]:
        """Which of `size` subjects it holds for."""
        return np.ones(size, bool) if self.where is None else self.where


@dataclass(frozen=True, slots=True)
class Column:
    """One fact of n subjects: `values[codes[i]]`, absent where the code is -1, and what is unknown of it."""

    codes: Codes
    values: Sequence[Json]
    holes: tuple[Hole, ...] = ()

    def at(self, index: int) -> Json | None:
        """The fact of one subject, None when it is absent."""
        code = int(self.codes[index])
        return None if code == ABSENT else self.values[code]


@dataclass(frozen=True, slots=True)
class Lazy:
    """A fact that only findings cite: computed for one subject when asked; `size` subjects."""

    compute: Callable[[int], Json | None]
    size: int

    def at(self, index: int) -> Json | None:
        """The fact of one subject, None when it is absent."""
        return self.compute(index)

    def column(self) -> Column:
        """The same fact for every subject, for a control that reads it."""
        return encode([self.compute(index) for index in range(self.size)])


def encode(values: Sequence[Json | None], *holes: Hole) -> Column:
    """A column of any JSON values, None meaning absent; equal values share a code."""
    codes = np.empty(len(values), np.int64)
    seen: dict[str, int] = {}
    distinct: list[Json] = []
    for index, value in enumerate(values):
        if value is None:
            codes[index] = ABSENT
            continue
        key = "s" + value if isinstance(value, str) else "j" + repr(value)
        code = seen.setdefault(key, len(distinct))
        if code == len(distinct):
            distinct.append(value)
        codes[index] = code
    return Column(codes, distinct, holes)


def encode_array(values: NDArray[Any], present: NDArray[np.bool_] | None = None, *holes: Hole) -> Column:
    """A column of numbers or booleans; absent where `present` is False."""
    encoded = numbers(values).dictionary_encode()
    codes = array(encoded.indices, np.int32).astype(np.int64)
    if present is not None:
        codes[~present] = ABSENT
    return Column(shared(codes), encoded.dictionary.to_pylist(), holes)


def constant(value: Json, size: int) -> Column:
    """The same fact for every subject."""
    return Column(np.zeros(size, np.int64), [value])


def unread(size: int, gaps: tuple[str, ...]) -> Column:
    """A fact that no subject has because of `gaps`."""
    return Column(np.full(size, ABSENT, np.int64), [], (Hole(gaps),))


@dataclass(frozen=True, slots=True)
class Frame:
    """Subjects of one type in one account and Region, and their facts by dotted path.

    `arn`, `resource_type`, `name` are text with one entry a subject. `deleted` says that they are resources
    that are gone: only controls that say so judge them. `population` tells of resources what an auditor
    samples from, `has_tag` their tags. `units` name the account's organizational units; None: not known.
    """

    subject: str
    account_id: str
    region: str
    arn: pa.Array
    resource_type: pa.Array
    name: pa.Array
    facts: Mapping[str, Column | Lazy] = field(default_factory=dict)
    deleted: bool = False
    population: "Population | None" = None
    units: tuple[str, ...] | None = None
    has_tag: HasTag | None = None

    @property
    def called(self) -> str:
        """The type of the subjects in the verdicts."""
        return f"deleted_{self.subject}" if self.deleted else self.subject

    @property
    def size(self) -> int:
        """How many subjects."""
        return len(self.arn)

    def matching(self, path: str) -> list[tuple[str, Column | Lazy]]:
        """The columns that `path` names: itself, everything below it, or the column that holds it."""
        if path in self.facts:
            return [(path, self.facts[path])]
        below = [(name, self.facts[name]) for name in self.facts if name.startswith(path + ".")]
        if below:
            return below
        parent = path.rpartition(".")[0]
        return self._inside(parent, path) if parent else []

    def _inside(self, parent: str, path: str) -> list[tuple[str, Column | Lazy]]:
        while parent and parent not in self.facts:
            parent = parent.rpartition(".")[0]
        if not parent:
            return []
        keys = path[len(parent) + 1 :].split(".")
        held = self.facts[parent]
        column = held.column() if isinstance(held, Lazy) else held
        picked = encode([_pick(value, keys) for value in column.values])
        codes = np.where(column.codes == ABSENT, ABSENT, np.append(picked.codes, ABSENT)[column.codes])
        return [(path, Column(codes, picked.values, column.holes))]

    def cite(self, paths: Sequence[str], index: int) -> dict[str, Json]:
        """The facts `paths` of one subject as a nested document."""
        document: dict[str, Json] = {}
        for path in paths:
            for name, column in self.matching(path):
                value = column.at(index)
                if value is not None:
                    _put(document, name, value)
        return document


@dataclass(frozen=True, slots=True)
class Projection:
    """The distinct inputs of one control over a frame: subject i has `inputs[inverse[i]]`.

    `gap[i]` indexes `gap_sets`: the gaps without which a fact that the control reads of subject i cannot be
    known; -1 when there is none (only those subjects need an answer; `inverse` is -1 for the others).
    `partial[i]` likewise: the gaps that leave such a fact incomplete; `hopeful[i]` those where more of it
    could only take a finding away.
    """

    inputs: list[Json]
    inverse: Codes
    gap: Codes
    partial: Codes
    hopeful: Codes
    gap_sets: list[tuple[str, ...]]
    #: what is wrong with an input, by its number: a fact that is not as its schema says
    faults: Mapping[int, str] = field(default_factory=dict)


def project(frame: Frame, reads: Sequence[str], as_of: str, check: Check) -> Projection:
    """The facts `reads` of every subject of `frame`: each distinct combination once, each fact checked."""
    columns = [
        (name, column.column() if isinstance(column, Lazy) else column)
        for path in reads
        for name, column in frame.matching(path)
    ]
    holes = [hole for _, column in columns for hole in column.holes if hole.gaps]
    gap_sets: dict[tuple[str, ...], int] = {}
    gap = _gaps_of(frame.size, [hole for hole in holes if not hole.partial], gap_sets)
    partial = _gaps_of(frame.size, [hole for hole in holes if hole.partial and not hole.passes], gap_sets)
    hopeful = _gaps_of(frame.size, [hole for hole in holes if hole.partial and hole.passes], gap_sets)
    readable = np.flatnonzero(gap == ABSENT)
    inverse = np.full(frame.size, ABSENT, np.int64)
    if not len(readable):
        return Projection([], inverse, gap, partial, hopeful, list(gap_sets))
    keys = combine([column.codes[readable] for _, column in columns], len(readable))
    first, inverse[readable] = distinct(keys)
    rows = readable[first].tolist()
    wrong = [(column, _faults(name, column, check)) for name, column in columns]
    faults = {
        number: found[int(column.codes[row])]
        for column, found in wrong
        if found
        for number, row in enumerate(rows)
        if int(column.codes[row]) in found
    }
    inputs = [_document(columns, row, as_of) for row in rows]
    return Projection(inputs, inverse, gap, partial, hopeful, list(gap_sets), faults)


def combine(columns: Sequence[Codes], size: int) -> Codes:
    """One key for each row: equal keys mean equal codes in every column."""
    keys = np.zeros(size, np.int64)
    span = 1
    for codes in columns:
        radix = int(codes.max(initial=-1)) + 2
        if span * radix >= _RADIX_LIMIT:
            first, keys = distinct(keys)
            span = len(first)
        keys = keys * radix + (codes + 1)
        span *= radix
    return keys


def distinct(keys: Codes) -> tuple[Codes, Codes]:
    """Where each different key (none is negative) comes first, by key, and the number of each row's key."""
    span = int(keys.max(initial=-1)) + 1
    if span > _DENSE * len(keys):
        _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        return first, inverse.reshape(-1)
    place = np.full(span, len(keys), np.int64)
    place[keys[::-1]] = np.arange(len(keys))[::-1]  # of equal keys the last assignment stays: the first row
    present = np.flatnonzero(place < len(keys))
    number = np.empty(span, np.int64)
    number[present] = np.arange(len(present))
    return place[present], number[keys]


def _faults(name: str, column: Column, check: Check) -> dict[int, str]:
    found = ((code, check(name, value)) for code, value in enumerate(column.values))
    return {code: fault for code, fault in found if fault is not None}


def _gaps_of(size: int, holes: Sequence[Hole], sets: dict[tuple[str, ...], int]) -> Codes:
    """For each subject, the index in `sets` of the ids of its gaps; -1 for none. New sets are appended."""
    if not holes:
        return np.full(size, ABSENT, np.int64)
    masks = [hole.mask(size) for hole in holes]
    first, inverse = distinct(combine([mask.astype(np.int64) for mask in masks], size))
    of_signature = np.empty(len(first), np.int64)
    for number, row in enumerate(first.tolist()):
        ids = sorted(
            {name for hole, mask in zip(holes, masks, strict=True) if mask[row] for name in hole.gaps}
        )
        of_signature[number] = sets.setdefault(tuple(ids), len(sets)) if ids else ABSENT
    return of_signature[inverse]


def _document(columns: Sequence[tuple[str, Column]], row: int, as_of: str) -> dict[str, Json]:
    document: dict[str, Json] = {"as_of": as_of}
    for name, column in columns:
        if (value := column.at(row)) is not None:
            _put(document, name, value)
    return document


def _put(document: dict[str, Json], path: str, value: Json) -> None:
    *parents, leaf = path.split(".")
    for parent in parents:
        document = document.setdefault(parent, {})
    document[leaf] = value


def _pick(value: Json, keys: Sequence[str]) -> Json | None:
    for key in keys:
        if not isinstance(value, Mapping) or key not in value:
            return None
        value = value[key]
    return value
