"""The period of some resources as the populations of a run hold it: what was due, and what became of it.

Both files are read by batches, and only the rows of the wanted resources are kept: they may have millions.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from reports.text_columns import EMPTY, array, texts

#: What a slot can be, the worst first.
STATES: Final = ("FAILED", "MISSED", "LATE", "PENDING", "ABSORBED", "MET")
#: Account, Region and ARN.
Key = tuple[str, str, str]

_RESOURCES: Final = "resources.parquet"
_SLOTS: Final = "slots.parquet"
_KEY: Final = ("account_id", "region", "arn")
_RULE: Final = (*_KEY, "plan", "rule")
_COUNTS: Final = {state: f"slots_{state.lower()}" for state in STATES}
_GAP: Final = ("worst_gap_hours", "worst_gap_at_most_hours", "worst_gap_from", "worst_gap_to")
_ABOUT: Final = ("tier", "protected", "native_protection", *_GAP, "slots_expected", *_COUNTS.values())
_ROWS: Final = 65_536
#: A verdict other than these is to be looked at.
_PASSES: Final = ("COMPLIANT", "NOT_APPLICABLE")


@dataclass(frozen=True, slots=True)
class RulePeriod:
    """The slots of one rule of a plan: `due` in milliseconds (UTC), ascending, `states` as in `STATES`."""

    plan: str
    rule: str
    due: NDArray[np.int64]
    states: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class ResourcePeriod:
    """A resource's period. `counts` is {state: n}, with `expected`; None where what was due is not known.

    `gap_hours` is what was proven of the worst gap and `at_most` what it may have been, each None where it is
    not known; `gap` are its ends as RFC 3339, "" where a run of an older release does not say them.
    `protected` says whether a plan protects it, None where that is not known; `native` has a line for each
    kind of protection apart from AWS Backup that is told.
    """

    tier: str
    counts: Mapping[str, int] | None
    gap_hours: float | None
    at_most: float | None
    gap: tuple[str, str]
    rules: Sequence[RulePeriod]
    protected: bool | None = None
    native: tuple[str, ...] = ()


def read(tables: Path, wanted: Collection[Key]) -> dict[Key, ResourcePeriod]:
    """Return the period of each wanted resource that the populations have; {} where a run has none."""
    if not wanted or not (tables / _RESOURCES).exists() or not (tables / _SLOTS).exists():
        return {}
    wanted = frozenset(wanted)
    rules = _rules(tables / _SLOTS, wanted)
    known = pq.read_schema(tables / _RESOURCES).names
    columns = [name for name in (*_KEY, *_ABOUT) if name in known]
    found: dict[Key, ResourcePeriod] = {}
    for batch in batches(tables / _RESOURCES, columns):
        for row in batch.filter(_of(batch, wanted)).to_pylist():
            key = (row["account_id"], row["region"], row["arn"])
            if key in wanted:
                found[key] = _period(row, rules.get(key, ()))
    return found


def to_look_at(tables: Path, controls: Collection[str]) -> int | None:
    """Return how many resources have a verdict of these controls that is to be looked at; None: unknown."""
    if not (tables / _RESOURCES).exists():
        return None
    known = [name for name in pq.read_schema(tables / _RESOURCES).names if name in controls]
    passes, count = texts(_PASSES), 0
    for batch in batches(tables / _RESOURCES, known) if known else ():
        found = np.zeros(batch.num_rows, bool)
        for column in batch.columns:
            good = pc.or_(pc.is_in(plain(column), value_set=passes), pc.is_null(column))
            found |= array(pc.invert(good).cast(pa.uint8()), np.uint8).astype(bool)
        count += int(found.sum())
    return count


def _period(row: Mapping[str, Any], rules: Sequence[RulePeriod]) -> ResourcePeriod:
    counts = {state: row[name] or 0 for state, name in _COUNTS.items()} | {"expected": row["slots_expected"]}
    return ResourcePeriod(
        tier=row["tier"] or "",
        counts=None if row["slots_expected"] is None else counts,
        gap_hours=row["worst_gap_hours"],
        at_most=row["worst_gap_at_most_hours"],
        gap=(row.get("worst_gap_from") or "", row.get("worst_gap_to") or ""),
        rules=rules,
        protected=row.get("protected"),
        native=tuple((row.get("native_protection") or "").splitlines()),
    )


def _rules(source: Path, wanted: Collection[Key]) -> dict[Key, list[RulePeriod]]:
    """Return the slots of the wanted resources by rule, in the order of plan and rule."""
    numbers: dict[tuple[str, ...], int] = {}
    parts: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []
    for batch in batches(source, (*_RULE, "due", "state")):
        some = batch.filter(_of(batch, wanted))
        if some.num_rows:
            parts.append((_numbered(some, numbers), due_ms(some.column("due")), _states(some)))
    if not parts:
        return {}
    rule, due, state = (np.concatenate([part[place] for part in parts]) for place in range(3))
    order = np.lexsort((due, rule))
    rule, due, state = rule[order], due[order], state[order]
    found: dict[Key, list[RulePeriod]] = {}
    for named, number in sorted(numbers.items()):
        first, last = np.searchsorted(rule, (number, number + 1))
        account, region, arn, plan, name = named
        if (account, region, arn) in wanted:
            made = RulePeriod(plan, name, due[first:last], state[first:last])
            found.setdefault((account, region, arn), []).append(made)
    return found


def _numbered(batch: pa.RecordBatch, numbers: dict[tuple[str, ...], int]) -> NDArray[np.int64]:
    """Return the number of each row's rule; a new one gets the next."""
    encoded = [pc.fill_null(plain(batch.column(name)), EMPTY).dictionary_encode() for name in _RULE]
    codes = np.stack([array(column.indices, np.int32) for column in encoded], axis=1)
    distinct, place = np.unique(codes, axis=0, return_inverse=True)
    words = [column.dictionary.to_pylist() for column in encoded]
    known = [
        numbers.setdefault(tuple(word[code] for word, code in zip(words, row, strict=True)), len(numbers))
        for row in distinct.tolist()
    ]
    return np.array(known, np.int64)[place.reshape(-1)]


def _states(batch: pa.RecordBatch) -> NDArray[np.int8]:
    codes = pc.index_in(plain(batch.column("state")), value_set=texts(STATES))
    return array(codes, np.int32).astype(np.int8)


def _of(batch: pa.RecordBatch, wanted: Collection[Key]) -> pa.BooleanArray:
    """Which rows are of an ARN that is wanted; account and Region are looked at where there are few."""
    arns, column = texts(sorted({arn for _, _, arn in wanted})), batch.column("arn")
    if pa.types.is_dictionary(column.type):
        return pc.is_in(column.dictionary, value_set=arns).take(column.indices)
    return pc.is_in(column, value_set=arns)


def due_ms(column: pa.Array) -> NDArray[np.int64]:
    """Return due times in milliseconds (UTC)."""
    return array(column.cast(pa.timestamp("ms", column.type.tz)).cast(pa.int64()), np.int64)


def plain(column: pa.Array) -> pa.Array:
    """Return a column of words as text."""
    return column if pa.types.is_string(column.type) else column.cast(pa.string())


def batches(source: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Give some columns of a population, some rows at a time."""
    with pq.ParquetFile(source, pre_buffer=False, buffer_size=1 << 20) as file:
        yield from file.iter_batches(batch_size=_ROWS, columns=list(columns), use_threads=False)
